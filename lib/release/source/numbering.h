/*
 * How people number versions, over the order that opam gives them
 * (opam/version.h).
 */
#ifndef REL_RELEASE_NUMBERING_H
#define REL_RELEASE_NUMBERING_H

#include "base/buf.h"

/*
 * Is it called as what comes before a release, but sorts after it?  "1.1-rc1",
 * "1.1.beta2", "1.1+dev" and "1.1-SNAPSHOT" are newer than 1.1 for opam.
 * Append what sorts before it: "1.1~rc1".
 * Words  alpha, beta, rc, pre, prerelease, preview, dev, devel, snapshot,
 *        nightly, canary, next, unstable, experimental, wip, in any case, after
 * a number with or without one of . - + _ between them.  Not "1.1-1",
 * "1.1-lwt5", "4.14.0+options".
 */
bool rel_numbering_is_misplaced(struct rel_buf *out, struct rel_str version);

/*
 * Does it begin with a year or a date ("20261130", "2026.11", "2026-11-30"),
 * and the newest release with a number that is none?  For opam it is newer
 * than all that can come after that one.
 */
bool rel_numbering_is_date(struct rel_str version, struct rel_str newest);

/* The id of a commit, shortened or not ("3f9c2e7"), which is in no order? */
bool rel_numbering_is_commit(struct rel_str version);

enum rel_numbering_part {
	REL_NUMBERING_NONE,
	REL_NUMBERING_MAJOR,
	REL_NUMBERING_MINOR,
	REL_NUMBERING_PATCH,
	REL_NUMBERING_PRERELEASE,
};

/* "major", …; REL_NUMBERING_NONE of anything else. */
enum rel_numbering_part rel_numbering_part_of(const char *word);

/*
 * Append the version after `newest`, which is one to three numbers, perhaps
 * with letters before them ("v1.2"), perhaps a pre-release ("1.2~rc1",
 * "1.2~beta.3"):
 *		1.1	1.1.3	1.2~rc1	2.0.0~beta	5
 *	major	2.0	2.0.0	2.0	2.0.0		6
 *	minor	1.2	1.2.0	1.2	2.0.0		5.1
 *	patch	1.1.1	1.1.4	1.2	2.0.0		5.0.1
 *	prerelease 1.2~rc1 1.2.0~rc1 1.2~rc2 2.0.0~beta2 5.1~rc1
 * A pre-release of what is asked for becomes that; as many numbers are written
 * as before, or as it takes.
 * Errors  REL_EUSAGE a version of another form, of which the next one cannot
 *         be told; REL_ENOMEM
 */
REL_MUST_CHECK int rel_numbering_next(struct rel_buf *out,
				      struct rel_str newest,
				      enum rel_numbering_part part,
				      struct rel_error *err);

/*
 * Does a version begin as versions do?
 * Returns the letter with which it begins, followed by a digit ("v1.2"); '0'
 *         when it begins with a digit; '\0' for neither ("latest").
 */
char rel_numbering_start(struct rel_str version);

#endif
