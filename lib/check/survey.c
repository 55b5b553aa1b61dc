#include "check/survey.h"

#include "base/parallel.h"
#include "check/rdeps.h"
#include "solve/verdict_cache.h"

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

/* A universe with its verdicts, which may be known already. */
struct side {
	const struct rel_universe *universe; /* NULL = no such side */
	uint8_t *verdicts;
	struct rel_verdict_key key;
	bool known;
};

/* Ask the cache. */
static int look_up(const struct survey_run *run, struct side *side,
		   struct rel_error *err)
{
	const char *cache_dir = run->options->cache_dir;
	uint32_t n = rel_universe_size(side->universe);
	int rc;

	if (!cache_dir)
		return 0;
	rc = rel_verdict_key_of(&side->key, side->universe, err);
	if (!rc)
		side->known = rel_verdict_cache_load(side->verdicts, n,
						     cache_dir, &side->key);
	return rc;
}

static void keep(const struct survey_run *run, const struct side *side)
{
	const struct rel_survey_options *opt = run->options;
	struct rel_error err = {0};
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX];

	if (!opt->cache_dir ||
	    rel_verdict_cache_store(side->verdicts,
				    rel_universe_size(side->universe),
				    opt->cache_dir, &side->key, &err) == 0 ||
	    !opt->warn)
		return;
	rel_error_prefix(&err, "verdicts are not kept");
	rel_error_format(&err, text, sizeof(text));
	opt->warn(opt->warn_context, text);
}

/* Decide what the cache did not know, starting from a side that is known. */
static int settle(const struct survey_run *run, struct side *side,
		  const struct side *from, struct rel_error *err)
{
	const struct rel_cancel *cancel = run->options->cancel;
	int rc;

	if (side->known)
		return 0;
	if (from)
		rc = rel_decide_from(side->universe, side->verdicts,
				     from->universe, from->verdicts,
				     run->jobs_each, cancel, NULL, err);
	else
		rc = rel_decide(side->universe, side->verdicts, run->jobs_each,
				cancel, NULL, err);
	side->known = rc == 0;
	if (!rc)
		keep(run, side);
	return rc;
}

static int select_scope(const struct survey_run *run, struct work *w,
			struct rel_error *err)
{
	const struct rel_survey_options *opt = run->options;
	struct rel_survey_result *r = w->result;
	struct rel_edges edges = {0};
	int rc = 0;

	if (rel_scope_walks(run->stack, &opt->scope))
		rc = rel_universe_edges(&edges, r->universe, 0, opt->cancel,
					err);
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

/* Say how each package of the main universe fares in the other one. */
static uint8_t *compare_with(const struct rel_universe *u,
			     const struct side *other)
{
	uint32_t n = rel_universe_size(u);
	uint8_t *compared = bytes(n);

	for (uint32_t v = 0; compared && v < n; v++) {
		rel_pkg_id there =
		    rel_universe_find(other->universe, rel_universe_name(u, v),
				      rel_universe_version(u, v));

		compared[v] =
		    (uint8_t)(there == REL_PKG_NONE
				  ? REL_COMPARED_ABSENT
				  : compared_of(other->verdicts[there]));
	}
	return compared;
}

/* Index into the sides of one environment. */
enum {
	MAIN,
	ALONE,
	BEFORE,
	N_SIDES,
};

static int settle_sides(const struct survey_run *run, struct side *sides,
			struct rel_error *err)
{
	const struct side *start = NULL;
	int rc = 0;

	for (int i = 0; !rc && i < N_SIDES; i++) {
		if (!sides[i].universe)
			continue;
		rc = look_up(run, &sides[i], err);
		if (sides[i].known && !start)
			start = &sides[i];
	}
	for (int i = 0; !rc && i < N_SIDES; i++) {
		if (!sides[i].universe)
			continue;
		rc = settle(run, &sides[i], start, err);
		if (!start)
			start = &sides[i];
	}
	return rc;
}

static int decide_all(const struct survey_run *run, struct work *w,
		      struct rel_error *err)
{
	struct rel_survey_result *r = w->result;
	uint32_t n = rel_universe_size(r->universe);
	struct side sides[N_SIDES] = {
	    [MAIN] = {.universe = r->universe, .verdicts = bytes(n)},
	    [ALONE] = {.universe = w->alone},
	    [BEFORE] = {.universe = w->before},
	};
	int rc;

	r->verdicts = sides[MAIN].verdicts;
	r->selected = bytes(n);
	if (w->alone)
		w->alone_verdicts = sides[ALONE].verdicts =
		    bytes(rel_universe_size(w->alone));
	if (w->before)
		w->before_verdicts = sides[BEFORE].verdicts =
		    bytes(rel_universe_size(w->before));
	if (!r->verdicts || !r->selected || (w->alone && !w->alone_verdicts) ||
	    (w->before && !w->before_verdicts))
		return rel_fail_nomem(err);
	rc = settle_sides(run, sides, err);
	if (rc)
		return rc;
	if (w->alone)
		r->alone = compare_with(r->universe, &sides[ALONE]);
	if (w->before)
		r->before = compare_with(r->universe, &sides[BEFORE]);
	if ((w->alone && !r->alone) || (w->before && !r->before))
		return rel_fail_nomem(err);
	return 0;
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

static int run_environment(void *context, unsigned worker, size_t item,
			   struct rel_error *err)
{
	const struct survey_run *run = context;
	const struct rel_survey_options *opt = run->options;
	struct work *w = &run->works[item];
	struct rel_survey_result *r = w->result;
	int rc = decide_all(run, w, err);

	(void)worker;
	if (!rc)
		rc = select_scope(run, w, err);
	if (!rc && explains(r, opt->reasons))
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
