/*
 * What people see beside the result: errors, warnings and progress, all on
 * stderr.
 */
#ifndef REL_CMD_SCREEN_H
#define REL_CMD_SCREEN_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/progress.h"

struct rel_screen {
	bool quiet, verbose;
	struct rel_progress progress; /* its context is the screen */
	/* the rest is private */
	pthread_mutex_t lock;
	bool shows, drawn;
	uint64_t begun, last; /* monotonic milliseconds */
};

void rel_screen_init(struct rel_screen *screen, bool quiet, bool verbose);
/* Wipe the progress line, if one is there. */
void rel_screen_clear(struct rel_screen *screen);
void rel_screen_free(struct rel_screen *screen);

/* "relctl: path:line:column: text"; `remedy` (may be NULL) on a second line. */
void rel_screen_error(struct rel_screen *screen, const struct rel_error *err,
		      const char *remedy);
/* "relctl: warning: text", unless quiet.  context: a struct rel_screen */
void rel_screen_warn(void *context, const char *text);
/* "relctl: text", when verbose. */
void rel_screen_note(void *context, const char *text);

/*
 * Whatever else goes to stderr: format as printf()'s; the text may come from
 * outside, and of several lines.  The progress line is wiped first.
 */
void rel_screen_put(struct rel_screen *screen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Milliseconds of the monotonic clock. */
uint64_t rel_screen_now(void);

/* Whether stdout or stderr (`fd`) may get colours; `when` is the value of
 * --color, or NULL. */
bool rel_screen_colour(int fd, const char *when);
/* Columns of the terminal `fd`, 0 when it is none. */
unsigned rel_screen_width(int fd);

/* Make blanks line ends, so that no line is wider than `width` columns (0 = no
 * limit) unless a word is. */
void rel_screen_fold(char *text, unsigned width);

#endif
