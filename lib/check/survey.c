/*
 * Sides: the stacks that a survey compares in one environment, and their
 * verdicts.  What earlier runs decided is read and not decided again; a stack
 * that is only compared with needs no universe then.
 */
#include "check/survey.h"

#include "base/limits.h"
#include "base/parallel.h"
#include "check/rdeps.h"
#include "check/targets.h"
#include "solve/verdict_cache.h"

enum side_index {
	SIDE_MAIN,   /* what is reported on; always there */
	SIDE_ALONE,  /* the upstream remotes only */
	SIDE_BEFORE, /* the stack as it was */
	N_SIDES,
};

struct side {
	const struct rel_stack *stack; /* borrowed; NULL = no such side */
	struct rel_universe *universe; /* NULL until built */
	uint8_t *verdicts;	       /* [stack->n_entries] */
	struct rel_verdict_key key;
	bool known; /* are the verdicts valid? */
};

/* Make room for the verdicts and read those that are kept. */
static int side_open(struct side *side,
		     const struct rel_environment *environment,
		     const struct rel_survey_options *options,
		     struct rel_error *err)
{
	uint32_t n = side->stack->n_entries;
	int rc;

	side->verdicts = calloc((size_t)n + 1, 1);
	if (!side->verdicts)
		return rel_fail_nomem(err);
	if (!options->cache_dir)
		return 0;
	rc = rel_verdict_key_of(&side->key, side->stack, environment, err);
	if (!rc)
		side->known = rel_verdict_cache_load(
		    side->verdicts, n, options->cache_dir, &side->key);
	return rc;
}

/* Build the universe of side `index` unless nothing will ask for it. */
static int side_build(struct side sides[N_SIDES], enum side_index index,
		      const struct rel_environment *environment,
		      const struct rel_survey_options *options,
		      struct rel_error *err)
{
	struct side *side = &sides[index];

	/* The verdicts of a known side are only read, unless the main side's
	 * follow from them. */
	if (!side->stack ||
	    (index != SIDE_MAIN && side->known && sides[SIDE_MAIN].known))
		return 0;
	return rel_universe_build(&side->universe, side->stack, environment,
				  options->cancel, err);
}

static void keep(const struct side *side,
		 const struct rel_survey_options *options)
{
	struct rel_error err = {0};
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX];

	if (!options->cache_dir ||
	    rel_verdict_cache_store(side->verdicts, side->stack->n_entries,
				    options->cache_dir, &side->key,
				    &err) == 0 ||
	    !options->warn)
		return;
	rel_error_prefix(&err, "verdicts are not kept");
	rel_error_format(&err, text, sizeof(text));
	options->warn(options->warn_context, text);
}

/* from  a side that is known, or NULL */
static int settle(struct side *side, const struct side *from,
		  const struct rel_survey_options *options,
		  const struct rel_decide_options *decide,
		  struct rel_error *err)
{
	int rc;

	if (side->known)
		return 0;
	if (from)
		rc = rel_decide_from(side->universe, side->verdicts,
				     from->universe, from->verdicts, decide,
				     err);
	else
		rc = rel_decide(side->universe, side->verdicts, decide, err);
	side->known = rc == 0;
	if (!rc)
		keep(side, options);
	return rc;
}

/* Decide what is not known yet, each side from one that is, and keep it; the
 * models of `decide` are of the main side. */
static int settle_sides(struct side sides[N_SIDES],
			const struct rel_survey_options *options,
			const struct rel_decide_options *decide,
			struct rel_error *err)
{
	struct rel_decide_options alike = *decide;
	const struct side *from = NULL;
	int rc = 0;

	for (int i = 0; !from && i < N_SIDES; i++) {
		if (sides[i].known)
			from = &sides[i];
	}
	for (int i = 0; !rc && i < N_SIDES; i++) {
		if (!sides[i].stack)
			continue;
		rc = settle(&sides[i], from, options, &alike, err);
		if (!from)
			from = &sides[i];
		alike.known = NULL;
		alike.found = NULL;
	}
	return rc;
}

static enum rel_compared compared_of(uint8_t verdict)
{
	switch ((enum rel_verdict)verdict) {
	case REL_INSTALLABLE:
		return REL_COMPARED_INSTALLABLE;
	case REL_BROKEN:
		return REL_COMPARED_BROKEN;
	case REL_UNDECIDED:
		return REL_COMPARED_UNDECIDED;
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
	case REL_UNREADABLE:
		break;
	}
	return REL_COMPARED_OTHER;
}

/* How each package of the main side fares in another: *out [n_entries of the
 * main side], enum rel_compared. */
static int compare_sides(uint8_t **out, const struct side sides[N_SIDES],
			 enum side_index index, struct rel_error *err)
{
	const struct rel_universe *u = sides[SIDE_MAIN].universe;
	const struct side *other = &sides[index];
	uint32_t n = rel_universe_size(u);

	*out = calloc((size_t)n + 1, 1);
	if (!*out)
		return rel_fail_nomem(err);
	for (uint32_t v = 0; v < n; v++) {
		uint32_t there = rel_stack_find_version(
		    other->stack, rel_universe_name(u, v),
		    rel_universe_version(u, v));

		(*out)[v] =
		    (uint8_t)(there == UINT32_MAX
				  ? REL_COMPARED_ABSENT
				  : compared_of(other->verdicts[there]));
	}
	return 0;
}

static bool has_changed(const struct rel_survey_result *r)
{
	uint32_t n = rel_universe_size(r->universe);

	for (rel_pkg_id pkg = 0; pkg < n; pkg++) {
		if (r->before[pkg] != REL_COMPARED_ABSENT &&
		    r->before[pkg] != compared_of(r->verdicts[pkg]))
			return true;
	}
	return false;
}

/* selected  [rel_universe_size(u)], 0 or 1, written */
static int select_default(uint8_t *selected, struct rel_universe *u,
			  const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	const struct rel_scope_options scope = {.all = false};
	struct rel_edges edges = {0};
	int rc = rel_universe_edges(&edges, u, 0, cancel, err);

	if (rc)
		return rc;
	rc = rel_scope_select(selected, u, &edges, NULL, &scope, err);
	rel_edges_free(&edges);
	return rc;
}

/*
 * Which packages of the main side were in the default scope before?  Who lost
 * what it needed, because the development remote has it no longer, does not
 * reach that remote any more.  *out [n_entries of the main side] is NULL when
 * nothing fares otherwise than before: then nobody needs to know.
 */
static int find_formerly(uint8_t **out, struct side sides[N_SIDES],
			 const struct rel_survey_result *result,
			 const struct rel_survey_options *options,
			 struct rel_error *err)
{
	const struct rel_universe *u = result->universe;
	struct side *before = &sides[SIDE_BEFORE];
	uint32_t n = rel_universe_size(u), there;
	uint8_t *then = NULL;
	int rc = 0;

	*out = NULL;
	if (!before->stack || !has_changed(result))
		return 0;
	if (!before->universe)
		rc = rel_universe_build(&before->universe, before->stack,
					result->environment, options->cancel,
					err);
	if (rc)
		return rc;
	then = calloc((size_t)before->stack->n_entries + 1, 1);
	*out = calloc((size_t)n + 1, 1);
	if (then && *out)
		rc = select_default(then, before->universe, options->cancel,
				    err);
	else
		rc = rel_fail_nomem(err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < n; pkg++) {
		there = rel_stack_find_version(before->stack,
					       rel_universe_name(u, pkg),
					       rel_universe_version(u, pkg));
		(*out)[pkg] = there != UINT32_MAX && then[there];
	}
	free(then);
	return rc;
}

static void side_free(struct side *side)
{
	rel_universe_free(side->universe);
	free(side->verdicts);
}

/* One environment's result and the stacks it comes from. */
struct work {
	struct rel_survey_result *result;
	struct side sides[N_SIDES];
};

struct survey_run {
	const struct rel_survey_options *options;
	struct work *works;
	/* found in the first of several environments: they prove most of what
	 * is installable in the others */
	struct rel_sat_models models;
};

static int select_scope(struct work *w, const struct rel_survey_options *opt,
			struct rel_error *err)
{
	struct rel_survey_result *r = w->result;
	struct rel_edges edges = {0};
	uint8_t *formerly = NULL;
	int rc = 0;

	r->selected = calloc((size_t)rel_universe_size(r->universe) + 1, 1);
	if (!r->selected)
		return rel_fail_nomem(err);
	if (rel_scope_walks(r->universe->stack, &opt->scope))
		rc = rel_universe_edges(&edges, r->universe, 0, opt->cancel,
					err);
	if (rc)
		return rc;
	if (rel_scope_walks(r->universe->stack, &opt->scope) && r->before)
		rc = find_formerly(&formerly, w->sides, r, opt, err);
	if (!rc)
		rc = rel_scope_select(r->selected, r->universe, &edges,
				      formerly, &opt->scope, err);
	free(formerly);
	rel_edges_free(&edges);
	return rc;
}

/* The main side's universe and verdicts become the result's. */
static int take_sides(struct work *w, struct rel_error *err)
{
	struct rel_survey_result *r = w->result;
	struct side *main = &w->sides[SIDE_MAIN];
	int rc = 0;

	if (w->sides[SIDE_ALONE].stack)
		rc = compare_sides(&r->alone, w->sides, SIDE_ALONE, err);
	if (!rc && w->sides[SIDE_BEFORE].stack)
		rc = compare_sides(&r->before, w->sides, SIDE_BEFORE, err);
	r->universe = main->universe;
	r->verdicts = main->verdicts;
	main->universe = NULL;
	main->verdicts = NULL;
	return rc;
}

/* Is a reason wanted of anything? */
static bool explains(const struct rel_survey_result *r,
		     enum rel_survey_reasons reasons)
{
	uint32_t n = rel_universe_size(r->universe);

	if (reasons != REL_REASONS_NEWS || !r->before)
		return reasons != REL_REASONS_NONE;
	for (uint32_t v = 0; v < n; v++) {
		if (r->selected[v] && r->verdicts[v] == REL_BROKEN &&
		    r->before[v] != REL_COMPARED_BROKEN)
			return true;
	}
	return false;
}

static int run_environment(struct work *w, const struct survey_run *run,
			   const struct rel_decide_options *decide,
			   struct rel_error *err)
{
	const struct rel_survey_options *opt = run->options;
	struct rel_survey_result *r = w->result;
	int rc = settle_sides(w->sides, opt, decide, err);

	if (!rc)
		rc = take_sides(w, err);
	if (!rc)
		rc = select_scope(w, opt, err);
	if (!rc && explains(r, opt->reasons))
		rc = rel_explain(&r->reasons, r->universe, r->verdicts,
				 opt->cancel, err);
	if (!rc && opt->cycles)
		rc = rel_cycles_find(&r->cycles, r->universe, opt->cancel, err);
	return rc;
}

/* Item: an environment after the first. */
static int run_further(void *context, unsigned worker, size_t item,
		       struct rel_error *err)
{
	const struct survey_run *run = context;
	const struct rel_decide_options decide = {
	    .jobs = 1, .cancel = run->options->cancel, .known = &run->models};

	(void)worker;
	return run_environment(&run->works[item + 1], run, &decide, err);
}

static int run_environments(struct survey_run *run, size_t n,
			    struct rel_error *err)
{
	const struct rel_decide_options decide = {
	    .jobs = run->options->jobs,
	    .cancel = run->options->cancel,
	    .found = n > 1 ? &run->models : NULL};
	int rc = run_environment(&run->works[0], run, &decide, err);

	if (!rc)
		rc = rel_parallel(run->options->jobs, n - 1, run_further, run,
				  err);
	rel_sat_models_free(&run->models);
	return rc;
}

/* Items of this and the next: environment × side. */
static int open_side(void *context, unsigned worker, size_t item,
		     struct rel_error *err)
{
	const struct survey_run *run = context;
	struct work *w = &run->works[item / N_SIDES];
	struct side *side = &w->sides[item % N_SIDES];

	(void)worker;
	if (!side->stack)
		return 0;
	return side_open(side, w->result->environment, run->options, err);
}

static int build_side(void *context, unsigned worker, size_t item,
		      struct rel_error *err)
{
	const struct survey_run *run = context;
	struct work *w = &run->works[item / N_SIDES];

	(void)worker;
	return side_build(w->sides, (enum side_index)(item % N_SIDES),
			  w->result->environment, run->options, err);
}

static int run_all(struct survey_run *run, size_t n, struct rel_error *err)
{
	unsigned jobs = run->options->jobs;
	int rc;

	rel_progress(run->options->progress, "resolving dependencies", 0, 0);
	rc = rel_parallel(jobs, n * N_SIDES, open_side, run, err);
	if (!rc)
		rc = rel_parallel(jobs, n * N_SIDES, build_side, run, err);
	if (rc)
		return rc;
	rel_progress(run->options->progress, "deciding", 0, 0);
	return run_environments(run, n, err);
}

static void works_free(struct work *works, size_t n)
{
	for (size_t i = 0; works && i < n; i++) {
		for (size_t k = 0; k < N_SIDES; k++)
			side_free(&works[i].sides[k]);
	}
	free(works);
}

static struct rel_survey *survey_new(const struct rel_survey_options *options)
{
	size_t n = options->n_environments;
	struct rel_survey *survey = calloc(1, sizeof(*survey));

	if (!survey)
		return NULL;
	survey->results = calloc(n, sizeof(*survey->results));
	if (!survey->results) {
		free(survey);
		return NULL;
	}
	survey->n_results = n;
	rel_arena_init(&survey->arena, REL_LIMIT_ARENA);
	for (size_t i = 0; i < n; i++)
		survey->results[i].environment = &options->environments[i];
	return survey;
}

int rel_survey_run(struct rel_survey **out, const struct rel_stack *stack,
		   const struct rel_stack *alone,
		   const struct rel_stack *before,
		   const struct rel_survey_options *options,
		   struct rel_error *err)
{
	size_t n = options->n_environments;
	struct rel_survey *survey = survey_new(options);
	struct survey_run run = {.options = options,
				 .works = calloc(n, sizeof(*run.works))};
	int rc;

	*out = NULL;
	if (survey && run.works) {
		for (size_t i = 0; i < n; i++)
			run.works[i] = (struct work){
			    .result = &survey->results[i],
			    .sides = {[SIDE_MAIN] = {.stack = stack},
				      [SIDE_ALONE] = {.stack = alone},
				      [SIDE_BEFORE] = {.stack = before}}};
		rc = run_all(&run, n, err);
		if (!rc && options->n_targets)
			rc = rel_targets_survey(survey, before, options, err);
	} else {
		rc = rel_fail_nomem(err);
	}
	works_free(run.works, n);
	if (rc)
		rel_survey_free(survey);
	else
		*out = survey;
	return rc;
}

static void result_free(struct rel_survey_result *r)
{
	rel_universe_free(r->universe);
	rel_reasons_free(r->reasons);
	rel_cycles_free(r->cycles);
	free(r->verdicts);
	free(r->selected);
	free(r->alone);
	free(r->before);
}

void rel_survey_free(struct rel_survey *survey)
{
	if (!survey)
		return;
	for (size_t i = 0; i < survey->n_results; i++)
		result_free(&survey->results[i]);
	free(survey->results);
	rel_arena_free(&survey->arena);
	free(survey);
}
