/* Paths and the user's directories (XDG Base Directory Specification 0.8). */
#ifndef REL_BASE_PATH_H
#define REL_BASE_PATH_H

#include "base/buf.h"
#include "base/error.h"

/* Append dir + "/" + name (no doubled slash); `name` alone when `dir` is
 * empty.  Returns out->status. */
int rel_path_join(struct rel_buf *out, struct rel_str dir, struct rel_str name);

/*
 * Append the cache directory of relctl: $XDG_CACHE_HOME/relctl, else
 * $HOME/.cache/relctl.  A relative or empty variable counts as unset.
 * Errors  REL_ENOTFOUND when neither variable is set; the text says so.
 */
REL_MUST_CHECK int rel_path_cache(struct rel_buf *out, struct rel_error *err);

/* A clean relative path below its root: no empty, "." or ".." part, no
 * leading slash, no NUL, no backslash, at most REL_LIMIT_TREE_DEPTH parts. */
bool rel_path_is_safe(struct rel_str path);

/* The part after the last slash; the part before it ("" when none). */
struct rel_str rel_path_base(struct rel_str path);
struct rel_str rel_path_dir(struct rel_str path);

/* Is `path` the directory `top`, or below it?  Both as realpath() has them. */
bool rel_path_is_below(const char *path, const char *top);

/*
 * Append the cache directory (rel_path_cache()), made with mode 0700 when it
 * is missing, and closed to others when it is ours and stands open: what is
 * in it says what remotes hold, and may come from private ones.
 *
 * One that somebody else can write to is refused, for he would choose what
 * remotes hold.  That of the superuser is fine as long as only he can.  One
 * that cannot be made is left to whoever writes there: a cache that cannot be
 * written is a warning.
 * Errors  as rel_path_cache(); REL_EIO: somebody else's; the text says whose
 */
REL_MUST_CHECK int rel_cache_root(struct rel_buf *out, struct rel_error *err);

#endif
