#include "check/lint_run.h"

#include <stdlib.h>
#include <strings.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "check/lint_walk.h"
#include "opam/version.h"
#include "repo/files.h"

/* opam src/core/opamStd.ml, compare_case. */
static int compare_names(struct rel_str a, struct rel_str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int cmp;

	for (size_t i = 0; i < len; i++) {
		cmp = strncasecmp(a.ptr + i, b.ptr + i, 1);
		if (cmp == 0)
			cmp = (unsigned char)a.ptr[i] - (unsigned char)b.ptr[i];
		if (cmp != 0)
			return cmp;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_rows(const void *left, const void *right)
{
	const struct rel_lint_row *a = left, *b = right;
	struct rel_str rest_a = rel_str_of(a->package);
	struct rel_str rest_b = rel_str_of(b->package);
	int cmp =
	    compare_names(rel_str_cut(&rest_a, '.'), rel_str_cut(&rest_b, '.'));

	if (cmp == 0)
		cmp = rel_version_compare(rest_a, rest_b);
	return cmp != 0 ? cmp : strcmp(a->path, b->path);
}

/* Take the rows of all workers, and their arenas. */
static int gather(struct rel_lint_run *out, struct rel_lint_worker *workers,
		  unsigned n, struct rel_error *err)
{
	size_t rows = 0;

	for (unsigned i = 0; i < n; i++)
		rows += workers[i].n_rows;
	out->rows = calloc(rows + 1, sizeof(*out->rows));
	out->arenas = calloc(n, sizeof(*out->arenas));
	if (!out->rows || !out->arenas)
		return rel_fail_nomem(err);
	out->n_arenas = n;
	for (unsigned i = 0; i < n; i++) {
		if (workers[i].n_rows > 0)
			memcpy(out->rows + out->n_rows, workers[i].rows,
			       workers[i].n_rows * sizeof(*out->rows));
		out->n_rows += workers[i].n_rows;
		out->n_manifests += workers[i].n_manifests;
		out->arenas[i] = workers[i].kept;
		rel_arena_init(&workers[i].kept, REL_LIMIT_ARENA);
	}
	return 0;
}

/* A package that was asked for and is not there. */
static int check_missing(const struct rel_lint_run_options *options,
			 const struct rel_lint_worker *workers, unsigned n,
			 struct rel_error *err)
{
	for (uint32_t i = 0; i < options->n_packages; i++) {
		bool found = false;

		for (unsigned k = 0; k < n; k++)
			found = found || workers[k].found[i];
		if (options->found)
			options->found[i] = found;
		else if (!found)
			return rel_fail(err, REL_ENOTFOUND, "no package %s",
					options->packages[i]);
	}
	return 0;
}

static int run(struct rel_lint_run *out, struct rel_lint_worker *workers,
	       const struct rel_source *source, unsigned jobs,
	       const struct rel_lint_run_options *options,
	       struct rel_error *err)
{
	int rc = 0;

	for (unsigned i = 0; i < jobs && rc == 0; i++)
		rc = rel_lint_worker_init(&workers[i], source, i, options, err);
	if (rc == 0)
		rc = rel_lint_walk(workers, jobs, options, err);
	if (rc == 0)
		rc = check_missing(options, workers, jobs, err);
	if (rc == 0)
		rc = gather(out, workers, jobs, err);
	if (rc == 0)
		qsort(out->rows, out->n_rows, sizeof(*out->rows), compare_rows);
	return rc;
}

int rel_lint_repository(struct rel_lint_run *out,
			const struct rel_source *source,
			const struct rel_lint_run_options *options,
			struct rel_error *err)
{
	unsigned jobs = options->jobs > 0 ? options->jobs : 1;
	struct rel_lint_worker *workers = calloc(jobs, sizeof(*workers));
	int rc;

	*out = (struct rel_lint_run){0};
	rc = workers ? run(out, workers, source, jobs, options, err)
		     : rel_fail_nomem(err);
	for (unsigned i = 0; workers && i < jobs; i++)
		rel_lint_worker_free(&workers[i]);
	free(workers);
	return rc;
}

/* With files/ of the directory that the manifest is in. */
static int check_beside_files(struct rel_lint_worker *w,
			      struct rel_lint_job *job, const char *dir,
			      struct rel_error *err)
{
	struct rel_remote remote = {.name = dir,
				    .location = {.kind = REL_LOCATION_DIRECTORY,
						 .text = dir,
						 .url = dir,
						 .subdir = "",
						 .revision = ""}};
	struct rel_remote_options reading = {.jobs = 1};
	const struct rel_source *before = w->walk.source;
	struct rel_source_entry entry;
	enum rel_source_follow how;
	struct rel_files *files;
	int rc = rel_files_open(&files, &remote, &reading, false, err);

	if (rc != 0)
		return rc;
	w->walk.source = rel_files_source(files);
	rc = rel_source_resolve(&how, &entry, w->walk.source, 0, &w->walk.names,
				REL_STR("files"), err);
	if (rc == 0 && how == REL_FOLLOW_OK)
		rc = rel_lint_job_list_files(job, w, NULL, &entry, err);
	if (rc == 0)
		rc = rel_lint_job_run(w, job, err);
	w->walk.source = before;
	rel_files_free(files);
	return rc;
}

static int check_loose(struct rel_lint_worker *w,
		       const struct rel_lint_file_request *file,
		       struct rel_error *err)
{
	struct rel_lint_job job = {.text = file->text,
				   .path = file->path,
				   .name = file->name,
				   .version = file->version};
	struct rel_str path = rel_str_of(file->path);
	struct rel_str dir = rel_path_dir(path);
	char *text;
	int rc;

	if (!rel_lint_job_has_extra_files(&job))
		return rel_lint_job_run(w, &job, err);
	if (dir.len == 0)
		dir = rel_str_starts(path, REL_STR("/")) ? REL_STR("/")
							 : REL_STR(".");
	text = strndup(dir.ptr, dir.len);
	if (!text)
		return rel_fail_nomem(err);
	rc = check_beside_files(w, &job, text, err);
	free(text);
	return rc;
}

int rel_lint_loose(struct rel_lint_run *out,
		   const struct rel_lint_file_request *files, uint32_t n_files,
		   const struct rel_lint_run_options *options,
		   struct rel_error *err)
{
	struct rel_source nothing = rel_source_nothing();
	struct rel_lint_worker w = {0};
	int rc = rel_lint_worker_init(&w, &nothing, 0, options, err);

	*out = (struct rel_lint_run){0};
	for (uint32_t i = 0; i < n_files && rc == 0; i++)
		rc = check_loose(&w, &files[i], err);
	if (rc == 0)
		rc = gather(out, &w, 1, err);
	rel_lint_worker_free(&w);
	return rc;
}

int rel_lint_run_append(struct rel_lint_run *to, struct rel_lint_run *from,
			struct rel_error *err)
{
	uint32_t rows = to->n_rows + from->n_rows;
	unsigned arenas = to->n_arenas + from->n_arenas;
	struct rel_lint_row *r =
	    reallocarray(to->rows, (size_t)rows + 1, sizeof(*r));
	struct rel_arena *a;

	if (!r)
		return rel_fail_nomem(err);
	to->rows = r;
	a = reallocarray(to->arenas, (size_t)arenas + 1, sizeof(*a));
	if (!a)
		return rel_fail_nomem(err);
	to->arenas = a;
	if (from->n_rows > 0)
		memcpy(r + to->n_rows, from->rows, from->n_rows * sizeof(*r));
	if (from->n_arenas > 0)
		memcpy(a + to->n_arenas, from->arenas,
		       from->n_arenas * sizeof(*a));
	to->n_rows = rows;
	to->n_arenas = arenas;
	to->n_manifests += from->n_manifests;
	from->n_arenas = 0;
	rel_lint_run_free(from);
	return 0;
}

void rel_lint_run_free(struct rel_lint_run *run_)
{
	for (unsigned i = 0; i < run_->n_arenas; i++)
		rel_arena_free(&run_->arenas[i]);
	free(run_->arenas);
	free(run_->rows);
	*run_ = (struct rel_lint_run){0};
}

bool rel_lint_row_has_errors(const struct rel_lint_row *row)
{
	for (uint32_t i = 0; i < row->submission.count; i++) {
		if (row->submission.items[i].severity == REL_LINT_ERROR)
			return true;
	}
	return rel_lint_has_errors(&row->lint);
}
