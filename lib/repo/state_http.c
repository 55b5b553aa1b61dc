#include "repo/state_http.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "repo/checksum.h"

#define STATE "state"
#define INDEX "index.tar.gz"

/* <cache_dir>/index/<hash>/<name>; "" is the directory.  The caller frees
 * `out`. */
static int file_path(struct rel_buf *out, const char *cache_dir,
		     const char *url, const char *name, struct rel_error *err)
{
	rel_buf_init(out, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(out, rel_str_of(cache_dir), REL_STR("index"));
	rel_buf_printf(out, "/%016llx",
		       (unsigned long long)rel_checksum(url, strlen(url)));
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

static int take_line(struct rel_http_state *out, bool *digest,
		     struct rel_str line, struct rel_arena *arena,
		     struct rel_error *err)
{
	struct rel_str key = rel_str_cut(&line, ' ');
	const char **text = rel_str_is(key, "etag") ? &out->etag
			    : rel_str_is(key, "last-modified")
				? &out->last_modified
				: NULL;
	struct rel_error ignored = {0};

	if (rel_str_is(key, "digest"))
		*digest = rel_digest_parse(&out->digest, line, &ignored) == 0 &&
			  out->digest.algo == REL_DIGEST_SHA256;
	if (rel_str_is(key, "redirects"))
		out->redirects = !rel_str_is(line, "no");
	if (!text || !line.ptr)
		return 0;
	*text = rel_arena_copy(arena, line);
	return *text ? 0 : rel_fail_nomem(err);
}

int rel_http_state_load(struct rel_http_state *out, bool *found,
			const char *cache_dir, const char *url,
			struct rel_arena *arena, struct rel_error *err)
{
	struct rel_str rest;
	struct rel_buf text;
	bool digest = false;
	int code;

	*out = (struct rel_http_state){.redirects = true};
	*found = false;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	code = load_file(&text, found, cache_dir, url, STATE, err);
	rest = rel_buf_str(&text);
	while (code == 0 && *found && rest.ptr)
		code = take_line(out, &digest, rel_str_cut(&rest, '\n'), arena,
				 err);
	*found = *found && digest;
	rel_buf_free(&text);
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
		code = rel_atomic_open(&file, path.ptr, err);
	if (code == 0) {
		file.fleeting = true;
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
	struct rel_buf path, text;
	int code = file_path(&path, cache_dir, url, "", err);

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_digest_format(digest, &state->digest);
	rel_buf_printf(&text, "digest %s\nredirects %s\n", digest,
		       state->redirects ? "yes" : "no");
	if (state->etag)
		rel_buf_printf(&text, "etag %s\n", state->etag);
	if (state->last_modified)
		rel_buf_printf(&text, "last-modified %s\n",
			       state->last_modified);
	if (code == 0)
		code = rel_buf_status(&text, "state", err);
	if (code == 0)
		code = rel_mkdirs(path.ptr, err);
	if (code == 0)
		code = write_file(cache_dir, url, INDEX, body, err);
	if (code == 0)
		code =
		    write_file(cache_dir, url, STATE, rel_buf_str(&text), err);
	rel_buf_free(&path);
	rel_buf_free(&text);
	return code;
}
