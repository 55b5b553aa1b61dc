/* relctl ci: what there is to do in a run of a CI system. */
#include "ci.h"

#include <stdio.h>
#include <unistd.h>

static const struct rel_option options[] = {
    {"system", 0, REL_OPTION_TEXT, REL_VALUES_NONE,
     offsetof(struct rel_ci_options, kind), "NAME",
     "Take this to be the CI system, instead of looking for its variables",
     REL_CI_SYSTEM_NAMES},
    REL_TEXT(rel_ci_options, "tag", 0, tag, "TAG",
	     "Release this tag, whatever the run is about"),
    REL_FLAG(rel_ci_options, "request", 0, request,
	     "Release a tag by a pull request to the development remote"),
    REL_FLAG(rel_ci_options, "older", 0, older,
	     "Allow a tag of a version older than the newest released one"),
    REL_FLAG(
	rel_ci_options, "schedule", 0, schedule,
	"Check the whole stack and keep the report, whatever the run is about"),
};

static const struct rel_example examples[] = {
    {"In a job that a tag starts", "ci"},
    {"From a hook or another CI system", "ci --tag foo-1.2"},
    {"Each morning, from cron", "ci --schedule --quiet"},
};

/* "lib/x.opam" of a path below the directory that relctl works in; NULL for
 * others, and for the address of a remote. */
static const char *below_here(const char *path)
{
	char here[REL_ERROR_PATH_MAX];
	size_t len;

	if (strstr(path, "://"))
		return NULL;
	if (path[0] != '/')
		return path[0] ? path : NULL;
	if (!getcwd(here, sizeof(here)))
		return NULL;
	len = strlen(here);
	return strncmp(path, here, len) == 0 && path[len] == '/'
		   ? path + len + 1
		   : NULL;
}

/* The error itself is for main() to tell; here it becomes an annotation. */
static void annotate_error(struct rel_ci_run *run, const struct rel_error *err)
{
	struct rel_ci_finding finding = {.level = REL_CI_ERROR,
					 .check = "failed",
					 .file = below_here(err->path),
					 .line = err->line,
					 .column = err->column,
					 .title = "relctl ci",
					 .text = err->text};
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX + 32];

	if (!finding.file) {
		rel_error_format(err, text, sizeof(text));
		finding.text = text;
	}
	rel_ci_write_finding(&run->writer, &finding);
}

static const char *about(const struct rel_ci *ci)
{
	return *ci->event_name ? ci->event_name : "no event";
}

static int do_nothing(struct rel_ci_run *run, struct rel_error *err)
{
	const struct rel_ci *ci = &run->ci;

	if (ci->kind == REL_CI_PLAIN)
		return rel_fail(
		    err, REL_EUSAGE,
		    "the environment does not say what this run is about; add "
		    "--tag TAG or --schedule");
	if (!run->call->common->quiet)
		rel_screen_put(run->call->screen,
			       "relctl: nothing to do for %s on %s: tags are "
			       "released, requests checked\n",
			       about(ci), rel_ci_system_name(ci->kind));
	return 0;
}

static int dispatch(struct rel_ci_run *run, bool *found, struct rel_error *err)
{
	switch (run->ci.event) {
	case REL_CI_TAG:
		return rel_ci_tag(run, found, err);
	case REL_CI_REQUEST:
		return rel_ci_request(run, found, err);
	case REL_CI_SCHEDULE:
	case REL_CI_MANUAL:
		return rel_ci_schedule(run, found, err);
	case REL_CI_BRANCH:
	case REL_CI_OTHER:
		break;
	}
	return do_nothing(run, err);
}

/* Words of the command line go before those of the system. */
static int detect(struct rel_ci_run *run, struct rel_error *err)
{
	const struct rel_ci_options *o = run->options;
	int rc =
	    rel_ci_detect(&run->ci, (const char *const *)environ, o->kind, err);

	if (rc == 0 && o->schedule)
		run->ci.event = REL_CI_SCHEDULE;
	if (rc == 0 && o->tag) {
		run->ci.event = REL_CI_TAG;
		run->ci.tag = o->tag;
	}
	return rc;
}

/* Annotations are written for failures too. */
static int end(struct rel_ci_run *run, int rc, struct rel_error *err)
{
	struct rel_error why = {0};
	int written;

	rel_screen_clear(run->call->screen);
	if (rc)
		annotate_error(run, err);
	written = rel_ci_write_end(&run->writer, rc ? &why : err);
	if (written == 0)
		written = rel_output_commit(&run->output, rc ? &why : err);
	return rc ? rc : written;
}

static int run_ci(const struct rel_call *call, bool *found,
		  struct rel_error *err)
{
	struct rel_ci_run run = {
	    .call = call, .options = call->values, .output = {.fd = -1}};
	int rc = detect(&run, err);

	if (rc == 0)
		rc = rel_output_open(&run.output, call->common->output, err);
	if (rc == 0) {
		rel_ci_write_begin(&run.writer, &run.ci, &run.output.sink);
		rc = dispatch(&run, found, err);
		rc = end(&run, rc, err);
	}
	rel_output_abort(&run.output);
	rel_ci_free(&run.ci);
	return rc;
}

const struct rel_command rel_command_ci = {
    .name = "ci",
    .foreign_directory = true,
    .group = "Run",
    .summary = "do what a run of a CI system is for",
    .arguments = "",
    .description =
	"In a job of GitHub Actions, GitLab CI, Forgejo or Gitea Actions or "
	"Woodpecker: find out what the run is about, and do it. On a tag, "
	"release what the tag says, as cut does. On a request to a development "
	"remote, show what it would newly break, at the lines that it changes, "
	"and what it repairs. On a schedule, check the whole stack and keep "
	"what "
	"changed since the last run in the branch status of the remote. "
	"Annotations, outputs and a "
	"summary are written in the form that the system reads.",
    .max_arguments = 0,
    .formats = "text json html",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct rel_ci_options),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run_ci,
};
