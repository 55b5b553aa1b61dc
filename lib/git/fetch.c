#include "git/remote.h"

#include <limits.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"

/* Times that the depth is doubled before the whole history is asked for. */
#define DEEPEN_TRIES 3

/* Depths beside a number of commits. */
#define DEPTH_KEEP 0  /* what is new, behind what is there */
#define DEPTH_ALL  -1 /* the whole history */

static const char *revision_of(const struct rel_git_remote *remote)
{
	const char *revision = remote->options.revision;

	return revision != NULL && *revision != '\0' ? revision : "HEAD";
}

static bool is_full_id(const char *revision)
{
	struct rel_git_id id;

	return rel_git_id_parse(&id, rel_str_of(revision));
}

/* Four digits are the fewest that git takes for an id. */
static bool is_short_id(const char *revision)
{
	size_t len = strlen(revision);

	return len >= 4 && len < 2 * REL_GIT_ID_BYTES &&
	       strspn(revision, "0123456789abcdef") == len;
}

static int check_revision(const char *revision, struct rel_error *err)
{
	struct rel_buf name;
	bool valid;

	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&name, "refs/heads/%s", revision);
	valid = name.status == 0 && rel_git_is_ref_name(name.ptr);
	rel_buf_free(&name);
	if (valid && *revision != '-')
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"'%.100s' is no branch, tag or commit id", revision);
}

static int hint(void *context, struct rel_str name, const struct rel_git_id *id,
		struct rel_error *err)
{
	(void)id;
	(void)err;
	rel_git_hints_add(context, name);
	return 0;
}

/* The branches and tags the remote has, to say which are near. */
static int fail_revision(struct rel_git_remote *remote, const char *revision,
			 struct rel_error *err)
{
	struct rel_git_hints hints = {.wanted = revision};
	struct rel_git_listing listing;
	int rc;

	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, "refs/heads/*");
	rel_git_listing_want(&listing, "refs/tags/*");
	listing.each = hint;
	listing.context = &hints;
	rc = rel_git_remote_list(&listing, remote, err);
	rel_git_listing_free(&listing);
	remote->lacks_revision =
	    rc == 0 ? hints.n_refs > 0 : rc != REL_ECANCELLED;
	if (rc == 0)
		rc = rel_git_hints_fail(&hints, err);
	else if (rc != REL_ECANCELLED)
		rc = rel_fail(err, REL_ENOTFOUND, "no revision '%s'", revision);
	rel_error_at(err, remote->place.ptr, 0, 0);
	return rc;
}

static bool no_such_ref(struct rel_str text)
{
	static const char phrase[] = "couldn't find remote ref";

	return text.len > 0 &&
	       memmem(text.ptr, text.len, phrase, sizeof(phrase) - 1) != NULL;
}

/*
 * One transfer under the lock.
 * revision  branch, tag, full commit id or "HEAD", kept under
 *           rel_git_cache_ref(); NULL = every branch and tag
 */
static int transfer(struct rel_git_remote *remote, struct rel_git_store *store,
		    const char *revision, int depth, struct rel_error *err)
{
	const char *args[16] = {"fetch", "--no-tags", "--progress",
				"--no-recurse-submodules"};
	char how[32], title[REL_ERROR_TEXT_MAX];
	struct rel_git_run run;
	struct rel_buf spec;
	size_t n = 4;
	int rc;

	remote->lacks_revision = false;
	rel_buf_init(&spec, REL_LIMIT_CONFIG_BYTES);
	rel_git_remote_run_init(&run, remote, "cannot fetch", 0);
	run.cache = &remote->cache;
	run.counted = "Receiving objects";
	snprintf(title, sizeof(title), "fetching %s", remote->title.ptr);
	run.title = title;
	snprintf(how, sizeof(how), "--depth=%d", depth);
	if (depth > 0)
		args[n++] = how;
	else if (depth == DEPTH_ALL && rel_git_store_is_shallow(store))
		args[n++] = "--unshallow";
	args[n++] = "--";
	args[n++] = remote->place.ptr;
	if (revision == NULL) {
		args[n++] = "+refs/heads/*:refs/remotes/origin/*";
		args[n++] = "+refs/tags/*:refs/tags/*";
	} else {
		rel_buf_printf(&spec, "+%s:", revision);
		rel_git_cache_ref(&spec, revision);
		args[n++] = spec.ptr;
	}
	rc = rel_buf_status(&spec, "reference", err);
	if (rc == 0)
		rc = rel_git_run(&run, args, err);
	if (rc == 0 && run.status != 0)
		rc = revision && no_such_ref(rel_buf_str(&run.err_out))
			 ? fail_revision(remote, revision, err)
			 : rel_git_run_fail(&run, err);
	if (rc == 0)
		rc = rel_git_store_refresh(store, err);
	rel_git_run_free(&run);
	rel_buf_free(&spec);
	return rc;
}

/* The commit kept for `revision`: REL_ENOTFOUND when it was never fetched. */
static int look_up(struct rel_git_id *commit, struct rel_git_store *store,
		   const char *revision, struct rel_error *err)
{
	struct rel_buf ref;
	int rc;

	if (is_full_id(revision))
		return rel_git_resolve(commit, store, revision, err);
	rel_buf_init(&ref, REL_LIMIT_CONFIG_BYTES);
	rel_git_cache_ref(&ref, revision);
	rc = rel_buf_status(&ref, "reference", err);
	if (rc == 0)
		rc = rel_git_resolve(commit, store, ref.ptr, err);
	rel_buf_free(&ref);
	if (rc == REL_ENOTFOUND && is_short_id(revision))
		rc = rel_git_resolve(commit, store, revision, err);
	return rc;
}

/*
 * How deep to ask.  A revision that is there already gets what is new behind
 * it: asking for one commit again would cut off history that an earlier
 * --since has brought.
 */
static int first_depth(const struct rel_git_remote *remote,
		       struct rel_git_store *store, const char *revision)
{
	struct rel_git_id known;

	if (remote->options.whole_history)
		return DEPTH_ALL;
	return look_up(&known, store, revision, NULL) == 0 ? DEPTH_KEEP : 1;
}

/* `revision` from the remote into the store; the lock is held. */
static int bring(struct rel_git_remote *remote, struct rel_git_id *commit,
		 struct rel_git_store *store, const char *revision,
		 struct rel_error *err)
{
	int rc = transfer(remote, store, revision,
			  first_depth(remote, store, revision), err);

	/* A commit that the server gives by no name, or that is short. */
	if (rc == REL_ENOTFOUND &&
	    (is_full_id(revision) || is_short_id(revision)))
		rc = transfer(remote, store, NULL, DEPTH_ALL, err);
	if (rc)
		return rc;
	rc = look_up(commit, store, revision, err);
	remote->lacks_revision = rc == REL_ENOTFOUND;
	return rc;
}

static int fail_offline(struct rel_git_remote *remote, const char *revision,
			struct rel_error *err)
{
	rel_fail(err, REL_ENOTFOUND,
		 "%s is not in the cache; run once without --offline",
		 revision ? revision : "the remote");
	rel_error_at(err, remote->place.ptr, 0, 0);
	return REL_ENOTFOUND;
}

static void is_cache(struct rel_git_store *store)
{
	store->made = true;
	store->fetched = true;
}

static int open_offline(struct rel_git_remote *remote,
			struct rel_git_store **store, struct rel_git_id *commit,
			struct rel_error *err)
{
	int rc =
	    rel_git_store_open(store, rel_git_cache_path(&remote->cache), err);

	if (rc == REL_ENOTFOUND)
		return fail_offline(remote, NULL, err);
	if (rc == 0)
		is_cache(*store);
	if (rc == 0)
		rc = look_up(commit, *store, revision_of(remote), err);
	if (rc == REL_ENOTFOUND)
		return fail_offline(remote, revision_of(remote), err);
	return rc;
}

static int open_online(struct rel_git_remote *remote,
		       struct rel_git_store **store, struct rel_git_id *commit,
		       struct rel_error *err)
{
	const char *revision = revision_of(remote);
	int rc = rel_git_cache_prepare(
	    &remote->cache, remote->title.ptr, remote->place.ptr,
	    remote->options.progress, remote->options.cancel, err);

	if (rc == 0)
		rc = rel_git_store_open(
		    store, rel_git_cache_path(&remote->cache), err);
	if (rc < 0)
		return rc;
	is_cache(*store);
	/* A commit never changes: nothing to ask for. */
	if (is_full_id(revision) && !remote->options.whole_history &&
	    look_up(commit, *store, revision, NULL) == 0)
		return 0;
	return bring(remote, commit, *store, revision, err);
}

static int has_ref(void *context, const char *ref, struct rel_error *err)
{
	(void)ref;
	(void)err;
	*(bool *)context = true;
	return 0;
}

/* The repository of a path, in place. */
static int open_local(struct rel_git_remote *remote,
		      struct rel_git_store **store, struct rel_git_id *commit,
		      struct rel_error *err)
{
	char *path = strndup(remote->url.path.ptr, remote->url.path.len);
	int rc =
	    path ? rel_git_store_open(store, path, err) : rel_fail_nomem(err);

	if (rc == 0)
		rc = rel_git_resolve(commit, *store, remote->options.revision,
				     err);
	if (rc == REL_ENOTFOUND && *store &&
	    rel_git_ref_each(*store, "*", has_ref, &remote->lacks_revision,
			     NULL))
		remote->lacks_revision = false;
	free(path);
	return rc;
}

/* Name the directory of the cache; git runs in there from now on. */
static int choose_cache(struct rel_git_remote *remote, struct rel_error *err)
{
	int rc = rel_git_cache_init(&remote->cache, remote->options.cache_dir,
				    &remote->url, err);

	remote->git_dir = rel_git_cache_path(&remote->cache);
	remote->made = true;
	return rc;
}

int rel_git_remote_fetch(struct rel_git_store **store,
			 struct rel_git_id *commit,
			 struct rel_git_remote *remote, struct rel_error *err)
{
	int rc = rel_git_library_open(err);

	*store = NULL;
	if (rc < 0)
		return rc;
	if (remote->url.transport == REL_GIT_LOCAL) {
		rc = open_local(remote, store, commit, err);
		goto done;
	}
	rc = check_revision(revision_of(remote), err);
	if (rc == 0)
		rc = choose_cache(remote, err);
	if (rc == 0)
		rc = remote->options.offline
			 ? open_offline(remote, store, commit, err)
			 : open_online(remote, store, commit, err);
done:
	rel_git_cache_free(&remote->cache);
	remote->git_dir = NULL;
	remote->made = false;
	if (rc < 0) {
		rel_git_store_free(*store);
		*store = NULL;
	}
	rel_git_library_close();
	return rc;
}

int rel_git_fetch(struct rel_git_store **store, struct rel_git_id *commit,
		  const char *location,
		  const struct rel_git_fetch_options *options,
		  struct rel_error *err)
{
	struct rel_git_remote remote;
	int rc = rel_git_remote_init(&remote, location, options, err);

	*store = NULL;
	if (rc == 0)
		rc = rel_git_remote_fetch(store, commit, &remote, err);
	if (options && options->lacks_revision)
		*options->lacks_revision =
		    rc == REL_ENOTFOUND && remote.lacks_revision;
	rel_git_remote_close(&remote);
	return rc;
}

/* "~3^2" is 4 generations back; -1 when it is none of "~n" and "^n". */
static int generations(const char *suffix)
{
	long sum = 0;

	while (*suffix == '~' || *suffix == '^') {
		char sign = *suffix++;
		size_t digits = strspn(suffix, "0123456789");
		unsigned long n = 1;

		if (digits > 0 && !rel_str_to_uint(rel_str_n(suffix, digits),
						   INT_MAX / 16, &n))
			return -1;
		sum += sign == '~' || n == 0 ? (long)n : 1;
		if (sum > INT_MAX / 16)
			return -1;
		suffix += digits;
	}
	return *suffix == '\0' ? (int)sum : -1;
}

/* An earlier revision: where it starts from, and how far back it is. */
struct since {
	char *base; /* "HEAD" for the tip */
	const char *suffix;
	struct rel_git_id from;
};

static int since_resolve(struct rel_git_id *commit, struct rel_git_store *store,
			 const struct since *since, struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "HEAD%s", since->suffix);
	rc = rel_buf_status(&text, "revision", err);
	if (rc == 0)
		rc = rel_git_resolve_from(commit, store, &since->from, text.ptr,
					  err);
	rel_buf_free(&text);
	return rc;
}

/* More and more history of `branch` until the revision is there. */
static int deepen(struct rel_git_remote *remote, struct rel_git_id *commit,
		  struct rel_git_store *store, const struct since *since,
		  const char *branch, struct rel_error *err)
{
	int back = generations(since->suffix);
	int rc = since_resolve(commit, store, since, err);

	for (int i = back < 0 ? DEEPEN_TRIES : 0;
	     rc == REL_ENOTFOUND && i <= DEEPEN_TRIES &&
	     rel_git_store_is_shallow(store);
	     i++) {
		rc = transfer(remote, store, branch,
			      i < DEEPEN_TRIES ? (back + 1) << i : DEPTH_ALL,
			      err);
		if (rc == 0)
			rc = since_resolve(commit, store, since, err);
	}
	return rc;
}

static int since_parse(struct since *out, const char *revision,
		       const struct rel_git_id *tip, struct rel_error *err)
{
	size_t len;

	if (revision == NULL || *revision == '\0')
		revision = "HEAD";
	len = strcspn(revision, "~^");
	out->suffix = revision + len;
	out->from = *tip;
	out->base = len == 0 || (len == 1 && revision[0] == '@')
			? strdup("HEAD")
			: strndup(revision, len);
	return out->base ? 0 : rel_fail_nomem(err);
}

/* Does it start from the tip that rel_git_fetch() gave? */
static bool since_tip(const struct rel_git_remote *remote,
		      const struct since *since)
{
	return strcmp(since->base, "HEAD") == 0 ||
	       strcmp(since->base, revision_of(remote)) == 0;
}

static int since_offline(struct rel_git_remote *remote,
			 struct rel_git_id *commit, struct rel_git_store *store,
			 struct since *since, struct rel_error *err)
{
	int rc = 0;

	if (!since_tip(remote, since))
		rc = look_up(&since->from, store, since->base, err);
	if (rc == 0)
		rc = since_resolve(commit, store, since, err);
	return rc == REL_ENOTFOUND ? fail_offline(remote, since->base, err)
				   : rc;
}

static int since_online(struct rel_git_remote *remote,
			struct rel_git_id *commit, struct rel_git_store *store,
			struct since *since, struct rel_error *err)
{
	const char *base =
	    since_tip(remote, since) ? revision_of(remote) : since->base;
	bool known = since_tip(remote, since);
	int rc;

	if (!known && (is_full_id(base) || is_short_id(base)))
		known = look_up(&since->from, store, base, NULL) == 0;
	if (known && since_resolve(commit, store, since, NULL) == 0)
		return 0;
	rc = rel_git_cache_prepare(&remote->cache, remote->title.ptr,
				   remote->place.ptr, remote->options.progress,
				   remote->options.cancel, err);
	if (rc == 0 && !known)
		rc = bring(remote, &since->from, store, base, err);
	return rc < 0 ? rc : deepen(remote, commit, store, since, base, err);
}

int rel_git_fetch_since(struct rel_git_id *commit, struct rel_git_store *store,
			const struct rel_git_id *tip, const char *revision,
			const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	struct rel_git_remote remote;
	struct since since = {0};
	int rc = rel_git_remote_init(&remote, location, options, err);

	if (rc < 0)
		goto done;
	if (remote.url.transport == REL_GIT_LOCAL) {
		rc = rel_git_resolve_from(commit, store, tip, revision, err);
		goto done;
	}
	rc = since_parse(&since, revision, tip, err);
	if (rc == 0)
		rc = check_revision(revision_of(&remote), err);
	if (rc == 0)
		rc = check_revision(since.base, err);
	if (rc == 0)
		rc = choose_cache(&remote, err);
	if (rc == 0)
		rc = remote.options.offline
			 ? since_offline(&remote, commit, store, &since, err)
			 : since_online(&remote, commit, store, &since, err);
done:
	free(since.base);
	rel_git_remote_close(&remote);
	return rc;
}
