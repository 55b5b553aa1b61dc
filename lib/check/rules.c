#include "check/rules.h"

#include <stdarg.h>

void rel_rules_add(struct rel_rules *r, enum rel_lint_severity severity,
		   const char *rule, rel_node_id node, const char *fmt, ...)
{
	struct rel_submission_findings *out = r->out;
	struct rel_submission_finding *items = out->items;
	char text[512], *copy;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *t = text; *t; t++) {
		if (*t == '\n' || *t == '\r' || *t == '\t')
			*t = ' ';
	}
	copy = rel_arena_copy(r->arena, rel_str_of(text));
	if (out->count == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 8;
		items = rel_arena_array(r->arena, out->cap, sizeof(*items));
	}
	if (!copy || !items) {
		r->status = REL_ENOMEM;
		out->cap = out->count;
		return;
	}
	if (items != out->items && out->count > 0)
		memcpy(items, out->items, out->count * sizeof(*items));
	out->items = items;
	items[out->count] =
	    (struct rel_submission_finding){.rule = rule,
					    .severity = (uint8_t)severity,
					    .text = rel_str_of(copy)};
	if (node != REL_NODE_NONE) {
		items[out->count].line = rel_rules_node(r, node)->line;
		items[out->count].column = rel_rules_node(r, node)->column;
	}
	out->count++;
}

rel_node_id rel_rules_value(const struct rel_rules *r, const char *field)
{
	rel_node_id id = rel_opam_field(&r->tree, r->tree.items, field);

	return id == REL_NODE_NONE ? id : rel_rules_node(r, id)->child;
}
