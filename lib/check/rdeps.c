#include "check/rdeps.h"

#include "base/nearest.h"
#include "check/backward.h"
#include "check/walk.h"
#include "opam/version.h"

/* REL_ENOTFOUND: no such name; the nearest one that there is. */
static int fail_name(const struct rel_universe *u, struct rel_str name,
		     struct rel_error *err)
{
	const struct rel_stack *stack = u->stack;
	unsigned best = (unsigned)(name.len + 2) / 3 + 1;
	struct rel_str nearest = {NULL, 0};

	for (uint32_t i = 0; i < stack->n_names; i++) {
		unsigned slips = rel_slips(name, stack->names[i].text);

		if (slips < best) {
			best = slips;
			nearest = stack->names[i].text;
		}
	}
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

int rel_packages_mark(uint8_t *marks, const struct rel_universe *universe,
		      const char *text, struct rel_error *err)
{
	struct rel_str all = rel_str_of(text), name = all, version = {NULL, 0};
	const struct rel_stack_name *found;
	rel_pkg_id pkg;
	uint32_t group;

	if (!rel_package_name_is_valid(all) &&
	    !rel_package_split(all, &name, &version))
		return rel_fail(err, REL_EUSAGE,
				"\"%s\" is neither a package name nor a "
				"name.version",
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
