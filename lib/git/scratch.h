/*
 * Scratch repositories: bare, of one process, borrowing the objects of
 * another.  In <cache_dir>/write/<random>/, with a lock that is held as long
 * as the process lives, so that what a killed one left can be told from what
 * is in use.
 */
#ifndef REL_GIT_SCRATCH_H
#define REL_GIT_SCRATCH_H

#include "base/file.h"
#include "git/place.h"
#include "git/store.h"

struct rel_git_scratch {
	char *dir; /* holds "lock" and "repo.git"; NULL = none */
	struct rel_lock lock;
	struct rel_git_store *store;
};

/*
 * Make one and open it, after removing those that nobody holds.
 * cache_dir  NULL = rel_cache_root()
 * Errors     REL_EIO, REL_ENOMEM; REL_ENOTFOUND no cache directory
 */
REL_MUST_CHECK int rel_git_scratch_open(struct rel_git_scratch *out,
					const char *cache_dir,
					struct rel_error *err);

/* Remove it.  Fine on a zeroed one. */
void rel_git_scratch_close(struct rel_git_scratch *scratch);

/*
 * Let it have all objects (and the cut in the history) of `from` too; the
 * last one lent is the only one.
 * Errors  REL_EUSAGE a path that git cannot note; REL_EIO
 */
REL_MUST_CHECK int rel_git_scratch_borrow(struct rel_git_scratch *scratch,
					  const struct rel_git_store *from,
					  struct rel_error *err);

/*
 * Make it show what a repository of another user shows, without what that
 * configures: its references and HEAD, its index, its objects (borrowed), and
 * of its configuration what names neither a program nor a file: addresses and
 * branches of remotes, headers for them, how the work tree is kept.
 * from    the repository at `place`, opened; may be closed afterwards
 * Errors  as rel_git_scratch_borrow(); REL_ELIMIT a file that is too big
 */
REL_MUST_CHECK int rel_git_scratch_view(struct rel_git_scratch *scratch,
					const struct rel_git_place *place,
					struct rel_git_store *from,
					struct rel_error *err);

#endif
