#include "check/conflicts.h"

static int compare_groups(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A class is a group above those of the names; being in it is a need of one
 * set.  Writes them into `out` unless NULL; returns how many. */
static uint32_t classes_of(const struct rel_universe *u, rel_pkg_id pkg,
			   uint32_t *out)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t n = 0;

	for (uint32_t i = p->need_first[pkg]; i < p->need_first[pkg + 1]; i++) {
		uint32_t at = p->clause_first[p->needs[i]];
		uint32_t end = p->clause_first[p->needs[i] + 1];

		if (end != at + 1 ||
		    p->set_group[p->clause_sets[at]] < u->stack->n_names)
			continue;
		if (out)
			out[n] = p->set_group[p->clause_sets[at]];
		n++;
	}
	if (out && n > 1)
		qsort(out, n, sizeof(*out), compare_groups);
	return n;
}

int rel_conflicts_init(struct rel_conflicts *out,
		       const struct rel_universe *universe,
		       struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);

	*out = (struct rel_conflicts){.universe = universe};
	out->first = calloc((size_t)size + 1, sizeof(*out->first));
	if (!out->first)
		return rel_fail_nomem(err);
	for (rel_pkg_id pkg = 0; pkg < size; pkg++)
		out->first[pkg + 1] =
		    out->first[pkg] + classes_of(universe, pkg, NULL);
	out->classes =
	    calloc((size_t)out->first[size] + 1, sizeof(*out->classes));
	if (!out->classes) {
		rel_conflicts_free(out);
		return rel_fail_nomem(err);
	}
	for (rel_pkg_id pkg = 0; pkg < size; pkg++)
		classes_of(universe, pkg, out->classes + out->first[pkg]);
	return 0;
}

void rel_conflicts_free(struct rel_conflicts *conflicts)
{
	free(conflicts->first);
	free(conflicts->classes);
	*conflicts = (struct rel_conflicts){0};
}

static bool conflicts_with(const struct rel_universe *u, rel_pkg_id a,
			   rel_pkg_id b)
{
	const struct rel_sat_problem *p = &u->problem;

	for (uint32_t i = p->conflict_first[a]; i < p->conflict_first[a + 1];
	     i++)
		if (rel_universe_in_set(u, p->conflicts[i], b))
			return true;
	return false;
}

static bool share_class(const struct rel_conflicts *c, rel_pkg_id a,
			rel_pkg_id b)
{
	uint32_t i = c->first[a], j = c->first[b];

	while (i < c->first[a + 1] && j < c->first[b + 1]) {
		if (c->classes[i] == c->classes[j])
			return true;
		if (c->classes[i] < c->classes[j])
			i++;
		else
			j++;
	}
	return false;
}

bool rel_conflicts_between(const struct rel_conflicts *conflicts, rel_pkg_id a,
			   rel_pkg_id b)
{
	const struct rel_universe *u = conflicts->universe;
	const uint32_t *group = u->problem.var_group;

	if (group[a] == group[b])
		return a != b;
	return conflicts_with(u, a, b) || conflicts_with(u, b, a) ||
	       share_class(conflicts, a, b);
}
