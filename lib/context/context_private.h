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

#endif
