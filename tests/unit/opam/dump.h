/* A tree as one line of text, for tables of tests. */
#ifndef REL_TESTS_OPAM_DUMP_H
#define REL_TESTS_OPAM_DUMP_H

#include "base/buf.h"
#include "opam/tree.h"

/*
 * Append the siblings from `first` on, separated by blanks: (f name value),
 * (s kind "name" items…), [values], (values), (o value content…), (op a b),
 * (op a); strings in quotes with every other byte in hex, #n for numbers.
 */
static inline void dump_siblings(struct rel_buf *out,
				 const struct rel_opam_tree *tree,
				 rel_node_id first);

static inline void dump_string(struct rel_buf *out, struct rel_str s)
{
	rel_buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= ' ' && c < 0x7f && c != '"')
			rel_buf_add_char(out, (char)c);
		else
			rel_buf_printf(out, "<%02x>", c);
	}
	rel_buf_add_char(out, '"');
}

static inline void dump_parent(struct rel_buf *out,
			       const struct rel_opam_tree *tree,
			       const char *head, const struct rel_node *n)
{
	rel_buf_add_cstr(out, head);
	if (n->kind == REL_NODE_ENV || n->kind <= REL_NODE_SECTION)
		rel_buf_add_str(out, n->text);
	if (n->text2.ptr) {
		rel_buf_add_char(out, ' ');
		dump_string(out, n->text2);
	}
	if (n->child != REL_NODE_NONE && n->kind != REL_NODE_LIST &&
	    n->kind != REL_NODE_GROUP)
		rel_buf_add_char(out, ' ');
	dump_siblings(out, tree, n->child);
	rel_buf_add_char(out, head[0] == '[' ? ']' : ')');
}

static inline void dump_node(struct rel_buf *out,
			     const struct rel_opam_tree *tree,
			     const struct rel_node *n)
{
	static const char *const heads[] = {
	    [REL_NODE_LIST] = "[",     [REL_NODE_GROUP] = "(",
	    [REL_NODE_OPTION] = "(o",  [REL_NODE_AND] = "(&",
	    [REL_NODE_OR] = "(|",      [REL_NODE_NOT] = "(!",
	    [REL_NODE_DEFINED] = "(?", [REL_NODE_ENV] = "(",
	    [REL_NODE_FIELD] = "(f ",  [REL_NODE_SECTION] = "(s ",
	};
	char head[4];

	switch (n->kind) {
	case REL_NODE_STRING:
		dump_string(out, n->text);
		break;
	case REL_NODE_IDENT:
		rel_buf_add_str(out, n->text);
		break;
	case REL_NODE_BOOL:
		rel_buf_add_cstr(out, n->number ? "true" : "false");
		break;
	case REL_NODE_INT:
		rel_buf_printf(out, "#%lld", (long long)n->number);
		break;
	case REL_NODE_RELOP:
	case REL_NODE_PREFIX_RELOP:
		snprintf(head, sizeof(head), "(%s",
			 rel_relop_text((enum rel_relop)n->op));
		dump_parent(out, tree, head, n);
		break;
	default:
		dump_parent(out, tree, heads[n->kind], n);
	}
}

static inline void dump_siblings(struct rel_buf *out,
				 const struct rel_opam_tree *tree,
				 rel_node_id first)
{
	for (rel_node_id id = first; id != REL_NODE_NONE;
	     id = tree->nodes[id].next) {
		if (id != first)
			rel_buf_add_char(out, ' ');
		dump_node(out, tree, &tree->nodes[id]);
	}
}

#endif
