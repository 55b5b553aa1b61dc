/*
 * Cycles in the build order: `post` dependencies left out, optional ones
 * taken in.  No cycle runs through packages that exclude each other.
 *
 * The compatibility profiles list what `opam admin check --cycles` lists; it
 * goes once through each component and does not find every cycle.  Profile
 * `env` does the same with the environment's dependencies.
 * Source  opam src/client/opamAdminCheck.ml, cycle_check.
 */
#ifndef REL_CHECK_CYCLES_H
#define REL_CHECK_CYCLES_H

#include "solve/universe.h"

struct rel_cycle {
	/* the shortest readable cycle of the component: each needs the next,
	 * the last needs the first */
	rel_pkg_id *path;
	uint32_t n_path;
	/* what `opam admin check --cycles` lists of the component */
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
