/*
 * A look at packs before libgit2 reads them.  Internal to lib/git.
 *
 * libgit2 believes what a pack and its index say: an index whose numbers lead
 * out of it is a crash, deltas that depend on each other are followed for ever
 * (libgit2 1.5, src/pack.c, pack_dependency_chain()).  So the indexes are
 * checked when a repository is opened, and the deltas of each object before it
 * is read.  Whether an object is what its name says is for its reader.
 *
 * Source  git's gitformat-pack(5); builtin/index-pack.c, packfile.c
 */
#ifndef REL_GIT_PACKS_H
#define REL_GIT_PACKS_H

#include "base/error.h"
#include "git/libgit2.h"

/*
 * Check the packs of `objects`, the directory of the repository `repo`, and of
 * those that it borrows from, and put a guard before the other readers of its
 * *odb.  Where there are multi-pack indexes or commit graphs, which are not
 * checked, *odb is replaced by one that does not read them.
 * Owner   the guard is freed with `odb`
 * Errors  REL_EIO a damaged pack or index, named, with what to do; REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_packs_guard(git_odb **odb, git_repository *repo,
				       const char *objects,
				       struct rel_error *err);

#endif
