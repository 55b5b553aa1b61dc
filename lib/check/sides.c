#include "check/sides.h"

int rel_side_open(struct rel_side *side,
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

int rel_side_build(struct rel_side sides[REL_N_SIDES],
		   enum rel_side_index index,
		   const struct rel_environment *environment,
		   const struct rel_survey_options *options,
		   struct rel_error *err)
{
	struct rel_side *side = &sides[index];

	/* The verdicts of a known side are only read, unless the main side's
	 * follow from them. */
	if (!side->stack || (index != REL_SIDE_MAIN && side->known &&
			     sides[REL_SIDE_MAIN].known))
		return 0;
	return rel_universe_build(&side->universe, side->stack, environment,
				  options->cancel, err);
}

static void keep(const struct rel_side *side,
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
static int settle(struct rel_side *side, const struct rel_side *from,
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

int rel_sides_settle(struct rel_side sides[REL_N_SIDES],
		     const struct rel_survey_options *options,
		     const struct rel_decide_options *decide,
		     struct rel_error *err)
{
	struct rel_decide_options alike = *decide;
	const struct rel_side *from = NULL;
	int rc = 0;

	for (int i = 0; !from && i < REL_N_SIDES; i++) {
		if (sides[i].known)
			from = &sides[i];
	}
	for (int i = 0; !rc && i < REL_N_SIDES; i++) {
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

int rel_sides_compare(uint8_t **out, const struct rel_side sides[REL_N_SIDES],
		      enum rel_side_index index, struct rel_error *err)
{
	const struct rel_universe *u = sides[REL_SIDE_MAIN].universe;
	const struct rel_side *other = &sides[index];
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

int rel_sides_formerly(uint8_t **out, struct rel_side sides[REL_N_SIDES],
		       const struct rel_survey_result *result,
		       const struct rel_survey_options *options,
		       struct rel_error *err)
{
	const struct rel_universe *u = result->universe;
	struct rel_side *before = &sides[REL_SIDE_BEFORE];
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

void rel_side_free(struct rel_side *side)
{
	rel_universe_free(side->universe);
	free(side->verdicts);
}
