/*
 * For LD_PRELOAD: something goes wrong at the Nth call that writes.
 *
 *	FAULT_PROGRAM	name of the program it is about ("relctl"); others,
 *			its children too, are left alone
 *	FAULT_AT	N, from 1; 0 = never
 *	FAULT_ERRNO	number that the call fails with; 0 = kill -9 before it
 *	FAULT_COUNT	file that gets the number of calls at exit
 *
 * Counted: creating, writing, syncing, renaming, linking and removing files,
 * making directories, sending, and starting programs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long count;
static long at = -1;
static int number;
static const char *count_file;

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *program = getenv("FAULT_PROGRAM");

	if (!program || strcmp(program, program_invocation_short_name) != 0)
		return;
	number = (int)number_of("FAULT_ERRNO");
	count_file = getenv("FAULT_COUNT");
	at = number_of("FAULT_AT");
}

__attribute__((destructor)) static void end(void)
{
	FILE *file;

	if (at < 0 || !count_file)
		return;
	at = -1;
	file = fopen(count_file, "w");
	if (!file)
		return;
	fprintf(file, "%ld\n", atomic_load(&count));
	fclose(file);
}

/* Does this call fail? */
static int fails(void)
{
	long now;

	if (at < 0)
		return 0;
	now = atomic_fetch_add(&count, 1) + 1;
	if (now != at)
		return 0;
	if (number == 0)
		raise(SIGKILL);
	errno = number;
	return 1;
}

#define REAL(result, name, types) \
	result(*real) types = (result(*) types)dlsym(RTLD_NEXT, #name)

#define WRAP(result, name, types, args)                  \
	result name types                                \
	{                                                \
		REAL(result, name, types);               \
		return fails() ? (result)-1 : real args; \
	}

/* What goes to a terminal or a log is nobody's data. */
ssize_t write(int fd, const void *ptr, size_t len)
{
	REAL(ssize_t, write, (int, const void *, size_t));

	return fd > 2 && fails() ? -1 : real(fd, ptr, len);
}

WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o))
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t o),
     (fd, p, n, o))
WRAP(ssize_t, send, (int fd, const void *p, size_t n, int f), (fd, p, n, f))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, rename, (const char *a, const char *b), (a, b))
WRAP(int, renameat, (int f, const char *a, int t, const char *b), (f, a, t, b))
WRAP(int, link, (const char *a, const char *b), (a, b))
WRAP(int, linkat, (int f, const char *a, int t, const char *b, int flags),
     (f, a, t, b, flags))
WRAP(int, symlink, (const char *a, const char *b), (a, b))
WRAP(int, unlink, (const char *a), (a))
WRAP(int, unlinkat, (int f, const char *a, int flags), (f, a, flags))
WRAP(int, mkdir, (const char *a, mode_t m), (a, m))
WRAP(int, mkdirat, (int f, const char *a, mode_t m), (f, a, m))
WRAP(int, rmdir, (const char *a), (a))
WRAP(int, ftruncate, (int fd, off_t n), (fd, n))
WRAP(int, fchmod, (int fd, mode_t m), (fd, m))

#define WRAP_OPEN(name, declared, passed)                      \
	int name declared                                      \
	{                                                      \
		REAL(int, name, declared);                     \
		mode_t mode = 0;                               \
		va_list args;                                  \
                                                               \
		if (flags & O_CREAT) {                         \
			va_start(args, flags);                 \
			mode = (mode_t)va_arg(args, unsigned); \
			va_end(args);                          \
			if (fails())                           \
				return -1;                     \
		}                                              \
		return real passed;                            \
	}

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int dir, const char *path, int flags, ...),
	  (dir, path, flags, mode))
WRAP_OPEN(openat64, (int dir, const char *path, int flags, ...),
	  (dir, path, flags, mode))

pid_t fork(void)
{
	REAL(pid_t, fork, (void));

	return fails() ? -1 : real();
}
