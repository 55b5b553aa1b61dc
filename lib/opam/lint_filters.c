#include "opam/lint_private.h"
#include "opam/opam_private.h"
#include "opam/version.h"

static bool check_filter(struct rel_lint *l, rel_node_id node);
static bool check_constraint(struct rel_lint *l, rel_node_id node);
static bool check_package(struct rel_lint *l, rel_node_id node);

static bool each(struct rel_lint *l, rel_node_id first, rel_lint_check_fn check)
{
	for (; first != REL_NODE_NONE; first = rel_lint_node(l, first)->next) {
		if (!check(l, first))
			return false;
	}
	return true;
}

static bool check_ident(struct rel_lint *l, rel_node_id node)
{
	struct rel_lint_ident ident;

	return rel_lint_ident_parse(&ident, rel_lint_node(l, node)->text,
				    false) ||
	       rel_lint_bad(l, node, "not a package name in a variable");
}

/* A group in a filter: empty is true, a group of its own is one value. */
bool rel_lint_check_filter(struct rel_lint *l, rel_node_id first)
{
	const struct rel_node *node;

	if (first == REL_NODE_NONE)
		return true;
	node = rel_lint_node(l, first);
	if (node->next == REL_NODE_NONE && node->kind != REL_NODE_GROUP)
		return check_filter(l, first);
	if (node->next != REL_NODE_NONE || node->child == REL_NODE_NONE ||
	    rel_lint_node(l, node->child)->next != REL_NODE_NONE)
		return rel_lint_bad(l, first,
				    "expected a single filter expression");
	return check_filter(l, node->child);
}

static bool check_filter(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_BOOL:
	case REL_NODE_INT:
	case REL_NODE_STRING:
		return true;
	case REL_NODE_IDENT:
		return check_ident(l, id);
	case REL_NODE_GROUP:
		return rel_lint_check_filter(l, node->child);
	case REL_NODE_RELOP:
	case REL_NODE_NOT:
	case REL_NODE_DEFINED:
	case REL_NODE_AND:
	case REL_NODE_OR:
		return each(l, node->child, check_filter);
	default:
		return rel_lint_bad(l, id, "expected a filter expression");
	}
}

bool rel_lint_check_available(struct rel_lint *l, rel_node_id value)
{
	const struct rel_node *node = rel_lint_node(l, value);

	return rel_lint_check_filter(
	    l, node->kind == REL_NODE_LIST ? node->child : value);
}

static bool is_version_text(struct rel_str s)
{
	return s.len == 0 || rel_version_is_valid(s);
}

/*
 * What a variable in a version becomes when each one is "-": `*out`; false
 * when opam has no value for it.
 */
static bool expand_variable(struct rel_str *out, struct rel_str text,
			    bool interpolated)
{
	struct rel_lint_ident ident;
	struct rel_str rest, package;
	unsigned packages = 0;

	*out = REL_STR("-");
	if (!rel_lint_ident_parse(&ident, text, interpolated))
		return false;
	rest = ident.packages;
	while (rel_lint_ident_next(&rest, &package, ident.one_package))
		packages++;
	if (!ident.converts && packages > 0 && rel_str_is(ident.name, "enable"))
		*out = REL_STR("disable");
	else if (ident.converts)
		*out = ident.if_false;
	else
		return packages < 2;
	return true;
}

/* opam src/format/opamFormat.ml, ext_version. */
static bool check_version_text(struct rel_lint *l, rel_node_id node)
{
	struct rel_str rest = rel_lint_node(l, node)->text, piece;
	bool interpolated = rel_lint_since(l, REL_LINT_OPAM_2_2);
	enum rel_piece_kind kind;
	size_t len = 0;

	while ((kind = rel_piece_next(&rest, &piece)) != REL_PIECE_END) {
		if (kind == REL_PIECE_VARIABLE &&
		    !expand_variable(&piece, piece, interpolated))
			return rel_lint_bad(l, node, "not a version");
		if (!is_version_text(piece))
			return rel_lint_bad(l, node, "not a version");
		len += piece.len;
	}
	return len > 0 || rel_lint_bad(l, node, "an empty version");
}

static bool check_version(struct rel_lint *l, rel_node_id node)
{
	uint8_t kind = rel_lint_node(l, node)->kind;

	if (kind == REL_NODE_STRING)
		return check_version_text(l, node);
	if (kind == REL_NODE_IDENT)
		return check_ident(l, node);
	return rel_lint_bad(l, node, "expected a version in quotes");
}

static bool check_constraint(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_PREFIX_RELOP:
		return check_version(l, node->child);
	case REL_NODE_AND:
	case REL_NODE_OR:
	case REL_NODE_GROUP:
	case REL_NODE_NOT:
		return each(l, node->child, check_constraint);
	default:
		return check_filter(l, id);
	}
}

static bool check_atom(struct rel_lint *l, rel_node_id atom)
{
	rel_node_id constraint;
	rel_node_id name = rel_lint_option(l, atom, &constraint);

	return rel_lint_check_package_name(l, name) &&
	       each(l, constraint, check_constraint);
}

static bool check_package(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_STRING:
	case REL_NODE_OPTION:
		return check_atom(l, id);
	case REL_NODE_GROUP:
	case REL_NODE_AND:
	case REL_NODE_OR:
		return each(l, node->child, check_package);
	default:
		return rel_lint_bad(l, id, "expected a package name in quotes");
	}
}

bool rel_lint_check_formula_items(struct rel_lint *l, rel_node_id first)
{
	return each(l, first, check_package);
}

bool rel_lint_check_formula(struct rel_lint *l, rel_node_id value)
{
	const struct rel_node *node = rel_lint_node(l, value);

	return each(l, node->kind == REL_NODE_LIST ? node->child : value,
		    check_package);
}

static bool check_os(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_STRING:
		return true;
	case REL_NODE_GROUP:
	case REL_NODE_AND:
	case REL_NODE_OR:
	case REL_NODE_NOT:
		return each(l, node->child, check_os);
	default:
		return rel_lint_bad(l, id, "expected an os in quotes");
	}
}

bool rel_lint_check_os(struct rel_lint *l, rel_node_id value)
{
	const struct rel_node *node = rel_lint_node(l, value);

	return each(l, node->kind == REL_NODE_LIST ? node->child : value,
		    check_os);
}

static bool check_compiler(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_PREFIX_RELOP:
		node = rel_lint_node(l, node->child);
		return node->kind == REL_NODE_STRING ||
		       (node->kind == REL_NODE_IDENT &&
			rel_str_is(node->text, "system")) ||
		       rel_lint_bad(l, id, "expected a compiler version");
	case REL_NODE_AND:
	case REL_NODE_OR:
	case REL_NODE_GROUP:
	case REL_NODE_NOT:
		return each(l, node->child, check_compiler);
	default:
		return rel_lint_bad(l, id, "expected a compiler version");
	}
}

bool rel_lint_check_ocaml_version(struct rel_lint *l, rel_node_id value)
{
	const struct rel_node *node = rel_lint_node(l, value);

	return each(l, node->kind == REL_NODE_LIST ? node->child : value,
		    check_compiler);
}
