#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/path.h"

#define TEMP_TRIES 16
#define READ_STEP  ((size_t)64 * 1024)

/* Open a regular file for reading; O_NONBLOCK so that a FIFO without a
 * writer does not hang us before fstat can tell. */
static int open_regular(int *out, struct stat *st, const char *path,
			struct rel_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
	    saved;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	if (fstat(fd, st) != 0) {
		saved = errno;
		close(fd);
		return rel_fail_errno(err, saved, path, "cannot read");
	}
	if (!S_ISREG(st->st_mode)) {
		close(fd);
		rel_fail(err, REL_EIO, "not a regular file");
		rel_error_at(err, path, 0, 0);
		return REL_EIO;
	}
	*out = fd;
	return 0;
}

static int fail_limit(const char *path, size_t max, struct rel_error *err)
{
	rel_fail(err, REL_ELIMIT, "larger than %zu bytes", max);
	rel_error_at(err, path, 0, 0);
	return REL_ELIMIT;
}

/* Read until the end; `size` is a guess (files in /proc say 0). */
static int read_all(struct rel_buf *out, int fd, size_t size, const char *path,
		    struct rel_error *err)
{
	size_t start = out->len;

	for (;;) {
		size_t room = out->max - out->len;
		size_t got = out->len - start;
		/* One more than expected, to see the end. */
		size_t want = got <= size ? size - got + 1 : READ_STEP;
		char probe;
		ssize_t n;

		if (want > room)
			want = room;
		if (rel_buf_reserve(out, want) != 0)
			return rel_buf_status(out, path, err);
		n = want > 0 ? read(fd, out->ptr + out->len, want)
			     : read(fd, &probe, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rel_fail_errno(err, errno, path, "cannot read");
		if (n == 0)
			return 0;
		if (want == 0)
			return fail_limit(path, out->max, err);
		out->len += (size_t)n;
		out->ptr[out->len] = '\0';
	}
}

int rel_file_read(struct rel_buf *out, const char *path, struct rel_error *err)
{
	size_t start = out->len;
	struct stat st;
	int fd, code;

	if (out->status)
		return rel_buf_status(out, path, err);
	code = open_regular(&fd, &st, path, err);
	if (code != 0)
		return code;
	if ((uintmax_t)st.st_size > out->max - out->len)
		code = fail_limit(path, out->max, err);
	else
		code = read_all(out, fd, (size_t)st.st_size, path, err);
	close(fd);
	if (code != 0) {
		out->len = start;
		if (out->ptr)
			out->ptr[start] = '\0';
	}
	return code;
}

int rel_map_open(struct rel_map *out, const char *path, struct rel_error *err)
{
	struct stat st;
	void *ptr;
	int fd, code;

	*out = (struct rel_map){NULL, 0};
	code = open_regular(&fd, &st, path, err);
	if (code != 0)
		return code;
	if (st.st_size > 0) {
		ptr = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			   0);
		if (ptr == MAP_FAILED)
			code = rel_fail_errno(err, errno, path, "cannot map");
		else
			*out = (struct rel_map){ptr, (size_t)st.st_size};
	}
	close(fd);
	return code;
}

void rel_map_close(struct rel_map *map)
{
	if (map && map->ptr)
		munmap((void *)(uintptr_t)map->ptr, map->len);
	if (map)
		*map = (struct rel_map){NULL, 0};
}

int rel_mkdirs(const char *path, struct rel_error *err)
{
	char *copy = strdup(path);
	struct stat st;
	int code = 0, failure = 0;

	if (!copy)
		return rel_fail_nomem(err);
	for (char *slash = copy; slash && failure == 0;) {
		slash += strspn(slash, "/");
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST)
			failure = errno;
		if (slash)
			*slash = '/';
	}
	/* An existing parent may forbid mkdir by another error than EEXIST. */
	if (stat(path, &st) != 0)
		failure = failure ? failure : errno;
	else
		failure = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	if (failure)
		code = rel_fail_errno(err, failure, path,
				      "cannot create directory");
	free(copy);
	return code;
}

static void reset(struct rel_atomic_file *file)
{
	free(file->target);
	free(file->temp);
	*file = (struct rel_atomic_file){.fd = -1};
}

/*
 * The file to replace: `target`, or what it points to when it is a symbolic
 * link.  Replacing a device or FIFO by a file is never meant.
 */
static int resolve_target(char **out, const char *target, struct rel_error *err)
{
	struct stat st;

	if (stat(target, &st) == 0 && !S_ISREG(st.st_mode)) {
		rel_fail(err, REL_EIO, "cannot replace: not a regular file");
		rel_error_at(err, target, 0, 0);
		return REL_EIO;
	}
	*out = NULL;
	if (lstat(target, &st) == 0 && S_ISLNK(st.st_mode))
		*out = realpath(target, NULL);
	if (!*out)
		*out = strdup(target);
	return *out ? 0 : rel_fail_nomem(err);
}

/* "<dir of target>/.relctl-<16 hex digits>.tmp" */
static char *temp_name(const char *target)
{
	size_t slash = rel_str_rfind(rel_str_of(target), '/');
	int dir = target[slash] == '/' ? (int)slash + 1 : 0;
	unsigned long long number;
	char *name = NULL;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return NULL;
	if (asprintf(&name, "%.*s.relctl-%016llx.tmp", dir, target, number) < 0)
		return NULL;
	return name;
}

int rel_atomic_open(struct rel_atomic_file *file, const char *target,
		    struct rel_error *err)
{
	int code, saved;

	*file = (struct rel_atomic_file){.fd = -1};
	code = resolve_target(&file->target, target, err);
	if (code != 0)
		return code;
	for (int i = 0; i < TEMP_TRIES; i++) {
		free(file->temp);
		file->temp = temp_name(file->target);
		if (!file->temp) {
			reset(file);
			return rel_fail_nomem(err);
		}
		/* Not mkstemp: the mode must follow the umask. */
		file->fd = open(file->temp,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (file->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	saved = errno;
	reset(file);
	return rel_fail_errno(err, saved, target, "cannot create");
}

static bool is_temp_name(const char *name)
{
	struct rel_str s = rel_str_of(name);

	return rel_str_starts(s, REL_STR(".relctl-")) &&
	       rel_str_ends(s, REL_STR(".tmp"));
}

void rel_atomic_sweep(const char *target)
{
	struct rel_str dir = rel_path_dir(rel_str_of(target));
	char *name = strndup(dir.ptr, dir.len);
	DIR *handle = name ? opendir(name) : NULL;
	struct dirent *entry;

	while (handle && (entry = readdir(handle)) != NULL)
		if (is_temp_name(entry->d_name))
			unlinkat(dirfd(handle), entry->d_name, 0);
	if (handle)
		closedir(handle);
	free(name);
}

static int note_failure(struct rel_atomic_file *file, int errnum)
{
	file->saved_errno = errnum;
	return file->status = errnum == ENOMEM ? REL_ENOMEM : REL_EIO;
}

int rel_atomic_write(struct rel_atomic_file *file, const void *ptr, size_t len)
{
	const char *at = ptr;

	while (file->status == 0 && len > 0) {
		ssize_t n = write(file->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return note_failure(file, errno);
		at += n;
		len -= (size_t)n;
	}
	return file->status;
}

/* The directory of `target` for fsync, or -1 when it may not be read. */
static int open_dir(const char *target)
{
	size_t slash = rel_str_rfind(rel_str_of(target), '/');
	char *dir;
	int fd;

	if (target[slash] != '/')
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = strndup(target, slash > 0 ? slash : 1);
	if (!dir)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return fd;
}

static void close_temp(struct rel_atomic_file *file)
{
	if (!file->fleeting && fsync(file->fd) != 0 && errno != EINVAL &&
	    file->status == 0)
		note_failure(file, errno);
	if (close(file->fd) != 0 && errno != EINTR && file->status == 0)
		note_failure(file, errno);
	file->fd = -1;
}

int rel_atomic_commit(struct rel_atomic_file *file, struct rel_error *err)
{
	int dir = open_dir(file->target), code = 0;

	close_temp(file);
	if (file->status == 0 && rename(file->temp, file->target) != 0)
		note_failure(file, errno);
	if (file->status != 0)
		unlink(file->temp);
	else if (dir >= 0 && !file->fleeting && fsync(dir) != 0 &&
		 errno != EINVAL)
		note_failure(file, errno);
	if (dir >= 0)
		close(dir);
	if (file->status != 0)
		code = rel_fail_errno(err, file->saved_errno, file->target,
				      "cannot write");
	reset(file);
	return code;
}

void rel_atomic_abort(struct rel_atomic_file *file)
{
	if (!file || !file->temp)
		return;
	if (file->fd >= 0)
		close(file->fd);
	unlink(file->temp);
	reset(file);
}

static int take_lock(struct rel_lock *lock, const char *path, int flags,
		     bool wait, struct rel_error *err)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	int saved;

	lock->fd = -1;
	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open lock");
	if (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0) {
		lock->fd = fd;
		return 0;
	}
	saved = errno;
	close(fd);
	if (saved == EINTR)
		return rel_fail_cancelled(err);
	if (saved != EWOULDBLOCK)
		return rel_fail_errno(err, saved, path, "cannot lock");
	rel_fail(err, REL_EEXISTS, "locked by another process");
	rel_error_at(err, path, 0, 0);
	return REL_EEXISTS;
}

int rel_lock_take(struct rel_lock *lock, const char *path, bool wait,
		  struct rel_error *err)
{
	return take_lock(lock, path, O_RDWR | O_CREAT, wait, err);
}

int rel_lock_take_dir(struct rel_lock *lock, const char *path, bool wait,
		      struct rel_error *err)
{
	return take_lock(lock, path, O_RDONLY | O_DIRECTORY, wait, err);
}

void rel_lock_drop(struct rel_lock *lock)
{
	if (lock && lock->fd >= 0)
		close(lock->fd);
	if (lock)
		lock->fd = -1;
}
