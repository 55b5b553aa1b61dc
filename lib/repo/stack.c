#include "repo/stack.h"

#include <stdlib.h>

#include "base/array.h"
#include "opam/version.h"

/* Where a layer stands while the layers are merged name by name. */
struct cursor {
	const struct rel_snapshot *snapshot;
	uint32_t at;  /* next package to look at */
	uint32_t end; /* end of the packages of the name at hand */
};

struct merge {
	struct rel_stack *stack;
	struct cursor *cursors; /* one per layer */
	const struct rel_stack_exclusion *without;
	uint32_t n_without;
	uint32_t entries_cap, names_cap, shadows_cap;
};

static const struct rel_snapshot_package *package_at(const struct cursor *c)
{
	return &c->snapshot->packages[c->at];
}

static struct rel_str name_at(const struct cursor *c)
{
	return rel_snapshot_string(c->snapshot, package_at(c)->name);
}

static struct rel_str version_at(const struct cursor *c)
{
	return rel_snapshot_string(c->snapshot, package_at(c)->version);
}

/* The order of a snapshot's versions: rel_version_compare, then bytes. */
static int compare_versions(struct rel_str a, struct rel_str b)
{
	int order = rel_version_compare(a, b);

	return order != 0 ? order : rel_str_cmp(a, b);
}

/* The smallest name that some layer still has; false at the end. */
static bool next_name(const struct merge *m, struct rel_str *name)
{
	bool found = false;

	for (uint32_t i = 0; i < m->stack->n_layers; i++) {
		const struct cursor *c = &m->cursors[i];

		if (c->at == c->snapshot->n_packages)
			continue;
		if (!found || rel_str_cmp(name_at(c), *name) < 0)
			*name = name_at(c);
		found = true;
	}
	return found;
}

/* Let every cursor's `end` be the end of its packages called `name`. */
static void find_ends(const struct merge *m, struct rel_str name)
{
	for (uint32_t i = 0; i < m->stack->n_layers; i++) {
		struct cursor *c = &m->cursors[i];
		struct cursor probe = *c;

		while (probe.at < c->snapshot->n_packages &&
		       rel_str_eq(name_at(&probe), name))
			probe.at++;
		c->end = probe.at;
	}
}

static bool is_excluded(const struct merge *m, struct rel_str name,
			struct rel_str version)
{
	for (uint32_t i = 0; i < m->n_without; i++) {
		const struct rel_stack_exclusion *x = &m->without[i];

		if (rel_str_eq(x->name, name) &&
		    (x->version.len == 0 || rel_str_eq(x->version, version)))
			return true;
	}
	return false;
}

static int add_entry(struct merge *m, struct rel_stack_entry entry)
{
	struct rel_stack *stack = m->stack;
	int rc =
	    rel_array_reserve(&stack->entries, &m->entries_cap,
			      (uint64_t)stack->n_entries + 1, sizeof(entry));

	if (rc == 0)
		stack->entries[stack->n_entries++] = entry;
	return rc;
}

static int add_shadow(struct merge *m, struct rel_stack_entry hidden)
{
	struct rel_stack *stack = m->stack;
	struct rel_stack_entry visible = stack->entries[stack->n_entries - 1];
	const struct rel_snapshot_package *upper, *lower;
	int rc = rel_array_reserve(&stack->shadows, &m->shadows_cap,
				   (uint64_t)stack->n_shadows + 1,
				   sizeof(*stack->shadows));

	if (rc)
		return rc;
	upper = rel_stack_package(stack, stack->n_entries - 1);
	lower = &stack->layers[hidden.layer].snapshot->packages[hidden.package];
	stack->shadows[stack->n_shadows++] =
	    (struct rel_stack_shadow){visible, hidden,
				      memcmp(&upper->content, &lower->content,
					     sizeof(lower->content)) == 0};
	return 0;
}

/* The layer with the smallest version left, the upper one among equals;
 * UINT32_MAX when the name has no more. */
static uint32_t smallest_layer(const struct merge *m)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < m->stack->n_layers; i++) {
		const struct cursor *c = &m->cursors[i];

		if (c->at == c->end)
			continue;
		if (best == UINT32_MAX ||
		    compare_versions(version_at(c),
				     version_at(&m->cursors[best])) < 0)
			best = i;
	}
	return best;
}

/* Merge the packages of all layers called `name`. */
static int merge_name(struct merge *m, struct rel_str name)
{
	struct rel_stack *stack = m->stack;
	uint32_t first = stack->n_entries, layer;
	struct rel_str last = {NULL, 0};
	int rc;

	find_ends(m, name);
	while ((layer = smallest_layer(m)) != UINT32_MAX) {
		struct cursor *c = &m->cursors[layer];
		struct rel_stack_entry entry = {layer, c->at};
		struct rel_str version = version_at(c);

		c->at++;
		if (is_excluded(m, name, version))
			continue;
		if (last.ptr && rel_str_eq(last, version))
			rc = add_shadow(m, entry);
		else
			rc = add_entry(m, entry);
		if (rc)
			return rc;
		last = version;
	}
	if (stack->n_entries == first)
		return 0;
	rc = rel_array_reserve(&stack->names, &m->names_cap,
			       (uint64_t)stack->n_names + 1,
			       sizeof(*stack->names));
	if (rc == 0)
		stack->names[stack->n_names++] = (struct rel_stack_name){
		    name, first, stack->n_entries - first};
	return rc;
}

static int merge_all(struct merge *m)
{
	struct rel_str name;
	int rc = 0;

	while (rc == 0 && next_name(m, &name))
		rc = merge_name(m, name);
	return rc;
}

int rel_stack_build(struct rel_stack **out,
		    const struct rel_stack_layer *layers, uint32_t n_layers,
		    const struct rel_stack_exclusion *without,
		    uint32_t n_without, struct rel_error *err)
{
	struct merge m = {.without = without, .n_without = n_without};
	int rc = REL_ENOMEM;

	*out = NULL;
	m.stack = calloc(1, sizeof(*m.stack));
	m.cursors = calloc(n_layers + 1u, sizeof(*m.cursors));
	if (!m.stack || !m.cursors)
		goto out;
	m.stack->layers = calloc(n_layers + 1u, sizeof(*layers));
	if (!m.stack->layers)
		goto out;
	m.stack->n_layers = n_layers;
	for (uint32_t i = 0; i < n_layers; i++) {
		m.stack->layers[i] = layers[i];
		m.cursors[i].snapshot = layers[i].snapshot;
	}
	rc = merge_all(&m);
	if (rc == 0) {
		*out = m.stack;
		m.stack = NULL;
	}
out:
	free(m.cursors);
	rel_stack_free(m.stack);
	if (rc == REL_ELIMIT)
		return rel_fail(err, rc, "too many packages in the stack");
	return rc == 0 ? 0 : rel_fail_nomem(err);
}

void rel_stack_free(struct rel_stack *stack)
{
	if (!stack)
		return;
	free(stack->layers);
	free(stack->names);
	free(stack->entries);
	free(stack->shadows);
	free(stack);
}

const struct rel_snapshot_package *rel_stack_package(
    const struct rel_stack *stack, uint32_t entry)
{
	const struct rel_stack_entry *e = &stack->entries[entry];

	return &stack->layers[e->layer].snapshot->packages[e->package];
}

uint32_t rel_stack_find(const struct rel_stack *stack, struct rel_str name)
{
	uint32_t low = 0, high = stack->n_names;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = rel_str_cmp(stack->names[middle].text, name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}

uint32_t rel_stack_find_version(const struct rel_stack *stack,
				struct rel_str name, struct rel_str version)
{
	uint32_t index = rel_stack_find(stack, name);

	if (index == UINT32_MAX)
		return UINT32_MAX;

	const struct rel_stack_name *n = &stack->names[index];

	for (uint32_t i = n->first; i < n->first + n->count; i++) {
		const struct rel_snapshot *snapshot =
		    stack->layers[stack->entries[i].layer].snapshot;

		if (rel_str_eq(
			rel_snapshot_string(
			    snapshot, rel_stack_package(stack, i)->version),
			version))
			return i;
	}
	return UINT32_MAX;
}
