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
	bool in_repository;
	struct rel_str files_dir;	   /* files/, in the source */
	const struct rel_lint_file *files; /* what is in it */
	uint32_t n_files;
	const struct rel_submission_entry *entries; /* of the directory */
	uint32_t n_entries;
	bool is_new;
};

/* Does it name files that lie beside it?  opam asks for those only then. */
bool rel_lint_job_has_extra_files(const struct rel_lint_job *job);

/*
 * Set what is in files/, the entry `files` of the walker's source; nothing
 * when that is no directory.
 * up      the directory that it is in, NULL = the root
 */
REL_MUST_CHECK int rel_lint_job_list_files(struct rel_lint_job *job,
					   struct rel_lint_worker *w,
					   const struct rel_walk_frame *up,
					   const struct rel_source_entry *files,
					   struct rel_error *err);

/* Check it, and add a row when there are findings. */
REL_MUST_CHECK int rel_lint_job_run(struct rel_lint_worker *w,
				    const struct rel_lint_job *job,
				    struct rel_error *err);

#endif
