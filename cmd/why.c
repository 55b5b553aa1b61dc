/* relctl why: why a package is broken, or how it comes to need another. */
#include "base/limits.h"
#include "command.h"
#include "report/build.h"
#include "report/walks.h"
#include "session.h"

/* Paths that are shown; with --verbose many more. */
#define PATHS_SHOWN   5
#define PATHS_VERBOSE 1000

struct values {
	bool depopts, with_test;
	struct rel_list with, without;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "depopts", 0, depopts,
	     "With DEP: follow optional dependencies too"),
    REL_FLAG(values, "with-test", 0, with_test,
	     "With DEP: follow the dependencies of tests too"),
    {"with", 0, REL_OPTION_MANIFESTS, REL_VALUES_FILES,
     offsetof(struct values, with), "FILE...",
     "What if: as if these manifests were released on top of all remotes",
     NULL},
    REL_LIST(values, "without", 0, without, "PKG[.VER]",
	     "What if: as if this were not there; repeated"),
};

static const struct rel_example examples[] = {
    {"Why can irmin-unix 1.0.2 not be installed?", "why irmin-unix.1.0.2"},
    {"Could this release of foo be installed?", "why foo --with foo.opam"},
    {"Why does vchan drag in a TCP stack?", "why vchan tcpip"},
};

/* Leave only `package` in the scope of the report. */
static int select_package(const struct rel_survey *survey, const char *package,
			  struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < survey->n_results; i++) {
		struct rel_survey_result *r = &survey->results[i];

		memset(r->selected, 0, rel_universe_size(r->universe));
		rc = rel_packages_mark(r->selected, r->universe, package, err);
	}
	return rc == REL_ENOTFOUND ? REL_EUSAGE : rc;
}

static int write_verdicts(struct rel_session *session,
			  const struct rel_survey *survey, bool *found,
			  struct rel_error *err)
{
	struct rel_report_build_options build = {
	    .command = session->call->command->name,
	    .verbose = true,
	    .since = session->context.stacks.since,
	    .seconds =
		(double)(rel_screen_now() - session->call->begun) / 1000};
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	struct rel_report report;
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_report_build(&report, survey, &build, &arena, err);
	if (rc == 0)
		rc = rel_session_begin(&style, &format, session, false, err);
	if (rc == 0) {
		*found = report.counts.broken + report.counts.unreadable +
			     report.counts.undecided >
			 0;
		rc = format == REL_REPORT_TEXT
			 ? rel_report_write_why(&report, &style,
						&session->output.sink, err)
			 : rel_report_write(&report, format, &style,
					    &session->output.sink, err);
	}
	if (rc == 0)
		rc = rel_output_commit(&session->output, err);
	rel_arena_free(&arena);
	return rc;
}

static int tell_verdicts(struct rel_session *session, bool *found,
			 struct rel_error *err)
{
	struct rel_survey_options opt = rel_context_survey(&session->context);
	struct rel_survey *survey = NULL;
	int rc;

	opt.scope.all = true;
	opt.n_targets = 0;
	opt.reasons = REL_REASONS_ALL;
	rc = rel_survey_run(&survey, session->context.stacks.now,
			    session->context.stacks.alone, NULL, &opt, err);

	if (rc == 0)
		rc = select_package(survey, session->call->arguments[0], err);
	if (rc == 0)
		rc = write_verdicts(session, survey, found, err);
	rel_survey_free(survey);
	return rc;
}

static int write_paths(struct rel_session *session,
		       const struct rel_universe *universe,
		       const struct rel_path *paths, uint32_t n_paths,
		       const struct rel_no_path *instead, struct rel_error *err)
{
	const struct rel_call *call = session->call;
	struct rel_report_walk walk = {.command = call->command->name,
				       .from = call->arguments[0],
				       .to = call->arguments[1],
				       .n_environments = 1};
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_session_environments(&walk.environments, session, &arena, err);
	if (rc == 0)
		rc = rel_report_chains(&walk, universe, paths, n_paths, &arena,
				       err);
	if (rc == 0 && n_paths == 0)
		rc = rel_report_no_path(&walk, universe, instead, &arena, err);
	if (rc == 0)
		rc = rel_session_begin(&style, &format, session, false, err);
	if (rc == 0)
		rc = rel_report_write_walk(&walk, format, &style,
					   &session->output.sink, err);
	if (rc == 0)
		rc = rel_output_commit(&session->output, err);
	rel_arena_free(&arena);
	return rc;
}

/* Of a bare name only the newest version is asked about. */
static void keep_newest(uint8_t *marks, uint32_t size)
{
	bool found = false;

	for (uint32_t i = size; i-- > 0;) {
		if (found)
			marks[i] = 0;
		found = found || marks[i];
	}
}

static int find_paths(struct rel_session *session,
		      struct rel_universe *universe, uint8_t *sources,
		      uint8_t *targets, struct rel_error *err)
{
	const struct rel_call *call = session->call;
	const struct values *v = call->values;
	unsigned flags = (v->depopts ? REL_EDGE_DEPOPTS : 0) |
			 (v->with_test ? REL_EDGE_WITH_TEST : 0);
	struct rel_edges edges = {0};
	struct rel_no_path instead = {0};
	struct rel_path *paths = NULL;
	uint32_t n_paths = 0;
	int rc = rel_packages_mark(sources, universe, call->arguments[0], err);

	if (rc == 0)
		rc = rel_packages_mark(targets, universe, call->arguments[1],
				       err);
	/* a PKG or DEP that is not there */
	if (rc == REL_ENOTFOUND)
		return REL_EUSAGE;
	keep_newest(sources, rel_universe_size(universe));
	if (rc == 0)
		rc = rel_universe_edges(&edges, universe, flags, call->cancel,
					err);
	if (rc == 0)
		rc = rel_paths_find(
		    &paths, &n_paths, universe, &edges, sources, targets,
		    call->common->verbose ? PATHS_VERBOSE : PATHS_SHOWN, err);
	if (rc == 0 && n_paths == 0)
		rc = rel_no_path_find(&instead, universe, sources, targets,
				      flags, call->cancel, err);
	if (rc == 0)
		rc = write_paths(session, universe, paths, n_paths, &instead,
				 err);
	rel_paths_free(paths, n_paths);
	rel_edges_free(&edges);
	return rc;
}

/* In the first environment: paths are the same in most. */
static int tell_paths(struct rel_session *session, struct rel_error *err)
{
	struct rel_universe *universe = NULL;
	uint8_t *sources = NULL, *targets = NULL;
	int rc = rel_universe_build(&universe, session->context.stacks.now,
				    &session->context.environments[0],
				    session->call->cancel, err);

	if (rc == 0) {
		size_t size = (size_t)rel_universe_size(universe) + 1;

		sources = calloc(size, 1);
		targets = calloc(size, 1);
		rc = sources && targets
			 ? find_paths(session, universe, sources, targets, err)
			 : rel_fail_nomem(err);
	}
	free(sources);
	free(targets);
	rel_universe_free(universe);
	return rc;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_stacks_request request = {.with = v->with.items,
					     .n_with = v->with.count,
					     .without = v->without.items,
					     .n_without = v->without.count,
					     .compare = call->n_arguments == 1};
	struct rel_session session;
	int rc = rel_session_open(&session, call, &request, err);

	if (rc == 0)
		rc = call->n_arguments == 1
			 ? tell_verdicts(&session, found, err)
			 : tell_paths(&session, err);
	rel_session_close(&session);
	return rc;
}

const struct rel_command rel_command_why = {
    .name = "why",
    .group = "Ask",
    .summary = "show why a package is broken, or why it needs another",
    .arguments = "PKG[.VER] [DEP[.VER]]",
    .description =
	"Show whether PKG can be installed, and if not, why: every fact, with "
	"the place in the manifest. With DEP, show by which dependencies PKG "
	"(its newest version, unless VER is given) reaches DEP.",
    .min_arguments = 1,
    .max_arguments = 2,
    .formats = "text json",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
