/*
 * Everything that reaches a set of packages through needs, private to
 * lib/solve.
 */
#ifndef REL_SOLVE_REVERSE_H
#define REL_SOLVE_REVERSE_H

#include "sat/spread.h"

/*
 * Mark in `marks` [n_vars] every variable from which a marked one can be
 * reached through needs.  Linear in the size of the problem.
 */
REL_MUST_CHECK int rel_reverse_closure(const struct rel_sat_problem *p,
				       uint8_t *marks);

#endif
