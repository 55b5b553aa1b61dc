/*
 * Deciding all variables in few passes: prove one, keep the model, and put
 * further undecided variables on top until none fits.
 *
 * Threads share nothing but the status of the variables: what one has proved
 * the others need not try.  Which thread proves what depends on chance, the
 * result does not.
 */
#include "base/array.h"
#include "base/parallel.h"
#include "sat/models.h"

/* Conflicts after which putting a variable on top is given up; it will get a
 * pass of its own if nothing else proves it.  Measured on opam-repository:
 * between 10 and 50 makes no difference, without a bound it is slower. */
#define EXTENSION_BUDGET 20

/* More threads find little left to do for each other. */
#define THREADS_MAX 4

struct worker {
	struct sat_solver solver;
	uint8_t *status; /* shared: only through status_of() and set_status() */
	uint32_t *open;	 /* undecided variables, newest last */
	uint32_t n_open;
	bool oldest_first; /* begin a pass at the other end */
	bool keeps_models;
	struct rel_sat_models models;
};

static uint8_t status_of(const struct worker *w, uint32_t var)
{
	return __atomic_load_n(&w->status[var], __ATOMIC_RELAXED);
}

static void set_status(struct worker *w, uint32_t var,
		       enum rel_sat_status status)
{
	__atomic_store_n(&w->status[var], (uint8_t)status, __ATOMIC_RELAXED);
}

static void mark_selected(struct worker *w, uint32_t from_step)
{
	struct sat_solver *s = &w->solver;

	for (uint32_t i = from_step; i < s->n_trail; i++) {
		uint32_t var = s->trail[i].lit / 2;

		if ((s->trail[i].lit & 1) || var >= s->problem->n_vars)
			continue;
		set_status(w, var, REL_SAT_YES);
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

		if (status_of(w, var) != REL_SAT_UNKNOWN || !may_fit(s, var))
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
		uint32_t var = w->open[i];

		if (status_of(w, var) == REL_SAT_UNKNOWN)
			w->open[kept++] = var;
		else
			sat_solver_want(&w->solver, var, false);
	}
	w->n_open = kept;
}

static void pass(struct worker *w)
{
	struct sat_solver *s = &w->solver;
	uint32_t var = w->open[w->oldest_first ? 0 : w->n_open - 1];

	s->stats.passes++;
	if (sat_try(s, var, 0, 0) == SAT_FOUND) {
		sat_settle(s, 0);
		mark_selected(w, 0);
		extend_model(w);
		if (w->keeps_models && !sat_models_add(&w->models, s))
			s->nomem = true;
		sat_backjump(s, 0);
	} else if (!s->nomem) {
		set_status(w, var, REL_SAT_NO);
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

struct decision {
	struct worker workers[THREADS_MAX];
	const struct rel_cancel *cancel;
};

static int run_worker(void *context, unsigned thread, size_t item,
		      struct rel_error *err)
{
	struct decision *d = context;
	struct worker *w = &d->workers[item];

	(void)thread;
	while (w->n_open) {
		if (rel_cancelled(d->cancel))
			return rel_fail_cancelled(err);
		pass(w);
		if (w->solver.nomem)
			return rel_fail_nomem(err);
	}
	return 0;
}

static void add_stats(struct rel_sat_stats *sum, const struct rel_sat_stats *s)
{
	sum->passes += s->passes;
	sum->selections += s->selections;
	sum->conflicts += s->conflicts;
	sum->learned += s->learned;
}

int rel_sat_decide(const struct rel_sat_problem *problem, uint8_t *status,
		   unsigned jobs, struct rel_sat_models *found,
		   const struct rel_cancel *cancel, struct rel_sat_stats *stats,
		   struct rel_error *err)
{
	struct decision d = {.cancel = cancel};
	unsigned n = jobs > THREADS_MAX ? THREADS_MAX : jobs ? jobs : 1;
	int rc = 0;

	for (unsigned i = 0; !rc && i < n; i++) {
		d.workers[i].status = status;
		d.workers[i].oldest_first = i % 2;
		d.workers[i].keeps_models = found != NULL;
		if (prepare(&d.workers[i], problem))
			rc = rel_fail_nomem(err);
	}
	if (!rc)
		rc = rel_parallel(n, n, run_worker, &d, err);
	if (stats)
		*stats = (struct rel_sat_stats){0};
	for (unsigned i = 0; i < n; i++) {
		if (stats)
			add_stats(stats, &d.workers[i].solver.stats);
		if (!rc && found &&
		    !sat_models_append(found, &d.workers[i].models))
			rc = rel_fail_nomem(err);
		rel_sat_models_free(&d.workers[i].models);
		free(d.workers[i].open);
		if (d.workers[i].solver.problem)
			sat_solver_free(&d.workers[i].solver);
	}
	return rc;
}
