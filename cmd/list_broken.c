/* relctl list-broken: what cannot be installed, why, and what changed. */
#include "base/arena.h"
#include "base/limits.h"
#include "command.h"
#include "dump_case.h"
#include "report/build.h"
#include "report/obsolete.h"
#include "report/view.h"
#include "session.h"

struct values {
	bool recursive, direct, all, latest, cycles, is_short, mine, whole,
	    worktree, obsolete;
	const char *dump_case, *maintainer;
	struct rel_list since, with, without;
};

static const struct rel_option options[] = {
    REL_FLAG(
	values, "all", 0, all,
	"Check every version of the stack, not only those that the development "
	"remotes have or touch; list in full what is broken without them too"),
    REL_FLAG(values, "obsolete", 0, obsolete,
	     "List only the versions that the next one replaces for whatever "
	     "depends on them, and that need no less"),
    REL_FLAG(values, "latest", 0, latest,
	     "Only the newest version of each package"),
    REL_FLAG(
	values, "recursive", 0, recursive,
	"With PKG: whatever reaches it through dependencies (the default)"),
    REL_FLAG(values, "direct", 0, direct,
	     "With PKG: only what depends on it itself"),
    REL_LIST(
	values, "since", 0, since, "[NAME@]REV",
	"Show what changed since revision REV of the development remote, or of "
	"remote NAME; repeated for several remotes"),
    {"with", 0, REL_OPTION_MANIFESTS, REL_VALUES_FILES,
     offsetof(struct values, with), "FILE...",
     "What if: as if these manifests were released on top of all remotes; "
     "shows what that changes",
     NULL},
    REL_LIST(values, "without", 0, without, "PKG[.VER]",
	     "What if: as if this were not there; shows what that changes; "
	     "repeated"),
    REL_FLAG(values, "whole", 0, whole,
	     "With --with or --without: all that is broken then, not only what "
	     "changes"),
    REL_FLAG(
	values, "worktree", 0, worktree,
	"Read the files of a development remote that is a work tree as they "
	"lie there, not as they are committed"),
    REL_FLAG(values, "cycles", 0, cycles,
	     "Show only cycles in the build order"),
    REL_FLAG(values, "short", 0, is_short,
	     "Only names, one NAME.VERSION a line"),
    REL_FLAG(
	values, "mine", 0, mine,
	"Only names of what the development remotes are to blame for: their "
	"own versions that are broken, and upstream's that they break"),
    {"maintainer", 0, REL_OPTION_TEXT, REL_VALUES_NONE,
     offsetof(struct values, maintainer), "REGEX",
     "Only versions with a maintainer that this extended regular expression "
     "matches, in upper or lower case",
     NULL},
    {"dump-case", 0, REL_OPTION_TEXT, REL_VALUES_FILES,
     offsetof(struct values, dump_case), "FILE",
     "Also write a small repository in which PKG.VER, or else the first root, "
     "has the same verdict for the same reason, as a test of relctl",
     NULL},
};

static const struct rel_example examples[] = {
    {"What is broken, with the remotes of relctl.yml", "list-broken"},
    {"What the last commit of the development remote changed",
     "list-broken --since HEAD~1"},
    {"An overlay over an upstream repository, without configuration",
     "list-broken --remote ours=./overlay,development "
     "--remote default=https://opam.ocaml.org,upstream"},
    {"What depends on foo and is broken", "list-broken foo"},
    {"What a release would break or repair", "list-broken --with foo.opam"},
    {"Could foo 1.0 be removed?", "list-broken --all --without foo.1.0"},
    {"Annotations on the lines of a pull request",
     "list-broken --since origin/main --format github"},
};

static int check(const struct rel_call *call, struct rel_error *err)
{
	const struct values *v = call->values;

	if (v->direct && v->recursive)
		return rel_fail(err, REL_EUSAGE,
				"--direct and --recursive exclude each other");
	if ((v->direct || v->recursive) && call->n_arguments == 0)
		return rel_fail(err, REL_EUSAGE,
				"--%s says which dependents of a package are "
				"meant; name the package",
				v->direct ? "direct" : "recursive");
	if (v->obsolete && (v->cycles || v->mine || v->all || v->latest ||
			    v->direct || v->recursive || v->since.count ||
			    v->maintainer || call->n_arguments))
		return rel_fail(err, REL_EUSAGE,
				"--obsolete is about the whole stack; of the "
				"other options that choose what is listed only "
				"--short goes with it");
	if (v->obsolete && call->common->format &&
	    strcmp(call->common->format, "text") != 0 &&
	    strcmp(call->common->format, "json") != 0)
		return rel_fail(err, REL_EUSAGE,
				"--obsolete has the formats text and json, "
				"not %s",
				call->common->format);
	if (v->mine && (v->is_short || v->cycles))
		return rel_fail(err, REL_EUSAGE,
				"--mine and --%s exclude each other",
				v->is_short ? "short" : "cycles");
	if (v->mine && call->common->format)
		return rel_fail(err, REL_EUSAGE,
				"--mine lists names; with --format %s select "
				"by the fields \"own\" and \"origin\"",
				call->common->format);
	if (v->whole && !v->with.count && !v->without.count)
		return rel_fail(err, REL_EUSAGE,
				"--whole goes with --with or --without");
	return rel_session_check_short(call, v->is_short, err);
}

static bool is_finding(const struct rel_report *report, const struct values *v)
{
	if (v->cycles)
		return report->n_cycles > 0;
	for (size_t i = 0; v->mine && i < report->n_verdicts; i++) {
		const struct rel_report_verdict *verdict = &report->verdicts[i];

		if (verdict->section < REL_N_BROKEN_SECTIONS &&
		    rel_is_mine(report, verdict))
			return true;
	}
	if (v->mine)
		return false;
	if (!report->since)
		return report->counts.broken + report->counts.unreadable +
			       report->counts.undecided >
			   0 ||
		       rel_report_has_target(report);
	return rel_report_has_news(report);
}

static int write_report(struct rel_session *session,
			const struct rel_report *report, struct rel_error *err)
{
	const struct values *v = session->call->values;
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	int rc = rel_session_begin(&style, &format, session,
				   v->is_short || v->mine, err);

	style.cycles_only = v->cycles;
	style.all = v->all;
	style.mine = v->mine;
	if (rc == 0)
		rc = rel_report_write(report, format, &style,
				      &session->output.sink, err);
	return rc ? rc : rel_output_commit(&session->output, err);
}

/* --short lists what is broken, and this is not known to be. */
static void warn_undecided(struct rel_session *session, uint32_t count)
{
	char text[REL_ERROR_TEXT_MAX];

	snprintf(text, sizeof(text),
		 "%u version%s undecided and not listed; without --short the "
		 "report names %s",
		 (unsigned)count, count == 1 ? " is" : "s are",
		 count == 1 ? "it" : "them");
	rel_screen_warn(session->call->screen, text);
}

/* "with foo.opam, without bar.1"; NULL where that is not what is asked. */
static int what_if(const char **out, const struct rel_call *call,
		   struct rel_arena *arena, struct rel_error *err)
{
	const struct values *v = call->values;
	const struct rel_list *lists[] = {&v->with, &v->without};
	static const char *const words[] = {"with ", "without "};
	struct rel_buf text;
	int rc;

	*out = NULL;
	if (v->whole || v->since.count || (!v->with.count && !v->without.count))
		return 0;
	rel_buf_init(&text, REL_MIB);
	for (size_t k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < lists[k]->count; i++) {
			rel_buf_add_cstr(&text, text.len ? ", " : "");
			rel_buf_add_cstr(&text, i == 0 ? words[k] : "");
			rel_buf_add_cstr(&text, lists[k]->items[i]);
		}
	}
	rc = rel_buf_status(&text, "--with", err);
	if (rc == 0)
		*out = rel_arena_copy(arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return rc || *out ? rc : rel_fail_nomem(err);
}

static int report_survey(struct rel_session *session,
			 const struct rel_survey *survey, bool *found,
			 struct rel_error *err)
{
	const struct rel_call *call = session->call;
	const struct values *v = call->values;
	struct rel_report_build_options build = {
	    .command = call->command->name,
	    .verbose = call->common->verbose,
	    .since = session->context.stacks.since,
	    .seconds = (double)(rel_screen_now() - call->begun) / 1000};
	struct rel_report report;
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = what_if(&build.what_if, call, &arena, err);
	if (rc == 0)
		rc = rel_report_build(&report, survey, &build, &arena, err);
	if (rc == 0) {
		*found = is_finding(&report, v);
		if (v->is_short && report.counts.undecided)
			warn_undecided(session, report.counts.undecided);
		rc = write_report(session, &report, err);
	}
	if (rc == 0 && v->dump_case)
		rc = rel_dump_case(session, survey, &report, v->dump_case, err);
	rel_arena_free(&arena);
	return rc;
}

/* Text shows only the reasons of what is newly broken. */
static enum rel_survey_reasons reasons_wanted(const struct rel_call *call)
{
	const struct values *v = call->values;
	const struct rel_common *common = call->common;
	bool text = !common->format || strcmp(common->format, "text") == 0;

	if (v->dump_case)
		return REL_REASONS_ALL;
	if (v->cycles || v->is_short || v->mine)
		return REL_REASONS_NONE;
	return text && !common->verbose ? REL_REASONS_NEWS : REL_REASONS_ALL;
}

static int survey(struct rel_session *session, bool *found,
		  struct rel_error *err)
{
	const struct rel_call *call = session->call;
	const struct rel_stacks *stacks = &session->context.stacks;
	const struct values *v = call->values;
	struct rel_survey_options opt = rel_context_survey(&session->context);
	struct rel_survey *result = NULL;
	int rc;

	opt.scope = (struct rel_scope_options){.all = v->all,
					       .latest = v->latest,
					       .packages = call->arguments,
					       .n_packages = call->n_arguments,
					       .direct = v->direct,
					       .maintainer = v->maintainer};
	opt.cycles = v->cycles || !(v->is_short || v->mine);
	opt.reasons = reasons_wanted(call);
	if (v->is_short || v->mine || v->cycles || v->maintainer ||
	    call->n_arguments)
		opt.n_targets = 0;
	rc = rel_survey_run(&result, stacks->now, stacks->alone, stacks->before,
			    &opt, err);

	/* a PKG that is not there */
	if (rc == REL_ENOTFOUND)
		rc = REL_EUSAGE;
	if (rc == 0)
		rc = report_survey(session, result, found, err);
	rel_survey_free(result);
	return rc;
}

/* Of those found, what is so in this universe too. */
static int keep_obsolete(struct rel_obsolete *found, uint32_t *n,
			 struct rel_universe *universe,
			 const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_obsolete *here = NULL;
	uint32_t n_here = 0, kept = 0, k = 0;
	int rc = rel_obsolete_find(&here, &n_here, universe, cancel, err);

	for (uint32_t i = 0; rc == 0 && i < *n; i++) {
		while (k < n_here && here[k].package < found[i].package)
			k++;
		if (k < n_here && here[k].package == found[i].package)
			found[kept++] = found[i];
	}
	*n = kept;
	free(here);
	return rc;
}

static int write_obsolete(struct rel_session *session,
			  const struct rel_universe *universe,
			  const struct rel_obsolete *found, uint32_t n,
			  struct rel_error *err)
{
	const struct values *v = session->call->values;
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	int rc = rel_session_begin(&style, &format, session, v->is_short, err);

	if (rc == 0)
		rc = rel_report_write_obsolete(universe, found, n, format,
					       &style, &session->output.sink,
					       err);
	return rc ? rc : rel_output_commit(&session->output, err);
}

/* Packages have the same numbers in every environment's universe. */
static int list_obsolete(struct rel_session *session, bool *any,
			 struct rel_error *err)
{
	const struct rel_context *context = &session->context;
	const struct rel_cancel *cancel = session->call->cancel;
	struct rel_universe *universe = NULL;
	struct rel_obsolete *found = NULL;
	uint32_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < context->n_environments; i++) {
		rel_universe_free(universe);
		universe = NULL;
		rc = rel_universe_build(&universe, context->stacks.now,
					&context->environments[i], cancel, err);
		if (rc == 0 && i == 0)
			rc = rel_obsolete_find(&found, &n, universe, cancel,
					       err);
		else if (rc == 0)
			rc = keep_obsolete(found, &n, universe, cancel, err);
	}
	if (rc == 0)
		rc = write_obsolete(session, universe, found, n, err);
	*any = n > 0;
	free(found);
	rel_universe_free(universe);
	return rc;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_stacks_request request = {.since = v->since.items,
					     .n_since = v->since.count,
					     .with = v->with.items,
					     .n_with = v->with.count,
					     .without = v->without.items,
					     .n_without = v->without.count,
					     .compare =
						 !v->cycles && !v->is_short,
					     .worktree = v->worktree,
					     .uncommitted = true};
	struct rel_session session;
	int rc = check(call, err);

	if (rc)
		return rc;
	request.before = !v->whole && (v->with.count || v->without.count);
	rc = rel_session_open(&session, call, &request, err);
	if (rc == 0)
		rc = v->obsolete ? list_obsolete(&session, found, err)
				 : survey(&session, found, err);
	rel_session_close(&session);
	return rc;
}

const struct rel_command rel_command_list_broken = {
    .name = "list-broken",
    .group = "Ask",
    .summary = "list what cannot be installed, why, and what changed",
    .arguments = "[PKG[.VER]...]",
    .description =
	"List the package versions that cannot be installed, with the causes "
	"that many of them share. Every version in the development remotes is "
	"checked, and every upstream version that reaches one through its "
	"dependencies; a lone remote is checked as a whole. With "
	"PKG, only it and what depends on it. With --since, only what changed "
	"counts as a finding.",
    .max_arguments = UINT32_MAX,
    .formats = "text json csv dot github junit html markdown sarif",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
