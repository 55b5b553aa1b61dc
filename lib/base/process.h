/*
 * Child processes: run a program with pipes, never through a shell (a shell
 * is the caller's explicit argv[0]).  SIGPIPE is the caller's to ignore;
 * rel_process_* never raise it.
 *
 * A child does not outlive who started it: when that thread ends, however it
 * ends, the kernel sends the child SIGTERM.  So wait for it in the thread that
 * started it.
 */
#ifndef REL_BASE_PROCESS_H
#define REL_BASE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cancel.h"

struct rel_process {
	pid_t pid;   /* -1 = not running */
	int in, out; /* our ends: its stdin, its stdout; -1 = closed */
	int err;     /* our end of its stderr, or -1 when inherited */
};

enum rel_process_flags {
	REL_PROCESS_STDERR_PIPE = 1, /* else inherited */
	REL_PROCESS_STDERR_NULL = 2,
	/* A file over RLIMIT_FSIZE is an error, and not SIGXFSZ. */
	REL_PROCESS_FILE_ERRORS = 4,
};

/* Is there a program of this name: in PATH, unless it has a slash? */
bool rel_process_exists(const char *program);

/*
 * Start argv[0] (looked up in PATH) in directory `cwd` (NULL = here) with
 * `extra_env` ("KEY=VALUE" or "KEY" to unset; NULL-terminated, may be NULL).
 * A program that is missing is REL_ENOTFOUND, reported here, not later.
 */
REL_MUST_CHECK int rel_process_start(struct rel_process *out,
				     const char *const argv[], const char *cwd,
				     const char *const extra_env[],
				     unsigned flags, struct rel_error *err);

/* Write all of it to the child's stdin, blocking.  A child that reads no more
 * is REL_EIO. */
REL_MUST_CHECK int rel_process_write(struct rel_process *process,
				     const void *ptr, size_t len,
				     struct rel_error *err);

/* Close our ends, wait.  *status: exit status, or 128 + signal. */
REL_MUST_CHECK int rel_process_wait(struct rel_process *process, int *status,
				    struct rel_error *err);

/* Close, SIGTERM, after 2 s SIGKILL, wait.  Fine on a pid of -1. */
void rel_process_kill(struct rel_process *process);

/*
 * Run to the end: feed `input`, collect stdout into `out` (NULL: discarded)
 * and stderr into `diagnostics` (NULL: inherited).
 * Both streams are drained at once, so no deadlock.  Over a buffer's max the
 * child is killed and the result is REL_ELIMIT.
 * *status as above; a non-zero status is not an error of this function.
 */
REL_MUST_CHECK int rel_process_run(const char *const argv[], const char *cwd,
				   const char *const extra_env[],
				   struct rel_str input, struct rel_buf *out,
				   struct rel_buf *diagnostics, int *status,
				   const struct rel_cancel *cancel,
				   struct rel_error *err);

/*
 * Run to the end in a process group of its own, with nothing on stdin, and
 * stdout and stderr appended to the file `log`.  When the program has ended,
 * or must end, so must all that it started.
 * max     bytes that `log` may have; over it the result is REL_ELIMIT
 * *status as above
 */
REL_MUST_CHECK int rel_process_run_logged(const char *const argv[],
					  const char *cwd,
					  const char *const extra_env[],
					  int log, uint64_t max, int *status,
					  const struct rel_cancel *cancel,
					  struct rel_error *err);

#endif
