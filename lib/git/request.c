#include "git/remote.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "git/git_private.h"
#include "git/run.h"

/* Commits of history asked for, one after the other; 0 = all of it. */
static const int depths[] = {1, 20, 400, 0};
#define N_DEPTHS (sizeof(depths) / sizeof(depths[0]))

struct rel_git_request {
	const struct rel_git_request_options *options;
	struct rel_git_fetch_options fetch;
	struct rel_git_store *checkout;
	struct rel_git_place place;
	/* What git runs in and what is fetched goes to. */
	struct rel_git_scratch scratch;
	struct rel_buf origin;
	struct rel_git_id fresh;
	char fresh_text[REL_GIT_ID_TEXT];
};

struct rel_git_store *rel_git_request_store(struct rel_git_request *request)
{
	return request->scratch.store;
}

const char *rel_git_request_origin(const struct rel_git_request *request)
{
	return request->origin.ptr ? request->origin.ptr : "";
}

static bool is_same(const struct rel_git_id *a, const struct rel_git_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Does the store have the commit of this full id? */
static bool has(struct rel_git_store *store, const char *text,
		struct rel_git_id *id)
{
	return rel_git_id_parse(id, rel_str_of(text)) &&
	       rel_git_resolve(id, store, text, NULL) == 0;
}

/* Parent `n` (from 1) of a commit as the commit itself says it, whether it is
 * here or not. */
static bool find_parent(struct rel_git_id *out, struct rel_git_store *store,
			const struct rel_git_id *commit, unsigned n)
{
	git_commit *found = NULL;
	const git_oid *parent;
	git_oid oid;

	rel_git_id_to_oid(&oid, commit);
	if (git_commit_lookup(&found, store->repo, &oid) < 0)
		return false;
	parent = git_commit_parent_id(found, n - 1);
	if (parent)
		rel_git_id_of_oid(out, parent);
	git_commit_free(found);
	return parent != NULL;
}

/* Is the checkout the merge that the CI system made?  Then *base is the other
 * side. */
static bool is_merge(struct rel_git_id *base, const struct rel_git_request *r)
{
	struct rel_git_id head, second;

	return r->options->head &&
	       rel_git_id_parse(&head, rel_str_of(r->options->head)) &&
	       !is_same(&head, &r->fresh) &&
	       find_parent(&second, r->checkout, &r->fresh, 2) &&
	       is_same(&second, &head) &&
	       find_parent(base, r->checkout, &r->fresh, 1);
}

/* The remote learns by a name what is here already: a detached checkout may
 * have none. */
static int open_scratch(struct rel_git_request *r, struct rel_error *err)
{
	git_reference *ref = NULL;
	git_oid oid;
	int rc;

	rc = rel_git_scratch_open(&r->scratch, r->fetch.cache_dir, err);
	if (rc == 0 && r->place.foreign)
		rc = rel_git_scratch_view(&r->scratch, &r->place, r->checkout,
					  err);
	else if (rc == 0)
		rc = rel_git_scratch_borrow(&r->scratch, r->checkout, err);
	if (rc)
		return rc;
	rel_git_id_to_oid(&oid, &r->fresh);
	rc = git_reference_create(&ref, r->scratch.store->repo,
				  "refs/relctl/fresh", &oid, 1, NULL);
	git_reference_free(ref);
	return rc == 0
		   ? 0
		   : rel_git_library_fail(err, rc, "cannot note a reference");
}

/*
 * The checkout's own configuration may hold what lets a job in.  It may name
 * programs, too: of a stranger's the scratch repository has what does not.
 */
static bool find_config(char *out, size_t size, const struct rel_git_request *r)
{
	int n =
	    snprintf(out, size, "include.path=%s/config", r->place.common_dir);

	return n > 0 && (size_t)n < size && r->place.foreign == NULL;
}

/* Commit `wanted` or branch refs/heads/… to refs/relctl/other, and with a
 * depth above 1 as much of the history of both. */
static int fetch(struct rel_git_request *r, const char *wanted, int depth,
		 struct rel_error *err)
{
	const char *args[16];
	char spec[REL_ERROR_TEXT_MAX], config[REL_ERROR_PATH_MAX + 32];
	char how[32];
	struct rel_git_remote remote;
	struct rel_git_run run;
	size_t n = 0;
	int rc = rel_git_remote_open(&remote, rel_git_request_origin(r),
				     &r->fetch, err);

	if (rc) {
		rel_git_remote_close(&remote);
		return rc;
	}
	remote.git_dir = rel_git_store_path(r->scratch.store);
	remote.made = true;
	rel_git_remote_run_init(
	    &run, &remote, "cannot fetch what the request departs from", 0);
	snprintf(spec, sizeof(spec), "+%s:refs/relctl/other", wanted);
	snprintf(how, sizeof(how), "--depth=%d", depth);
	if (find_config(config, sizeof(config), r)) {
		args[n++] = "-c";
		args[n++] = config;
	}
	args[n++] = "fetch";
	args[n++] = "--no-tags";
	args[n++] = "--progress";
	args[n++] = "--no-recurse-submodules";
	if (rel_git_store_is_shallow(r->scratch.store))
		args[n++] = depth ? how : "--unshallow";
	args[n++] = "--";
	args[n++] = remote.place.ptr;
	args[n++] = spec;
	if (depth != 1)
		args[n++] = r->fresh_text;
	args[n] = NULL;
	run.title = "fetching history";
	run.counted = "Receiving objects";
	rc = rel_git_run_ok(&run, args, err);
	if (rc == 0)
		rc = rel_git_store_refresh(r->scratch.store, err);
	rel_git_run_free(&run);
	rel_git_remote_close(&remote);
	return rc;
}

/* The best common ancestor: 1, 0 when there is none here. */
static int merge_base(struct rel_git_id *out, struct rel_git_request *r,
		      const struct rel_git_id *other, struct rel_error *err)
{
	char text[REL_GIT_ID_TEXT];
	const char *args[] = {"merge-base", r->fresh_text,
			      rel_git_id_format(text, other), NULL};
	struct rel_git_run run;
	int rc;

	rel_git_run_init(&run, &r->fetch, REL_LIMIT_CHILD_TEXT);
	run.git_dir = rel_git_store_path(r->scratch.store);
	run.made = true;
	run.what = "cannot compare histories";
	rc = rel_git_run(&run, args, err);
	if (rc == 0 && run.status == 0)
		rc = rel_git_id_parse(out, rel_str_trim(rel_buf_str(&run.out)));
	else if (rc == 0 && run.status != 1)
		rc = rel_git_run_fail(&run, err);
	rel_git_run_free(&run);
	return rc;
}

static int fail_missing(const struct rel_git_request *r, const char *wanted,
			struct rel_error *err)
{
	if (r->fetch.offline)
		return rel_fail(err, REL_ENOTFOUND,
				"%s is not in this checkout; run without "
				"--offline",
				wanted);
	return rel_fail(err, REL_ENOTFOUND,
			"%s is not in this checkout, which has no remote "
			"origin to fetch it from",
			wanted);
}

/* Fetch, deeper each time, until `fresh` and `wanted` meet. */
static int search(struct rel_git_id *base, struct rel_git_request *r,
		  const char *wanted, bool known, struct rel_error *err)
{
	struct rel_git_id other;
	int found = 0, rc;

	if (r->fetch.offline || rel_git_request_origin(r)[0] == '\0')
		return fail_missing(r, wanted, err);
	rc = 0;
	for (size_t i = known ? 1 : 0; rc == 0 && !found && i < N_DEPTHS; i++) {
		rc = fetch(r, wanted, depths[i], err);
		if (rc == 0)
			rc = rel_git_resolve(&other, r->scratch.store,
					     "refs/relctl/other", err);
		if (rc)
			return rc;
		found = merge_base(base, r, &other, err);
		rc = found < 0 ? found : 0;
		if (!rel_git_store_is_shallow(r->scratch.store))
			break;
	}
	if (rc || found)
		return rc;
	return rel_fail(err, REL_ENOTFOUND,
			"the checkout and %s have no history in common",
			wanted);
}

/* A commit that is the base itself, of which no history is needed. */
static int bring(struct rel_git_request *r, const struct rel_git_id *base,
		 struct rel_error *err)
{
	char text[REL_GIT_ID_TEXT];
	struct rel_git_id there;

	rel_git_id_format(text, base);
	if (has(r->checkout, text, &there))
		return 0;
	if (r->fetch.offline || rel_git_request_origin(r)[0] == '\0')
		return fail_missing(r, text, err);
	return fetch(r, text, 1, err);
}

static int find_base(struct rel_git_id *base, struct rel_git_request *r,
		     struct rel_error *err)
{
	const struct rel_git_request_options *o = r->options;
	struct rel_git_id other;
	char *branch = NULL;
	bool known;
	int rc;

	if (is_merge(base, r))
		return bring(r, base, err);
	known = o->base && has(r->checkout, o->base, &other);
	if (known) {
		int found = merge_base(base, r, &other, err);

		if (found)
			return found < 0 ? found : 0;
	}
	if (o->base)
		return search(base, r, o->base, known, err);
	if (asprintf(&branch, "refs/heads/%s", o->target) < 0)
		return rel_fail_nomem(err);
	rc = rel_git_is_ref_name(branch)
		 ? search(base, r, branch, false, err)
		 : rel_fail(err, REL_EUSAGE,
			    "git allows no branch named %.100s", o->target);
	free(branch);
	return rc;
}

static int open_request(struct rel_git_request *r, struct rel_git_id *base,
			struct rel_error *err)
{
	const struct rel_git_request_options *o = r->options;
	int rc = rel_git_place_of(&r->place, o->directory, err);

	if (rc == 0)
		rc = rel_git_place_check(&r->place, err);
	if (rc == 0)
		rc = rel_git_store_open(&r->checkout, o->directory, err);
	if (rc == 0)
		rc = rel_git_resolve(&r->fresh, r->checkout, "HEAD", err);
	if (rc)
		return rc;
	rel_git_id_format(r->fresh_text, &r->fresh);
	rc = open_scratch(r, err);
	if (rc == 0)
		rc = rel_git_origin(&r->origin, r->checkout, err);
	return rc < 0 ? rc : find_base(base, r, err);
}

int rel_git_request_open(struct rel_git_request **out, struct rel_git_id *base,
			 struct rel_git_id *fresh,
			 const struct rel_git_request_options *options,
			 struct rel_error *err)
{
	struct rel_git_request *r = calloc(1, sizeof(*r));
	int rc;

	*out = NULL;
	if (!r)
		return rel_fail_nomem(err);
	if (!options->base && !options->target) {
		free(r);
		return rel_fail(err, REL_EUSAGE,
				"it is not known into which branch the request "
				"is to be merged");
	}
	r->options = options;
	if (options->fetch)
		r->fetch = *options->fetch;
	r->scratch.lock.fd = -1;
	rel_buf_init(&r->origin, REL_LIMIT_CONFIG_BYTES);
	rc = open_request(r, base, err);
	*fresh = r->fresh;
	r->options = NULL;
	if (rc == 0)
		*out = r;
	else
		rel_git_request_free(r);
	return rc;
}

void rel_git_request_free(struct rel_git_request *request)
{
	if (!request)
		return;
	rel_git_scratch_close(&request->scratch);
	rel_git_place_free(&request->place);
	rel_git_store_free(request->checkout);
	rel_buf_free(&request->origin);
	free(request);
}

static int read_foreign(struct rel_buf *out, const struct rel_git_place *place,
			struct rel_error *err)
{
	const char *args[] = {"config", "--file",
			      "-",	"--no-includes",
			      "--get",	"remote.origin.url",
			      NULL};
	struct rel_git_run run;
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s/config", place->common_dir) < 0)
		return rel_fail_nomem(err);
	rc = rel_git_config_foreign(&run, path, args, err);
	if (rc == 0 && run.status == 0) {
		rel_buf_add_str(out, rel_str_trim(rel_buf_str(&run.out)));
		rc = rel_buf_status(out, "address of origin", err);
		rc = rc < 0 ? rc : 1;
	}
	rel_git_run_free(&run);
	free(path);
	return rc;
}

int rel_git_origin(struct rel_buf *out, const struct rel_git_store *store,
		   struct rel_error *err)
{
	struct rel_git_place place;
	int rc;

	if (git_repository_is_bare(store->repo))
		return 0;
	rc = rel_git_place_of(&place, store->path, err);
	if (rc < 0)
		return rc;
	rc = place.foreign ? read_foreign(out, &place, err)
			   : rel_git_config_get(out, store->path, NULL,
						"remote.origin.url", err);
	rel_git_place_free(&place);
	return rc;
}
