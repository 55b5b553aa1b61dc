/*
 * Deciding all variables in few passes: prove one, keep the model, and put
 * further undecided variables on top until none fits.
 *
 * Threads share nothing but the status of the variables: what one has proved
 * the others need not try.  Which thread proves what depends on chance, the
 * result does not.
 */
#include "base/array.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "sat/sat_private.h"
#include "sat/spread.h"

/* Conflicts after which putting a variable on top is given up; it will get a
 * pass of its own if nothing else proves it.  Measured on opam-repository:
 * between 10 and 50 makes no difference, without a bound it is slower. */
#define EXTENSION_BUDGET 20

/* More threads find little left to do for each other. */
#define THREADS_MAX 4

static const struct sat_budget full = {REL_LIMIT_SAT_CONFLICTS,
				       REL_LIMIT_SAT_STEPS};

/* A version that takes more than this is hard, see below. */
static const struct sat_budget quick = {REL_LIMIT_SAT_CONFLICTS / 4,
					REL_LIMIT_SAT_STEPS / 4};

/* Conflicts of one thread after which the whole is hard; opam-repository
 * takes 36,000, ten copies of it 280,000 for 188,000 variables. */
#define QUICK_CONFLICTS		200000u
#define QUICK_CONFLICTS_PER_VAR 5u

/* An extension is worth so many times the steps that the passes saved by it
 * would take.  Where each version excludes all others nothing is saved, and
 * to look at all of them in each pass is quadratic. */
#define EXTENSION_WORTH 4
/* Looks at variables that do not fit take as long as one step. */
#define LOOKS_A_STEP 8

struct worker {
	struct sat_solver solver;
	uint8_t *status; /* shared: only through status_of() and set_status() */
	uint32_t *open;	 /* undecided variables, newest last */
	uint32_t n_open;
	uint32_t first_open; /* those before it are decided */
	bool oldest_first;   /* begin a pass at the other end */
	bool keeps_models;
	struct rel_sat_models models;
	/* passes without extension, after one that was not worth it */
	uint32_t rest, rests;
	/* the careful run: what was given up, and what that took */
	bool careful;
	uint32_t *postponed;
	uint32_t n_postponed;
	bool last_round;
	struct sat_budget spent;
	uint64_t extension_conflicts;
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

/* Could `var` be added to the model, at a glance? */
static bool may_fit(const struct sat_solver *s, uint32_t var)
{
	struct sat_step why;

	return s->groups[s->problem->var_group[var]].selected == SAT_NONE &&
	       sat_value(s, 2 * var) != SAT_FALSE && !sat_fails(s, var, &why);
}

static void drop_decided(struct worker *w)
{
	uint32_t kept = 0;

	for (uint32_t i = w->first_open; i < w->n_open; i++) {
		uint32_t var = w->open[i];

		if (status_of(w, var) == REL_SAT_UNKNOWN)
			w->open[kept++] = var;
		else
			sat_solver_want(&w->solver, var, false);
	}
	w->first_open = 0;
	w->n_open = kept;
}

/* steps  that the pass has taken so far */
static void extend_model(struct worker *w, uint64_t steps)
{
	struct sat_solver *s = &w->solver;
	uint64_t conflicts = s->stats.conflicts, before = s->steps, looks;
	struct sat_budget budget = {EXTENSION_BUDGET, REL_LIMIT_SAT_STEPS};
	uint32_t proved = 0;

	if (w->rest) {
		w->rest--;
		return;
	}
	if (w->extension_conflicts > full.conflicts)
		budget.conflicts = 1;
	drop_decided(w);
	looks = w->n_open;
	for (uint32_t i = w->n_open;
	     i-- > 0 && !s->nomem && !rel_cancelled(s->cancel);) {
		uint32_t var = w->open[i];
		uint32_t from = s->n_trail;

		if (status_of(w, var) != REL_SAT_UNKNOWN || !may_fit(s, var))
			continue;
		if (sat_try(s, var, 1, &budget) != SAT_FOUND)
			continue;
		sat_settle(s, from);
		mark_selected(w, from);
		proved++;
	}
	if (w->careful)
		w->extension_conflicts += s->stats.conflicts - conflicts;
	if (s->steps - before + looks / LOOKS_A_STEP >
	    EXTENSION_WORTH * (proved + (uint64_t)1) * steps) {
		w->rests = w->rests ? 2 * w->rests : 1;
		w->rest = w->rests;
	} else {
		w->rests = 0;
	}
}

/* The next undecided variable, or SAT_NONE. */
static uint32_t next_open(struct worker *w)
{
	while (w->first_open < w->n_open) {
		uint32_t var =
		    w->open[w->oldest_first ? w->first_open : w->n_open - 1];

		if (status_of(w, var) == REL_SAT_UNKNOWN)
			return var;
		sat_solver_want(&w->solver, var, false);
		if (w->oldest_first)
			w->first_open++;
		else
			w->n_open--;
	}
	return SAT_NONE;
}

/* In the careful run, the first round is for what is easy. */
static struct sat_budget budget_of(const struct worker *w)
{
	struct sat_budget budget = sat_budget_after(&full, &w->spent);

	if (!w->careful)
		return quick;
	if (!w->last_round && budget.conflicts > quick.conflicts)
		return quick;
	return budget;
}

/* Lay aside what this pass began with. */
static void give_up(struct worker *w, uint32_t var)
{
	if (w->oldest_first)
		w->first_open++;
	else
		w->n_open--;
	if (!w->last_round)
		w->postponed[w->n_postponed++] = var;
}

static void pass(struct worker *w, uint32_t var)
{
	struct sat_solver *s = &w->solver;
	struct sat_budget budget = budget_of(w);
	uint64_t conflicts = s->stats.conflicts, steps = s->steps;

	s->stats.passes++;
	if (s->n_clauses > REL_LIMIT_SAT_LEARNED)
		sat_solver_forget(s);
	switch (sat_try(s, var, 0, &budget)) {
	case SAT_FOUND:
		sat_settle(s, 0);
		mark_selected(w, 0);
		extend_model(w, s->steps - steps);
		if (w->keeps_models &&
		    w->models.n_vars < REL_LIMIT_SAT_MODELS &&
		    !sat_models_add(&w->models, s))
			s->nomem = true;
		sat_backjump(s, 0);
		break;
	case SAT_IMPOSSIBLE:
		if (!s->nomem)
			set_status(w, var, REL_SAT_NO);
		break;
	case SAT_GAVE_UP:
		w->spent.conflicts += s->stats.conflicts - conflicts;
		w->spent.steps += s->steps - steps;
		give_up(w, var);
		break;
	}
}

static int prepare(struct worker *w, const struct rel_sat_problem *p)
{
	int rc = sat_solver_init(&w->solver, p);

	if (rc)
		return rc;
	w->open = malloc(((size_t)p->n_vars + 1) * sizeof(*w->open));
	w->postponed = malloc(((size_t)p->n_vars + 1) * sizeof(*w->postponed));
	if (!w->open || !w->postponed)
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
	const struct rel_sat_problem *problem;
	uint8_t *status;
	bool careful, keeps_models;
	struct worker workers[THREADS_MAX];
	bool hard; /* shared by the threads */
	const struct rel_cancel *cancel;
};

static bool is_hard(struct decision *d, const struct worker *w)
{
	uint64_t limit = QUICK_CONFLICTS +
			 (uint64_t)QUICK_CONFLICTS_PER_VAR * d->problem->n_vars;

	if (w->spent.conflicts || w->spent.steps ||
	    w->solver.stats.conflicts > limit)
		__atomic_store_n(&d->hard, true, __ATOMIC_RELAXED);
	return __atomic_load_n(&d->hard, __ATOMIC_RELAXED);
}

static bool begin_last_round(struct worker *w)
{
	if (w->last_round)
		return false;
	w->last_round = true;
	/* newest last, as they were */
	for (uint32_t i = 0; i < w->n_postponed; i++)
		w->open[i] = w->postponed[w->n_postponed - 1 - i];
	w->first_open = 0;
	w->n_open = w->n_postponed;
	return true;
}

static int run_worker(void *context, unsigned thread, size_t item,
		      struct rel_error *err)
{
	struct decision *d = context;
	struct worker *w = &d->workers[item];

	(void)thread;
	for (;;) {
		uint32_t var = next_open(w);

		if (rel_cancelled(d->cancel))
			return rel_fail_cancelled(err);
		if (var == SAT_NONE && !(w->careful && begin_last_round(w)))
			return 0;
		if (var == SAT_NONE)
			continue;
		pass(w, var);
		if (w->solver.nomem)
			return rel_fail_nomem(err);
		if (!w->careful && is_hard(d, w))
			return 0;
	}
}

static void add_stats(struct rel_sat_stats *sum, const struct rel_sat_stats *s)
{
	sum->passes += s->passes;
	sum->selections += s->selections;
	sum->conflicts += s->conflicts;
	sum->learned += s->learned;
}

/* found, stats  added to */
static int run(struct decision *d, unsigned n, struct rel_sat_models *found,
	       struct rel_sat_stats *stats, struct rel_error *err)
{
	int rc = 0;

	memset(d->workers, 0, sizeof(d->workers));
	for (unsigned i = 0; !rc && i < n; i++) {
		struct worker *w = &d->workers[i];

		w->status = d->status;
		w->oldest_first = i % 2;
		w->keeps_models = d->keeps_models;
		w->careful = d->careful;
		if (prepare(w, d->problem))
			rc = rel_fail_nomem(err);
		w->solver.cancel = d->cancel;
	}
	if (!rc)
		rc = rel_parallel(n, n, run_worker, d, err);
	for (unsigned i = 0; i < n; i++) {
		struct worker *w = &d->workers[i];

		add_stats(stats, &w->solver.stats);
		if (!rc && found && (d->careful || !d->hard) &&
		    !sat_models_append(found, &w->models))
			rc = rel_fail_nomem(err);
		rel_sat_models_free(&w->models);
		free(w->open);
		free(w->postponed);
		if (w->solver.problem)
			sat_solver_free(&w->solver);
	}
	return rc;
}

/* What is impossible because all that it needs is. */
static int spread(const struct rel_sat_problem *p, uint8_t *status)
{
	struct rel_sat_spread s;
	int rc = rel_sat_spread_init(&s, p);

	for (uint32_t v = 0; !rc && v < p->n_vars; v++) {
		if (status[v] == REL_SAT_NO)
			rel_sat_spread_kill(&s, v);
	}
	for (uint32_t i = 0; !rc && i < s.n_due; i++) {
		uint32_t var = s.due[i];

		if (status[var] != REL_SAT_UNKNOWN)
			continue;
		status[var] = REL_SAT_NO;
		rel_sat_spread_kill(&s, var);
	}
	rel_sat_spread_free(&s);
	return rc;
}

/*
 * Where anything is hard, all begins anew, in one thread and with budgets:
 * what is left undecided must not depend on what another thread found out
 * before.
 */
int rel_sat_decide(const struct rel_sat_problem *problem, uint8_t *status,
		   unsigned jobs, struct rel_sat_models *found,
		   const struct rel_cancel *cancel, struct rel_sat_stats *stats,
		   struct rel_error *err)
{
	struct decision d = {.problem = problem,
			     .status = status,
			     .keeps_models = found != NULL,
			     .cancel = cancel};
	struct rel_sat_stats sum = {0};
	unsigned n = jobs > THREADS_MAX ? THREADS_MAX : jobs ? jobs : 1;
	uint8_t *given = malloc((size_t)problem->n_vars + 1);
	int rc = given ? spread(problem, status) : REL_ENOMEM;

	if (rc) {
		free(given);
		return rel_fail_nomem(err);
	}
	memcpy(given, status, problem->n_vars);
	rc = run(&d, n, found, &sum, err);
	if (!rc && d.hard) {
		memcpy(status, given, problem->n_vars);
		d.careful = true;
		rc = run(&d, 1, found, &sum, err);
	}
	if (stats)
		*stats = sum;
	free(given);
	return rc;
}
