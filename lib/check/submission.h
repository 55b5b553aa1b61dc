/*
 * What the upstream repository's CI asks of a submitted manifest beyond
 * `opam lint`: the rules of opam-ci-check.
 *
 * Source  ocurrent/opam-repo-ci, opam-ci-check/lint/lint_error.ml: the ids of
 *         the rules are its constructors.  Left out: MissingUpperBound and
 *         what else concerns the archive repository alone.
 * Threads nothing is shared; one arena per thread.
 */
#ifndef REL_CHECK_SUBMISSION_H
#define REL_CHECK_SUBMISSION_H

#include "opam/lint.h"

/* What lies beside the manifest. */
struct rel_submission_entry {
	struct rel_str name;
	bool executable; /* a file that somebody may execute */
};

struct rel_submission_request {
	struct rel_str text;
	const char *path; /* for messages; not opened */
	/* len 0 = not known: a manifest in no repository, for which name,
	 * version and neighbours say nothing */
	struct rel_str name, version;
	/* the directory of the manifest, with the manifest itself */
	const struct rel_submission_entry *entries;
	uint32_t n_entries;
	/* no other version of the package is in the repository */
	bool is_new;
	/* all names of the repository, in any order; only asked when new */
	const struct rel_str *names;
	uint32_t n_names;
};

struct rel_submission_finding {
	const char *rule;      /* "WeakChecksum"; static */
	uint8_t severity;      /* enum rel_lint_severity */
	uint32_t line, column; /* from 1; 0 = about the whole */
	struct rel_str text;   /* one line, no period */
};

struct rel_submission_findings {
	struct rel_submission_finding *items; /* in the arena */
	uint32_t count, cap;
};

/*
 * Check one manifest.  One that cannot be read has no findings here: `opam
 * lint` has them.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_submission_check(
    struct rel_submission_findings *out,
    const struct rel_submission_request *request, struct rel_arena *arena,
    struct rel_error *err);

#endif
