/*
 * Expressions under conversion; private to upgrade*.c.
 * Source  opam 2.1.2 src/state/opamFormatUpgrade.ml,
 *         opam_file_from_1_2_to_2_0.
 */
#ifndef REL_OPAM_UPGRADE_EXPR_H
#define REL_OPAM_UPGRADE_EXPR_H

#include "opam/expr.h"

/* A scratch table.  After a failure the functions below do nothing and
 * return REL_EXPR_NONE; look at `status` at the end. */
struct rel_upgrade_exprs {
	struct rel_expr_table table;
	struct rel_intern strings;
	const struct rel_opam_tree *tree;
	struct rel_error *err;
	int status; /* 0 or the first failure */
};

void rel_upgrade_exprs_init(struct rel_upgrade_exprs *x,
			    const struct rel_opam_tree *tree,
			    struct rel_error *err);
void rel_upgrade_exprs_free(struct rel_upgrade_exprs *x);

rel_expr_id rel_upgrade_add(struct rel_upgrade_exprs *x, struct rel_expr expr);
rel_expr_id rel_upgrade_add_text(struct rel_upgrade_exprs *x,
				 enum rel_expr_kind kind, struct rel_str text);
/* a & b, a | b; NONE on one side gives the other. */
rel_expr_id rel_upgrade_join(struct rel_upgrade_exprs *x,
			     enum rel_expr_kind kind, rel_expr_id a,
			     rel_expr_id b);
struct rel_str rel_upgrade_text(const struct rel_upgrade_exprs *x,
				rel_expr_id id);

/* The value of the field `name` as a formula or filter; NONE when absent. */
rel_expr_id rel_upgrade_read_formula(struct rel_upgrade_exprs *x,
				     const char *name, bool disjunction);

/*
 * The condition under which the package is available: `available:` and, in
 * front of it, `os:` and `ocaml-version:`.  NONE = always.
 */
rel_expr_id rel_upgrade_read_available(struct rel_upgrade_exprs *x);

/* Packages that conditions on the compiler turn into, in opam's order. */
enum rel_upgrade_package {
	REL_UPGRADE_OCAML,
	REL_UPGRADE_BASE,
	REL_UPGRADE_SYSTEM,
	REL_UPGRADE_VARIANTS,
	REL_UPGRADE_PACKAGES,
};
extern const char *const rel_upgrade_package_names[REL_UPGRADE_PACKAGES];

struct rel_upgrade_atoms {
	bool has[REL_UPGRADE_PACKAGES];
	rel_expr_id constraint[REL_UPGRADE_PACKAGES]; /* NONE = any version */
};

/* What became of an availability condition. */
struct rel_upgrade_split {
	struct rel_upgrade_atoms depends, conflicts;
	rel_expr_id rest; /* NONE = always available */
};

/* Split a condition; its nodes are changed in place. */
void rel_upgrade_split(struct rel_upgrade_split *out,
		       struct rel_upgrade_exprs *x, rel_expr_id available);

/*
 * Add the atoms to a formula: to the first atom of the same package among its
 * top-level terms, else in front.  kind AND for depends, OR for conflicts.
 */
rel_expr_id rel_upgrade_merge(struct rel_upgrade_exprs *x,
			      enum rel_expr_kind kind, rel_expr_id formula,
			      const struct rel_upgrade_atoms *atoms);

/* Rename `test` and `doc` in the nodes [from, to). */
void rel_upgrade_rename_flags(struct rel_upgrade_exprs *x, uint32_t from,
			      uint32_t to);
/* Rename the variables that are the compiler package's now, and the values
 * of `os` and `arch`, in all nodes. */
void rel_upgrade_rename_globals(struct rel_upgrade_exprs *x);

/* Append "[", the terms of a formula (joined by `kind`) one per line, "]". */
void rel_upgrade_print(struct rel_buf *out, const struct rel_upgrade_exprs *x,
		       enum rel_expr_kind kind, rel_expr_id formula);
/* Append an expression on one line. */
void rel_upgrade_print_filter(struct rel_buf *out,
			      const struct rel_upgrade_exprs *x,
			      rel_expr_id filter);

#endif
