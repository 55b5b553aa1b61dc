/* What is wrong with the manifests, as they will stand in the remote. */
#include "base/limits.h"
#include "opam/lint.h"
#include "opam/tree.h"
#include "release/cut/cut_work.h"
#include "release/source/stale.h"

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
		struct rel_cut_finding finding = {
		    .path = p->path.ptr,
		    .text =
			rel_cut_text(cut, "lint %u: %.*s", (unsigned)f->code,
				     REL_STR_ARG(f->text))};

		if (!finding.text)
			rc = rel_fail_nomem(err);
		else if (f->severity == REL_LINT_ERROR)
			rel_cut_add_finding(cut, &finding);
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
	rel_cut_warn(cut, p->path.ptr, tree.nodes[field].line,
		     "pin-depends: pins %.*s; a released manifest may not have "
		     "the field, which is left out of it: release what is "
		     "pinned first, require that version in depends:, and "
		     "remove pin-depends:",
		     REL_STR_ARG(name));
	return 0;
}

static void tell_stale(void *context, const char *path, uint32_t line,
		       const char *text)
{
	rel_cut_warn(context, path, line, "%s", text);
}

static int check_generated(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	struct rel_stale_request request = {
	    .project = cut->project,
	    .package = &cut->project->packages[cut->chosen[i]],
	    .tell = tell_stale,
	    .context = cut,
	    .ask_dune = true,
	    .cancel = cut->options->cancel};

	return rel_stale_check(&request, err);
}

static void tell_missing(struct rel_cut *cut)
{
	for (size_t i = 0; i < cut->n_wanted; i++) {
		const struct rel_cut_wanted *w = &cut->wanted[i];
		const struct rel_project_package *p =
		    &cut->project->packages[cut->chosen[w->package]];
		struct rel_cut_finding finding = {
		    .path = p->path.ptr,
		    .line = w->line,
		    .text = rel_cut_text(
			cut,
			"%s: needs \"%.*s\", which is neither in the archive "
			"nor in extra-files:; commit it at that path, or put "
			"it in files/ and name it there",
			w->field, REL_STR_ARG(w->path))};

		if (!w->found && finding.text)
			rel_cut_add_finding(cut, &finding);
	}
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
	if (rc == 0)
		tell_missing(cut);
	return rc;
}
