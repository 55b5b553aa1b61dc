/* What circles.c finds and conditions.c writes; private to lib/solve. */
#ifndef REL_SOLVE_CIRCLES_PRIVATE_H
#define REL_SOLVE_CIRCLES_PRIVATE_H

#include "solve/circles.h"

/*
 * A condition: not a version of each of these sets.  Every version of a set
 * needs every version of the next one, and the last set's the first's.
 */
struct rel_condition_step {
	rel_pkg_id pkg; /* the one that was found, in the set */
	uint32_t set;	/* of the universe's problem */
};

/* The problem with its conditions; the arrays that differ are owned. */
struct rel_conditions {
	struct rel_condition_step *steps;
	uint32_t n_steps, steps_cap;
	uint32_t *ends; /* [n]: condition i ends before steps[ends[i]] */
	uint32_t n, ends_cap;
	struct rel_sat_problem problem;
	uint32_t base_vars;	/* variables from here on are conditions' */
	uint32_t *condition_of; /* [problem.n_vars - base_vars] */
	/* [needs]: the place in the universe's own needs, or, from
	 * n_base_needs on, n_base_needs + the condition's number */
	uint32_t *need_of;
	uint32_t n_base_needs;
	uint32_t *var_group, *group_first, *group_word, *set_group, *set_word;
	uint64_t *set_words;
	uint32_t *clause_first, *clause_sets, *need_first, *needs;
	uint32_t *conflict_first, *conflicts;
};

static inline uint32_t rel_condition_begin(const struct rel_conditions *c,
					   uint32_t condition)
{
	return condition ? c->ends[condition - 1] : 0;
}

/* The problem anew: `base` with all conditions.  REL_ENOMEM. */
REL_MUST_CHECK int rel_conditions_write(struct rel_conditions *c,
					const struct rel_universe *u,
					const struct rel_sat_problem *base);
void rel_conditions_free(struct rel_conditions *c);

#endif
