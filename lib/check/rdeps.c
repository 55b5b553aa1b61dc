#include "check/rdeps.h"

#include <stdlib.h>

#include "base/nearest.h"
#include "check/backward.h"
#include "check/walk.h"
#include "opam/version.h"

/* For each name, how many dependencies are about it; NULL without memory.
 * malloc'd. */
static uint32_t *count_dependents(const struct rel_universe *u)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t *counts = calloc((size_t)p->n_groups + 1, sizeof(*counts));

	for (uint32_t i = 0; counts && i < p->need_first[u->n_packages]; i++) {
		uint32_t clause = p->needs[i];

		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			counts[p->set_group[p->clause_sets[k]]]++;
	}
	return counts;
}

/* REL_ENOTFOUND: no such name; of the nearest that there are, the one that
 * most depends on. */
static int fail_name(const struct rel_universe *u, struct rel_str name,
		     struct rel_error *err)
{
	const struct rel_stack *stack = u->stack;
	unsigned best = (unsigned)(name.len + 2) / 3;
	struct rel_str nearest = {NULL, 0};
	uint32_t *counts = count_dependents(u), most = 0;

	if (!counts)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < stack->n_names; i++) {
		unsigned slips = rel_slips(name, stack->names[i].text);

		if (slips > best ||
		    (slips == best && nearest.ptr && counts[i] <= most))
			continue;
		best = slips;
		most = counts[i];
		nearest = stack->names[i].text;
	}
	free(counts);
	if (nearest.ptr)
		return rel_fail(err, REL_ENOTFOUND,
				"no remote has a package %.*s; is it %.*s?",
				REL_STR_ARG(name), REL_STR_ARG(nearest));
	return rel_fail(err, REL_ENOTFOUND, "no remote has a package %.*s",
			REL_STR_ARG(name));
}

/* REL_ENOTFOUND: no such version; the neighbours in opam's order. */
static int fail_version(const struct rel_universe *u,
			const struct rel_stack_name *name,
			struct rel_str version, struct rel_error *err)
{
	rel_pkg_id older = REL_PKG_NONE, newer = REL_PKG_NONE;

	for (rel_pkg_id i = name->first; i < name->first + name->count; i++) {
		if (rel_version_compare(rel_universe_version(u, i), version) <=
		    0)
			older = i;
		else if (newer == REL_PKG_NONE)
			newer = i;
	}
	if (older != REL_PKG_NONE && newer != REL_PKG_NONE)
		return rel_fail(err, REL_ENOTFOUND,
				"no remote has %.*s.%.*s; nearest are %.*s and "
				"%.*s",
				REL_STR_ARG(name->text), REL_STR_ARG(version),
				REL_STR_ARG(rel_universe_version(u, older)),
				REL_STR_ARG(rel_universe_version(u, newer)));
	if (older == REL_PKG_NONE)
		older = newer;
	return rel_fail(err, REL_ENOTFOUND,
			"no remote has %.*s.%.*s; nearest is %.*s",
			REL_STR_ARG(name->text), REL_STR_ARG(version),
			REL_STR_ARG(rel_universe_version(u, older)));
}

/* A name with a bound: foo>=1.0. */
struct bound {
	struct rel_str name, op, version;
};

static bool split_bound(struct rel_str text, struct bound *out)
{
	static const struct rel_str ops[] = {
	    REL_STR(">="), REL_STR("<="), REL_STR("!="),
	    REL_STR(">"),  REL_STR("<"),  REL_STR("="),
	};
	size_t at = 0;

	while (at < text.len && !strchr("<>=!", text.ptr[at]))
		at++;
	out->name = rel_str_trim(rel_str_sub(text, 0, at));
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct rel_str rest = rel_str_sub(text, at, text.len);

		if (!rel_str_starts(rest, ops[i]))
			continue;
		out->op = ops[i];
		out->version =
		    rel_str_trim(rel_str_sub(rest, ops[i].len, rest.len));
		return rel_package_name_is_valid(out->name) &&
		       rel_version_is_valid(out->version);
	}
	return false;
}

static bool within(const struct bound *b, struct rel_str version)
{
	int order = rel_version_compare(version, b->version);
	bool equal = b->op.ptr[b->op.len - 1] == '=';

	switch (b->op.ptr[0]) {
	case '>':
		return order > 0 || (equal && order == 0);
	case '<':
		return order < 0 || (equal && order == 0);
	case '!':
		return order != 0;
	default:
		return order == 0;
	}
}

static int mark_bound(uint8_t *marks, const struct rel_universe *u,
		      const struct bound *b, struct rel_error *err)
{
	uint32_t group = rel_stack_find(u->stack, b->name);
	const struct rel_stack_name *found;
	bool any = false;

	if (group == UINT32_MAX)
		return fail_name(u, b->name, err);
	found = &u->stack->names[group];
	for (rel_pkg_id v = found->first; v < found->first + found->count;
	     v++) {
		if (!within(b, rel_universe_version(u, v)))
			continue;
		marks[v] = 1;
		any = true;
	}
	if (any)
		return 0;
	return rel_fail(err, REL_ENOTFOUND,
			"no remote has %.*s %.*s %.*s; its newest version is "
			"%.*s",
			REL_STR_ARG(b->name), REL_STR_ARG(b->op),
			REL_STR_ARG(b->version),
			REL_STR_ARG(rel_universe_version(
			    u, found->first + found->count - 1)));
}

int rel_packages_mark(uint8_t *marks, const struct rel_universe *universe,
		      const char *text, struct rel_error *err)
{
	struct rel_str all = rel_str_of(text), name = all, version = {NULL, 0};
	const struct rel_stack_name *found;
	rel_pkg_id pkg;
	struct bound bound;
	uint32_t group;

	if (split_bound(all, &bound))
		return mark_bound(marks, universe, &bound, err);
	if (!rel_package_name_is_valid(all) &&
	    !rel_package_split(all, &name, &version))
		return rel_fail(err, REL_EUSAGE,
				"\"%s\" is neither a package name nor a "
				"name.version nor a bound such as foo>=1.0",
				text);
	group = rel_stack_find(universe->stack, name);
	if (group == UINT32_MAX)
		return fail_name(universe, name, err);
	found = &universe->stack->names[group];
	if (!version.ptr) {
		memset(marks + found->first, 1, found->count);
		return 0;
	}
	pkg = rel_universe_find(universe, name, version);
	if (pkg == REL_PKG_NONE)
		return fail_version(universe, found, version, err);
	marks[pkg] = 1;
	return 0;
}

struct marking {
	uint8_t *out;
	bool recursive;
};

static bool mark(void *context, rel_pkg_id pkg, rel_pkg_id next)
{
	struct marking *marking = context;

	(void)next;
	marking->out[pkg] = 1;
	return marking->recursive;
}

int rel_rdeps(uint8_t *out, const struct rel_universe *universe,
	      const struct rel_edges *edges, const uint8_t *targets,
	      bool recursive, struct rel_error *err)
{
	struct marking marking = {out, recursive};

	memset(out, 0, rel_universe_size(universe));
	return rel_backward_walk(universe, edges, targets, mark, &marking, err);
}

static bool names_group(const struct rel_universe *u,
			const struct rel_edges *edges, rel_pkg_id pkg,
			uint32_t group)
{
	const struct rel_sat_problem *p = &u->problem;

	for (uint32_t i = edges->first[pkg]; i < edges->first[pkg + 1]; i++) {
		uint32_t c = edges->clauses[i];

		for (uint32_t k = p->clause_first[c];
		     k < p->clause_first[c + 1]; k++) {
			if (p->set_group[p->clause_sets[k]] == group)
				return true;
		}
	}
	return false;
}

int rel_rdeps_excluding(uint8_t *out, const struct rel_universe *universe,
			const struct rel_edges *edges, const char *name,
			const char *version, struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);
	uint32_t group = rel_stack_find(universe->stack, rel_str_of(name));
	rel_pkg_id pkg =
	    rel_universe_find(universe, rel_str_of(name), rel_str_of(version));
	uint8_t *targets = calloc((size_t)size + 1, 1);
	uint8_t *accept = calloc((size_t)size + 1, 1);
	int rc = targets && accept ? 0 : rel_fail_nomem(err);

	if (rc == 0) {
		targets[pkg] = 1;
		rc = rel_rdeps(accept, universe, edges, targets, false, err);
	}
	for (rel_pkg_id v = 0; rc == 0 && v < size; v++)
		out[v] = !accept[v] && names_group(universe, edges, v, group);
	free(targets);
	free(accept);
	return rc;
}
