/* What the targets of lib/opam's semantic half share. */
#ifndef REL_FUZZ_EVALUATE_H
#define REL_FUZZ_EVALUATE_H

#include "base/limits.h"
#include "opam/formula.h"
#include "opam/manifest.h"

static inline struct rel_str fuzz_string(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

/* Some variables of each kind, some missing, by their names' lengths. */
static inline void fuzz_lookup(const void *context, struct rel_str package,
			       struct rel_str name, struct rel_value *out)
{
	(void)context;
	switch ((package.len + name.len) % 5) {
	case 0:
		out->kind = REL_VALUE_BOOL;
		out->boolean = name.len % 2;
		break;
	case 1:
		out->kind = REL_VALUE_STRING;
		out->string = name;
		break;
	case 2:
		out->kind = REL_VALUE_STRING;
		out->string = REL_STR("%{x}%%%");
		break;
	default:
		break;
	}
}

/* Is `rc` one of the failures that resolving may have? */
static inline bool fuzz_may_fail(int rc)
{
	return rc == 0 || rc == REL_ELIMIT || rc == REL_ENOMEM;
}

/* Print, read back, print: the same text. */
static inline void fuzz_print(struct rel_manifest_tables *tables,
			      struct rel_arena *arena, rel_expr_id id,
			      bool filter)
{
	struct rel_exprs exprs = {tables->exprs.nodes, tables->exprs.count,
				  fuzz_string, &tables->strings};
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_buf text, again;
	rel_node_id value;
	int rc;

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES - 16);
	rel_buf_init(&again, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add_cstr(&text, "x: [");
	if (rel_expr_print(&text, &exprs, id) != 0 ||
	    rel_expr_print_plain(&again, &exprs, id) != 0)
		goto out;
	rel_buf_add_char(&text, ']');
	rel_buf_clear(&again);
	rc = rel_opam_parse(&tree, arena, rel_buf_str(&text), "x", &err);
	if (rc == REL_ELIMIT)
		goto out;
	if (rc != 0)
		__builtin_trap();
	value = tree.nodes[tree.items].child;
	rc = filter
		 ? rel_expr_add_filter(&id, &tables->exprs, &tables->strings,
				       &tree, value, &err)
		 : rel_expr_add_formula(&id, &tables->exprs, &tables->strings,
					&tree, value, false, &err);
	if (rc != 0 && rc != REL_ELIMIT)
		__builtin_trap();
	exprs.nodes = tables->exprs.nodes;
	exprs.count = tables->exprs.count;
	rel_buf_add_cstr(&again, "x: [");
	rel_expr_print(&again, &exprs, id);
	rel_buf_add_char(&again, ']');
	if (rc == 0 && !rel_str_eq(rel_buf_str(&text), rel_buf_str(&again)))
		__builtin_trap();
out:
	rel_buf_free(&text);
	rel_buf_free(&again);
}

#endif
