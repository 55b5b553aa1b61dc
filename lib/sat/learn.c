/*
 * From a conflict to a clause: first unique implication point.
 * Source  J. P. Marques-Silva, K. A. Sakallah, "GRASP", 1999; the data
 *         structures differ (explain.c), the argument does not.
 */
#include <assert.h>

#include "base/array.h"
#include "sat/sat_private.h"

static bool reserve_seen(struct sat_solver *s)
{
	uint32_t old = s->seen_cap;

	if (rel_array_reserve(&s->seen, &s->seen_cap, s->n_trail, 1))
		return false;
	if (s->seen_cap > old)
		memset(s->seen + old, 0, s->seen_cap - old);
	return true;
}

/* Count the marked steps from `from` on that are at `level`. */
static uint32_t count_at(const struct sat_solver *s, uint32_t from,
			 uint32_t level)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < s->n_marked; i++)
		n += s->trail[s->marked[i]].level == level;
	return n;
}

/* Resolve away all but one of the marked steps at `level`; returns it. */
static uint32_t find_pivot(struct sat_solver *s, uint32_t level)
{
	uint32_t count = count_at(s, 0, level);
	uint32_t i = s->n_trail;

	for (;;) {
		do
			i--;
		while (!s->seen[i] || s->trail[i].level != level);
		if (count == 1 || s->nomem)
			return i;

		struct sat_step step = s->trail[i];
		uint32_t from = s->n_marked;

		s->seen[i] = 0;
		count--;
		sat_antecedents(s, &step, i);
		count += count_at(s, from, level);
	}
}

static bool add_literal(struct sat_solver *s, sat_lit lit)
{
	if (rel_array_reserve(&s->learnt, &s->learnt_cap,
			      (uint64_t)s->n_learnt + 1, sizeof(*s->learnt)))
		return false;
	s->learnt[s->n_learnt++] = lit;
	return true;
}

/*
 * The clause: not all of the steps that are still marked.  The pivot comes
 * first, a step of the highest other level second, as the watches want it.
 */
static bool gather_literals(struct sat_solver *s, uint32_t pivot,
			    uint32_t *level)
{
	*level = 0;
	s->n_learnt = 0;
	if (!add_literal(s, sat_lit_negate(s->trail[pivot].lit)))
		return false;
	for (uint32_t i = 0; i < s->n_marked; i++) {
		uint32_t index = s->marked[i];
		const struct sat_step *step = &s->trail[index];

		if (!s->seen[index] || index == pivot)
			continue;
		if (!add_literal(s, sat_lit_negate(step->lit)))
			return false;
		if (step->level > *level) {
			uint32_t last = s->n_learnt - 1;
			sat_lit swap = s->learnt[1];

			*level = step->level;
			s->learnt[1] = s->learnt[last];
			s->learnt[last] = swap;
		}
	}
	return true;
}

static bool store_clause(struct sat_solver *s, uint32_t *clause)
{
	uint32_t size = s->n_learnt;

	/* sat_watch.clause has 31 bits */
	if ((uint64_t)s->n_clauses + size + 1 > INT32_MAX ||
	    rel_array_reserve(&s->clauses, &s->clauses_cap,
			      (uint64_t)s->n_clauses + size + 1,
			      sizeof(*s->clauses)))
		return false;
	*clause = s->n_clauses;
	s->clauses[s->n_clauses] = size;
	memcpy(s->clauses + s->n_clauses + 1, s->learnt,
	       size * sizeof(*s->learnt));
	s->n_clauses += size + 1;
	s->stats.learned++;
	return size < 2 || sat_watch_clause(s, *clause);
}

uint32_t sat_mark_conflict(struct sat_solver *s)
{
	struct sat_step conflict = s->conflict;
	uint32_t level = 0;

	s->stats.conflicts++;
	s->has_conflict = false;
	s->n_marked = 0;
	if (!reserve_seen(s)) {
		s->nomem = true;
		return 0;
	}
	sat_antecedents(s, &conflict, s->n_trail);
	sat_explain_false(s, conflict.lit, s->n_trail);
	for (uint32_t i = 0; i < s->n_marked; i++) {
		if (s->trail[s->marked[i]].level > level)
			level = s->trail[s->marked[i]].level;
	}
	return level;
}

void sat_unmark(struct sat_solver *s)
{
	for (uint32_t i = 0; i < s->n_marked; i++)
		s->seen[s->marked[i]] = 0;
	s->n_marked = 0;
}

struct sat_lesson sat_learn(struct sat_solver *s, uint32_t level)
{
	struct sat_lesson lesson = {.clause = SAT_NONE};
	uint32_t pivot = find_pivot(s, level);

	if (s->nomem || !gather_literals(s, pivot, &lesson.level) ||
	    !store_clause(s, &lesson.clause) ||
	    !sat_proof_end_clause(s, lesson.clause))
		s->nomem = true;
	else
		lesson.lit = s->learnt[0];
	sat_unmark(s);
	return lesson;
}
