/*
 * The workbench of formula.h: clauses and atoms that grow in the scratch
 * arena.  A clause without atoms is one whose atoms have vanished; joined
 * with another by `|` it leaves the other as it is, and it is dropped at the
 * end.
 */
#ifndef REL_OPAM_CNF_H
#define REL_OPAM_CNF_H

#include "opam/filter_eval.h"
#include "opam/formula.h"

struct rel_cnf {
	const struct rel_exprs *exprs;
	struct rel_arena *scratch;
	struct rel_error *err;
	struct rel_formula_atom *atoms;
	struct rel_formula_clause *clauses;
	uint32_t n_atoms, atoms_cap, n_clauses, clauses_cap;
};

/* Add a clause of this one atom. */
int rel_cnf_add_atom(struct rel_cnf *cnf, rel_expr_id package,
		     const struct rel_constraint *constraint,
		     const struct rel_constraint *offered);
/* Add a clause whose only atom has vanished. */
int rel_cnf_add_vanished(struct rel_cnf *cnf);

/*
 * Replace clauses [first, middle) and [middle, end) by the clauses of
 * "first ones | later ones": every pair united.  Either part may be empty;
 * then the other stands.
 */
int rel_cnf_or(struct rel_cnf *cnf, uint32_t first, uint32_t middle);

/* Drop the clauses without atoms and hand over the arrays. */
void rel_cnf_finish(struct rel_cnf *cnf, struct rel_formula *out);

/* What is left of a constraint once its filters are known. */
enum rel_constraint_state {
	REL_CONSTRAINT_FALSE,
	REL_CONSTRAINT_TRUE,
	REL_CONSTRAINT_BOUND, /* *out says which versions */
};

/* What `left & right` or `left | right` comes to. */
enum rel_constraint_pair {
	REL_PAIR_NEITHER, /* one decides it: FALSE for `&`, TRUE for `|` */
	REL_PAIR_LEFT,	  /* the other says nothing */
	REL_PAIR_RIGHT,
	REL_PAIR_BOTH, /* two bounds, to be joined */
};
enum rel_constraint_pair rel_constraint_pair(enum rel_expr_kind op,
					     enum rel_constraint_state left,
					     enum rel_constraint_state right);

/*
 * The state of a VERSION node, as a bound; TRUE when its version cannot be
 * evaluated.  Failures are in eval->status.
 */
enum rel_constraint_state rel_constraint_bound(
    const struct rel_constraint **out, struct rel_filter_eval *eval,
    rel_expr_id id);

/* left & right or left | right; NULL (and eval->status) without memory. */
const struct rel_constraint *rel_constraint_join(
    struct rel_filter_eval *eval, enum rel_constraint_kind kind,
    const struct rel_constraint *left, const struct rel_constraint *right);

/* Add the clauses of a PACKAGE node in the manner of opam's solver. */
int rel_cnf_add_partial(struct rel_cnf *cnf, rel_expr_id package,
			struct rel_filter_eval *first_step,
			struct rel_filter_eval *last_step);

#endif
