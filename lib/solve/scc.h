/* Strongly connected components. */
#ifndef REL_SOLVE_SCC_H
#define REL_SOLVE_SCC_H

#include <stdint.h>

#include "base/error.h"

/* A graph: the successors of x are succ[first[x]] … succ[first[x+1]-1]. */
struct rel_graph {
	uint32_t n;
	uint32_t *first; /* [n + 1] */
	uint32_t *succ;
};

/*
 * component  [n], written: numbers from 0; nodes of one component have one
 * size       [n], written: how many nodes the component of that number has
 * Errors     REL_ENOMEM.
 * Source     R. Tarjan, "Depth-first search and linear graph algorithms",
 *            SIAM J. Computing 1 (1972), without recursion.
 */
REL_MUST_CHECK int rel_scc(const struct rel_graph *graph, uint32_t *component,
			   uint32_t *size, struct rel_error *err);

#endif
