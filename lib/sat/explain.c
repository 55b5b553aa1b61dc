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
