#include "opam/expr.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "opam/edit.h"
#include "opam/opam_private.h"
#include "opam/version.h"

/* Which part of the grammar of expr.h a value is read as. */
enum level {
	LEVEL_FORMULA,
	LEVEL_CONSTRAINT,
	LEVEL_FILTER,
};

struct stack {
	uint32_t *items; /* malloc'd */
	uint32_t count, cap;
};

struct builder {
	struct rel_expr_table *table;
	struct rel_intern *strings;
	const struct rel_opam_tree *tree;
	bool disjunction;
	uint32_t depth;
	struct stack ids;     /* expressions waiting to be joined */
	struct stack pending; /* operands of a chain waiting to be read */
	struct rel_error *err;
};

static int add_value(struct builder *b, rel_expr_id *out, rel_node_id value,
		     enum level level, unsigned negations);

static const struct rel_node *node_at(const struct builder *b, rel_node_id id)
{
	return &b->tree->nodes[id];
}

static int fail_at(struct builder *b, rel_node_id id, enum rel_code code,
		   const char *text)
{
	const struct rel_node *node = node_at(b, id);

	rel_fail(b->err, code, "%s", text);
	rel_error_at(b->err, b->tree->path, node->line, node->column);
	return code;
}

static int push(struct builder *b, struct stack *stack, uint32_t item)
{
	int rc = rel_array_reserve(&stack->items, &stack->cap,
				   (uint64_t)stack->count + 1, sizeof(item));

	if (rc != 0)
		return rel_fail(b->err, rc, "out of memory");
	stack->items[stack->count++] = item;
	return 0;
}

static int add_node(struct builder *b, rel_expr_id *out, struct rel_expr expr)
{
	struct rel_expr_table *table = b->table;

	if (table->count == table->cap) {
		int rc = rel_array_reserve(&table->nodes, &table->cap,
					   (uint64_t)table->count + 1,
					   sizeof(*table->nodes));
		if (rc != 0)
			return rel_fail(b->err, rc, "out of memory");
	}
	*out = table->count;
	table->nodes[table->count++] = expr;
	return 0;
}

static struct rel_expr expr_at(const struct builder *b, rel_node_id at,
			       enum rel_expr_kind kind)
{
	const struct rel_node *node = node_at(b, at);

	return (struct rel_expr){
	    .kind = (uint8_t)kind,
	    .line = node->line,
	    .column =
		node->column < UINT16_MAX ? (uint16_t)node->column : UINT16_MAX,
	};
}

static int add_text(struct builder *b, rel_expr_id *out, rel_node_id at,
		    enum rel_expr_kind kind, struct rel_str text)
{
	struct rel_expr expr = expr_at(b, at, kind);

	expr.a = rel_intern_add(b->strings, text);
	if (expr.a == REL_STRING_NONE)
		return rel_fail_nomem(b->err);
	return add_node(b, out, expr);
}

/* Join expressions [from, to) of the stack as a balanced tree. */
static int join_range(struct builder *b, rel_expr_id *out,
		      enum rel_expr_kind kind, uint32_t from, uint32_t to)
{
	uint32_t middle = from + (to - from) / 2;
	struct rel_expr expr;
	int rc;

	if (to - from == 1) {
		*out = b->ids.items[from];
		return 0;
	}
	expr = b->table->nodes[b->ids.items[from]];
	expr.kind = (uint8_t)kind;
	expr.op = 0;
	rc = join_range(b, &expr.a, kind, from, middle);
	if (rc == 0)
		rc = join_range(b, &expr.b, kind, middle, to);
	return rc == 0 ? add_node(b, out, expr) : rc;
}

/*
 * Join what lies on the stack above `base`.  A long chain becomes a shallow
 * tree, so that nobody's recursion depends on the length of a list; `&` and
 * `|` are associative in every evaluation.
 */
static int join(struct builder *b, rel_expr_id *out, enum rel_expr_kind kind,
		uint32_t base)
{
	int rc = 0;

	*out = REL_EXPR_NONE;
	if (b->ids.count > base)
		rc = join_range(b, out, kind, base, b->ids.count);
	b->ids.count = base;
	return rc;
}

/* Values that stand side by side. */
static int add_items(struct builder *b, rel_expr_id *out, rel_node_id item,
		     enum level level, unsigned negations)
{
	bool disjunction =
	    level == LEVEL_FORMULA ? b->disjunction : negations % 2 == 1;
	uint32_t base = b->ids.count;
	rel_expr_id id;
	int rc = 0;

	for (; item != REL_NODE_NONE && rc == 0;
	     item = node_at(b, item)->next) {
		rc = add_value(b, &id, item, level, negations);
		if (rc == 0 && id != REL_EXPR_NONE)
			rc = push(b, &b->ids, id);
	}
	if (rc != 0)
		return rc;
	return join(b, out, disjunction ? REL_EXPR_OR : REL_EXPR_AND, base);
}

/* AND or OR as it counts: `&` is `|` in a disjunction and under a `!`. */
static bool is_disjunction(const struct builder *b, rel_node_id value,
			   enum level level, unsigned negations)
{
	bool is_or = node_at(b, value)->kind == REL_NODE_OR;

	if (level == LEVEL_FORMULA)
		return is_or || b->disjunction;
	return is_or != (negations % 2 == 1);
}

static bool is_logical(const struct builder *b, rel_node_id value)
{
	uint8_t kind = node_at(b, value)->kind;

	return kind == REL_NODE_AND || kind == REL_NODE_OR;
}

/* a & b & c …, without recursion along the chain. */
static int add_chain(struct builder *b, rel_expr_id *out, rel_node_id value,
		     enum level level, unsigned negations)
{
	bool is_or = is_disjunction(b, value, level, negations);
	uint32_t base = b->ids.count, bottom = b->pending.count;
	rel_node_id operand, left;
	rel_expr_id id;
	int rc = push(b, &b->pending, value);

	while (rc == 0 && b->pending.count > bottom) {
		operand = b->pending.items[--b->pending.count];
		if (is_logical(b, operand) &&
		    is_disjunction(b, operand, level, negations) == is_or) {
			left = node_at(b, operand)->child;
			rc = push(b, &b->pending, node_at(b, left)->next);
			if (rc == 0)
				rc = push(b, &b->pending, left);
			continue;
		}
		rc = add_value(b, &id, operand, level, negations);
		if (rc == 0 && id != REL_EXPR_NONE)
			rc = push(b, &b->ids, id);
	}
	if (rc != 0)
		return rc;
	return join(b, out, is_or ? REL_EXPR_OR : REL_EXPR_AND, base);
}

static int add_operands(struct builder *b, rel_expr_id *out, rel_node_id value,
			enum rel_expr_kind kind)
{
	const struct rel_node *node = node_at(b, value);
	struct rel_expr expr = expr_at(b, value, kind);
	rel_node_id right = node_at(b, node->child)->next;
	int rc;

	expr.op = node->op;
	rc = add_value(b, &expr.a, node->child, LEVEL_FILTER, 0);
	if (rc == 0 && right != REL_NODE_NONE)
		rc = add_value(b, &expr.b, right, LEVEL_FILTER, 0);
	return rc == 0 ? add_node(b, out, expr) : rc;
}

static int add_filter_group(struct builder *b, rel_expr_id *out,
			    rel_node_id value)
{
	rel_node_id inner = node_at(b, value)->child;

	if (inner == REL_NODE_NONE || node_at(b, inner)->next != REL_NODE_NONE)
		return fail_at(b, value, REL_EPARSE,
			       "expected a single filter expression");
	return add_value(b, out, inner, LEVEL_FILTER, 0);
}

static int add_filter(struct builder *b, rel_expr_id *out, rel_node_id value)
{
	const struct rel_node *node = node_at(b, value);
	struct rel_expr expr;

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_BOOL:
		expr = expr_at(b, value, REL_EXPR_BOOL);
		expr.a = node->number != 0;
		return add_node(b, out, expr);
	case REL_NODE_INT:
	case REL_NODE_STRING:
		return add_text(b, out, value, REL_EXPR_STRING, node->text);
	case REL_NODE_IDENT:
		return add_text(b, out, value, REL_EXPR_IDENT, node->text);
	case REL_NODE_GROUP:
		return add_filter_group(b, out, value);
	case REL_NODE_RELOP:
		return add_operands(b, out, value, REL_EXPR_COMPARE);
	case REL_NODE_NOT:
		return add_operands(b, out, value, REL_EXPR_NOT);
	case REL_NODE_DEFINED:
		return add_operands(b, out, value, REL_EXPR_DEFINED);
	case REL_NODE_AND:
	case REL_NODE_OR:
		return add_chain(b, out, value, LEVEL_FILTER, 0);
	default:
		return fail_at(b, value, REL_EPARSE, "not a filter");
	}
}

static void any_dash(const void *context, struct rel_str package,
		     struct rel_str name, struct rel_value *out)
{
	(void)context;
	(void)package;
	(void)name;
	*out = (struct rel_value){.kind = REL_VALUE_STRING,
				  .string = REL_STR("-")};
}

/* Would `text` be a version if every variable in it were "-"? */
static int check_version(struct builder *b, rel_node_id value,
			 struct rel_str text)
{
	struct rel_variables dashes = {.lookup = any_dash};
	struct rel_filter_eval eval = {.first = &dashes, .err = b->err};
	struct rel_arena arena;
	bool valid;

	if (rel_version_is_valid(text))
		return 0;
	rel_arena_init(&arena, 2 * REL_LIMIT_MANIFEST_BYTES);
	eval.scratch = &arena;
	valid = rel_version_is_valid(rel_filter_expand(&eval, text).string);
	rel_arena_free(&arena);
	if (eval.status == 0 && !valid)
		return fail_at(b, value, REL_EPARSE, "not a version");
	return eval.status;
}

static int add_version(struct builder *b, rel_expr_id *out, rel_node_id value,
		       unsigned negations)
{
	enum rel_relop op = (enum rel_relop)node_at(b, value)->op;
	rel_node_id bound = node_at(b, value)->child;
	struct rel_expr expr = expr_at(b, value, REL_EXPR_VERSION);
	const struct rel_node *node = node_at(b, bound);
	int rc;

	expr.op = (uint8_t)(negations % 2 == 1 ? rel_relop_negate(op) : op);
	if (node->kind == REL_NODE_STRING) {
		rc = check_version(b, bound, node->text);
		if (rc == 0)
			rc = add_text(b, &expr.a, bound, REL_EXPR_STRING,
				      node->text);
	} else if (node->kind == REL_NODE_IDENT) {
		rc = add_text(b, &expr.a, bound, REL_EXPR_IDENT, node->text);
	} else {
		rc = fail_at(b, bound, REL_EPARSE,
			     "expected a version in quotes");
	}
	return rc == 0 ? add_node(b, out, expr) : rc;
}

/*
 * `!` goes down to the leaves: it turns operators round and wraps filters,
 * once for each, for `!!"true"` is a boolean and `"true"` is not.
 * opam src/format/opamFormat.ml, filtered_constraints.
 */
static int add_constraint(struct builder *b, rel_expr_id *out,
			  rel_node_id value, unsigned negations)
{
	const struct rel_node *node = node_at(b, value);
	struct rel_expr expr;
	int rc;

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_PREFIX_RELOP:
		return add_version(b, out, value, negations);
	case REL_NODE_GROUP:
		return add_items(b, out, node->child, LEVEL_CONSTRAINT,
				 negations);
	case REL_NODE_NOT:
		return add_value(b, out, node->child, LEVEL_CONSTRAINT,
				 negations + 1);
	case REL_NODE_AND:
	case REL_NODE_OR:
		return add_chain(b, out, value, LEVEL_CONSTRAINT, negations);
	default:
		break;
	}
	rc = add_filter(b, out, value);
	for (; negations > 0 && rc == 0; negations--) {
		expr = expr_at(b, value, REL_EXPR_NOT);
		expr.a = *out;
		rc = add_node(b, out, expr);
	}
	return rc;
}

static int add_package(struct builder *b, rel_expr_id *out, rel_node_id value,
		       rel_node_id constraint)
{
	const struct rel_node *node = node_at(b, value);
	struct rel_expr expr = expr_at(b, value, REL_EXPR_PACKAGE);
	int rc;

	if (node->kind != REL_NODE_STRING)
		return fail_at(b, value, REL_EPARSE,
			       "expected a package name in quotes");
	if (!rel_package_name_is_valid(node->text))
		return fail_at(b, value, REL_EPARSE, "not a package name");
	expr.a = rel_intern_add(b->strings, node->text);
	if (expr.a == REL_STRING_NONE)
		return rel_fail_nomem(b->err);
	rc = add_items(b, &expr.b, constraint, LEVEL_CONSTRAINT, 0);
	return rc == 0 ? add_node(b, out, expr) : rc;
}

static int add_formula(struct builder *b, rel_expr_id *out, rel_node_id value)
{
	const struct rel_node *node = node_at(b, value);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_STRING:
		return add_package(b, out, value, REL_NODE_NONE);
	case REL_NODE_OPTION:
		return add_package(b, out, node->child,
				   node_at(b, node->child)->next);
	case REL_NODE_GROUP:
		return add_items(b, out, node->child, LEVEL_FORMULA, 0);
	case REL_NODE_AND:
	case REL_NODE_OR:
		return add_chain(b, out, value, LEVEL_FORMULA, 0);
	default:
		return fail_at(b, value, REL_EPARSE,
			       "expected a package name in quotes");
	}
}

static int add_value(struct builder *b, rel_expr_id *out, rel_node_id value,
		     enum level level, unsigned negations)
{
	int rc;

	*out = REL_EXPR_NONE;
	/* each level of nesting may be an operator, a group and a list */
	if (b->depth >= 4 * REL_LIMIT_NESTING)
		return fail_at(b, value, REL_ELIMIT, "nested too deeply");
	b->depth++;
	if (level == LEVEL_FORMULA)
		rc = add_formula(b, out, value);
	else if (level == LEVEL_CONSTRAINT)
		rc = add_constraint(b, out, value, negations);
	else
		rc = add_filter(b, out, value);
	b->depth--;
	return rc;
}

static int finish(struct builder *b, int rc)
{
	free(b->ids.items);
	free(b->pending.items);
	return rc;
}

int rel_expr_add_formula(rel_expr_id *out, struct rel_expr_table *table,
			 struct rel_intern *strings,
			 const struct rel_opam_tree *tree, rel_node_id value,
			 bool disjunction, struct rel_error *err)
{
	struct builder b = {.table = table,
			    .strings = strings,
			    .tree = tree,
			    .disjunction = disjunction,
			    .err = err};

	if (node_at(&b, value)->kind == REL_NODE_LIST)
		return finish(&b, add_items(&b, out, node_at(&b, value)->child,
					    LEVEL_FORMULA, 0));
	return finish(&b, add_value(&b, out, value, LEVEL_FORMULA, 0));
}

int rel_expr_add_filter(rel_expr_id *out, struct rel_expr_table *table,
			struct rel_intern *strings,
			const struct rel_opam_tree *tree, rel_node_id value,
			struct rel_error *err)
{
	struct builder b = {
	    .table = table, .strings = strings, .tree = tree, .err = err};
	rel_node_id only = value;

	*out = REL_EXPR_NONE;
	if (node_at(&b, value)->kind == REL_NODE_LIST) {
		only = node_at(&b, value)->child;
		if (only == REL_NODE_NONE)
			return 0;
		if (node_at(&b, only)->next != REL_NODE_NONE)
			return fail_at(&b, value, REL_EPARSE,
				       "expected a single filter expression");
	}
	return finish(&b, add_value(&b, out, only, LEVEL_FILTER, 0));
}

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
