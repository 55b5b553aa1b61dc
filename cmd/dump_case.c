#include "dump_case.h"

#include "base/file.h"
#include "base/limits.h"
#include "check/reduce.h"
#include "opam/version.h"
#include "report/build.h"
#include "report/case.h"
#include "screen.h"

struct choice {
	const struct rel_survey_result *result;
	rel_pkg_id pkg;
};

static bool may_be_dumped(uint8_t verdict)
{
	return verdict == REL_BROKEN || verdict == REL_UNAVAILABLE ||
	       verdict == REL_PINNED_OUT;
}

/* "NAME.VERSION", in the first environment in which it cannot be installed;
 * false when the text is no version that is there. */
static bool choose(struct choice *out, const struct rel_survey *survey,
		   const char *text)
{
	struct rel_str name, version;

	*out = (struct choice){0};
	if (!rel_package_split(rel_str_of(text), &name, &version))
		return false;
	for (size_t i = 0; i < survey->n_results; i++) {
		const struct rel_survey_result *r = &survey->results[i];
		rel_pkg_id pkg = rel_universe_find(r->universe, name, version);

		if (pkg == REL_PKG_NONE)
			continue;
		if (!out->result ||
		    (may_be_dumped(r->verdicts[pkg]) &&
		     !may_be_dumped(out->result->verdicts[out->pkg])))
			*out = (struct choice){.result = r, .pkg = pkg};
	}
	return out->result != NULL;
}

/* What list-broken says of the world that is left. */
static int add_expected(struct rel_buf *text, const struct rel_session *session,
			const struct rel_reduced *reduced,
			struct rel_error *err)
{
	struct rel_survey_options opt = rel_context_survey(&session->context);
	struct rel_report_build_options build = {.command = "list-broken",
						 .verbose = reduced->verbose};
	struct rel_survey *survey = NULL;
	struct rel_report report;
	struct rel_arena arena;
	int rc;

	opt.scope = (struct rel_scope_options){.packages = &reduced->package,
					       .n_packages = 1};
	opt.environments = &reduced->environment;
	opt.n_environments = 1;
	opt.cycles = true;
	opt.reasons = REL_REASONS_ALL;
	opt.cache_dir = NULL;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_survey_run(&survey, reduced->stack, reduced->alone, NULL, &opt,
			    err);
	if (rc == 0)
		rc = rel_report_build(&report, survey, &build, &arena, err);
	if (rc == 0)
		rc = rel_report_case(text, &report, err);
	rel_survey_free(survey);
	rel_arena_free(&arena);
	return rc;
}

static int write_case(const struct rel_session *session,
		      const struct rel_reduced *reduced, const char *path,
		      struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_ARENA);
	rel_buf_printf(&text,
		       "# %s and what it takes to see its verdict.  The lines "
		       "after `expect` are relctl's\n# own: correct them where "
		       "they are wrong.\n",
		       reduced->package);
	rel_buf_add_str(&text, rel_buf_str(&reduced->text));
	rel_buf_add_cstr(&text, "expect\n");
	rc = add_expected(&text, session, reduced, err);
	if (rc == 0)
		rc = rel_file_put(path, rel_buf_str(&text), err);
	rel_buf_free(&text);
	return rc;
}

int rel_dump_case(const struct rel_session *session,
		  const struct rel_survey *survey,
		  const struct rel_report *report, const char *path,
		  struct rel_error *err)
{
	const struct rel_call *call = session->call;
	struct rel_reduced reduced = {0};
	struct choice choice;
	int rc;

	if (!(call->n_arguments == 1 &&
	      choose(&choice, survey, call->arguments[0])) &&
	    !(report->n_roots > 0 &&
	      choose(&choice, survey, report->roots[0].package))) {
		rel_screen_warn(call->screen,
				"nothing is broken, and no case is written");
		return 0;
	}
	rc = rel_reduce(&reduced, choice.result, choice.pkg,
			session->context.reading.cancel,
			session->context.reading.progress, err);
	if (rc == 0)
		rc = write_case(session, &reduced, path, err);
	rel_reduced_free(&reduced);
	return rc;
}
