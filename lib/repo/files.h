/*
 * The files of a remote as they are, for those who look at more than the
 * manifests' tables: whatever the location is, one tree.
 */
#ifndef REL_REPO_FILES_H
#define REL_REPO_FILES_H

#include "repo/remote.h"
#include "repo/source.h"

struct rel_files;

/*
 * Open `remote` at its revision; a git repository elsewhere is fetched first.
 * The source has options->jobs workers (at least 1).
 * modes   the source says which files are executable, which costs a look at
 *         each of them in a directory
 * *out    freed by the caller with rel_files_free(); borrows the remote
 * Errors  those of rel_remote_read(); REL_EUSAGE for an http remote, whose
 *         index.tar.gz is read only for its manifests
 */
REL_MUST_CHECK int rel_files_open(struct rel_files **out,
				  const struct rel_remote *remote,
				  const struct rel_remote_options *options,
				  bool modes, struct rel_error *err);
void rel_files_free(struct rel_files *files);

const struct rel_source *rel_files_source(const struct rel_files *files);

#endif
