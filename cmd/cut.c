/* relctl cut: from a source revision to a release on the development remote. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "callbacks.h"
#include "command.h"
#include "output.h"
#include "release/cut/cut.h"
#include "session.h"

struct values {
	bool all, dry_run, resume, abort, status, allow_broken, no_changelog;
	bool date_changelog;
	bool older, no_push, yes, request;
	const char *branch, *sign, *notes;
	struct rel_list source;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "all", 0, all,
	     "Release every package of the source together"),
    {"source", 0, REL_OPTION_LIST, REL_VALUES_DIRECTORIES,
     offsetof(struct values, source), "DIR",
     "The checkout to release from, instead of this directory; repeated in "
     "the order of a train",
     NULL},
    REL_FLAG(values, "dry-run", 'n', dry_run,
	     "Write nothing; show the manifests as a diff"),
    REL_FLAG(values, "continue", 0, resume,
	     "Finish the cut that was interrupted"),
    REL_FLAG(values, "abort", 0, abort,
	     "Take back the cut that was interrupted"),
    REL_FLAG(values, "status", 0, status, "Show how far the last cut got"),
    REL_TEXT(values, "branch", 0, branch, "NAME",
	     "Write to this branch of the development remote, for review"),
    REL_FLAG(values, "request", 0, request,
	     "Write to a branch, and open a pull request for it"),
    REL_FLAG(values, "allow-broken", 0, allow_broken,
	     "Release although something breaks; it is recorded"),
    REL_FLAG(values, "no-changelog", 0, no_changelog,
	     "Release without an entry in the change log"),
    {"notes", 0, REL_OPTION_TEXT, REL_VALUES_FILES,
     offsetof(struct values, notes), "FILE",
     "Take the notes for tag and forge from this file (- is standard input), "
     "and not from the change log",
     NULL},
    REL_FLAG(values, "date-changelog", 0, date_changelog,
	     "Date the heading of the change log that says \"unreleased\""),
    REL_FLAG(values, "older", 0, older,
	     "Allow a version older than the newest released one"),
    REL_FLAG(
	values, "no-push", 0, no_push,
	"Leave the remote of the source alone: push neither commit nor tag"),
    {"sign", 0, REL_OPTION_TEXT, REL_VALUES_NONE, offsetof(struct values, sign),
     "KIND", "How the tag is signed, instead of what relctl.yml says",
     "none ssh gpg"},
    REL_FLAG(values, "yes", 'y', yes, "Do not ask before the first write"),
};

static const struct rel_example examples[] = {
    {"What would a release of foo change?", "cut --dry-run foo 1.2"},
    {"Release it", "cut foo 1.2"},
    {"Release the minor version after the newest", "cut foo minor"},
    {"Every package of the source under one version", "cut --all 2.0"},
    {"Two releases that need each other, checked in order",
     "cut --dry-run --source foo --source bar foo 2.0 + bar 1.1"},
    {"After a power cut", "cut --continue"},
};

/* One release of the command line. */
struct car {
	struct rel_cut_options options;
	const char **packages; /* malloc'd */
};

struct work {
	const struct rel_call *call;
	struct rel_callbacks callbacks;
	struct rel_context context;
	struct rel_output output;
	struct car *cars;
	size_t n_cars;
	struct rel_str notes; /* of --notes; ptr NULL = none */
	struct rel_arena arena;
};

static int check(const struct rel_call *call, struct rel_error *err)
{
	const struct values *v = call->values;
	unsigned modes = (unsigned)v->resume + v->abort + v->status;

	if (modes > 1 || (modes && v->dry_run))
		return rel_fail(err, REL_EUSAGE,
				"--continue, --abort, --status and --dry-run "
				"exclude each other");
	if (modes && call->n_arguments)
		return rel_fail(err, REL_EUSAGE,
				"--%s takes no packages: the journal knows "
				"them",
				v->resume  ? "continue"
				: v->abort ? "abort"
					   : "status");
	if ((v->abort || v->status) && v->request)
		return rel_fail(err, REL_EUSAGE,
				"--request goes with a release, or with "
				"--continue");
	if (modes && v->notes)
		return rel_fail(err, REL_EUSAGE,
				"--notes goes with a release: the journal of "
				"one that was begun has them");
	if (!modes && call->n_arguments == 0)
		return rel_fail(err, REL_EUSAGE,
				v->all ? "--all needs the version to release"
				       : "say what to release: PKG[,PKG...] "
					 "VERSION, or --all VERSION");
	return 0;
}

/* "a,b" → names. */
static int split(struct car *car, const char *text, struct rel_arena *arena,
		 struct rel_error *err)
{
	struct rel_str rest = rel_str_of(text);
	size_t n = 0;

	car->packages =
	    rel_arena_array(arena, rest.len + 1, sizeof(*car->packages));
	if (!car->packages)
		return rel_fail_nomem(err);
	while (rest.ptr) {
		struct rel_str name = rel_str_cut(&rest, ',');

		if (name.len == 0)
			return rel_fail(err, REL_EUSAGE,
					"\"%.80s\": an empty name of a "
					"package",
					text);
		car->packages[n] = rel_arena_copy(arena, name);
		if (!car->packages[n++])
			return rel_fail_nomem(err);
	}
	car->options.packages = car->packages;
	car->options.n_packages = n;
	return 0;
}

static int set_time(struct rel_cut_options *o, struct rel_error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;

	if (!text || !*text)
		return 0;
	errno = 0;
	o->time = strtoll(text, &end, 10);
	o->has_time = true;
	if (errno || *end || o->time < 0)
		return rel_fail(
		    err, REL_EUSAGE,
		    "SOURCE_DATE_EPOCH is not a time in seconds: \"%.40s\"",
		    text);
	return 0;
}

/* What all releases of one command line share. */
static int base_options(struct rel_cut_options *out, struct work *w, size_t i,
			struct rel_error *err)
{
	const struct values *v = w->call->values;
	uint32_t n = v->source.count;

	*out = (struct rel_cut_options){
	    .directory = n ? v->source.items[i < n ? i : n - 1] : NULL,
	    .allow_broken = v->allow_broken,
	    .no_changelog = v->no_changelog,
	    .date_changelog = v->date_changelog,
	    .notes = w->notes,
	    .older = v->older,
	    .no_push = v->no_push,
	    .branch = v->branch,
	    .request = v->request,
	    .sign = v->sign,
	    .attended = !v->yes && !v->dry_run && isatty(STDIN_FILENO),
	    .conf = &w->context.conf,
	    .remotes = w->context.remotes,
	    .n_remotes = w->context.n_remotes,
	    .reading = &w->context.reading,
	    .survey = rel_context_survey(&w->context),
	    .interactive = w->context.reading.interactive,
	    .callbacks = rel_callbacks_of(&w->callbacks),
	    .progress = &w->call->screen->progress,
	    .cancel = w->call->cancel};
	return set_time(out, err);
}

/* [PKG[,PKG...]] VERSION [+ …], or VERSION with --all. */
static int parse_cars(struct work *w, struct rel_error *err)
{
	const struct rel_call *call = w->call;
	const struct values *v = call->values;
	uint32_t at = 0;
	int rc = 0;

	w->cars = rel_arena_array(&w->arena, call->n_arguments + (size_t)1,
				  sizeof(*w->cars));
	if (!w->cars)
		return rel_fail_nomem(err);
	while (rc == 0 && at < call->n_arguments) {
		struct car *car = &w->cars[w->n_cars];
		uint32_t words = 0;

		while (at + words < call->n_arguments &&
		       strcmp(call->arguments[at + words], "+") != 0)
			words++;
		if (words == 0 || words > (v->all ? 1 : 2))
			return rel_fail(err, REL_EUSAGE,
					"write %sVERSION, and + between two "
					"releases",
					v->all ? "" : "PKG[,PKG...] ");
		rc = base_options(&car->options, w, w->n_cars, err);
		if (rc == 0 && words == 2)
			rc = split(car, call->arguments[at], &w->arena, err);
		car->options.one = words == 1 && !v->all;
		car->options.version = call->arguments[at + words - 1];
		w->n_cars++;
		at += words + 1;
		if (rc == 0 && at == call->n_arguments)
			rc = rel_fail(err, REL_EUSAGE,
				      "a release is missing after the last +");
	}
	if (rc == 0 && w->n_cars > 1 && !v->dry_run)
		rc = rel_fail(err, REL_EUSAGE,
			      "several releases at once can only be tried: "
			      "add --dry-run; then cut them one by one");
	return rc;
}

static int write_text(struct work *w, const struct rel_buf *text,
		      struct rel_error *err)
{
	struct rel_sink *sink = &w->output.sink;
	int rc;

	rel_screen_clear(w->call->screen);
	rc = sink->write(sink->context, text->ptr ? text->ptr : "", text->len,
			 err);
	return rc ? rc : rel_output_commit(&w->output, err);
}

static int preview(struct work *w, bool *found, struct rel_error *err)
{
	const struct rel_cut_options **cars =
	    rel_arena_array(&w->arena, w->n_cars + 1, sizeof(*cars));
	struct rel_buf text;
	int rc;

	if (!cars)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < w->n_cars; i++)
		cars[i] = &w->cars[i].options;
	rel_buf_init(&text, REL_LIMIT_ARENA);
	rc = rel_cut_preview(&text, found, cars, w->n_cars, err);
	if (rc == 0 && !*found)
		rc = write_text(w, &text, err);
	rel_buf_free(&text);
	return rc;
}

static int closing_words(struct work *w, const struct rel_cut_result *r,
			 struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_MIB);
	if (r->outcome == REL_CUT_ALREADY)
		rel_buf_add_cstr(&text, "released already, nothing done:");
	else
		rel_buf_add_cstr(&text, "released");
	for (size_t i = 0; i < r->n_packages; i++)
		rel_buf_printf(&text, " %s", r->packages[i]);
	rel_buf_printf(&text, "\n  tag      %s, commit %s\n", r->tag,
		       r->commit);
	if (r->archive)
		rel_buf_printf(&text, "  archive  %s\n", r->archive);
	if (r->size)
		rel_buf_printf(&text, "           %llu bytes, sha256=%s\n",
			       (unsigned long long)r->size, r->sha256);
	rel_buf_printf(&text, "  remote   %s (%s)", r->remote, r->remote_text);
	if (r->branch)
		rel_buf_printf(&text, ", branch %s for review", r->branch);
	if (r->request)
		rel_buf_printf(&text, "\n  request  %s", r->request);
	if (r->try_branch)
		rel_buf_printf(&text, "\n  try it   %s", r->try_branch);
	rel_buf_printf(&text, "\n  use it   %s%s%s%s\n",
		       r->branch ? "once " : "", r->branch ? r->branch : "",
		       r->branch ? " is merged: " : "", r->use);
	rc = rel_buf_status(&text, "the closing words", err);
	if (rc == 0)
		rc = write_text(w, &text, err);
	rel_buf_free(&text);
	return rc;
}

static int make(struct work *w, bool *found, struct rel_error *err)
{
	const struct values *v = w->call->values;
	struct rel_cut_result result;
	struct rel_cut_options plain;
	int rc = base_options(&plain, w, 0, err);

	if (rc)
		return rc;
	rc = v->resume ? rel_cut_continue(&result, &plain, err)
		       : rel_cut_run(&result, &w->cars[0].options, err);
	*found = rc == 0 && result.outcome == REL_CUT_STOPPED;
	if (rc == 0 && !*found)
		rc = closing_words(w, &result, err);
	rel_cut_result_free(&result);
	return rc;
}

/* --notes: a file, a pipe, or the standard input. */
static int read_notes(struct work *w, struct rel_buf *text,
		      struct rel_error *err)
{
	const struct values *v = w->call->values;
	struct rel_sink sink = rel_sink_of_buf(text);
	uint64_t size = 0;
	int fd = STDIN_FILENO, rc;

	if (!v->notes)
		return 0;
	if (strcmp(v->notes, "-") != 0)
		fd = open(v->notes, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return rel_fail_errno(err, errno, v->notes, "cannot open");
	rc = rel_sink_pour(&size, &sink, fd, v->notes, w->call->cancel, err);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc == REL_ELIMIT)
		rc = rel_fail(err, rc,
			      "the notes in %s are longer than %u KiB; shorten "
			      "them, and say where the rest is",
			      v->notes,
			      (unsigned)(REL_LIMIT_NOTES_FILE_BYTES / REL_KIB));
	w->notes = rel_buf_str(text);
	return rc;
}

static int act(struct work *w, bool *found, struct rel_error *err)
{
	const struct values *v = w->call->values;
	struct rel_cut_options plain;
	int rc = base_options(&plain, w, 0, err);

	if (rc)
		return rc;
	if (v->status)
		return rel_cut_status(found, &plain, err);
	if (v->abort)
		return rel_cut_abort(&plain, err);
	if (v->resume)
		return make(w, found, err);
	rc = parse_cars(w, err);
	if (rc)
		return rc;
	return v->dry_run ? preview(w, found, err) : make(w, found, err);
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct work w = {.call = call,
			 .callbacks = {call, v->yes, "not released"},
			 .output = {.fd = -1}};
	struct rel_buf notes;
	int rc = check(call, err);

	if (rc)
		return rc;
	rel_buf_init(&notes, REL_LIMIT_NOTES_FILE_BYTES);
	rel_arena_init(&w.arena, REL_LIMIT_ARENA);
	rc = rel_session_context(&w.context, call, err);
	if (rc == 0)
		rc = rel_output_open(&w.output, call->common->output, err);
	if (rc == 0)
		rc = read_notes(&w, &notes, err);
	if (rc == 0)
		rc = act(&w, found, err);
	rel_output_abort(&w.output);
	rel_context_close(&w.context);
	rel_arena_free(&w.arena);
	rel_buf_free(&notes);
	return rc;
}

const struct rel_command rel_command_cut = {
    .name = "cut",
    .group = "Release",
    .summary = "release packages to the development remote",
    .arguments = "[PKG[,PKG...]] VERSION",
    .words = "minor patch major prerelease",
    .description =
	"Release packages of the current checkout: set the version, "
	"tag, make the archive, publish it, push, and write the manifests "
	"onto the development remote, which is the last write and makes the "
	"release. Nothing is written when the release, or anything that "
	"depends on it, could not be installed. A cut that was interrupted "
	"at any point is finished by --continue, or taken back by --abort.",
    .max_arguments = UINT32_MAX,
    .formats = "text",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
