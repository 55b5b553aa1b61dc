/* Has the ledger lost a line?  Internal to lib/release. */
#ifndef REL_RELEASE_FREEZE_SINCE_H
#define REL_RELEASE_FREEZE_SINCE_H

#include "release/freeze.h"

/*
 * Tell of each line that the ledger had at options->since and does not have
 * byte for byte, and of each further line about an archive that had one;
 * *findings counts them.
 * Errors  as rel_remote_read() for that revision; REL_EPARSE the ledger of
 *         then; the callback's
 */
REL_MUST_CHECK int rel_freeze_since(uint32_t *findings,
				    const struct rel_freeze_options *options,
				    const struct rel_ledger *now,
				    struct rel_error *err);

#endif
