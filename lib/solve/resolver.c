#include "solve/resolver.h"

#include "base/array.h"
#include "base/limits.h"
#include "opam/version.h"

static uint32_t words_of(const struct rel_resolver *r, uint32_t group)
{
	return r->group_word[group + 1] - r->group_word[group];
}

int rel_resolver_init(struct rel_resolver *r, const struct rel_stack *stack,
		      const uint32_t *group_first, const uint32_t *group_word,
		      uint32_t n_groups)
{
	uint32_t widest = 1;

	memset(r, 0, sizeof(*r));
	r->stack = stack;
	r->group_first = group_first;
	r->group_word = group_word;
	rel_intern_init(&r->constraints, REL_LIMIT_STRINGS);
	rel_intern_init(&r->sets, REL_LIMIT_STRINGS);
	rel_intern_init(&r->clauses, REL_LIMIT_STRINGS);
	rel_buf_init(&r->key, REL_LIMIT_MANIFEST_BYTES);
	for (uint32_t g = 0; g < n_groups; g++) {
		if (words_of(r, g) > widest)
			widest = words_of(r, g);
	}
	r->words = calloc(widest, sizeof(*r->words));
	r->side = calloc((size_t)widest * REL_LIMIT_NESTING, sizeof(*r->side));
	r->name_group =
	    calloc((size_t)stack->n_layers + 1, sizeof(*r->name_group));
	if (!r->words || !r->side || !r->name_group)
		return REL_ENOMEM;
	/* the end of the last clause has its place without clauses too */
	if (rel_array_reserve(&r->clause_first, &r->clauses_cap, 1,
			      sizeof(*r->clause_first)))
		return REL_ENOMEM;
	r->clause_first[0] = 0;
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		r->name_group[i] =
		    calloc((size_t)stack->layers[i].snapshot->n_strings + 1,
			   sizeof(**r->name_group));
		if (!r->name_group[i])
			return REL_ENOMEM;
	}
	return 0;
}

void rel_resolver_free(struct rel_resolver *r)
{
	for (uint32_t i = 0; r->name_group && i < r->stack->n_layers; i++)
		free(r->name_group[i]);
	free(r->name_group);
	rel_intern_free(&r->constraints);
	rel_intern_free(&r->sets);
	rel_intern_free(&r->clauses);
	rel_buf_free(&r->key);
	free(r->constraint_set);
	free(r->set_group);
	free(r->set_word);
	free(r->set_words);
	free(r->clause_first);
	free(r->clause_sets);
	free(r->words);
	free(r->side);
	free(r->members);
	memset(r, 0, sizeof(*r));
}

uint32_t rel_resolver_group(struct rel_resolver *r, uint32_t layer,
			    rel_string_id name)
{
	uint32_t *known = &r->name_group[layer][name];

	if (*known == 0) {
		const struct rel_snapshot *snapshot =
		    r->stack->layers[layer].snapshot;
		uint32_t found = rel_stack_find(
		    r->stack, rel_snapshot_string(snapshot, name));

		*known = found == UINT32_MAX ? REL_NO_ID : found + 1;
	}
	return *known == REL_NO_ID ? REL_NO_ID : *known - 1;
}

static bool add_key(struct rel_resolver *r, const void *ptr, size_t len)
{
	return rel_buf_add(&r->key, ptr, len) == 0;
}

static bool add_number(struct rel_resolver *r, uint32_t number)
{
	return add_key(r, &number, sizeof(number));
}

/* Prefix form, so that different constraints have different keys. */
static bool add_constraint_key(struct rel_resolver *r,
			       const struct rel_constraint *c)
{
	uint32_t head = (uint32_t)c->kind << 8 | (uint32_t)c->op;

	if (!add_number(r, head))
		return false;
	if (c->kind == REL_CONSTRAINT_RELOP)
		return add_number(r, (uint32_t)c->version.len) &&
		       add_key(r, c->version.ptr, c->version.len);
	return add_constraint_key(r, c->left) &&
	       add_constraint_key(r, c->right);
}

static struct rel_str version_at(const struct rel_resolver *r, uint32_t entry)
{
	const struct rel_stack_entry *e = &r->stack->entries[entry];

	return rel_snapshot_string(r->stack->layers[e->layer].snapshot,
				   rel_stack_package(r->stack, entry)->version);
}

/* How many versions of `group` are older than `version` (or equal to it). */
static uint32_t count_below(const struct rel_resolver *r, uint32_t group,
			    struct rel_str version, bool or_equal)
{
	uint32_t low = r->group_first[group], high = r->group_first[group + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = rel_version_compare(version_at(r, middle), version);

		if (order < 0 || (or_equal && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low - r->group_first[group];
}

static void fill_range(uint64_t *words, uint32_t from, uint32_t to)
{
	for (uint32_t bit = from; bit < to; bit++)
		words[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static void fill_relop(const struct rel_resolver *r, uint32_t group,
		       const struct rel_constraint *c, uint64_t *words)
{
	uint32_t n = r->group_first[group + 1] - r->group_first[group];
	uint32_t first = count_below(r, group, c->version, false);
	uint32_t end = count_below(r, group, c->version, true);

	memset(words, 0, words_of(r, group) * sizeof(*words));
	switch (c->op) {
	case REL_OP_EQ:
		fill_range(words, first, end);
		break;
	case REL_OP_NEQ:
		fill_range(words, 0, first);
		fill_range(words, end, n);
		break;
	case REL_OP_GEQ:
		fill_range(words, first, n);
		break;
	case REL_OP_GT:
		fill_range(words, end, n);
		break;
	case REL_OP_LEQ:
		fill_range(words, 0, end);
		break;
	case REL_OP_LT:
		fill_range(words, 0, first);
		break;
	}
}

/* side: room for the right-hand sides, one for each level below */
static int fill_constraint(const struct rel_resolver *r, uint32_t group,
			   const struct rel_constraint *c, uint64_t *words,
			   uint32_t depth)
{
	uint32_t n = words_of(r, group);
	uint64_t *right = r->side + (size_t)depth * n;

	if (c->kind == REL_CONSTRAINT_RELOP) {
		fill_relop(r, group, c, words);
		return 0;
	}
	if (depth >= REL_LIMIT_NESTING)
		return REL_ELIMIT;

	int rc = fill_constraint(r, group, c->left, words, depth);

	if (!rc)
		rc = fill_constraint(r, group, c->right, right, depth + 1);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < n; i++) {
		if (c->kind == REL_CONSTRAINT_AND)
			words[i] &= right[i];
		else
			words[i] |= right[i];
	}
	return 0;
}

int rel_resolver_add_set(struct rel_resolver *r, uint32_t *set, uint32_t group,
			 const uint64_t *words)
{
	uint32_t n = words_of(r, group), old = r->sets.count;

	rel_buf_clear(&r->key);
	if (!add_number(r, group) || !add_key(r, words, n * sizeof(*words)))
		return REL_ENOMEM;
	*set = rel_intern_add(&r->sets, rel_buf_str(&r->key));
	if (*set == REL_STRING_NONE)
		return REL_ENOMEM;
	if (*set < old)
		return 0;
	if (rel_array_reserve(&r->set_words, &r->set_words_cap,
			      (uint64_t)r->n_set_words + n,
			      sizeof(*r->set_words)))
		return REL_ENOMEM;
	if (*set >= r->sets_cap) {
		uint32_t cap = r->sets_cap;

		if (rel_array_reserve(&r->set_group, &cap, (uint64_t)*set + 1,
				      sizeof(*r->set_group)) ||
		    rel_array_reserve(&r->set_word, &r->sets_cap,
				      (uint64_t)*set + 1, sizeof(*r->set_word)))
			return REL_ENOMEM;
	}
	r->set_group[*set] = group;
	r->set_word[*set] = r->n_set_words;
	memcpy(r->set_words + r->n_set_words, words, n * sizeof(*words));
	r->n_set_words += n;
	return 0;
}

static bool any(const uint64_t *words, uint32_t n)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < n; i++)
		all |= words[i];
	return all != 0;
}

static int make_constraint_set(struct rel_resolver *r, uint32_t *set,
			       uint32_t group, const struct rel_constraint *c)
{
	uint32_t n = words_of(r, group);

	if (c) {
		int rc = fill_constraint(r, group, c, r->words, 0);

		if (rc)
			return rc;
	} else {
		memset(r->words, 0, n * sizeof(*r->words));
		fill_range(r->words, 0,
			   r->group_first[group + 1] - r->group_first[group]);
	}
	if (any(r->words, n))
		return rel_resolver_add_set(r, set, group, r->words);
	*set = REL_NO_ID;
	return 0;
}

int rel_resolver_atom(struct rel_resolver *r, uint32_t *set, uint32_t layer,
		      const struct rel_formula_atom *atom)
{
	uint32_t group = rel_resolver_group(r, layer, atom->name);
	uint32_t old = r->constraints.count;

	if (group == REL_NO_ID) {
		*set = REL_NO_ID;
		return 0;
	}
	rel_buf_clear(&r->key);
	if (!add_number(r, group) ||
	    (atom->constraint && !add_constraint_key(r, atom->constraint)))
		return r->key.status;

	rel_string_id id =
	    rel_intern_add(&r->constraints, rel_buf_str(&r->key));

	if (id == REL_STRING_NONE)
		return REL_ENOMEM;
	if (id < old) {
		*set = r->constraint_set[id];
		return 0;
	}
	if (rel_array_reserve(&r->constraint_set, &r->constraint_cap,
			      (uint64_t)id + 1, sizeof(*r->constraint_set)))
		return REL_ENOMEM;
	r->constraint_set[id] = REL_NO_ID;

	int rc = make_constraint_set(r, set, group, atom->constraint);

	if (!rc)
		r->constraint_set[id] = *set;
	return rc;
}

/* Put `set` among the members in order; sets of one group become one. */
static int add_member(struct rel_resolver *r, uint32_t set)
{
	uint32_t group = r->set_group[set], n = words_of(r, group);

	for (uint32_t i = 0; i < r->n_members; i++) {
		uint32_t other = r->members[i];

		if (other == set)
			return 0;
		if (r->set_group[other] != group)
			continue;
		for (uint32_t w = 0; w < n; w++)
			r->words[w] = r->set_words[r->set_word[other] + w] |
				      r->set_words[r->set_word[set] + w];
		return rel_resolver_add_set(r, &r->members[i], group, r->words);
	}
	if (rel_array_reserve(&r->members, &r->members_cap,
			      (uint64_t)r->n_members + 1, sizeof(*r->members)))
		return REL_ENOMEM;
	r->members[r->n_members++] = set;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The clause of r->members. */
static int intern_clause(struct rel_resolver *r, uint32_t *clause)
{
	uint32_t old = r->clauses.count, n = r->n_members;

	if (n > 1)
		qsort(r->members, n, sizeof(*r->members), compare_ids);
	*clause =
	    rel_intern_add(&r->clauses, rel_str_n((const char *)r->members,
						  n * sizeof(*r->members)));
	if (*clause == REL_STRING_NONE)
		return REL_ENOMEM;
	if (*clause < old)
		return 0;
	if (rel_array_reserve(&r->clause_first, &r->clauses_cap,
			      (uint64_t)*clause + 2,
			      sizeof(*r->clause_first)) ||
	    rel_array_reserve(&r->clause_sets, &r->clause_sets_cap,
			      (uint64_t)r->n_clause_sets + n,
			      sizeof(*r->clause_sets)))
		return REL_ENOMEM;
	r->clause_first[*clause] = r->n_clause_sets;
	if (n)
		memcpy(r->clause_sets + r->n_clause_sets, r->members,
		       n * sizeof(*r->members));
	r->n_clause_sets += n;
	r->clause_first[*clause + 1] = r->n_clause_sets;
	return 0;
}

int rel_resolver_clause(struct rel_resolver *r, uint32_t *clause,
			uint32_t layer, const struct rel_formula_atom *atoms,
			uint32_t n)
{
	r->n_members = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t set;
		int rc = rel_resolver_atom(r, &set, layer, &atoms[i]);

		if (!rc && set != REL_NO_ID)
			rc = add_member(r, set);
		if (rc)
			return rc;
	}
	return intern_clause(r, clause);
}

/* The set of a name's versions that has none. */
static int empty_set(struct rel_resolver *r, uint32_t *set, uint32_t group)
{
	memset(r->words, 0, words_of(r, group) * sizeof(*r->words));
	return rel_resolver_add_set(r, set, group, r->words);
}

int rel_resolver_edge(struct rel_resolver *r, uint32_t *clause, uint32_t layer,
		      const struct rel_formula_atom *atoms, uint32_t n)
{
	r->n_members = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t set, group;
		int rc = rel_resolver_atom(r, &set, layer, &atoms[i]);

		group = rel_resolver_group(r, layer, atoms[i].name);
		if (group == REL_NO_ID)
			continue;
		if (!rc && set == REL_NO_ID)
			rc = empty_set(r, &set, group);
		if (!rc)
			rc = add_member(r, set);
		if (rc)
			return rc;
	}
	return intern_clause(r, clause);
}

int rel_resolver_unit(struct rel_resolver *r, uint32_t *clause, uint32_t set)
{
	r->n_members = 0;
	if (set != REL_NO_ID) {
		int rc = add_member(r, set);

		if (rc)
			return rc;
	}
	return intern_clause(r, clause);
}
