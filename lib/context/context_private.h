#ifndef REL_CONTEXT_PRIVATE_H
#define REL_CONTEXT_PRIVATE_H

#include "context/context.h"

/* environments.c: fill in environments. */
REL_MUST_CHECK int rel_context_environments(
    struct rel_context *context, const struct rel_context_options *options,
    struct rel_error *err);
/* remotes.c: fill in remotes. */
REL_MUST_CHECK int rel_context_remotes(
    struct rel_context *context, const struct rel_context_options *options,
    struct rel_error *err);
/* worktree.c: what request->worktree and ->uncommitted ask for.  Errors
 * REL_EUSAGE: there is no work tree; REL_ENOMEM, REL_ECANCELLED. */
REL_MUST_CHECK int rel_context_worktrees(
    struct rel_context *context, const struct rel_stacks_request *request,
    struct rel_error *err);

#endif
