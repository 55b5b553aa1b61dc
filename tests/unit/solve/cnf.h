/*
 * A problem of lib/sat as plain clauses for PicoSAT: no line of lib/sat, and
 * another encoding.  A package is a variable; a set is one that is true
 * exactly when a member is; of a group at most one is true because each
 * member says that one so far is, and that none was before.
 */
#ifndef REL_TESTS_SOLVE_CNF_H
#define REL_TESTS_SOLVE_CNF_H

#include <picosat.h>

#include "support/world.h"

struct cnf {
	PicoSAT *sat;
	const struct rel_sat_problem *p;
	int *set_var; /* [n_sets]; 0 = not made yet */
};

/* The literal of a variable of the problem. */
static inline int cnf_lit(uint32_t var)
{
	return (int)var + 1;
}

static inline bool cnf_is_member(const struct rel_sat_problem *p, uint32_t set,
				 uint32_t var)
{
	uint32_t at = var - p->group_first[p->set_group[set]];

	return p->set_words[p->set_word[set] + at / 64] >> (at % 64) & 1;
}

/* Add the members of the set to the clause that has been begun. */
static inline void cnf_add_members(const struct cnf *c, uint32_t set)
{
	uint32_t g = c->p->set_group[set];

	for (uint32_t v = c->p->group_first[g]; v < c->p->group_first[g + 1];
	     v++) {
		if (cnf_is_member(c->p, set, v))
			picosat_add(c->sat, cnf_lit(v));
	}
}

static inline void cnf_add_binary(const struct cnf *c, int a, int b)
{
	picosat_add(c->sat, a);
	picosat_add(c->sat, b);
	picosat_add(c->sat, 0);
}

/* The variable of a set. */
static inline int cnf_set(struct cnf *c, uint32_t set)
{
	uint32_t g = c->p->set_group[set];
	int lit = c->set_var[set];

	if (lit)
		return lit;
	lit = c->set_var[set] = picosat_inc_max_var(c->sat);
	for (uint32_t v = c->p->group_first[g]; v < c->p->group_first[g + 1];
	     v++) {
		if (cnf_is_member(c->p, set, v))
			cnf_add_binary(c, -cnf_lit(v), lit);
	}
	picosat_add(c->sat, -lit);
	cnf_add_members(c, set);
	picosat_add(c->sat, 0);
	return lit;
}

static inline void cnf_at_most_one(const struct cnf *c, uint32_t g)
{
	uint32_t first = c->p->group_first[g], end = c->p->group_first[g + 1];
	int before = 0;

	for (uint32_t v = first; v < end && end - first > 1; v++) {
		int so_far = picosat_inc_max_var(c->sat);

		cnf_add_binary(c, -cnf_lit(v), so_far);
		if (before) {
			cnf_add_binary(c, -before, so_far);
			cnf_add_binary(c, -before, -cnf_lit(v));
		}
		before = so_far;
	}
}

/* An instance that knows the groups, and nothing else of the problem. */
static inline void cnf_init(struct cnf *c, const struct rel_sat_problem *p)
{
	c->p = p;
	c->sat = picosat_init();
	c->set_var = calloc((size_t)p->n_sets + 1, sizeof(*c->set_var));
	assert_non_null(c->set_var);
	picosat_set_global_default_phase(c->sat, 0);
	picosat_adjust(c->sat, (int)p->n_vars);
	for (uint32_t g = 0; g < p->n_groups; g++)
		cnf_at_most_one(c, g);
}

static inline void cnf_free(struct cnf *c)
{
	picosat_reset(c->sat);
	free(c->set_var);
}

/* All needs and conflicts of a variable. */
static inline void cnf_add_facts(struct cnf *c, uint32_t var)
{
	const struct rel_sat_problem *p = c->p;

	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		uint32_t clause = p->needs[i];

		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			cnf_set(c, p->clause_sets[k]);
		picosat_add(c->sat, -cnf_lit(var));
		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			picosat_add(c->sat, cnf_set(c, p->clause_sets[k]));
		picosat_add(c->sat, 0);
	}
	for (uint32_t i = p->conflict_first[var];
	     i < p->conflict_first[var + 1]; i++)
		cnf_add_binary(c, -cnf_lit(var), -cnf_set(c, p->conflicts[i]));
}

#endif
