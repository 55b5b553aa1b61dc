#include "check/survey.h"

#include "base/parallel.h"
#include "check/rdeps.h"

/* What one environment needs besides its result while the survey runs. */
struct work {
	struct rel_survey_result *result;
	struct rel_universe *alone, *before;
	uint8_t *alone_verdicts, *before_verdicts;
};

struct survey_run {
	const struct rel_stack *stack, *alone, *before;
	const struct rel_survey_options *options;
	struct work *works;
	unsigned jobs_each; /* threads inside one environment */
};

static uint8_t *bytes(uint32_t n)
{
	return calloc((size_t)n + 1, 1);
}

static int decide_main(const struct survey_run *run, struct work *w,
		       struct rel_error *err)
{
	struct rel_survey_result *r = w->result;
	uint32_t n = rel_universe_size(r->universe);

	r->verdicts = bytes(n);
	r->selected = bytes(n);
	if (!r->verdicts || !r->selected)
		return rel_fail_nomem(err);
	return rel_decide(r->universe, r->verdicts, run->jobs_each,
			  run->options->cancel, NULL, err);
}

static int select_scope(const struct survey_run *run, struct work *w,
			struct rel_error *err)
{
	const struct rel_survey_options *opt = run->options;
	struct rel_survey_result *r = w->result;
	struct rel_edges edges;
	int rc = rel_universe_edges(&edges, r->universe, 0, opt->cancel, err);

	if (rc)
		return rc;
	rc = rel_scope_select(r->selected, r->universe, &edges, &opt->scope,
			      err);
	rel_edges_free(&edges);
	return rc;
}

static enum rel_compared compared_of(uint8_t verdict)
{
	switch ((enum rel_verdict)verdict) {
	case REL_INSTALLABLE:
		return REL_COMPARED_INSTALLABLE;
	case REL_BROKEN:
		return REL_COMPARED_BROKEN;
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
	case REL_UNREADABLE:
		break;
	}
	return REL_COMPARED_OTHER;
}

/* Decide `other` from the main verdicts, and say how each package of the main
 * universe fares there. */
static int compare_with(const struct survey_run *run, struct work *w,
			const struct rel_universe *other,
			uint8_t *other_verdicts, uint8_t *compared,
			struct rel_error *err)
{
	const struct rel_universe *u = w->result->universe;
	int rc =
	    rel_decide_from(other, other_verdicts, u, w->result->verdicts,
			    run->jobs_each, run->options->cancel, NULL, err);

	for (uint32_t v = 0; !rc && v < rel_universe_size(u); v++) {
		rel_pkg_id there = rel_universe_find(
		    other, rel_universe_name(u, v), rel_universe_version(u, v));

		compared[v] =
		    (uint8_t)(there == REL_PKG_NONE
				  ? REL_COMPARED_ABSENT
				  : compared_of(other_verdicts[there]));
	}
	return rc;
}

static int compare_all(const struct survey_run *run, struct work *w,
		       struct rel_error *err)
{
	struct rel_survey_result *r = w->result;
	uint32_t n = rel_universe_size(r->universe);
	int rc = 0;

	if (w->alone) {
		r->alone = bytes(n);
		w->alone_verdicts = bytes(rel_universe_size(w->alone));
		if (!r->alone || !w->alone_verdicts)
			return rel_fail_nomem(err);
		rc = compare_with(run, w, w->alone, w->alone_verdicts, r->alone,
				  err);
	}
	if (!rc && w->before) {
		r->before = bytes(n);
		w->before_verdicts = bytes(rel_universe_size(w->before));
		if (!r->before || !w->before_verdicts)
			return rel_fail_nomem(err);
		rc = compare_with(run, w, w->before, w->before_verdicts,
				  r->before, err);
	}
	return rc;
}

static int run_environment(void *context, unsigned worker, size_t item,
			   struct rel_error *err)
{
	const struct survey_run *run = context;
	const struct rel_survey_options *opt = run->options;
	struct work *w = &run->works[item];
	struct rel_survey_result *r = w->result;
	int rc = decide_main(run, w, err);

	(void)worker;
	if (!rc)
		rc = compare_all(run, w, err);
	if (!rc)
		rc = select_scope(run, w, err);
	if (!rc && opt->reasons)
		rc = rel_explain(&r->reasons, r->universe, r->verdicts,
				 opt->cancel, err);
	if (!rc && opt->cycles)
		rc = rel_cycles_find(&r->cycles, r->universe, opt->cancel, err);
	return rc;
}

/* Items: environment × (main, alone, before). */
static int build_universe(void *context, unsigned worker, size_t item,
			  struct rel_error *err)
{
	const struct survey_run *run = context;
	struct work *w = &run->works[item / 3];
	const struct rel_stack *stacks[] = {run->stack, run->alone,
					    run->before};
	struct rel_universe **outs[] = {&w->result->universe, &w->alone,
					&w->before};

	(void)worker;
	if (!stacks[item % 3])
		return 0;
	return rel_universe_build(outs[item % 3], stacks[item % 3],
				  w->result->environment, run->options->cancel,
				  err);
}

static int run_all(struct survey_run *run, size_t n, struct rel_error *err)
{
	unsigned jobs = run->options->jobs;
	int rc;

	rel_progress(run->options->progress, "resolving dependencies", 0, 0);
	rc = rel_parallel(jobs, n * 3, build_universe, run, err);
	if (rc)
		return rc;
	rel_progress(run->options->progress, "deciding", 0, 0);
	run->jobs_each = n > 1 ? 1 : jobs;
	return rel_parallel(n > 1 ? jobs : 1, n, run_environment, run, err);
}

static void works_free(struct work *works, size_t n)
{
	for (size_t i = 0; works && i < n; i++) {
		rel_universe_free(works[i].alone);
		rel_universe_free(works[i].before);
		free(works[i].alone_verdicts);
		free(works[i].before_verdicts);
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
	struct survey_run run = {.stack = stack,
				 .alone = alone,
				 .before = before,
				 .options = options,
				 .works = calloc(n, sizeof(*run.works))};
	int rc;

	*out = NULL;
	if (survey && run.works) {
		for (size_t i = 0; i < n; i++)
			run.works[i].result = &survey->results[i];
		rc = run_all(&run, n, err);
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
	free(survey);
}
