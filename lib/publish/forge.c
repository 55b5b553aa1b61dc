/* Calls to a forge, and its answers. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"
#include "json/json.h"

int rel_forge_open(struct rel_forge *forge, const struct rel_forge_kind *kind,
		   const struct rel_forge_options *options,
		   struct rel_error *err)
{
	const char *path;
	int rc;

	*forge = (struct rel_forge){.kind = kind,
				    .file = options->file,
				    .progress = options->progress,
				    .cancel = options->cancel};
	rel_arena_init(&forge->arena, REL_LIMIT_FORGE_ARENA);
	rel_buf_init(&forge->token.value, REL_LIMIT_CONFIG_BYTES);
	rc = rel_forge_locate(&forge->place, kind, options->repository,
			      options->api, options->from, options->n_from,
			      &forge->arena, err);
	if (rc)
		return rc;
	path = forge->place.repository;
	if (kind->groups)
		path = rel_forge_encode(forge, path);
	forge->base = forge->place.api;
	if (path)
		forge->base = rel_forge_url(
		    forge, "/%s/%s", kind->groups ? "projects" : "repos", path);
	return path && forge->base ? 0 : rel_fail_nomem(err);
}

void rel_forge_close(struct rel_forge *forge)
{
	if (!forge->kind)
		return;
	rel_forge_token_free(&forge->token);
	rel_http_free(forge->http);
	rel_arena_free(&forge->arena);
	*forge = (struct rel_forge){.kind = NULL};
}

const char *rel_forge_url(struct rel_forge *forge, const char *fmt, ...)
{
	char *text = NULL, *out;
	struct rel_buf url;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return NULL;
	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&url, "%s%s", forge->base, text);
	out = url.status ? NULL
			 : rel_arena_copy(&forge->arena, rel_buf_str(&url));
	rel_buf_free(&url);
	free(text);
	return out;
}

const char *rel_forge_encode(struct rel_forge *forge, const char *text)
{
	struct rel_buf out;
	const char *copy;

	rel_buf_init(&out, REL_LIMIT_CONFIG_BYTES);
	rel_publish_add_segment(&out, rel_str_of(text));
	copy = out.status ? NULL
			  : rel_arena_copy(&forge->arena, rel_buf_str(&out));
	rel_buf_free(&out);
	return copy;
}

/* What the forge says about its refusal: GitHub and Forgejo in "message",
 * GitLab there or in "error"; a text, or something deeper. */
static const char *words_of(const struct rel_json_value *answer)
{
	static const char *const places[] = {"message", "error_description",
					     "error", "message.base"};
	const struct rel_json_value *list = rel_json_at(answer, "message.base");
	const char *text = NULL;

	for (size_t i = 0; !text && i < sizeof(places) / sizeof(places[0]); i++)
		text = rel_json_text_at(answer, places[i]);
	if (!text)
		text = rel_json_text_at(rel_json_item(list, 0), "");
	if (!text)
		list = rel_json_at(answer, "message");
	return text ? text : rel_json_text_at(rel_json_item(list, 0), "");
}

/* "; already_exists", of the first of GitHub's errors. */
static const char *detail_of(const struct rel_json_value *answer)
{
	const struct rel_json_value *first =
	    rel_json_item(rel_json_at(answer, "errors"), 0);
	const char *text = rel_json_text_at(first, "message");

	if (!text)
		text = rel_json_text_at(first, "code");
	return text ? text : rel_json_text_at(first, "");
}

/* An error answer in the forge's own words, if it has some. */
static int explain(struct rel_forge *forge, const struct rel_forge_call *call,
		   int status, struct rel_str reply, int rc,
		   struct rel_error *err)
{
	struct rel_http_auth auth = {.header.value = forge->token.value.ptr};
	struct rel_json_value *answer = NULL;
	const char *words = NULL, *detail = NULL;
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CHILD_TEXT);
	/* of 429 and 503, how long to wait is what matters */
	if (status >= 400 && status != 429 && status != 503 &&
	    rel_json_parse(&answer, reply, NULL) == 0) {
		words = words_of(answer);
		detail = detail_of(answer);
	}
	if (words)
		rel_http_words(&text, rel_str_of(words), &auth);
	if (text.len > 0 && detail) {
		rel_buf_add_cstr(&text, "; ");
		rel_http_words(&text, rel_str_of(detail), &auth);
	}
	if (text.len > 0)
		rel_fail(err, (enum rel_code)rc, "%s (status %d)", text.ptr,
			 status);
	rel_error_prefix(err, "cannot %s on %s (%s)", call->doing,
			 forge->kind->title, forge->place.repository);
	/* GitHub: 403 is that, too */
	rel_forge_token_remedy(err, &forge->token, status,
			       words && strstr(words, "rate limit"));
	rel_json_free(answer);
	rel_buf_free(&text);
	return rc;
}

int rel_forge_ready(struct rel_forge *forge, struct rel_error *err)
{
	int rc = 0;

	if (!forge->token.header)
		rc = rel_forge_token_find(&forge->token, &forge->place,
					  forge->kind, &forge->file, err);
	if (rc == 0 && !forge->http)
		rc = rel_http_new(&forge->http, err);
	return rc;
}

static int send(struct rel_buf *reply, struct rel_http_answer *answer,
		struct rel_forge *forge, const struct rel_forge_call *call,
		struct rel_error *err)
{
	static const struct rel_http_field fields[] = {
	    {"Accept", "application/json"},
	    {"X-GitHub-Api-Version", "2022-11-28"},
	};
	struct rel_http_request request = {.url = call->url,
					   .max_bytes = REL_LIMIT_FORGE_ANSWER,
					   .progress = forge->progress,
					   .what = call->doing,
					   .cancel = forge->cancel};
	struct rel_http_message message = {
	    .method = call->method,
	    .fields = fields,
	    .n_fields = forge->kind == &rel_forge_github ? 2 : 1,
	    .auth = {.kind = REL_HTTP_AUTH_HEADER,
		     .header = {forge->token.header, forge->token.value.ptr}},
	    .idempotent = call->idempotent};

	if (call->file) {
		message.payload = *call->file;
		message.content_type = "application/octet-stream";
	} else if (call->body.ptr) {
		message.payload.ptr = call->body.ptr;
		message.payload.len = call->body.len;
		message.content_type = "application/json";
	}
	return rel_http_send(answer, reply, forge->http, &request, &message,
			     err);
}

int rel_forge_call(struct rel_json_value **out, struct rel_forge *forge,
		   const struct rel_forge_call *call, struct rel_error *err)
{
	struct rel_http_answer answer = {.status = 0};
	struct rel_buf reply;
	int rc = call->url ? rel_forge_ready(forge, err) : rel_fail_nomem(err);

	if (out)
		*out = NULL;
	if (rc)
		return rc;
	rel_buf_init(&reply, REL_LIMIT_FORGE_ANSWER);
	rc = send(&reply, &answer, forge, call, err);
	/* 409 and 412 say "not now", not that there is another archive */
	if (rc == REL_EEXISTS) {
		rc = REL_EIO;
		if (err)
			err->code = rc;
	}
	if (rc)
		rc = explain(forge, call, answer.status, rel_buf_str(&reply),
			     rc, err);
	else if (out)
		rc = rel_json_parse(out, rel_buf_str(&reply), err);
	if (rc == REL_EPARSE)
		rel_error_prefix(err, "%s answered what", forge->place.api);
	rel_http_answer_free(&answer);
	rel_buf_free(&reply);
	return rc;
}

int rel_forge_get(struct rel_json_value **out, struct rel_forge *forge,
		  const char *doing, const char *url, struct rel_error *err)
{
	struct rel_forge_call call = {.method = REL_HTTP_GET,
				      .doing = doing,
				      .url = url,
				      .idempotent = true};

	return rel_forge_call(out, forge, &call, err);
}

int rel_forge_delete(struct rel_forge *forge, const char *doing,
		     const char *url, struct rel_error *err)
{
	struct rel_forge_call call = {.method = REL_HTTP_DELETE,
				      .doing = doing,
				      .url = url,
				      .idempotent = true};
	int rc = rel_forge_call(NULL, forge, &call, err);

	return rc == REL_ENOTFOUND ? 0 : rc;
}

int rel_forge_object(struct rel_str *out, struct rel_forge *forge,
		     const struct rel_forge_member *members, size_t n,
		     struct rel_error *err)
{
	struct rel_buf text;
	struct rel_sink sink = rel_sink_of_buf(&text);
	struct rel_json json;
	int rc;

	rel_buf_init(&text, REL_LIMIT_FORGE_ANSWER);
	rel_json_begin(&json, &sink);
	rel_json_object(&json, NULL);
	for (size_t i = 0; i < n; i++) {
		if (members[i].text)
			rel_json_text(&json, members[i].key, members[i].text);
		else
			rel_json_bool(&json, members[i].key, members[i].value);
	}
	rel_json_close(&json);
	rc = rel_json_end(&json, err);
	*out = rel_str_n(rel_arena_copy(&forge->arena, rel_buf_str(&text)),
			 text.len);
	rel_buf_free(&text);
	return rc || out->ptr ? rc : rel_fail_nomem(err);
}

int rel_forge_search(struct rel_forge *forge, const char *doing,
		     const char *url, const char *pages, size_t size,
		     rel_forge_each *each, void *context, struct rel_error *err)
{
	size_t n = size;
	int rc = 0;

	for (unsigned page = 1; rc == 0 && n == size; page++) {
		struct rel_json_value *list = NULL;
		struct rel_buf full;

		if (page > REL_LIMIT_FORGE_PAGES)
			return rel_fail(err, REL_ELIMIT,
					"cannot %s on %s: it is not on the "
					"first %u pages",
					doing, forge->kind->title,
					REL_LIMIT_FORGE_PAGES);
		rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
		rel_buf_printf(&full, "%s%c%s%u", url ? url : "",
			       url && strchr(url, '?') ? '&' : '?', pages,
			       page);
		rc = url ? rel_buf_status(&full, "address", err)
			 : rel_fail_nomem(err);
		if (rc == 0)
			rc = rel_forge_get(&list, forge, doing, full.ptr, err);
		rel_buf_free(&full);
		if (rc == 0 && !rel_json_is_array(list))
			rc = rel_fail(err, REL_EPARSE,
				      "%s answered with something else than "
				      "the list that was to be looked through "
				      "to %s",
				      forge->place.api, doing);
		n = rel_json_count(list);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = each(context, rel_json_item(list, i), err);
		rel_json_free(list);
	}
	return rc;
}

enum rel_forge_match rel_forge_compare(
    const struct rel_forge_asset *asset,
    const struct rel_publish_archive *archive)
{
	const struct rel_digest *promised = NULL;

	if (!asset->whole || asset->size != archive->size)
		return REL_FORGE_OTHER;
	if (asset->has_digest)
		promised = rel_digest_find(archive->digests, archive->n_digests,
					   asset->digest.algo);
	if (!promised)
		return REL_FORGE_UNKNOWN;
	return rel_digest_cmp(&asset->digest, promised) == 0 ? REL_FORGE_SAME
							     : REL_FORGE_OTHER;
}

int rel_forge_fail_other(const struct rel_forge *forge,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err)
{
	return rel_fail(err, REL_EEXISTS,
			"the release %s of %s on %s has another %s already; "
			"what is published is never changed",
			archive->release->tag, forge->place.repository,
			forge->kind->title, archive->name);
}

int rel_forge_fail_unknown(const struct rel_forge *forge,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	return rel_fail(err, REL_ENOTFOUND,
			"%s holds archives by release, and that of %s is not "
			"known here",
			forge->kind->title, archive->name);
}

void rel_forge_add_name(struct rel_buf *out, const char *name)
{
	for (; *name; name++)
		rel_buf_add_char(out, *name == '~' ? '_' : *name);
}

int rel_forge_open_for(struct rel_forge *forge,
		       const struct rel_forge_kind *kind,
		       const struct rel_publish_options *options,
		       struct rel_error *err)
{
	const char *const from[] = {options->source,
				    options->development->location.url};
	struct rel_forge_options opt = {.from = from,
					.n_from = 2,
					.progress = options->progress,
					.cancel = options->cancel};

	if (options->conf) {
		opt.repository = options->conf->repository;
		opt.api = options->conf->api;
		opt.file.path = options->conf->secret_file;
		opt.file.base_dir = options->base_dir;
	}
	return rel_forge_open(forge, kind, &opt, err);
}

int rel_forge_page(struct rel_buf *out, const struct rel_forge *forge,
		   const char *file, const char *tree, const char *tag,
		   const char *path, struct rel_error *err)
{
	rel_buf_printf(out, "%s/%s%s", forge->place.web,
		       forge->place.repository, path ? file : tree);
	rel_publish_add_encoded(out, rel_str_of(tag));
	if (path) {
		rel_buf_add_char(out, '/');
		rel_publish_add_encoded(out, rel_str_of(path));
	}
	return rel_buf_status(out, "address", err);
}

const char *rel_forge_title(struct rel_forge *forge,
			    const struct rel_publish_archive *archive)
{
	char *text = NULL, *copy;

	if (asprintf(&text, "%s %s", archive->release->name,
		     archive->release->version) < 0)
		return NULL;
	copy = rel_arena_copy(&forge->arena, rel_str_of(text));
	free(text);
	return copy;
}

static int lacks(const char *path, const char *what, struct rel_error *err)
{
	return rel_fail(err, REL_EPARSE,
			"the forge's answer has no %s at \"%s\"; is the api "
			"of relctl.yml that of such a forge?",
			what, path);
}

static int keep(const char **out, const char *text, struct rel_arena *arena,
		struct rel_error *err)
{
	*out = rel_arena_copy(arena, rel_str_of(text));
	return *out ? 0 : rel_fail_nomem(err);
}

static int need_text(const char **out, const struct rel_json_value *answer,
		     const char *path, struct rel_arena *arena,
		     struct rel_error *err)
{
	const char *text = rel_json_text_at(answer, path);

	return text ? keep(out, text, arena, err) : lacks(path, "text", err);
}

/* "" where there is none. */
static int may_text(const char **out, const struct rel_json_value *answer,
		    const char *path, struct rel_arena *arena,
		    struct rel_error *err)
{
	const char *text = rel_json_text_at(answer, path);

	return keep(out, text ? text : "", arena, err);
}

int rel_forge_read_id(uint64_t *out, const struct rel_json_value *answer,
		      struct rel_error *err)
{
	return rel_json_uint_at(answer, "id", out) ? 0
						   : lacks("id", "number", err);
}

int rel_forge_read_release(struct rel_forge_release *out,
			   const struct rel_json_value *answer,
			   struct rel_arena *arena, struct rel_error *err)
{
	int rc = rel_forge_read_id(&out->id, answer, err);

	if (rc == 0)
		rc = need_text(&out->tag, answer, "tag_name", arena, err);
	if (rc == 0)
		rc = may_text(&out->name, answer, "name", arena, err);
	if (rc == 0)
		rc = may_text(&out->upload, answer, "upload_url", arena, err);
	if (rc == 0 && !rel_json_bool_at(answer, "draft", &out->draft))
		rc = lacks("draft", "true or false", err);
	out->commit = "";
	return rc;
}

int rel_forge_read_gitlab_release(struct rel_forge_release *out,
				  const struct rel_json_value *answer,
				  struct rel_arena *arena,
				  struct rel_error *err)
{
	int rc = need_text(&out->tag, answer, "tag_name", arena, err);

	if (rc == 0)
		rc = may_text(&out->name, answer, "name", arena, err);
	if (rc == 0)
		rc = may_text(&out->commit, answer, "commit.id", arena, err);
	out->id = 0;
	out->draft = false;
	out->upload = "";
	return rc;
}

static int read_digest(struct rel_forge_asset *out, struct rel_str text,
		       struct rel_error *err)
{
	if (rel_digest_parse(&out->digest, text, NULL) != 0)
		return rel_fail(err, REL_EPARSE,
				"the forge's answer has a checksum that is "
				"none: \"%.*s\"",
				REL_STR_ARG(rel_str_sub(text, 0, 100)));
	out->has_digest = true;
	return 0;
}

int rel_forge_read_asset(struct rel_forge_asset *out,
			 const struct rel_json_value *answer,
			 struct rel_arena *arena, struct rel_error *err)
{
	const char *state = rel_json_text_at(answer, "state");
	const char *digest = rel_json_text_at(answer, "digest");
	struct rel_str text = rel_str_of(digest ? digest : "");
	int rc = rel_forge_read_id(&out->id, answer, err);
	char copy[REL_DIGEST_TEXT_MAX];

	if (rc == 0)
		rc = need_text(&out->name, answer, "name", arena, err);
	if (rc == 0 && !rel_json_uint_at(answer, "size", &out->size))
		rc = lacks("size", "number", err);
	out->whole = !state || strcmp(state, "uploaded") == 0;
	out->has_digest = false;
	if (rc == 0 && text.len > 0 && text.len < sizeof(copy)) {
		/* "sha256:…" here, "sha256=…" there */
		memcpy(copy, text.ptr, text.len + 1);
		if (rel_str_find(text, ':') < text.len)
			copy[rel_str_find(text, ':')] = '=';
		rc = read_digest(out, rel_str_of(copy), err);
	}
	return rc;
}

int rel_forge_read_file(struct rel_forge_asset *out,
			const struct rel_json_value *answer,
			struct rel_arena *arena, struct rel_error *err)
{
	const char *digest = rel_json_text_at(answer, "file_sha256");
	int rc = rel_forge_read_id(&out->id, answer, err);

	if (rc == 0)
		rc = need_text(&out->name, answer, "file_name", arena, err);
	if (rc == 0 && !rel_json_uint_at(answer, "size", &out->size))
		rc = lacks("size", "number", err);
	out->whole = true;
	out->has_digest = false;
	if (rc == 0 && digest && *digest) {
		char copy[REL_DIGEST_TEXT_MAX];

		snprintf(copy, sizeof(copy), "sha256=%s", digest);
		rc = read_digest(out, rel_str_of(copy), err);
	}
	return rc;
}

int rel_forge_read_change(struct rel_forge_change *out,
			  const struct rel_json_value *answer,
			  struct rel_arena *arena, struct rel_error *err)
{
	bool gitlab = rel_json_at(answer, "web_url") != NULL;
	int rc = need_text(&out->page, answer, gitlab ? "web_url" : "html_url",
			   arena, err);

	if (rc == 0)
		rc =
		    may_text(&out->branch, answer,
			     gitlab ? "source_branch" : "head.ref", arena, err);
	if (rc == 0)
		rc =
		    may_text(&out->base, answer,
			     gitlab ? "target_branch" : "base.ref", arena, err);
	return rc;
}
