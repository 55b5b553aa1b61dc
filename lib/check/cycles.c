#include "check/cycles.h"

#include "base/array.h"
#include "check/component.h"
#include "check/scc.h"

struct cycle_search {
	const struct rel_universe *universe;
	struct rel_edges edges;
	struct rel_walk walk;
	struct rel_conflicts conflicts;
	struct rel_opam_order *order; /* NULL until needed, and in env */
	uint32_t *name_component, *name_size; /* by group */
	uint32_t *component, *component_size; /* by package */
	uint32_t *local;
	struct rel_cycles *out;
	uint32_t out_cap;
	const struct rel_cancel *cancel;
};

static uint32_t *numbers(uint32_t n)
{
	return calloc((size_t)n + 1, sizeof(uint32_t));
}

/* Names that a package's clauses speak of, once each; mark: [n_groups], the
 * last group that a name was added for, plus 1. */
static int add_names(struct rel_graph *graph, uint32_t *cap, uint32_t *n,
		     const struct cycle_search *s, rel_pkg_id pkg,
		     uint32_t *mark)
{
	const struct rel_sat_problem *p = &s->universe->problem;
	uint32_t from = p->var_group[pkg];

	for (uint32_t i = s->edges.first[pkg]; i < s->edges.first[pkg + 1];
	     i++) {
		uint32_t clause = s->edges.clauses[i];

		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++) {
			uint32_t to = p->set_group[p->clause_sets[k]];

			if (to == from || mark[to] == from + 1)
				continue;
			mark[to] = from + 1;
			if (rel_array_reserve(&graph->succ, cap,
					      (uint64_t)*n + 1,
					      sizeof(*graph->succ)) != 0)
				return REL_ENOMEM;
			graph->succ[(*n)++] = to;
		}
	}
	return 0;
}

/*
 * Components of names: a cycle of packages is one of names too, so the many
 * names that are in none need no edges between packages.
 */
static int find_name_components(struct cycle_search *s, struct rel_error *err)
{
	const struct rel_sat_problem *p = &s->universe->problem;
	uint32_t n_names = s->universe->stack->n_names, cap = 0, n = 0;
	struct rel_graph graph = {.n = n_names, .first = numbers(n_names)};
	uint32_t *mark = numbers(p->n_groups);
	int rc = graph.first && mark ? 0 : REL_ENOMEM;

	for (uint32_t g = 0; rc == 0 && g < n_names; g++) {
		for (rel_pkg_id pkg = p->group_first[g];
		     rc == 0 && pkg < p->group_first[g + 1]; pkg++)
			rc = add_names(&graph, &cap, &n, s, pkg, mark);
		if (rc == 0)
			graph.first[g + 1] = n;
	}
	if (rc == 0)
		rc = rel_scc(&graph, s->name_component, s->name_size, err);
	else
		rel_fail_nomem(err);
	free(graph.first);
	free(graph.succ);
	free(mark);
	return rc;
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
	struct rel_graph graph = {.n = size, .first = numbers(size)};
	int rc = graph.first ? 0 : rel_fail_nomem(err);

	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++) {
		if (may_be_in_cycle(s, pkg)) {
			rc = rel_walk_successors(&s->walk, pkg, err);
			if (rc == 0 &&
			    rel_array_reserve(&graph.succ, &cap,
					      (uint64_t)n + s->walk.n_items + 1,
					      sizeof(*graph.succ)) != 0)
				rc = rel_fail_nomem(err);
			for (uint32_t i = 0; rc == 0 && i < s->walk.n_items;
			     i++)
				if (keep_edge(s, pkg, s->walk.items[i]))
					graph.succ[n++] = s->walk.items[i];
		}
		graph.first[pkg + 1] = n;
		if (rc == 0 && rel_cancelled(s->cancel))
			rc = rel_fail_cancelled(err);
	}
	if (rc == 0)
		rc = rel_scc(&graph, s->component, s->component_size, err);
	free(graph.first);
	free(graph.succ);
	return rc;
}

static int look_into(struct cycle_search *s, const rel_pkg_id *members,
		     uint32_t n_members, struct rel_error *err)
{
	struct rel_component_scratch scratch = {&s->walk, &s->conflicts,
						s->order, s->local};
	struct rel_cycle cycle = {0};
	int rc = 0;

	if (!s->order && s->universe->environment->profile != REL_PROFILE_ENV) {
		rc = rel_opam_order_new(&s->order, &s->walk, s->cancel, err);
		scratch.order = s->order;
	}
	if (rc == 0)
		rc = rel_component_cycles(&cycle, &scratch, members, n_members,
					  err);
	if (rc == 0 && cycle.n_members > 0) {
		if (rel_array_reserve(&s->out->items, &s->out_cap,
				      (uint64_t)s->out->n_items + 1,
				      sizeof(*s->out->items)) == 0) {
			s->out->items[s->out->n_items++] = cycle;
			return 0;
		}
		rc = rel_fail_nomem(err);
	}
	free(cycle.path);
	free(cycle.members);
	return rc;
}

/* Each component of more than one package, by its first member. */
static int look_into_all(struct cycle_search *s, struct rel_error *err)
{
	uint32_t size = rel_universe_size(s->universe);
	rel_pkg_id *members = numbers(size);
	int rc = members ? 0 : rel_fail_nomem(err);

	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++) {
		uint32_t component = s->component[pkg];
		uint32_t n = 0, want = s->component_size[component];

		if (want < 2)
			continue;
		for (rel_pkg_id i = pkg; n < want; i++)
			if (s->component[i] == component)
				members[n++] = i;
		s->component_size[component] = 0;
		rc = look_into(s, members, n, err);
		if (rc == 0 && rel_cancelled(s->cancel))
			rc = rel_fail_cancelled(err);
	}
	free(members);
	return rc;
}

static int prepare(struct cycle_search *s, struct rel_universe *universe,
		   struct rel_error *err)
{
	unsigned flags = REL_EDGE_DEPOPTS | REL_EDGE_NO_POST;
	uint32_t size = rel_universe_size(universe);
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
	s->local = numbers(size);
	s->out = calloc(1, sizeof(*s->out));
	if (!s->name_component || !s->name_size || !s->component ||
	    !s->component_size || !s->local || !s->out)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < size; i++)
		s->local[i] = REL_NOT_LOCAL;
	return 0;
}

int rel_cycles_find(struct rel_cycles **out, struct rel_universe *universe,
		    const struct rel_cancel *cancel, struct rel_error *err)
{
	struct cycle_search s = {.universe = universe, .cancel = cancel};
	int rc = prepare(&s, universe, err);

	*out = NULL;
	if (rc == 0)
		rc = find_name_components(&s, err);
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
	rel_opam_order_free(s.order);
	free(s.name_component);
	free(s.name_size);
	free(s.component);
	free(s.component_size);
	free(s.local);
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
