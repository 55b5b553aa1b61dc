#include "release/cut/gate.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"

int rel_gate_open(struct rel_gate *gate, const struct rel_remote *remotes,
		  size_t n_remotes, const struct rel_remote_options *reading,
		  struct rel_error *err)
{
	const struct rel_stacks_request request = {0};
	int rc;

	memset(gate, 0, sizeof(*gate));
	rel_arena_init(&gate->arena, REL_LIMIT_ARENA);
	rc = rel_stacks_read(&gate->stacks, remotes, n_remotes, &request,
			     reading, err);
	gate->stack = gate->stacks.now;
	return rc;
}

void rel_gate_close(struct rel_gate *gate)
{
	rel_stacks_free(&gate->stacks);
	rel_arena_free(&gate->arena);
	memset(gate, 0, sizeof(*gate));
}

/* One environment's findings, while they are gathered. */
struct gathering {
	struct rel_gate *gate;
	const struct rel_survey_result *result;
	struct rel_gate_finding *items; /* malloc'd */
	uint32_t n, cap;
};

static bool is_fresh(const struct rel_survey_result *r, rel_pkg_id pkg)
{
	return r->universe->stack->entries[pkg].layer == 0;
}

/* "needs b >= 2, newest is 1; …" */
static void reason_text(struct rel_buf *out, const struct rel_survey_result *r,
			rel_pkg_id pkg)
{
	const struct rel_reason *reason =
	    r->reasons ? rel_reason_find(r->reasons, pkg) : NULL;

	for (uint32_t i = 0; reason && i < reason->n_facts; i++) {
		const struct rel_fact *fact =
		    &r->reasons->facts[reason->first_fact + i];
		struct rel_str name, version;

		if (i)
			rel_buf_add_cstr(out, "; ");
		if (fact->package != pkg) {
			name = rel_universe_name(r->universe, fact->package);
			version =
			    rel_universe_version(r->universe, fact->package);
			rel_buf_printf(out, "%.*s.%.*s ", REL_STR_ARG(name),
				       REL_STR_ARG(version));
		}
		rel_fact_sentence(out, r->universe, r->verdicts, fact);
	}
	if (reason && reason->omitted)
		rel_buf_printf(out, "; and %u more facts", reason->omitted);
}

static void problem_text(struct rel_buf *out, const struct rel_survey_result *r,
			 rel_pkg_id pkg)
{
	const struct rel_snapshot *s = rel_universe_snapshot(r->universe, pkg);
	uint32_t problem = rel_universe_package(r->universe, pkg)->problem;

	rel_buf_add_cstr(out, "cannot be read");
	if (problem == UINT32_MAX)
		return;
	rel_buf_add_cstr(out, ": ");
	rel_buf_add_str(out, rel_snapshot_string(s, s->problems[problem].text));
}

static int add(struct gathering *g, rel_pkg_id pkg, struct rel_error *err)
{
	const struct rel_survey_result *r = g->result;
	struct rel_str name = rel_universe_name(r->universe, pkg);
	struct rel_str version = rel_universe_version(r->universe, pkg);
	struct rel_gate_finding *f;
	struct rel_buf text;
	int rc = rel_array_reserve(&g->items, &g->cap, (uint64_t)g->n + 1,
				   sizeof(*g->items));

	if (rc)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_MIB);
	if (r->verdicts[pkg] == REL_BROKEN)
		reason_text(&text, r, pkg);
	else if (r->verdicts[pkg] == REL_UNREADABLE)
		problem_text(&text, r, pkg);
	else if (r->verdicts[pkg] == REL_UNDECIDED)
		rel_undecided_sentence(&text);
	else
		rel_buf_add_cstr(&text, "is available in no environment");
	f = &g->items[g->n];
	f->reason = rel_arena_copy(&g->gate->arena, rel_buf_str(&text));
	rel_buf_clear(&text);
	rel_buf_printf(&text, "%.*s.%.*s", REL_STR_ARG(name),
		       REL_STR_ARG(version));
	f->package = rel_arena_copy(&g->gate->arena, rel_buf_str(&text));
	f->environment =
	    rel_arena_copy(&g->gate->arena, rel_str_of(r->environment->name));
	f->fresh = is_fresh(r, pkg);
	rel_buf_free(&text);
	if (!f->reason || !f->package || !f->environment)
		return rel_fail_nomem(err);
	g->n++;
	return 0;
}

/* What may have been broken by this counts too: nobody has shown that it was
 * not. */
static bool is_bad(const struct rel_survey_result *r, rel_pkg_id pkg)
{
	bool undecided = r->verdicts[pkg] == REL_UNDECIDED;
	bool bad = undecided || r->verdicts[pkg] == REL_BROKEN ||
		   r->verdicts[pkg] == REL_UNREADABLE;

	if (!bad || !r->selected[pkg])
		return false;
	return is_fresh(r, pkg) || r->before[pkg] == REL_COMPARED_INSTALLABLE ||
	       (!undecided && r->before[pkg] == REL_COMPARED_UNDECIDED);
}

static int gather(struct gathering *g, struct rel_error *err)
{
	const struct rel_survey_result *r = g->result;
	uint32_t n = rel_universe_size(r->universe);
	bool installable = true;
	int rc = 0;

	for (rel_pkg_id pkg = 0; rc == 0 && pkg < n; pkg++) {
		g->gate->n_checked += r->selected[pkg];
		if (is_bad(r, pkg))
			rc = add(g, pkg, err);
		if (is_fresh(r, pkg) && r->verdicts[pkg] != REL_INSTALLABLE)
			installable = false;
	}
	g->gate->n_installable += installable;
	return rc;
}

/* Where no environment has all of them, those that are unavailable in the
 * last one are what is wrong. */
static int gather_unavailable(struct gathering *g, struct rel_error *err)
{
	const struct rel_survey_result *r = g->result;
	uint32_t n = rel_universe_size(r->universe);
	int rc = 0;

	for (rel_pkg_id pkg = 0; rc == 0 && pkg < n; pkg++) {
		if (is_fresh(r, pkg) && (r->verdicts[pkg] == REL_UNAVAILABLE ||
					 r->verdicts[pkg] == REL_PINNED_OUT))
			rc = add(g, pkg, err);
	}
	return rc;
}

static int findings(struct rel_gate *gate, const struct rel_survey *survey,
		    struct rel_error *err)
{
	struct gathering g = {.gate = gate};
	int rc = 0;

	gate->n_checked = 0;
	gate->n_installable = 0;
	for (size_t i = 0; rc == 0 && i < survey->n_results; i++) {
		g.result = &survey->results[i];
		rc = gather(&g, err);
	}
	if (rc == 0 && gate->n_installable == 0 && g.result)
		rc = gather_unavailable(&g, err);
	gate->findings =
	    rel_arena_array(&gate->arena, (size_t)g.n + 1, sizeof(*g.items));
	if (rc == 0 && !gate->findings)
		rc = rel_fail_nomem(err);
	gate->n_findings = rc == 0 ? g.n : 0;
	if (rc == 0 && g.n)
		memcpy(gate->findings, g.items, g.n * sizeof(*g.items));
	free(g.items);
	return rc;
}

static int survey_stacks(struct rel_gate *gate, const struct rel_stack *after,
			 const struct rel_survey_options *options,
			 struct rel_error *err)
{
	struct rel_survey_options opt = *options;
	struct rel_survey *survey = NULL;
	int rc;

	opt.scope = (struct rel_scope_options){.all = false};
	opt.cycles = false;
	opt.reasons = REL_REASONS_NEWS;
	rc = rel_survey_run(&survey, after, NULL, gate->stack, &opt, err);
	if (rc == 0)
		rc = findings(gate, survey, err);
	rel_survey_free(survey);
	return rc;
}

int rel_gate_check(struct rel_gate *gate,
		   const struct rel_loose_manifest *manifests,
		   size_t n_manifests, const struct rel_survey_options *options,
		   struct rel_error *err)
{
	struct rel_overlay overlay = {.name = "release", .text = "the release"};
	struct rel_snapshot *snapshot = NULL;
	struct rel_stack *after = NULL;
	int rc = rel_remote_read_texts(&snapshot, manifests, n_manifests, err);

	overlay.manifests = snapshot;
	if (rc == 0)
		rc = rel_stacks_simulate(&after, &gate->stacks, &overlay, err);
	if (rc == 0)
		rc = survey_stacks(gate, after, options, err);
	rel_stack_free(after);
	rel_snapshot_free(snapshot);
	return rc;
}
