/*
 * opam's checks of one manifest: the codes of `opam lint`.
 *
 * Source   opam src/state/opamFileTools.ml, lint_gen and t_lint, at tags
 *          2.1.2, 2.2.1, 2.3.0, 2.4.0 and 2.5.2; how fields are read decides
 *          codes 1 to 3: src/format/opamFile.ml, opamFormat.ml, opamPp.ml.
 * Does not look at the network (code 60) or the disk: the caller says what
 * lies beside the manifest.
 * Threads  nothing is shared; one arena per thread.
 */
#ifndef REL_OPAM_LINT_H
#define REL_OPAM_LINT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* Whose codes: what a later series added or changed does not count. */
enum rel_lint_series {
	REL_LINT_OPAM_2_1, /* 2.1.2 */
	REL_LINT_OPAM_2_2,
	REL_LINT_OPAM_2_3,
	REL_LINT_OPAM_2_4,
	REL_LINT_OPAM_2_5,
	REL_LINT_SERIES,
};
#define REL_LINT_NEWEST REL_LINT_OPAM_2_5

/* "2.1" … "2.5"; false for anything else. */
bool rel_lint_series_parse(enum rel_lint_series *out, const char *text);
const char *rel_lint_series_text(enum rel_lint_series series);

enum rel_lint_severity {
	REL_LINT_WARNING,
	REL_LINT_ERROR,
};

/* A regular file below files/ beside the manifest. */
struct rel_lint_file {
	struct rel_str name; /* relative to files/ */
};

struct rel_lint_options {
	enum rel_lint_series series;
	/* what the directory `name.version` implies; len 0 = nothing */
	struct rel_str name, version;
	/* what lies in files/; ignored unless knows_files */
	bool knows_files;
	const struct rel_lint_file *files;
	uint32_t n_files;
	/*
	 * Does file number `file` have the checksum written `algo=hex`?
	 * Negative on failure, with `err` set, which ends the check.
	 */
	int (*file_matches)(void *context, uint32_t file,
			    struct rel_str checksum, struct rel_error *err);
	void *context;
	/* also the codes that need a source to be named: 59 */
	bool check_upstream;
};

struct rel_lint_finding {
	uint16_t code;	  /* opam's number */
	uint8_t severity; /* enum rel_lint_severity */
	/* from 1; 0 = about the manifest as a whole */
	uint32_t line, column;
	struct rel_str text; /* one line, no period */
};

/* In opam's order; in the arena. */
struct rel_lint_findings {
	struct rel_lint_finding *items;
	uint32_t count, cap;
};

/*
 * Check the manifest in `source`.  A manifest that cannot be read is a
 * finding (codes 1 to 3), not an error.
 * path     for messages; not opened
 * arena    holds *out and everything it needs; `source` must outlive *out
 * Errors   REL_ENOMEM; what file_matches returns.
 */
REL_MUST_CHECK int rel_lint_manifest(struct rel_lint_findings *out,
				     struct rel_str source, const char *path,
				     const struct rel_lint_options *options,
				     struct rel_arena *arena,
				     struct rel_error *err);

/* Are there any of severity error? */
bool rel_lint_has_errors(const struct rel_lint_findings *findings);

#endif
