/*
 * The bytes of a remote's files, as they were when its snapshot was read: for
 * what the tables of a snapshot do not hold.
 */
#ifndef REL_REPO_TEXTS_H
#define REL_REPO_TEXTS_H

#include "base/buf.h"
#include "git/objects.h"
#include "repo/remote.h"

/* Not thread-safe. */
struct rel_texts;

/*
 * Open what `snapshot` was read from: the same commit of a git repository (out
 * of the cache), the same index (from the cache, or fetched again without
 * one), or the directory as it is now.
 * Errors  REL_ESTALE the index is another one by now, or its remote redirects
 *         elsewhere; those of rel_remote_read()
 * Owner   rel_texts_close()
 */
REL_MUST_CHECK int rel_texts_open(struct rel_texts **out,
				  const struct rel_remote *remote,
				  const struct rel_snapshot *snapshot,
				  const struct rel_remote_options *options,
				  struct rel_error *err);
/* Fine on NULL. */
void rel_texts_close(struct rel_texts *texts);

/*
 * Append the file at `path`, from the root of the remote, by the links that the
 * snapshot was read by.  An index holds manifests and `repo` only.
 * Errors  REL_ENOTFOUND; REL_ELIMIT over out->max; REL_EIO no file; REL_EPARSE
 *         a link that leaves the repository
 */
REL_MUST_CHECK int rel_texts_read(struct rel_buf *out, struct rel_texts *texts,
				  struct rel_str path, struct rel_error *err);

/*
 * The newest commit behind the snapshot's that has a file at `path`, and other
 * content than `but` in it (ptr NULL: any), as far as the history is at hand:
 * 40 digits.
 * Returns 1, 0 none has (or no git), or REL_ECANCELLED, REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_texts_last_with(char commit[REL_GIT_ID_TEXT],
				       struct rel_texts *texts,
				       const char *path, struct rel_str but,
				       const struct rel_cancel *cancel,
				       struct rel_error *err);

#endif
