/*
 * Cycles in the build order: the strongly connected components of the graph of
 * versions, `post` dependencies left out, optional ones taken in, no edge
 * between versions that exclude each other.  A component none of whose cycles
 * can be installed as a whole is left out.
 *
 * In the compatibility profiles the edges are those of opam's own graph.
 * `opam admin check --cycles` goes once through each component and does not
 * find every cycle; what it lists is a subset of these members.
 * Source  opam src/client/opamAdminCheck.ml, cycle_check.
 */
#ifndef REL_CHECK_CYCLES_H
#define REL_CHECK_CYCLES_H

#include "solve/universe.h"

struct rel_cycle {
	/* a shortest cycle of versions that fit together: each needs the next,
	 * the last needs the first; within REL_LIMIT_CYCLE_STEPS, after which
	 * it may be longer, and nothing is said about how it fits */
	rel_pkg_id *path;
	uint32_t n_path;
	/* all versions of the component, ascending */
	rel_pkg_id *members;
	uint32_t n_members;
};

struct rel_cycles {
	struct rel_cycle *items; /* by first member */
	uint32_t n_items;
};

/* *out  freed with rel_cycles_free().  Errors  REL_ENOMEM, REL_ECANCELLED. */
REL_MUST_CHECK int rel_cycles_find(struct rel_cycles **out,
				   struct rel_universe *universe,
				   const struct rel_cancel *cancel,
				   struct rel_error *err);
void rel_cycles_free(struct rel_cycles *cycles);

#endif
