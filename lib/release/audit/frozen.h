/*
 * What a change of a manifest does to the archives that it published: their
 * checksums stay, whatever else changes.
 */
#ifndef REL_RELEASE_FROZEN_H
#define REL_RELEASE_FROZEN_H

#include "git/objects.h"
#include "release/audit/freeze.h"

struct rel_frozen_change {
	struct rel_str name, version;
	const char *path;	   /* of the manifest, for the findings */
	struct rel_str old, fresh; /* its text before and after */
	/* the same of the legacy file `url` beside it; ptr NULL = none */
	struct rel_str old_url, fresh_url;
};

/*
 * Compare the two.  An archive keeps the checksums it had (rel_ledger_match():
 * md5 may go beside a stronger one); others may be added, addresses may change.
 * finding  called for each that does not; the kind is REL_FREEZE_CHECKSUM,
 *          the line that of the section after the change, 1 when it is gone
 * findings how many
 * Errors   the callback's; REL_ENOMEM.  A text that cannot be read has no
 *          archives: lint tells that.
 */
REL_MUST_CHECK int rel_frozen_compare(
    uint32_t *findings, const struct rel_frozen_change *change,
    int (*finding)(void *context, const struct rel_freeze_finding *finding,
		   struct rel_error *err),
    void *context, struct rel_error *err);

/* What a request does to a remote. */
struct rel_frozen_options {
	const struct rel_remote *remote; /* in git, with the request */
	const struct rel_remote_options *reading;
	struct rel_git_store *store;	 /* of the remote */
	const struct rel_git_diff *diff; /* of the request */
	const char *base; /* revision that the request departs from */
};

struct rel_frozen_findings {
	struct rel_freeze_finding *items;
	uint32_t count;
};

/*
 * Find what the request may not change:
 * - the manifest of each package that there was, by rel_frozen_compare(),
 *   wherever it stands afterwards, and further ones of the same package
 * - archives that the remote itself holds by their checksum (a mirror's
 *   cache/ALGO/XX/HEX): new bytes must have it.  Archives elsewhere are not
 *   read.
 * - the ledger: it keeps each line byte for byte and gets no second one of an
 *   archive; it agrees with the changed manifests, and its new lines with all
 * A finding that two of these have is told once.
 * Owner   everything is in `arena`
 * Errors  those of rel_freeze(); REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_frozen_find(struct rel_frozen_findings *out,
				   const struct rel_frozen_options *options,
				   struct rel_arena *arena,
				   struct rel_error *err);

#endif
