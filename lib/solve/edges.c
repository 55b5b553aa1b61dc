#include "solve/edges.h"

bool rel_edges_alone(const struct rel_formula_atom *atoms, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (atoms[i].name != atoms[0].name)
			return false;
	return true;
}

/* NULL when out of memory. */
static const struct rel_constraint *any_of(const struct rel_constraint *c,
					   struct rel_arena *arena)
{
	struct rel_constraint *copy;

	if (c->kind == REL_CONSTRAINT_RELOP)
		return c;
	copy = rel_arena_alloc(arena, sizeof(*copy));
	if (!copy)
		return NULL;
	copy->kind = REL_CONSTRAINT_OR;
	copy->left = any_of(c->left, arena);
	copy->right = any_of(c->right, arena);
	return copy->left && copy->right ? copy : NULL;
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
		if (!copy[i].constraint)
			continue;
		copy[i].constraint = any_of(copy[i].constraint, arena);
		if (!copy[i].constraint)
			return REL_ENOMEM;
	}
	*atoms = copy;
	return 0;
}
