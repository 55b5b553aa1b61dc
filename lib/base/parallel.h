/* The one place that starts threads. */
#ifndef REL_BASE_PARALLEL_H
#define REL_BASE_PARALLEL_H

#include <stddef.h>

#include "base/error.h"

/* Processors this process may use (sched_getaffinity), at least 1. */
unsigned rel_cpu_count(void);

/*
 * Call work(context, worker, item) for every item in [0, count), items handed
 * out in order to at most `jobs` threads (the caller's is one of them; 0 or 1
 * = no threads).  `worker` < jobs distinguishes the threads.
 * The first non-zero result stops the handing out; the failure of the lowest
 * item is returned, with its error in `err`.
 */
typedef int (*rel_work_fn)(void *context, unsigned worker, size_t item,
			   struct rel_error *err);
REL_MUST_CHECK int rel_parallel(unsigned jobs, size_t count, rel_work_fn work,
				void *context, struct rel_error *err);

#endif
