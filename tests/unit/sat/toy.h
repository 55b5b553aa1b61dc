/*
 * Small random problems, and every assignment of them: each group takes each of
 * its values or none.
 */
#ifndef REL_TESTS_SAT_TOY_H
#define REL_TESTS_SAT_TOY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sat/sat.h"

#define MAX_GROUPS 5
#define MAX_VARS   20
#define MAX_SETS   40
#define MAX_FACTS  80

struct toy {
	struct rel_sat_problem p;
	uint32_t var_group[MAX_VARS], group_first[MAX_GROUPS + 1];
	uint32_t group_word[MAX_GROUPS + 1];
	uint32_t set_group[MAX_SETS], set_word[MAX_SETS];
	uint64_t set_words[MAX_SETS];
	uint32_t clause_first[MAX_FACTS + 1], clause_sets[MAX_FACTS * 3];
	uint32_t need_first[MAX_VARS + 1], needs[MAX_FACTS];
	uint32_t conflict_first[MAX_VARS + 1], conflicts[MAX_FACTS];
};

static uint64_t random_state;

static inline uint32_t below(uint32_t n)
{
	random_state =
	    random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

static inline void make_groups(struct toy *t)
{
	t->p.n_groups = 1 + below(MAX_GROUPS);
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		uint32_t count = 1 + below(MAX_VARS / MAX_GROUPS);

		t->group_first[g] = t->p.n_vars;
		t->group_word[g] = g;
		for (uint32_t i = 0; i < count; i++)
			t->var_group[t->p.n_vars++] = g;
	}
	t->group_first[t->p.n_groups] = t->p.n_vars;
	t->group_word[t->p.n_groups] = t->p.n_groups;
}

static inline void make_sets(struct toy *t)
{
	t->p.n_sets = 1 + below(MAX_SETS);
	for (uint32_t s = 0; s < t->p.n_sets; s++) {
		uint32_t g = below(t->p.n_groups);
		uint32_t n = t->group_first[g + 1] - t->group_first[g];

		t->set_group[s] = g;
		t->set_word[s] = s;
		t->set_words[s] = below(1u << n);
	}
}

static inline void make_facts(struct toy *t, uint32_t density)
{
	uint32_t needs = 0, n_conflicts = 0, members = 0;

	for (uint32_t v = 0; v < t->p.n_vars; v++) {
		t->need_first[v] = needs;
		t->conflict_first[v] = n_conflicts;
		while (below(density) && needs < MAX_FACTS) {
			uint32_t size = below(20) ? 1 + below(3) : 0;

			t->clause_first[needs] = members;
			while (size--)
				t->clause_sets[members++] = below(t->p.n_sets);
			t->needs[needs] = needs;
			needs++;
		}
		while (!below(density) && n_conflicts < MAX_FACTS) {
			uint32_t set = below(t->p.n_sets);

			if (t->set_group[set] != t->var_group[v])
				t->conflicts[n_conflicts++] = set;
		}
	}
	t->p.n_clauses = needs;
	t->clause_first[needs] = members;
	t->need_first[t->p.n_vars] = needs;
	t->conflict_first[t->p.n_vars] = n_conflicts;
}

static inline void make_toy(struct toy *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	random_state = seed * 7919 + 17;
	make_groups(t);
	make_sets(t);
	make_facts(t, 2 + below(3));
	t->p.var_group = t->var_group;
	t->p.group_first = t->group_first;
	t->p.group_word = t->group_word;
	t->p.set_group = t->set_group;
	t->p.set_word = t->set_word;
	t->p.set_words = t->set_words;
	t->p.clause_first = t->clause_first;
	t->p.clause_sets = t->clause_sets;
	t->p.need_first = t->need_first;
	t->p.needs = t->needs;
	t->p.conflict_first = t->conflict_first;
	t->p.conflicts = t->conflicts;
}

/* What counts in an exhaustive search: all facts, or those listed. */
struct subset {
	const struct rel_sat_fact *facts; /* NULL = everything */
	uint32_t n, skip;
};

static inline bool counts(const struct subset *in, enum rel_sat_fact_kind kind,
			  uint32_t index)
{
	if (!in->facts)
		return kind != REL_SAT_NEVER;
	for (uint32_t i = 0; i < in->n; i++) {
		if (i != in->skip && in->facts[i].kind == kind &&
		    in->facts[i].index == index)
			return true;
	}
	return false;
}

static inline bool set_true(const struct toy *t, uint32_t set,
			    const uint32_t *value)
{
	uint32_t g = t->set_group[set];

	return value[g] != UINT32_MAX &&
	       ((t->set_words[set] >> (value[g] - t->group_first[g])) & 1);
}

static inline bool need_holds(const struct toy *t, uint32_t c,
			      const uint32_t *value)
{
	for (uint32_t i = t->clause_first[c]; i < t->clause_first[c + 1]; i++) {
		if (set_true(t, t->clause_sets[i], value))
			return true;
	}
	return false;
}

static inline bool is_model(const struct toy *t, const uint32_t *value,
			    const struct subset *in)
{
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		uint32_t v = value[g];

		if (v == UINT32_MAX)
			continue;
		if (counts(in, REL_SAT_NEVER, v))
			return false;
		for (uint32_t i = t->need_first[v]; i < t->need_first[v + 1];
		     i++)
			if (counts(in, REL_SAT_NEED, i) &&
			    !need_holds(t, t->needs[i], value))
				return false;
		for (uint32_t i = t->conflict_first[v];
		     i < t->conflict_first[v + 1]; i++)
			if (counts(in, REL_SAT_CONFLICT, i) &&
			    set_true(t, t->conflicts[i], value))
				return false;
	}
	return true;
}

static inline bool next_value(const struct toy *t, uint32_t *value)
{
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		if (value[g] == UINT32_MAX) {
			value[g] = t->group_first[g];
			return true;
		}
		if (++value[g] < t->group_first[g + 1])
			return true;
		value[g] = UINT32_MAX;
	}
	return false;
}

#endif
