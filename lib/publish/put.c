/* kind: put, a server that takes PUT; collections and copies as WebDAV. */
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"

struct put {
	struct rel_publish_web web;
	char *bearer; /* "Bearer …" */
};

static void release(void *self)
{
	struct put *put = self;

	if (put->bearer)
		explicit_bzero(put->bearer, strlen(put->bearer));
	free(put->bearer);
	rel_publish_web_free(&put->web);
	free(put);
}

static void sign(struct rel_publish_web *web, struct rel_http_message *message)
{
	const struct put *put = (const struct put *)web;

	if (put->bearer) {
		message->auth.kind = REL_HTTP_AUTH_HEADER;
		message->auth.header =
		    (struct rel_http_field){"Authorization", put->bearer};
	} else {
		message->auth.kind = REL_HTTP_AUTH_BASIC;
		message->auth.user = web->secret.user.ptr;
		message->auth.password = web->secret.password.ptr;
	}
}

/* Whatever a server says of a collection, that it is there (405 by RFC 4918,
 * 9.3.1) or that it knows none: the PUT that follows says it better. */
static int make_collection(struct rel_publish_web *web, struct rel_str path,
			   struct rel_error *err)
{
	struct rel_http_message message = {.method = REL_HTTP_MKCOL};
	struct rel_http_answer answer = {.status = 0};
	struct rel_buf url;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&url, "%s/", web->place);
	rel_publish_add_encoded(&url, path);
	rc = rel_buf_status(&url, "address", err);
	if (rc == 0)
		rc = rel_publish_web_send(web, &answer, NULL, url.ptr, &message,
					  0, NULL, err);
	if (answer.status != 0 && answer.status != 401)
		rc = 0;
	rel_http_answer_free(&answer);
	rel_buf_free(&url);
	return rc;
}

/* Those that `path` is in, the outermost first.  Not only when they turn out
 * to be missing: of that nginx says no more than 500, and only after it has
 * the whole file. */
static int make_collections(struct rel_publish_web *web, const char *path,
			    struct rel_error *err)
{
	int rc = 0;

	for (const char *slash = strchr(path, '/'); slash && rc == 0;
	     slash = strchr(slash + 1, '/'))
		rc = make_collection(
		    web, rel_str_n(path, (size_t)(slash - path) + 1), err);
	return rc;
}

/* `message` that makes `path`. */
static int send_into(struct rel_publish_web *web, int *status, const char *url,
		     const char *path, struct rel_http_message *message,
		     const char *what, struct rel_error *err)
{
	struct rel_http_answer answer = {.status = 0};
	int rc = make_collections(web, path, err);

	if (rc == 0)
		rc = rel_publish_web_send(web, &answer, NULL, url, message, 0,
					  what, err);
	*status = answer.status;
	rel_http_answer_free(&answer);
	return rc;
}

static int write_file(struct rel_publish_web *web, const char *path,
		      const struct rel_publish_archive *archive,
		      struct rel_error *err)
{
	const struct rel_http_field fields[] = {{"If-None-Match", "*"}};
	struct rel_http_message message = {
	    .method = REL_HTTP_PUT,
	    .payload = {.path = archive->path, .size = archive->size},
	    .content_type = "application/octet-stream",
	    .fields = fields,
	    .n_fields = 1,
	    .idempotent = true,
	};
	struct rel_buf url;
	int rc, status;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_publish_web_url(&url, web->place, path);
	rc = rel_buf_status(&url, "address", err);
	if (rc == 0)
		rc = send_into(web, &status, url.ptr, path, &message,
			       "uploading the archive", err);
	rel_buf_free(&url);
	return rc;
}

static int copy_file(struct rel_publish_web *web, const char *path,
		     const char *from,
		     const struct rel_publish_archive *archive,
		     struct rel_error *err)
{
	struct rel_http_field fields[] = {{"Destination", NULL},
					  {"Overwrite", "F"}};
	struct rel_http_message message = {.method = REL_HTTP_COPY,
					   .fields = fields,
					   .n_fields = 2,
					   .idempotent = true};
	struct rel_buf url, to;
	int rc, status = 0;

	(void)archive;
	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&to, REL_LIMIT_CONFIG_BYTES);
	rel_publish_web_url(&url, web->place, from);
	rel_publish_web_url(&to, web->place, path);
	rc = rel_buf_status(&url, "address", err);
	if (rc == 0)
		rc = rel_buf_status(&to, "address", err);
	if (rc == 0) {
		fields[0].value = to.ptr;
		rc = send_into(web, &status, url.ptr, path, &message,
			       "copying the archive", err);
	}
	/* Whoever cannot copy says so in many ways. */
	if (rc != 0 && (status >= 500 || (status >= 400 && status < 500 &&
					  status != 401 && status != 412)))
		rc = REL_EUSAGE;
	rel_buf_free(&to);
	rel_buf_free(&url);
	return rc;
}

static const struct rel_publish_web_ops ops = {
    .write = write_file,
    .copy = copy_file,
    .sign = sign,
    .no_secret = "none in $RELCTL_PUBLISH_USER and $RELCTL_PUBLISH_PASSWORD, "
		 "$RELCTL_PUBLISH_TOKEN, secret-file:, .netrc or git's "
		 "credential helpers",
};

static int open_put(void **self, const struct rel_publish_options *options,
		    struct rel_error *err)
{
	static const char *const tokens[] = {"RELCTL_PUBLISH_TOKEN"};
	const struct rel_conf_publish *conf = options->conf;
	const char *place = conf->upload ? conf->upload : conf->url;
	const struct rel_secret_wish wish = {
	    .url = place,
	    .tokens = tokens,
	    .n_tokens = 1,
	    .user = "RELCTL_PUBLISH_USER",
	    .password = "RELCTL_PUBLISH_PASSWORD",
	    .file = conf->secret_file,
	    .base_dir = options->base_dir,
	};
	struct put *put = calloc(1, sizeof(*put));
	int rc;

	if (!put)
		return rel_fail_nomem(err);
	put->web.ops = &ops;
	rel_publish_web_begin(&put->web);
	rc = rel_publish_web_init(&put->web, place, conf->url, options, &wish,
				  err);
	if (rc == 0 && put->web.has_secret && put->web.secret.user.len == 0 &&
	    asprintf(&put->bearer, "Bearer %s", put->web.secret.password.ptr) <
		0) {
		put->bearer = NULL;
		rc = rel_fail_nomem(err);
	}
	if (rc) {
		release(put);
		return rc;
	}
	*self = put;
	return 0;
}

const struct rel_publish_kind rel_publish_put = {
    .name = "put",
    .open = open_put,
    .source = rel_publish_web_source,
    .mirror = rel_publish_web_mirror,
    .missing = rel_publish_web_missing,
    .check = rel_publish_web_check,
    .put = rel_publish_web_put,
    .held = rel_publish_web_held,
    .withdraw = rel_publish_web_withdraw,
    .release = release,
};
