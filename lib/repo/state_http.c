#include "repo/state_http.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "net/http.h"

#define STATE "state"
#define INDEX "index.tar.gz"

/* <cache_dir>/index/<sha256>/<name>; "" is the directory.  The caller frees
 * `out`. */
static int file_path(struct rel_buf *out, const char *cache_dir,
		     const char *url, const char *name, struct rel_error *err)
{
	char hex[REL_DIGEST_TEXT_MAX];
	struct rel_digest digest;
	int code;

	rel_buf_init(out, REL_LIMIT_CONFIG_BYTES);
	code = rel_digest_of(&digest, REL_DIGEST_SHA256, rel_str_of(url), err);
	if (code != 0)
		return code;
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
	int code = file_path(&path, cache_dir, url, name, err);

	if (code == 0) {
		code = rel_file_read(out, path.ptr, &ignored);
		*found = code == 0;
		code = code == REL_ENOMEM ? rel_fail_nomem(err) : 0;
	}
	rel_buf_free(&path);
	return code;
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
	int code = shown_url(&shown, url, err);

	*out = (struct rel_http_state){.redirects = true};
	*found = false;
	r.url = rel_buf_str(&shown);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	if (code == 0)
		code = load_file(&text, found, cache_dir, url, STATE, err);
	rest = rel_buf_str(&text);
	while (code == 0 && *found && rest.ptr)
		code = take_line(&r, rel_str_cut(&rest, '\n'), arena, err);
	*found = *found && r.digest && r.same_url;
	rel_buf_free(&text);
	rel_buf_free(&shown);
	return code;
}

int rel_http_state_body(struct rel_buf *body, bool *found,
			const struct rel_http_state *state,
			const char *cache_dir, const char *url,
			struct rel_error *err)
{
	size_t start = body->len;
	struct rel_digest digest;
	int code = load_file(body, found, cache_dir, url, INDEX, err);

	if (code != 0 || !*found)
		return code;
	code =
	    rel_digest_of(&digest, REL_DIGEST_SHA256,
			  rel_str_n(body->ptr + start, body->len - start), err);
	*found = code == 0 && rel_digest_cmp(&digest, &state->digest) == 0;
	if (!*found)
		body->len = start;
	return code;
}

static int write_file(const char *cache_dir, const char *url, const char *name,
		      struct rel_str content, struct rel_error *err)
{
	struct rel_atomic_file file;
	struct rel_buf path;
	int code = file_path(&path, cache_dir, url, name, err);

	if (code == 0)
		code = rel_atomic_open_cache(&file, path.ptr, err);
	if (code == 0) {
		rel_atomic_write(&file, content.ptr, content.len);
		code = rel_atomic_commit(&file, err);
	}
	rel_buf_free(&path);
	return code;
}

int rel_http_state_store(const struct rel_http_state *state,
			 struct rel_str body, const char *cache_dir,
			 const char *url, struct rel_error *err)
{
	char digest[REL_DIGEST_TEXT_MAX];
	struct rel_buf path, text, shown;
	int code = file_path(&path, cache_dir, url, "", err);

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_digest_format(digest, &state->digest);
	if (code == 0)
		code = shown_url(&shown, url, err);
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
	if (code == 0)
		code = rel_buf_status(&text, "state", err);
	if (code == 0)
		code = rel_mkdirs_private(path.ptr, err);
	if (code == 0)
		code = write_file(cache_dir, url, INDEX, body, err);
	if (code == 0)
		code =
		    write_file(cache_dir, url, STATE, rel_buf_str(&text), err);
	rel_buf_free(&path);
	rel_buf_free(&text);
	rel_buf_free(&shown);
	return code;
}
