/*
 * Cancellation: cmd/ installs signal handlers that set the flag; long work
 * looks at it now and then and ends with REL_ECANCELLED.
 */
#ifndef REL_BASE_CANCEL_H
#define REL_BASE_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct rel_cancel {
	atomic_int signal; /* 0 = go on, else the signal's number */
};

/* `cancel` may be NULL: never cancelled. */
static inline bool rel_cancelled(const struct rel_cancel *cancel)
{
	return cancel != NULL &&
	       atomic_load_explicit(&cancel->signal, memory_order_relaxed) != 0;
}

/* rel_fail(REL_ECANCELLED, "interrupted") */
static inline int rel_fail_cancelled(struct rel_error *err)
{
	return rel_fail(err, REL_ECANCELLED, "interrupted");
}

#endif
