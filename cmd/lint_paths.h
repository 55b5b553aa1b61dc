/* Finding the manifests that an argument of lint stands for. */
#ifndef REL_CMD_LINT_PATHS_H
#define REL_CMD_LINT_PATHS_H

#include "base/buf.h"
#include "check/lint_run.h"

/* Manifests that are files of their own. */
struct rel_lint_paths {
	struct rel_lint_file_request *files; /* malloc'd */
	struct rel_buf *texts;		     /* their bytes, likewise */
	uint32_t count, files_cap, texts_cap;
	struct rel_arena names;
};

void rel_lint_paths_init(struct rel_lint_paths *paths);
void rel_lint_paths_free(struct rel_lint_paths *paths);

/*
 * Add the file `path`, or the manifests of the project in the directory
 * `path`: *.opam and opam there, and in its directory opam/.
 * Errors  REL_ENOTFOUND: no such file, or no manifest in the directory;
 *         those of rel_file_read()
 */
REL_MUST_CHECK int rel_lint_paths_add(struct rel_lint_paths *paths,
				      const char *path, struct rel_error *err);

/* Is there a directory packages/ in `path`? */
bool rel_lint_is_repository(const char *path);

#endif
