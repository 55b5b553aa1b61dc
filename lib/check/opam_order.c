#include "check/opam_order.h"

#include "base/array.h"
#include "base/intern.h"
#include "base/limits.h"
#include "opam/formula.h"
#include "opam/version.h"

/* A version that a formula speaks of. */
struct mention {
	uint32_t group;
	struct rel_str version;
};

struct rel_opam_order {
	struct rel_walk *walk;
	const struct rel_universe *universe;
	uint32_t *hash; /* [size] */
	uint32_t *rank; /* [size], or NULL until two packages collide */
	uint32_t first_mask, second_mask; /* of the two graphs' tables */
};

int rel_cudf_name_compare(struct rel_str a, struct rel_str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int x = a.ptr[i] == '_' ? '%' : (unsigned char)a.ptr[i];
		int y = b.ptr[i] == '_' ? '%' : (unsigned char)b.ptr[i];

		if (x != y)
			return x - y;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* MurmurHash3 (x86, 32 bits), one word. */
static uint32_t mix(uint32_t hash, uint32_t word)
{
	word *= 0xcc9e2d51u;
	word = word << 15 | word >> 17;
	word *= 0x1b873593u;
	hash ^= word;
	hash = hash << 13 | hash >> 19;
	return hash * 5 + 0xe6546b64u;
}

uint32_t rel_opam_hash(struct rel_str name, uint32_t number)
{
	uint32_t hash = mix(0, 2 << 10); /* a block of two fields */
	uint32_t word = 0, length = 0;

	for (size_t i = 0; i < name.len; i++) {
		static const char underscore[] = "%5f";
		const char *text = name.ptr[i] == '_' ? underscore : NULL;
		size_t n = text ? 3 : 1;

		for (size_t k = 0; k < n; k++) {
			unsigned char c =
			    (unsigned char)(text ? text[k] : name.ptr[i]);

			word |= (uint32_t)c << (8 * (length % 4));
			if (++length % 4 == 0) {
				hash = mix(hash, word);
				word = 0;
			}
		}
	}
	if (length % 4 != 0)
		hash = mix(hash, word);
	hash ^= length;
	hash = mix(hash, 2 * number + 1);
	hash ^= hash >> 16;
	hash *= 0x85ebca6bu;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35u;
	hash ^= hash >> 16;
	return hash & 0x3fffffffu;
}

/* What collecting the mentioned versions needs. */
struct mentions {
	const struct rel_universe *universe;
	struct rel_arena scratch;
	struct rel_intern seen; /* group and version */
	struct mention *items;
	uint32_t n_items, cap;
	struct rel_buf key;
};

static int add_mention(struct mentions *m, uint32_t group,
		       struct rel_str version)
{
	uint32_t old = m->seen.count;
	rel_string_id id;

	rel_buf_clear(&m->key);
	rel_buf_add(&m->key, &group, sizeof(group));
	if (rel_buf_add_str(&m->key, version) != 0)
		return REL_ENOMEM;
	id = rel_intern_add(&m->seen, rel_buf_str(&m->key));
	if (id == REL_STRING_NONE)
		return REL_ENOMEM;
	if (id < old)
		return 0;
	if (rel_array_reserve(&m->items, &m->cap, (uint64_t)m->n_items + 1,
			      sizeof(*m->items)) != 0)
		return REL_ENOMEM;
	version = rel_intern_get(&m->seen, id);
	m->items[m->n_items++] = (struct mention){
	    group, rel_str_sub(version, sizeof(group), version.len)};
	return 0;
}

static int add_constraint(struct mentions *m, uint32_t group,
			  const struct rel_constraint *c)
{
	int rc;

	if (!c)
		return 0;
	if (c->kind == REL_CONSTRAINT_RELOP)
		return add_mention(m, group, c->version);
	rc = add_constraint(m, group, c->left);
	return rc == 0 ? add_constraint(m, group, c->right) : rc;
}

static int add_formula(struct mentions *m, const struct rel_exprs *exprs,
		       const struct rel_formula *formula)
{
	for (uint32_t i = 0; i < formula->n_atoms; i++) {
		const struct rel_formula_atom *atom = &formula->atoms[i];
		uint32_t group =
		    rel_stack_find(m->universe->stack,
				   exprs->string(exprs->context, atom->name));
		int rc = 0;

		if (group != UINT32_MAX)
			rc = add_constraint(m, group, atom->constraint);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The versions that the manifest of `pkg` mentions. */
static int add_package(struct mentions *m, rel_pkg_id pkg)
{
	const struct rel_snapshot_package *row =
	    rel_universe_package(m->universe, pkg);
	const struct rel_exprs *exprs =
	    &rel_universe_snapshot(m->universe, pkg)->exprs;
	struct rel_environment_scope scope = {
	    .environment = m->universe->environment,
	    .name = rel_universe_name(m->universe, pkg),
	    .version = rel_universe_version(m->universe, pkg),
	};
	struct rel_formula_rules rules;
	rel_expr_id formulas[] = {row->manifest.depends, row->manifest.depopts};
	struct rel_variables variables;
	struct rel_formula formula;
	int rc = 0;

	/* `?build` is settled, and false, before build has a value */
	rel_environment_formula_rules(&rules, &scope);
	rules.pipeline = REL_FORMULA_MENTIONS;
	for (unsigned i = 0; rc == 0 && i < 2; i++) {
		rc = rel_formula_resolve(&formula, exprs, formulas[i], &rules,
					 &m->scratch, NULL);
		if (rc == 0)
			rc = add_formula(m, exprs, &formula);
	}
	rel_environment_conflict_variables(&variables, &scope);
	if (rc == 0)
		rc = rel_formula_conflicts(&formula, exprs,
					   row->manifest.conflicts, &variables,
					   &m->scratch, NULL);
	if (rc == 0)
		rc = add_formula(m, exprs, &formula);
	rel_arena_reset(&m->scratch);
	return rc;
}

static int collect(struct mentions *m, const struct rel_cancel *cancel,
		   struct rel_error *err)
{
	uint32_t size = rel_universe_size(m->universe);

	for (rel_pkg_id pkg = 0; pkg < size; pkg++) {
		int rc = 0;

		if (m->universe->state[pkg] != REL_PACKAGE_UNREADABLE)
			rc = add_package(m, pkg);
		if (rc == REL_ENOMEM)
			return rel_fail_nomem(err);
		if (rel_cancelled(cancel))
			return rel_fail_cancelled(err);
	}
	return 0;
}

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return rel_version_compare(x->version, y->version);
}

/*
 * Hash the packages of `group` under their version numbers: from 1, in the
 * order of all versions that exist or are mentioned (mentions[0..n), sorted).
 */
static void hash_group(struct rel_opam_order *order, uint32_t group,
		       const struct mention *mentions, uint32_t n)
{
	const struct rel_stack_name *name =
	    &order->universe->stack->names[group];
	struct rel_str before = {NULL, 0};
	uint32_t number = 0, at = 0;

	for (rel_pkg_id pkg = name->first; pkg < name->first + name->count;
	     pkg++) {
		struct rel_str version =
		    rel_universe_version(order->universe, pkg);

		while (at < n &&
		       rel_version_compare(mentions[at].version, version) < 0) {
			if (!before.ptr ||
			    rel_version_compare(before, mentions[at].version))
				number++;
			before = mentions[at++].version;
		}
		if (!before.ptr || rel_version_compare(before, version) != 0)
			number++;
		before = version;
		order->hash[pkg] = rel_opam_hash(name->text, number);
	}
}

static void hash_all(struct rel_opam_order *order, struct mentions *m)
{
	const struct rel_stack *stack = order->universe->stack;
	uint32_t at = 0;

	if (m->n_items > 1)
		qsort(m->items, m->n_items, sizeof(*m->items),
		      compare_mentions);
	for (uint32_t group = 0; group < stack->n_names; group++) {
		uint32_t end = at;

		while (end < m->n_items && m->items[end].group == group)
			end++;
		hash_group(order, group, m->items + at, end - at);
		at = end;
	}
}

/* The dependency graph's table is made for `n` packages at once; its mirror's
 * grows from 128 lists, twofold when there are more than two a list. */
static void make_masks(struct rel_opam_order *order, uint32_t n)
{
	uint64_t first = 16, second = 128;

	while (first < n)
		first *= 2;
	while (2 * second < n)
		second *= 2;
	order->first_mask = (uint32_t)(first - 1);
	order->second_mask = (uint32_t)(second - 1);
}

int rel_opam_order_new(struct rel_opam_order **out, struct rel_walk *walk,
		       const struct rel_cancel *cancel, struct rel_error *err)
{
	uint32_t size = rel_universe_size(walk->universe);
	struct rel_opam_order *order = calloc(1, sizeof(*order));
	struct mentions m = {.universe = walk->universe};
	int rc;

	*out = NULL;
	rel_arena_init(&m.scratch, REL_LIMIT_ARENA);
	rel_intern_init(&m.seen, REL_LIMIT_STRINGS);
	rel_buf_init(&m.key, REL_LIMIT_MANIFEST_BYTES);
	if (order)
		order->hash = calloc((size_t)size + 1, sizeof(*order->hash));
	rc = order && order->hash ? collect(&m, cancel, err)
				  : rel_fail_nomem(err);
	if (rc == 0) {
		order->walk = walk;
		order->universe = walk->universe;
		make_masks(order, size);
		hash_all(order, &m);
		*out = order;
	} else {
		rel_opam_order_free(order);
	}
	rel_arena_free(&m.scratch);
	rel_intern_free(&m.seen);
	rel_buf_free(&m.key);
	free(m.items);
	return rc;
}

void rel_opam_order_free(struct rel_opam_order *order)
{
	if (!order)
		return;
	free(order->hash);
	free(order->rank);
	free(order);
}

/* opam src/core/opamStd.ml, compare_case */
static int compare_names(struct rel_str a, struct rel_str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		char x = a.ptr[i], y = b.ptr[i];
		char lower_x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
		char lower_y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;

		if (lower_x != lower_y)
			return lower_x < lower_y ? -1 : 1;
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* The universe's table: list by list, what was put in last comes first. */
static int compare_turns(const void *a, const void *b, void *context)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;
	const struct rel_opam_order *order = context;
	uint32_t i = order->hash[x] & order->first_mask;
	uint32_t j = order->hash[y] & order->first_mask;
	int names;

	if (i != j)
		return i < j ? -1 : 1;
	names = compare_names(rel_universe_name(order->universe, x),
			      rel_universe_name(order->universe, y));
	if (names != 0)
		return -names;
	return x < y ? 1 : x > y ? -1 : 0;
}

static int compare_successors(const void *a, const void *b, void *universe)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;
	const struct rel_universe *u = universe;

	if (u->problem.var_group[x] != u->problem.var_group[y])
		return rel_cudf_name_compare(rel_universe_name(u, x),
					     rel_universe_name(u, y));
	return x < y ? -1 : x > y;
}

static int rank_successors(struct rel_opam_order *order, rel_pkg_id pkg,
			   uint32_t *next, struct rel_error *err)
{
	struct rel_walk *walk = order->walk;
	int rc = rel_walk_successors(walk, pkg, err);

	if (rc != 0)
		return rc;
	if (walk->n_items > 1)
		qsort_r(walk->items, walk->n_items, sizeof(*walk->items),
			compare_successors, (void *)(uintptr_t)order->universe);
	for (uint32_t i = 0; i < walk->n_items; i++)
		if (order->rank[walk->items[i]] == 0)
			order->rank[walk->items[i]] = (*next)++;
	return 0;
}

/* When each package came into the dependency graph: at its turn, or before it
 * as what another one needs. */
static int make_ranks(struct rel_opam_order *order, struct rel_error *err)
{
	uint32_t size = rel_universe_size(order->universe), next = 1;
	rel_pkg_id *turns = calloc((size_t)size + 1, sizeof(*turns));
	int rc = 0;

	order->rank = calloc((size_t)size + 1, sizeof(*order->rank));
	if (!order->rank || !turns)
		rc = rel_fail_nomem(err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++)
		turns[pkg] = pkg;
	if (rc == 0)
		qsort_r(turns, size, sizeof(*turns), compare_turns, order);
	for (uint32_t i = 0; rc == 0 && i < size; i++) {
		if (order->rank[turns[i]] == 0)
			order->rank[turns[i]] = next++;
		rc = rank_successors(order, turns[i], &next, err);
	}
	free(turns);
	return rc;
}

/* The mirror's table: what came in last is first in its list, and it was
 * filled in the order of the graph's own table. */
static int compare_places(const void *a, const void *b, void *context)
{
	rel_pkg_id x = *(const rel_pkg_id *)a, y = *(const rel_pkg_id *)b;
	const struct rel_opam_order *order = context;
	uint32_t i = order->hash[x] & order->second_mask;
	uint32_t j = order->hash[y] & order->second_mask;

	if (i != j)
		return i < j ? -1 : 1;
	i = order->hash[x] & order->first_mask;
	j = order->hash[y] & order->first_mask;
	if (i != j)
		return i < j ? 1 : -1;
	if (!order->rank)
		return 0;
	return order->rank[x] < order->rank[y]
		   ? -1
		   : order->rank[x] > order->rank[y];
}

/* `package` comes first: compare_places() takes these for packages. */
struct place {
	rel_pkg_id package;
	uint32_t index;
};

int rel_opam_order_positions(struct rel_opam_order *order,
			     const rel_pkg_id *packages, uint32_t n,
			     uint32_t *positions, struct rel_error *err)
{
	struct place *sorted = calloc((size_t)n + 1, sizeof(*sorted));
	int rc = sorted ? 0 : rel_fail_nomem(err);

	for (uint32_t i = 0; rc == 0 && i < n; i++)
		sorted[i] = (struct place){packages[i], i};
	if (rc == 0)
		qsort_r(sorted, n, sizeof(*sorted), compare_places, order);
	for (uint32_t i = 0; rc == 0 && !order->rank && i + 1 < n; i++)
		if (compare_places(&sorted[i], &sorted[i + 1], order) == 0)
			rc = make_ranks(order, err);
	if (rc == 0)
		qsort_r(sorted, n, sizeof(*sorted), compare_places, order);
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		positions[sorted[i].index] = i;
	free(sorted);
	return rc;
}
