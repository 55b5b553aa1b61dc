/* A file that is new or changed, as `git diff --binary` shows it. */
#ifndef REL_GIT_PATCH_H
#define REL_GIT_PATCH_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Append what `git apply` makes the file `path` with `content` of; what is no
 * text in git's binary form.
 * Errors  REL_ENOMEM; out->status; REL_EIO what libgit2 says
 */
REL_MUST_CHECK int rel_git_patch_new_file(struct rel_buf *out, const char *path,
					  struct rel_str content,
					  struct rel_error *err);

/* The same of a file that was `was` before. */
REL_MUST_CHECK int rel_git_patch_file(struct rel_buf *out, const char *path,
				      struct rel_str was,
				      struct rel_str content,
				      struct rel_error *err);

#endif
