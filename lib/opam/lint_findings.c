/* What the readers and checks of lint share: findings, and lists as opam reads
 * them. */
#include <stdarg.h>

#include "opam/lint_private.h"

bool rel_lint_grow(struct rel_lint *l, void *items, uint32_t count,
		   uint32_t *cap, size_t size)
{
	uint32_t wanted = *cap ? *cap * 2 : 8;
	void *old, *new;

	if (count < *cap)
		return true;
	new = rel_arena_array(l->arena, wanted, size);
	if (!new) {
		l->status = rel_fail_nomem(l->err);
		return false;
	}
	memcpy(&old, items, sizeof(old));
	if (count > 0)
		memcpy(new, old, count * size);
	memcpy(items, &new, sizeof(new));
	*cap = wanted;
	return true;
}

/* One line: what is none becomes a blank. */
static const char *copy_line(struct rel_lint *l, const char *text)
{
	char *copy = rel_arena_copy(l->arena, rel_str_of(text));

	for (char *c = copy; c && *c; c++) {
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	}
	return copy;
}

void rel_lint_add(struct rel_lint *l, unsigned code,
		  enum rel_lint_severity severity, rel_node_id node,
		  const char *fmt, ...)
{
	struct rel_lint_finding *f;
	const char *copy;
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	copy = copy_line(l, text);
	if (!copy) {
		l->status = rel_fail_nomem(l->err);
		return;
	}
	if (!rel_lint_grow(l, &l->out->items, l->out->count, &l->out->cap,
			   sizeof(*l->out->items)))
		return;
	f = &l->out->items[l->out->count++];
	*f = (struct rel_lint_finding){.code = (uint16_t)code,
				       .severity = (uint8_t)severity,
				       .text = rel_str_of(copy)};
	if (node != REL_NODE_NONE) {
		f->line = rel_lint_node(l, node)->line;
		f->column = rel_lint_node(l, node)->column;
	}
}

void rel_lint_detail_add(struct rel_lint_detail *detail, struct rel_str s)
{
	size_t room = sizeof(detail->text) - detail->len;
	const char *between = detail->len ? ", " : "";

	if (room <= s.len + 12) {
		/* said once, when there is still room for it */
		if (room > 8)
			detail->len += (size_t)snprintf(
			    detail->text + detail->len, room, "%s…", between);
		memset(detail->text + detail->len, 0,
		       sizeof(detail->text) - detail->len);
		detail->len = sizeof(detail->text) - 8;
		return;
	}
	detail->len += (size_t)snprintf(detail->text + detail->len, room,
					"%s\"%.*s\"", between, REL_STR_ARG(s));
}

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
