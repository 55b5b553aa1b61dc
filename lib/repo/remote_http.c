#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "digest/digest.h"
#include "net/http.h"
#include "opam/repofile.h"
#include "repo/repo_private.h"

#define STATE "state"
#define INDEX "index.tar.gz"

/* <cache_dir>/index/<sha256>/<name>; "" is the directory.  The caller frees
 * `out`. */
static int file_path(struct rel_buf *out, const char *cache_dir,
		     const char *url, const char *name, struct rel_error *err)
{
	char hex[REL_DIGEST_TEXT_MAX];
	struct rel_digest digest;
	int rc;

	rel_buf_init(out, REL_LIMIT_CONFIG_BYTES);
	rc = rel_digest_of(&digest, REL_DIGEST_SHA256, rel_str_of(url), err);
	if (rc)
		return rc;
	rel_digest_hex(hex, &digest);
	rel_path_join(out, rel_str_of(cache_dir), REL_STR("index"));
	rel_buf_printf(out, "/%s", hex);
	if (name[0] != '\0')
		rel_buf_printf(out, "/%s", name);
	return rel_buf_status(out, "path", err);
}

/* Read a file of the state; what cannot be read is not there. */
static int load_file(struct rel_buf *out, bool *found, const char *cache_dir,
		     const char *url, const char *name, struct rel_error *err)
{
	struct rel_error ignored = {0};
	struct rel_buf path;
	int rc = file_path(&path, cache_dir, url, name, err);

	if (rc == 0) {
		rc = rel_file_read(out, path.ptr, &ignored);
		*found = rc == 0;
		rc = rc == REL_ENOMEM ? rel_fail_nomem(err) : 0;
	}
	rel_buf_free(&path);
	return rc;
}

/* A state as it is read: usable only with both. */
struct reading {
	struct rel_http_state *out;
	struct rel_str url; /* whose state it has to be */
	bool digest, same_url;
};

static int take_line(struct reading *r, struct rel_str line,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct rel_http_state *out = r->out;
	struct rel_str key = rel_str_cut(&line, ' ');
	const char **text = rel_str_is(key, "etag") ? &out->etag
			    : rel_str_is(key, "last-modified")
				? &out->last_modified
				: NULL;
	struct rel_error ignored = {0};

	if (!line.ptr)
		return 0;
	if (rel_str_is(key, "digest"))
		r->digest =
		    rel_digest_parse(&out->digest, line, &ignored) == 0 &&
		    out->digest.algo == REL_DIGEST_SHA256;
	if (rel_str_is(key, "url"))
		r->same_url = rel_str_eq(line, r->url);
	if (rel_str_is(key, "redirects"))
		out->redirects = !rel_str_is(line, "no");
	if (!text)
		return 0;
	*text = rel_arena_copy(arena, line);
	return *text ? 0 : rel_fail_nomem(err);
}

/* The address as it stands in a state; the caller frees `out`. */
static int shown_url(struct rel_buf *out, const char *url,
		     struct rel_error *err)
{
	rel_buf_init(out, REL_LIMIT_CONFIG_BYTES);
	rel_url_redact(out, rel_str_of(url));
	return rel_buf_status(out, "URL", err);
}

int rel_http_state_load(struct rel_http_state *out, bool *found,
			const char *cache_dir, const char *url,
			struct rel_arena *arena, struct rel_error *err)
{
	struct reading r = {.out = out};
	struct rel_buf text, shown;
	struct rel_str rest;
	int rc = shown_url(&shown, url, err);

	*out = (struct rel_http_state){.redirects = true};
	*found = false;
	r.url = rel_buf_str(&shown);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	if (rc == 0)
		rc = load_file(&text, found, cache_dir, url, STATE, err);
	rest = rel_buf_str(&text);
	while (rc == 0 && *found && rest.ptr)
		rc = take_line(&r, rel_str_cut(&rest, '\n'), arena, err);
	*found = *found && r.digest && r.same_url;
	rel_buf_free(&text);
	rel_buf_free(&shown);
	return rc;
}

int rel_http_state_body(struct rel_buf *body, bool *found,
			const struct rel_http_state *state,
			const char *cache_dir, const char *url,
			struct rel_error *err)
{
	size_t start = body->len;
	struct rel_digest digest;
	int rc = load_file(body, found, cache_dir, url, INDEX, err);

	if (rc || !*found)
		return rc;
	rc =
	    rel_digest_of(&digest, REL_DIGEST_SHA256,
			  rel_str_n(body->ptr + start, body->len - start), err);
	*found = rc == 0 && rel_digest_cmp(&digest, &state->digest) == 0;
	if (!*found)
		body->len = start;
	return rc;
}

static int write_file(const char *cache_dir, const char *url, const char *name,
		      struct rel_str content, struct rel_error *err)
{
	struct rel_buf path;
	int rc = file_path(&path, cache_dir, url, name, err);

	if (rc == 0)
		rc = rel_file_put_cache(path.ptr, content, err);
	rel_buf_free(&path);
	return rc;
}

int rel_http_state_store(const struct rel_http_state *state,
			 struct rel_str body, const char *cache_dir,
			 const char *url, struct rel_error *err)
{
	char digest[REL_DIGEST_TEXT_MAX];
	struct rel_buf path, text, shown;
	int rc = file_path(&path, cache_dir, url, "", err);

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_digest_format(digest, &state->digest);
	if (rc == 0)
		rc = shown_url(&shown, url, err);
	else
		rel_buf_init(&shown, 0);
	rel_buf_printf(&text, "url %s\ndigest %s\nredirects %s\n",
		       shown.ptr ? shown.ptr : "", digest,
		       state->redirects ? "yes" : "no");
	if (state->etag)
		rel_buf_printf(&text, "etag %s\n", state->etag);
	if (state->last_modified)
		rel_buf_printf(&text, "last-modified %s\n",
			       state->last_modified);
	if (rc == 0)
		rc = rel_buf_status(&text, "state", err);
	if (rc == 0)
		rc = rel_mkdirs_private(path.ptr, err);
	if (rc == 0)
		rc = write_file(cache_dir, url, INDEX, body, err);
	if (rc == 0)
		rc = write_file(cache_dir, url, STATE, rel_buf_str(&text), err);
	rel_buf_free(&path);
	rel_buf_free(&text);
	rel_buf_free(&shown);
	return rc;
}

/* One remote while it is read; `url` changes with each redirect. */
struct http_read {
	const struct rel_remote *remote;
	const struct rel_remote_options *options;
	struct rel_http *http;
	const char *url;
	struct rel_arena arena;	     /* for the texts of all steps */
	struct rel_http_state state; /* of the index at hand */
	bool remembered;	     /* `state` is from the cache */
	struct rel_buf body;	     /* the index itself … */
	bool has_body;		     /* … if it had to be got */
	bool fresh;		     /* it comes from the network */
};

static void undefined(const void *context, struct rel_str package,
		      struct rel_str name, struct rel_value *out)
{
	(void)context;
	(void)package;
	(void)name;
	*out = (struct rel_value){.kind = REL_VALUE_UNDEFINED};
}

static int keep_text(const char **out, struct http_read *r, const char *text,
		     struct rel_error *err)
{
	*out = text ? rel_arena_copy(&r->arena, rel_str_of(text)) : NULL;
	return text && !*out ? rel_fail_nomem(err) : 0;
}

/* Take over what a complete answer says. */
static int take_answer(struct http_read *r,
		       const struct rel_http_answer *answer,
		       struct rel_error *err)
{
	int rc;

	r->state = (struct rel_http_state){.redirects = true};
	r->remembered = false;
	r->has_body = r->fresh = true;
	rc = rel_digest_of(&r->state.digest, REL_DIGEST_SHA256,
			   rel_buf_str(&r->body), err);
	if (rc == 0)
		rc = keep_text(&r->state.etag, r, answer->etag, err);
	if (rc == 0)
		rc = keep_text(&r->state.last_modified, r,
			       answer->last_modified, err);
	return rc;
}

/* Ask the server: the index, or that the remembered one is still current. */
static int ask(struct http_read *r, struct rel_error *err)
{
	struct rel_http_answer answer = {0};
	struct rel_http_request request = {
	    .max_bytes = REL_LIMIT_INDEX_BYTES,
	    .etag = r->remembered ? r->state.etag : NULL,
	    .last_modified = r->remembered ? r->state.last_modified : NULL,
	    .progress = r->options->progress,
	    .cancel = r->options->cancel};
	struct rel_buf url, what;
	int rc = 0;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&what, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&url, "%s/index.tar.gz", r->url);
	rel_buf_printf(&what, "fetching %s", r->remote->name);
	if (!r->http)
		rc = rel_http_new(&r->http, err);
	if (rc == 0)
		rc = rel_buf_status(&url, "URL", err);
	if (rc == 0)
		rc = rel_buf_status(&what, "name", err);
	request.url = url.ptr;
	request.what = what.ptr;
	rel_buf_clear(&r->body);
	if (rc == 0)
		rc =
		    rel_http_get_buf(&answer, &r->body, r->http, &request, err);
	if (rc == 0 && answer.outcome == REL_HTTP_OK)
		rc = take_answer(r, &answer, err);
	else if (rc == REL_ENOTFOUND)
		rel_error_prefix(err, "no package repository there (for a git "
				      "repository write git+URL)");
	rel_http_answer_free(&answer);
	rel_buf_free(&url);
	rel_buf_free(&what);
	return rc;
}

/* Make r->state be that of the current index. */
static int look(struct http_read *r, struct rel_error *err)
{
	const char *cache_dir = r->options->cache_dir;
	int rc = 0;

	r->remembered = r->has_body = r->fresh = false;
	if (cache_dir)
		rc = rel_http_state_load(&r->state, &r->remembered, cache_dir,
					 r->url, &r->arena, err);
	if (rc)
		return rc;
	if (r->options->offline && !r->remembered)
		return rel_fail(err, REL_ENOTFOUND,
				"not in the cache; run once without --offline");
	return r->options->offline ? 0 : ask(r, err);
}

/* Make r->body be the index. */
static int get_body(struct http_read *r, struct rel_error *err)
{
	int rc = 0;

	if (r->has_body)
		return 0;
	rel_buf_clear(&r->body);
	if (r->remembered)
		rc = rel_http_state_body(&r->body, &r->has_body, &r->state,
					 r->options->cache_dir, r->url, err);
	if (rc || r->has_body)
		return rc;
	/* The server has told us that it is current, but it is gone. */
	r->remembered = false;
	if (r->options->offline)
		return rel_fail(err, REL_ENOTFOUND,
				"its index is missing or damaged in the "
				"cache; run once without --offline");
	return ask(r, err);
}

/* Where the `repo` file sends us, in r->arena; NULL = nowhere. */
static int find_redirect(const char **out, struct http_read *r,
			 const struct rel_source *source, struct rel_error *err)
{
	static const struct rel_variables none = {undefined, NULL};
	struct rel_source_entry entry;
	struct rel_error why = {0};
	struct rel_repofile repo;
	struct rel_buf text;
	int rc;

	*out = NULL;
	r->state.redirects = false;
	rc = source->find(source->context, 0, &entry, REL_STR("repo"), err);
	if (rc || entry.kind != REL_SOURCE_FILE)
		return rc == REL_ENOTFOUND ? 0 : rc;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_source_read(source, 0, &text, REL_STR("repo"), &entry, &why);
	if (rc == 0)
		rc = rel_repofile_read(
		    &repo, rel_buf_str(&text), "repo",
		    r->options->variables ? r->options->variables : &none,
		    &r->arena, &why);
	rel_buf_free(&text);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc) {
		rel_reading_warn(r->options,
				 "%s: its file `repo` is ignored: %s",
				 r->remote->name, why.text);
		return 0;
	}
	/* Another environment may be sent elsewhere by the same index. */
	r->state.redirects = repo.has_redirect;
	if (repo.n_redirects == 0)
		return 0;
	/* opam follows the last one (src/state/opamUpdate.ml, eval_redirect) */
	*out = rel_arena_copy(&r->arena, repo.redirects[repo.n_redirects - 1]);
	return *out ? 0 : rel_fail_nomem(err);
}

static void remember(struct http_read *r)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];
	struct rel_error err = {0};

	if (!r->fresh || !r->options->cache_dir)
		return;
	if (rel_http_state_store(&r->state, rel_buf_str(&r->body),
				 r->options->cache_dir, r->url, &err) == 0)
		return;
	rel_error_format(&err, text, sizeof(text));
	rel_reading_warn(r->options,
			 "the index is not cached, so that the next run "
			 "fetches it again: %s",
			 text);
}

/* The content is that of the index, and which directory of it. */
static int set_key(struct rel_reading *reading, const struct http_read *r,
		   struct rel_error *err)
{
	const char *subdir = r->remote->location.subdir;
	struct rel_digest digest = r->state.digest;
	char text[REL_DIGEST_TEXT_MAX];
	struct rel_buf both;
	int rc = 0;

	if (subdir[0] != '\0') {
		rel_digest_format(text, &digest);
		rel_buf_init(&both, REL_LIMIT_CONFIG_BYTES);
		rel_buf_printf(&both, "%s %s", text, subdir);
		rc = rel_buf_status(&both, "location", err);
		if (rc == 0)
			rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
					   rel_buf_str(&both), err);
		rel_buf_free(&both);
	}
	reading->key.kind = REL_IMAGE_KEY_INDEX;
	memcpy(reading->key.bytes, digest.bytes, REL_IMAGE_KEY_BYTES);
	return rc;
}

/* An index that holds nothing is one that went wrong: whoever has no packages
 * yet has a file that says what it is. */
static int check_content(const struct rel_source *source, struct rel_error *err)
{
	static const char *const names[] = {"packages", "repo"};
	struct rel_source_entry entry;
	int rc = REL_ENOTFOUND;

	for (size_t i = 0; rc == REL_ENOTFOUND && i < 2; i++)
		rc = source->find(source->context, 0, &entry,
				  rel_str_of(names[i]), err);
	if (rc == REL_ENOTFOUND)
		return rel_fail(err, REL_EPARSE,
				"its index.tar.gz has neither a directory "
				"`packages` nor a file `repo`, which an empty "
				"repository has; make it anew with relctl "
				"index or opam admin index");
	return rc;
}

/* Unpack and parse the index at r->url, unless it redirects elsewhere. */
static int read_body(struct rel_snapshot **out, const char **redirect,
		     struct http_read *r, const struct rel_reading *reading,
		     struct rel_error *err)
{
	const char *subdir = r->remote->location.subdir;
	struct rel_source_index index;
	struct rel_source source = rel_source_index(&index);
	int rc = rel_source_index_open(&index, rel_buf_str(&r->body),
				       "index.tar.gz", r->options->cancel, err);

	if (rc == 0)
		rc = find_redirect(redirect, r, &source, err);
	if (rc == 0 && !*redirect && subdir[0] != '\0')
		rc = rel_source_index_enter(&index, rel_str_of(subdir), err);
	if (rc == 0 && !*redirect)
		rc = check_content(&source, err);
	if (rc == 0 && !*redirect)
		rc = rel_reading_parse(out, reading, &source, err);
	rel_source_index_close(&index);
	/* An index that is no good must not be remembered as current. */
	if (rc == 0)
		remember(r);
	return rc;
}

/* One step: a snapshot, or *redirect. */
static int read_url(struct rel_snapshot **out, const char **redirect,
		    struct http_read *r, struct rel_error *err)
{
	char revision[REL_DIGEST_TEXT_MAX];
	struct rel_reading reading = {
	    .remote = r->remote, .options = r->options, .revision = revision};
	int rc = look(r, err);

	*redirect = NULL;
	if (rc == 0 && !r->has_body && !r->state.redirects) {
		rel_digest_format(revision, &r->state.digest);
		rc = set_key(&reading, r, err);
		if (rc == 0)
			rc = rel_reading_cached(out, &reading, err);
		if (rc || *out)
			return rc;
	}
	if (rc == 0)
		rc = get_body(r, err);
	if (rc == 0)
		rc = set_key(&reading, r, err);
	if (rc)
		return rc;
	rel_digest_format(revision, &r->state.digest);
	return read_body(out, redirect, r, &reading, err);
}

/* Where `redirect` leads: another index, or a git repository. */
static int redirect_to(struct rel_location *out, struct http_read *r,
		       const char *redirect, struct rel_error *err)
{
	bool whole = strstr(redirect, "://") != NULL;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	if (!whole)
		rel_buf_printf(&text, "%s/", r->url);
	rel_buf_add_cstr(&text, redirect);
	rc = rel_buf_status(&text, "redirect", err);
	if (rc == 0)
		rc = rel_location_parse(out, rel_buf_str(&text), NULL,
					&r->arena, err);
	rel_buf_free(&text);
	if (rc)
		return rc;
	/* A remote must not make us read the disk, nor give up encryption. */
	if (out->kind != REL_LOCATION_HTTP &&
	    out->kind != REL_LOCATION_GIT_REMOTE)
		return rel_fail(err, REL_EPARSE,
				"its `repo` file redirects to a local place");
	if (strncmp(r->url, "https://", 8) == 0 &&
	    (strncmp(out->url, "http://", 7) == 0 ||
	     strncmp(out->url, "git://", 6) == 0))
		return rel_fail(err, REL_EPARSE,
				"its `repo` file redirects from https to the "
				"unencrypted %s",
				out->text);
	return 0;
}

static int follow_redirects(struct rel_snapshot **out, struct http_read *r,
			    struct rel_error *err)
{
	struct rel_remote elsewhere = *r->remote;
	const char *redirect;
	int rc;

	for (int i = 0; i <= REL_LIMIT_REDIRECTS; i++) {
		rc = read_url(out, &redirect, r, err);
		if (rc || *out)
			return rc;
		rc = redirect_to(&elsewhere.location, r, redirect, err);
		if (rc)
			return rc;
		rel_reading_warn(r->options,
				 "%s is redirected to %s for good; better "
				 "name that as its location",
				 r->remote->name, elsewhere.location.text);
		if (elsewhere.location.kind == REL_LOCATION_GIT_REMOTE)
			return rel_remote_read_git(out, &elsewhere, NULL,
						   r->options, err);
		r->url = elsewhere.location.url;
	}
	return rel_fail(err, REL_ELIMIT,
			"more than %d redirects by `repo` files; do they go "
			"round in a circle?",
			REL_LIMIT_REDIRECTS);
}

int rel_remote_read_http(struct rel_snapshot **out,
			 const struct rel_remote *remote,
			 const struct rel_remote_options *options,
			 struct rel_error *err)
{
	struct http_read r = {
	    .remote = remote, .options = options, .url = remote->location.url};
	int rc;

	rel_arena_init(&r.arena, REL_LIMIT_ARENA);
	rel_buf_init(&r.body, REL_LIMIT_INDEX_BYTES);
	rc = follow_redirects(out, &r, err);
	rel_http_free(r.http);
	rel_buf_free(&r.body);
	rel_arena_free(&r.arena);
	return rc;
}
