#include "screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"

/* Work that is over sooner shows no progress; then at most ten times a
 * second. */
#define PROGRESS_AFTER_MS 500
#define PROGRESS_EVERY_MS 100
/* Wipes the line (ECMA-48, EL). */
#define WIPE	      "\r\033[K"
#define WIDTH_DEFAULT 80
/* Bytes of the longest escape of one byte. */
#define ESCAPED 8

uint64_t rel_screen_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void draw(const char *what, uint64_t done, uint64_t total)
{
	unsigned width = rel_screen_width(STDERR_FILENO);
	struct rel_buf shown;
	char line[256];
	int n;

	if (total > 0)
		n = snprintf(
		    line, sizeof(line), "%s, %u %%", what,
		    (unsigned)(done >= total ? 100 : done * 100 / total));
	else if (done > 0)
		n = snprintf(line, sizeof(line), "%s, %llu", what,
			     (unsigned long long)done);
	else
		n = snprintf(line, sizeof(line), "%s", what);
	if (n < 0)
		return;
	if (width == 0)
		width = WIDTH_DEFAULT;
	/* A server's own words may be among them. */
	rel_buf_init(&shown, REL_LIMIT_CHILD_TEXT);
	rel_escape(&shown, REL_ESCAPE_TEXT, line);
	fprintf(stderr, WIPE "%.*s", (int)(width - 1),
		shown.ptr ? shown.ptr : "");
	rel_buf_free(&shown);
}

static void update(void *context, const char *what, uint64_t done,
		   uint64_t total)
{
	struct rel_screen *screen = context;
	uint64_t now = rel_screen_now();

	if (!screen->shows)
		return;
	pthread_mutex_lock(&screen->lock);
	if (now - screen->begun >= PROGRESS_AFTER_MS &&
	    now - screen->last >= PROGRESS_EVERY_MS) {
		screen->last = now;
		screen->drawn = true;
		draw(what, done, total);
	}
	pthread_mutex_unlock(&screen->lock);
}

void rel_screen_init(struct rel_screen *screen, bool quiet, bool verbose)
{
	const char *term = getenv("TERM");

	*screen =
	    (struct rel_screen){.quiet = quiet,
				.verbose = verbose && !quiet,
				.progress = {update, screen},
				.shows = !quiet && isatty(STDERR_FILENO) &&
					 term && strcmp(term, "dumb") != 0,
				.begun = rel_screen_now()};
	pthread_mutex_init(&screen->lock, NULL);
}

void rel_screen_clear(struct rel_screen *screen)
{
	pthread_mutex_lock(&screen->lock);
	if (screen->drawn)
		fputs(WIPE, stderr);
	screen->drawn = false;
	pthread_mutex_unlock(&screen->lock);
}

void rel_screen_free(struct rel_screen *screen)
{
	rel_screen_clear(screen);
	pthread_mutex_destroy(&screen->lock);
}

/* The one way of text to the terminal, or to the log of a CI system. */
void rel_screen_put(struct rel_screen *screen, const char *format, ...)
{
	struct rel_buf lines;
	char *text = NULL;
	va_list list;
	int n;

	va_start(list, format);
	n = vasprintf(&text, format, list);
	va_end(list);
	/* as long as the text is, which is in memory: an escaped byte takes no
	 * more than ESCAPED */
	rel_buf_init(&lines, n < 0 ? 0 : ESCAPED * ((size_t)n + 1));
	if (n >= 0)
		rel_escape_lines(&lines, text);
	rel_screen_clear(screen);
	if (n < 0 || lines.status)
		fputs("relctl: no memory to show a text\n", stderr);
	else if (lines.ptr)
		fputs(lines.ptr, stderr);
	fflush(stderr);
	rel_buf_free(&lines);
	if (n >= 0)
		free(text);
}

/* A line, whatever the text holds. */
static void say(struct rel_screen *screen, const char *head, const char *text)
{
	struct rel_buf line;

	rel_buf_init(&line, REL_LIMIT_CHILD_TEXT);
	rel_escape(&line, REL_ESCAPE_TEXT, text);
	rel_screen_clear(screen);
	fprintf(stderr, "relctl: %s%s\n", head, line.ptr ? line.ptr : "");
	rel_buf_free(&line);
}

void rel_screen_error(struct rel_screen *screen, const struct rel_error *err,
		      const char *remedy)
{
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX + 32];

	rel_error_format(err, text, sizeof(text));
	say(screen, "", text);
	if (remedy)
		rel_screen_put(screen, "%s\n", remedy);
}

void rel_screen_warn(void *context, const char *text)
{
	struct rel_screen *screen = context;

	if (!screen->quiet)
		say(screen, "warning: ", text);
}

void rel_screen_note(void *context, const char *text)
{
	struct rel_screen *screen = context;

	if (screen->verbose)
		say(screen, "", text);
}

bool rel_screen_colour(int fd, const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when && strcmp(when, "always") == 0)
		return true;
	if (when && strcmp(when, "never") == 0)
		return false;
	/* no-color.org: present and not empty */
	if (no && no[0] != '\0')
		return false;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

unsigned rel_screen_width(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

void rel_screen_fold(char *text, unsigned width)
{
	unsigned column = 0, since_blank = 0;
	char *blank = NULL;

	for (; width > 0 && *text; text++) {
		/* a letter of UTF-8 is one column */
		unsigned step = ((unsigned char)*text & 0xc0) != 0x80;

		/* a word that is too wide ends its line */
		if (*text == ' ' && column > width)
			*text = '\n';
		if (*text == '\n') {
			column = 0;
			blank = NULL;
			continue;
		}
		column += step;
		since_blank += step;
		if (*text == ' ') {
			blank = text;
			since_blank = 0;
		} else if (column > width && blank) {
			*blank = '\n';
			column = since_blank;
			blank = NULL;
		}
	}
}
