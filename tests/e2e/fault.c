/*
 * For LD_PRELOAD: something goes wrong at the Nth call that writes.
 *
 *	FAULT_PROGRAMS	names of the programs it is about, parted by blanks
 *			("relctl git"); others, their children too, are left
 *			alone
 *	FAULT_AT	N, from 1; 0 = never
 *	FAULT_ERRNO	number that the call fails with; 0 = kill -9 before it
 *	FAULT_COUNTER	file of 8 bytes, all zero at first, in which the calls
 *			of all those programs are counted together
 *
 * Counted: creating, writing, syncing, renaming, linking and removing files,
 * changing their modes and times, making directories, sending, and starting
 * programs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long *count;
static long at;
static int number;
static pid_t main_pid;

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static int is_meant(const char *names)
{
	const char *name = program_invocation_short_name;
	size_t len = strlen(name);

	while (names && *names) {
		size_t n = strcspn(names, " ");

		if (n == len && strncmp(names, name, n) == 0)
			return 1;
		names += n + (names[n] == ' ');
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *counter = getenv("FAULT_COUNTER");
	int fd;
	void *map;

	if (!counter || !is_meant(getenv("FAULT_PROGRAMS")))
		return;
	number = (int)number_of("FAULT_ERRNO");
	at = number_of("FAULT_AT");
	main_pid = getpid();
	fd = open(counter, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	if (map == MAP_FAILED) {
		perror(counter);
		_exit(125);
	}
	close(fd);
	count = map;
}

/* Does this call fail? */
static int fails(void)
{
	if (!count || atomic_fetch_add(count, 1) + 1 != at)
		return 0;
	if (number == 0) {
		/* what starts a program is its child by then */
		kill(main_pid, SIGKILL);
		raise(SIGKILL);
	}
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

/* What goes to a terminal or a log is nobody's data; to git's standard output
 * goes what it sends. */
static int counts(int fd)
{
	return fd > 2 || (fd == 1 && program_invocation_short_name[0] == 'g');
}

ssize_t write(int fd, const void *ptr, size_t len)
{
	REAL(ssize_t, write, (int, const void *, size_t));

	return counts(fd) && fails() ? -1 : real(fd, ptr, len);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	REAL(ssize_t, writev, (int, const struct iovec *, int));

	return counts(fd) && fails() ? -1 : real(fd, parts, n);
}

int fflush(FILE *file)
{
	REAL(int, fflush, (FILE *));

	return file && counts(fileno(file)) && fails() ? EOF : real(file);
}

static int is_written(FILE *file)
{
	int flags = fcntl(fileno(file), F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/* A file is closed even when that fails. */
int fclose(FILE *file)
{
	REAL(int, fclose, (FILE *));
	int bad = is_written(file) && counts(fileno(file)) && fails();
	int saved = errno, r = real(file);

	if (!bad)
		return r;
	errno = saved;
	return EOF;
}

WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o))
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t o),
     (fd, p, n, o))
WRAP(ssize_t, send, (int fd, const void *p, size_t n, int f), (fd, p, n, f))
WRAP(ssize_t, sendto,
     (int fd, const void *p, size_t n, int f, const struct sockaddr *a,
      socklen_t l),
     (fd, p, n, f, a, l))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f))
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
WRAP(int, chmod, (const char *a, mode_t m), (a, m))
WRAP(int, remove, (const char *a), (a))
WRAP(int, utimes, (const char *a, const struct timeval t[2]), (a, t))
WRAP(int, utimensat, (int d, const char *a, const struct timespec t[2], int f),
     (d, a, t, f))
WRAP(int, mkstemp, (char *a), (a))
WRAP(int, mkstemp64, (char *a), (a))
WRAP(int, mkostemp, (char *a, int f), (a, f))
WRAP(int, mkostemp64, (char *a, int f), (a, f))
WRAP(int, execve, (const char *a, char *const v[], char *const e[]), (a, v, e))

char *mkdtemp(char *path)
{
	REAL(char *, mkdtemp, (char *));

	return fails() ? NULL : real(path);
}

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
