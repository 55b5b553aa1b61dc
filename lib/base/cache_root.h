/* The directory of relctl's caches, for this user alone. */
#ifndef REL_BASE_CACHE_ROOT_H
#define REL_BASE_CACHE_ROOT_H

#include "base/buf.h"
#include "base/error.h"

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
