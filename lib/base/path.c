#include "base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

int rel_path_join(struct rel_buf *out, struct rel_str dir, struct rel_str name)
{
	rel_buf_add_str(out, dir);
	if (dir.len > 0) {
		while (name.len > 0 && name.ptr[0] == '/')
			name = rel_str_sub(name, 1, name.len);
		if (dir.ptr[dir.len - 1] != '/')
			rel_buf_add_char(out, '/');
	}
	return rel_buf_add_str(out, name);
}

/* The specification requires programs to ignore relative values. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

int rel_path_cache(struct rel_buf *out, struct rel_error *err)
{
	const char *cache = absolute_env("XDG_CACHE_HOME");
	const char *home = absolute_env("HOME");

	if (cache) {
		rel_path_join(out, rel_str_of(cache), REL_STR("relctl"));
	} else if (home) {
		rel_path_join(out, rel_str_of(home), REL_STR(".cache/relctl"));
	} else {
		return rel_fail(err, REL_ENOTFOUND,
				"no cache directory: neither XDG_CACHE_HOME "
				"nor HOME is set to an absolute path");
	}
	return rel_buf_status(out, "cache directory", err);
}

bool rel_path_is_safe(struct rel_str path)
{
	struct rel_str rest = path;
	unsigned parts = 0;

	if (path.len == 0 || rel_str_find(path, '\0') != path.len ||
	    rel_str_find(path, '\\') != path.len)
		return false;
	while (rest.ptr) {
		struct rel_str part = rel_str_cut(&rest, '/');

		if (part.len == 0 || rel_str_is(part, ".") ||
		    rel_str_is(part, "..") || ++parts > REL_LIMIT_TREE_DEPTH)
			return false;
	}
	return true;
}

struct rel_str rel_path_base(struct rel_str path)
{
	size_t slash = rel_str_rfind(path, '/');

	return slash == path.len ? path
				 : rel_str_sub(path, slash + 1, path.len);
}

struct rel_str rel_path_dir(struct rel_str path)
{
	size_t slash = rel_str_rfind(path, '/');

	return slash == path.len ? rel_str_n("", 0)
				 : rel_str_sub(path, 0, slash);
}

bool rel_path_is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 &&
	       (len == 1 || path[len] == '/' || path[len] == '\0');
}

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
