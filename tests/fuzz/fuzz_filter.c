/* Filters: whatever parses is evaluated and printed. */
#include <stddef.h>
#include <stdint.h>

#include "evaluate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(struct rel_manifest_tables *tables, rel_expr_id id,
		     struct rel_arena *scratch)
{
	struct rel_exprs exprs = {tables->exprs.nodes, tables->exprs.count,
				  fuzz_string, &tables->strings};
	struct rel_variables variables = {.lookup = fuzz_lookup};
	struct rel_error err = {0};
	struct rel_value value;
	bool yes = false, no = false;

	if (rel_filter_reduce(&value, &exprs, id, &variables, scratch, &err) !=
		0 ||
	    rel_filter_eval(&yes, &exprs, id, &variables, true, scratch,
			    &err) != 0 ||
	    rel_filter_eval(&no, &exprs, id, &variables, false, scratch,
			    &err) != 0)
		return;
	if ((no && !yes) || (value.kind == REL_VALUE_UNDEFINED && yes == no) ||
	    (value.kind == REL_VALUE_BOOL &&
	     (yes != value.boolean || no != value.boolean)))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_manifest_tables tables;
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;
	struct rel_buf source;
	rel_node_id value;
	rel_expr_id id;

	rel_manifest_tables_init(&tables);
	rel_arena_init(&arena, REL_GIB);
	rel_buf_init(&source, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add_cstr(&source, "x: ");
	rel_buf_add(&source, data, size);
	if (rel_opam_parse(&tree, &arena, rel_buf_str(&source), "x", &err) ==
		0 &&
	    tree.nodes[tree.items].kind == REL_NODE_FIELD) {
		value = tree.nodes[tree.items].child;
		if (rel_expr_add_filter(&id, &tables.exprs, &tables.strings,
					&tree, value, &err) == 0 &&
		    id != REL_EXPR_NONE) {
			evaluate(&tables, id, &arena);
			fuzz_print(&tables, &arena, id, true);
		}
	}
	rel_buf_free(&source);
	rel_arena_free(&arena);
	rel_manifest_tables_free(&tables);
	return 0;
}
