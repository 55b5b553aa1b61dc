/*
 * Getting a published archive: from the addresses that its manifest names, or
 * from mirrors, with its checksums compared on the way.
 *
 * A manifest is data of whoever wrote it: a path or file:// in it is followed
 * only below the directories that the user named for that.
 */
#ifndef REL_RELEASE_OBTAIN_H
#define REL_RELEASE_OBTAIN_H

#include "base/cancel.h"
#include "base/progress.h"
#include "net/http.h"
#include "release/audit/archives.h"

/* The root of a cache as `archive-mirrors:` names it. */
struct rel_obtain_mirror {
	const char *location; /* a directory, file:// or http(s):// URL */
	/* The user named it; else a remote did, and its files are followed
	 * only as a manifest's. */
	bool named;
	/* Of a remote on this disk: its directory, below which it may name
	 * files, too; NULL = none. */
	const char *below;
};

struct rel_obtain_options {
	const struct rel_obtain_mirror *mirrors;
	size_t n_mirrors;
	/* Directories below which local addresses are followed. */
	const char *const *local;
	size_t n_local;
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
 * May a file or directory that a manifest names be read?
 * path    absolute or from here; symbolic links are resolved first
 * local   directories that the user named; may be NULL when n_local is 0
 * Returns where it really is, for the caller to free; NULL with an error:
 *         REL_EUSAGE below none of them; REL_ENOTFOUND and the like for what
 *         cannot be found in them; REL_ENOMEM
 */
char *rel_obtain_local(const char *path, const char *const *local,
		       size_t n_local, struct rel_error *err);

/*
 * Fetch `archive`, from the first place that has it.
 * path    file that is written, replaced when it exists; NULL = nowhere, for
 *         an audit.  May be half written after an error.
 * http    connections to keep between calls
 * Errors  REL_ECHECKSUM other bytes than the manifest promises (no further
 *         place is tried), or it promises none; REL_EUSAGE not the address of
 *         an archive, or of a local file that is not to be read; REL_ENOTFOUND,
 * REL_EAUTH, REL_EIO, REL_ELIMIT of the first place, when no place has it;
 * REL_ECANCELLED, REL_ENOMEM. Texts name the address.
 */
REL_MUST_CHECK int rel_obtain(struct rel_obtained *out, const char *path,
			      struct rel_http *http,
			      const struct rel_archive_of *archive,
			      const struct rel_obtain_options *options,
			      struct rel_error *err);

#endif
