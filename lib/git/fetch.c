#include "git/fetch.h"

#include <limits.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/internal.h"
#include "git/job.h"
#include "git/run.h"

/* Times that the depth is doubled before the whole history is asked for. */
#define DEEPEN_TRIES 3

/* Everything one call has to do with one remote. */
struct session {
	struct rel_git_fetch_options options;
	struct rel_git_url url;
	struct rel_buf clean, title;
	struct rel_git_cache cache;
	bool with_git; /* else libgit2 */
	bool partial;  /* whoever transfers can do it shallow */
};

static const char *revision_of(const struct session *s)
{
	const char *revision = s->options.revision;

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

/* Where the repository is kept.  A libgit2 that cannot do shallow fetches
 * must not add to a shallow one: what it then lacks would go unnoticed. */
static int choose_cache(struct session *s, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	bool shallow = true;
	int r = rel_git_cache_init(&s->cache, s->options.cache_dir, &s->url,
				   false, err);

	if (r < 0 || s->partial || s->options.offline)
		return r;
	if (rel_git_store_open(&store, rel_git_cache_path(&s->cache), NULL) ==
	    0)
		shallow = rel_git_store_is_shallow(store);
	rel_git_store_free(store);
	if (!shallow)
		return 0;
	rel_git_cache_free(&s->cache);
	return rel_git_cache_init(&s->cache, s->options.cache_dir, &s->url,
				  true, err);
}

/* Without git, what is there may be in the directory for whole histories. */
static int choose_offline(struct session *s, struct rel_error *err)
{
	if (!s->options.offline ||
	    rel_git_is_repository(rel_git_cache_path(&s->cache)))
		return 0;
	rel_git_cache_free(&s->cache);
	return rel_git_cache_init(&s->cache, s->options.cache_dir, &s->url,
				  true, err);
}

static void session_close(struct session *s)
{
	rel_git_cache_free(&s->cache);
	rel_buf_free(&s->title);
	rel_buf_free(&s->clean);
	rel_git_library_close();
}

static int session_open(struct session *s, const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	int r = rel_git_library_open(err);

	memset(s, 0, sizeof(*s));
	if (r < 0)
		return r;
	if (options != NULL)
		s->options = *options;
	s->cache.lock.fd = -1;
	s->cache.child_fd = -1;
	rel_buf_init(&s->clean, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&s->title, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_url_parse(&s->url, location, err);
	if (r == 0 && s->url.transport != REL_GIT_LOCAL) {
		r = check_revision(revision_of(s), err);
		s->with_git =
		    !s->options.no_git_program && rel_git_program_exists();
		s->partial =
		    s->with_git || rel_git_library_is_shallow_capable();
		rel_git_url_clean(&s->clean, &s->url);
		rel_buf_add_str(&s->title, s->url.host);
		rel_buf_printf(&s->title, "%s%.*s", s->url.scp ? ":" : "",
			       REL_STR_ARG(s->url.path));
		if (r == 0)
			r = rel_buf_status(&s->clean, "location", err);
		if (r == 0)
			r = choose_cache(s, err);
		if (r == 0)
			r = choose_offline(s, err);
	}
	if (r < 0)
		session_close(s);
	return r;
}

/* One transfer under the lock.  revision NULL = every branch and tag. */
static int transfer(struct session *s, const char *revision, int depth,
		    struct rel_error *err)
{
	struct rel_git_job job = {.url = &s->url,
				  .clean = s->clean.ptr,
				  .title = s->title.ptr,
				  .cache = &s->cache,
				  .options = &s->options,
				  .revision = revision,
				  .depth = depth};

	return s->with_git ? rel_git_program_fetch(&job, err)
			   : rel_git_library_fetch(&job, err);
}

/* The commit kept for `revision`: REL_ENOTFOUND when it was never fetched. */
static int look_up(struct rel_git_id *commit, struct rel_git_store *store,
		   const char *revision, struct rel_error *err)
{
	struct rel_buf ref;
	int r;

	if (is_full_id(revision))
		return rel_git_resolve(commit, store, revision, err);
	rel_buf_init(&ref, REL_LIMIT_CONFIG_BYTES);
	rel_git_cache_ref(&ref, revision);
	r = rel_buf_status(&ref, "reference", err);
	if (r == 0)
		r = rel_git_resolve(commit, store, ref.ptr, err);
	rel_buf_free(&ref);
	if (r == REL_ENOTFOUND && is_short_id(revision))
		r = rel_git_resolve(commit, store, revision, err);
	return r;
}

/*
 * How deep to ask.  A revision that is there already gets what is new behind
 * it: asking for one commit again would cut off history that an earlier
 * --since has brought.
 */
static int first_depth(const struct session *s, struct rel_git_store *store,
		       const char *revision)
{
	struct rel_git_id known;

	if (s->options.whole_history)
		return REL_GIT_DEPTH_ALL;
	if (!s->partial)
		return REL_GIT_DEPTH_KEEP;
	return look_up(&known, store, revision, NULL) == 0 ? REL_GIT_DEPTH_KEEP
							   : 1;
}

/* `revision` from the remote into the store; the lock is held. */
static int bring(struct session *s, struct rel_git_id *commit,
		 struct rel_git_store *store, const char *revision,
		 struct rel_error *err)
{
	bool maybe_id = is_full_id(revision) || is_short_id(revision);
	struct rel_error first = {0};
	int r = REL_ENOTFOUND;

	/* libgit2 can ask for names only. */
	if (s->with_git || !is_full_id(revision))
		r = transfer(s, revision, first_depth(s, store, revision),
			     &first);
	if (r == REL_ENOTFOUND && maybe_id)
		r = transfer(s, NULL, REL_GIT_DEPTH_ALL, &first);
	if (r == 0)
		r = rel_git_store_refresh(store, &first);
	if (r == 0)
		r = look_up(commit, store, revision, &first);
	if (r < 0 && err != NULL)
		*err = first;
	return r;
}

static int fail_offline(struct session *s, const char *revision,
			struct rel_error *err)
{
	rel_fail(err, REL_ENOTFOUND,
		 "%s is not in the cache; run once without --offline",
		 revision ? revision : "the remote");
	rel_error_at(err, s->clean.ptr, 0, 0);
	return REL_ENOTFOUND;
}

static void is_cache(struct rel_git_store *store)
{
	store->made = true;
	store->fetched = true;
}

static int open_offline(struct session *s, struct rel_git_store **store,
			struct rel_git_id *commit, struct rel_error *err)
{
	int r = rel_git_store_open(store, rel_git_cache_path(&s->cache), err);

	if (r == REL_ENOTFOUND)
		return fail_offline(s, NULL, err);
	if (r == 0)
		is_cache(*store);
	if (r == 0)
		r = look_up(commit, *store, revision_of(s), err);
	if (r == REL_ENOTFOUND)
		return fail_offline(s, revision_of(s), err);
	return r;
}

static int open_online(struct session *s, struct rel_git_store **store,
		       struct rel_git_id *commit, struct rel_error *err)
{
	const char *revision = revision_of(s);
	int r =
	    rel_git_cache_prepare(&s->cache, s->title.ptr, s->clean.ptr,
				  s->options.progress, s->options.cancel, err);

	if (r == 0)
		r = rel_git_store_open(store, rel_git_cache_path(&s->cache),
				       err);
	if (r < 0)
		return r;
	is_cache(*store);
	/* A commit never changes: nothing to ask for. */
	if (is_full_id(revision) && !s->options.whole_history &&
	    look_up(commit, *store, revision, NULL) == 0)
		return 0;
	return bring(s, commit, *store, revision, err);
}

static int open_local(struct session *s, struct rel_git_store **store,
		      struct rel_git_id *commit, struct rel_error *err)
{
	struct rel_buf path;
	int r;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_str(&path, s->url.path);
	r = rel_buf_status(&path, "location", err);
	if (r == 0)
		r = rel_git_store_open(store, path.ptr, err);
	if (r == 0)
		r = rel_git_resolve(commit, *store, s->options.revision, err);
	rel_buf_free(&path);
	return r;
}

int rel_git_fetch(struct rel_git_store **store, struct rel_git_id *commit,
		  const char *location,
		  const struct rel_git_fetch_options *options,
		  struct rel_error *err)
{
	struct session s;
	int r = session_open(&s, location, options, err);

	*store = NULL;
	if (r < 0)
		return r;
	if (s.url.transport == REL_GIT_LOCAL)
		r = open_local(&s, store, commit, err);
	else if (s.options.offline)
		r = open_offline(&s, store, commit, err);
	else
		r = open_online(&s, store, commit, err);
	if (r < 0) {
		rel_git_store_free(*store);
		*store = NULL;
	}
	session_close(&s);
	return r;
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
	int r;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "HEAD%s", since->suffix);
	r = rel_buf_status(&text, "revision", err);
	if (r == 0)
		r = rel_git_resolve_from(commit, store, &since->from, text.ptr,
					 err);
	rel_buf_free(&text);
	return r;
}

/* More and more history of `branch` until the revision is there. */
static int deepen(struct session *s, struct rel_git_id *commit,
		  struct rel_git_store *store, const struct since *since,
		  const char *branch, struct rel_error *err)
{
	int back = generations(since->suffix);
	int r = since_resolve(commit, store, since, err);

	for (int i = back < 0 ? DEEPEN_TRIES : 0;
	     r == REL_ENOTFOUND && i <= DEEPEN_TRIES &&
	     rel_git_store_is_shallow(store);
	     i++) {
		r = transfer(s, branch,
			     i < DEEPEN_TRIES ? (back + 1) << i
					      : REL_GIT_DEPTH_ALL,
			     err);
		if (r == 0)
			r = rel_git_store_refresh(store, err);
		if (r == 0)
			r = since_resolve(commit, store, since, err);
	}
	return r;
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
static bool since_tip(const struct session *s, const struct since *since)
{
	return strcmp(since->base, "HEAD") == 0 ||
	       strcmp(since->base, revision_of(s)) == 0;
}

static int since_offline(struct session *s, struct rel_git_id *commit,
			 struct rel_git_store *store, struct since *since,
			 struct rel_error *err)
{
	int r = 0;

	if (!since_tip(s, since))
		r = look_up(&since->from, store, since->base, err);
	if (r == 0)
		r = since_resolve(commit, store, since, err);
	return r == REL_ENOTFOUND ? fail_offline(s, since->base, err) : r;
}

static int since_online(struct session *s, struct rel_git_id *commit,
			struct rel_git_store *store, struct since *since,
			struct rel_error *err)
{
	const char *base = since_tip(s, since) ? revision_of(s) : since->base;
	bool known = since_tip(s, since);
	int r;

	if (!known && (is_full_id(base) || is_short_id(base)))
		known = look_up(&since->from, store, base, NULL) == 0;
	if (known && since_resolve(commit, store, since, NULL) == 0)
		return 0;
	r = rel_git_cache_prepare(&s->cache, s->title.ptr, s->clean.ptr,
				  s->options.progress, s->options.cancel, err);
	if (r == 0 && !known)
		r = bring(s, &since->from, store, base, err);
	return r < 0 ? r : deepen(s, commit, store, since, base, err);
}

int rel_git_fetch_since(struct rel_git_id *commit, struct rel_git_store *store,
			const struct rel_git_id *tip, const char *revision,
			const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	struct since since = {0};
	struct session s;
	int r = session_open(&s, location, options, err);

	if (r < 0)
		return r;
	if (s.url.transport == REL_GIT_LOCAL) {
		r = rel_git_resolve_from(commit, store, tip, revision, err);
		goto out;
	}
	r = since_parse(&since, revision, tip, err);
	if (r == 0)
		r = check_revision(since.base, err);
	if (r == 0 && s.options.offline)
		r = since_offline(&s, commit, store, &since, err);
	else if (r == 0)
		r = since_online(&s, commit, store, &since, err);
	free(since.base);
out:
	session_close(&s);
	return r;
}
