/* Birth and death of a solver. */
#include <assert.h>

#include "sat/sat_private.h"

static uint32_t widest_group(const struct rel_sat_problem *p)
{
	uint32_t most = 1;

	for (uint32_t g = 0; g < p->n_groups; g++) {
		uint32_t n = p->group_word[g + 1] - p->group_word[g];

		if (n > most)
			most = n;
	}
	return most;
}

/* Every variable of every group. */
static void fill_domains(const struct rel_sat_problem *p, uint64_t *words)
{
	for (uint32_t g = 0; g < p->n_groups; g++) {
		uint32_t n = p->group_first[g + 1] - p->group_first[g];
		uint64_t *word = words + p->group_word[g];

		for (; n >= 64; n -= 64)
			*word++ = ~(uint64_t)0;
		if (n)
			*word = ((uint64_t)1 << n) - 1;
	}
}

static void place_variables(const struct rel_sat_problem *p, uint32_t *place)
{
	for (uint32_t v = 0; v < p->n_vars; v++) {
		uint32_t g = p->var_group[v];

		place[v] = p->group_word[g] * 64 + v - p->group_first[g];
	}
}

static size_t n_literals(const struct rel_sat_problem *p)
{
	return 2 * ((size_t)p->n_vars + p->n_sets) + 2;
}

int sat_solver_init(struct sat_solver *s, const struct rel_sat_problem *problem)
{
	size_t n_words = problem->group_word[problem->n_groups];

	memset(s, 0, sizeof(*s));
	s->problem = problem;
	s->domain = calloc(n_words + 1, sizeof(*s->domain));
	s->alive = calloc(n_words + 1, sizeof(*s->alive));
	s->wanted = calloc(n_words + 1, sizeof(*s->wanted));
	s->rest = calloc((size_t)widest_group(problem) * 2, sizeof(*s->rest));
	s->place = calloc((size_t)problem->n_vars + 1, sizeof(*s->place));
	s->dead = calloc((size_t)problem->n_vars + 1, sizeof(*s->dead));
	s->groups = calloc((size_t)problem->n_groups + 1, sizeof(*s->groups));
	s->watches = calloc(n_literals(problem), sizeof(*s->watches));
	if (!s->domain || !s->alive || !s->wanted || !s->rest || !s->place ||
	    !s->dead || !s->groups || !s->watches) {
		sat_solver_free(s);
		return REL_ENOMEM;
	}
	place_variables(problem, s->place);
	fill_domains(problem, s->alive);
	fill_domains(problem, s->domain);
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		s->groups[g].last = SAT_NONE;
		s->groups[g].unvisited = SAT_NONE;
		s->groups[g].selected = SAT_NONE;
		s->groups[g].favourite = SAT_NONE;
	}
	return 0;
}

void sat_solver_free(struct sat_solver *s)
{
	for (uint32_t g = 0; s->groups && g < s->problem->n_groups; g++) {
		for (uint32_t i = 0; i < s->groups[g].n_watched; i++)
			free(s->watches[s->groups[g].watched[i].lit].items);
		free(s->groups[g].watched);
	}
	free(s->watches);
	free(s->groups);
	free(s->place);
	free(s->dead);
	free(s->domain);
	free(s->alive);
	free(s->wanted);
	free(s->rest);
	free(s->trail);
	free(s->saved);
	free(s->tasks);
	free(s->levels);
	free(s->clauses);
	free(s->seen);
	free(s->marked);
	free(s->learnt);
	free(s->chain);
	memset(s, 0, sizeof(*s));
}

void sat_solver_revive(struct sat_solver *s)
{
	assert(s->n_trail == 0);
	for (uint32_t i = 0; i < s->n_dead; i++) {
		uint32_t place = s->place[s->dead[i]];
		uint64_t mask = (uint64_t)1 << (place % 64);

		s->alive[place / 64] |= mask;
		s->domain[place / 64] |= mask;
	}
	s->n_dead = 0;
}

void sat_solver_kill(struct sat_solver *s, uint32_t var, uint32_t clause)
{
	uint32_t place = s->place[var];
	uint64_t mask = (uint64_t)1 << (place % 64);

	assert(s->n_trail == 0);
	if (!(s->alive[place / 64] & mask))
		return;
	s->alive[place / 64] &= ~mask;
	s->domain[place / 64] &= ~mask;
	s->dead[s->n_dead++] = var;
	sat_proof_note_kill(s, var, clause);
}

void sat_solver_forget(struct sat_solver *s)
{
	/* A clause is watched by its own literals only. */
	for (uint32_t c = 0; c < s->n_clauses; c += s->clauses[c] + 1) {
		for (uint32_t i = 1; i <= s->clauses[c]; i++)
			s->watches[s->clauses[c + i]].count = 0;
	}
	s->n_clauses = 0;
}

void sat_solver_want(struct sat_solver *s, uint32_t var, bool on)
{
	uint32_t place = s->place[var];
	uint64_t mask = (uint64_t)1 << (place % 64);
	uint64_t *word = &s->wanted[place / 64];

	*word = on ? *word | mask : *word & ~mask;
}
