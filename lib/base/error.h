/*
 * Errors: an int result (0 or one negative code) and a caller-owned object
 * with inline text, so that reporting "out of memory" allocates nothing.
 *
 * The lower layer states the fact, upper layers may prefix it, nobody
 * replaces it.  "Not installable" is a verdict, never an error.
 */
#ifndef REL_BASE_ERROR_H
#define REL_BASE_ERROR_H

#include <stddef.h>
#include <stdint.h>

/* The codes a caller may act on; everything else is in the message. */
enum rel_code {
	REL_OK = 0,
	REL_ENOMEM = -1,     /* an allocation failed */
	REL_EIO = -2,	     /* disk, network or child process failed */
	REL_EPARSE = -3,     /* outside bytes do not have the promised form */
	REL_ENOTFOUND = -4,  /* no such file, revision, package, … */
	REL_EEXISTS = -5,    /* something is there, and stays */
	REL_ECHECKSUM = -6,  /* bytes are not the promised bytes */
	REL_ELIMIT = -7,     /* over a cap of base/limits.h */
	REL_ECANCELLED = -8, /* SIGINT or SIGTERM */
	REL_EUSAGE = -9,     /* the user asked for something meaningless */
	REL_EAUTH = -10,     /* the other side requires (other) credentials */
	REL_ESTALE = -11,    /* compare-and-swap lost; cached data unusable */
	/* the state of a source or of a release forbids it: changes that are
	 * not committed, a detached HEAD, a field that must stay */
	REL_EREFUSED = -12,
};

#define REL_ERROR_PATH_MAX 512
#define REL_ERROR_TEXT_MAX 768

/* Zero-initialise; no release needed. */
struct rel_error {
	int code;		       /* enum rel_code */
	uint32_t line;		       /* from 1; 0 = not known */
	uint32_t column;	       /* from 1, in bytes; 0 = not known */
	char path[REL_ERROR_PATH_MAX]; /* "" = not about a file */
	char text[REL_ERROR_TEXT_MAX]; /* one sentence, no newline, no period */
};

#define REL_MUST_CHECK	       __attribute__((warn_unused_result))
#define REL_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/*
 * Record `code` and a printf-style text in `err` (which may be NULL), and
 * return `code`, so that a failing function ends with
 *	return rel_fail(err, REL_EIO, "cannot read: %s", strerror(errno));
 * Resets path, line and column; too long a text is cut with "…".
 */
int rel_fail(struct rel_error *err, enum rel_code code, const char *fmt, ...)
    REL_PRINTF(3, 4);

/* rel_fail(REL_ENOMEM, "out of memory") */
int rel_fail_nomem(struct rel_error *err);

/*
 * rel_fail() from an errno value: ENOENT → REL_ENOTFOUND, EEXIST →
 * REL_EEXISTS, ENOMEM → REL_ENOMEM, everything else REL_EIO.  Text is
 * "<what>: <strerror>", path is set to `path` (may be NULL).
 */
int rel_fail_errno(struct rel_error *err, int errnum, const char *path,
		   const char *what);

/* Say where the recorded error is.  `path` may be NULL (keeps the old one). */
void rel_error_at(struct rel_error *err, const char *path, uint32_t line,
		  uint32_t column);

/* Put printf-style text and ": " in front of the recorded text. */
void rel_error_prefix(struct rel_error *err, const char *fmt, ...)
    REL_PRINTF(2, 3);

/*
 * Write "path:line:column: text" (as far as known) into `out`, always
 * NUL-terminated.  Returns the length written.
 */
size_t rel_error_format(const struct rel_error *err, char *out, size_t size);

#endif
