/*
 * The ledger: what has been published, in a file of the remote to which lines
 * are only ever added, so that a changed archive or checksum is found out.
 * Format  docs/formats/ledger.md, "relctl.ledger/1"
 *
 * One line per archive of a package version:
 *	SUBJECT SIZE COMMIT DIGEST… [PLACE…]
 * SUBJECT  NAME.VERSION, NAME.VERSION/FILE for an extra-source, or
 *          NAME.VERSION//FILE for one of extra-files:; a blank, control
 *          character, '%', '#' or non-ASCII byte of FILE is "%XX"
 * SIZE     of the archive in bytes, "-" = was not known
 * COMMIT   the remote's tip on which the line was written (a cut's manifest
 *          is in the commit that follows it), "-" = a directory, or the first
 *          commit
 * DIGEST   "algo=hex", each that the manifest listed, strongest last
 * PLACE    "src=…", "mirror=…" for each, "subpath=…": the other fields of the
 *          section, written as FILE is
 * A later line of the same subject adds digests to those before, and says
 * where the archive is now.
 */
#ifndef REL_RELEASE_LEDGER_H
#define REL_RELEASE_LEDGER_H

#include "base/arena.h"
#include "base/buf.h"
#include "digest/digest.h"
#include "git/objects.h"
#include "release/audit/archives.h"

/* From the root of the remote. */
#define REL_LEDGER_PATH "relctl.ledger"

/*
 * Behind NAME.VERSION: the line is of the manifest itself, which says since
 * then that the version is withdrawn, or was revised for the N-th time.  SIZE
 * and DIGEST are those of the new manifest.  ('#' stands in no name, version
 * or FILE.)
 */
#define REL_LEDGER_WITHDRAWN "#withdrawn"
#define REL_LEDGER_REVISED   "#revised." /* N, from 1 */

struct rel_ledger_entry {
	struct rel_str subject; /* as it stands in the file */
	uint64_t size;		/* bytes; UINT64_MAX = not known */
	/* hexadecimal; "" = none */
	char commit[REL_GIT_ID_TEXT];
	struct rel_digest digests[REL_DIGEST_ALGOS]; /* at least one */
	uint32_t n_digests;
	struct rel_str place; /* as it stands in the file; ptr NULL = none */
	/* set by rel_ledger_read(): */
	uint32_t line;	     /* from 1 */
	struct rel_str text; /* the line as it stands in the file */
};

#define REL_LEDGER_SIZE_UNKNOWN UINT64_MAX

struct rel_ledger {
	/* in the arena, by subject, one for each: what several lines of a
	 * subject say together, at the place of the first */
	struct rel_ledger_entry *entries;
	uint32_t n_entries;
	/* in the arena, by subject, then place: each line for itself */
	struct rel_ledger_entry *lines;
	uint32_t n_lines;
};

/*
 * Read the text of a ledger; an empty one has no entries.  Subjects borrow
 * from `text`.
 * Errors  REL_EPARSE with path and line: not this format, a damaged line, two
 *         lines of one subject that contradict each other; REL_ENOMEM
 */
REL_MUST_CHECK int rel_ledger_read(struct rel_ledger *out, struct rel_str text,
				   const char *path, struct rel_arena *arena,
				   struct rel_error *err);

/* The lines of `subject`: the first; *n of them, 0 when there is none. */
const struct rel_ledger_entry *rel_ledger_lines(const struct rel_ledger *ledger,
						struct rel_str subject,
						uint32_t *n);

/* The entry of `subject`, or NULL. */
const struct rel_ledger_entry *rel_ledger_find(const struct rel_ledger *ledger,
					       struct rel_str subject);

/* Is the line about a manifest, not about an archive? */
bool rel_ledger_is_note(const struct rel_ledger_entry *entry);
/* The line that says that the version is withdrawn, or NULL. */
const struct rel_ledger_entry *rel_ledger_withdrawn(
    const struct rel_ledger *ledger, struct rel_str name,
    struct rel_str version);

/* Append the subject of a package's archive; file NULL = the url section's.
 * Returns out->status. */
int rel_ledger_subject(struct rel_buf *out, struct rel_str name,
		       struct rel_str version, const struct rel_str *file);
/* The same of any archive of the package. */
int rel_ledger_subject_of(struct rel_buf *out, struct rel_str name,
			  struct rel_str version,
			  const struct rel_archive_of *archive);

/* Append the place of an archive; nothing for one of extra-files:.  Returns
 * out->status. */
int rel_ledger_place(struct rel_buf *out, const struct rel_archive_of *archive);

/* The first entry that is not before `subject`; n_entries = none. */
uint32_t rel_ledger_at(const struct rel_ledger *ledger, struct rel_str subject);

/*
 * How digests of today stand to those that an archive was published with.  A
 * digest may be added, and md5 left out beside a stronger one that stays; were
 * it enough that those in common agree, a wrong md5 could be added first and
 * the others taken away then.
 */
enum rel_ledger_match {
	REL_LEDGER_SAME,
	/* those in common are equal, but the strongest of the entry, or one
	 * that is not md5, is missing */
	REL_LEDGER_WEAKER,
	REL_LEDGER_UNRELATED, /* they have no algorithm in common */
	REL_LEDGER_DIFFERENT,
};

enum rel_ledger_match rel_ledger_match(const struct rel_ledger_entry *entry,
				       const struct rel_digest *digests,
				       size_t n_digests);

/*
 * Append to `out` the ledger `old` (ptr NULL or empty: a new one) and behind
 * it a line for each of `entries` that it does not have, or has without one of
 * the digests or with another place, in their order.  The old bytes stay as
 * they are.
 * added   how many lines are new; may be NULL.  0: `out` has `old`
 * path    for messages
 * Errors  REL_EEXISTS the ledger has other digests for one of them, with its
 *         line; those of rel_ledger_read()
 */
REL_MUST_CHECK int rel_ledger_append(struct rel_buf *out, uint32_t *added,
				     struct rel_str old, const char *path,
				     const struct rel_ledger_entry *entries,
				     size_t n_entries, struct rel_error *err);

#endif
