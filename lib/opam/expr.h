/*
 * Formulas and filters as flat nodes: what `depends`, `depopts`, `conflicts`
 * and `available` hold once names are interned.  Nodes refer to earlier
 * nodes by index and to text by string id, so a table can be written to disk
 * and mapped back as it is.
 *
 *   formula    := AND | OR | PACKAGE
 *   constraint := AND | OR | NOT | VERSION | filter
 *   filter     := AND | OR | NOT | DEFINED | COMPARE | STRING | IDENT | BOOL
 *
 * Source  opam src/format/opamFormat.ml: filter, filtered_constraints,
 *         formula_items.
 */
#ifndef REL_OPAM_EXPR_H
#define REL_OPAM_EXPR_H

#include "base/buf.h"
#include "base/intern.h"
#include "opam/tree.h"

/* Index into a table of struct rel_expr.  NONE = the empty formula, or no
 * constraint; for `available`, true. */
typedef uint32_t rel_expr_id;
#define REL_EXPR_NONE UINT32_MAX

enum rel_expr_kind {
	REL_EXPR_AND,	  /* a, b */
	REL_EXPR_OR,	  /* a, b */
	REL_EXPR_PACKAGE, /* a = name (string id), b = constraint or NONE */
	REL_EXPR_VERSION, /* op, a = STRING or IDENT node */
	REL_EXPR_NOT,	  /* a */
	REL_EXPR_DEFINED, /* a */
	REL_EXPR_COMPARE, /* a op b */
	REL_EXPR_STRING,  /* a = string id; "%{…}%" not yet expanded */
	REL_EXPR_IDENT,	  /* a = string id, as written */
	REL_EXPR_BOOL,	  /* a = 0 or 1 */
};

struct rel_expr {
	uint8_t kind;	 /* enum rel_expr_kind */
	uint8_t op;	 /* enum rel_relop */
	uint16_t column; /* from 1, in bytes; UINT16_MAX when larger */
	uint32_t line;	 /* from 1; 0 = not known (converted from 1.x) */
	uint32_t a, b;
};

/* A table under construction (growing) … */
struct rel_expr_table {
	struct rel_expr *nodes; /* malloc'd */
	uint32_t count, cap;
};

/* … and any table with its texts, for reading. */
struct rel_exprs {
	const struct rel_expr *nodes;
	uint32_t count;
	/* text of a string id */
	struct rel_str (*string)(const void *context, rel_string_id id);
	const void *context;
};

/*
 * Append the formula that `value` (a LIST or a single value) stands for.
 * disjunction  list items are joined by `|` (depopts, conflicts), and every
 *              `&` between packages is read as `|`, as opam does
 *              (src/format/opamFile.ml, cleanup_depopts, cleanup_conflicts);
 *              else they are joined by `&`
 * *out         REL_EXPR_NONE for an empty list
 * A `!` in a constraint is pushed down to its leaves.
 * Errors       REL_EPARSE with line and column; REL_ELIMIT; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_expr_add_formula(rel_expr_id *out,
					struct rel_expr_table *table,
					struct rel_intern *strings,
					const struct rel_opam_tree *tree,
					rel_node_id value, bool disjunction,
					struct rel_error *err);

/* The same for a filter (`available:`). */
REL_MUST_CHECK int rel_expr_add_filter(
    rel_expr_id *out, struct rel_expr_table *table, struct rel_intern *strings,
    const struct rel_opam_tree *tree, rel_node_id value, struct rel_error *err);

/*
 * Append the text of an expression in opam syntax, on one line, with the
 * fewest parentheses: "git" {>= "2.0" & build} | "hg".
 */
int rel_expr_print(struct rel_buf *out, const struct rel_exprs *exprs,
		   rel_expr_id id);

/* The same for people: no quotes: git >= 2.0 & build | hg. */
int rel_expr_print_plain(struct rel_buf *out, const struct rel_exprs *exprs,
			 rel_expr_id id);

#endif
