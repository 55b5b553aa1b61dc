/* relctl ci on a pull or merge request to a development remote. */
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "ci.h"
#include "ci_checkout.h"
#include "git/request.h"
#include "git/tree.h"
#include "opam/version.h"
#include "release/frozen.h"
#include "repo/files.h"
#include "report/build.h"
#include "report/summary.h"
#include "stacks.h"

struct run {
	struct rel_ci_run *job;
	struct rel_setup setup;
	struct rel_arena arena;
	struct rel_git_request *request;
	struct rel_git_id base, fresh;
	char base_text[REL_GIT_ID_TEXT], fresh_text[REL_GIT_ID_TEXT];
	struct rel_remote *remote; /* in the setup: what is checked out */
	struct rel_git_diff diff;
	const char **packages; /* name.version that were changed; malloc'd */
	uint32_t n_packages, packages_cap;
	struct rel_lint_run before, now;
	struct rel_freeze_finding *frozen; /* malloc'd */
	uint32_t n_frozen, frozen_cap;
	struct rel_stacks stacks;
};

static struct rel_git_fetch_options fetch_options(const struct run *r)
{
	const struct rel_remote_options *reading = &r->setup.reading;

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
	int rc = rel_ci_checkout_remote(&at, &r->setup, origin, err);

	if (rc)
		return rc;
	r->remote = &r->setup.remotes[at];
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

/* packages/…/NAME.VERSION/… → NAME.VERSION; len 0 when it is no part of a
 * package. */
static struct rel_str package_of(const char *path)
{
	struct rel_str rest = rel_str_of(path), part, name, version;

	if (!rel_str_is(rel_str_cut(&rest, '/'), "packages"))
		return (struct rel_str){NULL, 0};
	while (rest.ptr) {
		part = rel_str_cut(&rest, '/');
		if (rest.ptr && rel_package_split(part, &name, &version))
			return part;
	}
	return (struct rel_str){NULL, 0};
}

static int find_changes(struct run *r, struct rel_error *err)
{
	int rc =
	    rel_git_diff(&r->diff, rel_git_request_store(r->request), &r->base,
			 &r->fresh, r->remote->location.subdir, &r->arena, err);

	for (uint32_t i = 0; rc == 0 && i < r->diff.n_files; i++) {
		struct rel_str package = package_of(r->diff.files[i].path);
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
	    .jobs = r->setup.reading.jobs,
	    .progress = r->setup.reading.progress,
	    .cancel = r->setup.reading.cancel};
	struct rel_files *files = NULL;
	int rc = found ? 0 : rel_fail_nomem(err);

	remote.location.revision = revision;
	if (rc == 0)
		rc = rel_files_open(&files, &remote, &r->setup.reading, false,
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

/* Keep a finding; the ledger and the target branch may both have it. */
static int add_frozen(void *context, const struct rel_freeze_finding *finding,
		      struct rel_error *err)
{
	struct run *r = context;
	struct rel_freeze_finding kept = *finding;

	for (uint32_t i = 0; i < r->n_frozen; i++) {
		if (r->frozen[i].kind == finding->kind &&
		    strcmp(r->frozen[i].subject, finding->subject) == 0)
			return 0;
	}
	kept.subject = rel_arena_copy(&r->arena, rel_str_of(finding->subject));
	kept.path = rel_arena_copy(&r->arena, rel_str_of(finding->path));
	kept.text = rel_arena_copy(&r->arena, rel_str_of(finding->text));
	if (!kept.subject || !kept.path || !kept.text ||
	    rel_array_reserve(&r->frozen, &r->frozen_cap,
			      (uint64_t)r->n_frozen + 1, sizeof(*r->frozen)))
		return rel_fail_nomem(err);
	r->frozen[r->n_frozen++] = kept;
	return 0;
}

/* What the ledger says of files that were not changed was so before. */
static int add_recorded(void *context, const struct rel_freeze_finding *finding,
			struct rel_error *err)
{
	struct run *r = context;

	return rel_git_diff_find(&r->diff, finding->path)
		   ? add_frozen(context, finding, err)
		   : 0;
}

static int read_blob(struct rel_str *out, struct run *r,
		     const struct rel_git_id *id, struct rel_arena *arena,
		     struct rel_error *err)
{
	return rel_git_blob_arena(out, arena, REL_LIMIT_MANIFEST_BYTES,
				  rel_git_request_store(r->request), id, err);
}

/* One manifest that is there before and after. */
static int compare_archives(struct run *r, const struct rel_git_file_diff *file,
			    struct rel_error *err)
{
	struct rel_frozen_change change = {.path = file->path};
	struct rel_str package = package_of(file->path), old, fresh;
	bool is_url = rel_str_is(rel_path_base(rel_str_of(file->path)), "url");
	struct rel_arena arena;
	uint32_t findings;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = read_blob(&old, r, &file->old, &arena, err);
	if (rc == 0)
		rc = read_blob(&fresh, r, &file->fresh, &arena, err);
	/* too large to be one: lint tells */
	if (rc == REL_ELIMIT) {
		rel_arena_free(&arena);
		return 0;
	}
	if (rc == 0 &&
	    rel_package_split(package, &change.name, &change.version)) {
		change.old = change.fresh = REL_STR("opam-version: \"1.2\"\n");
		*(is_url ? &change.old_url : &change.old) = old;
		*(is_url ? &change.fresh_url : &change.fresh) = fresh;
		rc = rel_frozen_compare(&findings, &change, add_frozen, r, err);
	}
	rel_arena_free(&arena);
	return rc;
}

static int compare_published(struct run *r, struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < r->diff.n_files; i++) {
		const struct rel_git_file_diff *file = &r->diff.files[i];
		struct rel_str name = rel_path_base(rel_str_of(file->path));

		if (file->delta == REL_GIT_CHANGED &&
		    (rel_str_is(name, "opam") || rel_str_is(name, "url")) &&
		    package_of(file->path).len > 0)
			rc = compare_archives(r, file, err);
	}
	return rc;
}

/* The manifests against the target branch, and all against the ledger.  No
 * archive is read: what the mirror holds is no matter of a request. */
static int freeze(struct run *r, struct rel_error *err)
{
	struct rel_freeze_options options = {.remote = r->remote,
					     .reading = &r->setup.reading,
					     .check = true,
					     .since = r->base_text,
					     .finding = add_recorded,
					     .context = r};
	struct rel_freeze_result result;
	int rc = compare_published(r, err);

	return rc ? rc : rel_freeze(&result, &options, err);
}

static int read_stacks(struct run *r, struct rel_error *err)
{
	char since[REL_ERROR_TEXT_MAX];
	const char *items[] = {since};
	struct rel_list list = {items, 1, 1};
	struct rel_stacks_request request = {.since = &list, .compare = true};

	if (snprintf(since, sizeof(since), "%s@%s", r->remote->name,
		     r->base_text) >= (int)sizeof(since))
		return rel_fail(err, REL_ELIMIT,
				"the name of remote %.40s… "
				"is too long",
				r->remote->name);
	return rel_stacks_read(&r->stacks, &r->setup, &request, err);
}

static const char *check_name(enum rel_request_about about)
{
	static const char *const names[] = {"broken", "lint", "published",
					    "unavailable"};

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
					     .frozen = r->frozen,
					     .n_frozen = r->n_frozen};
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
	struct rel_survey_options options = rel_setup_survey(&r->setup);
	struct rel_report_build_options build = {
	    .command = r->job->call->command->name, .since = r->stacks.since};
	struct rel_survey *result = NULL;
	struct rel_report report;
	int rc;

	/* What needed a package that the request takes away reaches the
	 * remote no more: look at all, only changes are told. */
	options.scope.all = true;
	options.reasons = REL_REASONS_NEWS;
	rc = rel_survey_run(&result, r->stacks.now, r->stacks.alone,
			    r->stacks.before, &options, err);
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
	if (rc == 0)
		rc = find_changes(r, err);
	if (rc == 0)
		rc = lint(r, err);
	if (rc == 0)
		rc = freeze(r, err);
	if (rc == 0)
		rc = read_stacks(r, err);
	return rc ? rc : survey(r, found, err);
}

int rel_ci_request(struct rel_ci_run *run, bool *found, struct rel_error *err)
{
	struct run r = {.job = run};
	int rc = rel_setup_open(&r.setup, run->call, err);

	rel_arena_init(&r.arena, REL_LIMIT_ARENA);
	if (rc == 0)
		rc = check(&r, found, err);
	rel_stacks_free(&r.stacks);
	rel_lint_run_free(&r.before);
	rel_lint_run_free(&r.now);
	free(r.packages);
	free(r.frozen);
	rel_git_request_free(r.request);
	rel_setup_free(&r.setup);
	rel_arena_free(&r.arena);
	return rc;
}
