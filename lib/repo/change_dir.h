/* A plain directory that is written to.  Internal to lib/repo. */
#ifndef REL_REPO_CHANGE_DIR_H
#define REL_REPO_CHANGE_DIR_H

#include "repo/change_work.h"

struct rel_change_dir {
	char *root; /* may not exist yet; its parent does */
	const struct rel_cancel *cancel;
};

/*
 * Append "root/path", after a look for links below the root: none is followed,
 * wherever it leads.
 * Errors  as rel_check_below()
 */
REL_MUST_CHECK int rel_change_dir_path(struct rel_buf *out,
				       const struct rel_change_dir *dir,
				       const char *path, struct rel_error *err);

/*
 * The changes to a directory, as rel_writable_apply().
 */
REL_MUST_CHECK int rel_change_dir_apply(struct rel_change_result *out,
					struct rel_writable *remote,
					const struct rel_change *changes,
					size_t n_changes,
					struct rel_error *err);

#endif
