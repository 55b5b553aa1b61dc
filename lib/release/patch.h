/* A change of one file as a diff that people read and `git apply` takes. */
#ifndef REL_RELEASE_PATCH_H
#define REL_RELEASE_PATCH_H

#include "base/buf.h"

/*
 * Append the diff from `old` to `fresh`: one hunk from the first line that
 * differs to the last one, with three lines around it.  Nothing when they are
 * equal.
 * path    from the root of the repository
 * Returns out->status
 */
int rel_patch_add(struct rel_buf *out, const char *path, struct rel_str old,
		  struct rel_str fresh);

#endif
