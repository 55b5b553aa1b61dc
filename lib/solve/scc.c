#include "solve/scc.h"

#include <stdlib.h>

#define NOT_SEEN UINT32_MAX

struct search {
	const struct rel_graph *graph;
	uint32_t *component, *size;
	uint32_t *order; /* when first seen */
	uint32_t *low;	 /* earliest node on the stack that it reaches */
	uint32_t *next;	 /* edge to look at */
	uint32_t *stack; /* of nodes without a component */
	uint32_t *path;	 /* of the search */
	uint32_t n_order, n_stack, n_path, n_components;
};

static void enter(struct search *s, uint32_t node)
{
	s->order[node] = s->low[node] = s->n_order++;
	s->next[node] = s->graph->first[node];
	s->stack[s->n_stack++] = node;
	s->path[s->n_path++] = node;
}

static void lower(struct search *s, uint32_t node, uint32_t low)
{
	if (low < s->low[node])
		s->low[node] = low;
}

/* All edges are seen: back to where it was entered from. */
static void leave(struct search *s, uint32_t node)
{
	uint32_t popped;

	s->n_path--;
	if (s->n_path > 0)
		lower(s, s->path[s->n_path - 1], s->low[node]);
	if (s->low[node] != s->order[node])
		return;
	s->size[s->n_components] = 0;
	do {
		popped = s->stack[--s->n_stack];
		s->component[popped] = s->n_components;
		s->size[s->n_components]++;
	} while (popped != node);
	s->n_components++;
}

static void search_from(struct search *s, uint32_t root)
{
	enter(s, root);
	while (s->n_path > 0) {
		uint32_t node = s->path[s->n_path - 1], to;

		if (s->next[node] == s->graph->first[node + 1]) {
			leave(s, node);
			continue;
		}
		to = s->graph->succ[s->next[node]++];
		if (s->order[to] == NOT_SEEN)
			enter(s, to);
		else if (s->component[to] == NOT_SEEN)
			lower(s, node, s->order[to]);
	}
}

int rel_scc(const struct rel_graph *graph, uint32_t *component, uint32_t *size,
	    struct rel_error *err)
{
	size_t n = (size_t)graph->n + 1;
	uint32_t *memory = calloc(5 * n, sizeof(*memory));
	struct search s = {
	    .graph = graph, .component = component, .size = size};

	if (!memory)
		return rel_fail_nomem(err);
	s.order = memory;
	s.low = memory + n;
	s.next = memory + 2 * n;
	s.stack = memory + 3 * n;
	s.path = memory + 4 * n;
	for (uint32_t i = 0; i < graph->n; i++)
		component[i] = s.order[i] = NOT_SEEN;
	for (uint32_t i = 0; i < graph->n; i++)
		if (s.order[i] == NOT_SEEN)
			search_from(&s, i);
	free(memory);
	return 0;
}
