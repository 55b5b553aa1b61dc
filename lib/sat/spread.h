/*
 * A problem read backwards, from groups to sets to clauses to who needs them;
 * and what follows from impossible variables by needs alone: whoever needs a
 * clause of which no member is left is impossible too.  Linear, without a
 * search.
 */
#ifndef REL_SAT_SPREAD_H
#define REL_SAT_SPREAD_H

#include <stdlib.h>
#include <string.h>

#include "sat/sat.h"

/* Lists in compressed form: those of x are items[first[x]] … */
struct rel_sat_lists {
	uint32_t *first, *items;
};

struct rel_sat_reverse {
	struct rel_sat_lists group_sets, set_clauses, clause_vars;
};

/* Linear in the size of the problem.  REL_ENOMEM; freed in any case. */
REL_MUST_CHECK int rel_sat_reverse_init(struct rel_sat_reverse *r,
					const struct rel_sat_problem *p);
void rel_sat_reverse_free(struct rel_sat_reverse *r);

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
