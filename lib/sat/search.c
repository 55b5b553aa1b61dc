/* Decisions, and what to do when they turn out wrong. */
#include "base/limits.h"
#include "sat/sat_private.h"

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
