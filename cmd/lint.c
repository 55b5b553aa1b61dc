/* relctl lint: check manifests. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "check/lint_codes.h"
#include "command.h"
#include "lint_paths.h"
#include "repo/files.h"
#include "report/lint.h"
#include "session.h"

struct values {
	const char *opam, *codes, *exclude_codes;
	bool submission, is_short, warn_error;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "submission", 0, submission,
	     "Also the rules for what is submitted to opam-repository"),
    {"opam", 0, REL_OPTION_TEXT, REL_VALUES_NONE, offsetof(struct values, opam),
     "SERIES", "Check as this series of opam does (the newest)",
     "2.1 2.2 2.3 2.4 2.5"},
    REL_TEXT(values, "codes", 0, codes, "CODE,...",
	     "Only findings with these codes of opam, or names of rules"),
    REL_TEXT(values, "exclude-codes", 0, exclude_codes, "CODE,...",
	     "No findings with these"),
    REL_FLAG(values, "short", 's', is_short,
	     "Only NAME.VERSION and the codes, as opam admin lint --short"),
    REL_FLAG(values, "warn-error", 'W', warn_error,
	     "Exit with status 1 on warnings too"),
};

static const struct rel_example examples[] = {
    {"The manifests of the project in this directory", "lint"},
    {"A repository as opam 2.1 would check it",
     "lint --opam 2.1 --short ../opam-repository"},
    {"Is this release fit for opam-repository?",
     "lint --submission irmin.3.11.0"},
};

struct lint {
	const struct rel_call *call;
	const struct values *values;
	struct rel_context context;
	bool has_context;
	struct rel_lint_run_options options;
	struct rel_lint_run run;
};

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool is_path(const char *argument)
{
	return strchr(argument, '/') || exists(argument);
}

static int open_context(struct lint *l, struct rel_error *err)
{
	int rc;

	if (l->has_context)
		return 0;
	rc = rel_session_context(&l->context, l->call, err);
	l->has_context = true;
	l->options.jobs = l->context.reading.jobs;
	return rc;
}

/* Check a remote, and put the rows behind those that are there. */
static int check_remote(struct lint *l, const struct rel_remote *remote,
			struct rel_error *err)
{
	struct rel_lint_run run = {0};
	struct rel_files *files = NULL;
	int rc = rel_files_open(&files, remote, &l->context.reading,
				l->values->submission, err);

	if (rc == 0)
		rc = rel_lint_repository(&run, rel_files_source(files),
					 &l->options, err);
	if (rc == 0)
		rc = rel_lint_run_append(&l->run, &run, err);
	rel_lint_run_free(&run);
	rel_files_free(files);
	return rc;
}

/* The repository in a directory, or in a git repository there. */
static int check_repository(struct lint *l, const char *path,
			    struct rel_error *err)
{
	struct rel_remote remote = {.name = path};
	struct rel_arena arena;
	char *text = NULL;
	int rc;

	if (asprintf(&text, "%s%s", rel_lint_is_repository(path) ? "dir+" : "",
		     path) < 0)
		return rel_fail_nomem(err);
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_location_parse(&remote.location, rel_str_of(text), NULL,
				&arena, err);
	if (rc == 0)
		rc = check_remote(l, &remote, err);
	rel_arena_free(&arena);
	free(text);
	return rc;
}

/* A directory without packages/ that git reads: a bare repository. */
static bool is_bare_git(const char *path)
{
	char *head;
	bool is;

	if (asprintf(&head, "%s/HEAD", path) < 0)
		return false;
	is = exists(head);
	free(head);
	return is;
}

static int check_loose(struct lint *l, struct rel_error *err)
{
	const struct rel_call *call = l->call;
	struct rel_lint_paths paths;
	int rc = 0;

	rel_lint_paths_init(&paths);
	if (call->n_arguments == 0)
		rc = rel_lint_paths_add(&paths, ".", err);
	for (uint32_t i = 0; i < call->n_arguments && rc == 0; i++)
		rc = rel_lint_paths_add(&paths, call->arguments[i], err);
	if (rc == 0)
		rc = rel_lint_loose(&l->run, paths.files, paths.count,
				    &l->options, err);
	rel_lint_paths_free(&paths);
	return rc;
}

/* Each package in the first remote that has it. */
static int check_packages(struct lint *l, struct rel_error *err)
{
	const struct rel_call *call = l->call;
	const char **wanted = calloc(call->n_arguments, sizeof(*wanted));
	bool *found = calloc(call->n_arguments, sizeof(*found));
	uint32_t n = call->n_arguments, left;
	int rc = open_context(l, err);

	if (!wanted || !found)
		rc = rel_fail_nomem(err);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		wanted[i] = call->arguments[i];
	l->options.packages = wanted;
	l->options.found = found;
	for (uint32_t r = 0; rc == 0 && n > 0 && r < l->context.n_remotes;
	     r++) {
		l->options.n_packages = n;
		rc = check_remote(l, &l->context.remotes[r], err);
		left = 0;
		for (uint32_t i = 0; i < n && rc == 0; i++) {
			if (!found[i])
				wanted[left++] = wanted[i];
		}
		n = left;
	}
	if (rc == 0 && n > 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "no file and no package of a remote is called %s",
			      wanted[0]);
	l->options.packages = NULL;
	l->options.found = NULL;
	l->options.n_packages = 0;
	free(wanted);
	free(found);
	return rc;
}

static int check_remotes(struct lint *l, struct rel_error *err)
{
	int rc = open_context(l, err);

	for (uint32_t i = 0; rc == 0 && i < l->context.n_remotes; i++)
		rc = check_remote(l, &l->context.remotes[i], err);
	return rc;
}

static int check_path(struct lint *l, const char *path, struct rel_error *err)
{
	if (!rel_lint_is_repository(path) && !is_bare_git(path))
		return check_loose(l, err);
	if (strcmp(path, ".") != 0 && rel_lint_is_repository(path))
		l->options.prefix = path;
	return check_repository(l, path, err);
}

static int check(struct lint *l, struct rel_error *err)
{
	const struct rel_call *call = l->call;
	uint32_t paths = 0;

	if (call->n_arguments == 0)
		return call->common->remotes.count > 0
			   ? check_remotes(l, err)
			   : check_path(l, ".", err);
	for (uint32_t i = 0; i < call->n_arguments; i++)
		paths += is_path(call->arguments[i]);
	if (paths == 0)
		return check_packages(l, err);
	if (paths < call->n_arguments)
		return rel_fail(err, REL_EUSAGE,
				"name either files or packages, not both");
	return call->n_arguments == 1 ? check_path(l, call->arguments[0], err)
				      : check_loose(l, err);
}

static bool has_findings(const struct lint *l)
{
	if (l->values->warn_error || l->values->submission)
		return l->run.n_rows > 0;
	for (uint32_t i = 0; i < l->run.n_rows; i++) {
		if (rel_lint_row_has_errors(&l->run.rows[i]))
			return true;
	}
	return false;
}

static int write_report(struct lint *l, struct rel_error *err)
{
	const struct rel_call *call = l->call;
	struct rel_report_lint report = {.command = call->command->name,
					 .series = l->options.series,
					 .submission = l->values->submission,
					 .run = &l->run};
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_session session = {.call = call};
	struct rel_report_style style;
	int rc = rel_output_open(&session.output, call->common->output, err);

	if (rc == 0)
		rc = rel_session_begin(&style, &format, &session,
				       l->values->is_short, err);
	if (rc == 0)
		rc = rel_report_write_lint(&report, format, &style,
					   &session.output.sink, err);
	if (rc == 0)
		rc = rel_output_commit(&session.output, err);
	rel_output_abort(&session.output);
	return rc;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct lint l = {.call = call,
			 .values = v,
			 .options = {.series = REL_LINT_NEWEST,
				     .submission = v->submission,
				     .advice = !v->opam && !v->submission,
				     .codes = v->codes,
				     .exclude_codes = v->exclude_codes,
				     .progress = &call->screen->progress,
				     .cancel = call->cancel}};
	int rc = rel_session_check_short(call, v->is_short, err);

	if (rc == 0 && v->codes)
		rc = rel_lint_codes_check("--codes", v->codes, err);
	if (rc == 0 && v->exclude_codes)
		rc = rel_lint_codes_check("--exclude-codes", v->exclude_codes,
					  err);
	if (v->opam)
		(void)rel_lint_series_parse(&l.options.series, v->opam);
	if (rc == 0)
		rc = check(&l, err);
	if (rc == 0) {
		*found = has_findings(&l);
		rc = write_report(&l, err);
	}
	rel_lint_run_free(&l.run);
	if (l.has_context)
		rel_context_close(&l.context);
	return rc;
}

const struct rel_command rel_command_lint = {
    .name = "lint",
    .group = "Keep",
    .summary = "check manifests as opam lint does",
    .arguments = "[PATH|PKG[.VER]]...",
    .description =
	"Check manifests: those of a repository or of a project in the "
	"directory PATH, files, or packages of the remotes. Without arguments, "
	"what is in this directory, or the remotes of --remote. Exit status 1: "
	"there are errors; with --warn-error or --submission, warnings too.",
    .min_arguments = 0,
    .max_arguments = UINT32_MAX,
    .n_source_options = REL_N_REMOTE_OPTIONS,
    .formats = "text json github",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
