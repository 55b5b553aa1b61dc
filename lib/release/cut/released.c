#include "release/cut/released.h"

#include <stdio.h>

#include "opam/version.h"
#include "release/source/numbering.h"

static struct rel_str version_of(const struct rel_stack *stack, uint32_t entry)
{
	const struct rel_stack_entry *e = &stack->entries[entry];

	return rel_snapshot_string(stack->layers[e->layer].snapshot,
				   rel_stack_package(stack, entry)->version);
}

static const char *remote_of(const struct rel_stack *stack, uint32_t entry)
{
	const struct rel_remote *remote =
	    stack->layers[stack->entries[entry].layer].remote;

	return remote ? remote->name : NULL;
}

static void look_at(struct rel_released *out, const struct rel_stack *stack,
		    uint32_t entry, struct rel_str version)
{
	struct rel_str here = version_of(stack, entry);

	if (out->n_versions == 0 ||
	    rel_version_compare(here, out->newest) > 0) {
		const struct rel_remote *remote =
		    stack->layers[stack->entries[entry].layer].remote;

		out->newest = here;
		out->newest_remote = remote_of(stack, entry);
		out->newest_in_development =
		    remote && remote->role == REL_ROLE_DEVELOPMENT;
	}
	out->n_versions++;
	if (rel_version_compare(here, version) != 0 || out->taken)
		return;
	out->equal = entry;
	out->taken = rel_str_eq(here, version);
}

void rel_released_find(struct rel_released *out, const struct rel_stack *stack,
		       struct rel_str name, struct rel_str version)
{
	uint32_t at = rel_stack_find(stack, name);

	*out =
	    (struct rel_released){.newest = REL_STR(""), .equal = UINT32_MAX};
	if (at == UINT32_MAX)
		return;
	for (uint32_t i = 0; i < stack->names[at].count; i++)
		look_at(out, stack, stack->names[at].first + i, version);
}

bool rel_released_begins_like(const struct rel_stack *stack,
			      struct rel_str name, struct rel_str version)
{
	uint32_t at = rel_stack_find(stack, name);
	char start = rel_numbering_start(version);

	for (uint32_t i = 0; at != UINT32_MAX && i < stack->names[at].count;
	     i++) {
		struct rel_str here =
		    version_of(stack, stack->names[at].first + i);

		if (rel_numbering_start(here) == start &&
		    (start == '0' || (here.len > 0 && version.len > 0 &&
				      here.ptr[0] == version.ptr[0])))
			return true;
	}
	return false;
}

/* " in mirage-dev"; nothing when the remote has no name. */
static void say_where(char *out, size_t size, const char *remote)
{
	snprintf(out, size, "%s%.80s", remote ? " in " : "",
		 remote ? remote : "");
}

static int check_equal(const struct rel_released *released,
		       const struct rel_stack *stack, struct rel_str name,
		       struct rel_str version, struct rel_error *err)
{
	char where[96];

	say_where(where, sizeof(where), remote_of(stack, released->equal));
	if (released->taken)
		return rel_fail(err, REL_EEXISTS,
				"%.*s.%.*s is released already%s; releases do "
				"not change, take a higher version",
				REL_STR_ARG(name), REL_STR_ARG(version), where);
	return rel_fail(err, REL_EUSAGE,
			"for opam version %.*s is the same as %.*s, which is "
			"released already%s; take a higher version",
			REL_STR_ARG(version),
			REL_STR_ARG(version_of(stack, released->equal)), where);
}

int rel_released_check(const struct rel_released *released,
		       const struct rel_stack *stack, struct rel_str name,
		       struct rel_str version, bool older,
		       struct rel_error *err)
{
	char where[96];

	if (!rel_version_is_valid(version))
		return rel_fail(err, REL_EUSAGE,
				"\"%.*s\" is no version; it may hold letters, "
				"digits and . _ ~ + - only",
				REL_STR_ARG(version));
	if (released->equal != UINT32_MAX)
		return check_equal(released, stack, name, version, err);
	if (older || released->n_versions == 0 ||
	    rel_version_compare(version, released->newest) > 0)
		return 0;
	say_where(where, sizeof(where), released->newest_remote);
	return rel_fail(err, REL_EUSAGE,
			"%.*s.%.*s is older than %.*s, the newest%s; take a "
			"higher version, or allow it with --older",
			REL_STR_ARG(name), REL_STR_ARG(version),
			REL_STR_ARG(released->newest), where);
}
