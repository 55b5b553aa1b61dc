/*
 * What follows from impossible variables by needs alone: whoever needs a
 * clause of which no member is left is impossible too.  Linear, without a
 * search.
 */
#ifndef REL_SAT_SPREAD_H
#define REL_SAT_SPREAD_H

#include "sat/reverse.h"

struct rel_sat_spread {
	const struct rel_sat_problem *problem;
	struct rel_sat_reverse reverse;
	uint32_t *set_left;    /* members that are left */
	uint32_t *clause_left; /* sets that are left */
	/* variables with a need that nothing can fill, each once, in the order
	 * of their discovery; the caller takes them from the front */
	uint32_t *due;
	uint32_t n_due;
	uint8_t *seen;
};

/*
 * All members are left, and due is who needs a clause without any.
 * Borrows the problem.  REL_ENOMEM; freed in any case.
 */
REL_MUST_CHECK int rel_sat_spread_init(struct rel_sat_spread *s,
				       const struct rel_sat_problem *problem);
void rel_sat_spread_free(struct rel_sat_spread *s);

/* The variable is impossible; once for each. */
void rel_sat_spread_kill(struct rel_sat_spread *s, uint32_t var);

#endif
