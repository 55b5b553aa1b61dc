/* relctl init: relctl.yml and a workflow for a project or a remote. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "command.h"
#include "output.h"
#include "scaffold/scaffold.h"

struct values {
	bool remote, project, force;
	const char *ci, *development, *upstream, *source;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "project", 0, project,
	     "This is a source project, which is released from"),
    REL_FLAG(values, "remote", 0, remote,
	     "This is a development remote, which is released to"),
    {"ci", 0, REL_OPTION_TEXT, REL_VALUES_NONE, offsetof(struct values, ci),
     "SYSTEM",
     "Write the workflow of this CI system, instead of the one that is in use",
     REL_SCAFFOLD_CI},
    {"development", 0, REL_OPTION_TEXT, REL_VALUES_DIRECTORIES,
     offsetof(struct values, development), "LOCATION",
     "The development remote that the project is released to", NULL},
    {"upstream", 0, REL_OPTION_TEXT, REL_VALUES_DIRECTORIES,
     offsetof(struct values, upstream), "LOCATION",
     "The upstream remote below it; " REL_SCAFFOLD_UPSTREAM, NULL},
    REL_TEXT(values, "relctl", 0, source, "URL[#REVISION]",
	     "The git repository from which workflows get relctl's source"),
    REL_FLAG(values, "force", 0, force, "Replace files that are there"),
};

static const struct rel_example examples[] = {
    {"In a source project on GitHub",
     "init --project --ci github "
     "--development git+https://github.com/example/opam-overlay.git"},
    {"In a development remote, finding out by looking", "init"},
};

struct work {
	const struct rel_call *call;
	const struct values *given;
	struct rel_output output;
	struct rel_scaffold_facts facts;
	struct rel_scaffold_choice choice;
	struct rel_scaffold_plan plan;
	struct rel_arena answers;
	bool asks; /* somebody is there to ask */
};

/*
 * Ask on the terminal.  preset  what an empty answer means; may be NULL
 * *out is NULL when there is neither.
 */
static int ask(const char **out, struct work *w, const char *question,
	       const char *preset, struct rel_error *err)
{
	char line[1024];
	struct rel_str answer;

	*out = preset;
	rel_screen_put(w->call->screen, "%s%s%s%s ", question,
		       preset && *preset ? " [" : "", preset ? preset : "",
		       preset && *preset ? "]" : "");
	if (!fgets(line, sizeof(line), stdin))
		return rel_fail(err, REL_ECANCELLED, "nothing is written");
	answer = rel_str_trim(rel_str_of(line));
	if (answer.len == 0)
		return 0;
	*out = rel_arena_copy(&w->answers, answer);
	return *out ? 0 : rel_fail_nomem(err);
}

static int check(const struct rel_call *call, struct rel_error *err)
{
	const struct values *v = call->values;

	if (call->common->remotes.count || call->common->config)
		return rel_fail(err, REL_EUSAGE,
				"init writes relctl.yml; --remote LOCATION and "
				"--config are for the other commands");
	if (v->remote && v->project)
		return rel_fail(err, REL_EUSAGE,
				"--remote and --project exclude each other");
	if (v->remote && v->development)
		return rel_fail(err, REL_EUSAGE,
				"--development is for a project; a remote is "
				"its own");
	return 0;
}

static int choose_kind(struct work *w, struct rel_error *err)
{
	const struct rel_scaffold_facts *f = &w->facts;
	const char *answer;
	int rc;

	w->choice.remote = w->given->remote;
	if (w->given->remote || w->given->project)
		return 0;
	w->choice.remote = f->is_remote;
	if (f->is_remote != f->is_project)
		return 0;
	if (!w->asks)
		return rel_fail(
		    err, REL_EUSAGE,
		    f->is_remote
			? "%.300s has what a project has and what a remote "
			  "has; say --project or --remote"
			: "%.300s has neither opam files nor packages/; say "
			  "--project or --remote",
		    f->root);
	rc =
	    ask(&answer, w, "Is this a source project or a development remote?",
		"project", err);
	w->choice.remote = rc == 0 && strcmp(answer, "remote") == 0;
	if (rc == 0 && !w->choice.remote && strcmp(answer, "project") != 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "answer \"project\" or \"remote\"");
	return rc;
}

static bool is_ci(const char *name)
{
	struct rel_str rest = REL_STR(REL_SCAFFOLD_CI);

	while (rest.ptr) {
		if (rel_str_is(rel_str_cut(&rest, ' '), name))
			return true;
	}
	return false;
}

static int choose_ci(struct work *w, struct rel_error *err)
{
	const char *answer;
	int rc;

	w->choice.ci = w->given->ci ? w->given->ci : w->facts.ci;
	if (w->given->ci || !w->asks)
		return 0;
	rc = ask(&answer, w,
		 "A workflow for github, gitlab, forgejo, woodpecker or none?",
		 w->facts.ci ? w->facts.ci : "none", err);
	if (rc)
		return rc;
	w->choice.ci = strcmp(answer, "none") == 0 ? NULL : answer;
	if (w->choice.ci && !is_ci(answer))
		return rel_fail(err, REL_EUSAGE,
				"no CI system \"%.80s\" is known", answer);
	return 0;
}

static int choose_development(struct work *w, struct rel_error *err)
{
	const char *guess = w->facts.development;
	int rc = 0;

	w->choice.development = w->given->development;
	if (w->choice.remote || w->given->development)
		return 0;
	w->choice.development = guess;
	if (w->asks)
		rc = ask(&w->choice.development, w,
			 "Where is the development remote?", guess, err);
	else if (guess)
		rel_screen_warn(w->call->screen,
				"the development remote is a guess; say it "
				"with --development, or change relctl.yml");
	if (rc == 0 && !w->choice.development)
		rc = rel_fail(err, REL_EUSAGE,
			      "where do releases go?  Say it with "
			      "--development LOCATION");
	return rc;
}

static int choose_others(struct work *w, struct rel_error *err)
{
	int rc = 0;

	w->choice.upstream =
	    w->given->upstream ? w->given->upstream : REL_SCAFFOLD_UPSTREAM;
	w->choice.source = w->given->source ? w->given->source : "";
	if (w->asks && !w->given->upstream)
		rc = ask(&w->choice.upstream, w, "Where is upstream?",
			 REL_SCAFFOLD_UPSTREAM, err);
	if (rc == 0 && w->asks && w->choice.ci && !w->given->source)
		rc = ask(&w->choice.source, w,
			 "From which git repository do workflows get relctl?",
			 "", err);
	return rc;
}

/* What was found, before anything is asked or written. */
static void tell_facts(const struct work *w)
{
	const struct rel_scaffold_facts *f = &w->facts;

	if (w->call->common->quiet)
		return;
	rel_screen_put(w->call->screen, "found    %s %s in %s\n",
		       w->choice.remote ? "development remote"
					: "source project",
		       f->name, f->root);
	if (*f->packages && !w->choice.remote)
		rel_screen_put(w->call->screen, "         packages %s\n",
			       f->packages);
	if (*f->origin)
		rel_screen_put(w->call->screen, "         origin %s\n",
			       f->origin);
	if (f->ci && !w->given->ci)
		rel_screen_put(w->call->screen,
			       "         %s: a workflow for %s\n",
			       f->ci_because, f->ci);
}

static int write_report(struct work *w, struct rel_error *err)
{
	struct rel_str todo = rel_buf_str(&w->plan.todo);
	struct rel_sink *sink = &w->output.sink;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_MIB);
	for (size_t i = 0; i < w->plan.n_files; i++)
		rel_buf_printf(&text, "%-9s%s\n",
			       w->plan.files[i].same	 ? "same"
			       : w->plan.files[i].exists ? "replaced"
							 : "wrote",
			       w->plan.files[i].path);
	while (todo.len) {
		struct rel_str line = rel_str_cut(&todo, '\n');

		rel_buf_printf(&text, "to do    %.*s\n", REL_STR_ARG(line));
	}
	rc = rel_buf_status(&text, "the report", err);
	if (rc == 0)
		rc = sink->write(sink->context, text.ptr ? text.ptr : "",
				 text.len, err);
	rel_buf_free(&text);
	return rc ? rc : rel_output_commit(&w->output, err);
}

static void warn_trouble(const struct work *w)
{
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX + 80];

	if (w->choice.remote || *w->facts.trouble == '\0')
		return;
	snprintf(text, sizeof(text), "nothing can be released yet: %s",
		 w->facts.trouble);
	rel_screen_warn(w->call->screen, text);
}

static int scaffold(struct work *w, struct rel_error *err)
{
	int rc = rel_scaffold_look(&w->facts, ".", err);

	if (rc == 0)
		rc = choose_kind(w, err);
	if (rc)
		return rc;
	tell_facts(w);
	rc = choose_ci(w, err);
	if (rc == 0)
		rc = choose_development(w, err);
	if (rc == 0)
		rc = choose_others(w, err);
	if (rc == 0)
		rc = rel_scaffold_plan(&w->plan, &w->facts, &w->choice, err);
	if (rc == 0)
		rc = rel_scaffold_write(&w->plan, w->facts.root,
					w->given->force, err);
	if (rc)
		return rc;
	warn_trouble(w);
	return write_report(w, err);
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	struct work w = {.call = call,
			 .given = call->values,
			 .output = {.fd = -1},
			 .asks = !call->common->quiet && isatty(STDIN_FILENO) &&
				 isatty(STDERR_FILENO)};
	int rc = check(call, err);

	*found = false;
	if (rc)
		return rc;
	rel_arena_init(&w.answers, REL_LIMIT_CONF_ARENA);
	rc = rel_output_open(&w.output, call->common->output, err);
	if (rc == 0)
		rc = scaffold(&w, err);
	rel_output_abort(&w.output);
	rel_scaffold_plan_free(&w.plan);
	rel_scaffold_facts_free(&w.facts);
	rel_arena_free(&w.answers);
	return rc;
}

const struct rel_command rel_command_init = {
    .name = "init",
    .group = "Run",
    .summary = "write relctl.yml and a CI workflow",
    .arguments = "",
    .description =
	"Write relctl.yml, and the workflow of a CI system, for the source "
	"project or the development remote in this directory. What it is, its "
	"names and addresses are detected from its files and from "
	"git's remotes; on a terminal the rest is asked. Files that are there "
	"already are left alone, and then nothing is written at all, unless "
	"--force is given.",
    .max_arguments = 0,
    .formats = "text",
    .n_source_options = REL_N_DIRECTORY_OPTIONS,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
