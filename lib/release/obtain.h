/*
 * Getting a published archive: from the addresses that its manifest names, or
 * from mirrors, with its checksums compared on the way.
 */
#ifndef REL_RELEASE_OBTAIN_H
#define REL_RELEASE_OBTAIN_H

#include "base/cancel.h"
#include "base/progress.h"
#include "net/http.h"
#include "release/archives.h"

struct rel_obtain_options {
	/* Roots of caches as `archive-mirrors:` names them: directories, or
	 * file:// or http(s):// URLs. */
	const char *const *mirrors;
	size_t n_mirrors;
	/* Ask the mirrors only; else the archive's own addresses first. */
	bool mirrors_only;
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

/* Zero-initialise; release with rel_obtained_free(). */
struct rel_obtained {
	char *address; /* where it came from, without credentials */
	bool mirrored; /* that is not the archive's first address */
	uint64_t size; /* bytes */
	struct rel_digest sha256;
};

/* Fine on a zeroed struct. */
void rel_obtained_free(struct rel_obtained *obtained);

/* Is `src` an address of an archive, as opposed to a repository ("git+https",
 * "hg+…", "ssh", "rsync", …)? */
bool rel_obtain_can(struct rel_str src);

/*
 * Fetch `archive`, from the first place that has it.
 * path    file that is written, replaced when it exists; NULL = nowhere, for
 *         an audit.  May be half written after an error.
 * http    connections to keep between calls
 * Errors  REL_ECHECKSUM other bytes than the manifest promises (no further
 *         place is tried), or it promises none; REL_EUSAGE not the address of
 *         an archive; REL_ENOTFOUND, REL_EAUTH, REL_EIO, REL_ELIMIT of the
 *         first place, when no place has it; REL_ECANCELLED, REL_ENOMEM.
 *         Texts name the address.
 */
REL_MUST_CHECK int rel_obtain(struct rel_obtained *out, const char *path,
			      struct rel_http *http,
			      const struct rel_archive_of *archive,
			      const struct rel_obtain_options *options,
			      struct rel_error *err);

#endif
