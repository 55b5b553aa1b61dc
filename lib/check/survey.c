#include "check/survey.h"

#include "base/limits.h"
#include "base/parallel.h"
#include "check/rdeps.h"
#include "check/sides.h"
#include "check/targets.h"

/* One environment's result and the stacks it comes from. */
struct work {
	struct rel_survey_result *result;
	struct rel_side sides[REL_N_SIDES];
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
		rc = rel_sides_formerly(&formerly, w->sides, r, opt, err);
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
	struct rel_side *main = &w->sides[REL_SIDE_MAIN];
	int rc = 0;

	if (w->sides[REL_SIDE_ALONE].stack)
		rc =
		    rel_sides_compare(&r->alone, w->sides, REL_SIDE_ALONE, err);
	if (!rc && w->sides[REL_SIDE_BEFORE].stack)
		rc = rel_sides_compare(&r->before, w->sides, REL_SIDE_BEFORE,
				       err);
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
	int rc = rel_sides_settle(w->sides, opt, decide, err);

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
	struct work *w = &run->works[item / REL_N_SIDES];
	struct rel_side *side = &w->sides[item % REL_N_SIDES];

	(void)worker;
	if (!side->stack)
		return 0;
	return rel_side_open(side, w->result->environment, run->options, err);
}

static int build_side(void *context, unsigned worker, size_t item,
		      struct rel_error *err)
{
	const struct survey_run *run = context;
	struct work *w = &run->works[item / REL_N_SIDES];

	(void)worker;
	return rel_side_build(w->sides,
			      (enum rel_side_index)(item % REL_N_SIDES),
			      w->result->environment, run->options, err);
}

static int run_all(struct survey_run *run, size_t n, struct rel_error *err)
{
	unsigned jobs = run->options->jobs;
	int rc;

	rel_progress(run->options->progress, "resolving dependencies", 0, 0);
	rc = rel_parallel(jobs, n * REL_N_SIDES, open_side, run, err);
	if (!rc)
		rc = rel_parallel(jobs, n * REL_N_SIDES, build_side, run, err);
	if (rc)
		return rc;
	rel_progress(run->options->progress, "deciding", 0, 0);
	return run_environments(run, n, err);
}

static void works_free(struct work *works, size_t n)
{
	for (size_t i = 0; works && i < n; i++) {
		for (size_t k = 0; k < REL_N_SIDES; k++)
			rel_side_free(&works[i].sides[k]);
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
			    .sides = {[REL_SIDE_MAIN] = {.stack = stack},
				      [REL_SIDE_ALONE] = {.stack = alone},
				      [REL_SIDE_BEFORE] = {.stack = before}}};
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
