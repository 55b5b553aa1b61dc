/* A manifest and, after a NUL byte, the url file beside it: read, resolved in
 * both ways, printed. */
#include <stddef.h>
#include <stdint.h>

#include "evaluate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(struct rel_manifest_tables *tables, rel_expr_id id,
		    struct rel_arena *scratch)
{
	struct rel_exprs exprs = {tables->exprs.nodes, tables->exprs.count,
				  fuzz_string, &tables->strings};
	struct rel_variables variables = {.lookup = fuzz_lookup};
	struct rel_formula_rules rules = {.variables = variables,
					  .late = variables};
	struct rel_error err = {0};
	struct rel_formula f;

	for (unsigned i = 0; i < 4; i++) {
		rules.pipeline =
		    i & 1 ? REL_FORMULA_PARTIAL : REL_FORMULA_FILTER;
		rules.fallback = i & 2;
		rel_arena_reset(scratch);
		if (!fuzz_may_fail(rel_formula_resolve(&f, &exprs, id, &rules,
						       scratch, &err)))
			__builtin_trap();
		for (uint32_t k = 0; k < f.n_clauses; k++) {
			if (f.clauses[k].count == 0 ||
			    f.clauses[k].first + f.clauses[k].count > f.n_atoms)
				__builtin_trap();
		}
	}
	rel_arena_reset(scratch);
	if (!fuzz_may_fail(rel_formula_conflicts(&f, &exprs, id, &variables,
						 scratch, &err)))
		__builtin_trap();
	if (id != REL_EXPR_NONE)
		fuzz_print(tables, scratch, id, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str url = rel_str_n((const char *)data, size);
	struct rel_str source = rel_str_cut(&url, '\0');
	struct rel_manifest_tables tables;
	struct rel_error err = {0};
	struct rel_manifest m;
	struct rel_arena arena;
	int rc;

	rel_manifest_tables_init(&tables);
	rel_arena_init(&arena, REL_GIB);
	rc = rel_manifest_read(&m, &tables, source, url, "opam", &arena, &err);
	if (rc == 0) {
		resolve(&tables, m.depends, &arena);
		resolve(&tables, m.depopts, &arena);
		resolve(&tables, m.conflicts, &arena);
		if (m.conflict_class_first + m.conflict_class_count !=
		    tables.n_lists)
			__builtin_trap();
	} else if (rc == REL_EPARSE && (!err.path[0] || !err.text[0])) {
		__builtin_trap(); /* a mistake without its place */
	}
	rel_arena_free(&arena);
	rel_manifest_tables_free(&tables);
	return 0;
}
