/*
 * Checking many manifests: a whole repository, or some of its packages, in
 * parallel.
 *
 * repo/walk.h says what is a manifest.
 */
#ifndef REL_CHECK_LINT_RUN_H
#define REL_CHECK_LINT_RUN_H

#include "base/cancel.h"
#include "base/progress.h"
#include "check/submission.h"
#include "opam/lint.h"
#include "repo/source.h"

struct rel_lint_run_options {
	enum rel_lint_series series;
	bool submission; /* also the rules of submission.h */
	bool advice;	 /* also those of advice.h */
	/* keep only findings with these, drop those: lint_codes.h; NULL = any
	 */
	const char *codes, *exclude_codes;
	/* PKG or PKG.VER; n_packages 0 = all */
	const char *const *packages;
	uint32_t n_packages;
	/* set for each of the packages that is there, [n_packages]; NULL = one
	 * that is not there is an error */
	bool *found;
	const char *prefix; /* of the paths in the rows, NULL = none */
	unsigned jobs;	    /* threads; the source has as many workers */
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

/* One manifest with findings. */
struct rel_lint_row {
	const char *package; /* name.version; "" = not known */
	const char *path;
	struct rel_lint_findings lint;
	struct rel_submission_findings submission; /* and advice */
};

struct rel_lint_run {
	/* in opam's order: names without regard to case, then versions */
	struct rel_lint_row *rows;
	uint32_t n_rows;
	uint32_t n_manifests; /* checked, with and without findings */
	/* the rest is private */
	struct rel_arena *arenas;
	unsigned n_arenas;
};

/*
 * Check the repository of `source`.
 * *out    freed by the caller with rel_lint_run_free(), also after a failure
 * Errors  REL_EPARSE: not a package repository; REL_ENOTFOUND: one of the
 *         packages is not there; REL_ECANCELLED; REL_ENOMEM; the source's
 */
REL_MUST_CHECK int rel_lint_repository(
    struct rel_lint_run *out, const struct rel_source *source,
    const struct rel_lint_run_options *options, struct rel_error *err);

/* A manifest that is a file of its own, in no repository. */
struct rel_lint_file_request {
	struct rel_str text;
	const char *path;
	/* from NAME.opam or NAME.VERSION/opam; len 0 = not known */
	struct rel_str name, version;
};

/*
 * Check loose manifests; as rel_lint_repository(), in the order given.  What
 * is in files/ beside one is read from the disk.
 */
REL_MUST_CHECK int rel_lint_loose(struct rel_lint_run *out,
				  const struct rel_lint_file_request *files,
				  uint32_t n_files,
				  const struct rel_lint_run_options *options,
				  struct rel_error *err);

/* Move the rows of `from`, which is empty then, behind those of `to`. */
REL_MUST_CHECK int rel_lint_run_append(struct rel_lint_run *to,
				       struct rel_lint_run *from,
				       struct rel_error *err);
void rel_lint_run_free(struct rel_lint_run *run);

/* Are there any of severity error? */
bool rel_lint_row_has_errors(const struct rel_lint_row *row);

#endif
