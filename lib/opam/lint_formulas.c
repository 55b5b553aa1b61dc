/* Which packages a formula asks for, and which uses of packages are guarded by
 * `pkg:installed`. */
#include <stdlib.h>

#include "base/limits.h"
#include "opam/lint_private.h"
#include "opam/opam_private.h"

/* One formula at work. */
struct scan {
	struct rel_lint_names *out;
	struct rel_expr_table table;
	struct rel_intern strings;
	bool test;
};

static void nothing_known(const void *context, struct rel_str package,
			  struct rel_str name, struct rel_value *out)
{
	(void)context;
	(void)package;
	(void)name;
	*out = (struct rel_value){0};
}

/* opam src/format/opamFilter.ml, deps_var_env. */
static void depends_variable(const void *context, struct rel_str package,
			     struct rel_str name, struct rel_value *out)
{
	const struct scan *scan = context;
	bool flag =
	    rel_str_is(name, "with-test") || rel_str_is(name, "with-doc");

	*out = (struct rel_value){0};
	if (package.len > 0)
		return;
	if (flag || rel_str_is(name, "build") || rel_str_is(name, "post") ||
	    rel_str_is(name, "dev")) {
		out->kind = REL_VALUE_BOOL;
		out->boolean = !flag || scan->test;
	}
}

/* The same since 2.2. */
static void depends_variable_2_2(const void *context, struct rel_str package,
				 struct rel_str name, struct rel_value *out)
{
	const struct scan *scan = context;

	depends_variable(context, package, name, out);
	if (package.len > 0 || !rel_str_is(name, "with-dev-setup"))
		return;
	out->kind = REL_VALUE_BOOL;
	out->boolean = scan->test;
}

static struct rel_str get_string(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

/* Is the constraint false, as opposed to true or one on versions? */
static bool is_false(struct rel_filter_eval *eval, rel_expr_id id)
{
	const struct rel_expr *e;
	struct rel_value value;
	bool truth;

	if (id == REL_EXPR_NONE)
		return false;
	e = &eval->exprs->nodes[id];
	if (e->kind == REL_EXPR_VERSION)
		return false;
	if (e->kind == REL_EXPR_AND)
		return is_false(eval, e->a) || is_false(eval, e->b);
	if (e->kind == REL_EXPR_OR)
		return is_false(eval, e->a) && is_false(eval, e->b);
	value = rel_filter_value(eval, id);
	return !rel_value_truth(&value, &truth) || !truth;
}

static bool atom_stays(struct rel_lint *l, struct scan *scan, rel_node_id atom)
{
	struct rel_variables none = {nothing_known, NULL};
	struct rel_variables some = {rel_lint_since(l, REL_LINT_OPAM_2_2)
					 ? depends_variable_2_2
					 : depends_variable,
				     scan};
	struct rel_exprs exprs = {.string = get_string,
				  .context = &scan->strings};
	struct rel_filter_eval eval = {.exprs = &exprs,
				       .first = &none,
				       .second = &some,
				       .scratch = l->arena};
	rel_expr_id id;
	bool stays;
	int rc;

	scan->table.count = 0;
	rc = rel_expr_add_formula(&id, &scan->table, &scan->strings, l->tree,
				  atom, false, NULL);
	exprs.nodes = scan->table.nodes;
	exprs.count = scan->table.count;
	stays = rc != 0 || id == REL_EXPR_NONE ||
		!is_false(&eval, exprs.nodes[id].b);
	if (rc == REL_ENOMEM || eval.status == REL_ENOMEM)
		l->status = rel_fail_nomem(l->err);
	return stays;
}

static void add_atom(struct rel_lint *l, void *context, rel_node_id atom,
		     rel_node_id constraint)
{
	struct scan *scan = context;
	bool plain = true;

	for (rel_node_id id = constraint; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next)
		plain = plain &&
			rel_lint_node(l, id)->kind == REL_NODE_PREFIX_RELOP;
	if (!plain && !atom_stays(l, scan, atom))
		return;
	if (rel_intern_add(&scan->out->names, rel_lint_atom_name(l, atom)) ==
	    REL_STRING_NONE)
		l->status = rel_fail_nomem(l->err);
}

void rel_lint_names_add(struct rel_lint_names *out, struct rel_lint *l,
			rel_node_id formula, bool test)
{
	struct scan scan = {.out = out, .test = test};

	rel_intern_init(&scan.strings, REL_LIMIT_MANIFEST_BYTES);
	rel_lint_atoms(l, formula, add_atom, &scan);
	rel_intern_free(&scan.strings);
	free(scan.table.nodes);
}

void rel_lint_names_init(struct rel_lint_names *out)
{
	rel_intern_init(&out->names, REL_LIMIT_MANIFEST_BYTES);
}

void rel_lint_names_free(struct rel_lint_names *names)
{
	rel_intern_free(&names->names);
}

bool rel_lint_names_has(const struct rel_lint_names *names, struct rel_str s)
{
	return rel_intern_find(&names->names, s) != REL_STRING_NONE;
}

/* Only `installed` of this package is known, and false. */
static void not_installed(const void *context, struct rel_str package,
			  struct rel_str name, struct rel_value *out)
{
	const struct rel_str *wanted = context;

	*out = (struct rel_value){0};
	if (rel_str_eq(package, *wanted) && rel_str_is(name, "installed"))
		out->kind = REL_VALUE_BOOL;
}

/* Is the filter false when `package` is not installed, whatever else is? */
static bool is_false_without(struct rel_lint *l,
			     const struct rel_expr_table *table,
			     const struct rel_intern *strings, rel_expr_id id,
			     struct rel_str package)
{
	struct rel_exprs exprs = {.nodes = table->nodes,
				  .count = table->count,
				  .string = get_string,
				  .context = strings};
	struct rel_variables variables = {not_installed, &package};
	struct rel_filter_eval eval = {.exprs = &exprs,
				       .first = &variables,
				       .partial = true,
				       .scratch = l->arena};
	struct rel_value value = rel_filter_value(&eval, id);

	if (eval.status == REL_ENOMEM)
		l->status = rel_fail_nomem(l->err);
	return eval.status == 0 && value.kind == REL_VALUE_BOOL &&
	       !value.boolean;
}

static bool has(const struct rel_str *names, uint32_t count, struct rel_str s)
{
	for (uint32_t i = 0; i < count; i++) {
		if (rel_str_eq(names[i], s))
			return true;
	}
	return false;
}

static void add(struct rel_lint *l, struct rel_lint_guards *guards,
		struct rel_str name)
{
	if (has(guards->names, guards->count, name) ||
	    !rel_lint_grow(l, &guards->names, guards->count, &guards->cap,
			   sizeof(*guards->names)))
		return;
	guards->names[guards->count++] = name;
	if (has(l->guards, l->n_guards, name) ||
	    !rel_lint_grow(l, &l->guards, l->n_guards, &l->guards_cap,
			   sizeof(*l->guards)))
		return;
	l->guards[l->n_guards++] = name;
}

/* The refs from `from` on that stand in the filter say which to try. */
static void add_guards(struct rel_lint *l, struct rel_lint_guards *guards,
		       rel_node_id filter, uint32_t from)
{
	struct rel_expr_table table = {0};
	struct rel_intern strings;
	rel_expr_id id;
	int rc;

	rel_intern_init(&strings, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_expr_add_filter(&id, &table, &strings, l->tree, filter, NULL);
	if (rc == REL_ENOMEM)
		l->status = rel_fail_nomem(l->err);
	for (uint32_t i = from; rc == 0 && i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (ref->package.ptr && !rel_str_is(ref->package, "_") &&
		    rel_str_is(ref->name, "installed") &&
		    is_false_without(l, &table, &strings, id, ref->package))
			add(l, guards, ref->package);
	}
	free(table.nodes);
	rel_intern_free(&strings);
}

void rel_lint_guard(struct rel_lint *l, struct rel_lint_guards *guards,
		    rel_node_id filter, uint32_t from)
{
	bool candidate = false;

	if (!rel_lint_since(l, REL_LINT_OPAM_2_2))
		return;
	for (uint32_t i = from; i < l->n_refs; i++)
		candidate =
		    candidate || (l->refs[i].package.ptr &&
				  rel_str_is(l->refs[i].name, "installed"));
	if (candidate && filter != REL_NODE_NONE)
		add_guards(l, guards, filter, from);
	for (uint32_t i = from; i < l->n_refs; i++) {
		struct rel_lint_ref *ref = &l->refs[i];

		ref->guarded = ref->package.ptr &&
			       has(guards->names, guards->count, ref->package);
	}
}
