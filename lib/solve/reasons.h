/* The order of reasons and roots, private to lib/solve. */
#ifndef REL_SOLVE_REASONS_H
#define REL_SOLVE_REASONS_H

#include "solve/reason.h"

/* For qsort: struct rel_reason by package. */
int rel_reasons_compare(const void *a, const void *b);

/* Sort the roots, those that block most first, and point the reasons at where
 * they are now.  Returns 0 or REL_ENOMEM. */
REL_MUST_CHECK int rel_reasons_rank(struct rel_reasons *reasons);

#endif
