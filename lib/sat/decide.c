/*
 * Deciding all variables in few passes: prove one, keep the model, and put
 * further undecided variables on top until none fits.
 */
#include "base/array.h"
#include "sat/solver.h"

/* Conflicts after which putting a variable on top is given up; it will get a
 * pass of its own if nothing else proves it.  Measured on opam-repository:
 * between 10 and 50 makes no difference, without a bound it is slower. */
#define EXTENSION_BUDGET 20

struct worker {
	struct sat_solver solver;
	uint8_t *status;
	uint32_t *open; /* undecided variables, newest last */
	uint32_t n_open;
};

static void mark_selected(struct worker *w, uint32_t from_step)
{
	struct sat_solver *s = &w->solver;

	for (uint32_t i = from_step; i < s->n_trail; i++) {
		uint32_t var = s->trail[i].lit / 2;

		if ((s->trail[i].lit & 1) || var >= s->problem->n_vars)
			continue;
		w->status[var] = REL_SAT_YES;
		sat_solver_want(s, var, false);
	}
}

/* Could `var` stand on top of the model as far as a glance tells? */
static bool may_fit(const struct sat_solver *s, uint32_t var)
{
	struct sat_step why;

	return s->groups[s->problem->var_group[var]].selected == SAT_NONE &&
	       sat_value(s, 2 * var) != SAT_FALSE && !sat_fails(s, var, &why);
}

static void extend_model(struct worker *w)
{
	struct sat_solver *s = &w->solver;

	for (uint32_t i = w->n_open; i-- > 0 && !s->nomem;) {
		uint32_t var = w->open[i];
		uint32_t from = s->n_trail;

		if (w->status[var] != REL_SAT_UNKNOWN || !may_fit(s, var))
			continue;
		if (sat_try(s, var, 1, EXTENSION_BUDGET) != SAT_FOUND)
			continue;
		sat_settle(s, from);
		mark_selected(w, from);
	}
}

static void drop_decided(struct worker *w)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->n_open; i++) {
		if (w->status[w->open[i]] == REL_SAT_UNKNOWN)
			w->open[kept++] = w->open[i];
	}
	w->n_open = kept;
}

static void pass(struct worker *w)
{
	struct sat_solver *s = &w->solver;
	uint32_t var = w->open[w->n_open - 1];

	s->stats.passes++;
	if (sat_try(s, var, 0, 0) == SAT_FOUND) {
		sat_settle(s, 0);
		mark_selected(w, 0);
		extend_model(w);
		sat_backjump(s, 0);
	} else if (!s->nomem) {
		w->status[var] = REL_SAT_NO;
		sat_solver_want(s, var, false);
	}
	drop_decided(w);
}

static int prepare(struct worker *w, const struct rel_sat_problem *p)
{
	int rc = sat_solver_init(&w->solver, p);

	if (rc)
		return rc;
	w->open = malloc(((size_t)p->n_vars + 1) * sizeof(*w->open));
	if (!w->open)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < p->n_vars; v++) {
		if (w->status[v] == REL_SAT_NO)
			sat_solver_kill(&w->solver, v, SAT_NONE);
		if (w->status[v] != REL_SAT_UNKNOWN)
			continue;
		sat_solver_want(&w->solver, v, true);
		w->open[w->n_open++] = v;
	}
	return 0;
}

int rel_sat_decide(const struct rel_sat_problem *problem, uint8_t *status,
		   unsigned jobs, const struct rel_cancel *cancel,
		   struct rel_sat_stats *stats, struct rel_error *err)
{
	struct worker w = {.status = status};
	int rc = prepare(&w, problem);

	(void)jobs;
	while (!rc && w.n_open) {
		if (rel_cancelled(cancel))
			rc = rel_fail_cancelled(err);
		else
			pass(&w);
		if (w.solver.nomem)
			rc = REL_ENOMEM;
	}
	if (stats)
		*stats = w.solver.stats;
	free(w.open);
	sat_solver_free(&w.solver);
	return rc == REL_ENOMEM ? rel_fail_nomem(err) : rc;
}
