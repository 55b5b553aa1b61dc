#include "git/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache_root.h"
#include "base/limits.h"
#include "git/internal.h"

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

static void remove_all(const char *dir)
{
	nftw(dir, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Those whose process is gone.  The caller holds the lock of `parent`, so
 * nobody is just making one. */
static void sweep(const char *parent)
{
	struct dirent *entry;
	DIR *handle = opendir(parent);

	while (handle != NULL && (entry = readdir(handle)) != NULL) {
		struct rel_lock lock = {.fd = -1};
		char *dir = NULL, *path = NULL;

		if (entry->d_name[0] == '.' ||
		    asprintf(&dir, "%s/%s", parent, entry->d_name) < 0)
			continue;
		if (asprintf(&path, "%s/lock", dir) >= 0 &&
		    rel_lock_take(&lock, path, false, NULL) == 0)
			remove_all(dir);
		rel_lock_drop(&lock);
		free(path);
		free(dir);
	}
	if (handle != NULL)
		closedir(handle);
}

/* A fresh directory with its lock. */
static int make_dir(struct rel_git_scratch *scratch, const char *parent,
		    struct rel_error *err)
{
	struct rel_lock lock = {.fd = -1};
	char *path = NULL;
	int r = REL_ENOMEM;

	if (asprintf(&path, "%s/.lock", parent) < 0)
		return rel_fail_nomem(err);
	r = rel_lock_take(&lock, path, true, err);
	free(path);
	path = NULL;
	if (r < 0)
		return r;
	sweep(parent);
	if (asprintf(&scratch->dir, "%s/XXXXXX", parent) < 0) {
		scratch->dir = NULL;
		r = rel_fail_nomem(err);
	} else if (mkdtemp(scratch->dir) == NULL) {
		r = rel_fail_errno(err, errno, parent, "cannot create in it");
		free(scratch->dir);
		scratch->dir = NULL;
	} else if (asprintf(&path, "%s/lock", scratch->dir) < 0) {
		r = rel_fail_nomem(err);
	} else {
		r = rel_lock_take(&scratch->lock, path, false, err);
		free(path);
	}
	rel_lock_drop(&lock);
	return r;
}

static int make_repository(struct rel_git_scratch *scratch,
			   struct rel_error *err)
{
	git_repository *repo = NULL;
	char *path = NULL;
	int status, r;

	if (asprintf(&path, "%s/repo.git", scratch->dir) < 0)
		return rel_fail_nomem(err);
	status = git_repository_init(&repo, path, 1);
	git_repository_free(repo);
	if (status < 0)
		r = rel_git_library_fail(err, status,
					 "cannot create a repository");
	else
		r = rel_git_store_open(&scratch->store, path, err);
	free(path);
	return r;
}

int rel_git_scratch_open(struct rel_git_scratch *out, const char *cache_dir,
			 struct rel_error *err)
{
	struct rel_buf parent;
	int r = rel_git_library_open(err);

	memset(out, 0, sizeof(*out));
	out->lock.fd = -1;
	if (r < 0)
		return r;
	rel_buf_init(&parent, REL_LIMIT_CONFIG_BYTES);
	if (cache_dir != NULL)
		rel_buf_add_cstr(&parent, cache_dir);
	else
		r = rel_cache_root(&parent, err);
	rel_buf_add_cstr(&parent, "/write");
	if (r == 0)
		r = rel_buf_status(&parent, "cache path", err);
	if (r == 0)
		r = rel_mkdirs_private(parent.ptr, err);
	if (r == 0)
		r = make_dir(out, parent.ptr, err);
	if (r == 0)
		r = make_repository(out, err);
	rel_buf_free(&parent);
	if (r < 0)
		rel_git_scratch_close(out);
	rel_git_library_close();
	return r;
}

void rel_git_scratch_close(struct rel_git_scratch *scratch)
{
	rel_git_store_free(scratch->store);
	scratch->store = NULL;
	if (scratch->dir == NULL)
		return;
	remove_all(scratch->dir);
	rel_lock_drop(&scratch->lock);
	free(scratch->dir);
	scratch->dir = NULL;
}

static int write_file(const char *dir, const char *name, struct rel_str text,
		      struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};
	char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return rel_fail_nomem(err);
	r = rel_atomic_open_cache(&file, path, err);
	if (r == 0) {
		rel_atomic_write(&file, text.ptr, text.len);
		r = rel_atomic_commit(&file, err);
	}
	free(path);
	return r;
}

/* Where the history of `from` is cut off, if it is. */
static int copy_shallow(struct rel_git_scratch *scratch, const char *common,
			struct rel_error *err)
{
	struct rel_buf text;
	char *path = NULL;
	int r;

	if (asprintf(&path, "%s/shallow", common) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_GIT_REFS_BYTES);
	r = rel_file_read(&text, path, err);
	if (r == REL_ENOTFOUND)
		r = 0;
	if (r == 0 && text.len > 0)
		r = write_file(scratch->store->path, "shallow",
			       rel_buf_str(&text), err);
	rel_buf_free(&text);
	free(path);
	return r;
}

int rel_git_scratch_borrow(struct rel_git_scratch *scratch,
			   const struct rel_git_store *from,
			   struct rel_error *err)
{
	const char *common = git_repository_commondir(from->repo);
	char *full = realpath(common, NULL);
	struct rel_buf text;
	int r;

	if (full == NULL)
		return rel_fail_errno(err, errno, common, "cannot borrow from");
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%s/objects\n", full);
	if (strchr(full, '\n') != NULL)
		r = rel_fail(err, REL_EUSAGE,
			     "'%.200s' has a line break in its name", full);
	else
		r = rel_buf_status(&text, "path", err);
	if (r == 0)
		r = write_file(scratch->store->path, "objects/info/alternates",
			       rel_buf_str(&text), err);
	if (r == 0)
		r = copy_shallow(scratch, full, err);
	if (r == 0)
		r = rel_git_store_refresh(scratch->store, err);
	rel_buf_free(&text);
	free(full);
	return r;
}
