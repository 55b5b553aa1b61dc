/* Packages whose opam file is where opam does not look. */
#include "opam/tree.h"
#include "release/cut/cut_work.h"

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
	struct rel_cut_finding finding = {.path = p->path.ptr};
	struct rel_git_entry entry;
	struct rel_opam_tree tree;
	rel_node_id build;
	int rc = 0;

	if (place.len == 0)
		return 0;
	finding.text = rel_cut_text(cut, "%s.install", p->name.ptr);
	if (!finding.text)
		return rel_fail_nomem(err);
	rc = rel_git_tree_find(&entry, cut->project->store, &cut->project->tree,
			       rel_str_of(finding.text), err);
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
	finding.line = tree.nodes[build].line;
	finding.text = rel_cut_text(
	    cut,
	    "nothing would be installed: opam looks for %s.install at the top "
	    "of the archive, but dune puts it into %.*s; move %s.opam to the "
	    "top of the source, or write an install: command",
	    p->name.ptr, REL_STR_ARG(place), p->name.ptr);
	if (!finding.text)
		return rel_fail_nomem(err);
	rel_cut_add_finding(cut, &finding);
	return 0;
}

int rel_cut_judge_places(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = check_place(cut, i, err);
	return rc;
}
