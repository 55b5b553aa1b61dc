/*
 * Goals together.  The problem is written anew with a variable for each goal,
 * in a group of its own, that needs the goal, and one more that needs all of
 * these: then a model of the last one is what is asked for, its core is the
 * reason, and the largest part is a question about the others.
 */
#include "sat/question.h"

#include <assert.h>

#include "base/array.h"
#include "base/limits.h"
#include "sat/sat_private.h"

static const struct sat_budget full = {REL_LIMIT_SAT_CONFLICTS,
				       REL_LIMIT_SAT_STEPS};
static const struct sat_budget better = {REL_LIMIT_SAT_BETTER_CONFLICTS,
					 REL_LIMIT_SAT_STEPS / 10};

/* A problem with goals; the arrays that differ are owned. */
struct extended {
	struct rel_sat_problem p;
	uint32_t *var_group, *group_first, *group_word;
	uint32_t *set_group, *set_word;
	uint64_t *set_words;
	uint32_t *clause_first, *clause_sets;
	uint32_t *need_first, *needs, *conflict_first;
	uint32_t first_goal, root; /* variables */
	uint32_t n_set_words, n_clause_sets;
};

/* A choice of the model that is still to be made: one need of `var`. */
struct pending {
	uint32_t var, need;
};

struct asker {
	const struct rel_sat_question *question;
	struct extended x;
	struct sat_solver s;
	uint8_t *given;	  /* [n_vars], the status, of goals too */
	uint32_t *model;  /* [n_groups]: variable, SAT_NONE */
	uint8_t *kept;	  /* [n_vars]: in the answer, needs are queued */
	uint8_t *allowed; /* [n_vars]: to avoid, but it cannot be helped */
	uint32_t floor;	  /* levels that are settled */
	uint32_t *vars, n_vars, vars_cap;
	struct pending *strong; /* needs of one group */
	uint32_t n_strong, strong_cap, strong_head;
	struct pending *weak; /* of several */
	uint32_t n_weak, weak_cap, weak_head;
	struct candidate {
		uint32_t var, lag, place;
		bool avoided;
	} * candidates;
	uint32_t n_candidates, candidates_cap;
};

static void *copy(const void *from, size_t n, size_t more, size_t size)
{
	char *made = calloc(n + more + 1, size);

	if (made && n)
		memcpy(made, from, n * size);
	return made;
}

static void free_extended(struct extended *x)
{
	free(x->var_group);
	free(x->group_first);
	free(x->group_word);
	free(x->set_group);
	free(x->set_word);
	free(x->set_words);
	free(x->clause_first);
	free(x->clause_sets);
	free(x->need_first);
	free(x->needs);
	free(x->conflict_first);
}

static uint32_t words_of(const struct rel_sat_problem *p, uint32_t group)
{
	return p->group_word[group + 1] - p->group_word[group];
}

/* One past the words of all sets. */
static uint32_t end_of_words(const struct rel_sat_problem *p)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i < p->n_sets; i++) {
		uint32_t last = p->set_word[i] + words_of(p, p->set_group[i]);

		end = last > end ? last : end;
	}
	return end;
}

/* Room for `n` goals of `n_members` variables in all. */
static int copy_problem(struct extended *x, const struct rel_sat_problem *p,
			uint32_t n, uint32_t n_members)
{
	uint32_t widest = 1;
	size_t more = (size_t)n + 1, sets = (size_t)n_members + n;

	for (uint32_t g = 0; g < p->n_groups; g++)
		widest = words_of(p, g) > widest ? words_of(p, g) : widest;
	x->p = *p;
	x->n_set_words = end_of_words(p);
	x->n_clause_sets = p->clause_first[p->n_clauses];
	x->var_group = copy(p->var_group, p->n_vars, more, sizeof(uint32_t));
	x->group_first = copy(p->group_first, (size_t)p->n_groups + 1, more,
			      sizeof(uint32_t));
	x->group_word = copy(p->group_word, (size_t)p->n_groups + 1, more,
			     sizeof(uint32_t));
	x->set_group = copy(p->set_group, p->n_sets, sets, sizeof(uint32_t));
	x->set_word = copy(p->set_word, p->n_sets, sets, sizeof(uint32_t));
	x->set_words =
	    copy(p->set_words, x->n_set_words, sets * widest, sizeof(uint64_t));
	x->clause_first = copy(p->clause_first, (size_t)p->n_clauses + 1,
			       2 * more, sizeof(uint32_t));
	x->clause_sets =
	    copy(p->clause_sets, x->n_clause_sets, sets, sizeof(uint32_t));
	x->need_first =
	    copy(p->need_first, (size_t)p->n_vars + 1, more, sizeof(uint32_t));
	x->needs = copy(p->needs, p->need_first[p->n_vars], 2 * more,
			sizeof(uint32_t));
	x->conflict_first = copy(p->conflict_first, (size_t)p->n_vars + 1, more,
				 sizeof(uint32_t));
	if (!x->var_group || !x->group_first || !x->group_word ||
	    !x->set_group || !x->set_word || !x->set_words ||
	    !x->clause_first || !x->clause_sets || !x->need_first ||
	    !x->needs || !x->conflict_first)
		return REL_ENOMEM;
	x->p.var_group = x->var_group;
	x->p.group_first = x->group_first;
	x->p.group_word = x->group_word;
	x->p.set_group = x->set_group;
	x->p.set_word = x->set_word;
	x->p.set_words = x->set_words;
	x->p.clause_first = x->clause_first;
	x->p.clause_sets = x->clause_sets;
	x->p.need_first = x->need_first;
	x->p.needs = x->needs;
	x->p.conflict_first = x->conflict_first;
	return 0;
}

/* A new group of one variable without needs. */
static uint32_t add_var(struct extended *x)
{
	uint32_t v = x->p.n_vars++, g = x->p.n_groups++;

	x->var_group[v] = g;
	x->group_first[g + 1] = v + 1;
	x->group_word[g + 1] = x->group_word[g] + 1;
	x->need_first[v + 1] = x->need_first[v];
	x->conflict_first[v + 1] = x->conflict_first[v];
	return v;
}

/* Put the variable into the clause at hand: sets of one group are one. */
static void add_to_clause(struct extended *x, uint32_t var)
{
	uint32_t g = x->var_group[var], bit = var - x->group_first[g];
	uint32_t at = x->clause_first[x->p.n_clauses], s;

	while (at < x->n_clause_sets && x->set_group[x->clause_sets[at]] != g)
		at++;
	if (at == x->n_clause_sets) {
		s = x->p.n_sets++;
		x->set_group[s] = g;
		x->set_word[s] = x->n_set_words;
		x->n_set_words += words_of(&x->p, g);
		x->clause_sets[x->n_clause_sets++] = s;
	}
	s = x->clause_sets[at];
	x->set_words[x->set_word[s] + bit / 64] |= (uint64_t)1 << (bit % 64);
}

/* The clause at hand becomes the last need of the newest variable. */
static void end_clause(struct extended *x)
{
	uint32_t *end = &x->need_first[x->p.n_vars];

	x->needs[(*end)++] = x->p.n_clauses++;
	x->clause_first[x->p.n_clauses] = x->n_clause_sets;
}

static int extend(struct extended *x, const struct rel_sat_question *q)
{
	uint64_t members = 0;

	for (uint32_t i = 0; i < q->n_goals; i++)
		members += q->goals[i].n_vars;
	if (members > UINT32_MAX / 8 ||
	    copy_problem(x, q->problem, q->n_goals, (uint32_t)members))
		return REL_ENOMEM;
	x->first_goal = x->p.n_vars;
	for (uint32_t i = 0; i < q->n_goals; i++) {
		add_var(x);
		for (uint32_t k = 0; k < q->goals[i].n_vars; k++)
			add_to_clause(x, q->goals[i].vars[k]);
		end_clause(x);
	}
	x->root = add_var(x);
	for (uint32_t i = 0; i < q->n_goals; i++) {
		add_to_clause(x, x->first_goal + i);
		end_clause(x);
	}
	return 0;
}

static int prepare(struct asker *a, const struct rel_sat_question *q,
		   const struct rel_cancel *cancel)
{
	size_t n;

	a->question = q;
	if (extend(&a->x, q) || sat_solver_init(&a->s, &a->x.p))
		return REL_ENOMEM;
	a->s.cancel = cancel;
	n = (size_t)a->x.p.n_vars + 1;
	a->given = copy(q->status, q->problem->n_vars, n, 1);
	a->kept = calloc(n, 1);
	a->allowed = calloc(n, 1);
	a->model = calloc((size_t)a->x.p.n_groups + 1, sizeof(*a->model));
	if (!a->given || !a->kept || !a->allowed || !a->model)
		return REL_ENOMEM;
	for (uint32_t v = q->problem->n_vars; v < a->x.p.n_vars; v++)
		a->given[v] = REL_SAT_YES;
	return 0;
}

static void release(struct asker *a)
{
	if (a->s.problem)
		sat_solver_free(&a->s);
	free_extended(&a->x);
	free(a->given);
	free(a->kept);
	free(a->allowed);
	free(a->model);
	free(a->vars);
	free(a->strong);
	free(a->weak);
	free(a->candidates);
}

/* Only what is given is excluded, and nothing is learned. */
static void begin_anew(struct asker *a, bool avoid)
{
	const struct rel_sat_question *q = a->question;

	sat_backjump(&a->s, 0);
	sat_solver_forget(&a->s);
	sat_solver_revive(&a->s);
	for (uint32_t v = 0; v < q->problem->n_vars; v++) {
		if (a->given[v] == REL_SAT_NO ||
		    (avoid && q->avoid && q->avoid[v]))
			sat_solver_kill(&a->s, v, SAT_NONE);
	}
}

/* What the trail selects becomes the model. */
static void note_model(struct asker *a)
{
	const struct sat_solver *s = &a->s;

	for (uint32_t g = 0; g < a->x.p.n_groups; g++)
		a->model[g] = s->groups[g].selected;
}

/* Settle a literal that the model at hand satisfies. */
static void settle(struct asker *a, sat_lit lit)
{
	struct sat_step step = {.lit = lit, .reason = SAT_DECISION};

	sat_new_level(&a->s);
	if (a->s.nomem)
		return;
	a->floor++;
	if (!sat_assert(&a->s, &step) || !sat_propagate(&a->s))
		assert(a->s.nomem);
}

/* Is there a model with `var` on top of what is settled?  Then it is settled
 * too. */
static bool try_better(struct asker *a, uint32_t var)
{
	if (sat_value(&a->s, 2 * var) == SAT_FALSE ||
	    sat_try(&a->s, var, a->floor, &better) != SAT_FOUND)
		return false;
	note_model(a);
	sat_backjump(&a->s, ++a->floor);
	return true;
}

static bool is_avoided(const struct asker *a, uint32_t var)
{
	return a->question->avoid && var < a->question->problem->n_vars &&
	       a->question->avoid[var];
}

/* A variable of the model that is to be avoided, and not allowed yet. */
static uint32_t next_avoided(const struct asker *a)
{
	for (uint32_t g = 0; g < a->x.p.n_groups; g++) {
		uint32_t v = a->model[g];

		if (v != SAT_NONE && is_avoided(a, v) && !a->allowed[v])
			return v;
	}
	return SAT_NONE;
}

/* Do without one after the other, where there is a model without it. */
static void avoid_some(struct asker *a)
{
	struct sat_solver *s = &a->s;
	uint32_t var;

	while ((var = next_avoided(a)) != SAT_NONE && !s->nomem &&
	       !rel_cancelled(s->cancel)) {
		struct sat_step step = {.lit = 2 * var + 1,
					.reason = SAT_DECISION};
		bool found;

		sat_new_level(s);
		if (s->nomem)
			return;
		found =
		    sat_assert(s, &step) && sat_propagate(s) &&
		    sat_try(s, a->x.root, a->floor + 1, &better) == SAT_FOUND;
		s->has_conflict = false;
		if (found) {
			note_model(a);
			sat_backjump(s, ++a->floor);
		} else {
			a->allowed[var] = 1;
			sat_backjump(s, a->floor);
		}
	}
}

/* Some model of all goals: first one without what is to be avoided. */
static enum sat_result find_some(struct asker *a)
{
	enum sat_result result;

	begin_anew(a, true);
	result = sat_try(&a->s, a->x.root, 0, &full);
	if (result == SAT_FOUND) {
		note_model(a);
	} else if (a->question->avoid && !a->s.nomem &&
		   !rel_cancelled(a->s.cancel)) {
		begin_anew(a, false);
		result = sat_try(&a->s, a->x.root, 0, &full);
		if (result == SAT_FOUND) {
			note_model(a);
			sat_backjump(&a->s, 0);
			avoid_some(a);
		}
	}
	if (result == SAT_FOUND) {
		sat_backjump(&a->s, a->floor);
		settle(a, 2 * a->x.root);
	}
	return result;
}

static int push(struct pending **list, uint32_t *n, uint32_t *cap,
		struct pending item)
{
	if (rel_array_reserve(list, cap, (uint64_t)*n + 1, sizeof(**list)))
		return REL_ENOMEM;
	(*list)[(*n)++] = item;
	return 0;
}

/* It is part of the answer, and what it needs is to be chosen. */
static int keep(struct asker *a, uint32_t var)
{
	const struct rel_sat_problem *p = &a->x.p;
	int rc = 0;

	if (a->kept[var])
		return 0;
	a->kept[var] = 1;
	if (var < a->question->problem->n_vars) {
		if (rel_array_reserve(&a->vars, &a->vars_cap,
				      (uint64_t)a->n_vars + 1,
				      sizeof(*a->vars)))
			return REL_ENOMEM;
		a->vars[a->n_vars++] = var;
	}
	for (uint32_t i = p->need_first[var]; !rc && i < p->need_first[var + 1];
	     i++) {
		uint32_t c = p->needs[i];
		struct pending need = {var, i};

		if (p->clause_first[c + 1] - p->clause_first[c] == 1)
			rc = push(&a->strong, &a->n_strong, &a->strong_cap,
				  need);
		else
			rc = push(&a->weak, &a->n_weak, &a->weak_cap, need);
	}
	return rc;
}

static bool in_set(const struct rel_sat_problem *p, uint32_t set, uint32_t var)
{
	uint32_t bit = var - p->group_first[p->set_group[set]];

	return p->set_words[p->set_word[set] + bit / 64] >> (bit % 64) & 1;
}

/* What is settled in the set, or SAT_NONE. */
static uint32_t settled_in(const struct asker *a, uint32_t set)
{
	uint32_t v = a->s.groups[a->x.p.set_group[set]].selected;

	return v != SAT_NONE && in_set(&a->x.p, set, v) ? v : SAT_NONE;
}

static int add_candidates(struct asker *a, uint32_t set)
{
	const struct rel_sat_problem *p = &a->x.p;
	uint32_t g = p->set_group[set], end = p->group_first[g + 1];

	for (uint32_t v = p->group_first[g]; v < end; v++) {
		if (!in_set(p, set, v) || sat_value(&a->s, 2 * v) == SAT_FALSE)
			continue;
		if (rel_array_reserve(&a->candidates, &a->candidates_cap,
				      (uint64_t)a->n_candidates + 1,
				      sizeof(*a->candidates)))
			return REL_ENOMEM;
		a->candidates[a->n_candidates] = (struct candidate){
		    v, end - 1 - v, a->n_candidates, is_avoided(a, v)};
		a->n_candidates++;
	}
	return 0;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->avoided != y->avoided)
		return x->avoided ? 1 : -1;
	if (x->lag != y->lag)
		return x->lag < y->lag ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Choose for a need the best that there is a model with. */
static int choose(struct asker *a, struct pending need)
{
	const struct rel_sat_problem *p = &a->x.p;
	uint32_t c = p->needs[need.need];

	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		uint32_t v = settled_in(a, p->clause_sets[i]);

		if (v != SAT_NONE)
			return keep(a, v);
	}
	a->n_candidates = 0;
	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		if (add_candidates(a, p->clause_sets[i]))
			return REL_ENOMEM;
	}
	if (a->n_candidates > 1)
		qsort(a->candidates, a->n_candidates, sizeof(*a->candidates),
		      compare_candidates);
	for (uint32_t i = 0; i < a->n_candidates; i++) {
		uint32_t v = a->candidates[i].var;

		if (rel_cancelled(a->s.cancel))
			return REL_ECANCELLED;
		if (a->model[p->var_group[v]] == v)
			settle(a, 2 * v);
		else if (!try_better(a, v))
			continue;
		return a->s.nomem ? REL_ENOMEM : keep(a, v);
	}
	/* The model at hand satisfies it. */
	assert(a->s.nomem || rel_cancelled(a->s.cancel));
	return a->s.nomem ? REL_ENOMEM : REL_ECANCELLED;
}

static int choose_all(struct asker *a)
{
	int rc = keep(a, a->x.root);

	while (!rc) {
		if (a->strong_head < a->n_strong)
			rc = choose(a, a->strong[a->strong_head++]);
		else if (a->weak_head < a->n_weak)
			rc = choose(a, a->weak[a->weak_head++]);
		else
			break;
	}
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* After find_some(): the model that is preferred. */
static int write_model(struct asker *a, struct rel_sat_answer *out)
{
	int rc = choose_all(a);

	if (rc)
		return rc;
	if (a->n_vars > 1)
		qsort(a->vars, a->n_vars, sizeof(*a->vars), compare_ids);
	out->vars = a->vars;
	out->n_vars = a->n_vars;
	a->vars = NULL;
	return 0;
}

/* The facts as the caller knows them: no variable of ours. */
static void rename_facts(const struct asker *a, struct rel_sat_answer *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < out->n_facts; i++) {
		struct rel_sat_fact fact = out->facts[i];

		if (fact.var == a->x.root)
			continue;
		if (fact.var >= a->x.first_goal) {
			fact.index = fact.var - a->x.first_goal;
			fact.var = REL_SAT_GOAL;
		}
		out->facts[kept++] = fact;
	}
	out->n_facts = kept;
}

static int write_core(const struct asker *a, struct rel_sat_answer *out,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_sat_explainer *explainer = NULL;
	int rc = rel_sat_explainer_new(&explainer, &a->x.p, err);

	if (!rc)
		rc = rel_sat_core(explainer, a->given, a->x.root, &out->facts,
				  &out->n_facts, &out->whole, cancel, err);
	rel_sat_explainer_free(explainer);
	if (!rc)
		rename_facts(a, out);
	return rc;
}

/* The largest part, and its model. */
static int write_part(struct asker *a, struct rel_sat_answer *out,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	const struct rel_sat_question *q = a->question;
	struct rel_sat_question part = *q;
	struct rel_sat_answer answer = {0};
	struct rel_sat_goal *goals =
	    calloc((size_t)q->n_goals + 1, sizeof(*goals));
	uint8_t *in = calloc((size_t)q->n_goals + 1, 1);
	int rc = REL_ENOMEM;

	out->part = calloc((size_t)q->n_goals + 1, sizeof(*out->part));
	begin_anew(a, false);
	if (goals && in && out->part)
		rc = sat_largest_part(&a->s, a->x.first_goal, q->n_goals,
				      q->n_required, in, &out->part_is_largest);
	for (uint32_t i = 0; !rc && i < q->n_goals; i++) {
		if (!in[i])
			continue;
		goals[out->n_part] = q->goals[i];
		out->part[out->n_part++] = i;
	}
	if (rc == REL_ENOMEM)
		rc = rel_fail_nomem(err);
	else if (rc)
		rc = rel_fail_cancelled(err);
	part.goals = goals;
	part.n_goals = out->n_part;
	part.n_required = 0;
	if (!rc && part.n_goals)
		rc = rel_sat_ask(&answer, &part, cancel, err);
	if (!rc && answer.status == REL_SAT_YES) {
		out->vars = answer.vars;
		out->n_vars = answer.n_vars;
		answer.vars = NULL;
	}
	rel_sat_answer_free(&answer);
	free(goals);
	free(in);
	return rc;
}

static int answer(struct asker *a, struct rel_sat_answer *out,
		  const struct rel_cancel *cancel, struct rel_error *err)
{
	enum sat_result result = find_some(a);
	int rc = 0;

	if (a->s.nomem)
		return rel_fail_nomem(err);
	if (rel_cancelled(cancel))
		return rel_fail_cancelled(err);
	switch (result) {
	case SAT_FOUND:
		out->status = REL_SAT_YES;
		rc = write_model(a, out);
		if (rc == REL_ENOMEM)
			return rel_fail_nomem(err);
		return rc ? rel_fail_cancelled(err) : 0;
	case SAT_IMPOSSIBLE:
		out->status = REL_SAT_NO;
		rc = write_core(a, out, cancel, err);
		break;
	case SAT_GAVE_UP:
		out->status = REL_SAT_UNKNOWN;
		break;
	}
	return rc ? rc : write_part(a, out, cancel, err);
}

int rel_sat_ask(struct rel_sat_answer *out,
		const struct rel_sat_question *question,
		const struct rel_cancel *cancel, struct rel_error *err)
{
	struct asker a = {0};
	int rc;

	*out = (struct rel_sat_answer){0};
	if (question->n_goals > REL_LIMIT_GOALS)
		return rel_fail(err, REL_ELIMIT,
				"%u packages are asked about together; at most "
				"%u can be",
				question->n_goals, REL_LIMIT_GOALS);
	rc = prepare(&a, question, cancel) ? rel_fail_nomem(err)
					   : answer(&a, out, cancel, err);
	release(&a);
	return rc;
}

void rel_sat_answer_free(struct rel_sat_answer *answer)
{
	free(answer->vars);
	free(answer->facts);
	free(answer->part);
	*answer = (struct rel_sat_answer){0};
}
