/*
 * What differs between two commits: files, and their lines.
 */
#ifndef REL_GIT_DIFF_H
#define REL_GIT_DIFF_H

#include "base/arena.h"
#include "git/store.h"

enum rel_git_delta {
	REL_GIT_ADDED,
	REL_GIT_CHANGED, /* a renamed file is one removed and one added */
	REL_GIT_REMOVED,
};

/* Lines of the new file that the old one does not have; or, `count` 0, the
 * line behind which some are gone, 0 = at the beginning. */
struct rel_git_lines {
	uint32_t first, count; /* first: from 1 */
};

struct rel_git_file_diff {
	const char *path; /* from the directory that was compared */
	enum rel_git_delta delta;
	struct rel_git_id old, fresh; /* blobs; zero when there is none */
	/* in order; none of a removed file, nor of one that is no text */
	const struct rel_git_lines *lines;
	uint32_t n_lines;
};

struct rel_git_diff {
	const struct rel_git_file_diff *files; /* in order of their paths */
	uint32_t n_files;
};

/*
 * Compare the directory `subdir` ("" = all) of two commits.  One that does
 * not have it counts as empty.
 * Owner   everything is in `arena`
 * Errors  REL_ENOTFOUND no such commit; REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_diff(struct rel_git_diff *out,
				struct rel_git_store *store,
				const struct rel_git_id *old,
				const struct rel_git_id *fresh,
				const char *subdir, struct rel_arena *arena,
				struct rel_error *err);

/* The file at `path`, or NULL. */
const struct rel_git_file_diff *rel_git_diff_find(
    const struct rel_git_diff *diff, const char *path);

#endif
