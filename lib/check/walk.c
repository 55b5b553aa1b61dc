#include "check/walk.h"

#include "base/array.h"

struct rel_walk_slot {
	uint32_t group;
	uint32_t word; /* in walk->words */
	bool strong;
};

int rel_walk_init(struct rel_walk *walk, const struct rel_universe *universe,
		  const struct rel_edges *edges, struct rel_error *err)
{
	*walk = (struct rel_walk){.universe = universe, .edges = edges};
	walk->slot_of = calloc((size_t)universe->problem.n_groups + 1,
			       sizeof(*walk->slot_of));
	return walk->slot_of ? 0 : rel_fail_nomem(err);
}

void rel_walk_free(struct rel_walk *walk)
{
	free(walk->items);
	free(walk->slots);
	free(walk->slot_of);
	free(walk->words);
	*walk = (struct rel_walk){0};
}

static uint32_t words_of(const struct rel_walk *walk, uint32_t group)
{
	const uint32_t *word = walk->universe->problem.group_word;

	return word[group + 1] - word[group];
}

/* A slot that starts with the versions of `set`. */
static int add_slot(struct rel_walk *walk, uint32_t set, bool strong)
{
	const struct rel_sat_problem *p = &walk->universe->problem;
	uint32_t group = p->set_group[set], n = words_of(walk, group);

	if (rel_array_reserve(&walk->slots, &walk->slots_cap,
			      (uint64_t)walk->n_slots + 1,
			      sizeof(*walk->slots)) != 0 ||
	    rel_array_reserve(&walk->words, &walk->words_cap,
			      (uint64_t)walk->n_words + n,
			      sizeof(*walk->words)) != 0)
		return REL_ENOMEM;
	walk->slots[walk->n_slots++] =
	    (struct rel_walk_slot){group, walk->n_words, strong};
	memcpy(walk->words + walk->n_words, p->set_words + p->set_word[set],
	       n * sizeof(*walk->words));
	walk->n_words += n;
	walk->slot_of[group] = walk->n_slots;
	return 0;
}

static void combine(struct rel_walk *walk, struct rel_walk_slot *slot,
		    uint32_t set, bool strong)
{
	const struct rel_sat_problem *p = &walk->universe->problem;
	const uint64_t *from = p->set_words + p->set_word[set];
	uint64_t *to = walk->words + slot->word;
	uint32_t n = words_of(walk, slot->group);

	if (slot->strong && !strong)
		return;
	if (strong && !slot->strong) {
		slot->strong = true;
		memcpy(to, from, n * sizeof(*to));
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (strong || walk->weak_intersect)
			to[i] &= from[i];
		else
			to[i] |= from[i];
	}
}

static int take_clause(struct rel_walk *walk, uint32_t clause, bool strong)
{
	const struct rel_sat_problem *p = &walk->universe->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i];
		uint32_t slot = walk->slot_of[p->set_group[set]];

		if (slot != 0)
			combine(walk, &walk->slots[slot - 1], set, strong);
		else if (add_slot(walk, set, strong) != 0)
			return REL_ENOMEM;
	}
	return 0;
}

/* The members of a slot's words, into the items. */
static int add_items(struct rel_walk *walk, const struct rel_walk_slot *slot)
{
	const struct rel_sat_problem *p = &walk->universe->problem;
	rel_pkg_id first = p->group_first[slot->group];
	uint32_t count = p->group_first[slot->group + 1] - first;

	if (rel_array_reserve(&walk->items, &walk->items_cap,
			      (uint64_t)walk->n_items + count,
			      sizeof(*walk->items)) != 0)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < words_of(walk, slot->group); i++) {
		uint64_t left = walk->words[slot->word + i];

		for (; left != 0; left &= left - 1)
			walk->items[walk->n_items++] =
			    first + 64 * i + (uint32_t)__builtin_ctzll(left);
	}
	return 0;
}

static int compare_slots(const void *a, const void *b)
{
	const struct rel_walk_slot *x = a, *y = b;

	return x->group < y->group ? -1 : x->group > y->group;
}

int rel_walk_successors(struct rel_walk *walk, rel_pkg_id from,
			struct rel_error *err)
{
	const struct rel_edges *e = walk->edges;
	int rc = 0;

	walk->n_items = walk->n_slots = walk->n_words = 0;
	for (uint32_t i = e->first[from]; rc == 0 && i < e->first[from + 1];
	     i++)
		rc = take_clause(walk, e->clauses[i], e->alone[i]);
	for (uint32_t i = 0; i < walk->n_slots; i++)
		walk->slot_of[walk->slots[i].group] = 0;
	if (rc == 0 && walk->n_slots > 1)
		qsort(walk->slots, walk->n_slots, sizeof(*walk->slots),
		      compare_slots);
	for (uint32_t i = 0; rc == 0 && i < walk->n_slots; i++)
		rc = add_items(walk, &walk->slots[i]);
	return rc == 0 ? 0 : rel_fail_nomem(err);
}

/* The set of `clause` about `group`, UINT32_MAX when there is none. */
static uint32_t set_about(const struct rel_sat_problem *p, uint32_t clause,
			  uint32_t group)
{
	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++)
		if (p->set_group[p->clause_sets[i]] == group)
			return p->clause_sets[i];
	return UINT32_MAX;
}

bool rel_walk_has_edge(const struct rel_walk *walk, rel_pkg_id from,
		       rel_pkg_id to)
{
	const struct rel_sat_problem *p = &walk->universe->problem;
	const struct rel_edges *e = walk->edges;
	bool strong = false, weak = false, in_strong = true, in_weak = false;

	for (uint32_t i = e->first[from]; i < e->first[from + 1]; i++) {
		uint32_t set = set_about(p, e->clauses[i], p->var_group[to]);
		bool in;

		if (set == UINT32_MAX)
			continue;
		in = rel_universe_in_set(walk->universe, set, to);
		if (e->alone[i]) {
			strong = true;
			in_strong = in_strong && in;
		} else if (walk->weak_intersect && weak) {
			in_weak = in_weak && in;
		} else {
			in_weak = in_weak || in;
			weak = true;
		}
	}
	return strong ? in_strong : in_weak;
}
