/*
 * The checkout that a job of a CI system works in, as one of the remotes.
 */
#ifndef REL_CMD_CI_CHECKOUT_H
#define REL_CMD_CI_CHECKOUT_H

#include "ci/ci.h"
#include "session.h"

/*
 * Append the root of the git repository that the current directory is in, or
 * else of the one that the CI system names.
 * Errors  REL_ENOTFOUND
 */
REL_MUST_CHECK int rel_ci_checkout_find(struct rel_buf *root,
					const struct rel_ci *ci,
					struct rel_error *err);

/* Append the address of its remote `origin`; nothing when there is none, or no
 * checkout. */
REL_MUST_CHECK int rel_ci_checkout_origin(struct rel_buf *out,
					  const struct rel_ci *ci,
					  struct rel_error *err);

/*
 * The remote that is checked out: the one development remote, the only
 * remote, or of several the one that is at `origin`, the checkout's own
 * address ("" = not known).
 * *out    index into context->remotes
 * Errors  REL_EUSAGE which one is not clear
 */
REL_MUST_CHECK int rel_ci_checkout_remote(uint32_t *out,
					  const struct rel_context *context,
					  const char *origin,
					  struct rel_error *err);

#endif
