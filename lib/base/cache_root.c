#include "base/cache_root.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"

#define REMEDY "remove it, or name another place with XDG_CACHE_HOME"

static bool is_ours(uid_t owner)
{
	return owner == geteuid();
}

static int refuse(const char *path, uid_t owner, const char *what,
		  struct rel_error *err)
{
	rel_fail(err, REL_EIO, "the cache %s user %lu; " REMEDY, what,
		 (unsigned long)owner);
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

/* Nobody but the user, and the superuser, chose what is at `path`. */
static int check(const char *path, struct rel_error *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return 0;
	if (S_ISLNK(st.st_mode) && !is_ours(st.st_uid) && st.st_uid != 0)
		return refuse(path, st.st_uid,
			      "is a symbolic link that belongs to", err);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (!is_ours(st.st_uid) && st.st_uid != 0)
		return refuse(path, st.st_uid, "belongs to", err);
	if (is_ours(st.st_uid) && (st.st_mode & 077) != 0 &&
	    chmod(path, st.st_mode & 0700) == 0)
		return 0;
	if ((st.st_mode & 022) == 0)
		return 0;
	rel_fail(err, REL_EIO,
		 "others may write into the cache, and its mode cannot be "
		 "changed; " REMEDY);
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

int rel_cache_root(struct rel_buf *out, struct rel_error *err)
{
	struct rel_error ignored = {0};
	size_t start = out->len;
	int rc = rel_path_cache(out, err);

	if (rc)
		return rc;
	if (rel_mkdirs_private(out->ptr + start, &ignored) == REL_ENOMEM)
		return rel_fail_nomem(err);
	return check(out->ptr + start, err);
}
