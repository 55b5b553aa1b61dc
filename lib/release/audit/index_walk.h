/* What an index holds: the files and directories below a root, in the order of
 * the archive.  Internal to lib/release. */
#ifndef REL_RELEASE_INDEX_WALK_H
#define REL_RELEASE_INDEX_WALK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/cancel.h"
#include "base/error.h"

struct rel_index_item {
	const char *path; /* from the root; in the arena */
	bool directory;
	bool executable;
};

struct rel_index_items {
	struct rel_index_item *items; /* malloc'd */
	uint32_t count, cap;
	struct rel_arena *arena;
};

/*
 * Append `name` of `root` and all below; nothing when it is not there.
 * Errors  as rel_index_write()
 */
REL_MUST_CHECK int rel_index_walk(struct rel_index_items *out, const char *root,
				  const char *name,
				  const struct rel_cancel *cancel,
				  struct rel_error *err);

#endif
