/*
 * Walking a repository and checking what is found; private to lib/check.
 * One worker is one thread's means.
 */
#ifndef REL_CHECK_LINT_WALK_H
#define REL_CHECK_LINT_WALK_H

#include "base/buf.h"
#include "check/lint_run.h"
#include "repo/walk.h"

struct rel_lint_worker {
	struct rel_walker walk;
	const struct rel_lint_run_options *options;
	struct rel_arena scratch; /* of one manifest */
	struct rel_arena kept;	  /* what rows point to */
	struct rel_buf text, content;
	struct rel_lint_row *rows; /* malloc'd */
	uint32_t n_rows, rows_cap, n_manifests;
	bool *found; /* [n_packages]; malloc'd */
	/* the names in packages/, for submissions */
	const struct rel_str *all_names;
	uint32_t n_all_names;
};

REL_MUST_CHECK int rel_lint_worker_init(
    struct rel_lint_worker *w, const struct rel_source *source, unsigned number,
    const struct rel_lint_run_options *options, struct rel_error *err);
/* Fine on a zeroed struct. */
void rel_lint_worker_free(struct rel_lint_worker *w);

/* Check everything below packages/. */
REL_MUST_CHECK int rel_lint_walk(struct rel_lint_worker *workers, unsigned jobs,
				 const struct rel_lint_run_options *options,
				 struct rel_error *err);

/* One manifest; all parts borrowed. */
struct rel_lint_job {
	struct rel_str text;
	const char *path;
	struct rel_str name, version; /* len 0 = not known */
	struct rel_str dir;	      /* in the source */
	bool in_repository;
	const struct rel_lint_file *files; /* in files/, when there is one */
	uint32_t n_files;
	const struct rel_submission_entry *entries; /* of the directory */
	uint32_t n_entries;
	bool is_new;
};

/* Check it, and add a row when there are findings. */
REL_MUST_CHECK int rel_lint_job_run(struct rel_lint_worker *w,
				    const struct rel_lint_job *job,
				    struct rel_error *err);

#endif
