/* What a release must pass: its manifests are right, and nothing breaks. */
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "check/targets.h"
#include "opam/lint.h"
#include "opam/tree.h"
#include "release/cut/cut_private.h"
#include "release/source/stale.h"

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

static int add(struct gathering *g, rel_pkg_id pkg, struct rel_error *err)
{
	const struct rel_survey_result *r = g->result;
	const struct rel_fact_text *facts = NULL;
	struct rel_gate_finding *f;
	struct rel_texts texts;
	size_t n = 0;
	int rc = rel_array_reserve(&g->items, &g->cap, (uint64_t)g->n + 1,
				   sizeof(*g->items));

	if (rc)
		return rel_fail_nomem(err);
	f = &g->items[g->n];
	rel_texts_init(&texts, &g->gate->arena);
	f->package = rel_texts_package(&texts, r->universe, pkg);
	f->reason = NULL;
	if (f->package && !rel_facts_of(&facts, &n, &texts, r, pkg)) {
		if (r->verdicts[pkg] == REL_UNREADABLE)
			rel_buf_add_cstr(&texts.work, "cannot be read: ");
		else if (r->verdicts[pkg] == REL_UNAVAILABLE ||
			 r->verdicts[pkg] == REL_PINNED_OUT)
			rel_buf_add_cstr(&texts.work,
					 "is available in no environment: ");
		rel_facts_add(&texts.work, facts, n, f->package);
		f->reason = rel_texts_keep(&texts);
	}
	rel_texts_free(&texts);
	f->environment =
	    rel_arena_copy(&g->gate->arena, rel_str_of(r->environment->name));
	f->fresh = is_fresh(r, pkg);
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

/* A target that this makes uninstallable. */
static int add_target(struct gathering *g, const struct rel_target_result *r,
		      struct rel_error *err)
{
	struct rel_gate_finding *f;
	struct rel_texts texts;

	if (!rel_target_is_finding(r))
		return 0;
	if (rel_array_reserve(&g->items, &g->cap, (uint64_t)g->n + 1,
			      sizeof(*g->items)))
		return rel_fail_nomem(err);
	f = &g->items[g->n];
	rel_texts_init(&texts, &g->gate->arena);
	rel_target_name_add(&texts.work, r->target);
	f->package = rel_texts_keep(&texts);
	rel_target_reason_add(&texts.work, r);
	rel_buf_printf(&texts.work, " (target of %s:%u)",
		       rel_target_file(r->target), (unsigned)r->target->line);
	f->reason = rel_texts_keep(&texts);
	rel_texts_free(&texts);
	f->environment =
	    rel_arena_copy(&g->gate->arena, rel_str_of(r->environment->name));
	f->fresh = false;
	if (!f->reason || !f->package || !f->environment)
		return rel_fail_nomem(err);
	g->n++;
	return 0;
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
	for (size_t i = 0; rc == 0 && i < survey->n_targets; i++)
		rc = add_target(&g, &survey->targets[i], err);
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

int rel_cut_need_gate(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;

	if (cut->gate.stack)
		return 0;
	return rel_gate_open(&cut->gate, opt->remotes, opt->n_remotes,
			     opt->reading, err);
}

/* "a.1, b.2 and 3 more", of what the gate found. */
static int take_broken(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_gate *gate = &cut->gate;
	struct rel_buf text;

	rel_buf_init(&text, REL_MIB);
	for (size_t i = 0; i < gate->n_findings && i < 10; i++)
		rel_buf_printf(&text, "%s%s (%s)", i ? ", " : "",
			       gate->findings[i].package,
			       gate->findings[i].environment);
	if (gate->n_findings > 10)
		rel_buf_printf(&text, " and %zu more", gate->n_findings - 10);
	cut->plan.broken = rel_arena_copy(&cut->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return cut->plan.broken ? 0 : rel_fail_nomem(err);
}

static int check_chosen(struct rel_cut *cut, struct rel_error *err)
{
	size_t n = cut->n_below + cut->n_chosen;
	struct rel_loose_manifest *all = calloc(n + 1, sizeof(*all));
	int rc;

	if (!all)
		return rel_fail_nomem(err);
	if (cut->n_below)
		memcpy(all, cut->below, cut->n_below * sizeof(*all));
	for (size_t i = 0; i < cut->n_chosen; i++)
		all[cut->n_below + i] = (struct rel_loose_manifest){
		    .name = cut->manifests[i].name,
		    .version = rel_str_of(cut->plan.version),
		    .text = cut->manifests[i].text,
		    .path = rel_str_of(cut->manifests[i].path)};
	rc = rel_gate_check(&cut->gate, all, n, &cut->options->survey, err);
	free(all);
	return rc;
}

int rel_cut_gate(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_gate *gate = &cut->gate;
	bool allow = cut->plan.allow_broken;
	int rc = cut->manifests ? 0 : rel_cut_plan_manifests(cut, err);

	if (rc == 0)
		rc = check_chosen(cut, err);
	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < gate->n_findings; i++) {
		struct rel_cut_finding f = {
		    .severity = allow ? REL_CUT_ALLOWED : REL_CUT_ERROR,
		    .package = gate->findings[i].package,
		    .environment = gate->findings[i].environment,
		    .text = gate->findings[i].reason};

		rc = rel_cut_add_finding(cut, &f, err);
	}
	if (rc == 0 && allow)
		rc = take_broken(cut, err);
	cut->plan.tip = rel_cut_text(cut, "%s", rel_writable_tip(cut->remote));
	if (rc == 0 && !cut->plan.tip)
		rc = rel_fail_nomem(err);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     gate->n_findings
				 ? "%zu versions checked, %zu would be broken"
				 : "%zu versions checked, nothing newly broken",
			     gate->n_checked, gate->n_findings);
	return rc;
}

static bool is_dune(struct rel_str word)
{
	return rel_str_is(word, "dune") || rel_str_is(word, "jbuilder");
}

/* As in "dune" "install", "cp" "src/foo.install" ".", and what dune itself
 * writes; not "@install". */
static bool installs(struct rel_str word)
{
	return rel_str_is(word, "install") ||
	       rel_str_is(word, "--create-install-files") ||
	       rel_str_ends(word, REL_STR(".install"));
}

/* Is one of the strings, nested as they are, from `id` on? */
static bool has_word(const struct rel_opam_tree *tree, rel_node_id id,
		     bool (*is)(struct rel_str word))
{
	for (; id != REL_NODE_NONE; id = tree->nodes[id].next) {
		const struct rel_node *node = &tree->nodes[id];

		if (node->kind == REL_NODE_STRING
			? is(node->text)
			: has_word(tree, node->child, is))
			return true;
	}
	return false;
}

/*
 * opam runs a package's commands at the top of the archive, and looks for
 * PKG.install there.  dune puts it beside the opam file: where that is deeper
 * down, nothing would be installed.
 * Source  dune(1), --promote-install-files; opam src/client/opamAction.ml
 */
static int check_place(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	const struct rel_project_package *p =
	    &cut->project->packages[cut->chosen[i]];
	struct rel_str place = rel_project_place(p);
	char *file;
	struct rel_git_entry entry;
	struct rel_opam_tree tree;
	rel_node_id build;
	int rc = 0;

	if (place.len == 0)
		return 0;
	file = rel_cut_text(cut, "%s.install", p->name.ptr);
	if (!file)
		return rel_fail_nomem(err);
	rc = rel_git_tree_find(&entry, cut->project->store, &cut->project->tree,
			       rel_str_of(file), err);
	if (rc != REL_ENOTFOUND)
		return rc;
	rc = rel_opam_parse(&tree, &cut->arena, p->text, p->path.ptr, err);
	if (rc)
		return rc;
	build = rel_opam_field(&tree, tree.items, "build");
	if (build == REL_NODE_NONE ||
	    rel_opam_field(&tree, tree.items, "install") != REL_NODE_NONE ||
	    !has_word(&tree, tree.nodes[build].child, is_dune) ||
	    has_word(&tree, tree.nodes[build].child, installs))
		return 0;
	return rel_cut_find(
	    cut, REL_CUT_ERROR, p->path.ptr, tree.nodes[build].line, err,
	    "nothing would be installed: opam looks for %s.install at the top "
	    "of the archive, but dune puts it into %.*s; move %s.opam to the "
	    "top of the source, or write an install: command",
	    p->name.ptr, REL_STR_ARG(place), p->name.ptr);
}

int rel_cut_judge_places(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = check_place(cut, i, err);
	return rc;
}

static int file_matches(void *context, uint32_t file, struct rel_str checksum,
			struct rel_error *err)
{
	const struct rel_cut_files *files = context;
	struct rel_digest wanted, found;
	struct rel_error why = {0};
	int rc;

	if (rel_digest_parse(&wanted, checksum, &why) != 0)
		return 0;
	rc =
	    rel_digest_of(&found, wanted.algo, files->items[file].content, err);
	return rc ? rc : rel_digest_cmp(&wanted, &found) == 0;
}

/* opam lint of manifest `i` with its files. */
static int lint(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	const struct rel_project_package *p =
	    &cut->project->packages[cut->chosen[i]];
	struct rel_cut_manifest *m = &cut->manifests[i];
	struct rel_lint_file *files =
	    rel_arena_array(&cut->arena, m->files.count + 1, sizeof(*files));
	struct rel_lint_options options = {.series = REL_LINT_NEWEST,
					   .name = p->name,
					   .version =
					       rel_str_of(cut->plan.version),
					   .knows_files = !m->files.wrong,
					   .files = files,
					   .n_files = (uint32_t)m->files.count,
					   .file_matches = file_matches,
					   .context = &m->files};
	struct rel_lint_findings findings;
	int rc;

	if (!files)
		return rel_fail_nomem(err);
	for (size_t k = 0; k < m->files.count; k++)
		files[k].name = m->files.items[k].name;
	rc = rel_lint_manifest(&findings, m->text, p->path.ptr, &options,
			       &cut->arena, err);
	for (uint32_t k = 0; rc == 0 && k < findings.count; k++) {
		const struct rel_lint_finding *f = &findings.items[k];
		if (f->severity == REL_LINT_ERROR)
			rc = rel_cut_find(cut, REL_CUT_ERROR, p->path.ptr, 0,
					  err, "lint %u: %.*s",
					  (unsigned)f->code,
					  REL_STR_ARG(f->text));
	}
	return rc;
}

/* opam-repository refuses the field (opam-ci-check, PinDepends), and opam obeys
 * it in a checkout only: the manifest is written without it. */
static int check_pins(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	const struct rel_project_package *p =
	    &cut->project->packages[cut->chosen[i]];
	const struct rel_node *value, *first;
	struct rel_str name = REL_STR("");
	struct rel_opam_tree tree;
	rel_node_id field;
	int rc = rel_opam_parse(&tree, &cut->arena, p->text, p->path.ptr, err);

	if (rc)
		return rc;
	field = rel_opam_field(&tree, tree.items, "pin-depends");
	if (field == REL_NODE_NONE)
		return 0;
	value = &tree.nodes[tree.nodes[field].child];
	if (value->kind == REL_NODE_LIST && value->child == REL_NODE_NONE)
		return 0;
	for (first = value;
	     first->kind == REL_NODE_LIST && first->child != REL_NODE_NONE;)
		first = &tree.nodes[first->child];
	if (first->kind == REL_NODE_STRING)
		name = first->text;
	return rel_cut_find(
	    cut, REL_CUT_WARNING, p->path.ptr, tree.nodes[field].line, err,
	    "pin-depends: pins %.*s; a released manifest may not have "
	    "the field, which is left out of it: release what is "
	    "pinned first, require that version in depends:, and "
	    "remove pin-depends:",
	    REL_STR_ARG(name));
}

static int add_stale(void *context, const char *path, uint32_t line,
		     const char *text, struct rel_error *err)
{
	return rel_cut_find(context, REL_CUT_WARNING, path, line, err, "%s",
			    text);
}

static int check_generated(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	struct rel_stale_options request = {
	    .project = cut->project,
	    .package = &cut->project->packages[cut->chosen[i]],
	    .add = add_stale,
	    .context = cut,
	    .ask_dune = true,
	    .cancel = cut->options->cancel};

	return rel_stale_check(&request, err);
}

static int find_missing(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->n_required; i++) {
		const struct rel_cut_required *r = &cut->required[i];
		const struct rel_project_package *p =
		    &cut->project->packages[cut->chosen[r->package]];

		if (r->found)
			continue;
		rc = rel_cut_find(
		    cut, REL_CUT_ERROR, p->path.ptr, r->line, err,
		    "%s: needs \"%.*s\", which is neither in the archive nor "
		    "in extra-files:; commit it at that path, or put it in "
		    "files/ and name it there",
		    r->field, REL_STR_ARG(r->path));
	}
	return rc;
}

int rel_cut_check_manifests(struct rel_cut *cut, struct rel_error *err)
{
	int rc = rel_cut_plan_manifests(cut, err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		rc = lint(cut, i, err);
		if (rc == 0)
			rc = check_pins(cut, i, err);
		if (rc == 0)
			rc = check_generated(cut, i, err);
	}
	return rc ? rc : find_missing(cut, err);
}
