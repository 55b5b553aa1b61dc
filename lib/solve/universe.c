#include "solve/universe.h"

#include "base/array.h"
#include "base/limits.h"
#include "solve/edges.h"
#include "solve/resolver.h"

struct rel_universe_store {
	struct rel_resolver resolver;
	struct rel_arena scratch;
	uint32_t *group_first, *group_word, *var_group;
	uint32_t n_groups, n_vars;
	uint32_t *need_first, *needs;
	uint32_t n_needs, needs_cap, need_expr_cap;
	uint32_t *bar_first, *bars;
	uint32_t n_bars, bars_cap, bar_expr_cap;
	uint32_t *pinned_first, *pinned_needs;
	/* conflict-classes that more than one name is in */
	struct rel_intern classes;
	struct class_name *class_names; /* by class, then group */
	uint32_t n_class_names, class_names_cap;
	uint32_t *class_first_group; /* unused classes: REL_NO_ID */
};

/* One name in one conflict-class, and its variable. */
struct class_name {
	rel_string_id class;
	uint32_t group;
	uint32_t var, clause; /* REL_NO_ID when the class has one name only */
};

static const struct rel_snapshot *snapshot_of(const struct rel_universe *u,
					      uint32_t entry)
{
	return u->stack->layers[u->stack->entries[entry].layer].snapshot;
}

static int add_class_name(struct rel_universe_store *st, rel_string_id class,
			  uint32_t group)
{
	if (rel_array_reserve(&st->class_names, &st->class_names_cap,
			      (uint64_t)st->n_class_names + 1,
			      sizeof(*st->class_names)))
		return REL_ENOMEM;
	st->class_names[st->n_class_names++] =
	    (struct class_name){class, group, REL_NO_ID, REL_NO_ID};
	return 0;
}

static int compare_class_names(const void *a, const void *b)
{
	const struct class_name *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static int add_entry_classes(struct rel_universe *u, uint32_t group,
			     uint32_t entry)
{
	const struct rel_snapshot *snapshot = snapshot_of(u, entry);
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;

	for (uint32_t i = 0; i < m->conflict_class_count; i++) {
		rel_string_id text =
		    snapshot->lists[m->conflict_class_first + i];
		rel_string_id class = rel_intern_add(
		    &u->store->classes, rel_snapshot_string(snapshot, text));

		if (class == REL_STRING_NONE ||
		    add_class_name(u->store, class, group))
			return REL_ENOMEM;
	}
	return 0;
}

/* Which names are in which classes; one-name classes exclude nothing. */
static int gather_classes(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	uint32_t kept = 0;

	if (u->environment->profile != REL_PROFILE_ENV)
		return 0; /* opam admin check does not look at classes */
	for (uint32_t g = 0; g < u->stack->n_names; g++) {
		const struct rel_stack_name *name = &u->stack->names[g];

		for (uint32_t i = 0; i < name->count; i++) {
			if (add_entry_classes(u, g, name->first + i))
				return REL_ENOMEM;
		}
	}
	if (st->n_class_names)
		qsort(st->class_names, st->n_class_names,
		      sizeof(*st->class_names), compare_class_names);
	for (uint32_t i = 0; i < st->n_class_names; i++) {
		if (i == 0 || compare_class_names(&st->class_names[i - 1],
						  &st->class_names[i]))
			st->class_names[kept++] = st->class_names[i];
	}
	st->n_class_names = kept;
	return 0;
}

/* The end of the run of names in the class that starts at `from`. */
static uint32_t class_end(const struct rel_universe_store *st, uint32_t from)
{
	uint32_t to = from;

	while (to < st->n_class_names &&
	       st->class_names[to].class == st->class_names[from].class)
		to++;
	return to;
}

static void end_group(struct rel_universe_store *st, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		st->var_group[st->n_vars + i] = st->n_groups;
	st->n_vars += n;
	st->n_groups++;
	st->group_first[st->n_groups] = st->n_vars;
	st->group_word[st->n_groups] =
	    st->group_word[st->n_groups - 1] + rel_sat_words(n);
}

/* Names are groups of their versions, classes groups of their names. */
static int make_groups(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	size_t groups = (size_t)u->stack->n_names + st->n_class_names + 1;
	size_t vars = (size_t)u->stack->n_entries + st->n_class_names + 1;

	st->group_first = calloc(groups, sizeof(*st->group_first));
	st->group_word = calloc(groups, sizeof(*st->group_word));
	st->var_group = calloc(vars, sizeof(*st->var_group));
	if (!st->group_first || !st->group_word || !st->var_group)
		return REL_ENOMEM;
	for (uint32_t g = 0; g < u->stack->n_names; g++)
		end_group(st, u->stack->names[g].count);
	for (uint32_t i = 0; i < st->n_class_names;) {
		uint32_t end = class_end(st, i);

		if (end - i > 1) {
			for (uint32_t k = i; k < end; k++)
				st->class_names[k].var = st->n_vars + k - i;
			end_group(st, end - i);
		}
		i = end;
	}
	return 0;
}

static int make_class_clauses(struct rel_universe_store *st)
{
	for (uint32_t i = 0; i < st->n_class_names; i++) {
		struct class_name *name = &st->class_names[i];
		struct rel_resolver *r = &st->resolver;
		uint32_t set;

		if (name->var == REL_NO_ID)
			continue;

		uint32_t g = st->var_group[name->var];
		uint32_t n = st->group_word[g + 1] - st->group_word[g];
		uint32_t bit = name->var - st->group_first[g];

		memset(r->words, 0, n * sizeof(*r->words));
		r->words[bit / 64] = (uint64_t)1 << (bit % 64);
		if (rel_resolver_add_set(r, &set, g, r->words) ||
		    rel_resolver_unit(r, &name->clause, set))
			return REL_ENOMEM;
	}
	return 0;
}

static int add_need(struct rel_universe *u, uint32_t clause, rel_expr_id expr)
{
	struct rel_universe_store *st = u->store;

	if (rel_array_reserve(&st->needs, &st->needs_cap,
			      (uint64_t)st->n_needs + 1, sizeof(*st->needs)) ||
	    rel_array_reserve(&u->need_expr, &st->need_expr_cap,
			      (uint64_t)st->n_needs + 1, sizeof(*u->need_expr)))
		return REL_ENOMEM;
	st->needs[st->n_needs] = clause;
	u->need_expr[st->n_needs++] = expr;
	return 0;
}

static int add_bar(struct rel_universe *u, uint32_t set, rel_expr_id expr)
{
	struct rel_universe_store *st = u->store;

	if (rel_array_reserve(&st->bars, &st->bars_cap,
			      (uint64_t)st->n_bars + 1, sizeof(*st->bars)) ||
	    rel_array_reserve(&u->bar_expr, &st->bar_expr_cap,
			      (uint64_t)st->n_bars + 1, sizeof(*u->bar_expr)))
		return REL_ENOMEM;
	st->bars[st->n_bars] = set;
	u->bar_expr[st->n_bars++] = expr;
	return 0;
}

static int add_class_needs(struct rel_universe *u, uint32_t entry)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = snapshot_of(u, entry);
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;

	for (uint32_t i = 0; st->n_class_names && i < m->conflict_class_count;
	     i++) {
		rel_string_id text =
		    snapshot->lists[m->conflict_class_first + i];
		struct class_name key = {
		    .class = rel_intern_find(
			&st->classes, rel_snapshot_string(snapshot, text)),
		    .group = st->var_group[entry]};
		const struct class_name *name =
		    bsearch(&key, st->class_names, st->n_class_names,
			    sizeof(key), compare_class_names);

		if (name && name->var != REL_NO_ID &&
		    add_need(u, name->clause, REL_NEED_CLASS))
			return REL_ENOMEM;
	}
	return 0;
}

static int resolve_depends(struct rel_universe *u, uint32_t entry,
			   const struct rel_formula_rules *rules)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = snapshot_of(u, entry);
	uint32_t layer = u->stack->entries[entry].layer;
	struct rel_formula f;
	int rc = rel_formula_resolve(
	    &f, &snapshot->exprs,
	    rel_stack_package(u->stack, entry)->manifest.depends, rules,
	    &st->scratch, NULL);

	for (uint32_t i = 0; !rc && i < f.n_clauses; i++) {
		uint32_t clause;

		rc = rel_resolver_clause(&st->resolver, &clause, layer,
					 f.atoms + f.clauses[i].first,
					 f.clauses[i].count);
		if (!rc)
			rc = add_need(u, clause, f.clauses[i].source);
	}
	return rc;
}

static int resolve_conflicts(struct rel_universe *u, uint32_t entry,
			     const struct rel_environment_scope *scope)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = snapshot_of(u, entry);
	uint32_t layer = u->stack->entries[entry].layer;
	const struct rel_snapshot_package *package =
	    rel_stack_package(u->stack, entry);
	struct rel_variables variables;
	struct rel_formula f;

	if (package->manifest.conflicts == REL_EXPR_NONE)
		return 0;
	rel_environment_conflict_variables(&variables, scope);

	int rc = rel_formula_conflicts(&f, &snapshot->exprs,
				       package->manifest.conflicts, &variables,
				       &st->scratch, NULL);

	for (uint32_t i = 0; !rc && i < f.n_atoms; i++) {
		uint32_t set;

		rc = rel_resolver_atom(&st->resolver, &set, layer, &f.atoms[i]);
		/* A package never conflicts with itself; that of one name
		 * only one version can be installed is understood. */
		if (!rc && set != REL_NO_ID &&
		    st->resolver.set_group[set] != st->var_group[entry])
			rc = add_bar(u, set, f.atoms[i].source);
	}
	return rc;
}

static int is_available(struct rel_universe *u, uint32_t entry,
			const struct rel_environment_scope *scope, bool *out)
{
	const struct rel_variables variables = {
	    rel_environment_lookup_available, scope};

	*out = true;
	if (scope->environment->profile != REL_PROFILE_ENV)
		return 0; /* opam admin check does not look at it */
	return rel_filter_eval(
	    out, &snapshot_of(u, entry)->exprs,
	    rel_stack_package(u->stack, entry)->manifest.available, &variables,
	    false, &u->store->scratch, NULL);
}

static struct rel_environment_scope scope_of(const struct rel_universe *u,
					     uint32_t entry)
{
	const struct rel_snapshot_package *package =
	    rel_stack_package(u->stack, entry);
	const struct rel_snapshot *snapshot = snapshot_of(u, entry);

	return (struct rel_environment_scope){
	    .environment = u->environment,
	    .name = rel_snapshot_string(snapshot, package->name),
	    .version = rel_snapshot_string(snapshot, package->version),
	    .dev = (package->manifest.flags & REL_MANIFEST_DEV) != 0,
	};
}

static int resolve_entry(struct rel_universe *u, uint32_t entry)
{
	struct rel_universe_store *st = u->store;
	struct rel_environment_scope scope = scope_of(u, entry);
	struct rel_formula_rules rules;
	bool available;
	int rc;

	if (rel_stack_package(u->stack, entry)->problem != UINT32_MAX) {
		u->state[entry] = REL_PACKAGE_UNREADABLE;
		return 0;
	}
	rel_arena_reset(&st->scratch);
	rel_environment_formula_rules(&rules, &scope);
	rc = is_available(u, entry, &scope, &available);
	if (!rc && !available)
		u->state[entry] = REL_PACKAGE_UNAVAILABLE;
	if (!rc)
		rc = resolve_depends(u, entry, &rules);
	if (!rc)
		rc = resolve_conflicts(u, entry, &scope);
	if (!rc)
		rc = add_class_needs(u, entry);
	return rc;
}

static int resolve_all(struct rel_universe *u, const struct rel_cancel *cancel)
{
	struct rel_universe_store *st = u->store;
	uint32_t n = u->stack->n_entries;

	st->need_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	st->bar_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	u->state = calloc((size_t)n + 1, 1);
	if (!st->need_first || !st->bar_first || !u->state)
		return REL_ENOMEM;
	for (uint32_t e = 0; e < n; e++) {
		uint32_t needs = st->n_needs, bars = st->n_bars;
		int rc = resolve_entry(u, e);

		if (rc == REL_ELIMIT) {
			u->state[e] = REL_PACKAGE_UNREADABLE;
			st->n_needs = needs;
			st->n_bars = bars;
		} else if (rc) {
			return rc;
		}
		if (rel_cancelled(cancel))
			return REL_ECANCELLED;
		st->need_first[e + 1] = st->n_needs;
		st->bar_first[e + 1] = st->n_bars;
	}
	for (uint32_t v = n; v < st->n_vars; v++) {
		st->need_first[v + 1] = st->n_needs;
		st->bar_first[v + 1] = st->n_bars;
	}
	return 0;
}

/* Is `version` the pinned one or a refinement of it: 4.14 → 4.14.1? */
static bool matches_pin(struct rel_str version, struct rel_str pin)
{
	if (!rel_str_starts(version, pin))
		return false;
	return version.len == pin.len ||
	       strchr(".+~-", version.ptr[pin.len]) != NULL;
}

static int pin_clause(struct rel_universe *u, uint32_t *clause)
{
	struct rel_resolver *r = &u->store->resolver;
	uint32_t g = rel_stack_find(u->stack, REL_STR("ocaml"));
	uint32_t set = REL_NO_ID;

	if (g != UINT32_MAX) {
		const struct rel_stack_name *name = &u->stack->names[g];
		uint32_t n = rel_sat_words(name->count);
		bool found = false;

		memset(r->words, 0, n * sizeof(*r->words));
		for (uint32_t i = 0; i < name->count; i++) {
			if (!matches_pin(
				rel_universe_version(u, name->first + i),
				rel_str_of(u->environment->ocaml)))
				continue;
			r->words[i / 64] |= (uint64_t)1 << (i % 64);
			found = true;
		}
		if (found && rel_resolver_add_set(r, &set, g, r->words))
			return REL_ENOMEM;
	}
	if (set == REL_NO_ID)
		return REL_ENOTFOUND;
	return rel_resolver_unit(r, clause, set);
}

/* Everybody needs the pinned compiler: one more need each. */
static int pin_compiler(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	uint32_t clause, n = u->n_packages, at = 0;
	int rc;

	if (!u->environment->ocaml)
		return 0;
	rc = pin_clause(u, &clause);
	if (rc)
		return rc;
	st->pinned_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	st->pinned_needs =
	    calloc((size_t)st->n_needs + n + 1, sizeof(uint32_t));
	u->pinned_need_expr =
	    calloc((size_t)st->n_needs + n + 1, sizeof(rel_expr_id));
	if (!st->pinned_first || !st->pinned_needs || !u->pinned_need_expr)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < st->n_vars; v++) {
		for (uint32_t i = st->need_first[v]; i < st->need_first[v + 1];
		     i++) {
			st->pinned_needs[at] = st->needs[i];
			u->pinned_need_expr[at++] = u->need_expr[i];
		}
		if (v < n) {
			st->pinned_needs[at] = clause;
			u->pinned_need_expr[at++] = REL_NEED_PINNED;
		}
		st->pinned_first[v + 1] = at;
	}
	return 0;
}

/* Point the problems at the arrays, which are where they stay now. */
static void publish(struct rel_universe *u)
{
	const struct rel_universe_store *st = u->store;
	const struct rel_resolver *r = &st->resolver;

	u->problem = (struct rel_sat_problem){
	    .n_vars = st->n_vars,
	    .n_groups = st->n_groups,
	    .n_sets = r->sets.count,
	    .n_clauses = r->clauses.count,
	    .var_group = st->var_group,
	    .group_first = st->group_first,
	    .group_word = st->group_word,
	    .set_group = r->set_group,
	    .set_word = r->set_word,
	    .set_words = r->set_words,
	    .clause_first = r->clause_first,
	    .clause_sets = r->clause_sets,
	    .need_first = st->need_first,
	    .needs = st->needs,
	    .bar_first = st->bar_first,
	    .bars = st->bars,
	};
	u->pinned = u->problem;
	if (st->pinned_first) {
		u->pinned.need_first = st->pinned_first;
		u->pinned.needs = st->pinned_needs;
	}
}

static int build(struct rel_universe *u, const struct rel_cancel *cancel)
{
	struct rel_universe_store *st = u->store;
	int rc;

	rel_arena_init(&st->scratch, REL_LIMIT_ARENA);
	rel_intern_init(&st->classes, REL_LIMIT_STRINGS);
	rc = gather_classes(u);
	if (!rc)
		rc = make_groups(u);
	if (!rc)
		rc = rel_resolver_init(&st->resolver, u->stack, st->group_first,
				       st->group_word, st->n_groups);
	if (!rc)
		rc = make_class_clauses(st);
	if (!rc)
		rc = resolve_all(u, cancel);
	if (!rc)
		rc = pin_compiler(u);
	if (!rc)
		publish(u);
	return rc;
}

int rel_universe_build(struct rel_universe **out, const struct rel_stack *stack,
		       const struct rel_environment *environment,
		       const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_universe *u = calloc(1, sizeof(*u));
	int rc = REL_ENOMEM;

	*out = NULL;
	if (u)
		u->store = calloc(1, sizeof(*u->store));
	if (u && u->store) {
		u->stack = stack;
		u->environment = environment;
		u->n_packages = stack->n_entries;
		rc = build(u, cancel);
	}
	if (!rc) {
		*out = u;
		return 0;
	}
	rel_universe_free(u);
	if (rc == REL_ECANCELLED)
		return rel_fail_cancelled(err);
	if (rc == REL_ENOTFOUND)
		return rel_fail(err, rc,
				"environment %s pins ocaml %s, but no remote "
				"has such a version",
				environment->name, environment->ocaml);
	return rel_fail_nomem(err);
}

void rel_universe_free(struct rel_universe *u)
{
	if (!u)
		return;

	struct rel_universe_store *st = u->store;

	if (st) {
		if (st->resolver.stack)
			rel_resolver_free(&st->resolver);
		rel_arena_free(&st->scratch);
		rel_intern_free(&st->classes);
		free(st->class_names);
		free(st->group_first);
		free(st->group_word);
		free(st->var_group);
		free(st->need_first);
		free(st->needs);
		free(st->bar_first);
		free(st->bars);
		free(st->pinned_first);
		free(st->pinned_needs);
	}
	free(st);
	free(u->state);
	free(u->need_expr);
	free(u->bar_expr);
	free(u->pinned_need_expr);
	free(u);
}

struct rel_str rel_universe_name(const struct rel_universe *u, rel_pkg_id pkg)
{
	return u->stack
	    ->names[u->problem.var_group ? u->problem.var_group[pkg]
					 : u->store->var_group[pkg]]
	    .text;
}

struct rel_str rel_universe_version(const struct rel_universe *u,
				    rel_pkg_id pkg)
{
	return rel_snapshot_string(snapshot_of(u, pkg),
				   rel_stack_package(u->stack, pkg)->version);
}

const struct rel_snapshot *rel_universe_snapshot(const struct rel_universe *u,
						 rel_pkg_id pkg)
{
	return snapshot_of(u, pkg);
}

const struct rel_snapshot_package *rel_universe_package(
    const struct rel_universe *u, rel_pkg_id pkg)
{
	return rel_stack_package(u->stack, pkg);
}

rel_pkg_id rel_universe_find(const struct rel_universe *u, struct rel_str name,
			     struct rel_str version)
{
	uint32_t g = rel_stack_find(u->stack, name);

	if (g == UINT32_MAX)
		return REL_PKG_NONE;

	const struct rel_stack_name *n = &u->stack->names[g];

	for (uint32_t i = n->first; i < n->first + n->count; i++) {
		if (rel_str_eq(rel_universe_version(u, i), version))
			return i;
	}
	return REL_PKG_NONE;
}

rel_pkg_id rel_universe_counterpart(const struct rel_universe *u,
				    rel_pkg_id pkg,
				    const struct rel_universe *other)
{
	rel_pkg_id found = rel_universe_find(other, rel_universe_name(u, pkg),
					     rel_universe_version(u, pkg));

	if (found == REL_PKG_NONE ||
	    memcmp(&rel_universe_package(u, pkg)->content,
		   &rel_universe_package(other, found)->content,
		   sizeof(struct rel_content_id)))
		return REL_PKG_NONE;
	return found;
}

bool rel_universe_in_set(const struct rel_universe *u, uint32_t set,
			 rel_pkg_id pkg)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t g = p->set_group[set];

	if (p->var_group[pkg] != g)
		return false;

	uint32_t bit = pkg - p->group_first[g];

	return (p->set_words[p->set_word[set] + bit / 64] >> (bit % 64)) & 1;
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
	int rc = rel_formula_resolve(&f, &snapshot_of(u, entry)->exprs, formula,
				     rules, &st->scratch, NULL);

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
	struct rel_environment_scope scope = scope_of(u, entry);
	struct rel_formula_rules rules;
	int rc;

	scope.edges = flags;
	rel_arena_reset(&u->store->scratch);
	rel_environment_formula_rules(&rules, &scope);
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
	publish(u);
	if (rc) {
		rel_edges_free(&lists.edges);
		return rc == REL_ECANCELLED ? rel_fail_cancelled(err)
					    : rel_fail_nomem(err);
	}
	*out = lists.edges;
	return 0;
}

void rel_edges_free(struct rel_edges *edges)
{
	free(edges->first);
	free(edges->clauses);
	free(edges->alone);
	memset(edges, 0, sizeof(*edges));
}
