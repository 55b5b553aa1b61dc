#include "opam/tree.h"

const char *rel_relop_text(enum rel_relop op)
{
	static const char *const texts[] = {
	    [REL_OP_EQ] = "=", [REL_OP_NEQ] = "!=", [REL_OP_GEQ] = ">=",
	    [REL_OP_GT] = ">", [REL_OP_LEQ] = "<=", [REL_OP_LT] = "<",
	};

	return texts[op];
}

enum rel_relop rel_relop_negate(enum rel_relop op)
{
	static const uint8_t opposites[] = {
	    [REL_OP_EQ] = REL_OP_NEQ, [REL_OP_NEQ] = REL_OP_EQ,
	    [REL_OP_GEQ] = REL_OP_LT, [REL_OP_LT] = REL_OP_GEQ,
	    [REL_OP_GT] = REL_OP_LEQ, [REL_OP_LEQ] = REL_OP_GT,
	};

	return (enum rel_relop)opposites[op];
}

static rel_node_id find(const struct rel_opam_tree *tree, rel_node_id items,
			enum rel_node_kind kind, const char *text,
			const char *name)
{
	struct rel_str wanted = rel_str_of(text);

	for (rel_node_id id = items; id != REL_NODE_NONE;
	     id = tree->nodes[id].next) {
		const struct rel_node *node = &tree->nodes[id];

		if (node->kind == kind && rel_str_eq(node->text, wanted) &&
		    (name == NULL || (node->text2.ptr != NULL &&
				      rel_str_is(node->text2, name))))
			return id;
	}
	return REL_NODE_NONE;
}

rel_node_id rel_opam_field(const struct rel_opam_tree *tree, rel_node_id items,
			   const char *name)
{
	return find(tree, items, REL_NODE_FIELD, name, NULL);
}

rel_node_id rel_opam_section(const struct rel_opam_tree *tree,
			     rel_node_id items, const char *kind,
			     const char *name)
{
	return find(tree, items, REL_NODE_SECTION, kind, name);
}

struct rel_str rel_opam_source_of(const struct rel_opam_tree *tree,
				  rel_node_id node)
{
	const struct rel_node *n = &tree->nodes[node];

	return rel_str_sub(tree->source, n->start, n->end);
}
