/* Names near one that does not exist; for error texts of lib/git. */
#ifndef REL_GIT_HINTS_H
#define REL_GIT_HINTS_H

#include "base/error.h"
#include "base/str.h"

/* Names shown, and the longest name compared. */
#define REL_GIT_HINT_NAMES  4
#define REL_GIT_HINT_LENGTH 100

struct rel_git_hint {
	char name[REL_GIT_HINT_LENGTH + 1];
	size_t distance;
};

/* Set `wanted` (borrowed), zero the rest. */
struct rel_git_hints {
	const char *wanted;
	struct rel_git_hint near[REL_GIT_HINT_NAMES]; /* nearest first */
	size_t n_near, n_branches, n_names, n_refs;
};

/* Take the full name of a reference into account; others than branches and
 * tags count, but are not offered. */
void rel_git_hints_add(struct rel_git_hints *hints, struct rel_str ref);

/* "no revision 'x'; …", or that the repository is empty: REL_ENOTFOUND. */
int rel_git_hints_fail(const struct rel_git_hints *hints,
		       struct rel_error *err);

#endif
