/* relctl ci on a pull or merge request to a development remote. */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "ci.h"
#include "ci_checkout.h"
#include "git/objects.h"
#include "git/remote.h"
#include "opam/version.h"
#include "release/audit/frozen.h"
#include "repo/files.h"
#include "report/build.h"
#include "report/markdown.h"

struct run {
	struct rel_ci_run *job;
	struct rel_context context;
	struct rel_arena arena;
	struct rel_git_request *request;
	struct rel_git_id base, fresh;
	char base_text[REL_GIT_ID_TEXT], fresh_text[REL_GIT_ID_TEXT];
	struct rel_remote *remote; /* in the context: what is checked out */
	struct rel_git_diff diff;
	const char **packages; /* name.version that were changed; malloc'd */
	uint32_t n_packages, packages_cap;
	struct rel_lint_run before, now;
	struct rel_frozen_findings frozen;
};

static struct rel_git_fetch_options fetch_options(const struct run *r)
{
	const struct rel_remote_options *reading = &r->context.reading;

	return (struct rel_git_fetch_options){.cache_dir = reading->cache_dir,
					      .offline = reading->offline,
					      .interactive =
						  reading->interactive,
					      .progress = reading->progress,
					      .cancel = reading->cancel};
}

static int open_request(struct run *r, struct rel_error *err)
{
	struct rel_git_fetch_options fetch = fetch_options(r);
	struct rel_git_request_options options = {
	    .target = r->job->ci.request.target,
	    .base = r->job->ci.request.base,
	    .head = r->job->ci.request.head,
	    .fetch = &fetch};
	struct rel_buf root;
	int rc;

	rel_buf_init(&root, REL_LIMIT_CONFIG_BYTES);
	rc = rel_ci_checkout_find(&root, &r->job->ci, err);
	options.directory = root.ptr;
	if (rc == 0)
		rc = rel_git_request_open(&r->request, &r->base, &r->fresh,
					  &options, err);
	rel_buf_free(&root);
	if (rc == 0) {
		rel_git_id_format(r->base_text, &r->base);
		rel_git_id_format(r->fresh_text, &r->fresh);
	}
	return rc;
}

/* The remote that is checked out is read where it is, at what was checked
 * out. */
static int place_remote(struct run *r, struct rel_error *err)
{
	const char *origin = rel_git_request_origin(r->request);
	const char *place =
	    rel_git_store_path(rel_git_request_store(r->request));
	struct rel_location *location;
	uint32_t at = 0;
	int rc = rel_ci_checkout_remote(&at, &r->context, origin, err);

	if (rc)
		return rc;
	r->remote = &r->context.remotes[at];
	location = &r->remote->location;
	if (location->kind == REL_LOCATION_HTTP)
		return rel_fail(err, REL_EUSAGE,
				"remote %s is served over HTTP, and a request "
				"changes a git repository",
				r->remote->name);
	location->kind = REL_LOCATION_GIT_LOCAL;
	location->revision = r->fresh_text;
	location->url = rel_arena_copy(&r->arena, rel_str_of(place));
	return location->url ? 0 : rel_fail_nomem(err);
}

/* Is there a package repository at the commit? */
static bool is_repository(struct run *r, const struct rel_git_id *commit)
{
	struct rel_git_store *store = rel_git_request_store(r->request);
	struct rel_git_entry entry;
	struct rel_git_id tree;

	return rel_git_commit_tree(&tree, store, commit,
				   r->remote->location.subdir, NULL) == 0 &&
	       (rel_git_tree_find(&entry, store, &tree, REL_STR("packages"),
				  NULL) == 0 ||
		rel_git_tree_find(&entry, store, &tree, REL_STR("repo"),
				  NULL) == 0);
}

/* A project may be checked out, whose relctl.yml names the remote, too. */
static void tell_nothing(const struct run *r)
{
	if (!r->job->call->common->quiet)
		rel_screen_put(
		    r->job->call->screen,
		    "relctl: nothing to do for this request: it changes "
		    "no package repository\n");
}

static int find_changes(struct run *r, struct rel_error *err)
{
	int rc =
	    rel_git_diff(&r->diff, rel_git_request_store(r->request), &r->base,
			 &r->fresh, r->remote->location.subdir, &r->arena, err);

	for (uint32_t i = 0; rc == 0 && i < r->diff.n_files; i++) {
		struct rel_str package =
		    rel_package_of_path(rel_str_of(r->diff.files[i].path));
		const char *copy;

		if (package.len == 0 ||
		    (r->n_packages > 0 &&
		     rel_str_is(package, r->packages[r->n_packages - 1])))
			continue;
		copy = rel_arena_copy(&r->arena, package);
		if (!copy || rel_array_reserve(&r->packages, &r->packages_cap,
					       (uint64_t)r->n_packages + 1,
					       sizeof(*r->packages)))
			return rel_fail_nomem(err);
		r->packages[r->n_packages++] = copy;
	}
	return rc;
}

/* Lint of the changed packages at one of the two commits. */
static int lint_at(struct rel_lint_run *out, struct run *r,
		   const char *revision, struct rel_error *err)
{
	struct rel_remote remote = *r->remote;
	bool *found = calloc((size_t)r->n_packages + 1, sizeof(*found));
	struct rel_lint_run_options options = {
	    .series = REL_LINT_NEWEST,
	    .packages = r->packages,
	    .n_packages = r->n_packages,
	    .found = found,
	    .jobs = r->context.reading.jobs,
	    .progress = r->context.reading.progress,
	    .cancel = r->context.reading.cancel};
	struct rel_files *files = NULL;
	int rc = found ? 0 : rel_fail_nomem(err);

	remote.location.revision = revision;
	if (rc == 0)
		rc = rel_files_open(&files, &remote, &r->context.reading, false,
				    err);
	if (rc == 0)
		rc = rel_lint_repository(out, rel_files_source(files), &options,
					 err);
	rel_files_free(files);
	free(found);
	return rc;
}

static int lint(struct run *r, struct rel_error *err)
{
	struct rel_error why = {0};
	int rc;

	/* none would mean all */
	if (r->n_packages == 0)
		return 0;
	rc = lint_at(&r->before, r, r->base_text, &why);
	/* a first package: there was no packages/ yet */
	if (rc == REL_EPARSE)
		rc = 0;
	else if (rc && err)
		*err = why;
	return rc ? rc : lint_at(&r->now, r, r->fresh_text, err);
}

static int find_frozen(struct run *r, struct rel_error *err)
{
	struct rel_frozen_options request = {
	    .remote = r->remote,
	    .reading = &r->context.reading,
	    .store = rel_git_request_store(r->request),
	    .diff = &r->diff,
	    .base = r->base_text};

	return rel_frozen_find(&r->frozen, &request, &r->arena, err);
}

static int read_stacks(struct run *r, struct rel_error *err)
{
	char since[REL_ERROR_TEXT_MAX];
	const char *items[] = {since};
	struct rel_stacks_request request = {
	    .since = items, .n_since = 1, .compare = true};

	if (snprintf(since, sizeof(since), "%s@%s", r->remote->name,
		     r->base_text) >= (int)sizeof(since))
		return rel_fail(err, REL_ELIMIT,
				"the name of remote %.40s… "
				"is too long",
				r->remote->name);
	return rel_context_read(&r->context, &request, err);
}

static const char *check_name(enum rel_request_about about)
{
	static const char *const names[] = {
	    [REL_REQUEST_BROKEN] = "broken",
	    [REL_REQUEST_TARGET] = "target",
	    [REL_REQUEST_LINT] = "lint",
	    [REL_REQUEST_FROZEN] = "published",
	    [REL_REQUEST_UNAVAILABLE] = "unavailable",
	};

	return names[about];
}

/* Paths of the remote are below its directory in the checkout. */
static int annotate(struct run *r, const struct rel_request_note *note,
		    struct rel_error *err)
{
	const char *subdir = r->remote->location.subdir;
	struct rel_ci_finding finding = {
	    .level = note->is_error ? REL_CI_ERROR : REL_CI_WARNING,
	    .check = check_name(note->about),
	    .line = note->line,
	    .column = note->column,
	    .title = note->title,
	    .text = note->text};
	char *path = NULL;

	if (asprintf(&path, "%s%s%s", subdir, subdir[0] ? "/" : "",
		     note->path) < 0)
		return rel_fail_nomem(err);
	finding.file = note->path[0] ? path : NULL;
	rel_ci_write_finding(&r->job->writer, &finding);
	free(path);
	return 0;
}

static int tell(struct run *r, const struct rel_report *report, bool *found,
		struct rel_error *err)
{
	struct rel_report_request request = {.report = report,
					     .remote = r->remote->name,
					     .diff = &r->diff,
					     .before = &r->before,
					     .now = &r->now,
					     .frozen = r->frozen.items,
					     .n_frozen = r->frozen.count};
	struct rel_request_notes notes;
	int rc = rel_request_find(&notes, &request, &r->arena, err);

	if (rc)
		return rc;
	*found = notes.errors > 0;
	rel_screen_clear(r->job->call->screen);
	for (uint32_t i = 0; rc == 0 && i < notes.count; i++)
		rc = annotate(r, &notes.items[i], err);
	rel_request_summary(&r->job->writer.summary, &request, &notes);
	return rc;
}

static int survey(struct run *r, bool *found, struct rel_error *err)
{
	struct rel_survey_options options = rel_context_survey(&r->context);
	struct rel_report_build_options build = {
	    .command = r->job->call->command->name,
	    .since = r->context.stacks.since};
	struct rel_survey *result = NULL;
	struct rel_report report;
	int rc;

	/* What needed a package that the request takes away reaches the
	 * remote no more: look at all, only changes are told. */
	options.scope.all = true;
	options.reasons = REL_REASONS_NEWS;
	rc = rel_survey_run(&result, r->context.stacks.now,
			    r->context.stacks.alone, r->context.stacks.before,
			    &options, err);
	build.seconds = (double)(rel_screen_now() - r->job->call->begun) / 1000;
	if (rc == 0)
		rc = rel_report_build(&report, result, &build, &r->arena, err);
	if (rc == 0)
		rc = tell(r, &report, found, err);
	rel_survey_free(result);
	return rc;
}

static int check(struct run *r, bool *found, struct rel_error *err)
{
	int rc = open_request(r, err);

	if (rc == 0)
		rc = place_remote(r, err);
	if (rc == 0 && !is_repository(r, &r->base) &&
	    !is_repository(r, &r->fresh)) {
		tell_nothing(r);
		return 0;
	}
	if (rc == 0)
		rc = find_changes(r, err);
	if (rc == 0)
		rc = lint(r, err);
	if (rc == 0)
		rc = find_frozen(r, err);
	if (rc == 0)
		rc = read_stacks(r, err);
	return rc ? rc : survey(r, found, err);
}

int rel_ci_request(struct rel_ci_run *run, bool *found, struct rel_error *err)
{
	struct run r = {.job = run};
	int rc = rel_session_context(&r.context, run->call, err);

	rel_arena_init(&r.arena, REL_LIMIT_ARENA);
	if (rc == 0)
		rc = check(&r, found, err);
	rel_lint_run_free(&r.before);
	rel_lint_run_free(&r.now);
	free(r.packages);
	rel_git_request_free(r.request);
	rel_context_close(&r.context);
	rel_arena_free(&r.arena);
	return rc;
}
