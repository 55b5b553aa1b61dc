/* What a request carries: header fields, payload, credentials. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/network.h"
#include "net/internal.h"

/* SHA-256 of nothing. */
#define SHA256_OF_NOTHING                  \
	"e3b0c44298fc1c149afbf4c8996fb924" \
	"27ae41e4649b934ca495991b7852b855"

static bool is_field_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static int add(struct curl_slist **list, const char *name, const char *value,
	       struct rel_error *err)
{
	struct curl_slist *longer;
	char *line = NULL;

	if (!is_field_text(name) || !is_field_text(value))
		return rel_fail(err, REL_EUSAGE,
				"a value for the header field \"%s\" holds a "
				"line break or a control character",
				is_field_text(name) ? name : "?");
	if (asprintf(&line, "%s: %s", name, value) < 0)
		return rel_fail_nomem(err);
	longer = curl_slist_append(*list, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (!longer)
		return rel_fail_nomem(err);
	*list = longer;
	return 0;
}

/* What a server gave us once; left out when it is no header text. */
static int add_validator(struct curl_slist **list, const char *name,
			 const char *value, struct rel_error *err)
{
	if (!value || !*value || !is_field_text(value))
		return 0;
	return add(list, name, value, err);
}

static int add_auth(struct curl_slist **list, const struct rel_http_auth *auth,
		    struct rel_error *err)
{
	int rc = 0;

	if (auth->kind == REL_HTTP_AUTH_HEADER)
		return add(list, auth->header.name, auth->header.value, err);
	if (auth->kind != REL_HTTP_AUTH_AWS)
		return 0;
	/* libcurl before 8 knows neither by itself. */
	rc = add(list, "x-amz-content-sha256",
		 auth->aws.sha256 ? auth->aws.sha256 : SHA256_OF_NOTHING, err);
	if (rc == 0 && auth->aws.session)
		rc = add(list, "x-amz-security-token", auth->aws.session, err);
	return rc;
}

int rel_http_headers(struct curl_slist **out, const struct rel_http_hop *hop,
		     struct rel_error *err)
{
	const struct rel_http_message *message = hop->message;
	int rc = 0;

	if (!message) {
		rc = add_validator(out, "If-None-Match", hop->request->etag,
				   err);
		if (rc == 0)
			rc = add_validator(out, "If-Modified-Since",
					   hop->request->last_modified, err);
		return rc;
	}
	if (message->content_type)
		rc = add(out, "Content-Type", message->content_type, err);
	for (size_t i = 0; rc == 0 && i < message->n_fields; i++)
		rc = add(out, message->fields[i].name, message->fields[i].value,
			 err);
	if (rc == 0 && hop->with_auth)
		rc = add_auth(out, &message->auth, err);
	return rc;
}

void rel_http_headers_free(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static CURLcode set_url_credentials(const struct rel_http_hop *hop)
{
	const struct rel_url *first = &hop->exchange->first;
	CURLcode set = CURLE_OK;

	if (first->user) {
		REL_HTTP_SET(hop, CURLOPT_USERNAME, first->user);
		REL_HTTP_SET(hop, CURLOPT_PASSWORD,
			     first->password ? first->password : "");
	} else if (hop->request->netrc_file || rel_network_env("HOME")) {
		REL_HTTP_SET(hop, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		if (hop->request->netrc_file)
			REL_HTTP_SET(hop, CURLOPT_NETRC_FILE,
				     hop->request->netrc_file);
	}
	return set;
}

static CURLcode set_aws(const struct rel_http_hop *hop)
{
	const struct rel_http_auth *auth = &hop->message->auth;
	CURLcode set = CURLE_OK;
	char *scope = NULL;

	if (asprintf(&scope, "aws:amz:%s:%s", auth->aws.region,
		     auth->aws.service) < 0)
		return CURLE_OUT_OF_MEMORY;
	REL_HTTP_SET(hop, CURLOPT_AWS_SIGV4, scope);
	REL_HTTP_SET(hop, CURLOPT_USERNAME, auth->aws.access);
	REL_HTTP_SET(hop, CURLOPT_PASSWORD, auth->aws.secret);
	free(scope);
	return set;
}

CURLcode rel_http_set_credentials(const struct rel_http_hop *hop)
{
	const struct rel_http_auth *auth =
	    hop->message ? &hop->message->auth : NULL;
	CURLcode set = CURLE_OK;

	REL_HTTP_SET(hop, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (set != CURLE_OK || !hop->with_auth)
		return set;
	switch (auth ? auth->kind : REL_HTTP_AUTH_URL) {
	case REL_HTTP_AUTH_URL:
		return set_url_credentials(hop);
	case REL_HTTP_AUTH_BASIC:
		REL_HTTP_SET(hop, CURLOPT_USERNAME, auth->user);
		REL_HTTP_SET(hop, CURLOPT_PASSWORD, auth->password);
		return set;
	case REL_HTTP_AUTH_HEADER:
		return set; /* among the headers */
	case REL_HTTP_AUTH_AWS:
		return set_aws(hop);
	}
	return set;
}

static bool carries(const struct rel_http_message *message)
{
	return message && (message->method == REL_HTTP_PUT ||
			   message->method == REL_HTTP_POST ||
			   message->method == REL_HTTP_PATCH);
}

uint64_t rel_http_payload_size(const struct rel_http_message *message)
{
	if (!carries(message))
		return 0;
	return message->payload.path ? message->payload.size
				     : message->payload.len;
}

int rel_http_payload_open(struct rel_http_hop *hop, struct rel_error *err)
{
	if (!carries(hop->message) || !hop->message->payload.path)
		return 0;
	hop->file = open(hop->message->payload.path, O_RDONLY | O_CLOEXEC);
	return hop->file >= 0
		   ? 0
		   : rel_fail_errno(err, errno, hop->message->payload.path,
				    "cannot read");
}

void rel_http_payload_close(struct rel_http_hop *hop)
{
	if (hop->file >= 0)
		close(hop->file);
	hop->file = -1;
}

/* Up to `size` bytes of the payload's file; 0 = failed. */
static size_t read_file(struct rel_http_hop *hop, char *out, size_t size)
{
	const struct rel_http_payload *payload = &hop->message->payload;
	ssize_t n;

	do
		n = pread(hop->file, out, size, (off_t)hop->read);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		rel_fail_errno(&hop->failure, errno, payload->path,
			       "cannot read");
	if (n == 0) {
		rel_fail(&hop->failure, REL_EIO,
			 "ends before the bytes that were to be sent");
		rel_error_at(&hop->failure, payload->path, 0, 0);
	}
	return n > 0 ? (size_t)n : 0;
}

static size_t on_read(char *out, size_t size, size_t count, void *context)
{
	struct rel_http_hop *hop = context;
	uint64_t left = rel_http_payload_size(hop->message) - hop->read;
	size_t n = size * count;

	if (n > left)
		n = (size_t)left;
	if (n == 0)
		return 0;
	if (hop->message->payload.path) {
		n = read_file(hop, out, n);
		if (n == 0)
			return CURL_READFUNC_ABORT;
	} else {
		memcpy(out, (const char *)hop->message->payload.ptr + hop->read,
		       n);
	}
	hop->read += n;
	return n;
}

/* curl sends again what it sent into a kept connection that was closed. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct rel_http_hop *hop = context;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > rel_http_payload_size(hop->message))
		return CURL_SEEKFUNC_FAIL;
	hop->read = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

CURLcode rel_http_set_method(struct rel_http_hop *hop)
{
	static const char *const names[] = {
	    [REL_HTTP_POST] = "POST",	  [REL_HTTP_PATCH] = "PATCH",
	    [REL_HTTP_DELETE] = "DELETE", [REL_HTTP_MKCOL] = "MKCOL",
	    [REL_HTTP_COPY] = "COPY",
	};
	CURLcode set = CURLE_OK;

	if (!hop->message || hop->message->method == REL_HTTP_GET)
		return set;
	if (hop->message->method == REL_HTTP_HEAD)
		return curl_easy_setopt(hop->curl, CURLOPT_NOBODY, 1L);
	if (carries(hop->message)) {
		REL_HTTP_SET(hop, CURLOPT_UPLOAD, 1L);
		REL_HTTP_SET(hop, CURLOPT_READFUNCTION, on_read);
		REL_HTTP_SET(hop, CURLOPT_READDATA, hop);
		REL_HTTP_SET(hop, CURLOPT_SEEKFUNCTION, on_seek);
		REL_HTTP_SET(hop, CURLOPT_SEEKDATA, hop);
		REL_HTTP_SET(hop, CURLOPT_INFILESIZE_LARGE,
			     (curl_off_t)rel_http_payload_size(hop->message));
	}
	if (hop->message->method != REL_HTTP_PUT)
		REL_HTTP_SET(hop, CURLOPT_CUSTOMREQUEST,
			     names[hop->message->method]);
	return set;
}
