#include "check/backward.h"

#include "check/walk.h"

/* Lists in one array: those of x are items[first[x]] … items[first[x+1]-1]. */
struct lists {
	uint32_t *first, *items;
};

struct backward {
	const struct rel_universe *universe;
	const struct rel_sat_problem *problem;
	struct rel_walk walk;
	struct lists group_sets;  /* name → sets */
	struct lists set_clauses; /* set → clauses that edges use */
	struct lists clause_pkgs; /* clause → packages */
	uint8_t *clause_done;	  /* every package of it was visited */
	uint8_t *visited;
	/* to walk on from, a level of the search after the other */
	rel_pkg_id *queue;
	uint32_t n_queue;
	rel_backward_visit visit;
	void *context;
};

static int lists_init(struct lists *lists, uint32_t n, uint32_t n_items)
{
	lists->first = calloc((size_t)n + 2, sizeof(*lists->first));
	lists->items = calloc((size_t)n_items + 1, sizeof(*lists->items));
	return lists->first && lists->items ? 0 : REL_ENOMEM;
}

static void lists_free(struct lists *lists)
{
	free(lists->first);
	free(lists->items);
}

/* Filling goes in two rounds over the same items: first counts, then puts;
 * counts are kept two places higher and move down while putting. */
static void lists_count(struct lists *lists, uint32_t x)
{
	lists->first[x + 2]++;
}

static void lists_sum(struct lists *lists, uint32_t n)
{
	for (uint32_t x = 0; x < n; x++)
		lists->first[x + 2] += lists->first[x + 1];
}

static void lists_put(struct lists *lists, uint32_t x, uint32_t item)
{
	lists->items[lists->first[x + 1]++] = item;
}

static int index_sets(struct backward *b)
{
	const struct rel_sat_problem *p = b->problem;

	if (lists_init(&b->group_sets, p->n_groups, p->n_sets) != 0)
		return REL_ENOMEM;
	for (uint32_t s = 0; s < p->n_sets; s++)
		lists_count(&b->group_sets, p->set_group[s]);
	lists_sum(&b->group_sets, p->n_groups);
	for (uint32_t s = 0; s < p->n_sets; s++)
		lists_put(&b->group_sets, p->set_group[s], s);
	return 0;
}

static bool is_used(const struct backward *b, uint32_t clause)
{
	return b->clause_pkgs.first[clause] < b->clause_pkgs.first[clause + 1];
}

static int index_clauses(struct backward *b)
{
	const struct rel_sat_problem *p = b->problem;

	if (lists_init(&b->set_clauses, p->n_sets,
		       p->clause_first[p->n_clauses]) != 0)
		return REL_ENOMEM;
	for (uint32_t c = 0; c < p->n_clauses; c++)
		for (uint32_t i = p->clause_first[c];
		     is_used(b, c) && i < p->clause_first[c + 1]; i++)
			lists_count(&b->set_clauses, p->clause_sets[i]);
	lists_sum(&b->set_clauses, p->n_sets);
	for (uint32_t c = 0; c < p->n_clauses; c++)
		for (uint32_t i = p->clause_first[c];
		     is_used(b, c) && i < p->clause_first[c + 1]; i++)
			lists_put(&b->set_clauses, p->clause_sets[i], c);
	return 0;
}

static int index_packages(struct backward *b)
{
	const struct rel_edges *e = b->walk.edges;
	uint32_t size = rel_universe_size(b->universe);
	uint32_t n_clauses = b->problem->n_clauses;

	if (lists_init(&b->clause_pkgs, n_clauses, e->first[size]) != 0)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < e->first[size]; i++)
		lists_count(&b->clause_pkgs, e->clauses[i]);
	lists_sum(&b->clause_pkgs, n_clauses);
	for (rel_pkg_id pkg = 0; pkg < size; pkg++)
		for (uint32_t i = e->first[pkg]; i < e->first[pkg + 1]; i++)
			lists_put(&b->clause_pkgs, e->clauses[i], pkg);
	return 0;
}

static int init(struct backward *b, const struct rel_universe *universe,
		const struct rel_edges *edges)
{
	uint32_t size = rel_universe_size(universe);

	b->universe = universe;
	b->problem = &universe->problem;
	b->visited = calloc((size_t)size + 1, 1);
	b->clause_done = calloc((size_t)b->problem->n_clauses + 1, 1);
	b->queue = calloc(2 * ((size_t)size + 1), sizeof(*b->queue));
	if (!b->visited || !b->clause_done || !b->queue ||
	    rel_walk_init(&b->walk, universe, edges, NULL) != 0 ||
	    index_sets(b) != 0 || index_packages(b) != 0)
		return REL_ENOMEM;
	return index_clauses(b);
}

static void release(struct backward *b)
{
	lists_free(&b->group_sets);
	lists_free(&b->set_clauses);
	lists_free(&b->clause_pkgs);
	rel_walk_free(&b->walk);
	free(b->clause_done);
	free(b->visited);
	free(b->queue);
}

/* That a clause offers `next` is not yet an edge: other clauses of the same
 * package may rule it out. */
static void take_clause(struct backward *b, uint32_t clause, rel_pkg_id next)
{
	const struct lists *l = &b->clause_pkgs;
	bool done = true;

	for (uint32_t i = l->first[clause]; i < l->first[clause + 1]; i++) {
		rel_pkg_id pkg = l->items[i];

		if (b->visited[pkg])
			continue;
		if (!rel_walk_has_edge(&b->walk, pkg, next)) {
			done = false;
			continue;
		}
		b->visited[pkg] = 1;
		if (b->visit(b->context, pkg, next))
			b->queue[b->n_queue++] = pkg;
	}
	b->clause_done[clause] = done;
}

static void take_package(struct backward *b, rel_pkg_id next)
{
	const struct lists *sets = &b->group_sets, *clauses = &b->set_clauses;
	uint32_t group = b->problem->var_group[next];

	for (uint32_t i = sets->first[group]; i < sets->first[group + 1]; i++) {
		uint32_t set = sets->items[i];

		if (!rel_universe_in_set(b->universe, set, next))
			continue;
		for (uint32_t k = clauses->first[set];
		     k < clauses->first[set + 1]; k++)
			if (!b->clause_done[clauses->items[k]])
				take_clause(b, clauses->items[k], next);
	}
}

static int compare_descending(const void *a, const void *b)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;

	return x > y ? -1 : x < y;
}

int rel_backward_walk(const struct rel_universe *universe,
		      const struct rel_edges *edges, const uint8_t *targets,
		      rel_backward_visit visit, void *context,
		      struct rel_error *err)
{
	struct backward b = {.visit = visit, .context = context};
	uint32_t size = rel_universe_size(universe);
	int rc = init(&b, universe, edges);

	for (rel_pkg_id pkg = size; rc == 0 && pkg-- > 0;)
		if (targets[pkg])
			b.queue[b.n_queue++] = pkg;
	for (uint32_t at = 0, end; rc == 0 && at < b.n_queue;) {
		end = b.n_queue;
		qsort(b.queue + at, end - at, sizeof(*b.queue),
		      compare_descending);
		while (at < end)
			take_package(&b, b.queue[at++]);
	}
	release(&b);
	return rc == 0 ? 0 : rel_fail_nomem(err);
}
