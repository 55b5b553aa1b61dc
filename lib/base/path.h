/* Paths and the user's directories (XDG Base Directory Specification 0.8). */
#ifndef REL_BASE_PATH_H
#define REL_BASE_PATH_H

#include "base/buf.h"

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

#endif
