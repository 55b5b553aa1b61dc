/*
 * kind: s3.  Source: the Amazon S3 API reference (PutObject, CopyObject,
 * HeadObject, DeleteObject); signatures are libcurl's.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"

/* PutObject and CopyObject take no more. */
#define OBJECT_MAX (5 * (uint64_t)REL_GIB)

struct s3 {
	struct rel_publish_web web; /* first: a web is what others see */
	const char *region;
	const char *bucket; /* its name, */
	const char *root;   /* its address, and */
	const char *prefix; /* of keys in it, with a slash at its end, or "" */
};

struct request {
	const char *path; /* below the place */
	struct rel_http_payload payload;
	const char *sha256;		    /* of it; NULL = it is empty */
	const struct rel_http_field *field; /* or NULL */
	const char *what;		    /* for progress */
};

static void release(void *self)
{
	struct s3 *s3 = self;

	rel_publish_web_free(&s3->web);
	free(s3);
}

static void sign(struct rel_publish_web *web, struct rel_http_message *message)
{
	const struct s3 *s3 = (const struct s3 *)web;
	struct rel_http_auth *auth = &message->auth;

	auth->kind = REL_HTTP_AUTH_AWS;
	auth->aws.access = web->secret.user.ptr;
	auth->aws.secret = web->secret.password.ptr;
	auth->aws.session =
	    web->secret.session.len > 0 ? web->secret.session.ptr : NULL;
	auth->aws.region = s3->region;
	auth->aws.service = "s3";
}

struct outcome {
	bool failed;
	struct rel_buf text;
};

static int note_error(void *context, struct rel_str name, struct rel_str parent,
		      struct rel_str value, struct rel_error *err)
{
	struct outcome *outcome = context;

	(void)err;
	if (rel_str_is(name, "Error") && parent.len == 0)
		outcome->failed = true;
	if (rel_str_is(parent, "Error") &&
	    (rel_str_is(name, "Code") || rel_str_is(name, "Message"))) {
		rel_buf_add_cstr(&outcome->text, outcome->text.len ? ": " : "");
		rel_buf_add_str(&outcome->text, value);
	}
	return 0;
}

/* CopyObject claims success first and may put an <Error> into the answer (its
 * documentation, "Response Body"). */
static int check_reply(struct rel_str reply, const char *url,
		       struct rel_error *err)
{
	struct outcome outcome = {.failed = false};
	const struct rel_xml_reader reader = {note_error, &outcome};
	int rc = 0;

	rel_buf_init(&outcome.text, 32 * REL_KIB);
	if (rel_xml_read(&reader, reply, NULL) == 0 && outcome.failed)
		rc = rel_fail(err, REL_EIO, "%s: the server failed: %s", url,
			      rel_buf_str(&outcome.text).ptr);
	rel_buf_free(&outcome.text);
	return rc;
}

/* PUT one key.  A PUT that broke off left nothing and is sent anew.
 * *status  of the answer; 0 = none came */
static int put(struct s3 *s3, int *status, const struct request *request,
	       struct rel_error *err)
{
	struct rel_http_message message = {
	    .method = REL_HTTP_PUT,
	    .payload = request->payload,
	    .fields = request->field,
	    .n_fields = request->field != NULL,
	    .auth = {.aws = {.sha256 = request->sha256}},
	    .idempotent = true,
	};
	struct rel_http_answer answer = {.status = 0};
	struct rel_buf url, reply;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&reply, REL_LIMIT_HTTP_DISCARD);
	rel_publish_web_url(&url, s3->web.place, request->path);
	rc = rel_buf_status(&url, "address", err);
	if (rc == 0)
		rc = rel_publish_web_send(&s3->web, &answer, &reply, url.ptr,
					  &message, REL_LIMIT_HTTP_DISCARD,
					  request->what, err);
	if (rc == 0)
		rc = check_reply(rel_buf_str(&reply), url.ptr, err);
	*status = answer.status;
	rel_http_answer_free(&answer);
	rel_buf_free(&reply);
	rel_buf_free(&url);
	return rc;
}

static const char *sha256_of(char *hex,
			     const struct rel_publish_archive *archive)
{
	const struct rel_digest *sha256 = rel_digest_find(
	    archive->digests, archive->n_digests, REL_DIGEST_SHA256);

	/* Then the bytes are proved when they are read back. */
	if (!sha256)
		return "UNSIGNED-PAYLOAD";
	rel_digest_hex(hex, sha256);
	return hex;
}

static int write_file(struct rel_publish_web *web, const char *path,
		      const struct rel_publish_archive *archive,
		      struct rel_error *err)
{
	static const struct rel_http_field absent = {"If-None-Match", "*"};
	char hex[REL_DIGEST_TEXT_MAX];
	struct request request = {
	    .path = path,
	    .payload = {.path = archive->path, .size = archive->size},
	    .sha256 = sha256_of(hex, archive),
	    .field = &absent,
	    .what = "uploading the archive",
	};
	struct s3 *s3 = (struct s3 *)web;
	int status, rc;

	if (archive->size > OBJECT_MAX)
		return rel_fail(err, REL_ELIMIT,
				"%s has %llu bytes; S3 takes 5 GiB in one "
				"upload: choose another kind of publish:",
				archive->name,
				(unsigned long long)archive->size);
	rc = put(s3, &status, &request, err);
	if (rc != 0 && (status == 400 || status == 501)) {
		/* The server does not know the condition; the key was free
		 * when the cut began. */
		request.field = NULL;
		rc = put(s3, &status, &request, err);
	}
	return rc;
}

/* To a digest's path only: CopyObject knows no condition, but whoever was
 * faster has written the same bytes there. */
static int copy_file(struct rel_publish_web *web, const char *path,
		     const char *from,
		     const struct rel_publish_archive *archive,
		     struct rel_error *err)
{
	struct s3 *s3 = (struct s3 *)web;
	struct rel_http_field field = {"x-amz-copy-source", NULL};
	struct request request = {
	    .path = path, .field = &field, .what = "copying the archive"};
	struct rel_buf source;
	int rc, status = 0;

	if (archive->size > OBJECT_MAX)
		return REL_EUSAGE;
	rel_buf_init(&source, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&source, "/%s/", s3->bucket);
	rel_publish_add_encoded(&source, rel_str_of(s3->prefix));
	rel_publish_add_encoded(&source, rel_str_of(from));
	rc = rel_buf_status(&source, "address", err);
	if (rc == 0) {
		field.value = source.ptr;
		rc = put(s3, &status, &request, err);
	}
	/* Not every server can, or may read. */
	if (rc != 0 && status >= 400)
		rc = REL_EUSAGE;
	rel_buf_free(&source);
	return rc;
}

static const struct rel_publish_web_ops ops = {
    .write = write_file,
    .copy = copy_file,
    .sign = sign,
    .no_secret = "none in $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, "
		 "secret-file:",
};

/* The bucket's address: a path of the endpoint, or a host below it. */
static void add_root(struct rel_buf *out, const struct rel_conf_publish *conf,
		     const char *region)
{
	bool in_path = conf->path_style ? strcmp(conf->path_style, "true") == 0
					: conf->endpoint != NULL;
	struct rel_str endpoint, scheme;
	char *own = NULL;

	if (!conf->endpoint &&
	    asprintf(&own, "https://s3.%s.amazonaws.com", region) < 0) {
		out->status = REL_ENOMEM;
		return;
	}
	endpoint = rel_str_of(own ? own : conf->endpoint);
	scheme = rel_str_sub(endpoint, 0, rel_str_find(endpoint, '/') + 2);
	if (in_path)
		rel_buf_printf(out, "%s/%s", endpoint.ptr, conf->bucket);
	else
		rel_buf_printf(out, "%.*s%s.%s", REL_STR_ARG(scheme),
			       conf->bucket, endpoint.ptr + scheme.len);
	free(own);
}

static int locate(struct s3 *s3, struct rel_buf *place,
		  const struct rel_conf_publish *conf, struct rel_error *err)
{
	struct rel_buf prefix;
	int rc;

	s3->region = conf->region ? conf->region : "us-east-1";
	s3->bucket = conf->bucket;
	rel_buf_init(&prefix, REL_LIMIT_CONFIG_BYTES);
	if (conf->prefix)
		rel_buf_printf(&prefix, "%s/", conf->prefix);
	add_root(place, conf, s3->region);
	rc = rel_buf_status(place, "address", err);
	if (rc == 0)
		s3->root = rel_arena_copy(&s3->web.arena, rel_buf_str(place));
	s3->prefix = rel_arena_copy(&s3->web.arena, rel_buf_str(&prefix));
	if (rc == 0 && (!s3->root || !s3->prefix || prefix.status))
		rc = rel_fail_nomem(err);
	rel_buf_add_char(place, '/');
	rel_publish_add_encoded(place, rel_buf_str(&prefix));
	rel_buf_free(&prefix);
	return rc ? rc : rel_buf_status(place, "address", err);
}

static int set_up(struct s3 *s3, const struct rel_publish_options *options,
		  struct rel_error *err)
{
	const struct rel_conf_publish *conf = options->conf;
	struct rel_secret_wish wish = {
	    .user = "AWS_ACCESS_KEY_ID",
	    .password = "AWS_SECRET_ACCESS_KEY",
	    .session = "AWS_SESSION_TOKEN",
	    .file = conf->secret_file,
	    .base_dir = options->base_dir,
	    .signs = true,
	};
	struct rel_buf place;
	int rc;

	s3->web.ops = &ops;
	rel_publish_web_begin(&s3->web);
	rel_buf_init(&place, REL_LIMIT_CONFIG_BYTES);
	rc = locate(s3, &place, conf, err);
	wish.url = place.ptr;
	if (rc == 0)
		rc = rel_publish_web_init(&s3->web, place.ptr, conf->url,
					  options, &wish, err);
	if (rc == 0 && s3->web.has_secret && s3->web.secret.user.len == 0)
		rc =
		    rel_fail(err, REL_EUSAGE,
			     "the secret from %s is a token alone; S3 requires "
			     "two keys, \"ACCESS:SECRET\"",
			     s3->web.secret.source.ptr);
	rel_buf_free(&place);
	return rc;
}

static int ready(void *self, struct rel_error *err)
{
	const struct s3 *s3 = self;

	return s3->web.has_secret
		   ? 0
		   : rel_fail(err, REL_EAUTH,
			      "no keys for %s; set $AWS_ACCESS_KEY_ID and "
			      "$AWS_SECRET_ACCESS_KEY, or name a secret-file: "
			      "in relctl.yml",
			      s3->root);
}

static int open_s3(void **self, const struct rel_publish_options *options,
		   struct rel_error *err)
{
	struct s3 *s3 = calloc(1, sizeof(*s3));
	int rc;

	if (!s3)
		return rel_fail_nomem(err);
	rc = set_up(s3, options, err);
	if (rc) {
		release(s3);
		return rc;
	}
	*self = s3;
	return 0;
}

const struct rel_publish_kind rel_publish_s3 = {
    .name = "s3",
    .open = open_s3,
    .ready = ready,
    .source = rel_publish_web_source,
    .mirror = rel_publish_web_mirror,
    .missing = rel_publish_web_missing,
    .check = rel_publish_web_check,
    .put = rel_publish_web_put,
    .held = rel_publish_web_held,
    .withdraw = rel_publish_web_withdraw,
    .release = release,
};
