/*
 * Explaining broken packages, in rounds.
 *
 * A package is *derived* when one of its needs has only members that are
 * unavailable, unreadable or derived before it: then that need is its whole
 * reason, and the chain of such needs ends at a root.  Packages that cannot
 * be derived are broken by conflict: the solver gives them a minimal core,
 * in which only what was derived before counts as given, so that reasons
 * never go in circles.  Then the rounds go on.
 */
#include "solve/reason.h"

#include <assert.h>

#include "base/array.h"
#include "base/limits.h"
#include "sat/spread.h"
#include "solve/circles.h"
#include "solve/reasons.h"

struct explainer {
	struct rel_universe *u;
	const uint8_t *verdicts;
	const struct rel_cancel *cancel;
	struct rel_reasons *out;
	struct rel_sat_explainer *core_finder;
	/* once a package is met that is in a model, but in none without a
	 * circle: the circles, and who explains with them */
	struct rel_circles *circles;
	struct rel_sat_explainer *circle_finder;
	uint8_t *circle_status; /* [variables of the circles' problem] */
	/* [n_packages]: its step in the circles of the core at hand, + 1 */
	uint32_t *step_of;
	uint8_t *status; /* [n_vars] for the solver: NO = known so far */
	/* [n_packages]: the need that derives it, or leads into the circle of
	 * its core */
	uint32_t *need;
	uint32_t *core_of; /* [n_packages]: index into cores, or NONE */
	rel_pkg_id *open;  /* broken, with some that are explained by now */
	uint32_t n_open, n_broken;
	struct rel_sat_spread spread;
	uint32_t n_spread; /* so many of spread.due were taken */
	/* [n_packages]: of the chain from there, the end and the length */
	rel_pkg_id *next, *end_of;
	uint32_t *depth;
	rel_pkg_id *order; /* broken, in the order of explaining */
	uint32_t n_order;
	struct rel_fact *core_facts;
	uint32_t n_core_facts, core_facts_cap;
	struct core_span {
		uint32_t first, count, omitted;
		bool whole, circle;
		uint32_t root; /* of a circle, plus 1; 0 = not made yet */
	} * cores;
	uint32_t n_cores, cores_cap;
	struct rel_intern root_keys; /* ids are those of out->roots */
	uint32_t facts_cap, roots_cap;
	struct rel_buf key;
};

static bool set_is_dead(const struct explainer *x, uint32_t set,
			const uint8_t *status)
{
	const struct rel_sat_problem *p = &x->u->problem;
	uint32_t g = p->set_group[set];

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		if (status[v] != REL_SAT_NO &&
		    rel_universe_in_set(x->u, set, v))
			return false;
	}
	return true;
}

static bool clause_is_dead(const struct explainer *x, uint32_t clause,
			   const uint8_t *status)
{
	const struct rel_sat_problem *p = &x->u->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		if (!set_is_dead(x, p->clause_sets[i], status))
			return false;
	}
	return true;
}

/* A need of `pkg` that nothing can fill, or REL_PKG_NONE. */
static uint32_t dead_need(const struct explainer *x, rel_pkg_id pkg,
			  const uint8_t *status)
{
	const struct rel_sat_problem *p = &x->u->problem;

	for (uint32_t i = p->need_first[pkg]; i < p->need_first[pkg + 1]; i++) {
		if (clause_is_dead(x, p->needs[i], status))
			return i;
	}
	return REL_PKG_NONE;
}

static bool is_open(const struct explainer *x, rel_pkg_id pkg)
{
	return x->verdicts[pkg] == REL_BROKEN && x->need[pkg] == REL_PKG_NONE &&
	       x->core_of[pkg] == REL_PKG_NONE;
}

static void settle(struct explainer *x, rel_pkg_id pkg)
{
	x->order[x->n_order++] = pkg;
}

static int compare_ids(const void *a, const void *b)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;

	return x < y ? -1 : x > y;
}

/* One round of derivations; what it finds counts only in the next, so that
 * shorter chains come first.  False when nothing was found. */
static bool derive_round(struct explainer *x)
{
	uint32_t from = x->n_order, first = x->n_spread;

	x->n_spread = x->spread.n_due;
	qsort(x->spread.due + first, x->n_spread - first, sizeof(rel_pkg_id),
	      compare_ids);
	for (uint32_t i = first; i < x->n_spread; i++) {
		rel_pkg_id pkg = x->spread.due[i];

		if (pkg >= x->u->n_packages || !is_open(x, pkg))
			continue;
		x->need[pkg] = dead_need(x, pkg, x->status);
		settle(x, pkg);
	}
	for (uint32_t i = from; i < x->n_order; i++) {
		x->status[x->order[i]] = REL_SAT_NO;
		rel_sat_spread_kill(&x->spread, x->order[i]);
	}
	return x->n_order > from;
}

static enum rel_fact_kind kind_of_never(const struct explainer *x,
					rel_pkg_id pkg)
{
	switch ((enum rel_verdict)x->verdicts[pkg]) {
	case REL_UNAVAILABLE:
		return REL_FACT_UNAVAILABLE;
	case REL_UNREADABLE:
		return REL_FACT_UNREADABLE;
	default:
		return REL_FACT_BROKEN;
	}
}

static struct rel_fact convert_fact(const struct explainer *x,
				    const struct rel_sat_fact *f)
{
	struct rel_fact fact = {REL_FACT_NEEDS, f->var, f->index};

	switch (f->kind) {
	case REL_SAT_NEED:
		if (x->u->need_expr[f->index] == REL_NEED_CLASS)
			fact.kind = REL_FACT_CLASS;
		break;
	case REL_SAT_CONFLICT:
		fact.kind = REL_FACT_CONFLICTS;
		break;
	case REL_SAT_NEVER:
		fact.kind = kind_of_never(x, f->var);
		break;
	}
	return fact;
}

/* Reading order: the package's own facts, then those of the packages that the
 * facts before lead to, what cannot be installed anyway last. */
static uint32_t fact_rank(const struct rel_fact *fact, rel_pkg_id pkg)
{
	bool given = fact->kind == REL_FACT_BROKEN ||
		     fact->kind == REL_FACT_UNAVAILABLE ||
		     fact->kind == REL_FACT_UNREADABLE;

	if (given)
		return 3;
	if (fact->kind == REL_FACT_CIRCLE)
		return 1;
	return fact->package == pkg ? 0 : 2;
}

struct ranked_fact {
	struct rel_fact fact;
	uint32_t rank, old;
};

static int compare_facts(const void *a, const void *b)
{
	const struct ranked_fact *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	/* a circle stays in its order */
	if (x->fact.package != y->fact.package &&
	    x->fact.kind != REL_FACT_CIRCLE)
		return x->fact.package < y->fact.package ? -1 : 1;
	return x->old < y->old ? -1 : x->old > y->old;
}

static int sort_core(struct rel_fact *facts, uint32_t n, rel_pkg_id pkg)
{
	struct ranked_fact *ranked = calloc((size_t)n + 1, sizeof(*ranked));

	if (!ranked)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		ranked[i] = (struct ranked_fact){facts[i],
						 fact_rank(&facts[i], pkg), i};
	qsort(ranked, n, sizeof(*ranked), compare_facts);
	for (uint32_t i = 0; i < n; i++)
		facts[i] = ranked[i].fact;
	free(ranked);
	return 0;
}

/* Nothing but circles keeps some packages out: find them, for all that is
 * broken at once. */
static int find_circles(struct explainer *x, struct rel_error *err)
{
	const struct rel_sat_problem *p;
	uint8_t *asked = calloc((size_t)x->u->problem.n_vars + 1, 1);
	uint8_t *status = malloc((size_t)x->u->problem.n_vars + 1);
	bool spent = false;
	int rc = asked && status ? 0 : rel_fail_nomem(err);

	if (!rc)
		rc = rel_circles_of(&x->circles, x->u, x->cancel, err);
	for (uint32_t v = 0; !rc && v < x->u->problem.n_vars; v++) {
		asked[v] = v < x->u->n_packages && is_open(x, v);
		status[v] = asked[v] ? REL_SAT_YES : x->status[v];
	}
	if (!rc && x->circles)
		rc = rel_circles_settle(x->circles, &x->u->problem, status,
					asked, NULL, 1, &spent, x->cancel, err);
	free(asked);
	free(status);
	/* The universe has more sets than when this was made. */
	rel_sat_explainer_free(x->core_finder);
	x->core_finder = NULL;
	if (rc || !x->circles)
		return rc;
	p = rel_circles_problem(x->circles);
	x->circle_status = malloc((size_t)p->n_vars + 1);
	x->step_of = calloc((size_t)x->u->n_packages + 1, sizeof(uint32_t));
	if (!x->circle_status || !x->step_of)
		return rel_fail_nomem(err);
	memset(x->circle_status, REL_SAT_YES, p->n_vars);
	return rel_sat_explainer_new(&x->circle_finder, p, err);
}

/* The core among the facts and the circles.  None at all, and `whole`, where
 * the limits end the search for them. */
static int circle_core(struct explainer *x, rel_pkg_id pkg,
		       struct rel_sat_fact **facts, uint32_t *n, bool *whole,
		       struct rel_error *err)
{
	int rc = x->circle_finder ? 0 : REL_EUSAGE;

	*facts = NULL;
	*n = 0;
	if (!rc) {
		memcpy(x->circle_status, x->status, x->u->problem.n_vars);
		rc = rel_sat_core(x->circle_finder, x->circle_status, pkg,
				  facts, n, whole, x->cancel, err);
	}
	if (rc != REL_EUSAGE)
		return rc;
	*whole = true;
	return 0;
}

/* All steps of a condition, as facts; from `pkg` on if it is one of them. */
static int add_circle(struct explainer *x, uint32_t condition, rel_pkg_id pkg)
{
	uint32_t first, n, start = 0;

	rel_circles_steps(x->circles, condition, &first, &n);
	if (rel_array_reserve(&x->core_facts, &x->core_facts_cap,
			      (uint64_t)x->n_core_facts + n,
			      sizeof(*x->core_facts)))
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		if (rel_circles_step(x->u, first + i).from == pkg)
			start = i;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = first + (start + i) % n;

		x->core_facts[x->n_core_facts++] = (struct rel_fact){
		    REL_FACT_CIRCLE, rel_circles_step(x->u, index).from, index};
	}
	return 0;
}

/* Is the need one of the circles' steps, which say the same? */
static bool is_step(const struct explainer *x, const struct rel_fact *fact)
{
	uint32_t step = x->step_of[fact->package];
	bool depopts;

	return fact->kind == REL_FACT_NEEDS && step > 0 &&
	       rel_circles_expr(x->u, rel_circles_step(x->u, step - 1),
				&depopts) == x->u->need_expr[fact->index];
}

/* The circles that are among the facts, each once; the facts of one stand
 * together. */
static int add_circles(struct explainer *x, rel_pkg_id pkg,
		       const struct rel_sat_fact *facts, uint32_t n)
{
	uint32_t from = x->n_core_facts, index, first, size;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n; i++) {
		uint32_t c =
		    rel_circles_condition(x->circles, &facts[i], &index);

		if (c == UINT32_MAX)
			continue;
		rel_circles_steps(x->circles, c, &first, &size);
		for (index = from; index < x->n_core_facts; index += size) {
			struct rel_circle_step step =
			    rel_circles_step(x->u, x->core_facts[index].index);

			size = step.n;
			if (step.first == first)
				break;
		}
		if (index >= x->n_core_facts)
			rc = add_circle(x, c, pkg);
	}
	for (uint32_t i = from; i < x->n_core_facts; i++)
		x->step_of[x->core_facts[i].package] =
		    x->core_facts[i].index + 1;
	return rc;
}

/* Has every version of a step no choice but the next step's?  *open: is one
 * of them to be explained? */
static bool is_forced(const struct explainer *x, struct rel_circle_step step,
		      bool *open)
{
	const struct rel_sat_problem *p = &x->u->problem;
	uint32_t g = p->set_group[step.from_set];
	bool forced = true;

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		if (!rel_universe_in_set(x->u, step.from_set, v))
			continue;
		*open = *open || is_open(x, v);
		forced = forced &&
			 rel_circles_need(x->u, v, step.to_set) != REL_PKG_NONE;
	}
	return forced;
}

/* The condition's circle as a core, once. */
static int circle_span(struct explainer *x, uint32_t condition, uint32_t *core)
{
	uint32_t from = x->n_core_facts, n, most;

	if (*core != REL_PKG_NONE)
		return 0;
	if (add_circle(x, condition, REL_PKG_NONE) ||
	    rel_array_reserve(&x->cores, &x->cores_cap,
			      (uint64_t)x->n_cores + 1, sizeof(*x->cores)))
		return REL_ENOMEM;
	n = x->n_core_facts - from;
	most = from < REL_LIMIT_REASON_FACTS ? REL_LIMIT_REASON_CORE
					     : REL_LIMIT_REASON_CORE_SHORT;
	if (n > most)
		x->n_core_facts = from + most;
	*core = x->n_cores++;
	x->cores[*core] = (struct core_span){
	    from, x->n_core_facts - from, n > most ? n - most : 0, false, true,
	    0};
	return 0;
}

/* The versions of one step that are led round the circle whatever else is
 * chosen. */
static int explain_step(struct explainer *x, uint32_t condition,
			struct rel_circle_step step, uint32_t *core)
{
	const struct rel_sat_problem *p = &x->u->problem;
	uint32_t g = p->set_group[step.from_set];

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		uint32_t need;

		if (!rel_universe_in_set(x->u, step.from_set, v) ||
		    !is_open(x, v))
			continue;
		need = step.n == 1 ? REL_PKG_NONE
				   : rel_circles_need(x->u, v, step.to_set);
		if (step.n > 1 && need == REL_PKG_NONE)
			continue;
		if (circle_span(x, condition, core))
			return REL_ENOMEM;
		x->core_of[v] = *core;
		/* the circle shows the need of its own versions */
		if (v != step.from)
			x->need[v] = need;
		settle(x, v);
	}
	return 0;
}

/*
 * Explain by a condition alone, without a search, whom it excludes alone: from
 * the version on each step is forced, and the last leads back to it.
 */
static int explain_condition(struct explainer *x, uint32_t condition)
{
	uint32_t first, n, free_steps = 0, core = REL_PKG_NONE;
	uint32_t from = x->n_order;
	bool open = false, *forced;
	int rc = 0;

	rel_circles_steps(x->circles, condition, &first, &n);
	forced = calloc((size_t)n + 1, sizeof(*forced));
	if (!forced)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		forced[i] =
		    is_forced(x, rel_circles_step(x->u, first + i), &open);
		free_steps += !forced[i];
	}
	for (uint32_t i = 0; !rc && open && i < n; i++) {
		uint32_t last = (i + n - 1) % n;
		uint32_t own = (forced[i] ? 0u : 1u) +
			       (last == i || forced[last] ? 0u : 1u);

		if (free_steps == own)
			rc = explain_step(x, condition,
					  rel_circles_step(x->u, first + i),
					  &core);
	}
	for (uint32_t i = from; i < x->n_order; i++) {
		x->status[x->order[i]] = REL_SAT_NO;
		rel_sat_spread_kill(&x->spread, x->order[i]);
	}
	free(forced);
	return rc;
}

static int explain_conditions(struct explainer *x, struct rel_error *err)
{
	uint32_t n = x->circles ? rel_circles_count(x->circles) : 0;

	for (uint32_t i = 0; i < n; i++) {
		if (rel_cancelled(x->cancel))
			return rel_fail_cancelled(err);
		if (explain_condition(x, i))
			return rel_fail_nomem(err);
	}
	return 0;
}

/* circles  are they facts of the circles' problem? */
static int add_facts(struct explainer *x, rel_pkg_id pkg,
		     const struct rel_sat_fact *facts, uint32_t n, bool circles)
{
	uint32_t from = x->n_core_facts, n_steps;
	int rc = circles ? add_circles(x, pkg, facts, n) : 0;

	n_steps = x->n_core_facts - from;
	if (!rc && rel_array_reserve(&x->core_facts, &x->core_facts_cap,
				     (uint64_t)x->n_core_facts + n,
				     sizeof(*x->core_facts)))
		rc = REL_ENOMEM;
	for (uint32_t i = 0; !rc && i < n; i++) {
		struct rel_sat_fact own = facts[i];
		struct rel_fact fact;

		if (circles && rel_circles_condition(x->circles, &facts[i],
						     &own.index) != UINT32_MAX)
			continue;
		fact = convert_fact(x, &own);
		if (!n_steps || !is_step(x, &fact))
			x->core_facts[x->n_core_facts++] = fact;
	}
	for (uint32_t i = from; i < from + n_steps; i++)
		x->step_of[x->core_facts[i].package] = 0;
	return rc;
}

static int add_core(struct explainer *x, rel_pkg_id pkg, struct rel_error *err)
{
	struct rel_error ignored = {0};
	struct rel_sat_fact *facts = NULL;
	uint32_t n = 0, kept, from;
	bool whole = false, circles = false;
	int rc = 0;

	if (!x->core_finder)
		rc =
		    rel_sat_explainer_new(&x->core_finder, &x->u->problem, err);
	if (!rc)
		rc = rel_sat_core(x->core_finder, x->status, pkg, &facts, &n,
				  &whole, x->cancel, &ignored);
	if (rc == REL_EUSAGE) {
		circles = true;
		rc = x->circle_finder ? 0 : find_circles(x, err);
		if (!rc)
			rc = explain_conditions(x, err);
		if (!rc && is_open(x, pkg))
			rc = circle_core(x, pkg, &facts, &n, &whole, err);
	} else if (rc) {
		*err = ignored;
	}
	if (rc || !is_open(x, pkg)) {
		free(facts);
		return rc;
	}
	from = x->n_core_facts;
	if (add_facts(x, pkg, facts, n, circles) ||
	    rel_array_reserve(&x->cores, &x->cores_cap,
			      (uint64_t)x->n_cores + 1, sizeof(*x->cores))) {
		free(facts);
		return rel_fail_nomem(err);
	}
	free(facts);
	n = x->n_core_facts - from;
	if (sort_core(x->core_facts + from, n, pkg))
		return rel_fail_nomem(err);
	kept = from < REL_LIMIT_REASON_FACTS ? REL_LIMIT_REASON_CORE
					     : REL_LIMIT_REASON_CORE_SHORT;
	if (kept > n)
		kept = n;
	x->core_of[pkg] = x->n_cores;
	x->cores[x->n_cores++] =
	    (struct core_span){from, kept, n - kept, whole, circles, 0};
	x->n_core_facts = from + kept;
	return 0;
}

/* `pkg` gets a core of its own. */
static int explain_alone(struct explainer *x, rel_pkg_id pkg,
			 struct rel_error *err)
{
	int rc = add_core(x, pkg, err);

	if (rc || x->status[pkg] == REL_SAT_NO)
		return rc;
	settle(x, pkg);
	x->status[pkg] = REL_SAT_NO;
	rel_sat_spread_kill(&x->spread, pkg);
	return 0;
}

/* All open packages need each other: begin with one in a circle of the build
 * order, from which the reasons of the others follow, or else with the last. */
static int explain_one(struct explainer *x, struct rel_error *err)
{
	rel_pkg_id pkg = x->open[x->n_open - 1];
	uint32_t from = x->n_order;
	int rc = x->circle_finder ? 0 : find_circles(x, err);

	if (!rc)
		rc = explain_conditions(x, err);
	if (rc || x->n_order > from)
		return rc;
	for (uint32_t i = 0; x->circles && i < x->n_open; i++) {
		if (rel_circles_has(x->circles, x->open[i])) {
			pkg = x->open[i];
			break;
		}
	}
	return explain_alone(x, pkg, err);
}

/*
 * Give a core to the packages that would not be derived even if every other
 * broken one were known: they are where conflicts begin.  When there is none
 * (they need each other in a circle), to one of them.
 */
static int explain_conflicts(struct explainer *x, struct rel_error *err)
{
	const uint8_t *verdicts = x->verdicts;
	uint8_t *all = malloc((size_t)x->u->problem.n_vars + 1);
	uint32_t kept = 0, from = x->n_order;
	int rc = 0;

	if (!all)
		return rel_fail_nomem(err);
	for (uint32_t v = 0; v < x->u->problem.n_vars; v++)
		all[v] = v < x->u->n_packages &&
				 verdicts[v] != REL_INSTALLABLE &&
				 verdicts[v] != REL_PINNED_OUT &&
				 verdicts[v] != REL_UNDECIDED
			     ? REL_SAT_NO
			     : REL_SAT_YES;
	for (uint32_t i = 0; !rc && i < x->n_open; i++) {
		rel_pkg_id pkg = x->open[i];

		if (!is_open(x, pkg))
			continue;
		if (dead_need(x, pkg, all) != REL_PKG_NONE)
			x->open[kept++] = pkg;
		else
			rc = explain_alone(x, pkg, err);
	}
	x->n_open = kept;
	if (!rc && x->n_order == from)
		rc = explain_one(x, err);
	free(all);
	return rc;
}

/* The member of a dead need through which its reason goes on: the newest
 * broken one; REL_PKG_NONE when none is broken, only unavailable. */
static rel_pkg_id next_in_chain(const struct explainer *x, uint32_t need)
{
	const struct rel_sat_problem *p = &x->u->problem;
	uint32_t c = p->needs[need];

	for (uint32_t i = p->clause_first[c]; i < p->clause_first[c + 1]; i++) {
		uint32_t set = p->clause_sets[i], g = p->set_group[set];

		for (uint32_t v = p->group_first[g + 1];
		     v-- > p->group_first[g];) {
			if (v < x->u->n_packages &&
			    x->verdicts[v] == REL_BROKEN &&
			    rel_universe_in_set(x->u, set, v))
				return v;
		}
	}
	return REL_PKG_NONE;
}

static int push_fact(struct explainer *x, const struct rel_fact *fact)
{
	if (rel_array_reserve(&x->out->facts, &x->facts_cap,
			      (uint64_t)x->out->n_facts + 1,
			      sizeof(*x->out->facts)))
		return REL_ENOMEM;
	x->out->facts[x->out->n_facts++] = *fact;
	return 0;
}

static bool expr_name_exists(const struct explainer *x, rel_pkg_id pkg,
			     rel_expr_id id)
{
	const struct rel_exprs *exprs =
	    &rel_universe_snapshot(x->u, pkg)->exprs;
	const struct rel_expr *e = &exprs->nodes[id];

	switch ((enum rel_expr_kind)e->kind) {
	case REL_EXPR_AND:
	case REL_EXPR_OR:
		return expr_name_exists(x, pkg, e->a) ||
		       expr_name_exists(x, pkg, e->b);
	case REL_EXPR_PACKAGE:
		return rel_stack_find(x->u->stack,
				      exprs->string(exprs->context, e->a)) !=
		       UINT32_MAX;
	default:
		return false;
	}
}

static enum rel_broken_kind kind_of_need(const struct explainer *x,
					 rel_pkg_id pkg, uint32_t need)
{
	const struct rel_sat_problem *p = &x->u->problem;
	uint32_t c = p->needs[need];

	if (p->clause_first[c] == p->clause_first[c + 1] &&
	    !expr_name_exists(x, pkg, x->u->need_expr[need]))
		return REL_BROKEN_MISSING;
	return REL_BROKEN_CONSTRAINT;
}

/* The same text for what is the same root.  Which version of a name that no
 * remote has was asked for makes no difference. */
static int root_key_of_need(struct explainer *x, rel_pkg_id pkg, uint32_t need)
{
	const struct rel_sat_problem *p = &x->u->problem;
	const struct rel_exprs *exprs =
	    &rel_universe_snapshot(x->u, pkg)->exprs;
	uint32_t c = p->needs[need];

	if (p->clause_first[c] != p->clause_first[c + 1])
		return rel_buf_printf(&x->key, "need %u", c);

	const struct rel_expr *e = &exprs->nodes[x->u->need_expr[need]];

	if (e->kind == REL_EXPR_PACKAGE &&
	    kind_of_need(x, pkg, need) == REL_BROKEN_MISSING) {
		struct rel_str name = exprs->string(exprs->context, e->a);

		return rel_buf_printf(&x->key, "missing %.*s",
				      REL_STR_ARG(name));
	}
	rel_buf_add_cstr(&x->key, "need ");
	return rel_expr_print(&x->key, exprs, x->u->need_expr[need]);
}

static int root_key_of_core(struct explainer *x, rel_pkg_id pkg,
			    const struct core_span *core)
{
	const struct rel_sat_problem *p = &x->u->problem;

	for (uint32_t i = core->first; i < core->first + core->count; i++) {
		const struct rel_fact *f = &x->core_facts[i];
		uint32_t about = f->index;

		if (f->kind == REL_FACT_NEEDS || f->kind == REL_FACT_CLASS)
			about = p->needs[f->index];
		else if (f->kind == REL_FACT_CONFLICTS)
			about = p->conflicts[f->index];
		rel_buf_printf(&x->key, "%d %u %u;", f->kind,
			       f->package == pkg && !core->circle ? REL_PKG_NONE
								  : f->package,
			       about);
	}
	return x->key.status;
}

/* Copy the root's own facts behind the chain and find or make the root. */
static int end_chain(struct explainer *x, struct rel_reason *reason,
		     rel_pkg_id pkg)
{
	struct rel_reasons *out = x->out;
	uint32_t core = x->core_of[pkg], first = out->n_facts;
	uint32_t old = x->root_keys.count, omitted = 0, known = 0;
	int rc = 0;

	rel_buf_clear(&x->key);
	if (core != REL_PKG_NONE && x->need[pkg] != REL_PKG_NONE) {
		struct rel_fact fact = {REL_FACT_NEEDS, pkg, x->need[pkg]};

		rc = push_fact(x, &fact);
		first = out->n_facts;
	}
	if (core == REL_PKG_NONE) {
		struct rel_fact fact = {REL_FACT_NEEDS, pkg, x->need[pkg]};

		reason->kind = kind_of_need(x, pkg, x->need[pkg]);
		rc = push_fact(x, &fact);
		if (!rc)
			rc = root_key_of_need(x, pkg, x->need[pkg]);
	} else {
		const struct core_span *span = &x->cores[core];
		uint32_t n = span->count;

		if (out->n_facts > REL_LIMIT_REASON_FACTS &&
		    n > REL_LIMIT_REASON_CORE_SHORT)
			n = REL_LIMIT_REASON_CORE_SHORT;
		omitted = span->omitted + span->count - n;
		reason->omitted += omitted;
		reason->whole = span->whole;
		reason->kind =
		    span->circle ? REL_BROKEN_CYCLE : REL_BROKEN_CONFLICT;
		for (uint32_t i = 0; !rc && i < n; i++)
			rc = push_fact(x, &x->core_facts[span->first + i]);
		if (!rc && !span->root)
			rc = root_key_of_core(x, pkg, span);
		known = span->root;
	}
	/* a circle's key is long, and the same for all who are led into it */
	reason->root =
	    known ? known - 1
	    : rc  ? REL_STRING_NONE
		  : rel_intern_add(&x->root_keys, rel_buf_str(&x->key));
	if (core != REL_PKG_NONE && x->cores[core].circle &&
	    reason->root != REL_STRING_NONE)
		x->cores[core].root = reason->root + 1;
	if (rc || reason->root == REL_STRING_NONE ||
	    rel_array_reserve(&out->roots, &x->roots_cap,
			      (uint64_t)out->n_roots + 1, sizeof(*out->roots)))
		return REL_ENOMEM;
	/* who is led into a circle is not the one to name it after */
	if (core != REL_PKG_NONE && x->need[pkg] != REL_PKG_NONE)
		pkg = out->facts[first].package;
	if (reason->root == old)
		out->roots[out->n_roots++] =
		    (struct rel_root){.kind = reason->kind,
				      .package = pkg,
				      .first_fact = first,
				      .n_facts = out->n_facts - first,
				      .omitted = omitted,
				      .whole = reason->whole};
	out->roots[reason->root].blocks++;
	return 0;
}

/* What is next in the chain was explained before. */
static void note_chain(struct explainer *x, rel_pkg_id pkg)
{
	rel_pkg_id next = x->core_of[pkg] == REL_PKG_NONE
			      ? next_in_chain(x, x->need[pkg])
			      : REL_PKG_NONE;

	x->next[pkg] = next;
	x->end_of[pkg] = next == REL_PKG_NONE ? pkg : x->end_of[next];
	x->depth[pkg] = next == REL_PKG_NONE ? 0 : x->depth[next] + 1;
}

static int write_reason(struct explainer *x, rel_pkg_id pkg,
			struct rel_reason *reason)
{
	struct rel_reasons *out = x->out;
	rel_pkg_id at = pkg;
	uint32_t most = out->n_facts < REL_LIMIT_REASON_FACTS
			    ? REL_LIMIT_REASON_CHAIN
			    : REL_LIMIT_REASON_CHAIN_SHORT;
	int rc = 0;

	reason->package = pkg;
	reason->first_fact = out->n_facts;
	note_chain(x, pkg);
	for (uint32_t i = 0; !rc && at != x->end_of[at]; i++) {
		struct rel_fact fact = {REL_FACT_NEEDS, at, x->need[at]};

		if (i == most) {
			reason->omitted = x->depth[at];
			at = x->end_of[at];
			break;
		}
		rc = push_fact(x, &fact);
		at = x->next[at];
	}
	if (!rc)
		rc = end_chain(x, reason, at);
	reason->n_facts = out->n_facts - reason->first_fact;
	return rc;
}

static int write_reasons(struct explainer *x)
{
	struct rel_reasons *out = x->out;

	out->items = calloc((size_t)x->n_order + 1, sizeof(*out->items));
	if (!out->items)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < x->n_order; i++) {
		int rc = write_reason(x, x->order[i], &out->items[i]);

		if (rc)
			return rc;
		out->n_items++;
	}
	if (out->n_items)
		qsort(out->items, out->n_items, sizeof(*out->items),
		      rel_reasons_compare);
	return out->n_roots ? rel_reasons_rank(out) : 0;
}

static int prepare(struct explainer *x)
{
	const struct rel_universe *u = x->u;
	size_t n = (size_t)u->n_packages + 1;

	x->status = malloc((size_t)u->problem.n_vars + 1);
	x->need = malloc(n * sizeof(*x->need));
	x->core_of = malloc(n * sizeof(*x->core_of));
	x->open = malloc(n * sizeof(*x->open));
	x->order = malloc(n * sizeof(*x->order));
	rel_intern_init(&x->root_keys, REL_LIMIT_STRINGS);
	rel_buf_init(&x->key, REL_LIMIT_MANIFEST_BYTES);
	x->next = malloc(n * sizeof(*x->next));
	x->end_of = malloc(n * sizeof(*x->end_of));
	x->depth = malloc(n * sizeof(*x->depth));
	if (rel_sat_spread_init(&x->spread, &u->problem) || !x->status ||
	    !x->need || !x->core_of || !x->open || !x->order || !x->next ||
	    !x->end_of || !x->depth)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < u->problem.n_vars; v++)
		x->status[v] = REL_SAT_YES;
	for (uint32_t v = 0; v < u->n_packages; v++) {
		x->core_of[v] = x->need[v] = REL_PKG_NONE;
		if (x->verdicts[v] == REL_BROKEN) {
			x->open[x->n_open++] = v;
		} else if (u->state[v] != REL_PACKAGE_READY) {
			x->status[v] = REL_SAT_NO;
			rel_sat_spread_kill(&x->spread, v);
		}
	}
	x->n_broken = x->n_open;
	return 0;
}

static void release(struct explainer *x)
{
	rel_sat_explainer_free(x->core_finder);
	rel_sat_explainer_free(x->circle_finder);
	free(x->circle_status);
	free(x->step_of);
	free(x->status);
	rel_sat_spread_free(&x->spread);
	free(x->need);
	free(x->next);
	free(x->end_of);
	free(x->depth);
	free(x->core_of);
	free(x->open);
	free(x->order);
	free(x->core_facts);
	free(x->cores);
	rel_intern_free(&x->root_keys);
	rel_buf_free(&x->key);
}

int rel_explain(struct rel_reasons **out, struct rel_universe *universe,
		const uint8_t *verdicts, const struct rel_cancel *cancel,
		struct rel_error *err)
{
	struct explainer x = {
	    .u = universe, .verdicts = verdicts, .cancel = cancel};
	int rc;

	*out = NULL;
	x.out = calloc(1, sizeof(*x.out));
	rc = x.out ? prepare(&x) : REL_ENOMEM;
	while (!rc && x.n_order < x.n_broken) {
		if (rel_cancelled(cancel)) {
			rc = rel_fail_cancelled(err);
			goto out;
		}
		if (!derive_round(&x)) {
			rc = explain_conflicts(&x, err);
			if (rc)
				goto out;
		}
	}
	if (!rc)
		rc = write_reasons(&x);
	if (rc)
		rc = rel_fail_nomem(err);
out:
	release(&x);
	if (rc)
		rel_reasons_free(x.out);
	else
		*out = x.out;
	return rc;
}
