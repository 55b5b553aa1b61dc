#include "check/targets.h"

#include "base/array.h"
#include "base/limits.h"
#include "check/rdeps.h"

/* A target in one universe. */
struct asking {
	const struct rel_target *target;
	struct rel_universe *u;
	struct rel_goal *goals; /* [n_packages] */
	rel_pkg_id *packages;	/* of all goals */
	uint32_t cap;
	struct rel_texts texts;
	struct rel_target_result *out;
};

/* What each package of the target may be. */
static int find_goals(struct asking *a, struct rel_error *err)
{
	uint32_t size = rel_universe_size(a->u), n = 0;
	uint8_t *marks = calloc((size_t)size + 1, 1);
	uint32_t *ends = calloc(a->target->n_packages + 1, sizeof(*ends));
	int rc = marks && ends ? 0 : rel_fail_nomem(err);

	for (size_t i = 0; !rc && i < a->target->n_packages; i++) {
		memset(marks, 0, size);
		rc =
		    rel_packages_mark(marks, a->u, a->target->packages[i], err);
		/* in a file it is no slip of the command line */
		if (rc && a->target->file) {
			rel_error_at(err, a->target->file,
				     a->target->places[i].line,
				     a->target->places[i].column);
			rc = REL_EPARSE;
			err->code = REL_EPARSE;
		}
		for (rel_pkg_id v = 0; !rc && v < size; v++) {
			if (!marks[v])
				continue;
			if (rel_array_reserve(&a->packages, &a->cap,
					      (uint64_t)n + 1,
					      sizeof(*a->packages)))
				rc = rel_fail_nomem(err);
			else
				a->packages[n++] = v;
		}
		if (!rc)
			ends[i] = n;
	}
	for (size_t i = 0; !rc && i < a->target->n_packages; i++) {
		uint32_t begin = i ? ends[i - 1] : 0;

		a->goals[i] =
		    (struct rel_goal){a->packages + begin, ends[i] - begin};
	}
	free(marks);
	free(ends);
	return rc;
}

/* The packages of the target at these places, as they were asked for. */
static int name_goals(const struct asking *a, const char *const **out,
		      size_t *n_out, const uint32_t *goals, uint32_t n)
{
	const char **names =
	    rel_arena_array(a->texts.arena, (size_t)n + 1, sizeof(*names));

	for (uint32_t i = 0; names && i < n; i++)
		names[i] = a->target->packages[goals[i]];
	*out = names;
	*n_out = n;
	return names ? 0 : REL_ENOMEM;
}

/* What of the target is not in its largest part. */
static int name_rest(const struct asking *a, const struct rel_together *t)
{
	size_t n = a->target->n_packages;
	const char **rest =
	    rel_arena_array(a->texts.arena, n + 1, sizeof(*rest));
	uint32_t at = 0;

	if (!rest)
		return REL_ENOMEM;
	a->out->rest = rest;
	for (uint32_t i = 0; i < n; i++) {
		if (at < t->n_part && t->part[at] == i)
			at++;
		else
			rest[a->out->n_rest++] = a->target->packages[i];
	}
	return 0;
}

static int name_versions(struct asking *a, const struct rel_together *t)
{
	const char **names = rel_arena_array(
	    a->texts.arena, (size_t)t->n_packages + 1, sizeof(*names));

	if (!names)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < t->n_packages; i++) {
		names[i] = rel_texts_package(&a->texts, a->u, t->packages[i]);
		if (!names[i])
			return REL_ENOMEM;
	}
	a->out->versions = names;
	a->out->n_versions = t->n_packages;
	return 0;
}

/* Do the facts say the same of two versions of one name? */
static bool alike(const struct rel_universe *u, const struct rel_fact *x,
		  const struct rel_fact *y)
{
	const struct rel_sat_problem *p = &u->problem;

	if (x->kind != y->kind ||
	    p->var_group[x->package] != p->var_group[y->package])
		return false;
	if (x->kind == REL_FACT_NEEDS || x->kind == REL_FACT_CLASS)
		return p->needs[x->index] == p->needs[y->index];
	if (x->kind == REL_FACT_CONFLICTS)
		return p->conflicts[x->index] == p->conflicts[y->index];
	return true;
}

static int find_alike(const struct asking *a, const struct rel_together *t)
{
	uint32_t *like = rel_arena_array(a->texts.arena, a->out->n_reason + 1,
					 sizeof(*like));

	if (!like)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < a->out->n_reason; i++) {
		like[i] = i;
		for (uint32_t k = 0; i < t->n_facts && k < i; k++) {
			if (!alike(a->u, &t->facts[k], &t->facts[i]))
				continue;
			like[i] = k;
			break;
		}
	}
	a->out->like = like;
	return 0;
}

/* All that is ready counts as installable here: what is broken is explained by
 * facts that follow. */
static int write_reason(struct asking *a, const struct rel_together *t)
{
	struct rel_reasons reasons = {.facts = t->facts, .n_facts = t->n_facts};
	struct rel_survey_result r = {.environment = a->u->environment,
				      .universe = a->u,
				      .reasons = &reasons};
	struct rel_fact_span span = {.count = t->n_facts, .whole = t->whole};
	int rc;

	if (span.count > REL_LIMIT_REASON_CORE) {
		span.omitted = span.count - REL_LIMIT_REASON_CORE;
		span.count = REL_LIMIT_REASON_CORE;
	}
	r.verdicts = calloc((size_t)a->u->n_packages + 1, 1);
	if (!r.verdicts)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < a->u->n_packages; v++) {
		if (a->u->state[v] == REL_PACKAGE_UNAVAILABLE)
			r.verdicts[v] = REL_UNAVAILABLE;
		else if (a->u->state[v] == REL_PACKAGE_UNREADABLE)
			r.verdicts[v] = REL_UNREADABLE;
		else
			r.verdicts[v] = REL_INSTALLABLE;
	}
	rc = rel_facts_of_span(&a->out->reason, &a->out->n_reason, &a->texts,
			       &r, &span);
	free(r.verdicts);
	return rc ? rc : find_alike(a, t);
}

/* The compiler that the environment pins is no fact of a package. */
static int add_pin(struct asking *a)
{
	struct rel_target_result *out = a->out;
	struct rel_fact_text *facts =
	    rel_arena_array(a->texts.arena, out->n_reason + 1, sizeof(*facts));
	uint32_t *like =
	    rel_arena_array(a->texts.arena, out->n_reason + 1, sizeof(*like));
	struct rel_fact_text pin = {
	    .package = "", .field = "", .remote = "", .file = ""};

	if (!facts || !like)
		return REL_ENOMEM;
	rel_buf_printf(&a->texts.work, "ocaml %s", a->u->environment->ocaml);
	pin.text = rel_texts_keep(&a->texts);
	rel_buf_printf(&a->texts.work, "the environment pins ocaml %s",
		       a->u->environment->ocaml);
	pin.sentence = rel_texts_keep(&a->texts);
	if (!pin.text || !pin.sentence)
		return REL_ENOMEM;
	if (out->n_reason) {
		memcpy(facts, out->reason, out->n_reason * sizeof(*facts));
		memcpy(like, out->like, out->n_reason * sizeof(*like));
	}
	facts[out->n_reason] = pin;
	like[out->n_reason] = (uint32_t)out->n_reason;
	out->reason = facts;
	out->like = like;
	out->n_reason++;
	return 0;
}

static int write_result(struct asking *a, const struct rel_together *t)
{
	struct rel_target_result *out = a->out;
	int rc = name_versions(a, t);

	out->status = t->status;
	out->part_is_largest = t->part_is_largest;
	if (rc || t->status == REL_SAT_YES)
		return rc;
	rc = name_goals(a, &out->clash, &out->n_clash, t->clash, t->n_clash);
	if (!rc)
		rc =
		    name_goals(a, &out->part, &out->n_part, t->part, t->n_part);
	if (!rc)
		rc = name_rest(a, t);
	if (!rc)
		rc = write_reason(a, t);
	if (!rc && t->pin_clashes)
		rc = add_pin(a);
	return rc;
}

int rel_target_check(struct rel_target_result *out,
		     const struct rel_target *target,
		     struct rel_universe *universe, struct rel_arena *arena,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	struct asking a = {.target = target, .u = universe, .out = out};
	struct rel_together together = {0};
	int rc;

	*out = (struct rel_target_result){.target = target,
					  .environment = universe->environment};
	rel_texts_init(&a.texts, arena);
	a.goals = calloc(target->n_packages + 1, sizeof(*a.goals));
	rc = a.goals ? find_goals(&a, err) : rel_fail_nomem(err);
	if (!rc)
		rc =
		    rel_together_ask(&together, universe, a.goals,
				     (uint32_t)target->n_packages, cancel, err);
	if (!rc && write_result(&a, &together))
		rc = rel_fail_nomem(err);
	rel_together_free(&together);
	rel_texts_free(&a.texts);
	free(a.goals);
	free(a.packages);
	return rc;
}

int rel_targets_check(const struct rel_target_result **out, size_t *n_out,
		      const struct rel_target *targets, size_t n_targets,
		      const struct rel_stack *stack,
		      const struct rel_environment *environments,
		      size_t n_environments, struct rel_arena *arena,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	size_t n = n_targets * n_environments;
	struct rel_target_result *results =
	    rel_arena_array(arena, n + 1, sizeof(*results));
	int rc = results ? 0 : rel_fail_nomem(err);

	for (size_t e = 0; !rc && e < n_environments; e++) {
		struct rel_universe *u = NULL;

		rc = rel_universe_build(&u, stack, &environments[e], cancel,
					err);
		for (size_t t = 0; !rc && t < n_targets; t++)
			rc = rel_target_check(&results[t * n_environments + e],
					      &targets[t], u, arena, cancel,
					      err);
		rel_universe_free(u);
	}
	*out = results;
	*n_out = rc ? 0 : n;
	return rc;
}

/* How was it in the stack before?  A name that was not there was not
 * installable. */
static int compare_before(struct rel_target_result *r,
			  const struct rel_stack *before,
			  struct rel_arena *arena,
			  const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	struct rel_target_result then = {0};
	struct rel_universe *u = NULL;
	int rc = rel_universe_build(&u, before, r->environment, cancel, err);

	if (!rc)
		rc = rel_target_check(&then, r->target, u, arena, cancel, err);
	rel_universe_free(u);
	if (rc == REL_EPARSE) {
		*err = (struct rel_error){0};
		then.status = REL_SAT_NO;
		rc = 0;
	}
	r->before = then.status;
	return rc;
}

int rel_targets_survey(struct rel_survey *survey,
		       const struct rel_stack *before,
		       const struct rel_survey_options *options,
		       struct rel_error *err)
{
	size_t n_env = survey->n_results, n = options->n_targets * n_env;
	struct rel_target_result *results =
	    rel_arena_array(&survey->arena, n + 1, sizeof(*results));
	int rc = results ? 0 : rel_fail_nomem(err);

	for (size_t i = 0; !rc && i < n; i++) {
		struct rel_target_result *r = &results[i];

		rc = rel_target_check(r, &options->targets[i / n_env],
				      survey->results[i % n_env].universe,
				      &survey->arena, options->cancel, err);
		if (!rc && before && r->status != REL_SAT_YES)
			rc = compare_before(r, before, &survey->arena,
					    options->cancel, err);
	}
	survey->targets = results;
	survey->n_targets = rc ? 0 : n;
	return rc;
}

int rel_targets_of(const struct rel_target **out, const struct rel_conf *conf,
		   struct rel_arena *arena, struct rel_error *err)
{
	struct rel_target *targets =
	    rel_arena_array(arena, conf->n_targets + 1, sizeof(*targets));

	if (!targets)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < conf->n_targets; i++) {
		const struct rel_conf_target *t = &conf->targets[i];

		targets[i] = (struct rel_target){.packages = t->packages,
						 .n_packages = t->n_packages,
						 .file = conf->path,
						 .line = t->line,
						 .places = t->places};
	}
	*out = targets;
	return 0;
}

const char *rel_target_file(const struct rel_target *target)
{
	const char *slash = strrchr(target->file, '/');

	return slash ? slash + 1 : target->file;
}

void rel_target_name_add(struct rel_buf *out, const struct rel_target *target)
{
	for (size_t i = 0; i < target->n_packages; i++) {
		if (i > 0)
			rel_buf_add_cstr(
			    out, i + 1 == target->n_packages ? " and " : ", ");
		rel_buf_add_cstr(out, target->packages[i]);
	}
}

/* Facts that one line has. */
#define FACTS_SHOWN 6

void rel_target_reason_add(struct rel_buf *out,
			   const struct rel_target_result *r)
{
	size_t shown = 0, more = 0;

	rel_buf_add_cstr(out, r->status == REL_SAT_UNKNOWN
				  ? "may not be installable"
				  : "cannot be installed");
	if (r->target->n_packages > 1)
		rel_buf_add_cstr(out, " together");
	for (size_t i = 0; i < r->n_reason; i++) {
		const struct rel_fact_text *fact = &r->reason[i];

		if (r->like[i] != i)
			continue;
		if (shown == FACTS_SHOWN) {
			more++;
			continue;
		}
		rel_buf_add_cstr(out, shown++ ? "; " : ": ");
		rel_buf_add_cstr(out, fact->package);
		rel_buf_add_cstr(out, fact->package[0] ? " " : "");
		rel_buf_add_cstr(out, rel_fact_says(fact));
	}
	if (more)
		rel_buf_printf(out, "; and %zu more facts", more);
	for (size_t i = 0; i < r->n_rest && r->n_part; i++) {
		rel_buf_add_cstr(out, i ? ", " : "; installable without ");
		rel_buf_add_cstr(out, r->rest[i]);
	}
}
