/*
 * Which earlier steps made a literal false?  The analysis of a conflict walks
 * these answers backwards.
 */
#include <assert.h>

#include "base/array.h"
#include "sat/sat_private.h"

static void mark(struct sat_solver *s, uint32_t step)
{
	if (s->seen[step])
		return;
	if (rel_array_reserve(&s->marked, &s->marked_cap,
			      (uint64_t)s->n_marked + 1, sizeof(*s->marked))) {
		s->nomem = true;
		return;
	}
	s->seen[step] = 1;
	s->marked[s->n_marked++] = step;
}

/* The steps on `g` before `before`, oldest first, into s->chain. */
static void collect_chain(struct sat_solver *s, uint32_t g, uint32_t before)
{
	uint32_t n = 0;

	s->n_chain = 0;
	for (uint32_t i = s->groups[g].last; i != SAT_NONE;
	     i = s->trail[i].prev)
		n += i < before;
	if (rel_array_reserve(&s->chain, &s->chain_cap, n, sizeof(*s->chain))) {
		s->nomem = true;
		return;
	}
	s->n_chain = n;
	s->steps += n;
	for (uint32_t i = s->groups[g].last; i != SAT_NONE;
	     i = s->trail[i].prev) {
		if (i < before)
			s->chain[--n] = i;
	}
}

static bool any(const uint64_t *words, uint32_t n)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < n; i++)
		all |= words[i];
	return all != 0;
}

/* How many of `rest` does `lit` leave? */
static uint32_t left_by(const struct sat_solver *s, sat_lit lit,
			const uint64_t *rest, uint32_t n, uint64_t *work)
{
	uint32_t count = 0;

	memcpy(work, rest, n * sizeof(*rest));
	sat_narrow(s, lit, work);
	for (uint32_t i = 0; i < n; i++)
		count += (uint32_t)__builtin_popcountll(work[i]);
	return count;
}

/* Steps times words.  Above this, a cover is what narrows in the order of
 * time: to choose is quadratic. */
#define CHOICE_MAX ((uint64_t)1 << 14)

/* Mark the steps in s->chain that narrow s->rest, until it is empty. */
static bool mark_in_order(struct sat_solver *s, uint32_t n)
{
	uint64_t *rest = s->rest, *work = s->rest + n;
	bool positive = false;

	for (uint32_t i = 0; i < s->n_chain && any(rest, n); i++) {
		sat_lit lit = s->trail[s->chain[i]].lit;

		memcpy(work, rest, n * sizeof(*rest));
		sat_narrow(s, lit, rest);
		if (memcmp(work, rest, n * sizeof(*rest)) == 0)
			continue;
		mark(s, s->chain[i]);
		positive = positive || !(lit & 1);
	}
	return positive;
}

/*
 * Of the steps in s->chain that narrow s->rest, mark few that empty it: a
 * single one when there is one, else each time the one that excludes most.
 */
static bool mark_cover(struct sat_solver *s, uint32_t n, bool need_positive)
{
	uint64_t *rest = s->rest, *work = s->rest + n;
	bool positive = false;

	if ((uint64_t)s->n_chain * n > CHOICE_MAX)
		return mark_in_order(s, n);
	while (any(rest, n)) {
		uint32_t best = SAT_NONE, best_left = UINT32_MAX;

		for (uint32_t i = 0; i < s->n_chain; i++) {
			sat_lit lit = s->trail[s->chain[i]].lit;
			uint32_t left = left_by(s, lit, rest, n, work);

			/* a positive step saves one more for `required` */
			if (left < best_left ||
			    (left == best_left && need_positive && !positive &&
			     !(lit & 1) &&
			     (s->trail[s->chain[best]].lit & 1))) {
				best = i;
				best_left = left;
			}
		}
		assert(best != SAT_NONE);
		sat_lit lit = s->trail[s->chain[best]].lit;

		mark(s, s->chain[best]);
		positive = positive || !(lit & 1);
		sat_narrow(s, lit, rest);
	}
	return positive;
}

/* Dead variables that would be in the way if they lived are facts too. */
static void note_dead(struct sat_solver *s, sat_lit lit, uint32_t g)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	const uint64_t *alive = s->alive + p->group_word[g];

	if (!s->proof)
		return;
	for (uint32_t i = 0; i < n; i++)
		s->rest[i] = ~alive[i];
	sat_narrow(s, lit, s->rest);
	if (!any(s->rest, n))
		return;
	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		uint32_t bit = v - p->group_first[g];

		if ((s->rest[bit / 64] >> (bit % 64)) & 1)
			sat_proof_note_dead(s, v);
	}
}

void sat_explain_false(struct sat_solver *s, sat_lit lit, uint32_t before)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t g = sat_atom_group(s, lit / 2);
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	bool need_positive = lit & 1;

	collect_chain(s, g, before);
	if (s->nomem)
		return;
	note_dead(s, lit, g);
	memcpy(s->rest, s->alive + p->group_word[g], n * sizeof(*s->rest));
	sat_narrow(s, lit, s->rest);
	if (mark_cover(s, n, need_positive) || !need_positive)
		return;
	/* A negative literal is only false when a value is required. */
	for (uint32_t i = 0; i < s->n_chain; i++) {
		if (!(s->trail[s->chain[i]].lit & 1)) {
			mark(s, s->chain[i]);
			return;
		}
	}
}

static void explain_need(struct sat_solver *s, const struct sat_step *step,
			 uint32_t before)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t c = p->needs[step->fact];

	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		sat_lit lit = 2 * (p->n_vars + p->clause_sets[i]);

		if (lit != step->lit)
			sat_explain_false(s, lit, before);
	}
}

static void explain_clause(struct sat_solver *s, const struct sat_step *step,
			   uint32_t before)
{
	uint32_t size = s->clauses[step->fact];

	for (uint32_t i = 1; i <= size; i++) {
		/* Read anew each time: explaining may not move clauses, but
		 * the compiler cannot know. */
		sat_lit lit = s->clauses[step->fact + i];

		if (lit != step->lit)
			sat_explain_false(s, lit, before);
	}
}

static void mark_selected(struct sat_solver *s, uint32_t var)
{
	const struct sat_group *g = &s->groups[s->problem->var_group[var]];

	assert(g->selected == var);
	mark(s, g->selected_step);
}

void sat_antecedents(struct sat_solver *s, const struct sat_step *step,
		     uint32_t before)
{
	sat_proof_note_step(s, step);
	switch ((enum sat_reason)step->reason) {
	case SAT_DECISION:
		break;
	case SAT_BY_NEED:
		mark_selected(s, step->var);
		explain_need(s, step, before);
		break;
	case SAT_BY_CONFLICT:
		mark_selected(s, step->var);
		break;
	case SAT_NO_NEED:
		explain_need(s, step, before);
		break;
	case SAT_NO_CONFLICT:
		/* the set is true, so its negation is false */
		sat_explain_false(s,
				  2 * (s->problem->n_vars +
				       s->problem->conflicts[step->fact]) +
				      1,
				  before);
		break;
	case SAT_BY_CLAUSE:
		explain_clause(s, step, before);
		break;
	case SAT_LAST:
		sat_explain_false(s, sat_lit_negate(step->lit), before);
		break;
	}
}

/*
 * From a conflict to a clause: first unique implication point.
 * Source  J. P. Marques-Silva, K. A. Sakallah, "GRASP", 1999; the data
 *         structures differ (explain.c), the argument does not.
 */

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
