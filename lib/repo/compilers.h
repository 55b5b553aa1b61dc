/*
 * compilers/ of a repository of format 1.x, whose NAME.comp files stand for
 * packages (opam/upgrade.h).  Internal to lib/repo.
 */
#ifndef REL_REPO_COMPILERS_H
#define REL_REPO_COMPILERS_H

#include "repo/part.h"
#include "repo/source.h"

/*
 * Append the packages that the directory compilers/ at the root stands for
 * to `part`; nothing when there is no such directory.  Of two compilers of
 * one name the later path counts, as in `opam admin upgrade`.
 * Errors  the source's; REL_ENOMEM; REL_ELIMIT
 */
REL_MUST_CHECK int rel_compilers_read(struct rel_part *part,
				      const struct rel_source *source,
				      struct rel_error *err);

#endif
