#include <stdlib.h>

#include "base/limits.h"
#include "opam/filter_eval.h"
#include "opam/lint_private.h"

/* Only `installed` of this package is known, and false. */
static void not_installed(const void *context, struct rel_str package,
			  struct rel_str name, struct rel_value *out)
{
	const struct rel_str *wanted = context;

	*out = (struct rel_value){0};
	if (rel_str_eq(package, *wanted) && rel_str_is(name, "installed"))
		out->kind = REL_VALUE_BOOL;
}

static struct rel_str get_string(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
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
