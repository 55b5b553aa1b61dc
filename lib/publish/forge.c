#include "publish/forge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"

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
	/* 409 and 412 say that now is no good time, not that there is another
	 * archive */
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
