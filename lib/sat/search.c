/* Birth and death of a solver. */
#include <assert.h>

#include "base/limits.h"
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

/* Decisions, and what to do when they turn out wrong. */

/* The newest variable of `words`, or SAT_NONE. */
static uint32_t newest(const struct sat_solver *s, uint32_t g,
		       const uint64_t *words, const uint64_t *mask)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	for (uint32_t i = n; i-- > 0;) {
		uint64_t word = words[i] & mask[i];

		if (word)
			return p->group_first[g] + i * 64 + 63 -
			       (uint32_t)__builtin_clzll(word);
	}
	return SAT_NONE;
}

static void decide_lit(struct sat_solver *s, sat_lit lit)
{
	struct sat_step step = {.lit = lit, .reason = SAT_DECISION};

	sat_new_level(s);
	if (!s->nomem)
		sat_assert(s, &step);
}

/* What is still to be proved, what went well last time, the newest. */
static uint32_t choose(const struct sat_solver *s, uint32_t g)
{
	const uint64_t *domain = s->domain + s->problem->group_word[g];
	const uint64_t *wanted = s->wanted + s->problem->group_word[g];
	uint32_t var = newest(s, g, domain, wanted);

	if (var == SAT_NONE)
		var = s->groups[g].favourite;
	if (var == SAT_NONE || sat_excluded(s, var))
		var = newest(s, g, domain, domain);
	return var;
}

/* Give a required group a value, or exclude one that cannot be. */
static void decide_group(struct sat_solver *s, uint32_t g)
{
	uint32_t var = choose(s, g);
	struct sat_step why;

	if (sat_fails(s, var, &why))
		sat_assert(s, &why);
	else
		decide_lit(s, 2 * var);
}

/* Decide on one open set of a need that has several. */
static void decide_need(struct sat_solver *s, const struct sat_task *task)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t c = p->needs[task->need];

	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		sat_lit lit = 2 * (p->n_vars + p->clause_sets[i]);

		if (sat_value(s, lit) == SAT_OPEN) {
			decide_lit(s, lit);
			return;
		}
	}
}

/* One step forward; false when nothing is left to decide. */
static bool decide(struct sat_solver *s)
{
	for (; s->task_head < s->n_tasks; s->task_head++) {
		struct sat_task task = s->tasks[s->task_head];
		bool open;

		if (task.group != SAT_NONE) {
			if (s->groups[task.group].selected != SAT_NONE)
				continue;
			decide_group(s, task.group);
			return true;
		}
		if (!sat_enforce_need(s, task.var, task.need, &open))
			return true;
		if (open) {
			decide_need(s, &task);
			return true;
		}
		if (s->trail_head < s->n_trail)
			return true;
	}
	return false;
}

/* The literal holds whatever is chosen: its opposite dies for good. */
static void kill_for_good(struct sat_solver *s, const struct sat_lesson *lesson)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t g = sat_atom_group(s, lesson->lit / 2);

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		if (sat_value(s, 2 * v) != SAT_FALSE &&
		    !sat_allows(s, lesson->lit, v))
			sat_solver_kill(s, v, lesson->clause);
	}
}

/* Learn from the conflict and go back; false when `floor` forbids it. */
static bool recover(struct sat_solver *s, uint32_t floor)
{
	uint32_t level = sat_mark_conflict(s);

	if (s->nomem || level <= floor) {
		sat_unmark(s);
		return false;
	}

	struct sat_lesson lesson = sat_learn(s, level);

	if (s->nomem)
		return false;
	sat_backjump(s, lesson.level > floor ? lesson.level : floor);
	if (s->n_levels == 0) {
		kill_for_good(s, &lesson);
		return true;
	}

	struct sat_step step = {
	    .lit = lesson.lit, .reason = SAT_BY_CLAUSE, .fact = lesson.clause};
	sat_assert(s, &step);
	return true;
}

struct sat_budget sat_budget_after(const struct sat_budget *budget,
				   const struct sat_budget *spent)
{
	uint64_t halves =
	    spent->conflicts / (REL_LIMIT_SAT_TIMES * budget->conflicts) +
	    spent->steps / (REL_LIMIT_SAT_TIMES * budget->steps);
	struct sat_budget left = *budget;

	for (; halves > 0 && left.conflicts > 1; halves--) {
		left.conflicts /= 2;
		left.steps /= 2;
	}
	return left;
}

enum sat_result sat_try(struct sat_solver *s, uint32_t var, uint32_t floor,
			const struct sat_budget *budget)
{
	uint64_t conflicts = 0, steps = s->steps;

	for (;;) {
		if (rel_cancelled(s->cancel)) {
			s->has_conflict = false;
			sat_backjump(s, floor);
			return SAT_GAVE_UP;
		}
		if (s->n_levels == floor) {
			if (!sat_propagate(s) ||
			    sat_value(s, 2 * var) == SAT_FALSE)
				break;
			decide_lit(s, 2 * var);
		}
		if (sat_propagate(s) && !decide(s))
			return SAT_FOUND;
		if (s->nomem)
			break;
		if (!s->has_conflict)
			continue;
		if (++conflicts > budget->conflicts ||
		    s->steps - steps > budget->steps) {
			s->has_conflict = false;
			sat_backjump(s, floor);
			return SAT_GAVE_UP;
		}
		if (!recover(s, floor))
			break;
	}
	s->has_conflict = false;
	sat_backjump(s, floor);
	return SAT_IMPOSSIBLE;
}
