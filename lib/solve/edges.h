/* How clauses become edges of the dependency graph, private to lib/solve. */
#ifndef REL_SOLVE_EDGES_H
#define REL_SOLVE_EDGES_H

#include "base/arena.h"
#include "opam/formula.h"

/* Is the clause about one name only? */
bool rel_edges_alone(const struct rel_formula_atom *atoms, uint32_t n);

/*
 * Let each version through that an atom offers, for a clause about several
 * names.  opam's normal form has a clause for each bound: ("x" {>= "1" &
 * < "3"} | "y") is (x >= 1 | y) & (x < 3 | y), and before 2.2 its graph took
 * the union of what such clauses offer.
 * *atoms  [n], in and out: the clause's own atoms or a copy in the arena
 * Errors  REL_ENOMEM.
 * Source  opam src/format/opamFilter.ml, atomise_extended; src/solver/
 *         opamCudf.ml, strong_and_weak_deps.
 */
REL_MUST_CHECK int rel_edges_any_bound(const struct rel_formula_atom **atoms,
				       uint32_t n, struct rel_arena *arena);

#endif
