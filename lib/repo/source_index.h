/*
 * The members of an index.tar.gz as a source.  Internal to lib/repo.
 *
 * Only what can matter is kept: the content of manifests, of the legacy files
 * beside them and of `repo`; of everything else the name.
 */
#ifndef REL_REPO_SOURCE_INDEX_H
#define REL_REPO_SOURCE_INDEX_H

#include "base/cancel.h"
#include "base/intern.h"
#include "repo/source.h"

struct rel_index_node;

struct rel_source_index {
	struct rel_intern paths;      /* id = index into nodes; 0 = the root */
	struct rel_index_node *nodes; /* malloc'd */
	uint32_t n_nodes, cap;
	struct rel_arena content;
	uint32_t root; /* node that the source's paths start from */
	struct rel_source_spent spent;
};

/*
 * Unpack the archive `bytes` (tar, packed or not).  A member that appears
 * twice counts as its last appearance, as when tar unpacks it.
 * name    of the archive, for errors
 * cancel  may be NULL
 * Errors  those of rel_archive_next(): REL_EPARSE damaged, unsafe names;
 *         REL_ELIMIT a bomb.  Release with rel_source_index_close(), also
 *         after a failure.
 */
REL_MUST_CHECK int rel_source_index_open(struct rel_source_index *index,
					 struct rel_str bytes, const char *name,
					 const struct rel_cancel *cancel,
					 struct rel_error *err);

/* Let `dir` be the root.  REL_ENOTFOUND: there is no such directory. */
REL_MUST_CHECK int rel_source_index_enter(struct rel_source_index *index,
					  struct rel_str dir,
					  struct rel_error *err);
void rel_source_index_close(struct rel_source_index *index);

struct rel_source rel_source_index(struct rel_source_index *index);

#endif
