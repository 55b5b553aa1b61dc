/*
 * What a package's dependencies lead to: the packages that can be part of a
 * solution, as far as its clauses alone tell.
 *
 * A clause about one name only is strong: together such clauses leave the
 * versions that satisfy all of them.  The other clauses are weak: each offers
 * its versions, of names for which there is no strong clause.
 *
 * Source  opam src/solver/opamCudf.ml, strong_and_weak_deps, dependency_set,
 *         Graph.of_universe.
 */
#ifndef REL_CHECK_WALK_H
#define REL_CHECK_WALK_H

#include "solve/universe.h"

struct rel_walk {
	const struct rel_universe *universe; /* borrowed */
	const struct rel_edges *edges;	     /* borrowed */
	/* versions of a name that several weak clauses offer: those that all
	 * of them do (opam since 2.2), or any (opam 2.1, and plain sense) */
	bool weak_intersect;
	/* what the last rel_walk_successors() found, ascending */
	rel_pkg_id *items;
	uint32_t n_items, items_cap;
	struct rel_walk_slot *slots; /* names of the package at hand */
	uint32_t n_slots, slots_cap;
	uint32_t *slot_of; /* by group: index + 1, 0 = none */
	uint64_t *words;   /* what is left of each name's versions */
	uint32_t n_words, words_cap;
};

/* Released with rel_walk_free(), after a failure too.  Errors  REL_ENOMEM. */
REL_MUST_CHECK int rel_walk_init(struct rel_walk *walk,
				 const struct rel_universe *universe,
				 const struct rel_edges *edges,
				 struct rel_error *err);
void rel_walk_free(struct rel_walk *walk);

/* All that `from` leads to, into walk->items.  Errors  REL_ENOMEM. */
REL_MUST_CHECK int rel_walk_successors(struct rel_walk *walk, rel_pkg_id from,
				       struct rel_error *err);

/* Is `to` one of them? */
bool rel_walk_has_edge(const struct rel_walk *walk, rel_pkg_id from,
		       rel_pkg_id to);

#endif
