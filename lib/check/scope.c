#include "check/scope.h"

#include <regex.h>

#include "base/limits.h"
#include "check/rdeps.h"

/* A lone remote, or a stack of upstreams only, is looked at whole. */
static bool is_whole(const struct rel_stack *stack)
{
	bool development = false, upstream = false;

	for (uint32_t i = 0; i < stack->n_layers; i++) {
		if (stack->layers[i].remote->role == REL_ROLE_DEVELOPMENT)
			development = true;
		else
			upstream = true;
	}
	return !development || !upstream;
}

static bool is_development(const struct rel_universe *u, rel_pkg_id pkg)
{
	uint32_t layer = u->stack->entries[pkg].layer;

	return u->stack->layers[layer].remote->role == REL_ROLE_DEVELOPMENT;
}

/* What the development remotes have, and what reaches that upstream. */
static int select_touched(uint8_t *selected, const struct rel_universe *u,
			  const struct rel_edges *edges,
			  const uint8_t *formerly, uint8_t *targets,
			  struct rel_error *err)
{
	uint32_t size = rel_universe_size(u);
	int rc;

	for (rel_pkg_id pkg = 0; pkg < size; pkg++)
		targets[pkg] = is_development(u, pkg);
	rc = rel_rdeps(selected, u, edges, targets, true, err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++)
		selected[pkg] |= targets[pkg] || (formerly && formerly[pkg]);
	return rc;
}

static void keep_latest(uint8_t *selected, const struct rel_stack *stack)
{
	for (uint32_t i = 0; i < stack->n_names; i++) {
		const struct rel_stack_name *name = &stack->names[i];
		bool found = false;

		for (rel_pkg_id pkg = name->first + name->count;
		     pkg-- > name->first;) {
			if (found)
				selected[pkg] = 0;
			else if (selected[pkg])
				found = true;
		}
	}
}

/* Drop what neither is one of the packages nor depends on one. */
static int keep_rdeps(uint8_t *selected, const struct rel_universe *u,
		      const struct rel_edges *edges,
		      const struct rel_scope_options *options, uint8_t *targets,
		      struct rel_error *err)
{
	uint32_t size = rel_universe_size(u);
	uint8_t *found = calloc((size_t)size + 1, 1);
	int rc = found ? 0 : rel_fail_nomem(err);

	memset(targets, 0, size);
	for (size_t i = 0; rc == 0 && i < options->n_packages; i++)
		rc = rel_packages_mark(targets, u, options->packages[i], err);
	if (rc == 0)
		rc = rel_rdeps(found, u, edges, targets, !options->direct, err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < size; pkg++)
		if (!targets[pkg] && !found[pkg])
			selected[pkg] = 0;
	free(found);
	return rc;
}

/* Drop what has no maintainer that the expression matches. */
static int keep_maintained(uint8_t *selected, const struct rel_universe *u,
			   const char *expression, struct rel_error *err)
{
	char why[REL_ERROR_TEXT_MAX];
	struct rel_buf text;
	regex_t regex;
	/* each maintainer is a line of its own to ^ and $ */
	int rc = regcomp(&regex, expression,
			 REG_EXTENDED | REG_ICASE | REG_NOSUB | REG_NEWLINE);

	if (rc) {
		regerror(rc, &regex, why, sizeof(why));
		return rel_fail(err, REL_EUSAGE,
				"--maintainer \"%.200s\" is no regular "
				"expression: %.200s",
				expression, why);
	}
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	for (rel_pkg_id pkg = 0; pkg < rel_universe_size(u); pkg++) {
		if (!selected[pkg])
			continue;
		rel_buf_clear(&text);
		rel_buf_add_str(&text, rel_universe_maintainers(u, pkg));
		selected[pkg] =
		    text.len > 0 && regexec(&regex, text.ptr, 0, NULL, 0) == 0;
	}
	rc = rel_buf_status(&text, "maintainer", err);
	rel_buf_free(&text);
	regfree(&regex);
	return rc;
}

bool rel_scope_walks(const struct rel_stack *stack,
		     const struct rel_scope_options *options)
{
	return options->n_packages > 0 || !(options->all || is_whole(stack));
}

int rel_scope_select(uint8_t *selected, const struct rel_universe *universe,
		     const struct rel_edges *edges, const uint8_t *formerly,
		     const struct rel_scope_options *options,
		     struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);
	uint8_t *targets = calloc((size_t)size + 1, 1);
	int rc = targets ? 0 : rel_fail_nomem(err);

	if (rc == 0) {
		if (options->all || is_whole(universe->stack))
			memset(selected, 1, size);
		else
			rc = select_touched(selected, universe, edges, formerly,
					    targets, err);
	}
	if (rc == 0 && options->latest)
		keep_latest(selected, universe->stack);
	if (rc == 0 && options->n_packages > 0)
		rc = keep_rdeps(selected, universe, edges, options, targets,
				err);
	if (rc == 0 && options->maintainer)
		rc = keep_maintained(selected, universe, options->maintainer,
				     err);
	free(targets);
	return rc;
}
