#include "opam/lint_private.h"

/* How many lists deep a value is, by its first items. */
static unsigned depth_of(const struct rel_lint *l, rel_node_id id)
{
	unsigned depth = 0;

	while (id != REL_NODE_NONE) {
		const struct rel_node *node = rel_lint_node(l, id);

		if (node->kind == REL_NODE_LIST)
			depth++;
		else if (node->kind != REL_NODE_OPTION)
			break;
		id = node->child;
	}
	return depth;
}

bool rel_lint_items_within(struct rel_lint_items *out, const struct rel_lint *l,
			   rel_node_id item, unsigned wraps)
{
	const struct rel_node *node = rel_lint_node(l, item);

	*out = (struct rel_lint_items){.at = item, .single = wraps > 0};
	if (wraps > 0) {
		out->wraps = wraps - 1;
		return true;
	}
	out->at = node->child;
	return node->kind == REL_NODE_LIST;
}

bool rel_lint_items_begin(struct rel_lint_items *out, const struct rel_lint *l,
			  rel_node_id value, unsigned depth)
{
	unsigned has = depth_of(l, value);

	return rel_lint_items_within(out, l, value,
				     depth > has ? depth - has : 0);
}

rel_node_id rel_lint_items_next(struct rel_lint_items *items,
				const struct rel_lint *l)
{
	rel_node_id id = items->at;

	if (id != REL_NODE_NONE)
		items->at =
		    items->single ? REL_NODE_NONE : rel_lint_node(l, id)->next;
	return id;
}

uint32_t rel_lint_items_count(struct rel_lint_items items,
			      const struct rel_lint *l)
{
	uint32_t count = 0;

	while (rel_lint_items_next(&items, l) != REL_NODE_NONE)
		count++;
	return count;
}

rel_node_id rel_lint_option(const struct rel_lint *l, rel_node_id node,
			    rel_node_id *content)
{
	rel_node_id value = rel_lint_node(l, node)->child;

	*content = REL_NODE_NONE;
	if (rel_lint_node(l, node)->kind != REL_NODE_OPTION)
		return node;
	*content = rel_lint_node(l, value)->next;
	return value;
}

bool rel_lint_is_empty(const struct rel_lint *l, enum rel_lint_field field,
		       unsigned depth)
{
	struct rel_lint_items items;

	return l->fields[field] == REL_NODE_NONE ||
	       !rel_lint_items_begin(&items, l, l->fields[field], depth) ||
	       items.at == REL_NODE_NONE;
}

rel_node_id rel_lint_find_string(const struct rel_lint *l,
				 enum rel_lint_field field, const char *text)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (l->fields[field] == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, l->fields[field], 1))
		return REL_NODE_NONE;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (rel_str_is(rel_lint_node(l, id)->text, text))
			break;
	}
	return id;
}
