/*
 * Where a repository lies and whose it is.
 *
 * git obeys the configuration and the hooks of a repository, which name
 * programs.  So it runs in one that is the user's own, all of it, and in no
 * other; what is read of others goes through a scratch repository
 * (git/scratch.h).  git itself asks for the owner of the work tree and of the
 * git directory; here everything in it that could name a program, and what it
 * borrows, counts.
 */
#ifndef REL_GIT_PLACE_H
#define REL_GIT_PLACE_H

#include <stdbool.h>

#include "base/error.h"

/* Zero-initialise; release with rel_git_place_free().  Paths are absolute,
 * with symbolic links resolved. */
struct rel_git_place {
	char *root;	  /* of the work tree; NULL = bare */
	char *git_dir;	  /* of this work tree alone */
	char *common_dir; /* what linked work trees share */
	/* What is not the user's own, the first that was found; NULL = all of
	 * it is, or the user's git is told that it is safe. */
	char *foreign;
};

/*
 * The repository around `dir`, found without git and without reading any of
 * its configuration: `dir` itself (a work tree or a git directory) or the
 * nearest parent that is one.
 * Errors  REL_ENOTFOUND none, or no such directory; REL_EUSAGE `dir` is inside
 *         a git directory or a bare repository, which may be part of somebody
 *         else's work tree, and is not it; REL_EPARSE a `.git` or `commondir`
 *         that leads nowhere
 */
REL_MUST_CHECK int rel_git_place_find(struct rel_git_place *out,
				      const char *dir, struct rel_error *err);

/* The same of a git directory or work tree itself; parents are not searched. */
REL_MUST_CHECK int rel_git_place_of(struct rel_git_place *out, const char *path,
				    struct rel_error *err);

/* The same without asking who owns it: `foreign` stays NULL. */
REL_MUST_CHECK int rel_git_place_locate(struct rel_git_place *out,
					const char *path,
					struct rel_error *err);

void rel_git_place_free(struct rel_git_place *place);

/*
 * Does a place that is not the user's own keep to what is its owner's?  Its
 * links (`.git`, `commondir`, objects/info/alternates) could lead to what only
 * we may read.
 * Errors  REL_EIO, naming where they lead; 0 for the user's own
 */
REL_MUST_CHECK int rel_git_place_check(const struct rel_git_place *place,
				       struct rel_error *err);

typedef int rel_git_alternate_fn(void *context, const char *objects,
				 struct rel_error *err);
/*
 * Call `each` for the directories of objects that `objects` itself borrows
 * from (its info/alternates), whether they are there or not.
 * Returns the first result of `each` that is not 0; REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_place_alternates(const char *objects,
					    rel_git_alternate_fn *each,
					    void *context,
					    struct rel_error *err);

/* REL_EIO: git's "dubious ownership", and what to do. */
int rel_git_place_fail(const struct rel_git_place *place,
		       struct rel_error *err);

#endif
