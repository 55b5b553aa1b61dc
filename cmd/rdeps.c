/* relctl rdeps: what depends on a package. */
#include "base/limits.h"
#include "command.h"
#include "opam/version.h"
#include "repo/remote.h"
#include "report/walks.h"
#include "session.h"

struct values {
	bool recursive, depopts, post, with_test, is_short;
	const char *excluding;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "recursive", 0, recursive,
	     "Also what depends on it through others"),
    REL_FLAG(values, "depopts", 0, depopts, "Follow optional dependencies too"),
    REL_FLAG(
	values, "post", 0, post,
	"Follow {post} dependencies too: what is there in the end, but is not "
	"needed to build"),
    REL_FLAG(values, "with-test", 0, with_test,
	     "Follow the dependencies of tests too"),
    REL_TEXT(values, "excluding", 0, excluding, "VERSION",
	     "Only those that do not accept this version of PKG, which need "
	     "not exist"),
    REL_FLAG(values, "short", 0, is_short,
	     "Only names, one NAME.VERSION a line"),
};

static const struct rel_example examples[] = {
    {"Which versions need core_kernel", "rdeps core_kernel"},
    {"What a break of tcpip 9.0.0 could reach",
     "rdeps tcpip.9.0.0 --recursive"},
    {"What would not accept lwt 7.0.0, whatever it needs else",
     "rdeps lwt --excluding 7.0.0"},
    {"Names for a script", "rdeps lwt --recursive --short"},
};

/* The two sets of a walk, and who they are for. */
struct marks {
	uint8_t *targets, *found, *once; /* [size] */
	unsigned flags;
	bool recursive;
	const char *package;
	const char *excluding;	       /* version, or NULL */
	const struct rel_stack *stack; /* that has it */
};

/* Add what depends on the targets in one environment to marks->found. */
static int walk_one(struct marks *marks, const struct rel_session *session,
		    struct rel_universe *universe, struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);
	struct rel_edges edges = {0};
	int rc =
	    rel_packages_mark(marks->targets, universe, marks->package, err);

	/* a PKG that is not there */
	if (rc == REL_ENOTFOUND)
		return REL_EUSAGE;
	if (rc == 0)
		rc = rel_universe_edges(&edges, universe, marks->flags,
					session->call->cancel, err);
	memset(marks->once, 0, size);
	if (rc == 0 && marks->excluding)
		rc = rel_rdeps_excluding(marks->once, universe, &edges,
					 marks->package, marks->excluding, err);
	else if (rc == 0)
		rc = rel_rdeps(marks->once, universe, &edges, marks->targets,
			       marks->recursive, err);
	for (uint32_t i = 0; rc == 0 && i < size; i++)
		marks->found[i] |= marks->once[i];
	rel_edges_free(&edges);
	return rc;
}

static int write_walk(struct rel_session *session,
		      const struct rel_universe *universe,
		      const struct marks *marks, struct rel_error *err)
{
	const struct values *v = session->call->values;
	struct rel_report_walk walk = {.command = session->call->command->name,
				       .to = marks->package,
				       .recursive = marks->recursive,
				       .excluding = marks->excluding};
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_session_environments(&walk.environments, session, &arena, err);
	walk.n_environments = session->context.n_environments;
	if (rc == 0)
		rc = rel_report_dependents(&walk, universe, marks->found,
					   marks->targets, &arena, err);
	if (rc == 0)
		rc = rel_session_begin(&style, &format, session, v->is_short,
				       err);
	if (rc == 0)
		rc = rel_report_write_walk(&walk, format, &style,
					   &session->output.sink, err);
	if (rc == 0)
		rc = rel_output_commit(&session->output, err);
	rel_arena_free(&arena);
	return rc;
}

/* Packages have the same numbers in every environment's universe: those of
 * the stack. */
static int walk_all(struct rel_session *session, struct marks *marks,
		    struct rel_error *err)
{
	const struct rel_context *context = &session->context;
	struct rel_universe *universe = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < context->n_environments; i++) {
		rel_universe_free(universe);
		universe = NULL;
		rc = rel_universe_build(&universe, marks->stack,
					&context->environments[i],
					session->call->cancel, err);
		if (rc == 0)
			rc = walk_one(marks, session, universe, err);
	}
	if (rc == 0)
		rc = write_walk(session, universe, marks, err);
	rel_universe_free(universe);
	return rc;
}

static int check(const struct rel_call *call, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_str package = rel_str_of(call->arguments[0]);

	if (!v->excluding)
		return rel_session_check_short(call, v->is_short, err);
	if (v->recursive)
		return rel_fail(err, REL_EUSAGE,
				"--excluding and --recursive exclude each "
				"other: only what names %s has a bound on it",
				call->arguments[0]);
	if (!rel_package_name_is_valid(package))
		return rel_fail(err, REL_EUSAGE,
				"with --excluding name the package alone, "
				"not \"%.80s\"",
				call->arguments[0]);
	if (!rel_version_is_valid(rel_str_of(v->excluding)))
		return rel_fail(err, REL_EUSAGE, "\"%.80s\" is not a version",
				v->excluding);
	return rel_session_check_short(call, v->is_short, err);
}

/* The stack with the version that may not exist yet, as a manifest that needs
 * nothing.  *made, *manifest: to free. */
static int add_version(struct marks *marks, struct rel_session *session,
		       struct rel_stack **made, struct rel_snapshot **manifest,
		       struct rel_error *err)
{
	struct rel_loose_manifest text = {
	    .name = rel_str_of(marks->package),
	    .text = REL_STR("opam-version: \"2.0\"\n"),
	    .path = REL_STR("opam")};
	struct rel_overlay overlay = {.name = "excluding",
				      .text = "the version"};
	const struct rel_stack *now = session->context.stacks.now;
	int rc;

	marks->stack = now;
	if (!marks->excluding)
		return 0;
	text.version = rel_str_of(marks->excluding);
	/* what there is needs no other; of a name that is not there the walk
	 * says so */
	if (rel_stack_find(now, text.name) == UINT32_MAX ||
	    rel_stack_find_version(now, text.name, text.version) != UINT32_MAX)
		return 0;
	rc = rel_remote_read_texts(manifest, &text, 1, err);
	overlay.manifests = *manifest;
	if (rc == 0)
		rc = rel_stacks_simulate(made, &session->context.stacks,
					 &overlay, err);
	marks->stack = *made;
	return rc;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_stacks_request request = {0};
	struct marks marks = {.recursive = v->recursive,
			      .package = call->arguments[0],
			      .excluding = v->excluding};
	struct rel_snapshot *manifest = NULL;
	struct rel_stack *made = NULL;
	struct rel_session session;
	size_t size;
	int rc = check(call, err);

	*found = false;
	if (rc)
		return rc;
	marks.flags = (v->depopts ? REL_EDGE_DEPOPTS : 0) |
		      (v->post ? 0 : REL_EDGE_NO_POST) |
		      (v->with_test ? REL_EDGE_WITH_TEST : 0);
	rc = rel_session_open(&session, call, &request, err);
	if (rc == 0)
		rc = add_version(&marks, &session, &made, &manifest, err);
	if (rc == 0) {
		size = (size_t)marks.stack->n_entries + 1;
		marks.targets = calloc(size, 1);
		marks.found = calloc(size, 1);
		marks.once = calloc(size, 1);
		if (!marks.targets || !marks.found || !marks.once)
			rc = rel_fail_nomem(err);
	}
	if (rc == 0)
		rc = walk_all(&session, &marks, err);
	free(marks.targets);
	free(marks.found);
	free(marks.once);
	rel_stack_free(made);
	rel_snapshot_free(manifest);
	rel_session_close(&session);
	return rc;
}

const struct rel_command rel_command_rdeps = {
    .name = "rdeps",
    .group = "Ask",
    .summary = "list what depends on a package",
    .arguments = "PKG[.VER]",
    .description =
	"List the package versions that depend on PKG, in any of the "
	"environments, with what their manifests ask for. With --excluding, "
	"those whose bounds do not accept a version of PKG, the newest first.",
    .min_arguments = 1,
    .max_arguments = 1,
    .formats = "text json",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
