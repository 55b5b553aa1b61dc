/* A git tree as a source.  Internal to lib/repo. */
#ifndef REL_REPO_SOURCE_GIT_H
#define REL_REPO_SOURCE_GIT_H

#include "git/objects.h"
#include "repo/source.h"

struct rel_source_git {
	struct rel_git_store **stores; /* by worker */
	unsigned n_stores;
	struct rel_git_id tree; /* the root */
	struct rel_source_spent spent;
};

/*
 * Open a source of `jobs` workers over `tree`.
 * store   borrowed by the first worker; the others get clones
 * Release with rel_source_git_close(), also after a failure.
 */
REL_MUST_CHECK int rel_source_git_open(struct rel_source_git *git,
				       struct rel_git_store *store,
				       const struct rel_git_id *tree,
				       unsigned jobs, struct rel_error *err);
void rel_source_git_close(struct rel_source_git *git);

struct rel_source rel_source_git(struct rel_source_git *git);

#endif
