#include "sat/spread.h"

static void end_clause(struct rel_sat_spread *s, uint32_t clause)
{
	const struct rel_sat_lists *l = &s->reverse.clause_vars;

	for (uint32_t i = l->first[clause]; i < l->first[clause + 1]; i++) {
		uint32_t var = l->items[i];

		if (s->seen[var])
			continue;
		s->seen[var] = 1;
		s->due[s->n_due++] = var;
	}
}

static void end_set(struct rel_sat_spread *s, uint32_t set)
{
	const struct rel_sat_lists *l = &s->reverse.set_clauses;

	for (uint32_t i = l->first[set]; i < l->first[set + 1]; i++) {
		if (--s->clause_left[l->items[i]] == 0)
			end_clause(s, l->items[i]);
	}
}

void rel_sat_spread_kill(struct rel_sat_spread *s, uint32_t var)
{
	const struct rel_sat_problem *p = s->problem;
	const struct rel_sat_lists *l = &s->reverse.group_sets;
	uint32_t g = p->var_group[var], bit = var - p->group_first[g];

	for (uint32_t i = l->first[g]; i < l->first[g + 1]; i++) {
		uint32_t set = l->items[i];
		uint64_t word = p->set_words[p->set_word[set] + bit / 64];

		if (((word >> (bit % 64)) & 1) && --s->set_left[set] == 0)
			end_set(s, set);
	}
}

static uint32_t count_members(const struct rel_sat_problem *p, uint32_t set)
{
	uint32_t g = p->set_group[set], count = 0;
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	for (uint32_t i = 0; i < n; i++)
		count += (uint32_t)__builtin_popcountll(
		    p->set_words[p->set_word[set] + i]);
	return count;
}

int rel_sat_spread_init(struct rel_sat_spread *s,
			const struct rel_sat_problem *p)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->problem = p;
	rc = rel_sat_reverse_init(&s->reverse, p);
	s->set_left = malloc(((size_t)p->n_sets + 1) * sizeof(uint32_t));
	s->clause_left = malloc(((size_t)p->n_clauses + 1) * sizeof(uint32_t));
	s->due = malloc(((size_t)p->n_vars + 1) * sizeof(uint32_t));
	s->seen = calloc((size_t)p->n_vars + 1, 1);
	if (rc || !s->set_left || !s->clause_left || !s->due || !s->seen)
		return REL_ENOMEM;
	for (uint32_t c = 0; c < p->n_clauses; c++) {
		s->clause_left[c] = p->clause_first[c + 1] - p->clause_first[c];
		if (s->clause_left[c] == 0)
			end_clause(s, c);
	}
	for (uint32_t set = 0; set < p->n_sets; set++) {
		s->set_left[set] = count_members(p, set);
		if (s->set_left[set] == 0)
			end_set(s, set);
	}
	return 0;
}

void rel_sat_spread_free(struct rel_sat_spread *s)
{
	rel_sat_reverse_free(&s->reverse);
	free(s->set_left);
	free(s->clause_left);
	free(s->due);
	free(s->seen);
	memset(s, 0, sizeof(*s));
}
