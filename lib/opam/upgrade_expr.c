#include <stdlib.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/limits.h"
#include "opam/opam_private.h"

void rel_upgrade_exprs_init(struct rel_upgrade_exprs *x,
			    const struct rel_opam_tree *tree,
			    struct rel_error *err)
{
	*x = (struct rel_upgrade_exprs){.tree = tree, .err = err};
	rel_intern_init(&x->strings, 4 * REL_LIMIT_MANIFEST_BYTES);
}

void rel_upgrade_exprs_free(struct rel_upgrade_exprs *x)
{
	rel_intern_free(&x->strings);
	free(x->table.nodes);
	*x = (struct rel_upgrade_exprs){0};
}

rel_expr_id rel_upgrade_add(struct rel_upgrade_exprs *x, struct rel_expr expr)
{
	struct rel_expr_table *table = &x->table;

	if (x->status != 0)
		return REL_EXPR_NONE;
	if (rel_array_reserve(&table->nodes, &table->cap,
			      (uint64_t)table->count + 1,
			      sizeof(*table->nodes)) != 0) {
		x->status = rel_fail_nomem(x->err);
		return REL_EXPR_NONE;
	}
	table->nodes[table->count] = expr;
	return table->count++;
}

static rel_string_id intern(struct rel_upgrade_exprs *x, struct rel_str text)
{
	rel_string_id id = rel_intern_add(&x->strings, text);

	if (id == REL_STRING_NONE && x->status == 0)
		x->status = rel_fail_nomem(x->err);
	return id;
}

rel_expr_id rel_upgrade_add_text(struct rel_upgrade_exprs *x,
				 enum rel_expr_kind kind, struct rel_str text)
{
	struct rel_expr expr = {.kind = (uint8_t)kind, .a = intern(x, text)};

	return rel_upgrade_add(x, expr);
}

rel_expr_id rel_upgrade_join(struct rel_upgrade_exprs *x,
			     enum rel_expr_kind kind, rel_expr_id a,
			     rel_expr_id b)
{
	if (a == REL_EXPR_NONE || b == REL_EXPR_NONE)
		return a == REL_EXPR_NONE ? b : a;
	return rel_upgrade_add(
	    x, (struct rel_expr){.kind = (uint8_t)kind, .a = a, .b = b});
}

struct rel_str rel_upgrade_text(const struct rel_upgrade_exprs *x,
				rel_expr_id id)
{
	return rel_intern_get(&x->strings, x->table.nodes[id].a);
}

static rel_node_id field_value(const struct rel_upgrade_exprs *x,
			       const char *name)
{
	rel_node_id id = rel_opam_field(x->tree, x->tree->items, name);

	return id == REL_NODE_NONE ? id : x->tree->nodes[id].child;
}

rel_expr_id rel_upgrade_read_formula(struct rel_upgrade_exprs *x,
				     const char *name, bool disjunction)
{
	rel_node_id value = field_value(x, name);
	rel_expr_id id = REL_EXPR_NONE;

	if (value != REL_NODE_NONE && x->status == 0)
		x->status =
		    rel_expr_add_formula(&id, &x->table, &x->strings, x->tree,
					 value, disjunction, x->err);
	return id;
}

/* `ocaml-version:` and `os:` have a grammar of their own: bounds resp. names,
 * joined and negated. */
struct old_field {
	const char *variable;
	bool names; /* "linux" instead of >= "4" */
	enum rel_expr_kind list;
};

static rel_expr_id fail_at(struct rel_upgrade_exprs *x, rel_node_id id,
			   const char *text)
{
	const struct rel_node *n = &x->tree->nodes[id];

	if (x->status == 0) {
		x->status = rel_fail(x->err, REL_EPARSE, "%s", text);
		rel_error_at(x->err, x->tree->path, n->line, n->column);
	}
	return REL_EXPR_NONE;
}

static rel_expr_id add_old_leaf(struct rel_upgrade_exprs *x,
				const struct old_field *field,
				rel_node_id value, bool negated)
{
	const struct rel_node *n = &x->tree->nodes[value];
	enum rel_relop op = REL_OP_EQ;
	struct rel_expr expr = {.kind = REL_EXPR_COMPARE};

	if (!field->names && n->kind == REL_NODE_PREFIX_RELOP) {
		op = (enum rel_relop)n->op;
		n = &x->tree->nodes[n->child];
	} else if (!field->names) {
		return fail_at(x, value, "expected a bound on the version");
	}
	if (n->kind != REL_NODE_STRING)
		return fail_at(x, value, "expected a string");
	expr.op = (uint8_t)(negated ? rel_relop_negate(op) : op);
	expr.a = rel_upgrade_add_text(x, REL_EXPR_IDENT,
				      rel_str_of(field->variable));
	expr.b = rel_upgrade_add_text(x, REL_EXPR_STRING, n->text);
	return rel_upgrade_add(x, expr);
}

static rel_expr_id add_old(struct rel_upgrade_exprs *x,
			   const struct old_field *field, rel_node_id value,
			   bool negated);

/* `count` siblings as a balanced tree, so that no later recursion depends on
 * the length of a list. */
static rel_expr_id add_old_range(struct rel_upgrade_exprs *x,
				 const struct old_field *field, rel_node_id id,
				 uint32_t count, bool negated)
{
	bool is_or = (field->list == REL_EXPR_OR) != negated;
	uint32_t half = count / 2;
	rel_expr_id a, b;

	if (count == 1)
		return add_old(x, field, id, negated);
	a = add_old_range(x, field, id, half, negated);
	for (uint32_t i = 0; i < half; i++)
		id = x->tree->nodes[id].next;
	b = add_old_range(x, field, id, count - half, negated);
	return rel_upgrade_join(x, is_or ? REL_EXPR_OR : REL_EXPR_AND, a, b);
}

static rel_expr_id add_old_list(struct rel_upgrade_exprs *x,
				const struct old_field *field,
				rel_node_id first, bool negated)
{
	uint32_t count = 0;

	for (rel_node_id id = first; id != REL_NODE_NONE;
	     id = x->tree->nodes[id].next)
		count++;
	return count == 0 ? REL_EXPR_NONE
			  : add_old_range(x, field, first, count, negated);
}

/* Recursion is bounded by the height of the tree. */
static rel_expr_id add_old(struct rel_upgrade_exprs *x,
			   const struct old_field *field, rel_node_id value,
			   bool negated)
{
	const struct rel_node *n = &x->tree->nodes[value];
	rel_expr_id a, b;

	switch (n->kind) {
	case REL_NODE_GROUP:
		return add_old_list(x, field, n->child, negated);
	case REL_NODE_NOT:
		return add_old(x, field, n->child, !negated);
	case REL_NODE_AND:
	case REL_NODE_OR:
		a = add_old(x, field, n->child, negated);
		b = add_old(x, field, x->tree->nodes[n->child].next, negated);
		return rel_upgrade_join(x,
					(n->kind == REL_NODE_OR) != negated
					    ? REL_EXPR_OR
					    : REL_EXPR_AND,
					a, b);
	default:
		return add_old_leaf(x, field, value, negated);
	}
}

static rel_expr_id read_old(struct rel_upgrade_exprs *x, const char *name,
			    const struct old_field *field)
{
	rel_node_id value = field_value(x, name);

	if (value == REL_NODE_NONE)
		return REL_EXPR_NONE;
	if (x->tree->nodes[value].kind == REL_NODE_LIST)
		return add_old_list(x, field, x->tree->nodes[value].child,
				    false);
	return add_old(x, field, value, false);
}

rel_expr_id rel_upgrade_read_available(struct rel_upgrade_exprs *x)
{
	static const struct old_field ocaml_version = {"ocaml-version", false,
						       REL_EXPR_AND};
	static const struct old_field os = {"os", true, REL_EXPR_OR};
	rel_node_id value = field_value(x, "available");
	rel_expr_id available = REL_EXPR_NONE;

	if (value != REL_NODE_NONE)
		x->status = rel_expr_add_filter(
		    &available, &x->table, &x->strings, x->tree, value, x->err);
	available = rel_upgrade_join(
	    x, REL_EXPR_AND, read_old(x, "ocaml-version", &ocaml_version),
	    available);
	return rel_upgrade_join(x, REL_EXPR_AND, read_old(x, "os", &os),
				available);
}

static struct rel_str string_of(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

void rel_upgrade_print_filter(struct rel_buf *out,
			      const struct rel_upgrade_exprs *x,
			      rel_expr_id filter)
{
	struct rel_exprs exprs = {.nodes = x->table.nodes,
				  .count = x->table.count,
				  .string = string_of,
				  .context = &x->strings};

	rel_expr_print(out, &exprs, filter);
}

static void print_terms(struct rel_buf *out, const struct rel_upgrade_exprs *x,
			enum rel_expr_kind kind, rel_expr_id id)
{
	const struct rel_expr *e = &x->table.nodes[id];

	if (e->kind == kind) {
		print_terms(out, x, kind, e->a);
		print_terms(out, x, kind, e->b);
		return;
	}
	rel_buf_add_cstr(out, "  ");
	rel_upgrade_print_filter(out, x, id);
	rel_buf_add_char(out, '\n');
}

void rel_upgrade_print(struct rel_buf *out, const struct rel_upgrade_exprs *x,
		       enum rel_expr_kind kind, rel_expr_id formula)
{
	rel_buf_add_cstr(out, "[\n");
	if (formula != REL_EXPR_NONE)
		print_terms(out, x, kind, formula);
	rel_buf_add_char(out, ']');
}

struct renaming {
	const char *from, *to;
};

/* opam 2.1.2 src/state/opamFormatUpgrade.ml, rwr_depflags. */
static const struct renaming flags[] = {
    {"test", "with-test"}, {"doc", "with-doc"}, {NULL, NULL}};

/* The same, rewrite_var. */
static const struct renaming globals[] = {
    {"compiler", "ocaml:compiler"},
    {"preinstalled", "ocaml:preinstalled"},
    {"ocaml-version", "ocaml:version"},
    {"ocaml-native", "ocaml:native"},
    {"ocaml-native-tools", "ocaml:native-tools"},
    {"ocaml-native-dynlink", "ocaml:native-dynlink"},
    {NULL, NULL},
};

/* opam 2.1.2 src/state/opamSysPoll.ml, normalise_os. */
static const struct renaming systems[] = {
    {"darwin", "macos"}, {"osx", "macos"}, {NULL, NULL}};

/* The same, normalise_arch. */
static const struct renaming machines[] = {
    {"x86", "x86_32"},	  {"i386", "x86_32"},	{"i486", "x86_32"},
    {"i586", "x86_32"},	  {"i686", "x86_32"},	{"amd64", "x86_64"},
    {"powerpc", "ppc32"}, {"ppc", "ppc32"},	{"ppcle", "ppc32"},
    {"ppc64le", "ppc64"}, {"aarch64", "arm64"}, {"aarch64_be", "arm64"},
    {"armv8b", "arm32"},  {"armv8l", "arm32"},	{NULL, NULL},
};

static const char *find(const struct renaming *renamings, struct rel_str name)
{
	for (; renamings->from; renamings++)
		if (rel_str_is(name, renamings->from))
			return renamings->to;
	return NULL;
}

/* Append the reference `text` with its variable renamed. */
static void rename_reference(struct rel_buf *out,
			     const struct renaming *renamings,
			     struct rel_str text)
{
	struct rel_ident ident;
	const char *to = NULL;

	rel_ident_parse(&ident, text);
	if (ident.packages.len == 0 && ident.name.ptr == text.ptr)
		to = find(renamings, ident.name);
	if (to) {
		rel_buf_add_cstr(out, to);
		text = rel_str_sub(text, ident.name.len, text.len);
	}
	rel_buf_add_str(out, text);
}

/* The same for every %{…}% in `text`. */
static void rename_inside(struct rel_buf *out, const struct renaming *renamings,
			  struct rel_str text)
{
	struct rel_str piece;
	enum rel_piece_kind kind;

	while ((kind = rel_piece_next(&text, &piece)) != REL_PIECE_END) {
		if (kind == REL_PIECE_VARIABLE) {
			rel_buf_add_cstr(out, "%{");
			rename_reference(out, renamings, piece);
			rel_buf_add_cstr(out, "}%");
		} else if (rel_str_is(piece, "%")) {
			rel_buf_add_cstr(out, "%%");
		} else {
			rel_buf_add_str(out, piece);
		}
	}
}

static void set_text(struct rel_upgrade_exprs *x, rel_expr_id id,
		     struct rel_str text)
{
	rel_string_id string = rel_intern_add(&x->strings, text);

	if (string == REL_STRING_NONE)
		x->status = rel_fail_nomem(x->err);
	else
		x->table.nodes[id].a = string;
}

static void rename_range(struct rel_upgrade_exprs *x,
			 const struct renaming *renamings, uint32_t from,
			 uint32_t to)
{
	struct rel_buf text;

	rel_buf_init(&text, 4 * REL_LIMIT_MANIFEST_BYTES);
	for (uint32_t id = from; id < to && x->status == 0; id++) {
		uint8_t kind = x->table.nodes[id].kind;

		if (kind != REL_EXPR_IDENT && kind != REL_EXPR_STRING)
			continue;
		rel_buf_clear(&text);
		if (kind == REL_EXPR_IDENT)
			rename_reference(&text, renamings,
					 rel_upgrade_text(x, id));
		else if (rel_str_find(rel_upgrade_text(x, id), '{') <
			 rel_upgrade_text(x, id).len)
			rename_inside(&text, renamings,
				      rel_upgrade_text(x, id));
		else
			continue;
		x->status = rel_buf_status(&text, "converted filter", x->err);
		if (x->status == 0)
			set_text(x, id, rel_buf_str(&text));
	}
	rel_buf_free(&text);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_arm32(struct rel_str name)
{
	static const char *const prefixes[] = {"armv5", "armv6", "earmv6",
					       "armv7", "earmv7"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (rel_str_starts(name, rel_str_of(prefixes[i])))
			return true;
	return false;
}

/* Give the value that `os` or `arch` is compared with its present name. */
static void normalise(struct rel_upgrade_exprs *x, rel_expr_id variable,
		      rel_expr_id value)
{
	const struct rel_expr *nodes = x->table.nodes;
	bool os, arch;
	struct rel_str text, name;
	char buffer[64];
	const char *to;

	if (nodes[variable].kind != REL_EXPR_IDENT ||
	    nodes[value].kind != REL_EXPR_STRING)
		return;
	os = rel_str_is(rel_upgrade_text(x, variable), "os");
	arch = rel_str_is(rel_upgrade_text(x, variable), "arch");
	text = rel_upgrade_text(x, value);
	if ((!os && !arch) || text.len > sizeof(buffer))
		return;
	for (size_t i = 0; i < text.len; i++)
		buffer[i] = lower(text.ptr[i]);
	name = rel_str_n(buffer, text.len);
	to = find(os ? systems : machines, name);
	if (to)
		name = rel_str_of(to);
	else if (arch && is_arm32(name))
		name = REL_STR("arm32");
	set_text(x, value, name);
}

void rel_upgrade_rename_flags(struct rel_upgrade_exprs *x, uint32_t from,
			      uint32_t to)
{
	rename_range(x, flags, from, to);
}

void rel_upgrade_rename_globals(struct rel_upgrade_exprs *x)
{
	rename_range(x, globals, 0, x->table.count);
	for (uint32_t id = 0; id < x->table.count && x->status == 0; id++) {
		struct rel_expr e = x->table.nodes[id];

		if (e.kind != REL_EXPR_COMPARE)
			continue;
		normalise(x, e.a, e.b);
		normalise(x, e.b, e.a);
	}
}
