/*
 * Universe: every package version of a stack under one environment, its
 * constraints resolved to sets of versions, in integer ids.  Rebuilt, never
 * patched.
 *
 * Packages are numbered by name, then version; those of one name are a group
 * of the SAT problem that the universe is.
 */
#ifndef REL_SOLVE_UNIVERSE_H
#define REL_SOLVE_UNIVERSE_H

#include "base/buf.h"
#include "repo/stack.h"
#include "sat/sat.h"
#include "solve/environment.h"

typedef uint32_t rel_pkg_id;
#define REL_PKG_NONE UINT32_MAX

enum rel_package_state {
	REL_PACKAGE_READY,
	REL_PACKAGE_UNAVAILABLE, /* `available:` is false */
	REL_PACKAGE_UNREADABLE,	 /* the snapshot has a problem on it */
};

/* Instead of an expression, in need_expr: what else a need can come from. */
#define REL_NEED_CLASS	(REL_EXPR_NONE - 1) /* a conflict-class */
#define REL_NEED_PINNED (REL_EXPR_NONE - 2) /* the pinned compiler */

/*
 * Dependencies for walks, not for solving: package → clauses, each a
 * disjunction of sets as in problem.clause_first.  A name that no remote has
 * is left out; a name of which no version satisfies the constraint is a set
 * without members.
 */
struct rel_edges {
	uint32_t *first;   /* [size + 1] → clauses */
	uint32_t *clauses; /* ids of problem's clauses */
	/* for each of them: is it about one name only?  (A clause with a
	 * name that no remote has is not, though one set is left of it.) */
	uint8_t *alone;
};

enum rel_edge_flags {
	REL_EDGE_DEPOPTS = 1 << 0,   /* optional dependencies too */
	REL_EDGE_NO_POST = 1 << 1,   /* without `{post}` */
	REL_EDGE_WITH_TEST = 1 << 2, /* with-test true */
	REL_EDGE_WITH_DOC = 1 << 3,  /* with-doc true */
	REL_EDGE_UNKNOWN = 1 << 5,   /* what no variable decides counts as so */
	REL_EDGE_BOUNDS = 1 << 4,    /* in a clause about several names, each
				      * bound on its own, as in opam 2.1 */
};

struct rel_universe {
	const struct rel_stack *stack;		   /* borrowed */
	const struct rel_environment *environment; /* borrowed */
	/* Group g is name g of the stack and variable v its entry v; names
	 * that are only mentioned have no group.  Above them stand, for each
	 * conflict-class, a group whose variables are the names in the class:
	 * a package in it needs its own name's, so at most one name has it. */
	struct rel_sat_problem problem;
	/* the same with one more need for everybody: the pinned compiler.
	 * Equal to `problem` when the environment pins none. */
	struct rel_sat_problem pinned;
	uint32_t n_packages;
	uint8_t *state; /* [n_packages], enum rel_package_state */
	/* by index into problem.needs and problem.conflicts: the expression (in
	 * the manifest's snapshot) behind the fact, for its text and line */
	rel_expr_id *need_expr, *conflict_expr;
	rel_expr_id *pinned_need_expr; /* for pinned.needs */
	/* what orders the build of READY versions, from rel_universe_order()
	 * on: dependencies that are not `post`, optional ones too; `alone` is
	 * NULL, and sets without members may be left out */
	struct rel_edges order;
	struct rel_circles *circles;	  /* owned; see circles.h */
	struct rel_universe_store *store; /* owns the arrays */
};

/*
 * Build the universe of `stack` under `environment`.
 * *out  freed with rel_universe_free(); borrows stack and environment
 * Errors  REL_ENOMEM, REL_ECANCELLED.  A formula over a limit makes its
 *         version unreadable, not the run.
 */
REL_MUST_CHECK int rel_universe_build(struct rel_universe **out,
				      const struct rel_stack *stack,
				      const struct rel_environment *environment,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);
void rel_universe_free(struct rel_universe *universe);

static inline uint32_t rel_universe_size(const struct rel_universe *universe)
{
	return universe->n_packages;
}

/* Append "name.version".  Returns out->status. */
int rel_universe_package_add(struct rel_buf *out, const struct rel_universe *u,
			     rel_pkg_id pkg);
struct rel_str rel_universe_name(const struct rel_universe *u, rel_pkg_id pkg);
struct rel_str rel_universe_version(const struct rel_universe *u,
				    rel_pkg_id pkg);
const struct rel_snapshot *rel_universe_snapshot(const struct rel_universe *u,
						 rel_pkg_id pkg);
const struct rel_snapshot_package *rel_universe_package(
    const struct rel_universe *u, rel_pkg_id pkg);

/* The members of its manifest's `maintainer`, one a line; empty: none. */
struct rel_str rel_universe_maintainers(const struct rel_universe *u,
					rel_pkg_id pkg);

/* REL_PKG_NONE when there is none. */
rel_pkg_id rel_universe_find(const struct rel_universe *u, struct rel_str name,
			     struct rel_str version);

/*
 * The package of `other` with the same name, version and manifest content,
 * or REL_PKG_NONE.
 */
rel_pkg_id rel_universe_counterpart(const struct rel_universe *u,
				    rel_pkg_id pkg,
				    const struct rel_universe *other);

/* Is `pkg` in `set`?  (false for another name's package) */
bool rel_universe_in_set(const struct rel_universe *u, uint32_t set,
			 rel_pkg_id pkg);

/*
 * Resolve dependencies once more under other rules, for walks over the graph
 * (cycles, rdeps, why).  flags: enum rel_edge_flags.  May add sets to the
 * universe's problem; not to be called while it is being decided.
 * *out  freed with rel_edges_free()
 */
REL_MUST_CHECK int rel_universe_edges(struct rel_edges *out,
				      struct rel_universe *universe,
				      unsigned flags,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);
void rel_edges_free(struct rel_edges *edges);

/* Fill universe->order, if it is not there yet.  As rel_universe_edges(). */
REL_MUST_CHECK int rel_universe_order(struct rel_universe *universe,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);

#endif
