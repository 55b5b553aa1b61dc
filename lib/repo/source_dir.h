/* A directory on this disk as a source.  Internal to lib/repo. */
#ifndef REL_REPO_SOURCE_DIR_H
#define REL_REPO_SOURCE_DIR_H

#include "repo/source.h"

struct rel_source_dir {
	const char *root; /* borrowed */
	/* nobody asks who may execute what: files need no look of their own */
	bool without_modes;
	struct rel_source_spent spent;
};

/* A source over `dir`, which must outlive it; any number of workers. */
struct rel_source rel_source_dir(struct rel_source_dir *dir);

#endif
