/*
 * Files.  Everything relctl writes to disk goes through rel_atomic_file: a
 * temporary file beside the target, fsync, rename, fsync of the directory.
 * A crash leaves the old file or the new one, and at worst a stray
 * ".relctl-*.tmp".
 */
#ifndef REL_BASE_FILE_H
#define REL_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Append the content of `path` to `out`, which is as before on failure.
 * Errors  REL_ENOTFOUND; REL_ELIMIT over out->max; REL_EIO (a directory or
 *         a special file is REL_EIO too: never blocks on a FIFO).
 */
REL_MUST_CHECK int rel_file_read(struct rel_buf *out, const char *path,
				 struct rel_error *err);

/*
 * Write all of it to an open file.
 * path    for the error
 * Errors  REL_EIO
 */
REL_MUST_CHECK int rel_file_write_all(int fd, const void *ptr, size_t len,
				      const char *path, struct rel_error *err);

/*
 * Replace `path`, or create it, with these bytes: rel_atomic_open(), _write()
 * and _commit().
 */
REL_MUST_CHECK int rel_file_put(const char *path, struct rel_str bytes,
				struct rel_error *err);
/* The same for a file of a cache, as rel_atomic_open_cache(). */
REL_MUST_CHECK int rel_file_put_cache(const char *path, struct rel_str bytes,
				      struct rel_error *err);
/* The same below `root`, as rel_atomic_open_below(). */
REL_MUST_CHECK int rel_file_put_below(const char *root, const char *path,
				      struct rel_str bytes,
				      struct rel_error *err);

/* A read-only memory map; ptr is NULL for an empty file. */
struct rel_map {
	const void *ptr;
	size_t len; /* bytes */
};

/*
 * Errors as rel_file_read().  Release with rel_map_close().  Only for files
 * that are replaced, never cut short in place: reading past the new end of
 * one that was is SIGBUS.
 */
REL_MUST_CHECK int rel_map_open(struct rel_map *out, const char *path,
				struct rel_error *err);
void rel_map_close(struct rel_map *map);

/* Create `path` and its missing parents, mode 0777 & ~umask. */
REL_MUST_CHECK int rel_mkdirs(const char *path, struct rel_error *err);
/* The same for a cache: only the user may look into what is created. */
REL_MUST_CHECK int rel_mkdirs_private(const char *path, struct rel_error *err);

/*
 * Is there a symbolic link in `path`, a relative path below `root`, be it the
 * last part?  What is missing is not a link.  `root` itself is trusted: links
 * above it and in it are the caller's own.
 * Errors  REL_EIO: a link, and err->path names it; "..", "." or an empty part
 */
REL_MUST_CHECK int rel_check_below(const char *root, const char *path,
				   struct rel_error *err);

/*
 * Is that the effective user, or, for the superuser, who called sudo?
 * Source  git's compat/posix.h, extract_id_from_env()
 */
bool rel_file_is_own(uid_t owner);

struct rel_atomic_file {
	int fd;		  /* -1 = not open */
	int dir;	  /* O_PATH: the directory of both names */
	char *target;	  /* as the caller named it, for errors */
	const char *name; /* the last part of it */
	char *temp;	  /* what it is called until the commit */
	int status;	  /* first failure, repeated by commit */
	int saved_errno;
	/* Set after open for files whose content is verified when they are
	 * read: no fsync, so a power cut may damage the new file.  A crash of
	 * the program alone still leaves the old or the new one. */
	bool fleeting;
};

/*
 * Start writing what will become `target`.  Parents must exist, and are
 * followed when they are links: use _below() where a stranger made them.
 * REL_EIO when `target` exists and is not a regular file; a symbolic link is
 * none, wherever it leads.
 */
REL_MUST_CHECK int rel_atomic_open(struct rel_atomic_file *file,
				   const char *target, struct rel_error *err);
/* The same for a file of a cache: fleeting, mode 0600. */
REL_MUST_CHECK int rel_atomic_open_cache(struct rel_atomic_file *file,
					 const char *target,
					 struct rel_error *err);
/*
 * The same for `path` below the trusted directory `root`, through no link at
 * all, whoever puts one there meanwhile.  Creates missing parents below it.
 * Errors  also as rel_check_below()
 */
REL_MUST_CHECK int rel_atomic_open_below(struct rel_atomic_file *file,
					 const char *root, const char *path,
					 struct rel_error *err);
/* Append; failures are remembered and reported by commit as well. */
int rel_atomic_write(struct rel_atomic_file *file, const void *ptr, size_t len);
/*
 * fsync, rename, fsync of the directory.  Frees everything, also when it
 * fails; then the temporary file is removed and the target unchanged (unless it
 * is the last fsync that fails: then the target is new but may not last).
 */
REL_MUST_CHECK int rel_atomic_commit(struct rel_atomic_file *file,
				     struct rel_error *err);
/* Drop it; fine after commit or a failed open, and on a zeroed struct. */
void rel_atomic_abort(struct rel_atomic_file *file);

/*
 * Remove the temporary files that killed writers left beside `target`.  For
 * who knows that nobody writes there now, because he holds a lock.
 */
void rel_atomic_sweep(const char *target);

/* An advisory lock (flock) on `path`, which is created when missing. */
struct rel_lock {
	int fd; /* -1 = not held */
};

/*
 * wait  false: REL_EEXISTS at once when another process holds it;
 *       true: REL_ECANCELLED when a signal handler ran while waiting
 * The kernel drops the lock when the process dies, however it dies.
 */
REL_MUST_CHECK int rel_lock_take(struct rel_lock *lock, const char *path,
				 bool wait, struct rel_error *err);
/* The same on the existing directory `path` itself: leaves no file behind. */
REL_MUST_CHECK int rel_lock_take_dir(struct rel_lock *lock, const char *path,
				     bool wait, struct rel_error *err);
void rel_lock_drop(struct rel_lock *lock);

/* Remove a directory of ours with all below it, also where that may not be
 * written, as far as it can be done.  Links are removed, not followed. */
void rel_file_remove_tree(const char *dir);

#endif
