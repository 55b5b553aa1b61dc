/* A problem read backwards: from groups to sets to clauses to who needs
 * them. */
#ifndef REL_SAT_REVERSE_H
#define REL_SAT_REVERSE_H

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

#endif
