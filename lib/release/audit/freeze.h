/*
 * Freezing: record in a remote's ledger what is published there, and find what
 * has changed since it was recorded.
 */
#ifndef REL_RELEASE_FREEZE_H
#define REL_RELEASE_FREEZE_H

#include "publish/publish.h"
#include "release/audit/ledger.h"
#include "repo/change.h"

enum rel_freeze_kind {
	/* the manifest lists another checksum than the ledger, or one less */
	REL_FREEZE_CHECKSUM,
	/* the mirror has other bytes than the ledger or manifest say */
	REL_FREEZE_BYTES,
	/* the mirror lacks what the manifest fetches from there */
	REL_FREEZE_MISSING,
	/* the ledger has lost or changed a line since a revision; or it is
	 * gone or empty, and was not */
	REL_FREEZE_DROPPED,
	/* the version was withdrawn, and opam may install it again */
	REL_FREEZE_WITHDRAWN,
	/* With `check` only; recorded without it:
	 * the manifest lists a checksum more than the ledger */
	REL_FREEZE_ADDED,
	/* the archive is fetched from elsewhere, or from other mirrors */
	REL_FREEZE_ADDRESS,
	/* With `check` only:
	 * no manifest has what the ledger says was published */
	REL_FREEZE_REMOVED,
	/* the manifest stands at another path than at the revision */
	REL_FREEZE_MOVED,
};

/* "checksum", "bytes", "missing", "dropped", "withdrawn", "added",
 * "address", "removed", "moved" */
const char *rel_freeze_kind_text(enum rel_freeze_kind kind);

struct rel_freeze_finding {
	enum rel_freeze_kind kind;
	const char *subject; /* of the ledger: "a.1.0" */
	/* of the manifest; DROPPED, and REMOVED: of the ledger */
	const char *path;
	/* of the section in it, from 1; DROPPED: in the ledger of then */
	uint32_t line;
	uint32_t ledger;  /* line in the ledger; 0 = not recorded yet */
	const char *text; /* one sentence */
};

struct rel_freeze_options {
	const struct rel_remote *remote;
	const struct rel_remote_options *reading; /* NULL = defaults */
	/* Where archives may be read; NULL = none are. */
	struct rel_publisher *publisher;
	bool check; /* compare only, write nothing */
	/* Compare the ledger with the one of this revision; NULL = do not. */
	const char *since;
	/* of the commit; may be NULL with `check`, and for directories */
	const struct rel_change_author *author;
	/* Called for each finding, in the order of names and versions. */
	int (*finding)(void *context, const struct rel_freeze_finding *finding,
		       struct rel_error *err);
	void *context;
};

struct rel_freeze_result {
	uint32_t archives;   /* with a checksum, in all manifests */
	uint32_t recorded;   /* of them were in the ledger before */
	uint32_t added;	     /* lines now */
	uint32_t read;	     /* archives that were read from the mirror */
	uint32_t unreadable; /* manifests that could not be looked at */
	uint32_t gone;	     /* lines whose archive no manifest names */
	uint32_t findings;
	char commit[REL_GIT_ID_TEXT]; /* made; "" = none */
};

/*
 * Compare each manifest of the remote, and each archive that the mirror has,
 * with the ledger; without `check` add a line for what is not in it and agrees
 * with the mirror.  A lost race is tried again.
 * Errors  those of rel_writable_open(), rel_remote_read(); REL_EPARSE the
 *         ledger, with line; REL_EIO the remote refuses, in its own words
 */
REL_MUST_CHECK int rel_freeze(struct rel_freeze_result *out,
			      const struct rel_freeze_options *options,
			      struct rel_error *err);

#endif
