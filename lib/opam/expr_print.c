#include "opam/edit.h"
#include "opam/expr.h"

/* How tightly the surroundings bind. */
enum binding {
	BIND_OR,
	BIND_AND,
	BIND_PREFIX,
	BIND_COMPARE,
};

struct printer {
	struct rel_buf *out;
	const struct rel_exprs *exprs;
	bool plain;
};

static void print(struct printer *p, rel_expr_id id, enum binding around);

static struct rel_str text_of(const struct printer *p, rel_string_id id)
{
	return p->exprs->string(p->exprs->context, id);
}

static void print_string(struct printer *p, rel_string_id id)
{
	if (p->plain)
		rel_buf_add_str(p->out, text_of(p, id));
	else
		rel_opam_quote(p->out, text_of(p, id));
}

static void print_pair(struct printer *p, const struct rel_expr *node,
		       const char *between, enum binding inside)
{
	print(p, node->a, inside);
	rel_buf_printf(p->out, " %s ", between);
	print(p, node->b, inside);
}

/* Does the text of a constraint read on after a bare package name? */
static bool starts_with_bound(const struct printer *p, rel_expr_id id)
{
	const struct rel_expr *node = &p->exprs->nodes[id];

	while (node->kind == REL_EXPR_AND)
		node = &p->exprs->nodes[node->a];
	return node->kind == REL_EXPR_VERSION;
}

static void print_package(struct printer *p, const struct rel_expr *node)
{
	print_string(p, node->a);
	if (node->b == REL_EXPR_NONE)
		return;
	rel_buf_add_char(p->out, ' ');
	if (p->plain && starts_with_bound(p, node->b)) {
		print(p, node->b, BIND_AND);
		return;
	}
	rel_buf_add_char(p->out, '{');
	print(p, node->b, BIND_OR);
	rel_buf_add_char(p->out, '}');
}

static enum binding binding_of(const struct rel_expr *node)
{
	switch ((enum rel_expr_kind)node->kind) {
	case REL_EXPR_OR:
		return BIND_OR;
	case REL_EXPR_AND:
		return BIND_AND;
	case REL_EXPR_COMPARE:
		/* opam's own printer separates `!` from a comparison */
		return BIND_AND;
	case REL_EXPR_NOT:
	case REL_EXPR_DEFINED:
		return BIND_PREFIX;
	default:
		return BIND_COMPARE;
	}
}

static void print_bare(struct printer *p, const struct rel_expr *node)
{
	const char *op = rel_relop_text((enum rel_relop)node->op);

	switch ((enum rel_expr_kind)node->kind) {
	case REL_EXPR_AND:
		print_pair(p, node, "&", BIND_AND);
		break;
	case REL_EXPR_OR:
		print_pair(p, node, "|", BIND_OR);
		break;
	case REL_EXPR_COMPARE:
		print_pair(p, node, op, BIND_COMPARE);
		break;
	case REL_EXPR_PACKAGE:
		print_package(p, node);
		break;
	case REL_EXPR_VERSION:
		rel_buf_printf(p->out, "%s ", op);
		print(p, node->a, BIND_COMPARE);
		break;
	case REL_EXPR_NOT:
	case REL_EXPR_DEFINED:
		rel_buf_add_char(p->out,
				 node->kind == REL_EXPR_NOT ? '!' : '?');
		print(p, node->a, BIND_PREFIX);
		break;
	case REL_EXPR_STRING:
		print_string(p, node->a);
		break;
	case REL_EXPR_IDENT:
		rel_buf_add_str(p->out, text_of(p, node->a));
		break;
	case REL_EXPR_BOOL:
		rel_buf_add_cstr(p->out, node->a ? "true" : "false");
		break;
	}
}

static void print(struct printer *p, rel_expr_id id, enum binding around)
{
	const struct rel_expr *node = &p->exprs->nodes[id];
	bool group = binding_of(node) < around;

	if (group)
		rel_buf_add_char(p->out, '(');
	print_bare(p, node);
	if (group)
		rel_buf_add_char(p->out, ')');
}

static int print_all(struct rel_buf *out, const struct rel_exprs *exprs,
		     rel_expr_id id, bool plain)
{
	struct printer p = {.out = out, .exprs = exprs, .plain = plain};

	if (id != REL_EXPR_NONE)
		print(&p, id, BIND_OR);
	return out->status;
}

int rel_expr_print(struct rel_buf *out, const struct rel_exprs *exprs,
		   rel_expr_id id)
{
	return print_all(out, exprs, id, false);
}

int rel_expr_print_plain(struct rel_buf *out, const struct rel_exprs *exprs,
			 rel_expr_id id)
{
	return print_all(out, exprs, id, true);
}
