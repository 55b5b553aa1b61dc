/* What is wrong with the manifests, as they will be in the remote. */
#include "opam/lint.h"
#include "opam/tree.h"
#include "release/cut/cut_private.h"
#include "release/source/stale.h"

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
