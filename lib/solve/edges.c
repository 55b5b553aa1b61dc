#include "solve/edges.h"

#include "base/array.h"
#include "solve/universe_store.h"

bool rel_edges_alone(const struct rel_formula_atom *atoms, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (atoms[i].name != atoms[0].name)
			return false;
	return true;
}

int rel_edges_any_bound(const struct rel_formula_atom **atoms, uint32_t n,
			struct rel_arena *arena)
{
	struct rel_formula_atom *copy;

	if (rel_edges_alone(*atoms, n))
		return 0;
	copy = rel_arena_array(arena, n, sizeof(*copy));
	if (!copy)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		copy[i] = (*atoms)[i];
		copy[i].constraint = copy[i].offered;
	}
	*atoms = copy;
	return 0;
}

struct edge_lists {
	struct rel_edges edges;
	uint32_t n, cap, alone_cap;
	unsigned flags;
};

static int add_edge(struct rel_universe *u, struct edge_lists *lists,
		    uint32_t entry, const struct rel_formula_atom *atoms,
		    uint32_t n_atoms)
{
	struct rel_universe_store *st = u->store;
	struct rel_edges *edges = &lists->edges;
	uint64_t need = (uint64_t)lists->n + 1;
	int rc = 0;

	if (lists->flags & REL_EDGE_BOUNDS)
		rc = rel_edges_any_bound(&atoms, n_atoms, &st->scratch);
	if (!rc)
		rc = rel_array_reserve(&edges->clauses, &lists->cap, need,
				       sizeof(*edges->clauses));
	if (!rc)
		rc = rel_array_reserve(&edges->alone, &lists->alone_cap, need,
				       sizeof(*edges->alone));
	if (!rc)
		rc = rel_resolver_edge(&st->resolver, &edges->clauses[lists->n],
				       u->stack->entries[entry].layer, atoms,
				       n_atoms);
	if (!rc)
		edges->alone[lists->n++] = rel_edges_alone(atoms, n_atoms);
	return rc;
}

static int add_edges(struct rel_universe *u, struct edge_lists *lists,
		     uint32_t entry, rel_expr_id formula,
		     const struct rel_formula_rules *rules)
{
	struct rel_universe_store *st = u->store;
	struct rel_formula f;
	int rc =
	    rel_formula_resolve(&f, &rel_universe_snapshot(u, entry)->exprs,
				formula, rules, &st->scratch, NULL);

	for (uint32_t i = 0; !rc && i < f.n_clauses; i++)
		rc = add_edge(u, lists, entry, f.atoms + f.clauses[i].first,
			      f.clauses[i].count);
	/* Too large a formula has made the package unreadable already. */
	return rc == REL_ELIMIT ? 0 : rc;
}

static int entry_edges(struct rel_universe *u, struct edge_lists *lists,
		       uint32_t entry, unsigned flags)
{
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;
	struct rel_environment_scope scope = rel_universe_scope(u, entry);
	struct rel_formula_rules rules;
	int rc;

	scope.edges = flags;
	rel_arena_reset(&u->store->scratch);
	rel_environment_formula_rules(&rules, &scope);
	if (flags & REL_EDGE_UNKNOWN)
		rules = (struct rel_formula_rules){
		    .pipeline = REL_FORMULA_FILTER,
		    .variables = {rel_environment_lookup, &scope},
		    .fallback = true};
	rc = add_edges(u, lists, entry, m->depends, &rules);
	if (!rc && (flags & REL_EDGE_DEPOPTS))
		rc = add_edges(u, lists, entry, m->depopts, &rules);
	return rc;
}

int rel_universe_edges(struct rel_edges *out, struct rel_universe *u,
		       unsigned flags, const struct rel_cancel *cancel,
		       struct rel_error *err)
{
	struct edge_lists lists = {.flags = flags};
	int rc = 0;

	memset(out, 0, sizeof(*out));
	lists.edges.first = calloc((size_t)u->n_packages + 1, sizeof(uint32_t));
	if (!lists.edges.first)
		rc = REL_ENOMEM;
	for (uint32_t e = 0; !rc && e < u->n_packages; e++) {
		if (u->state[e] != REL_PACKAGE_UNREADABLE)
			rc = entry_edges(u, &lists, e, flags);
		lists.edges.first[e + 1] = lists.n;
		if (!rc && rel_cancelled(cancel))
			rc = REL_ECANCELLED;
	}
	rel_universe_publish(u);
	if (rc) {
		rel_edges_free(&lists.edges);
		return rc == REL_ECANCELLED ? rel_fail_cancelled(err)
					    : rel_fail_nomem(err);
	}
	*out = lists.edges;
	return 0;
}

/* What it needs, as resolved already, its conflict-classes apart. */
static int add_needs(struct rel_universe *u, struct edge_lists *lists,
		     uint32_t entry)
{
	const struct rel_universe_store *st = u->store;

	for (uint32_t i = st->need_first[entry]; i < st->need_first[entry + 1];
	     i++) {
		if (u->need_expr[i] == REL_NEED_CLASS)
			continue;
		if (rel_array_reserve(&lists->edges.clauses, &lists->cap,
				      (uint64_t)lists->n + 1,
				      sizeof(*lists->edges.clauses)))
			return REL_ENOMEM;
		lists->edges.clauses[lists->n++] = st->needs[i];
	}
	return 0;
}

static int add_order(struct rel_universe *u, struct edge_lists *lists,
		     uint32_t entry)
{
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;
	struct rel_environment_scope scope;
	struct rel_formula_rules rules;
	int rc;

	if (!u->store->post[entry]) {
		rc = add_needs(u, lists, entry);
		if (rc || m->depopts == REL_EXPR_NONE)
			return rc;
	}
	scope = rel_universe_scope(u, entry);
	scope.edges = lists->flags;
	rel_arena_reset(&u->store->scratch);
	rel_environment_formula_rules(&rules, &scope);
	rc = u->store->post[entry]
		 ? add_edges(u, lists, entry, m->depends, &rules)
		 : 0;
	return rc ? rc : add_edges(u, lists, entry, m->depopts, &rules);
}

int rel_universe_order(struct rel_universe *u, const struct rel_cancel *cancel,
		       struct rel_error *err)
{
	struct edge_lists lists = {.flags = REL_EDGE_NO_POST};
	int rc = 0;

	if (u->order.first)
		return 0;
	lists.edges.first = calloc((size_t)u->n_packages + 1, sizeof(uint32_t));
	if (!lists.edges.first)
		rc = REL_ENOMEM;
	for (uint32_t e = 0; !rc && e < u->n_packages; e++) {
		if (u->state[e] == REL_PACKAGE_READY)
			rc = add_order(u, &lists, e);
		lists.edges.first[e + 1] = lists.n;
		if (!rc && rel_cancelled(cancel))
			rc = REL_ECANCELLED;
	}
	rel_universe_publish(u);
	/* needs have none, and circles no use for it */
	free(lists.edges.alone);
	lists.edges.alone = NULL;
	if (!rc) {
		u->order = lists.edges;
		return 0;
	}
	rel_edges_free(&lists.edges);
	return rc == REL_ECANCELLED ? rel_fail_cancelled(err)
				    : rel_fail_nomem(err);
}

void rel_edges_free(struct rel_edges *edges)
{
	free(edges->first);
	free(edges->clauses);
	free(edges->alone);
	memset(edges, 0, sizeof(*edges));
}
