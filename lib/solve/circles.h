/*
 * Circles in the build order, in the profile `env`: versions that need each
 * other in a circle cannot be built, although together they satisfy all
 * dependencies.  A dependency orders the build unless it is `post`; an optional
 * one does when both are installed; a version that needs itself is a circle.
 *
 * A model that has a circle is cut off: the universe's problem gets one more
 * condition, "not all of these", and the search goes on.  The conditions are
 * written with groups and needs of their own, so that lib/sat knows nothing of
 * circles.  docs/internals/solver.md has the encoding.
 *
 * Source  opam src/solver/opamSolver.ml, cycle detection on the graph of
 *         actions; src/client/opamSolution.ml refuses such a solution.
 */
#ifndef REL_SOLVE_CIRCLES_H
#define REL_SOLVE_CIRCLES_H

#include "solve/universe.h"

struct rel_circles;

/*
 * The circles of `u`, made once and owned by it.
 * *out    NULL when there is none to mind: no version is in a circle, or the
 *         profile does not look at them
 * Errors  REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_circles_of(struct rel_circles **out,
				  struct rel_universe *u,
				  const struct rel_cancel *cancel,
				  struct rel_error *err);
void rel_circles_free(struct rel_circles *circles);

/* Is the version one of a condition's? */
bool rel_circles_has(const struct rel_circles *circles, rel_pkg_id pkg);

/*
 * What is left of `models` when the members of their circles are taken out, for
 * rel_sat_replay().
 * out  added to
 */
REL_MUST_CHECK int rel_circles_strip(struct rel_circles *circles,
				     struct rel_sat_models *out,
				     const struct rel_sat_models *models,
				     struct rel_error *err);

/*
 * Which of the versions `asked` about, all REL_SAT_YES or decided otherwise,
 * stand in a model without circles?  The others become REL_SAT_NO; those for
 * which REL_LIMIT_CIRCLE_ROUNDS or _STEPS end first, REL_SAT_UNKNOWN.
 * problem  u->problem or u->pinned
 * status   [n_vars], in and out
 * asked    [n_vars], written over
 * models   of the problem, found before; any list will do
 * *spent   set when the limits were reached
 * Errors   REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_circles_settle(struct rel_circles *circles,
				      const struct rel_sat_problem *problem,
				      uint8_t *status, uint8_t *asked,
				      const struct rel_sat_models *models,
				      unsigned jobs, bool *spent,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);

/* The last problem of rel_circles_settle(), its conditions included. */
const struct rel_sat_problem *rel_circles_problem(
    const struct rel_circles *circles);

/*
 * What a fact of that problem is: a need or conflict of the universe's (then
 * *index is its place there and UINT32_MAX is returned) or part of a condition,
 * whose number is returned.
 */
uint32_t rel_circles_condition(const struct rel_circles *circles,
			       const struct rel_sat_fact *fact,
			       uint32_t *index);

/* One of a condition's versions needs the next; their circle is closed.  So
 * does each version of one set need each of the other: sets of the universe's
 * problem. */
struct rel_circle_step {
	rel_pkg_id from, to;
	uint32_t from_set, to_set;
	uint32_t first, n; /* the steps of the circle */
};

uint32_t rel_circles_count(const struct rel_circles *circles);

/* The steps of a condition: their indices are *first to *first + *n - 1. */
void rel_circles_steps(const struct rel_circles *circles, uint32_t condition,
		       uint32_t *first, uint32_t *n);
struct rel_circle_step rel_circles_step(const struct rel_universe *u,
					uint32_t index);

/* A need of `pkg`, as an index into the universe's problem, that only versions
 * in `set` can fill; UINT32_MAX when there is none. */
uint32_t rel_circles_need(const struct rel_universe *u, rel_pkg_id pkg,
			  uint32_t set);

/*
 * Where `step.from` names `step.to`: a conjunct of its `depends`, or an atom
 * of its `depopts`.
 */
rel_expr_id rel_circles_expr(const struct rel_universe *u,
			     struct rel_circle_step step, bool *depopts);

/*
 * Components of names under `edges`: a circle of versions is one of names too,
 * so the many names that are in none need no edges between versions.
 * component, size  [n_names], as of rel_scc()
 * Errors           REL_ENOMEM
 */
REL_MUST_CHECK int rel_circles_names(const struct rel_universe *u,
				     const struct rel_edges *edges,
				     uint32_t *component, uint32_t *size,
				     struct rel_error *err);

#endif
