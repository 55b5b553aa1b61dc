#include "opam/upgrade.h"

#include "base/limits.h"
#include "opam/edit.h"
#include "opam/upgrade_expr.h"
#include "opam/version.h"

bool rel_upgrade_is_old(const struct rel_opam_tree *tree)
{
	rel_node_id id = rel_opam_field(tree, tree->items, "opam-version");

	if (id == REL_NODE_NONE)
		return false;
	id = tree->nodes[id].child;
	return tree->nodes[id].kind == REL_NODE_STRING &&
	       rel_version_compare(tree->nodes[id].text, REL_STR("2.0")) < 0;
}

struct upgrade {
	struct rel_upgrade_exprs exprs;
	struct rel_opam_edit edit;
	struct rel_buf text; /* of the field at hand */
	struct rel_error *err;
};

/* Give the field the content of `text`, or remove it when that is empty. */
static int set_field(struct upgrade *u, const char *name)
{
	int rc = rel_buf_status(&u->text, name, u->err);

	if (rc != 0)
		return rc;
	if (u->text.len == 0)
		return rel_edit_remove_field(&u->edit, name, u->err);
	return rel_edit_set_field(&u->edit, name, rel_buf_str(&u->text),
				  u->err);
}

static int set_formula(struct upgrade *u, const char *name,
		       enum rel_expr_kind kind, rel_expr_id id)
{
	rel_buf_clear(&u->text);
	if (id != REL_EXPR_NONE)
		rel_upgrade_print(&u->text, &u->exprs, kind, id);
	return set_field(u, name);
}

static int set_available(struct upgrade *u, rel_expr_id id)
{
	const struct rel_expr *nodes = u->exprs.table.nodes;

	rel_buf_clear(&u->text);
	if (id != REL_EXPR_NONE &&
	    !(nodes[id].kind == REL_EXPR_BOOL && nodes[id].a))
		rel_upgrade_print_filter(&u->text, &u->exprs, id);
	return set_field(u, "available");
}

static bool list_has(const struct rel_opam_tree *tree, const char *field,
		     enum rel_node_kind kind, const char *text)
{
	rel_node_id id = rel_opam_field(tree, tree->items, field);

	if (id == REL_NODE_NONE)
		return false;
	id = tree->nodes[id].child;
	if (tree->nodes[id].kind == REL_NODE_LIST)
		id = tree->nodes[id].child;
	for (; id != REL_NODE_NONE; id = tree->nodes[id].next)
		if (tree->nodes[id].kind == kind &&
		    rel_str_is(tree->nodes[id].text, text))
			return true;
	return false;
}

static bool is_conf(const struct rel_opam_tree *tree)
{
	return list_has(tree, "flags", REL_NODE_IDENT, "conf") ||
	       list_has(tree, "tags", REL_NODE_STRING, "flags:conf");
}

static int as_read(struct upgrade *u)
{
	rel_expr_id available = rel_upgrade_read_available(&u->exprs);

	return u->exprs.status != 0 ? u->exprs.status
				    : set_available(u, available);
}

/* Write what the scratch table holds now. */
static int set_converted(struct upgrade *u, rel_expr_id depends,
			 rel_expr_id depopts, rel_expr_id conflicts,
			 rel_expr_id available)
{
	int rc = u->exprs.status;

	if (rc == 0)
		rc = rel_edit_set_field(&u->edit, "opam-version",
					REL_STR("\"2.0\""), u->err);
	if (rc == 0)
		rc = set_formula(u, "depends", REL_EXPR_AND, depends);
	if (rc == 0)
		rc = set_formula(u, "depopts", REL_EXPR_OR, depopts);
	if (rc == 0)
		rc = set_formula(u, "conflicts", REL_EXPR_OR, conflicts);
	if (rc == 0)
		rc = set_available(u, available);
	return rc;
}

static int convert(struct upgrade *u, const struct rel_opam_tree *tree)
{
	struct rel_upgrade_exprs *x = &u->exprs;
	struct rel_upgrade_split split;
	rel_expr_id depends, depopts, conflicts;
	uint32_t first;

	rel_upgrade_split(&split, x, rel_upgrade_read_available(x));
	if (!split.depends.has[REL_UPGRADE_OCAML] && !is_conf(tree)) {
		split.depends.has[REL_UPGRADE_OCAML] = true;
		split.depends.constraint[REL_UPGRADE_OCAML] = REL_EXPR_NONE;
	}
	conflicts = rel_upgrade_read_formula(x, "conflicts", true);
	conflicts =
	    rel_upgrade_merge(x, REL_EXPR_OR, conflicts, &split.conflicts);
	first = x->table.count;
	depends = rel_upgrade_read_formula(x, "depends", false);
	depopts = rel_upgrade_read_formula(x, "depopts", true);
	rel_upgrade_rename_flags(x, first, x->table.count);
	depends = rel_upgrade_merge(x, REL_EXPR_AND, depends, &split.depends);
	rel_upgrade_rename_globals(x);
	return set_converted(u, depends, depopts, conflicts, split.rest);
}

/* The legacy file `url` as a section, unless there is one already. */
static int add_url(struct upgrade *u, struct rel_str url)
{
	const struct rel_opam_tree *tree = u->edit.tree;
	struct rel_opam_tree fields;
	struct rel_error ignored;
	int rc;

	if (url.ptr == NULL ||
	    rel_opam_section(tree, tree->items, "url", NULL) != REL_NODE_NONE)
		return 0;
	rc = rel_opam_parse(&fields, u->edit.arena, url, "url", &ignored);
	if (rc != 0)
		return rc == REL_ENOMEM ? rel_fail_nomem(u->err) : 0;
	rel_buf_clear(&u->text);
	rel_buf_add_cstr(&u->text, "url {\n");
	for (rel_node_id id = fields.items; id != REL_NODE_NONE;
	     id = fields.nodes[id].next) {
		if (fields.nodes[id].kind != REL_NODE_FIELD ||
		    rel_str_is(fields.nodes[id].text, "opam-version"))
			continue;
		rel_buf_add_cstr(&u->text, "  ");
		rel_buf_add_str(&u->text, rel_opam_source_of(&fields, id));
		rel_buf_add_char(&u->text, '\n');
	}
	rel_buf_add_char(&u->text, '}');
	rc = rel_buf_status(&u->text, "url", u->err);
	return rc != 0 ? rc
		       : rel_edit_set_section(&u->edit, "url",
					      rel_buf_str(&u->text), u->err);
}

static int add_string(struct upgrade *u, const char *name, struct rel_str text)
{
	const struct rel_opam_tree *tree = u->edit.tree;

	if (text.len == 0 ||
	    rel_opam_field(tree, tree->items, name) != REL_NODE_NONE)
		return 0;
	rel_buf_clear(&u->text);
	rel_opam_quote(&u->text, text);
	return set_field(u, name);
}

static int add_descr(struct upgrade *u, struct rel_str descr)
{
	struct rel_str rest = descr;
	struct rel_str first = rel_str_cut(&rest, '\n');
	int rc = add_string(u, "synopsis", rel_str_trim(first));

	if (rc == 0 && rest.ptr)
		rc = add_string(u, "description", rel_str_trim(rest));
	return rc;
}

static bool is_left_alone(struct rel_str name)
{
	static const char *const names[] = {
	    "ocaml",	    "ocaml-base-compiler", "ocaml-variants",
	    "ocaml-system", "base-bigarray",	   "base-threads",
	    "base-unix",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (rel_str_is(name, names[i]))
			return true;
	return false;
}

int rel_upgrade_manifest(struct rel_buf *out, const struct rel_opam_tree *tree,
			 struct rel_str name, struct rel_str url,
			 struct rel_str descr, enum rel_upgrade_mode mode,
			 struct rel_arena *scratch, struct rel_error *err)
{
	struct upgrade u = {.err = err};
	int rc;

	rel_upgrade_exprs_init(&u.exprs, tree, err);
	rel_edit_init(&u.edit, tree, scratch);
	rel_buf_init(&u.text, 4 * REL_LIMIT_MANIFEST_BYTES);
	rc = mode == REL_UPGRADE_AS_READ || is_left_alone(name)
		 ? as_read(&u)
		 : convert(&u, tree);
	if (rc == 0)
		rc = rel_edit_remove_field(&u.edit, "ocaml-version", err);
	if (rc == 0)
		rc = rel_edit_remove_field(&u.edit, "os", err);
	if (rc == 0)
		rc = add_url(&u, url);
	if (rc == 0)
		rc = add_descr(&u, descr);
	if (rc == 0)
		rc = rel_edit_apply(&u.edit, out, err);
	rel_buf_free(&u.text);
	rel_edit_free(&u.edit);
	rel_upgrade_exprs_free(&u.exprs);
	return rc;
}
