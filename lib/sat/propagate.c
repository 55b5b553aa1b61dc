/* What follows from the steps on the trail. */
#include "base/array.h"
#include "sat/sat_private.h"

static sat_lit set_lit(const struct sat_solver *s, uint32_t set)
{
	return 2 * (s->problem->n_vars + set);
}

static bool need_counts(const struct sat_solver *s, uint32_t need)
{
	return !s->proof || s->proof->need_on[need];
}

static bool conflict_counts(const struct sat_solver *s, uint32_t conflict)
{
	return !s->proof || s->proof->conflict_on[conflict];
}

/*
 * How does clause `c` stand?  TRUE, FALSE (all sets false) or OPEN; then
 * *open is an open set and *n_open their number.
 */
static enum sat_value clause_value(const struct sat_solver *s, uint32_t c,
				   uint32_t *open, uint32_t *n_open)
{
	const struct rel_sat_problem *p = s->problem;

	*n_open = 0;
	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		uint32_t set = p->clause_sets[i];

		switch (sat_value(s, set_lit(s, set))) {
		case SAT_TRUE:
			return SAT_TRUE;
		case SAT_FALSE:
			break;
		case SAT_OPEN:
			if ((*n_open)++ == 0)
				*open = set;
			break;
		}
	}
	return *n_open ? SAT_OPEN : SAT_FALSE;
}

static bool conflict_on_need(struct sat_solver *s, uint32_t var, uint32_t need)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t c = p->needs[need];

	/* An empty clause has no literal to be false; the variable itself
	 * is then what cannot be. */
	if (p->clause_first[c] == p->clause_first[c + 1])
		s->conflict = (struct sat_step){.lit = 2 * var + 1,
						.reason = SAT_NO_NEED,
						.var = var,
						.fact = need};
	else
		s->conflict = (struct sat_step){
		    .lit = set_lit(s, p->clause_sets[p->clause_first[c]]),
		    .reason = SAT_BY_NEED,
		    .var = var,
		    .fact = need};
	s->has_conflict = true;
	return false;
}

bool sat_enforce_need(struct sat_solver *s, uint32_t var, uint32_t need,
		      bool *open)
{
	uint32_t set = 0, n_open;
	enum sat_value value =
	    clause_value(s, s->problem->needs[need], &set, &n_open);

	*open = value == SAT_OPEN && n_open > 1;
	if (value == SAT_TRUE || *open)
		return true;
	if (value == SAT_FALSE)
		return conflict_on_need(s, var, need);

	struct sat_step step = {.lit = set_lit(s, set),
				.reason = SAT_BY_NEED,
				.var = var,
				.fact = need};
	return sat_assert(s, &step);
}

static bool enforce_needs(struct sat_solver *s, uint32_t var)
{
	const struct rel_sat_problem *p = s->problem;

	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		bool open;

		if (!need_counts(s, i))
			continue;
		if (!sat_enforce_need(s, var, i, &open))
			return false;
		if (!open)
			continue;
		if (rel_array_reserve(&s->tasks, &s->tasks_cap,
				      (uint64_t)s->n_tasks + 1,
				      sizeof(*s->tasks))) {
			s->nomem = true;
			return false;
		}
		s->tasks[s->n_tasks++] = (struct sat_task){SAT_NONE, var, i};
	}
	return true;
}

static bool enforce_conflicts(struct sat_solver *s, uint32_t var)
{
	const struct rel_sat_problem *p = s->problem;

	for (uint32_t i = p->conflict_first[var];
	     i < p->conflict_first[var + 1]; i++) {
		struct sat_step step = {.lit = set_lit(s, p->conflicts[i]) + 1,
					.reason = SAT_BY_CONFLICT,
					.var = var,
					.fact = i};

		if (conflict_counts(s, i) && !sat_assert(s, &step))
			return false;
	}
	return true;
}

bool sat_fails(const struct sat_solver *s, uint32_t var, struct sat_step *why)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t set = 0, n_open;

	*why = (struct sat_step){.lit = 2 * var + 1, .var = var};
	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		if (need_counts(s, i) &&
		    clause_value(s, p->needs[i], &set, &n_open) == SAT_FALSE) {
			why->reason = SAT_NO_NEED;
			why->fact = i;
			return true;
		}
	}
	for (uint32_t i = p->conflict_first[var];
	     i < p->conflict_first[var + 1]; i++) {
		if (conflict_counts(s, i) &&
		    sat_value(s, set_lit(s, p->conflicts[i])) == SAT_TRUE) {
			why->reason = SAT_NO_CONFLICT;
			why->fact = i;
			return true;
		}
	}
	return false;
}

/* The values that keep the literal from being false, in a group of one
 * word. */
static uint64_t support_of(const struct sat_solver *s, sat_lit lit)
{
	uint64_t support = ~(uint64_t)0;

	sat_narrow(s, lit, &support);
	return support;
}

static bool add_watched(struct sat_solver *s, sat_lit lit)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t index = sat_atom_group(s, lit / 2);
	uint32_t n = p->group_word[index + 1] - p->group_word[index];
	struct sat_group *g = &s->groups[index];

	if (rel_array_reserve(&g->watched, &g->watched_cap,
			      (uint64_t)g->n_watched + 1, sizeof(*g->watched)))
		return false;
	g->watched[g->n_watched++] =
	    (struct sat_watched){n == 1 ? support_of(s, lit) : 0, lit};
	return true;
}

static bool watch(struct sat_solver *s, uint32_t clause, sat_lit lit,
		  sat_lit blocker)
{
	struct sat_watch_list *list = &s->watches[lit];

	if ((list->cap == 0 && !add_watched(s, lit)) ||
	    rel_array_reserve(&list->items, &list->cap,
			      (uint64_t)list->count + 1,
			      sizeof(*list->items))) {
		s->nomem = true;
		return false;
	}
	list->items[list->count++] = (struct sat_watch){
	    clause & INT32_MAX, s->clauses[clause] == 2, blocker};
	return true;
}

bool sat_watch_clause(struct sat_solver *s, uint32_t clause)
{
	const sat_lit *lits = s->clauses + clause + 1;

	return watch(s, clause, lits[0], lits[1]) &&
	       watch(s, clause, lits[1], lits[0]);
}

enum visit {
	VISIT_KEEP,
	VISIT_MOVED, /* watched through another literal now */
	VISIT_CONFLICT,
};

/* Find another literal to watch in place of lits[1]. */
static enum visit replace_watch(struct sat_solver *s, uint32_t clause)
{
	uint32_t size = s->clauses[clause];
	sat_lit *lits = s->clauses + clause + 1;

	for (uint32_t i = 2; i < size; i++) {
		sat_lit lit = lits[i];

		if (sat_value(s, lit) == SAT_FALSE)
			continue;
		lits[i] = lits[1];
		lits[1] = lit;
		return watch(s, clause, lit, lits[0]) ? VISIT_MOVED
						      : VISIT_CONFLICT;
	}

	struct sat_step step = {
	    .lit = lits[0], .reason = SAT_BY_CLAUSE, .fact = clause};
	return sat_assert(s, &step) ? VISIT_KEEP : VISIT_CONFLICT;
}

/* Most blockers exclude one variable. */
static bool is_true(const struct sat_solver *s, sat_lit lit)
{
	if ((lit & 1) && lit / 2 < s->problem->n_vars)
		return sat_excluded(s, lit / 2);
	return sat_value(s, lit) == SAT_TRUE;
}

static enum visit visit_binary(struct sat_solver *s, const struct sat_watch *w)
{
	struct sat_step step = {
	    .lit = w->blocker, .reason = SAT_BY_CLAUSE, .fact = w->clause};

	return sat_assert(s, &step) ? VISIT_KEEP : VISIT_CONFLICT;
}

static enum visit visit_clause(struct sat_solver *s, struct sat_watch *w,
			       sat_lit false_lit)
{
	if (is_true(s, w->blocker))
		return VISIT_KEEP;
	if (w->binary)
		return visit_binary(s, w);

	sat_lit *lits = s->clauses + w->clause + 1;

	if (lits[0] == false_lit) {
		lits[0] = lits[1];
		lits[1] = false_lit;
	}
	if (lits[0] != w->blocker) {
		w->blocker = lits[0];
		if (sat_value(s, lits[0]) == SAT_TRUE)
			return VISIT_KEEP;
	}
	return replace_watch(s, w->clause);
}

static bool visit_watches(struct sat_solver *s, sat_lit false_lit)
{
	struct sat_watch_list *list = &s->watches[false_lit];
	uint32_t kept = 0, i = 0;
	bool ok = true;

	for (; i < list->count && ok; i++) {
		struct sat_watch w = list->items[i];
		enum visit result = visit_clause(s, &w, false_lit);

		ok = result != VISIT_CONFLICT;
		if (result != VISIT_MOVED)
			list->items[kept++] = w;
	}
	for (; i < list->count; i++)
		list->items[kept++] = list->items[i];
	s->steps += list->count;
	list->count = kept;
	return ok;
}

/* sat_turned_false for a group of one word, without a look at the set. */
static inline bool lost_support(const struct sat_group *g,
				const struct sat_watched *w, uint64_t before,
				uint64_t now, bool was_required)
{
	if (now & w->support)
		return false;
	if (!(w->lit & 1))
		return before & w->support;
	return g->required && (!was_required || (before & w->support));
}

/* Look at the clauses that watch a literal which became false since the
 * oldest unvisited step on the group. */
static bool visit_group(struct sat_solver *s, uint32_t index)
{
	struct sat_group *g = &s->groups[index];
	struct sat_step step = s->trail[g->unvisited];
	uint32_t word = s->problem->group_word[index];
	bool narrow = s->problem->group_word[index + 1] == word + 1;
	uint64_t before = s->saved[step.saved];

	g->unvisited = SAT_NONE;
	for (uint32_t i = 0; i < g->n_watched; i++) {
		struct sat_watched w = g->watched[i];

		if (!(narrow ? lost_support(g, &w, before, s->domain[word],
					    step.was_required)
			     : sat_turned_false(s, w.lit, &step)))
			continue;
		if (s->watches[w.lit].count && !visit_watches(s, w.lit))
			return false;
	}
	return true;
}

bool sat_propagate(struct sat_solver *s)
{
	uint32_t from = s->trail_head;

	while (s->trail_head < s->n_trail && !s->has_conflict && !s->nomem) {
		uint32_t index = s->trail_head++;
		/* A copy: the trail may move while it grows. */
		struct sat_step step = s->trail[index];

		/* More steps on the group follow: check once, later. */
		if (s->groups[step.group].unvisited != SAT_NONE &&
		    s->groups[step.group].last == index &&
		    !visit_group(s, step.group))
			break;
		if ((step.lit & 1) || step.lit / 2 >= s->problem->n_vars)
			continue;
		if (!enforce_needs(s, step.lit / 2) ||
		    !enforce_conflicts(s, step.lit / 2))
			break;
	}
	s->steps += s->trail_head - from;
	return !s->has_conflict && !s->nomem;
}
