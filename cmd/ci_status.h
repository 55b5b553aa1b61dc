/*
 * The branch `status` of a development remote, in which relctl ci keeps its
 * scheduled report, so that no server is needed.
 * Format  docs/formats/status.md
 */
#ifndef REL_CMD_CI_STATUS_H
#define REL_CMD_CI_STATUS_H

#include "repo/change.h"
#include "session.h"

#define REL_STATUS_BRANCH "status"
#define REL_STATUS_RECORD "relctl.record"

/*
 * Open the branch for writing; it need not be there yet.  A checkout's is
 * that of its remote `origin`.
 * Errors  REL_EUSAGE the remote is not in git; those of rel_writable_open()
 * Owner   rel_writable_free()
 */
REL_MUST_CHECK int rel_status_open(struct rel_writable **out,
				   const struct rel_context *context,
				   const struct rel_remote *remote,
				   struct rel_error *err);

/*
 * Put the files there in one commit.  The author is who git knows, else
 * relctl itself: in a job there is often nobody.
 * *raced  somebody else was faster: refresh, look again, write again
 * Errors  those of rel_writable_apply(); REL_EIO refused, in the other side's
 *         words
 */
REL_MUST_CHECK int rel_status_write(bool *raced, struct rel_writable *branch,
				    const struct rel_change *files,
				    size_t n_files, const char *message,
				    struct rel_error *err);

#endif
