/*
 * Filtered package formula + variables → conjunctive normal form: a list of
 * clauses, each a disjunction of atoms "name, version constraint".
 *
 * Two pipelines, because opam has two:
 *  - REL_FORMULA_FILTER (`conflicts:`, `opam list --depends-on`): filters are
 *    evaluated first, an atom whose filter is false vanishes, what remains is
 *    put in normal form.  opam src/format/opamFilter.ml, filter_formula.
 *  - REL_FORMULA_PARTIAL (everything that is solved, in a switch as in `opam
 *    admin check`): known variables are filled in, constraints are split into
 *    atoms, the formula is put in normal form, and only then atoms vanish
 *    whose remaining filter is not true.  opam src/state/opamSwitchState.ml,
 *    universe; src/client/opamAdminCheck.ml, get_universe; src/solver/
 *    opamSolver.ml, opam2cudf (preresolve_deps).
 * They differ where a variable is undefined within a disjunction, and on
 * variables that have a value in the last step only.
 *
 * A clause whose atoms have all vanished is left out, in both.  opam has one
 * atom for each bound of a dependency; here they are one atom whose
 * constraint joins them, which is the same as only one version of a package
 * is installed at a time.
 */
#ifndef REL_OPAM_FORMULA_H
#define REL_OPAM_FORMULA_H

#include "opam/filter.h"

enum rel_formula_pipeline {
	REL_FORMULA_FILTER,
	REL_FORMULA_PARTIAL,
};

struct rel_formula_rules {
	enum rel_formula_pipeline pipeline;
	/* FILTER: everything.  PARTIAL: those of the first step. */
	struct rel_variables variables;
	/* PARTIAL: the variables of the last step (build, post). */
	struct rel_variables late;
	/* FILTER: value of a filter that is undefined (opam: false) */
	bool fallback;
};

enum rel_constraint_kind {
	REL_CONSTRAINT_AND,   /* left, right */
	REL_CONSTRAINT_OR,    /* left, right */
	REL_CONSTRAINT_RELOP, /* op, version */
};

/*
 * A version constraint without filters.  A bound that cannot be evaluated
 * (an undefined variable, or no version after expansion) holds for every
 * version: opam's filter_constraints ignores it so in a switch; its solver
 * front end stops with an assertion.
 */
struct rel_constraint {
	enum rel_constraint_kind kind;
	enum rel_relop op;
	struct rel_str version; /* expanded */
	const struct rel_constraint *left, *right;
};

struct rel_formula_atom {
	rel_string_id name; /* id in the exprs' string table */
	rel_expr_id source; /* the PACKAGE node it came from */
	const struct rel_constraint *constraint; /* NULL = any version */
	/* PARTIAL: the versions that one of opam's atoms lets through, not
	 * all of them; else the constraint */
	const struct rel_constraint *offered;
};

struct rel_formula_clause {
	uint32_t first, count; /* in atoms; count > 0 */
	rel_expr_id source;    /* the top-level conjunct it came from */
};

/* All arrays live in the scratch arena given to resolve. */
struct rel_formula {
	struct rel_formula_atom *atoms;
	struct rel_formula_clause *clauses;
	uint32_t n_atoms, n_clauses;
};

/*
 * Resolve the formula `id` (REL_EXPR_NONE = no clauses).
 * Errors  REL_ELIMIT when the normal form has more than
 *         REL_LIMIT_CNF_CLAUSES clauses or REL_LIMIT_CNF_ATOMS atoms;
 *         REL_ENOMEM.
 */
REL_MUST_CHECK int rel_formula_resolve(struct rel_formula *out,
				       const struct rel_exprs *exprs,
				       rel_expr_id id,
				       const struct rel_formula_rules *rules,
				       struct rel_arena *scratch,
				       struct rel_error *err);

/*
 * The atoms of a `conflicts:` formula, as one flat list (a conflict with any
 * of them; no clauses).  Filters are always evaluated first, undefined =
 * false; `|` and the list separate alternatives, and a nested `&` is taken
 * apart the same way.  opam src/format/opamFile.ml, cleanup_conflicts;
 * opamFormula.ml, set_to_disjunction.
 */
REL_MUST_CHECK int rel_formula_conflicts(struct rel_formula *out,
					 const struct rel_exprs *exprs,
					 rel_expr_id id,
					 const struct rel_variables *variables,
					 struct rel_arena *scratch,
					 struct rel_error *err);

#endif
