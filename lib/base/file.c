#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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
 * writer does not hang us before fstat. */
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
	int fd, rc;

	if (out->status)
		return rel_buf_status(out, path, err);
	rc = open_regular(&fd, &st, path, err);
	if (rc)
		return rc;
	if ((uintmax_t)st.st_size > out->max - out->len)
		rc = fail_limit(path, out->max, err);
	else
		rc = read_all(out, fd, (size_t)st.st_size, path, err);
	close(fd);
	if (rc) {
		out->len = start;
		if (out->ptr)
			out->ptr[start] = '\0';
	}
	return rc;
}

int rel_map_open(struct rel_map *out, const char *path, struct rel_error *err)
{
	struct stat st;
	void *ptr;
	int fd, rc;

	*out = (struct rel_map){NULL, 0};
	rc = open_regular(&fd, &st, path, err);
	if (rc)
		return rc;
	if (st.st_size > 0) {
		ptr = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			   0);
		if (ptr == MAP_FAILED)
			rc = rel_fail_errno(err, errno, path, "cannot map");
		else
			*out = (struct rel_map){ptr, (size_t)st.st_size};
	}
	close(fd);
	return rc;
}

void rel_map_close(struct rel_map *map)
{
	if (map && map->ptr)
		munmap((void *)(uintptr_t)map->ptr, map->len);
	if (map)
		*map = (struct rel_map){NULL, 0};
}

static int make_dirs(const char *path, mode_t mode, struct rel_error *err)
{
	char *copy = strdup(path);
	struct stat st;
	int rc = 0, failure = 0;

	if (!copy)
		return rel_fail_nomem(err);
	for (char *slash = copy; slash && failure == 0;) {
		slash += strspn(slash, "/");
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(copy, mode) != 0 && errno != EEXIST)
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
		rc = rel_fail_errno(err, failure, path,
				    "cannot create directory");
	free(copy);
	return rc;
}

int rel_mkdirs(const char *path, struct rel_error *err)
{
	return make_dirs(path, 0777, err);
}

int rel_mkdirs_private(const char *path, struct rel_error *err)
{
	return make_dirs(path, 0700, err);
}

static int fail_link(const char *path, struct rel_error *err)
{
	rel_fail(err, REL_EIO,
		 "is a symbolic link, and relctl writes through none; put the "
		 "file or directory itself there");
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

/* `part` of `path` below `root` is a link. */
static int fail_part_link(const char *root, const char *path,
			  struct rel_str part, struct rel_error *err)
{
	char *full = NULL;
	int rc;

	if (asprintf(&full, "%s/%.*s", root, (int)(part.ptr + part.len - path),
		     path) < 0)
		return rel_fail_nomem(err);
	rc = fail_link(full, err);
	free(full);
	return rc;
}

/*
 * One step down from *dir, which is replaced; never through a link.
 * make  create the directory when it is missing
 */
static int step_down(int *dir, const char *root, const char *path,
		     struct rel_str part, bool make, struct rel_error *err)
{
	char *name = strndup(part.ptr, part.len);
	struct stat st;
	int fd = -1, rc = 0;

	if (!name)
		return rel_fail_nomem(err);
	if (make && mkdirat(*dir, name, 0777) != 0 && errno != EEXIST)
		rc =
		    rel_fail_errno(err, errno, path, "cannot create directory");
	if (rc == 0 && fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode))
		rc = fail_part_link(root, path, part, err);
	if (rc == 0)
		fd = openat(*dir, name,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rc == 0 && fd < 0)
		rc = rel_fail_errno(err,
				    errno == ENOTDIR && !make ? ENOENT : errno,
				    path, "cannot look at");
	free(name);
	if (rc)
		return rc;
	close(*dir);
	*dir = fd;
	return 0;
}

/*
 * The directory that `path`, below `root`, is in; *base is the last part.
 * *out  an O_PATH descriptor, -1 on failure
 */
static int open_parent_below(int *out, const char **base, const char *root,
			     const char *path, bool make, struct rel_error *err)
{
	struct rel_str rest = rel_str_of(path), part;
	int rc = 0;

	*out = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*out < 0)
		return rel_fail_errno(err, errno, root, "cannot look at");
	while (rc == 0) {
		part = rel_str_cut(&rest, '/');
		if (part.len == 0 || rel_str_is(part, ".") ||
		    rel_str_is(part, "..")) {
			rc = rel_fail(err, REL_EIO,
				      "\"%.200s\" is not a path below", path);
			rel_error_at(err, root, 0, 0);
		} else if (!rest.ptr) {
			*base = part.ptr;
			return 0;
		} else {
			rc = step_down(out, root, path, part, make, err);
		}
	}
	close(*out);
	*out = -1;
	return rc;
}

int rel_check_below(const char *root, const char *path, struct rel_error *err)
{
	struct rel_error why = {0};
	const char *base;
	struct stat st;
	int dir, saved = 0,
		 rc = open_parent_below(&dir, &base, root, path, false, &why);

	/* What is missing, or below a file, leads nowhere else. */
	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc) {
		if (err)
			*err = why;
		return rc;
	}
	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		saved = errno;
	else if (S_ISLNK(st.st_mode))
		rc = fail_part_link(root, path, rel_str_of(base), err);
	close(dir);
	if (saved != 0 && saved != ENOENT)
		rc = rel_fail_errno(err, saved, path, "cannot look at");
	return rc;
}

bool rel_file_is_own(uid_t owner)
{
	const char *sudo = getenv("SUDO_UID");
	unsigned long id;

	return owner == geteuid() ||
	       (geteuid() == 0 && sudo &&
		rel_str_to_uint(rel_str_of(sudo), UINT32_MAX - 1, &id) &&
		owner == (uid_t)id);
}

static void reset(struct rel_atomic_file *file)
{
	if (file->target && file->dir >= 0)
		close(file->dir);
	free(file->target);
	free(file->temp);
	*file = (struct rel_atomic_file){.fd = -1, .dir = -1};
}

/* Replacing a device or FIFO by a file is never meant, and what a link points
 * at is not ours to choose. */
static int check_target(const struct rel_atomic_file *file,
			struct rel_error *err)
{
	struct stat st = {.st_mode = S_IFDIR};

	if (file->name[0] != '\0' &&
	    (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	     S_ISREG(st.st_mode)))
		return 0;
	if (S_ISLNK(st.st_mode))
		return fail_link(file->target, err);
	rel_fail(err, REL_EIO, "cannot replace: not a regular file");
	rel_error_at(err, file->target, 0, 0);
	return REL_EIO;
}

/* ".relctl-<16 hex digits>.tmp", beside the target. */
static char *temp_name(void)
{
	unsigned long long number;
	char *name = NULL;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return NULL;
	if (asprintf(&name, ".relctl-%016llx.tmp", number) < 0)
		return NULL;
	return name;
}

/* The directory is open and the name set. */
static int open_temp(struct rel_atomic_file *file, mode_t mode,
		     struct rel_error *err)
{
	int rc = check_target(file, err);

	for (int i = 0; rc == 0 && i < TEMP_TRIES; i++) {
		free(file->temp);
		file->temp = temp_name();
		if (!file->temp) {
			reset(file);
			return rel_fail_nomem(err);
		}
		/* Not mkstemp: the mode must follow the umask. */
		file->fd =
		    openat(file->dir, file->temp,
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (file->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	if (rc == 0)
		rc = rel_fail_errno(err, errno, file->target, "cannot create");
	reset(file);
	return rc;
}

static int open_atomic(struct rel_atomic_file *file, const char *target,
		       mode_t mode, struct rel_error *err)
{
	size_t slash = rel_str_rfind(rel_str_of(target), '/');
	bool bare = target[slash] != '/';
	char *dir = bare ? strdup(".") : strndup(target, slash > 0 ? slash : 1);
	int rc = 0;

	*file = (struct rel_atomic_file){.fd = -1, .dir = -1};
	file->target = strdup(target);
	if (!dir || !file->target)
		rc = rel_fail_nomem(err);
	else
		file->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rc == 0 && file->dir < 0)
		rc = rel_fail_errno(err, errno, target, "cannot create");
	free(dir);
	if (rc) {
		reset(file);
		return rc;
	}
	file->name = bare ? file->target : file->target + slash + 1;
	return open_temp(file, mode, err);
}

int rel_atomic_open(struct rel_atomic_file *file, const char *target,
		    struct rel_error *err)
{
	return open_atomic(file, target, 0666, err);
}

int rel_atomic_open_cache(struct rel_atomic_file *file, const char *target,
			  struct rel_error *err)
{
	int rc = open_atomic(file, target, 0600, err);

	file->fleeting = true;
	return rc;
}

int rel_atomic_open_below(struct rel_atomic_file *file, const char *root,
			  const char *path, struct rel_error *err)
{
	const char *base;
	int rc;

	*file = (struct rel_atomic_file){.fd = -1, .dir = -1};
	if (asprintf(&file->target, "%s/%s", root, path) < 0) {
		file->target = NULL;
		return rel_fail_nomem(err);
	}
	rc = open_parent_below(&file->dir, &base, root, path, true, err);
	if (rc) {
		reset(file);
		return rc;
	}
	file->name = file->target + strlen(root) + 1 + (base - path);
	return open_temp(file, 0666, err);
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

/* false, and errno: not all of it could be written. */
static bool write_all(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

int rel_file_write_all(int fd, const void *ptr, size_t len, const char *path,
		       struct rel_error *err)
{
	return write_all(fd, ptr, len)
		   ? 0
		   : rel_fail_errno(err, errno, path, "cannot write");
}

int rel_atomic_write(struct rel_atomic_file *file, const void *ptr, size_t len)
{
	if (file->status == 0 && !write_all(file->fd, ptr, len))
		note_failure(file, errno);
	return file->status;
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

/* A directory that may not be read, or cannot be synced, is left alone. */
static void sync_dir(struct rel_atomic_file *file)
{
	int dir = openat(file->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	if (fsync(dir) != 0 && errno != EINVAL)
		note_failure(file, errno);
	close(dir);
}

int rel_atomic_commit(struct rel_atomic_file *file, struct rel_error *err)
{
	int rc = 0;

	close_temp(file);
	if (file->status == 0 &&
	    renameat(file->dir, file->temp, file->dir, file->name) != 0)
		note_failure(file, errno);
	if (file->status != 0)
		unlinkat(file->dir, file->temp, 0);
	else if (!file->fleeting)
		sync_dir(file);
	if (file->status != 0)
		rc = rel_fail_errno(err, file->saved_errno, file->target,
				    "cannot write");
	reset(file);
	return rc;
}

void rel_atomic_abort(struct rel_atomic_file *file)
{
	if (!file || !file->temp)
		return;
	if (file->fd >= 0)
		close(file->fd);
	unlinkat(file->dir, file->temp, 0);
	reset(file);
}

/* An open file gets its bytes; `rc` is what opening it came to. */
static int put(struct rel_atomic_file *file, int rc, struct rel_str bytes,
	       struct rel_error *err)
{
	if (rc)
		return rc;
	rel_atomic_write(file, bytes.ptr, bytes.len);
	return rel_atomic_commit(file, err);
}

int rel_file_put(const char *path, struct rel_str bytes, struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};

	return put(&file, rel_atomic_open(&file, path, err), bytes, err);
}

int rel_file_put_cache(const char *path, struct rel_str bytes,
		       struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};

	return put(&file, rel_atomic_open_cache(&file, path, err), bytes, err);
}

int rel_file_put_below(const char *root, const char *path, struct rel_str bytes,
		       struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};

	return put(&file, rel_atomic_open_below(&file, root, path, err), bytes,
		   err);
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

/* Descriptors that a walk keeps open; deeper it opens them again. */
#define WALK_FDS 16

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

/* Only in a directory that may be written can something be removed. */
static int open_one(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	(void)ftw;
	if ((type == FTW_D || type == FTW_DNR) &&
	    (st->st_mode & S_IRWXU) != S_IRWXU)
		(void)!chmod(path, S_IRWXU);
	return 0;
}

void rel_file_remove_tree(const char *dir)
{
	nftw(dir, open_one, WALK_FDS, FTW_PHYS | FTW_MOUNT);
	nftw(dir, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
