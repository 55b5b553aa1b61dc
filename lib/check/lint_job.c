#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "check/advice.h"
#include "check/lint_codes.h"
#include "check/lint_walk.h"
#include "digest/digest.h"

/* What file_matches needs. */
struct matching {
	struct rel_lint_worker *worker;
	const struct rel_lint_job *job;
};

static int read_file(struct rel_lint_worker *w, struct rel_str path,
		     struct rel_error *err)
{
	const struct rel_source *source = w->walk.source;
	unsigned worker = w->walk.worker;
	struct rel_source_entry entry;
	int rc = source->find(source->context, worker, &entry, path, err);

	rel_buf_clear(&w->content);
	if (rc == 0)
		rc = rel_source_read(source, worker, &w->content, path, &entry,
				     err);
	return rc;
}

/* A file that cannot be read, or is too large, does not match. */
static int file_matches(void *context, uint32_t file, struct rel_str checksum,
			struct rel_error *err)
{
	struct matching *m = context;
	struct rel_digest wanted, found;
	struct rel_error ignored = {0};
	char *path;
	int rc;

	if (asprintf(&path, "%.*s/%.*s", REL_STR_ARG(m->job->files_dir),
		     REL_STR_ARG(m->job->files[file].name)) < 0)
		return rel_fail_nomem(err);
	rc = rel_digest_parse(&wanted, checksum, &ignored);
	if (rc == 0)
		rc = read_file(m->worker, rel_str_of(path), &ignored);
	if (rc == 0)
		rc = rel_digest_of(&found, wanted.algo,
				   rel_buf_str(&m->worker->content), &ignored);
	free(path);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	return rc == 0 && rel_digest_cmp(&wanted, &found) == 0;
}

static struct rel_str keep(struct rel_arena *arena, struct rel_str s)
{
	const char *copy = rel_arena_copy(arena, s);

	return copy ? rel_str_n(copy, s.len) : (struct rel_str){0};
}

/* Copy the findings out of the scratch arena. */
static int keep_findings(struct rel_lint_worker *w, struct rel_lint_row *row,
			 struct rel_error *err)
{
	struct rel_lint_finding *lint;
	struct rel_submission_finding *submission;

	lint = rel_arena_array(&w->kept, row->lint.count, sizeof(*lint));
	submission = rel_arena_array(&w->kept, row->submission.count,
				     sizeof(*submission));
	if ((!lint && row->lint.count) ||
	    (!submission && row->submission.count))
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < row->lint.count; i++) {
		lint[i] = row->lint.items[i];
		lint[i].text = keep(&w->kept, lint[i].text);
		if (!lint[i].text.ptr)
			return rel_fail_nomem(err);
	}
	for (uint32_t i = 0; i < row->submission.count; i++) {
		submission[i] = row->submission.items[i];
		submission[i].text = keep(&w->kept, submission[i].text);
		if (!submission[i].text.ptr)
			return rel_fail_nomem(err);
	}
	row->lint.items = lint;
	row->submission.items = submission;
	return 0;
}

static int add_row(struct rel_lint_worker *w, const struct rel_lint_job *job,
		   struct rel_lint_row row, struct rel_error *err)
{
	const char *prefix = w->options->prefix;
	char *package, *path;
	int rc = rel_array_reserve(&w->rows, &w->rows_cap,
				   (uint64_t)w->n_rows + 1, sizeof(*w->rows));

	if (rc != 0)
		return rel_fail(err, rc, "too many manifests");
	if (asprintf(&package, "%.*s%s%.*s", REL_STR_ARG(job->name),
		     job->version.len ? "." : "",
		     REL_STR_ARG(job->version)) < 0)
		return rel_fail_nomem(err);
	row.package = rel_arena_copy(&w->kept, rel_str_of(package));
	free(package);
	if (asprintf(&path, "%s%s%s", prefix ? prefix : "", prefix ? "/" : "",
		     job->path) < 0)
		return rel_fail_nomem(err);
	row.path = rel_arena_copy(&w->kept, rel_str_of(path));
	free(path);
	if (!row.package || !row.path)
		return rel_fail_nomem(err);
	rc = keep_findings(w, &row, err);
	if (rc == 0)
		w->rows[w->n_rows++] = row;
	return rc;
}

static int check_submission(struct rel_lint_worker *w,
			    const struct rel_lint_job *job,
			    struct rel_lint_row *row, struct rel_error *err)
{
	struct rel_submission_request request = {.text = job->text,
						 .path = job->path,
						 .entries = job->entries,
						 .n_entries = job->n_entries,
						 .is_new = job->is_new,
						 .names = w->all_names,
						 .n_names = w->n_all_names};

	if (job->in_repository) {
		request.name = job->name;
		request.version = job->version;
	}
	return rel_submission_check(&row->submission, &request, &w->scratch,
				    err);
}

/* Drop the findings that the options leave out. */
static void select_findings(const struct rel_lint_run_options *o,
			    struct rel_lint_row *row)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < row->lint.count; i++) {
		uint16_t code = row->lint.items[i].code;

		if ((!o->codes || rel_lint_codes_have_number(o->codes, code)) &&
		    !(o->exclude_codes &&
		      rel_lint_codes_have_number(o->exclude_codes, code)))
			row->lint.items[kept++] = row->lint.items[i];
	}
	row->lint.count = kept;
	kept = 0;
	for (uint32_t i = 0; i < row->submission.count; i++) {
		const char *rule = row->submission.items[i].rule;

		if ((!o->codes || rel_lint_codes_have_rule(o->codes, rule)) &&
		    !(o->exclude_codes &&
		      rel_lint_codes_have_rule(o->exclude_codes, rule)))
			row->submission.items[kept++] =
			    row->submission.items[i];
	}
	row->submission.count = kept;
}

int rel_lint_job_run(struct rel_lint_worker *w, const struct rel_lint_job *job,
		     struct rel_error *err)
{
	struct matching matching = {w, job};
	struct rel_lint_options options = {.series = w->options->series,
					   .knows_files = true,
					   .files = job->files,
					   .n_files = job->n_files,
					   .file_matches = file_matches,
					   .context = &matching};
	struct rel_lint_row row = {0};
	int rc;

	/* opam takes no name from NAME.opam, only from NAME.VERSION */
	if (job->version.len > 0) {
		options.name = job->name;
		options.version = job->version;
	}
	rel_arena_reset(&w->scratch);
	w->n_manifests++;
	rc = rel_lint_manifest(&row.lint, job->text, job->path, &options,
			       &w->scratch, err);
	if (rc == 0 && w->options->submission)
		rc = check_submission(w, job, &row, err);
	if (rc == 0 && w->options->advice)
		rc = rel_advice_check(&row.submission, job->text, job->path,
				      &w->scratch, err);
	if (rc == 0)
		select_findings(w->options, &row);
	if (rc == 0 && row.lint.count + row.submission.count > 0)
		rc = add_row(w, job, row, err);
	return rc;
}
