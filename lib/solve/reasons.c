/* Reasons once they are made: in order, found, freed. */
#include "solve/reasons.h"

#include <stdlib.h>

int rel_reasons_compare(const void *a, const void *b)
{
	const struct rel_reason *x = a, *y = b;

	return x->package < y->package ? -1 : x->package > y->package;
}

struct ranked_root {
	struct rel_root root;
	uint32_t old;
};

static int compare_roots(const void *a, const void *b)
{
	const struct ranked_root *x = a, *y = b;

	if (x->root.blocks != y->root.blocks)
		return x->root.blocks > y->root.blocks ? -1 : 1;
	return x->root.package < y->root.package
		   ? -1
		   : x->root.package > y->root.package;
}

int rel_reasons_rank(struct rel_reasons *out)
{
	struct ranked_root *ranked =
	    calloc((size_t)out->n_roots + 1, sizeof(*ranked));
	uint32_t *new_index =
	    calloc((size_t)out->n_roots + 1, sizeof(uint32_t));

	if (ranked && new_index) {
		for (uint32_t i = 0; i < out->n_roots; i++)
			ranked[i] = (struct ranked_root){out->roots[i], i};
		qsort(ranked, out->n_roots, sizeof(*ranked), compare_roots);
		for (uint32_t i = 0; i < out->n_roots; i++) {
			out->roots[i] = ranked[i].root;
			new_index[ranked[i].old] = i;
		}
		for (uint32_t i = 0; i < out->n_items; i++)
			out->items[i].root = new_index[out->items[i].root];
	}
	bool ok = ranked && new_index;

	free(ranked);
	free(new_index);
	return ok ? 0 : REL_ENOMEM;
}

void rel_reasons_free(struct rel_reasons *reasons)
{
	if (!reasons)
		return;
	free(reasons->items);
	free(reasons->roots);
	free(reasons->facts);
	free(reasons);
}

const struct rel_reason *rel_reason_find(const struct rel_reasons *reasons,
					 rel_pkg_id pkg)
{
	struct rel_reason key = {.package = pkg};

	if (!reasons->n_items)
		return NULL;
	return bsearch(&key, reasons->items, reasons->n_items, sizeof(key),
		       rel_reasons_compare);
}
