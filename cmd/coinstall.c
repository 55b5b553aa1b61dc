/* relctl coinstall: can these be installed together? */
#include "base/limits.h"
#include "command.h"
#include "report/targets.h"
#include "session.h"

struct values {
	struct rel_list with, without;
};

static const struct rel_option options[] = {
    {"with", 0, REL_OPTION_MANIFESTS, REL_VALUES_FILES,
     offsetof(struct values, with), "FILE...",
     "What if: as if these manifests were released on top of all remotes",
     NULL},
    REL_LIST(values, "without", 0, without, "PKG[.VER]",
	     "What if: as if this were not there; repeated"),
};

static const struct rel_example examples[] = {
    {"Can one switch have both?", "coinstall mirage-xen lwt.5.9.1"},
    {"With which versions of all they need?",
     "coinstall 'ocaml<5' dune merlin --verbose"},
    {"Could it still, with this release of foo?",
     "coinstall foo bar --with foo.opam"},
};

static int write_answer(struct rel_session *session,
			const struct rel_report_targets *targets,
			struct rel_error *err)
{
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	int rc = rel_session_begin(&style, &format, session, false, err);

	if (rc == 0)
		rc = rel_report_write_targets(targets, format, &style,
					      &session->output.sink, err);
	return rc ? rc : rel_output_commit(&session->output, err);
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	const struct rel_stacks_request request = {.with = v->with.items,
						   .n_with = v->with.count,
						   .without = v->without.items,
						   .n_without =
						       v->without.count};
	const struct rel_target target = {.packages = call->arguments,
					  .n_packages = call->n_arguments};
	struct rel_report_targets targets = {0};
	struct rel_session session;
	struct rel_arena arena;
	int rc = rel_session_open(&session, call, &request, err);

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	targets.n_environments = session.context.n_environments;
	if (rc == 0)
		rc = rel_targets_check(
		    &targets.results, &targets.n_results, &target, 1,
		    session.context.stacks.now, session.context.environments,
		    session.context.n_environments, &arena, call->cancel, err);
	/* a PKG that is not there */
	if (rc == REL_ENOTFOUND)
		rc = REL_EUSAGE;
	if (rc == 0)
		rc = write_answer(&session, &targets, err);
	*found = rel_targets_unmet(&targets) > 0;
	rel_arena_free(&arena);
	rel_session_close(&session);
	return rc;
}

const struct rel_command rel_command_coinstall = {
    .name = "coinstall",
    .group = "Ask",
    .summary = "show whether packages can be installed together",
    .arguments = "PKG[.VER]...",
    .description =
	"Show whether one switch can have all these packages. If so, "
	"--verbose lists the versions of everything that is installed, the "
	"newest where there is a choice; if not, the facts that exclude each "
	"other and the largest part of the packages that can be installed "
	"are shown. A bound in quotes, as in 'PKG>=VER', allows several "
	"versions.",
    .min_arguments = 1,
    .max_arguments = UINT32_MAX,
    .formats = "text json",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
