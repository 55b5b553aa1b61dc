/* The remote at an earlier revision, for freeze.  Internal to lib/release. */
#ifndef REL_RELEASE_FREEZE_SINCE_H
#define REL_RELEASE_FREEZE_SINCE_H

#include "release/audit/freeze.h"
#include "repo/texts.h"

struct rel_freeze_then {
	struct rel_snapshot *snapshot;
	struct rel_texts *texts;
};

/* Open the remote at options->since.
 * Errors  as rel_remote_read(), rel_texts_open()
 * Owner   rel_freeze_then_close(), also after a failure */
REL_MUST_CHECK int rel_freeze_then_open(
    struct rel_freeze_then *out, const struct rel_freeze_options *options,
    struct rel_error *err);
/* The version that `snapshot` has of a package, else one that compares equal,
 * or NULL. */
const struct rel_snapshot_package *rel_freeze_find_version(
    const struct rel_snapshot *snapshot, struct rel_str name,
    struct rel_str version);
/* Fine on a zeroed struct. */
void rel_freeze_then_close(struct rel_freeze_then *then);

/* Tell that the ledger is gone, or `emptied`, which was there at `revision`. */
REL_MUST_CHECK int rel_freeze_lost(uint32_t *findings,
				   const struct rel_freeze_options *options,
				   const char *revision, bool emptied,
				   struct rel_error *err);

/*
 * Tell of each line that the ledger had then and does not have byte for byte,
 * and of each further line about an archive that had one and that does not
 * repeat its checksums; *findings counts them.  Where there is no ledger any
 * more that is one finding.
 * is_there  there is one now
 * Errors    REL_EPARSE the ledger of then; the callback's
 */
REL_MUST_CHECK int rel_freeze_since(uint32_t *findings,
				    const struct rel_freeze_options *options,
				    struct rel_freeze_then *then,
				    const struct rel_ledger *now, bool is_there,
				    struct rel_error *err);

/* Tell of each package version that has gone since then, or whose manifest
 * stands elsewhere; those of which the ledger `known` has a line are told as
 * that, when they are gone. */
REL_MUST_CHECK int rel_freeze_moved(uint32_t *findings,
				    const struct rel_freeze_options *options,
				    const struct rel_freeze_then *then,
				    const struct rel_snapshot *now,
				    const struct rel_ledger *known,
				    struct rel_error *err);

#endif
