#include "check/backward.h"
#include "check/rdeps.h"
#include "check/walk.h"

/* The shortest way found that starts through a package of one name. */
struct start {
	rel_pkg_id source, step;
	uint32_t length; /* edges; 0 = none */
	uint32_t group;	 /* of the step */
};

struct paths {
	const struct rel_universe *universe;
	const uint8_t *targets;
	struct rel_walk walk;
	uint32_t *distance;   /* [size], edges to a target; 0 = none known */
	rel_pkg_id *next;     /* [size], where distance is not 0 */
	struct start *starts; /* [n_names] */
	struct rel_path *items;
	uint32_t n_items;
};

static bool note(void *context, rel_pkg_id pkg, rel_pkg_id next)
{
	struct paths *p = context;

	p->next[pkg] = next;
	p->distance[pkg] = p->targets[next] ? 1 : p->distance[next] + 1;
	return !p->targets[pkg];
}

/* Edges from `step` to a target, UINT32_MAX when none is reached. */
static uint32_t distance_from(const struct paths *p, rel_pkg_id step)
{
	if (p->targets[step])
		return 0;
	return p->distance[step] != 0 ? p->distance[step] : UINT32_MAX;
}

/* Sources come newest first, steps are tried newest first. */
static int try_source(struct paths *p, rel_pkg_id source, struct rel_error *err)
{
	int rc = rel_walk_successors(&p->walk, source, err);

	for (uint32_t i = p->walk.n_items; rc == 0 && i-- > 0;) {
		rel_pkg_id step = p->walk.items[i];
		uint32_t group = p->universe->problem.var_group[step];
		uint32_t distance = distance_from(p, step);
		struct start *start = &p->starts[group];

		if (distance == UINT32_MAX ||
		    (start->length != 0 && start->length <= distance + 1))
			continue;
		*start = (struct start){source, step, distance + 1, group};
	}
	return rc;
}

static int compare_starts(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static int add_path(struct paths *p, const struct start *start)
{
	struct rel_path *path = &p->items[p->n_items];
	rel_pkg_id at = start->step;

	path->packages = calloc((size_t)start->length + 1, sizeof(at));
	if (!path->packages)
		return REL_ENOMEM;
	p->n_items++;
	path->cap = start->length + 1;
	path->packages[path->count++] = start->source;
	while (!p->targets[at]) {
		path->packages[path->count++] = at;
		at = p->next[at];
	}
	path->packages[path->count++] = at;
	return 0;
}

static int make_paths(struct paths *p, uint32_t max_paths)
{
	uint32_t n_names = p->universe->stack->n_names, n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < n_names; i++)
		if (p->starts[i].length != 0)
			p->starts[n++] = p->starts[i];
	if (n > 1)
		qsort(p->starts, n, sizeof(*p->starts), compare_starts);
	if (n > max_paths)
		n = max_paths;
	p->items = calloc((size_t)n + 1, sizeof(*p->items));
	if (!p->items)
		return REL_ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = add_path(p, &p->starts[i]);
	return rc;
}

static int init(struct paths *p, const struct rel_edges *edges,
		struct rel_error *err)
{
	size_t size = (size_t)rel_universe_size(p->universe) + 1;
	size_t n_names = (size_t)p->universe->stack->n_names + 1;

	p->distance = calloc(size, sizeof(*p->distance));
	p->next = calloc(size, sizeof(*p->next));
	p->starts = calloc(n_names, sizeof(*p->starts));
	if (!p->distance || !p->next || !p->starts)
		return rel_fail_nomem(err);
	return rel_walk_init(&p->walk, p->universe, edges, err);
}

int rel_paths_find(struct rel_path **out, uint32_t *n_out,
		   const struct rel_universe *universe,
		   const struct rel_edges *edges, const uint8_t *sources,
		   const uint8_t *targets, uint32_t max_paths,
		   struct rel_error *err)
{
	struct paths p = {.universe = universe, .targets = targets};
	int rc = init(&p, edges, err);

	if (rc == 0)
		rc = rel_backward_walk(universe, edges, targets, note, &p, err);
	for (rel_pkg_id pkg = rel_universe_size(universe);
	     rc == 0 && pkg-- > 0;)
		if (sources[pkg])
			rc = try_source(&p, pkg, err);
	if (rc == 0 && make_paths(&p, max_paths) != 0)
		rc = rel_fail_nomem(err);
	if (rc != 0) {
		rel_paths_free(p.items, p.n_items);
		p.items = NULL;
		p.n_items = 0;
	}
	*out = p.items;
	*n_out = p.n_items;
	rel_walk_free(&p.walk);
	free(p.distance);
	free(p.next);
	free(p.starts);
	return rc;
}

void rel_paths_free(struct rel_path *paths, uint32_t n_paths)
{
	for (uint32_t i = 0; i < n_paths; i++)
		free(paths[i].packages);
	free(paths);
}

struct no_path {
	struct rel_universe *u;
	const struct rel_cancel *cancel;
	uint8_t *marks, *reach; /* [size] */
};

/* Mark in n->reach what reaches one of the marked. */
static int find_reach(struct no_path *n, const uint8_t *targets, unsigned flags,
		      struct rel_error *err)
{
	struct rel_edges edges = {0};
	int rc = rel_universe_edges(&edges, n->u, flags, n->cancel, err);

	memset(n->reach, 0, rel_universe_size(n->u));
	if (rc == 0)
		rc = rel_rdeps(n->reach, n->u, &edges, targets, true, err);
	rel_edges_free(&edges);
	return rc;
}

/* The newest version of `of`'s names that is reached, or REL_PKG_NONE. */
static rel_pkg_id newest_reach(const struct no_path *n, const uint8_t *of,
			       bool any_version)
{
	const struct rel_sat_problem *p = &n->u->problem;

	for (rel_pkg_id v = rel_universe_size(n->u); v-- > 0;) {
		uint32_t g = p->var_group[v];
		bool fits = of[v];

		for (uint32_t w = p->group_first[g];
		     any_version && w < p->group_first[g + 1]; w++)
			fits = fits || of[w];
		if (fits && n->reach[v])
			return v;
	}
	return REL_PKG_NONE;
}

/* Of the versions of the targets' names, the newest that a source reaches. */
static int find_other_target(struct no_path *n, struct rel_no_path *out,
			     const uint8_t *sources, const uint8_t *targets,
			     unsigned flags, struct rel_error *err)
{
	const struct rel_sat_problem *p = &n->u->problem;
	uint32_t size = rel_universe_size(n->u), group = UINT32_MAX;
	int rc = 0;

	for (rel_pkg_id v = 0; v < size && group == UINT32_MAX; v++)
		group = targets[v] ? p->var_group[v] : UINT32_MAX;
	if (group == UINT32_MAX)
		return 0;
	for (rel_pkg_id v = p->group_first[group + 1];
	     rc == 0 && v-- > p->group_first[group];) {
		if (targets[v])
			continue;
		memset(n->marks, 0, size);
		n->marks[v] = 1;
		rc = find_reach(n, n->marks, flags, err);
		if (rc == 0 &&
		    newest_reach(n, sources, false) != REL_PKG_NONE) {
			out->other_target = v;
			return 0;
		}
	}
	return rc;
}

static int find_instead(struct no_path *n, struct rel_no_path *out,
			const uint8_t *sources, const uint8_t *targets,
			unsigned flags, struct rel_error *err)
{
	int rc = find_reach(n, targets, flags, err);

	if (rc == 0)
		out->other_source = newest_reach(n, sources, true);
	if (rc == 0 && !(flags & REL_EDGE_DEPOPTS))
		rc = find_reach(n, targets, flags | REL_EDGE_DEPOPTS, err);
	if (rc == 0 && !(flags & REL_EDGE_DEPOPTS))
		out->depopts = newest_reach(n, sources, false) != REL_PKG_NONE;
	if (rc == 0 && !(flags & REL_EDGE_WITH_TEST))
		rc = find_reach(n, targets, flags | REL_EDGE_WITH_TEST, err);
	if (rc == 0 && !(flags & REL_EDGE_WITH_TEST))
		out->with_test =
		    newest_reach(n, sources, false) != REL_PKG_NONE;
	if (rc == 0)
		rc = find_reach(n, sources, flags, err);
	if (rc == 0)
		out->backwards = newest_reach(n, targets, false);
	if (rc == 0)
		rc = find_other_target(n, out, sources, targets, flags, err);
	return rc;
}

int rel_no_path_find(struct rel_no_path *out, struct rel_universe *universe,
		     const uint8_t *sources, const uint8_t *targets,
		     unsigned flags, const struct rel_cancel *cancel,
		     struct rel_error *err)
{
	size_t size = (size_t)rel_universe_size(universe) + 1;
	struct no_path n = {.u = universe,
			    .cancel = cancel,
			    .marks = calloc(size, 1),
			    .reach = calloc(size, 1)};
	int rc;

	*out = (struct rel_no_path){.other_target = REL_PKG_NONE,
				    .other_source = REL_PKG_NONE,
				    .backwards = REL_PKG_NONE};
	rc = n.marks && n.reach
		 ? find_instead(&n, out, sources, targets, flags, err)
		 : rel_fail_nomem(err);
	free(n.marks);
	free(n.reach);
	return rc;
}
