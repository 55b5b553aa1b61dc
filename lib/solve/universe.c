#include "solve/universe.h"

#include "base/array.h"
#include "base/limits.h"
#include "solve/circles.h"
#include "solve/universe_store.h"

int rel_universe_add_need(struct rel_universe *u, uint32_t clause,
			  rel_expr_id expr)
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

static int add_conflict(struct rel_universe *u, uint32_t set, rel_expr_id expr)
{
	struct rel_universe_store *st = u->store;

	if (rel_array_reserve(&st->conflicts, &st->conflicts_cap,
			      (uint64_t)st->n_conflicts + 1,
			      sizeof(*st->conflicts)) ||
	    rel_array_reserve(&u->conflict_expr, &st->conflict_expr_cap,
			      (uint64_t)st->n_conflicts + 1,
			      sizeof(*u->conflict_expr)))
		return REL_ENOMEM;
	st->conflicts[st->n_conflicts] = set;
	u->conflict_expr[st->n_conflicts++] = expr;
	return 0;
}

static int resolve_depends(struct rel_universe *u, uint32_t entry,
			   const struct rel_formula_rules *rules)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, entry);
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
			rc = rel_universe_add_need(u, clause,
						   f.clauses[i].source);
	}
	return rc;
}

static int resolve_conflicts(struct rel_universe *u, uint32_t entry,
			     const struct rel_environment_scope *scope)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, entry);
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
			rc = add_conflict(u, set, f.atoms[i].source);
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
	    out, &rel_universe_snapshot(u, entry)->exprs,
	    rel_stack_package(u->stack, entry)->manifest.available, &variables,
	    false, &u->store->scratch, NULL);
}

struct rel_environment_scope rel_universe_scope(const struct rel_universe *u,
						uint32_t entry)
{
	const struct rel_snapshot_package *package =
	    rel_stack_package(u->stack, entry);
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, entry);

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
	struct rel_environment_scope scope = rel_universe_scope(u, entry);
	struct rel_formula_rules rules;
	bool available;
	int rc;

	if (rel_stack_package(u->stack, entry)->problem != UINT32_MAX) {
		u->state[entry] = REL_PACKAGE_UNREADABLE;
		return 0;
	}
	scope.post = &st->post[entry];
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
		rc = rel_universe_add_class_needs(u, entry);
	return rc;
}

static int resolve_all(struct rel_universe *u, const struct rel_cancel *cancel)
{
	struct rel_universe_store *st = u->store;
	uint32_t n = u->stack->n_entries;

	st->need_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	st->conflict_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	st->post = calloc((size_t)n + 1, sizeof(*st->post));
	u->state = calloc((size_t)n + 1, 1);
	if (!st->need_first || !st->conflict_first || !st->post || !u->state)
		return REL_ENOMEM;
	for (uint32_t e = 0; e < n; e++) {
		uint32_t needs = st->n_needs, conflicts = st->n_conflicts;
		int rc = resolve_entry(u, e);

		if (rc == REL_ELIMIT) {
			u->state[e] = REL_PACKAGE_UNREADABLE;
			st->n_needs = needs;
			st->n_conflicts = conflicts;
		} else if (rc) {
			return rc;
		}
		if (rel_cancelled(cancel))
			return REL_ECANCELLED;
		st->need_first[e + 1] = st->n_needs;
		st->conflict_first[e + 1] = st->n_conflicts;
	}
	for (uint32_t v = n; v < st->n_vars; v++) {
		st->need_first[v + 1] = st->n_needs;
		st->conflict_first[v + 1] = st->n_conflicts;
	}
	return 0;
}

void rel_universe_publish(struct rel_universe *u)
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
	    .conflict_first = st->conflict_first,
	    .conflicts = st->conflicts,
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
	rc = rel_universe_make_groups(u);
	if (!rc)
		rc = rel_resolver_init(&st->resolver, u->stack, st->group_first,
				       st->group_word, st->n_groups);
	if (!rc)
		rc = rel_universe_make_class_clauses(u);
	if (!rc)
		rc = resolve_all(u, cancel);
	if (!rc)
		rc = rel_universe_pin_compiler(u);
	if (!rc)
		rel_universe_publish(u);
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

	rel_circles_free(u->circles);
	rel_edges_free(&u->order);
	if (st) {
		if (st->resolver.stack)
			rel_resolver_free(&st->resolver);
		rel_arena_free(&st->scratch);
		rel_intern_free(&st->classes);
		free(st->class_names);
		free(st->group_first);
		free(st->group_word);
		free(st->var_group);
		free(st->post);
		free(st->need_first);
		free(st->needs);
		free(st->conflict_first);
		free(st->conflicts);
		free(st->pinned_first);
		free(st->pinned_needs);
	}
	free(st);
	free(u->state);
	free(u->need_expr);
	free(u->conflict_expr);
	free(u->pinned_need_expr);
	free(u);
}

struct rel_str rel_universe_name(const struct rel_universe *u, rel_pkg_id pkg)
{
	return u->stack->names[u->store->var_group[pkg]].text;
}

struct rel_str rel_universe_version(const struct rel_universe *u,
				    rel_pkg_id pkg)
{
	return rel_snapshot_string(rel_universe_snapshot(u, pkg),
				   rel_stack_package(u->stack, pkg)->version);
}

int rel_universe_package_add(struct rel_buf *out, const struct rel_universe *u,
			     rel_pkg_id pkg)
{
	struct rel_str name = rel_universe_name(u, pkg);
	struct rel_str version = rel_universe_version(u, pkg);

	return rel_buf_printf(out, "%.*s.%.*s", REL_STR_ARG(name),
			      REL_STR_ARG(version));
}

const struct rel_snapshot *rel_universe_snapshot(const struct rel_universe *u,
						 rel_pkg_id pkg)
{
	return u->stack->layers[u->stack->entries[pkg].layer].snapshot;
}

const struct rel_snapshot_package *rel_universe_package(
    const struct rel_universe *u, rel_pkg_id pkg)
{
	return rel_stack_package(u->stack, pkg);
}

struct rel_str rel_universe_maintainers(const struct rel_universe *u,
					rel_pkg_id pkg)
{
	rel_string_id id = rel_universe_package(u, pkg)->manifest.maintainers;

	return id == REL_STRING_NONE
		   ? (struct rel_str){"", 0}
		   : rel_snapshot_string(rel_universe_snapshot(u, pkg), id);
}

rel_pkg_id rel_universe_find(const struct rel_universe *u, struct rel_str name,
			     struct rel_str version)
{
	return rel_stack_find_version(u->stack, name, version);
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
