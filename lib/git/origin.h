/* Where a checkout comes from. */
#ifndef REL_GIT_ORIGIN_H
#define REL_GIT_ORIGIN_H

#include "base/buf.h"
#include "git/store.h"

/*
 * Append the address of the checkout's remote `origin`, as its configuration
 * has it.
 * Returns  1; 0 it has none, or is a bare repository, which is no checkout;
 *          or a negative code as rel_git_run()
 */
REL_MUST_CHECK int rel_git_origin(struct rel_buf *out,
				  const struct rel_git_store *store,
				  struct rel_error *err);

#endif
