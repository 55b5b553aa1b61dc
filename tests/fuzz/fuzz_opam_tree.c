/* The parser of the opam file format. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "opam/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every node must lie in its parent, after its elder sibling. */
static uint32_t check(const struct rel_opam_tree *tree, rel_node_id first,
		      uint32_t from, uint32_t to)
{
	uint32_t seen = 0;

	for (rel_node_id id = first; id != REL_NODE_NONE;
	     id = tree->nodes[id].next) {
		const struct rel_node *n = &tree->nodes[id];

		if (id >= tree->count || n->start < from || n->end > to ||
		    n->start >= n->end || n->line == 0 || n->column == 0)
			__builtin_trap();
		seen += 1 + check(tree, n->child, n->start, n->end);
		from = n->end;
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str source = rel_str_n((const char *)data, size);
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;

	rel_arena_init(&arena, REL_GIB);
	if (rel_opam_parse(&tree, &arena, source, "opam", &err) == 0) {
		if (check(&tree, tree.items, 0, (uint32_t)size) != tree.count)
			__builtin_trap(); /* a node without a parent */
	} else if (err.line == 0 && size <= REL_LIMIT_MANIFEST_BYTES) {
		__builtin_trap(); /* a mistake without its place */
	}
	rel_arena_free(&arena);
	return 0;
}
