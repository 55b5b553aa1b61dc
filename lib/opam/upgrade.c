#include "opam/upgrade.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "opam/edit.h"
#include "opam/opam_private.h"
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

#define MAINTAINER "maintainer: \"platform@lists.ocaml.org\"\n"
#define CLASS	   "conflict-class: \"ocaml-core-compiler\"\n"

static const struct rel_str names_of[] = {
    [REL_GENERATED_COMPILER] = {"ocaml-base-compiler", 19},
    [REL_GENERATED_SYSTEM] = {"ocaml-system", 12},
    [REL_GENERATED_WRAPPER] = {"ocaml", 5},
};

struct plan {
	struct rel_generated *items; /* malloc'd */
	uint32_t count, cap;
};

static int compare(const void *a, const void *b)
{
	const struct rel_generated *x = a, *y = b;
	int c = rel_str_cmp(x->name, y->name);

	if (c == 0)
		c = rel_str_cmp(x->version, y->version);
	if (c == 0)
		c = (x->compiler > y->compiler) - (x->compiler < y->compiler);
	return c;
}

static int add(struct plan *plan, enum rel_generated_kind kind,
	       uint32_t compiler, struct rel_str version)
{
	bool variant = kind == REL_GENERATED_COMPILER &&
		       rel_str_find(version, '+') < version.len;
	int rc =
	    rel_array_reserve(&plan->items, &plan->cap,
			      (uint64_t)plan->count + 1, sizeof(*plan->items));

	if (rc == 0)
		plan->items[plan->count++] = (struct rel_generated){
		    .kind = kind,
		    .compiler = compiler,
		    .name =
			variant ? REL_STR("ocaml-variants") : names_of[kind],
		    .version = version,
		};
	return rc;
}

static int add_compiler(struct plan *plan, uint32_t i, struct rel_str name)
{
	size_t plus = rel_str_find(name, '+');
	struct rel_str version = rel_str_sub(name, 0, plus);
	int rc;

	if (!rel_version_is_valid(name) || !rel_version_is_valid(version))
		return 0;
	rc = add(plan, REL_GENERATED_COMPILER, i, name);
	if (rc == 0 && plus == name.len)
		rc = add(plan, REL_GENERATED_SYSTEM, i, version);
	if (rc == 0)
		rc = add(plan, REL_GENERATED_WRAPPER, i, version);
	return rc;
}

int rel_upgrade_plan(struct rel_generated **out, uint32_t *count,
		     const struct rel_str names[], uint32_t n,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct plan plan = {0};
	struct rel_generated *kept;
	uint32_t n_kept = 0;
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = add_compiler(&plan, i, names[i]);
	kept = rc != 0 ? NULL
		       : rel_arena_array(arena, (size_t)plan.count + 1,
					 sizeof(*kept));
	if (kept == NULL) {
		free(plan.items);
		return rel_fail_nomem(err);
	}
	if (plan.count > 0)
		qsort(plan.items, plan.count, sizeof(*plan.items), compare);
	for (uint32_t i = 0; i < plan.count; i++) {
		const struct rel_generated *g = &plan.items[i];

		if (n_kept > 0 && rel_str_eq(kept[n_kept - 1].name, g->name) &&
		    rel_str_eq(kept[n_kept - 1].version, g->version))
			continue;
		kept[n_kept++] = *g;
	}
	free(plan.items);
	*out = kept;
	*count = n_kept;
	return 0;
}

/*
 * The least text above all variants of a version: the number at its end plus
 * one.  opam 2.1.2 src/client/opamAdminRepoUpgrade.ml, gen_ocaml_wrapper.
 */
static void add_upper_bound(struct rel_buf *out, struct rel_str version)
{
	size_t digits = version.len;
	unsigned long number;

	while (digits > 0 && version.ptr[digits - 1] >= '0' &&
	       version.ptr[digits - 1] <= '9')
		digits--;
	if (rel_str_to_uint(rel_str_sub(version, digits, version.len),
			    1000000000, &number)) {
		rel_buf_add_str(out, rel_str_sub(version, 0, digits));
		rel_buf_printf(out, "%lu~", number + 1);
	} else {
		rel_buf_add_str(out, version);
		rel_buf_add_char(out, 'a');
	}
}

/* Versions hold nothing that a string would have to escape. */
static void add_wrapper(struct rel_buf *out, struct rel_str version)
{
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\n"
			      "synopsis: \"The OCaml compiler (virtual "
			      "package)\"\n" MAINTAINER);
	rel_buf_printf(out,
		       "depends:\n  \"ocaml-base-compiler\" {= \"%.*s\"} |\n"
		       "  \"ocaml-variants\" {>= \"%.*s\" & < \"",
		       REL_STR_ARG(version), REL_STR_ARG(version));
	add_upper_bound(out, version);
	rel_buf_printf(out, "\"} |\n  \"ocaml-system\" {= \"%.*s\"}\n",
		       REL_STR_ARG(version));
}

static void add_system(struct rel_buf *out, struct rel_str version)
{
	rel_buf_add_cstr(
	    out, "opam-version: \"2.0\"\n"
		 "synopsis: \"The OCaml compiler (system version, from "
		 "outside of opam)\"\n" MAINTAINER "depends: [\n"
		 "  \"ocaml\" {post}\n  \"base-unix\" {post}\n"
		 "  \"base-threads\" {post}\n  \"base-bigarray\" {post}\n]\n"
		 "flags: compiler\n" CLASS);
	rel_buf_printf(out, "available: sys-ocaml-version = \"%.*s\"\n",
		       REL_STR_ARG(version));
}

/* Every package of the formula becomes one that is only needed afterwards. */
static void add_post(struct rel_upgrade_exprs *x)
{
	uint32_t count = x->table.count;

	for (rel_expr_id id = 0; id < count && x->status == 0; id++) {
		rel_expr_id bound = x->table.nodes[id].b, post;

		if (x->table.nodes[id].kind != REL_EXPR_PACKAGE)
			continue;
		post = rel_upgrade_add_text(x, REL_EXPR_IDENT, REL_STR("post"));
		bound = rel_upgrade_join(x, REL_EXPR_AND, bound, post);
		if (x->status == 0)
			x->table.nodes[id].b = bound;
	}
}

/* The compiler's version: its name up to the variant. */
static rel_expr_id add_ocaml(struct rel_upgrade_exprs *x,
			     struct rel_str compiler)
{
	struct rel_str version =
	    rel_str_sub(compiler, 0, rel_str_find(compiler, '+'));
	rel_expr_id id =
	    rel_upgrade_add_text(x, REL_EXPR_PACKAGE, REL_STR("ocaml"));
	rel_expr_id text = rel_upgrade_add_text(x, REL_EXPR_STRING, version);
	rel_expr_id bound = rel_upgrade_add(
	    x, (struct rel_expr){
		   .kind = REL_EXPR_VERSION, .op = REL_OP_EQ, .a = text});

	if (x->status == 0)
		x->table.nodes[id].b = bound;
	return id;
}

static int add_depends(struct rel_buf *out, const struct rel_opam_tree *tree,
		       struct rel_str compiler, struct rel_error *err)
{
	struct rel_upgrade_exprs x;
	rel_expr_id ocaml, packages;
	int rc;

	rel_upgrade_exprs_init(&x, tree, err);
	ocaml = add_ocaml(&x, compiler);
	packages = rel_upgrade_read_formula(&x, "packages", false);
	packages = rel_upgrade_join(&x, REL_EXPR_AND, ocaml, packages);
	add_post(&x);
	rc = x.status;
	if (rc == 0) {
		rel_buf_add_cstr(out, "depends: ");
		rel_upgrade_print(out, &x, REL_EXPR_AND, packages);
		rel_buf_add_char(out, '\n');
	}
	rel_upgrade_exprs_free(&x);
	return rc;
}

/* Copy the field `from` under the name `to`. */
static void copy_field(struct rel_buf *out, const struct rel_opam_tree *tree,
		       const char *from, const char *to)
{
	rel_node_id id = rel_opam_field(tree, tree->items, from);

	if (id == REL_NODE_NONE)
		return;
	rel_buf_printf(out, "%s: ", to);
	rel_buf_add_str(out, rel_opam_source_of(tree, tree->nodes[id].child));
	rel_buf_add_char(out, '\n');
}

static void add_source(struct rel_buf *out, const struct rel_opam_tree *tree)
{
	static const char *const kinds[] = {"src",   "http", "archive", "git",
					    "darcs", "hg",   "local"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (rel_opam_field(tree, tree->items, kinds[i]) ==
		    REL_NODE_NONE)
			continue;
		rel_buf_add_cstr(out, "url {\n  ");
		copy_field(out, tree, kinds[i], kinds[i]);
		rel_buf_add_cstr(out, "}\n");
		return;
	}
}

static int add_compiler_manifest(struct rel_buf *out, struct rel_str version,
				 struct rel_str comp, struct rel_str descr,
				 const char *path, struct rel_arena *scratch,
				 struct rel_error *err)
{
	struct rel_opam_tree tree;
	int rc = rel_opam_parse(&tree, scratch, comp, path, err);

	if (rc != 0)
		return rc;
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\n");
	if (descr.len > 0) {
		rel_buf_add_cstr(out, "synopsis: ");
		rel_opam_quote(out, rel_str_trim(rel_str_cut(&descr, '\n')));
		rel_buf_add_char(out, '\n');
	}
	rel_buf_add_cstr(out, MAINTAINER);
	rc = add_depends(out, &tree, version, err);
	if (rc != 0)
		return rc;
	rel_buf_add_cstr(out, "flags: compiler\n" CLASS);
	copy_field(out, &tree, "env", "setenv");
	copy_field(out, &tree, "build", "build");
	add_source(out, &tree);
	return 0;
}

int rel_upgrade_generate(struct rel_buf *out,
			 const struct rel_generated *package,
			 struct rel_str comp, struct rel_str descr,
			 const char *path, struct rel_arena *scratch,
			 struct rel_error *err)
{
	int rc = 0;

	switch (package->kind) {
	case REL_GENERATED_COMPILER:
		rc = add_compiler_manifest(out, package->version, comp, descr,
					   path, scratch, err);
		break;
	case REL_GENERATED_SYSTEM:
		add_system(out, package->version);
		break;
	case REL_GENERATED_WRAPPER:
		add_wrapper(out, package->version);
		break;
	}
	return rc != 0 ? rc : rel_buf_status(out, "generated package", err);
}
