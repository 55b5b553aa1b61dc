/* Walking against the edges of the dependency graph, private to lib/check. */
#ifndef REL_CHECK_BACKWARD_H
#define REL_CHECK_BACKWARD_H

#include "solve/universe.h"

/*
 * Told once for each package that has an edge into `next`, where `next` is a
 * target or a package told of before.  Returns whether to walk on from `pkg`.
 */
typedef bool (*rel_backward_visit)(void *context, rel_pkg_id pkg,
				   rel_pkg_id next);

/*
 * Visit, breadth first, every package with an edge into a target and so on.
 * A target is visited only when it is reached.  Of the packages in one
 * distance those with the highest ids are taken first, so that `next` is the
 * newest version that serves.
 * targets  [rel_universe_size()]
 * Errors   REL_ENOMEM.
 */
REL_MUST_CHECK int rel_backward_walk(const struct rel_universe *universe,
				     const struct rel_edges *edges,
				     const uint8_t *targets,
				     rel_backward_visit visit, void *context,
				     struct rel_error *err);

#endif
