/* A remote: its address, its references, and the branch that is written to. */
#include "git/remote.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/run.h"

int rel_git_remote_init(struct rel_git_remote *out, const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->cache.lock.fd = -1;
	out->cache.child_fd = -1;
	if (options != NULL)
		out->options = *options;
	rel_buf_init(&out->place, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&out->title, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_url_parse(&out->url, location, err);
	if (rc < 0 || out->url.transport == REL_GIT_LOCAL)
		return rc;
	rel_git_url_clean(&out->place, &out->url);
	rel_buf_printf(&out->title, "%.*s%s%.*s", REL_STR_ARG(out->url.host),
		       out->url.scp ? ":" : "", REL_STR_ARG(out->url.path));
	return rel_buf_status(&out->place, "location", err);
}

/* A path is made absolute, because git runs elsewhere. */
static int fill_local(struct rel_git_remote *remote, struct rel_error *err)
{
	char *path = strndup(remote->url.path.ptr, remote->url.path.len);
	char *full = path ? realpath(path, NULL) : NULL;
	int rc = 0;

	if (path == NULL)
		return rel_fail_nomem(err);
	if (full == NULL)
		rc = rel_fail_errno(err, errno, path, "cannot write to it");
	else
		rel_buf_add_cstr(&remote->place, full);
	free(full);
	free(path);
	return rc < 0 ? rc : rel_buf_status(&remote->place, "location", err);
}

int rel_git_remote_open(struct rel_git_remote *out, const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	int rc = rel_git_remote_init(out, location, options, err);

	if (rc == 0 && out->options.offline)
		rc = rel_fail(err, REL_EUSAGE, "nothing can be pushed offline");
	if (rc == 0 && out->url.transport == REL_GIT_LOCAL)
		rc = fill_local(out, err);
	return rc;
}

void rel_git_remote_close(struct rel_git_remote *remote)
{
	rel_git_cache_free(&remote->cache);
	rel_buf_free(&remote->title);
	rel_buf_free(&remote->place);
}

void rel_git_remote_run_init(struct rel_git_run *run,
			     struct rel_git_remote *remote, const char *what,
			     size_t out_max)
{
	rel_git_run_init(run, &remote->options, out_max);
	run->git_dir = remote->git_dir ? remote->git_dir : REL_GIT_NOWHERE;
	run->made = remote->made;
	run->cwd = remote->git_dir ? NULL : "/";
	run->url = &remote->url;
	run->clean = remote->place.ptr;
	run->what = what;
}

void rel_git_listing_init(struct rel_git_listing *listing)
{
	memset(listing, 0, sizeof(*listing));
	rel_buf_init(&listing->head, REL_LIMIT_GIT_PATH_BYTES);
}

void rel_git_listing_free(struct rel_git_listing *listing)
{
	rel_buf_free(&listing->head);
}

void rel_git_listing_want(struct rel_git_listing *listing, const char *name)
{
	assert(listing->n < REL_GIT_LISTING_MAX);
	listing->wanted[listing->n++] = name;
}

/* "ID<tab>NAME", and of HEAD "ref: BRANCH<tab>HEAD" before it.  git lists
 * longer names that end in a wanted one, too. */
static int take_line(struct rel_git_listing *listing, struct rel_str line,
		     struct rel_error *err)
{
	struct rel_str value = rel_str_cut(&line, '\t');
	struct rel_git_id id;

	if (rel_str_starts(value, REL_STR("ref: ")) &&
	    rel_str_is(line, "HEAD")) {
		rel_buf_clear(&listing->head);
		rel_buf_add_str(&listing->head,
				rel_str_sub(value, 5, value.len));
		return 0;
	}
	if (line.ptr == NULL || !rel_git_id_parse(&id, value))
		return 0;
	for (size_t i = 0; i < listing->n; i++) {
		if (!rel_str_is(line, listing->wanted[i]))
			continue;
		listing->ids[i] = id;
		listing->found[i] = true;
	}
	return listing->each ? listing->each(listing->context, line, &id, err)
			     : 0;
}

int rel_git_remote_list(struct rel_git_listing *listing,
			struct rel_git_remote *remote, struct rel_error *err)
{
	const char *args[REL_GIT_LISTING_MAX + 6] = {
	    "ls-remote", "-q", "--symref", "--", remote->place.ptr};
	struct rel_git_run run;
	struct rel_str rest;
	int rc;

	for (size_t i = 0; i < listing->n; i++)
		args[5 + i] = listing->wanted[i];
	rel_git_remote_run_init(&run, remote, "cannot look at the remote",
				REL_LIMIT_GIT_REFS_BYTES);
	rc = rel_git_run_ok(&run, args, err);
	rest = rel_buf_str(&run.out);
	while (rc == 0 && rest.ptr != NULL)
		rc = take_line(listing, rel_str_cut(&rest, '\n'), err);
	rel_git_run_free(&run);
	return rc < 0 ? rc : rel_buf_status(&listing->head, "HEAD", err);
}

const struct rel_git_id *rel_git_listing_find(
    const struct rel_git_listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->n; i++)
		if (listing->found[i] && strcmp(listing->wanted[i], name) == 0)
			return &listing->ids[i];
	return NULL;
}

/* Ask a location. */
static int ask(struct rel_git_listing *listing, const char *location,
	       const struct rel_git_fetch_options *options,
	       struct rel_error *err)
{
	struct rel_git_remote remote;
	int rc = rel_git_remote_open(&remote, location, options, err);

	if (rc == 0)
		rc = rel_git_remote_list(listing, &remote, err);
	rel_git_remote_close(&remote);
	return rc;
}

int rel_git_remote_ref(struct rel_git_id *id, const char *location,
		       const char *name,
		       const struct rel_git_fetch_options *options,
		       struct rel_error *err)
{
	const struct rel_git_id *found;
	struct rel_git_listing listing;
	int rc;

	if (!rel_git_is_ref_name(name))
		return rel_fail(err, REL_EUSAGE,
				"git allows no reference named '%.200s'", name);
	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, name);
	rc = ask(&listing, location, options, err);
	found = rel_git_listing_find(&listing, name);
	if (rc == 0 && found != NULL) {
		*id = *found;
		rc = 1;
	}
	rel_git_listing_free(&listing);
	return rc;
}

int rel_git_remote_ref_each(const char *location, const char *pattern,
			    rel_git_remote_ref_fn *each, void *context,
			    const struct rel_git_fetch_options *options,
			    struct rel_error *err)
{
	struct rel_git_listing listing;
	int rc;

	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, pattern);
	listing.each = each;
	listing.context = context;
	rc = ask(&listing, location, options, err);
	rel_git_listing_free(&listing);
	return rc;
}

/* Would a repository on this disk take a push?  What its receive-pack would
 * refuse only after all has been sent. */

/* receive.denyCurrentBranch as builtin/receive-pack.c reads it: unset, a true
 * value and "refuse" refuse. */
static bool denies_current(git_repository *repo)
{
	git_config *config = NULL;
	const char *text = NULL;
	int truth = 1;
	bool denies = true;

	if (git_repository_config_snapshot(&config, repo) == 0 &&
	    git_config_get_string(&text, config, "receive.denycurrentbranch") ==
		0)
		denies = strcasecmp(text, "refuse") == 0 ||
			 (git_config_parse_bool(&truth, text) == 0 && truth);
	git_config_free(config);
	return denies;
}

static bool is_checked_out(git_repository *repo, const char *name)
{
	git_reference *head = NULL;
	bool is = false;

	if (git_repository_is_bare(repo) ||
	    git_reference_lookup(&head, repo, "HEAD") < 0)
		return false;
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC)
		is = strcmp(git_reference_symbolic_target(head), name) == 0;
	git_reference_free(head);
	return is;
}

static int check_access(const struct rel_git_store *store,
			struct rel_error *err)
{
	static const char *const parts[] = {"objects", "refs"};
	struct rel_buf path;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]);
	     i++) {
		rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
		rel_buf_printf(&path, "%s/%s", store->path, parts[i]);
		rc = rel_buf_status(&path, "path", err);
		if (rc == 0 && access(path.ptr, W_OK | X_OK) != 0)
			rc = rel_fail_errno(err, errno, path.ptr,
					    "cannot write to it");
		rel_buf_free(&path);
	}
	return rc;
}

int rel_git_remote_accepts(const struct rel_git_remote *remote,
			   const char *name, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int rc;

	if (remote->url.transport != REL_GIT_LOCAL)
		return 0;
	rc = rel_git_store_open(&store, remote->place.ptr, err);
	if (rc == 0)
		rc = check_access(store, err);
	if (rc == 0 && is_checked_out(store->repo, name) &&
	    denies_current(store->repo)) {
		rc = rel_fail(err, REL_EIO,
			      "%s is checked out there, and git refuses pushes "
			      "to it; make the repository bare, or let it "
			      "follow: git -C %s config "
			      "receive.denyCurrentBranch updateInstead",
			      name, remote->place.ptr);
		rel_error_at(err, remote->place.ptr, 0, 0);
	}
	rel_git_store_free(store);
	return rc;
}

struct rel_git_target {
	char *location; /* what `remote` borrows */
	struct rel_git_remote remote;
	char *branch;
	bool named; /* the branch was given, not HEAD's */
	struct rel_git_scratch scratch;
	struct rel_git_id tip;
	bool born;
};

static int set_branch(struct rel_git_target *target, struct rel_str name,
		      struct rel_error *err)
{
	const char *prefix =
	    rel_str_starts(name, REL_STR("refs/heads/")) ? "" : "refs/heads/";

	free(target->branch);
	if (asprintf(&target->branch, "%s%.*s", prefix, REL_STR_ARG(name)) <
	    0) {
		target->branch = NULL;
		return rel_fail_nomem(err);
	}
	if (rel_git_is_ref_name(target->branch) && name.ptr[0] != '-')
		return 0;
	return rel_fail(err, REL_EUSAGE, "git allows no branch named '%.*s'",
			REL_STR_ARG(rel_str_sub(name, 0, 200)));
}

/*
 * The branch that the HEAD of an empty remote names: told to clones only
 * (protocol version 2, "unborn"), so one is made, and forgotten.
 */
static int ask_unborn(struct rel_git_target *target, struct rel_error *err)
{
	const char *clone[] = {"-c",	 "protocol.version=2",
			       "clone",	 "-q",
			       "--bare", "--depth=1",
			       "--",	 target->remote.place.ptr,
			       "head",	 NULL};
	const char *look[] = {"symbolic-ref", "HEAD", NULL};
	struct rel_git_run run;
	char *dir = NULL;
	int rc;

	rel_git_remote_run_init(&run, &target->remote,
				"cannot look at the remote",
				REL_LIMIT_GIT_PATH_BYTES);
	run.cwd = target->scratch.dir;
	rc = rel_git_run_ok(&run, clone, err);
	if (rc == 0 && asprintf(&dir, "%s/head", target->scratch.dir) < 0)
		rc = rel_fail_nomem(err);
	run.git_dir = dir;
	run.made = true;
	run.url = NULL;
	if (rc == 0)
		rc = rel_git_run_ok(&run, look, err);
	if (rc == 0)
		rc = set_branch(target, rel_str_trim(rel_buf_str(&run.out)),
				err);
	free(dir);
	rel_git_run_free(&run);
	return rc;
}

/* What the remote has: which branch, and whether there is a commit on it. */
static int look(struct rel_git_target *target, struct rel_git_id *listed,
		bool *born, struct rel_error *err)
{
	struct rel_git_listing listing;
	const char *wanted = target->branch ? target->branch : "HEAD";
	const struct rel_git_id *found;
	int rc;

	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, wanted);
	/* As the user is, wherever the last push ran. */
	target->remote.git_dir = NULL;
	target->remote.made = false;
	rc = rel_git_remote_list(&listing, &target->remote, err);
	found = rel_git_listing_find(&listing, wanted);
	*born = found != NULL;
	if (found != NULL)
		*listed = *found;
	if (rc < 0 || target->branch != NULL) {
		/* nothing to choose */
	} else if (listing.head.len > 0) {
		rc = set_branch(target, rel_buf_str(&listing.head), err);
	} else if (found == NULL) {
		rc = ask_unborn(target, err);
	} else {
		rc =
		    rel_fail(err, REL_EUSAGE,
			     "the remote's HEAD names no branch; say which one "
			     "to write to");
		rel_error_at(err, target->remote.place.ptr, 0, 0);
	}
	rel_git_listing_free(&listing);
	return rc;
}

/*
 * Fetch under the name that others use for it too ("HEAD", a branch's short
 * name), because a second name would cost history that is there.  A tag
 * may have the short name as well; then under the full one.
 */
static int fetch(struct rel_git_target *target, struct rel_git_store **store,
		 struct rel_git_id *tip, const struct rel_git_id *listed,
		 struct rel_error *err)
{
	struct rel_git_remote *remote = &target->remote;
	int rc;

	remote->options.revision =
	    target->named ? target->branch + strlen("refs/heads/") : NULL;
	rc = rel_git_remote_fetch(store, tip, remote, err);
	if (rc == 0 && rel_git_id_eq(tip, listed))
		return 0;
	rel_git_store_free(*store);
	remote->options.revision = target->branch;
	return rel_git_remote_fetch(store, tip, remote, err);
}

int rel_git_target_refresh(struct rel_git_target *target, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	struct rel_git_id listed, tip;
	bool born;
	int rc = look(target, &listed, &born, err);

	if (rc == 0 && born)
		rc = fetch(target, &store, &tip, &listed, err);
	if (rc == 0 && born)
		rc = rel_git_scratch_borrow(&target->scratch, store, err);
	rel_git_store_free(store);
	if (rc < 0)
		return rc;
	target->born = born;
	if (born)
		target->tip = tip;
	return 0;
}

int rel_git_target_open(struct rel_git_target **out, const char *location,
			const char *branch,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	struct rel_git_target *target = calloc(1, sizeof(*target));
	int rc;

	*out = NULL;
	if (target == NULL)
		return rel_fail_nomem(err);
	target->location = strdup(location);
	rc = target->location
		 ? rel_git_remote_open(&target->remote, target->location,
				       options, err)
		 : rel_fail_nomem(err);
	if (rc == 0 && branch != NULL) {
		target->named = true;
		rc = set_branch(target, rel_str_of(branch), err);
	}
	if (rc == 0)
		rc = rel_git_scratch_open(
		    &target->scratch, target->remote.options.cache_dir, err);
	if (rc == 0)
		rc = rel_git_target_refresh(target, err);
	if (rc < 0) {
		rel_git_target_free(target);
		return rc;
	}
	*out = target;
	return 0;
}

void rel_git_target_free(struct rel_git_target *target)
{
	if (target == NULL)
		return;
	rel_git_scratch_close(&target->scratch);
	if (target->location != NULL)
		rel_git_remote_close(&target->remote);
	free(target->branch);
	free(target->location);
	free(target);
}

struct rel_git_store *rel_git_target_store(struct rel_git_target *target)
{
	return target->scratch.store;
}

const struct rel_git_id *rel_git_target_tip(const struct rel_git_target *target)
{
	return target->born ? &target->tip : NULL;
}

const char *rel_git_target_branch(const struct rel_git_target *target)
{
	return target->branch;
}

int rel_git_target_push(struct rel_git_push_result *result,
			struct rel_git_target *target,
			const struct rel_git_push_ref *refs, size_t n_refs,
			struct rel_error *err)
{
	static const struct rel_git_id zero = {{0}};
	int rc =
	    rel_git_remote_push(result, &target->remote, target->scratch.store,
				NULL, refs, n_refs, err);

	if (rc < 0 || result->outcome != REL_GIT_DONE)
		return rc;
	for (size_t i = 0; i < n_refs; i++) {
		if (strcmp(refs[i].name, target->branch) != 0)
			continue;
		target->tip = refs[i].id;
		target->born = memcmp(&refs[i].id, &zero, sizeof(zero)) != 0;
	}
	return 0;
}

int rel_git_target_try(struct rel_git_target *target, const char *branch,
		       struct rel_error *err)
{
	struct rel_git_push_ref ref = {.name = branch,
				       .id = target->tip,
				       .has_old =
					   strcmp(branch, target->branch) == 0,
				       .old = target->tip};

	/* there is no object yet that could be pushed */
	if (!target->born)
		return 0;
	return rel_git_remote_push_try(&target->remote, target->scratch.store,
				       NULL, &ref, 1, err);
}
