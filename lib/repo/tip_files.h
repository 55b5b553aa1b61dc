/* All paths of a git tree, for who looks up many: each look-up from the root
 * unpacks packages/ anew.  Internal to lib/repo. */
#ifndef REL_REPO_TIP_FILES_H
#define REL_REPO_TIP_FILES_H

#include "base/arena.h"
#include "git/objects.h"

struct rel_tip_file {
	struct rel_str path; /* in the arena */
	enum rel_git_kind kind;
	struct rel_git_id id;
};

/* Zero-initialise. */
struct rel_tip_files {
	struct rel_tip_file *items; /* malloc'd, sorted by path */
	uint32_t count, cap;
	struct rel_arena arena;
};

/* Errors  as rel_git_tree_walk(); free it all the same. */
REL_MUST_CHECK int rel_tip_files_read(struct rel_tip_files *out,
				      struct rel_git_store *store,
				      const struct rel_git_id *tree,
				      struct rel_error *err);
/* Fine on a zeroed one and twice. */
void rel_tip_files_free(struct rel_tip_files *files);

/* The file, link or directory at `path`, or NULL. */
const struct rel_tip_file *rel_tip_files_find(const struct rel_tip_files *files,
					      struct rel_str path);

#endif
