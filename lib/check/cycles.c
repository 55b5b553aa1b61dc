#include "check/cycles.h"

#include "base/array.h"
#include "base/limits.h"
#include "check/conflicts.h"
#include "check/walk.h"
#include "solve/circles.h"
#include "solve/scc.h"

struct cycle_search {
	const struct rel_universe *universe;
	struct rel_edges edges;
	struct rel_walk walk;
	struct rel_conflicts conflicts;
	uint32_t *name_component, *name_size; /* by group */
	/* of versions; no edge between two that exclude each other */
	struct rel_graph graph;
	uint32_t *component, *component_size; /* by package */
	/* by package, for searches: steps from the start, 0 = not reached;
	 * where from; and [size]: what was reached, in that order */
	uint32_t *depth, *parent, *queue;
	uint32_t *member_of; /* by group: package + 1, 0 outside of fits() */
	uint32_t *cycle;     /* [size], being put together */
	uint32_t *best;	     /* [size], the shortest so far */
	uint32_t n_best;     /* 0 = none */
	uint64_t steps;	     /* left of REL_LIMIT_CYCLE_STEPS */
	struct rel_cycles *out;
	uint32_t out_cap;
	const struct rel_cancel *cancel;
};

static uint32_t *numbers(uint32_t n)
{
	return calloc((size_t)n + 1, sizeof(uint32_t));
}

static bool may_be_in_cycle(const struct cycle_search *s, rel_pkg_id pkg)
{
	uint32_t group = s->universe->problem.var_group[pkg];

	return s->universe->state[pkg] == REL_PACKAGE_READY &&
	       s->name_size[s->name_component[group]] > 1;
}

/* The edge is neither out of the component of names nor between packages
 * that exclude each other. */
static bool keep_edge(const struct cycle_search *s, rel_pkg_id from,
		      rel_pkg_id to)
{
	const uint32_t *group = s->universe->problem.var_group;

	return s->name_component[group[from]] == s->name_component[group[to]] &&
	       s->universe->state[to] == REL_PACKAGE_READY &&
	       !rel_conflicts_between(&s->conflicts, from, to) && from != to;
}

static int find_components(struct cycle_search *s, struct rel_error *err)
{
	uint32_t size = rel_universe_size(s->universe), cap = 0, n = 0;
	struct rel_graph *graph = &s->graph;
	int rc = 0;

	*graph = (struct rel_graph){.n = size, .first = numbers(size)};
	if (!graph->first)
		return rel_fail_nomem(err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++) {
		if (may_be_in_cycle(s, pkg)) {
			rc = rel_walk_successors(&s->walk, pkg, err);
			if (rc == 0 && (uint64_t)n + s->walk.n_items >
					   REL_LIMIT_CYCLE_EDGES)
				rc = rel_fail(
				    err, REL_ELIMIT,
				    "versions that need each other in a circle "
				    "have more than %u dependencies on each "
				    "other; cycles cannot be searched in this "
				    "repository",
				    (unsigned)REL_LIMIT_CYCLE_EDGES);
			if (rc == 0 &&
			    rel_array_reserve(&graph->succ, &cap,
					      (uint64_t)n + s->walk.n_items + 1,
					      sizeof(*graph->succ)) != 0)
				rc = rel_fail_nomem(err);
			for (uint32_t i = 0; rc == 0 && i < s->walk.n_items;
			     i++)
				if (keep_edge(s, pkg, s->walk.items[i]))
					graph->succ[n++] = s->walk.items[i];
		}
		graph->first[pkg + 1] = n;
		if (rc == 0 && rel_cancelled(s->cancel))
			rc = rel_fail_cancelled(err);
	}
	return rc ? rc : rel_scc(graph, s->component, s->component_size, err);
}

/* One step of a search; false = the budget is spent. */
static bool step(struct cycle_search *s)
{
	if (s->steps == 0 ||
	    (s->steps % 65536 == 0 && rel_cancelled(s->cancel)))
		return false;
	s->steps--;
	return true;
}

/* Put `group` down for `pkg`; false: another member has it. */
static bool claim(struct cycle_search *s, uint32_t group, rel_pkg_id pkg)
{
	if (s->member_of[group])
		return false;
	s->member_of[group] = pkg + 1;
	return true;
}

/* Neither name nor conflict class occurs twice.  The groups stay claimed. */
static bool claim_all(struct cycle_search *s, const uint32_t *cycle, uint32_t n)
{
	const struct rel_conflicts *c = &s->conflicts;

	for (uint32_t i = 0; i < n; i++) {
		rel_pkg_id pkg = cycle[i];

		if (!claim(s, s->universe->problem.var_group[pkg], pkg))
			return false;
		for (uint32_t k = c->first[pkg]; k < c->first[pkg + 1]; k++)
			if (!claim(s, c->classes[k], pkg))
				return false;
	}
	return true;
}

/* Does no member of the cycle exclude another?  As rel_conflicts_between() of
 * each pair, but in time that grows with the length only. */
static bool fits(struct cycle_search *s, const uint32_t *cycle, uint32_t n)
{
	const struct rel_sat_problem *p = &s->universe->problem;
	const struct rel_conflicts *c = &s->conflicts;
	bool fit = claim_all(s, cycle, n);

	for (uint32_t i = 0; fit && i < n; i++) {
		for (uint32_t k = p->conflict_first[cycle[i]];
		     fit && k < p->conflict_first[cycle[i] + 1]; k++) {
			uint32_t other =
			    s->member_of[p->set_group[p->conflicts[k]]];

			fit = !other ||
			      !rel_universe_in_set(s->universe, p->conflicts[k],
						   other - 1);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		rel_pkg_id pkg = cycle[i];

		s->member_of[p->var_group[pkg]] = 0;
		for (uint32_t k = c->first[pkg]; k < c->first[pkg + 1]; k++)
			s->member_of[c->classes[k]] = 0;
	}
	return fit;
}

static void keep(struct cycle_search *s, const uint32_t *cycle, uint32_t n)
{
	memcpy(s->best, cycle, n * sizeof(*cycle));
	s->n_best = n;
}

/* The way from the start of the search to `node`, into s->cycle. */
static void trace(struct cycle_search *s, rel_pkg_id node)
{
	for (uint32_t k = s->depth[node]; k-- > 0; node = s->parent[node])
		s->cycle[k] = node;
}

/* Does `to` exclude anything on the way to `node`? */
static bool excluded_before(struct cycle_search *s, rel_pkg_id node,
			    rel_pkg_id to)
{
	for (uint32_t k = s->depth[node]; k > 0; k--, node = s->parent[node])
		if (!step(s) || rel_conflicts_between(&s->conflicts, node, to))
			return true;
	return false;
}

enum round {
	ROUND_ANY, /* whatever it finds first is taken */
	ROUND_FIT, /* it is taken if its members fit together */
	/* No way leads on to what excludes a version on it: finds a cycle
	 * that fits where ROUND_FIT does not, but perhaps a longer one. */
	ROUND_CAREFUL,
};

/*
 * Breadth first from `start` back to it, in fewer steps than the best; newest
 * versions first.
 * Returns  the length of a cycle that was found and does not fit; else 0
 */
static uint32_t go_round(struct cycle_search *s, rel_pkg_id start,
			 enum round round)
{
	const struct rel_graph *g = &s->graph;
	uint32_t n = 0, unfit = 0;
	bool done = false;

	s->depth[start] = 1;
	s->queue[n++] = start;
	for (uint32_t head = 0; head < n && !done; head++) {
		rel_pkg_id node = s->queue[head];
		uint32_t length = s->depth[node];

		if (s->n_best && length >= s->n_best)
			break;
		for (uint32_t i = g->first[node + 1];
		     i-- > g->first[node] && !done;) {
			rel_pkg_id to = g->succ[i];

			done = to == start;
			if (round != ROUND_ANY && !step(s))
				done = true;
			else if (to == start) {
				trace(s, node);
				if (round != ROUND_FIT ||
				    fits(s, s->cycle, length))
					keep(s, s->cycle, length);
				else
					unfit = length;
			}
			if (done || s->depth[to] ||
			    s->component[to] != s->component[start] ||
			    (round == ROUND_CAREFUL &&
			     excluded_before(s, node, to)))
				continue;
			s->depth[to] = length + 1;
			s->parent[to] = node;
			s->queue[n++] = to;
		}
	}
	while (n > 0)
		s->depth[s->queue[--n]] = 0;
	return unfit;
}

/* Depth first, going back: a cycle through `start` and later members, of at
 * most `limit`, that fits. */
static void search_all(struct cycle_search *s, rel_pkg_id start, uint32_t limit)
{
	const struct rel_graph *g = &s->graph;
	uint32_t *next = s->queue; /* by place on the way */
	bool found = false;
	uint32_t n = 1;

	s->cycle[0] = start;
	s->depth[start] = 1;
	next[0] = g->first[start];
	while (n > 0 && !found && step(s)) {
		rel_pkg_id node = s->cycle[n - 1], to;

		if (next[n - 1] == g->first[node + 1]) {
			s->depth[node] = 0;
			n--;
			continue;
		}
		to = g->succ[next[n - 1]++];
		found = to == start;
		if (found)
			keep(s, s->cycle, n);
		if (to <= start || n == limit || s->depth[to] ||
		    s->component[to] != s->component[start] ||
		    excluded_before(s, node, to))
			continue;
		s->parent[to] = node;
		s->depth[to] = n + 1;
		next[n] = g->first[to];
		s->cycle[n++] = to;
	}
	while (n > 0)
		s->depth[s->cycle[--n]] = 0;
}

/* The shortest cycle of a component whose members fit together, into s->best;
 * s->n_best is 0 where there is none. */
static int find_shortest(struct cycle_search *s, const rel_pkg_id *members,
			 uint32_t n, struct rel_error *err)
{
	uint32_t shortest = UINT32_MAX; /* that does not fit */

	s->n_best = 0;
	for (uint32_t i = n; i-- > 0 && s->n_best != 2 && s->steps;) {
		uint32_t unfit = go_round(s, members[i], ROUND_FIT);

		if (unfit)
			go_round(s, members[i], ROUND_CAREFUL);
		if (unfit && unfit < shortest)
			shortest = unfit;
	}
	for (uint32_t limit = shortest;
	     limit < (s->n_best ? s->n_best : n + 1) && s->steps; limit++)
		for (uint32_t i = 0; i < n && (!s->n_best || s->n_best > limit);
		     i++)
			search_all(s, members[i], limit);
	if (rel_cancelled(s->cancel))
		return rel_fail_cancelled(err);
	/* Not known to be harmless: better shown than kept back. */
	if (s->n_best == 0 && s->steps == 0)
		go_round(s, members[n - 1], ROUND_ANY);
	return 0;
}

/* The best cycle, from its first package on, and all members. */
static int add_cycle(struct cycle_search *s, const rel_pkg_id *members,
		     uint32_t n, struct rel_error *err)
{
	struct rel_cycle cycle = {.path = numbers(s->n_best),
				  .members = numbers(n),
				  .n_path = s->n_best,
				  .n_members = n};
	uint32_t start = 0;

	if (!cycle.path || !cycle.members ||
	    rel_array_reserve(&s->out->items, &s->out_cap,
			      (uint64_t)s->out->n_items + 1,
			      sizeof(*s->out->items)) != 0) {
		free(cycle.path);
		free(cycle.members);
		return rel_fail_nomem(err);
	}
	for (uint32_t i = 1; i < s->n_best; i++)
		if (s->best[i] < s->best[start])
			start = i;
	for (uint32_t i = 0; i < s->n_best; i++)
		cycle.path[i] = s->best[(start + i) % s->n_best];
	memcpy(cycle.members, members, n * sizeof(*members));
	s->out->items[s->out->n_items++] = cycle;
	return 0;
}

/* Each component of more than one package, by its first member. */
static int look_into_all(struct cycle_search *s, struct rel_error *err)
{
	uint32_t size = rel_universe_size(s->universe);
	/* members of component k: from place[k] on, in ascending order */
	uint32_t *place = numbers(size + 1);
	rel_pkg_id *members = numbers(size);
	int rc = place && members ? 0 : rel_fail_nomem(err);

	for (uint32_t k = 0; rc == 0 && k < size; k++)
		place[k + 1] = place[k] + s->component_size[k];
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++)
		members[place[s->component[pkg]]++] = pkg;
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++) {
		uint32_t k = s->component[pkg], n = s->component_size[k];
		const rel_pkg_id *first = members + place[k] - n;

		if (n < 2 || *first != pkg)
			continue;
		rc = find_shortest(s, first, n, err);
		if (rc == 0 && s->n_best)
			rc = add_cycle(s, first, n, err);
	}
	free(place);
	free(members);
	return rc;
}

static int prepare(struct cycle_search *s, struct rel_universe *universe,
		   struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);
	unsigned flags = REL_EDGE_DEPOPTS | REL_EDGE_NO_POST;
	int rc;

	if (universe->environment->profile == REL_PROFILE_OPAM_2_1)
		flags |= REL_EDGE_BOUNDS;
	rc = rel_universe_edges(&s->edges, universe, flags, s->cancel, err);
	if (rc == 0)
		rc = rel_walk_init(&s->walk, universe, &s->edges, err);
	if (rc == 0)
		rc = rel_conflicts_init(&s->conflicts, universe, err);
	if (rc != 0)
		return rc;
	s->walk.weak_intersect =
	    universe->environment->profile == REL_PROFILE_OPAM_2_4;
	s->name_component = numbers(universe->stack->n_names);
	s->name_size = numbers(universe->stack->n_names);
	s->component = numbers(size);
	s->component_size = numbers(size);
	s->depth = numbers(size);
	s->parent = numbers(size);
	s->queue = numbers(size);
	s->cycle = numbers(size);
	s->best = numbers(size);
	s->member_of = numbers(universe->problem.n_groups);
	s->steps = REL_LIMIT_CYCLE_STEPS;
	s->out = calloc(1, sizeof(*s->out));
	if (!s->name_component || !s->name_size || !s->component ||
	    !s->component_size || !s->depth || !s->parent || !s->queue ||
	    !s->cycle || !s->best || !s->member_of || !s->out)
		return rel_fail_nomem(err);
	return 0;
}

int rel_cycles_find(struct rel_cycles **out, struct rel_universe *universe,
		    const struct rel_cancel *cancel, struct rel_error *err)
{
	struct cycle_search s = {.universe = universe, .cancel = cancel};
	int rc = prepare(&s, universe, err);

	*out = NULL;
	if (rc == 0)
		rc = rel_circles_names(universe, &s.edges, s.name_component,
				       s.name_size, err);
	if (rc == 0)
		rc = find_components(&s, err);
	if (rc == 0)
		rc = look_into_all(&s, err);
	if (rc == 0)
		*out = s.out;
	else
		rel_cycles_free(s.out);
	rel_edges_free(&s.edges);
	rel_walk_free(&s.walk);
	rel_conflicts_free(&s.conflicts);
	free(s.name_component);
	free(s.name_size);
	free(s.component);
	free(s.graph.first);
	free(s.graph.succ);
	free(s.component_size);
	free(s.depth);
	free(s.parent);
	free(s.queue);
	free(s.cycle);
	free(s.best);
	free(s.member_of);
	return rc;
}

void rel_cycles_free(struct rel_cycles *cycles)
{
	for (uint32_t i = 0; cycles && i < cycles->n_items; i++) {
		free(cycles->items[i].path);
		free(cycles->items[i].members);
	}
	if (cycles)
		free(cycles->items);
	free(cycles);
}
