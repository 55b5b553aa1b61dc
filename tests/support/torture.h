/*
 * Failing allocations, to walk through every path that handles them: link
 * relctl_torture, then
 *	for (long n = 0;; n++) {
 *		rel_torture_start(n);
 *		rc = …;
 *		if (!rel_torture_stop())
 *			break;			nothing failed: all walked
 *		assert_int_equal(rc, REL_ENOMEM);
 *	}
 * Reaches malloc, calloc and realloc of what is linked statically, not those
 * inside shared libraries.
 */
#ifndef REL_TESTS_TORTURE_H
#define REL_TESTS_TORTURE_H

#include <stdbool.h>

/* Fail the allocation `n` from now, counted from 0; once. */
void rel_torture_start(long n);
/* No more failures; has there been one? */
bool rel_torture_stop(void);

#endif
