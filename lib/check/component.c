#include "check/component.h"

#include "base/array.h"
#include "base/hash.h"
#include "check/scc.h"

/*
 * Nodes are numbered in the order of their CUDF names, then versions: that is
 * the order in which opam's search takes successors.
 */
struct component {
	struct rel_component_scratch *scratch;
	const struct rel_universe *universe;
	uint32_t n;
	rel_pkg_id *package; /* [n] */
	struct rel_graph succ, pred, excludes;
	uint64_t *signature; /* [n], hash of the three lists */
	uint32_t *position;  /* [n], in the order of opam's tables */
	/* [n]: of the versions with the same lists, the first in that order */
	uint32_t *merged;
	uint8_t *in_cycle; /* [n], for merged nodes */
	uint32_t *best;	   /* shortest cycle so far */
	uint32_t n_best;   /* 0 = none */
	uint32_t *slot;	   /* [n], scratch */
	uint32_t *queue;   /* [n], scratch */
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_packages(const void *a, const void *b, void *universe)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;
	const struct rel_universe *u = universe;

	if (u->problem.var_group[x] != u->problem.var_group[y])
		return rel_cudf_name_compare(rel_universe_name(u, x),
					     rel_universe_name(u, y));
	return x < y ? -1 : x > y;
}

static uint32_t *numbers(uint32_t n)
{
	return calloc((size_t)n + 1, sizeof(uint32_t));
}

static int number_nodes(struct component *c, const rel_pkg_id *members)
{
	c->package = numbers(c->n);
	c->merged = numbers(c->n);
	c->position = numbers(c->n);
	c->best = numbers(c->n);
	c->slot = numbers(c->n);
	c->queue = numbers(c->n);
	c->in_cycle = calloc((size_t)c->n + 1, 1);
	c->signature = calloc((size_t)c->n + 1, sizeof(*c->signature));
	if (!c->package || !c->merged || !c->position || !c->best || !c->slot ||
	    !c->queue || !c->in_cycle || !c->signature)
		return REL_ENOMEM;
	memcpy(c->package, members, c->n * sizeof(*members));
	qsort_r(c->package, c->n, sizeof(*c->package), compare_packages,
		(void *)(uintptr_t)c->universe);
	for (uint32_t i = 0; i < c->n; i++)
		c->scratch->local[c->package[i]] = i;
	if (c->scratch->order)
		return rel_opam_order_positions(c->scratch->order, c->package,
						c->n, c->position, NULL);
	for (uint32_t i = 0; i < c->n; i++)
		c->position[i] = c->n - i; /* merged into the newest */
	return 0;
}

/* The edges inside the component, those between packages that exclude each
 * other among them. */
static int make_successors(struct component *c, struct rel_error *err)
{
	struct rel_walk *walk = c->scratch->walk;
	uint32_t cap = 0, n = 0;

	c->succ = (struct rel_graph){.n = c->n, .first = numbers(c->n)};
	if (!c->succ.first)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < c->n; i++) {
		int rc = rel_walk_successors(walk, c->package[i], err);

		if (rc != 0)
			return rc;
		rc = rel_array_reserve(&c->succ.succ, &cap,
				       (uint64_t)n + walk->n_items + 1,
				       sizeof(*c->succ.succ));
		if (rc != 0)
			return rel_fail_nomem(err);
		for (uint32_t j = 0; j < walk->n_items; j++) {
			uint32_t to = c->scratch->local[walk->items[j]];

			if (to != REL_NOT_LOCAL)
				c->succ.succ[n++] = to;
		}
		qsort(c->succ.succ + c->succ.first[i], n - c->succ.first[i],
		      sizeof(*c->succ.succ), compare_u32);
		c->succ.first[i + 1] = n;
	}
	return 0;
}

/* The same edges the other way round; lists come out ascending. */
static int transpose(struct rel_graph *out, const struct rel_graph *graph)
{
	uint32_t n_edges = graph->first[graph->n];

	*out = (struct rel_graph){.n = graph->n,
				  .first = numbers(graph->n + 1),
				  .succ = numbers(n_edges)};
	if (!out->first || !out->succ)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n_edges; i++)
		out->first[graph->succ[i] + 2]++;
	for (uint32_t i = 0; i < graph->n; i++)
		out->first[i + 2] += out->first[i + 1];
	for (uint32_t i = 0; i < graph->n; i++)
		for (uint32_t j = graph->first[i]; j < graph->first[i + 1]; j++)
			out->succ[out->first[graph->succ[j] + 1]++] = i;
	return 0;
}

static bool excluded(const struct component *c, uint32_t a, uint32_t b)
{
	return rel_conflicts_between(c->scratch->conflicts, c->package[a],
				     c->package[b]);
}

/* Who of the component excludes whom, other versions left out. */
static int make_exclusions(struct component *c)
{
	const uint32_t *group = c->universe->problem.var_group;
	uint32_t cap = 0, n = 0;

	c->excludes = (struct rel_graph){.n = c->n, .first = numbers(c->n)};
	if (!c->excludes.first)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < c->n; i++) {
		for (uint32_t j = 0; j < c->n; j++) {
			if (group[c->package[i]] == group[c->package[j]] ||
			    !excluded(c, i, j))
				continue;
			if (rel_array_reserve(&c->excludes.succ, &cap,
					      (uint64_t)n + 1,
					      sizeof(*c->excludes.succ)) != 0)
				return REL_ENOMEM;
			c->excludes.succ[n++] = j;
		}
		c->excludes.first[i + 1] = n;
	}
	return 0;
}

static uint64_t hash_list(const struct rel_graph *graph, uint32_t node)
{
	uint32_t from = graph->first[node], to = graph->first[node + 1];

	if (from == to)
		return 0;
	return rel_hash_bytes(graph->succ + from,
			      (to - from) * sizeof(*graph->succ));
}

static bool same_list(const struct rel_graph *graph, uint32_t a, uint32_t b)
{
	uint32_t n = graph->first[a + 1] - graph->first[a];

	return n == graph->first[b + 1] - graph->first[b] &&
	       (n == 0 || memcmp(graph->succ + graph->first[a],
				 graph->succ + graph->first[b],
				 n * sizeof(*graph->succ)) == 0);
}

static bool equivalent(const struct component *c, uint32_t a, uint32_t b)
{
	return c->signature[a] == c->signature[b] &&
	       same_list(&c->succ, a, b) && same_list(&c->pred, a, b) &&
	       same_list(&c->excludes, a, b);
}

/* Those that were merged into `from` are merged into `to`, one of them. */
static void rename_node(struct component *c, uint32_t from, uint32_t to)
{
	const uint32_t *group = c->universe->problem.var_group;

	for (uint32_t i = from; from != to && i < c->n &&
				group[c->package[i]] == group[c->package[from]];
	     i++)
		if (c->merged[i] == from)
			c->merged[i] = to;
}

/* Versions of one name that nothing in the component tells apart become one
 * node, the one that comes first. */
static void merge_versions(struct component *c)
{
	const uint32_t *group = c->universe->problem.var_group;

	for (uint32_t i = 0; i < c->n; i++) {
		c->merged[i] = i;
		c->signature[i] =
		    rel_hash_mix(hash_list(&c->succ, i),
				 rel_hash_mix(hash_list(&c->pred, i),
					      hash_list(&c->excludes, i)));
	}
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t first = i;

		if (c->merged[i] != i)
			continue;
		for (uint32_t j = i + 1;
		     j < c->n && group[c->package[j]] == group[c->package[i]];
		     j++) {
			if (c->merged[j] != j || !equivalent(c, i, j))
				continue;
			c->merged[j] = i;
			if (c->position[j] < c->position[first])
				first = j;
		}
		rename_node(c, i, first);
	}
}

/* Does any node of the cycle exclude another? */
static bool has_conflict(const struct component *c, const uint32_t *cycle,
			 uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			if (excluded(c, cycle[i], cycle[j]))
				return true;
	return false;
}

static void keep_if_shorter(struct component *c, const uint32_t *cycle,
			    uint32_t n)
{
	if (c->n_best != 0 && c->n_best <= n)
		return;
	memcpy(c->best, cycle, n * sizeof(*cycle));
	c->n_best = n;
}

/* path[at..n) leads back to path[at], which is `node`. */
static void close_cycle(struct component *c, const uint32_t *path, uint32_t at,
			uint32_t n)
{
	for (uint32_t i = n; i-- > at + 1;)
		if (excluded(c, path[at], path[i]))
			return;
	if (has_conflict(c, path + at, n - at))
		return;
	for (uint32_t i = at; i < n; i++)
		c->in_cycle[path[i]] = 1;
	keep_if_shorter(c, path + at, n - at);
}

#define OFF_PATH UINT32_MAX

/*
 * Depth first; each node is entered once, so not every cycle is found.
 * Source  opam src/client/opamAdminCheck.ml, extract_cycles.
 */
static int search(struct component *c, uint32_t root)
{
	uint32_t *path = c->queue, *place = c->slot, n = 0;
	uint32_t *next = numbers(c->n);
	uint8_t *seen = calloc((size_t)c->n + 1, 1);

	if (next && seen) {
		for (uint32_t i = 0; i < c->n; i++) {
			place[i] = OFF_PATH;
			next[i] = c->succ.first[i];
		}
		path[n] = root;
		place[root] = n++;
		seen[root] = 1;
	}
	while (n > 0) {
		uint32_t node = path[n - 1], to;

		if (next[node] == c->succ.first[node + 1]) {
			place[node] = OFF_PATH;
			n--;
			continue;
		}
		to = c->succ.succ[next[node]++];
		if (c->merged[to] != to)
			continue;
		if (place[to] != OFF_PATH) {
			close_cycle(c, path, place[to], n);
		} else if (!seen[to]) {
			seen[to] = 1;
			place[to] = n;
			path[n++] = to;
		}
	}
	free(next);
	free(seen);
	return next && seen ? 0 : REL_ENOMEM;
}

/* Breadth first from `start` over nodes of cycles, back to it, in fewer steps
 * than the best.  `cycle` is where a shorter one is put together. */
static void shorten_from(struct component *c, uint32_t start, uint32_t *depth,
			 uint32_t *cycle)
{
	uint32_t *parent = c->slot, n = 0;

	for (uint32_t i = 0; i < c->n; i++)
		depth[i] = 0; /* not reached */
	c->queue[n++] = start;
	depth[start] = 1;
	for (uint32_t head = 0; head < n; head++) {
		uint32_t node = c->queue[head];

		if (depth[node] >= c->n_best)
			return;
		for (uint32_t i = c->succ.first[node + 1];
		     i-- > c->succ.first[node];) {
			uint32_t to = c->succ.succ[i];

			if (to == start) {
				uint32_t length = depth[node], at = node;

				for (uint32_t k = length; k-- > 0;
				     at = parent[at])
					cycle[k] = at;
				if (!has_conflict(c, cycle, length)) {
					keep_if_shorter(c, cycle, length);
					return;
				}
			}
			if (!c->in_cycle[to] || depth[to] != 0 ||
			    excluded(c, node, to))
				continue;
			depth[to] = depth[node] + 1;
			parent[to] = node;
			c->queue[n++] = to;
		}
	}
}

static int shorten(struct component *c)
{
	uint32_t *memory = numbers(2 * c->n);

	if (!memory)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < c->n && c->n_best > 1; i++)
		if (c->in_cycle[i])
			shorten_from(c, i, memory, memory + c->n);
	free(memory);
	return 0;
}

/* The newest version that was merged into `node`. */
static uint32_t newest(const struct component *c, uint32_t node)
{
	uint32_t found = node;

	for (uint32_t i = 0; i < c->n; i++)
		if (c->merged[i] == node && c->package[i] > c->package[found])
			found = i;
	return found;
}

/* The best cycle, from its first name on; every version of its nodes. */
static int report(const struct component *c, struct rel_cycle *out)
{
	uint32_t start = 0;

	for (uint32_t i = 1; i < c->n_best; i++)
		if (c->best[i] < c->best[start])
			start = i;
	out->path = numbers(c->n_best);
	out->members = numbers(c->n);
	if (!out->path || !out->members)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < c->n_best; i++)
		out->path[i] =
		    c->package[newest(c, c->best[(start + i) % c->n_best])];
	out->n_path = c->n_best;
	for (uint32_t i = 0; i < c->n; i++)
		if (c->in_cycle[c->merged[i]])
			out->members[out->n_members++] = c->package[i];
	qsort(out->members, out->n_members, sizeof(*out->members), compare_u32);
	return 0;
}

static void release(struct component *c)
{
	struct rel_graph *graphs[] = {&c->succ, &c->pred, &c->excludes};

	for (uint32_t i = 0; c->package && i < c->n; i++)
		c->scratch->local[c->package[i]] = REL_NOT_LOCAL;
	for (size_t i = 0; i < 3; i++) {
		free(graphs[i]->first);
		free(graphs[i]->succ);
	}
	free(c->package);
	free(c->signature);
	free(c->merged);
	free(c->position);
	free(c->in_cycle);
	free(c->best);
	free(c->slot);
	free(c->queue);
}

/* Where the search starts: at the last one in opam's order. */
static uint32_t choose_root(const struct component *c)
{
	uint32_t root = c->merged[0];

	for (uint32_t i = 1; i < c->n; i++)
		if (c->merged[i] == i && c->position[i] > c->position[root])
			root = i;
	return root;
}

int rel_component_cycles(struct rel_cycle *out,
			 struct rel_component_scratch *scratch,
			 const rel_pkg_id *members, uint32_t n_members,
			 struct rel_error *err)
{
	struct component c = {.scratch = scratch,
			      .universe = scratch->walk->universe,
			      .n = n_members};
	int rc = number_nodes(&c, members);

	*out = (struct rel_cycle){0};
	if (rc == 0)
		rc = make_successors(&c, NULL);
	if (rc == 0)
		rc = transpose(&c.pred, &c.succ);
	if (rc == 0)
		rc = make_exclusions(&c);
	if (rc == 0) {
		merge_versions(&c);
		rc = search(&c, choose_root(&c));
	}
	if (rc == 0 && c.n_best > 0)
		rc = shorten(&c);
	if (rc == 0 && c.n_best > 0)
		rc = report(&c, out);
	release(&c);
	return rc == 0 ? 0 : rel_fail_nomem(err);
}
