/* relctl ci on a schedule: the whole stack against the upstream of the day,
 * and what changed since the last time. */
#include <stdlib.h>

#include "base/limits.h"
#include "check/record.h"
#include "check/targets.h"
#include "ci.h"
#include "ci_checkout.h"
#include "ci_status.h"
#include "report/build.h"
#include "report/report.h"
#include "report/view.h"

/* Runs that write at once before it is given up; each lost race costs a
 * fetch. */
#define RACE_TRIES 10

/* What is kept in the branch beside the record. */
static const struct {
	const char *path;
	enum rel_report_format format;
} kept[] = {{"report.json", REL_REPORT_JSON},
	    {"report.txt", REL_REPORT_TEXT},
	    {"report.html", REL_REPORT_HTML}};

#define N_KEPT (sizeof(kept) / sizeof(kept[0]))

struct run {
	struct rel_ci_run *job;
	struct rel_context context;
	struct rel_survey *survey;
	struct rel_buf record; /* of now */
	struct rel_writable *branch;
	/* of one attempt */
	struct rel_buf last_text;
	struct rel_record last;
	bool has_last;
	struct rel_arena arena; /* of the report */
	struct rel_report report;
	struct rel_buf files[N_KEPT];
};

static int decide(struct run *r, struct rel_error *err)
{
	struct rel_survey_options options = rel_context_survey(&r->context);
	const struct rel_stacks *stacks = &r->context.stacks;
	int rc;

	options.scope.all = true;
	options.cycles = true;
	options.reasons = REL_REASONS_ALL;
	rc = rel_survey_run(&r->survey, stacks->now, stacks->alone, NULL,
			    &options, err);
	if (rc == 0) {
		rel_record_write(&r->record, r->survey);
		rc = rel_buf_status(&r->record, "record", err);
	}
	return rc;
}

static int open_branch(struct run *r, struct rel_error *err)
{
	const struct rel_context *context = &r->context;
	struct rel_buf origin;
	uint32_t at = 0;
	int rc;

	rel_buf_init(&origin, REL_LIMIT_CONFIG_BYTES);
	rc = rel_ci_checkout_origin(&origin, &r->job->ci, err);
	if (rc == 0)
		rc = rel_ci_checkout_remote(&at, context,
					    rel_buf_str(&origin).ptr, err);
	if (rc == 0)
		rc = rel_status_open(&r->branch, context, &context->remotes[at],
				     err);
	rel_buf_free(&origin);
	return rc;
}

/* One that cannot be read is as none, but somebody should know. */
static void warn_damaged(struct run *r, struct rel_error *why)
{
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX];
	struct rel_error all = {0};

	rel_error_format(why, text, sizeof(text));
	rel_fail(&all, REL_EPARSE,
		 "the last report in branch " REL_STATUS_BRANCH
		 " of %s is damaged, so that the comparison starts anew: %s",
		 rel_writable_text(r->branch), text);
	rel_screen_warn(r->job->call->screen, all.text);
}

static int read_last(struct run *r, struct rel_error *err)
{
	struct rel_error why = {0};
	int rc;

	rel_record_free(&r->last);
	rel_buf_clear(&r->last_text);
	r->has_last = false;
	rc = rel_writable_read(&r->last_text, r->branch, REL_STATUS_RECORD,
			       &why);
	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = rel_record_read(&r->last, rel_buf_str(&r->last_text),
				     REL_STATUS_RECORD, &why);
	r->has_last = rc == 0;
	if (rc == REL_EPARSE || rc == REL_ELIMIT) {
		warn_damaged(r, &why);
		return 0;
	}
	if (rc && err)
		*err = why;
	return rc;
}

/* The revisions of then, by layer; NULL where there is none. */
static const char *const *revisions(struct run *r)
{
	const struct rel_stack *stack = r->context.stacks.now;
	const char **since = rel_arena_array(
	    &r->arena, (size_t)stack->n_layers + 1, sizeof(*since));

	for (uint32_t i = 0; since && i < stack->n_layers; i++) {
		struct rel_str then = rel_record_revision(
		    &r->last, stack->layers[i].remote->name);

		since[i] =
		    then.len > 0 ? rel_arena_copy(&r->arena, then) : NULL;
	}
	return since;
}

static int build(struct run *r, struct rel_error *err)
{
	struct rel_report_build_options options = {
	    .command = "list-broken",
	    .seconds = (double)(rel_screen_now() - r->job->call->begun) / 1000};
	int rc = 0;

	rel_arena_reset(&r->arena);
	if (r->has_last) {
		options.since = revisions(r);
		rc = options.since
			 ? rel_record_compare(r->survey, &r->last, err)
			 : rel_fail_nomem(err);
	} else {
		rel_record_forget(r->survey);
	}
	if (rc == 0)
		rc = rel_report_build(&r->report, r->survey, &options,
				      &r->arena, err);
	return rc;
}

static int write_files(struct run *r, struct rel_error *err)
{
	struct rel_report_style style = {.width = 80};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < N_KEPT; i++) {
		struct rel_sink sink = rel_sink_of_buf(&r->files[i]);

		rel_buf_clear(&r->files[i]);
		rc = rel_report_write(&r->report, kept[i].format, &style, &sink,
				      err);
	}
	return rc;
}

static void add_count(struct rel_buf *out, size_t n, const char *what)
{
	if (n > 0)
		rel_buf_printf(out, "%s%zu %s", out->len > 0 ? ", " : "", n,
			       what);
}

/* Targets are counted once for each environment, as verdicts are. */
static void add_targets(struct rel_buf *out, const struct rel_report *report)
{
	size_t unmet = 0, fixed = 0;

	for (size_t i = 0; i < report->n_targets; i++) {
		const struct rel_target_result *r = &report->targets[i];

		unmet += rel_target_is_finding(r);
		fixed += r->status == REL_SAT_YES && r->before == REL_SAT_NO;
	}
	add_count(out, unmet, "newly unmet");
	add_count(out, fixed, "met again");
}

/* "2 newly broken, 1 fixed", and what was compared. */
static void compose_message(struct rel_buf *out, const struct run *r)
{
	const struct rel_report *report = &r->report;
	const struct rel_report_tally *counts = &report->tally;

	if (report->since) {
		add_count(out, counts->newly_broken, "newly broken");
		add_count(out, rel_section_count(report, REL_SECTION_UNDECIDED),
			  "newly undecided");
		add_count(out,
			  rel_section_count(report, REL_SECTION_UNREADABLE),
			  "newly unreadable");
		add_count(out,
			  rel_section_count(report, REL_SECTION_UNAVAILABLE),
			  "no longer available");
		add_count(out, counts->fixed, "fixed");
		add_targets(out, report);
		if (out->len == 0)
			rel_buf_add_cstr(out, "Nothing changed");
	} else {
		rel_buf_printf(out, "%u broken, the first report",
			       (unsigned)counts->broken);
	}
	rel_buf_add_cstr(out, "\n\n");
	rel_counts_add(out, report);
	rel_buf_add_char(out, '\n');
	for (size_t i = 0; i < report->n_layers; i++)
		rel_buf_printf(out, "%s: %s\n", report->layers[i].name,
			       report->layers[i].revision);
}

static int commit(bool *raced, struct run *r, struct rel_error *err)
{
	struct rel_change files[N_KEPT + 1];
	struct rel_buf message;
	int rc;

	for (size_t i = 0; i < N_KEPT; i++)
		files[i] =
		    (struct rel_change){.path = kept[i].path,
					.content = rel_buf_str(&r->files[i]),
					.replace = true};
	files[N_KEPT] = (struct rel_change){.path = REL_STATUS_RECORD,
					    .content = rel_buf_str(&r->record),
					    .replace = true};
	rel_buf_init(&message, REL_LIMIT_CONFIG_BYTES);
	compose_message(&message, r);
	rc = rel_buf_status(&message, "message", err);
	if (rc == 0)
		rc = rel_status_write(raced, r->branch, files, N_KEPT + 1,
				      message.ptr, err);
	rel_buf_free(&message);
	return rc;
}

/* Compare with what the branch has now, and write unless it is the same. */
static int attempt(bool *raced, struct run *r, struct rel_error *err)
{
	int rc = read_last(r, err);

	*raced = false;
	if (rc == 0)
		rc = build(r, err);
	if (rc || (r->has_last && rel_str_eq(rel_buf_str(&r->last_text),
					     rel_buf_str(&r->record))))
		return rc;
	rc = write_files(r, err);
	if (rc == 0)
		rc = commit(raced, r, err);
	return rc == 0 && *raced ? rel_writable_refresh(r->branch, err) : rc;
}

static int record(struct run *r, struct rel_error *err)
{
	bool raced = true;
	int rc = open_branch(r, err);

	for (int i = 0; rc == 0 && raced && i < RACE_TRIES; i++)
		rc = attempt(&raced, r, err);
	if (rc == 0 && raced)
		rc = rel_fail(err, REL_ESTALE,
			      "branch " REL_STATUS_BRANCH
			      " of %s moved %d times meanwhile; try again",
			      rel_writable_text(r->branch), RACE_TRIES);
	return rc;
}

/* The report itself is what the job prints; a page of the job, where there is
 * one, has the summary. */
static int tell(struct run *r, struct rel_error *err)
{
	const struct rel_common *common = r->job->call->common;
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_output *output = &r->job->output;
	bool terminal = rel_output_is_stdout(output);
	struct rel_report_style style = {
	    .colour = rel_screen_colour(output->fd, common->color),
	    .verbose = common->verbose,
	    .width = terminal ? rel_screen_width(output->fd) : 0};
	struct rel_sink summary;
	int rc = 0;

	rel_screen_clear(r->job->call->screen);
	if (common->format)
		rc = rel_report_format_of(&format, common->format, err);
	if (rc == 0)
		rc = rel_report_write(&r->report, format, &style, &output->sink,
				      err);
	if (rc || !r->job->ci.summary)
		return rc;
	summary = rel_sink_of_buf(&r->job->writer.summary);
	return rel_report_write(&r->report, REL_REPORT_MARKDOWN, &style,
				&summary, err);
}

static int check(struct run *r, bool *found, struct rel_error *err)
{
	struct rel_stacks_request request = {.compare = true};
	int rc = rel_session_context(&r->context, r->job->call, err);

	if (rc == 0)
		rc = rel_context_read(&r->context, &request, err);
	if (rc == 0)
		rc = decide(r, err);
	if (rc == 0)
		rc = record(r, err);
	if (rc)
		return rc;
	*found = r->report.since && rel_report_has_news(&r->report);
	return tell(r, err);
}

int rel_ci_schedule(struct rel_ci_run *run, bool *found, struct rel_error *err)
{
	struct run r = {.job = run};
	int rc;

	rel_arena_init(&r.arena, REL_LIMIT_ARENA);
	rel_buf_init(&r.record, REL_LIMIT_RECORD_BYTES);
	rel_buf_init(&r.last_text, REL_LIMIT_RECORD_BYTES);
	for (size_t i = 0; i < N_KEPT; i++)
		rel_buf_init(&r.files[i], REL_LIMIT_ARENA);
	rc = check(&r, found, err);
	for (size_t i = 0; i < N_KEPT; i++)
		rel_buf_free(&r.files[i]);
	rel_record_free(&r.last);
	rel_buf_free(&r.last_text);
	rel_buf_free(&r.record);
	rel_writable_free(r.branch);
	rel_survey_free(r.survey);
	rel_context_close(&r.context);
	rel_arena_free(&r.arena);
	return rc;
}
