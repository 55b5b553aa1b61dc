/*
 * The cycles inside one strongly connected component of the dependency
 * graph, private to lib/check.
 */
#ifndef REL_CHECK_COMPONENT_H
#define REL_CHECK_COMPONENT_H

#include "check/conflicts.h"
#include "check/cycles.h"
#include "check/opam_order.h"
#include "check/walk.h"

#define REL_NOT_LOCAL UINT32_MAX

/* What the components of one universe share. */
struct rel_component_scratch {
	struct rel_walk *walk;
	const struct rel_conflicts *conflicts;
	struct rel_opam_order *order; /* NULL = needs not be opam's */
	uint32_t *local; /* [size]: all REL_NOT_LOCAL between two calls */
};

/*
 * Look for cycles among `members`, which reach each other.
 * *out  freed by the caller, both arrays; n_members 0 when every cycle runs
 *       through packages that exclude each other
 * Errors  REL_ENOMEM.
 */
REL_MUST_CHECK int rel_component_cycles(struct rel_cycle *out,
					struct rel_component_scratch *scratch,
					const rel_pkg_id *members,
					uint32_t n_members,
					struct rel_error *err);

#endif
