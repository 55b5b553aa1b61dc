/* One request on the wire: what it carries, and its answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/network.h"
#include "net/net_private.h"

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

/* What a server gave us once; left out when it is not header text. */
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

int rel_http_headers(struct curl_slist **out,
		     const struct rel_http_attempt *attempt,
		     struct rel_error *err)
{
	const struct rel_http_message *message = attempt->message;
	int rc = 0;

	if (!message) {
		rc = add_validator(out, "If-None-Match", attempt->request->etag,
				   err);
		if (rc == 0)
			rc =
			    add_validator(out, "If-Modified-Since",
					  attempt->request->last_modified, err);
		return rc;
	}
	if (message->content_type)
		rc = add(out, "Content-Type", message->content_type, err);
	for (size_t i = 0; rc == 0 && i < message->n_fields; i++)
		rc = add(out, message->fields[i].name, message->fields[i].value,
			 err);
	if (rc == 0 && attempt->with_auth)
		rc = add_auth(out, &message->auth, err);
	return rc;
}

void rel_http_headers_free(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static CURLcode set_url_credentials(const struct rel_http_attempt *attempt)
{
	const struct rel_url *first = &attempt->exchange->first;
	CURLcode set = CURLE_OK;

	if (first->user) {
		REL_HTTP_SET(attempt, CURLOPT_USERNAME, first->user);
		REL_HTTP_SET(attempt, CURLOPT_PASSWORD,
			     first->password ? first->password : "");
	} else if (attempt->request->netrc_file || rel_network_env("HOME")) {
		REL_HTTP_SET(attempt, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		if (attempt->request->netrc_file)
			REL_HTTP_SET(attempt, CURLOPT_NETRC_FILE,
				     attempt->request->netrc_file);
	}
	return set;
}

static CURLcode set_aws(const struct rel_http_attempt *attempt)
{
	const struct rel_http_auth *auth = &attempt->message->auth;
	CURLcode set = CURLE_OK;
	char *scope = NULL;

	if (asprintf(&scope, "aws:amz:%s:%s", auth->aws.region,
		     auth->aws.service) < 0)
		return CURLE_OUT_OF_MEMORY;
	REL_HTTP_SET(attempt, CURLOPT_AWS_SIGV4, scope);
	REL_HTTP_SET(attempt, CURLOPT_USERNAME, auth->aws.access);
	REL_HTTP_SET(attempt, CURLOPT_PASSWORD, auth->aws.secret);
	free(scope);
	return set;
}

CURLcode rel_http_set_credentials(const struct rel_http_attempt *attempt)
{
	const struct rel_http_auth *auth =
	    attempt->message ? &attempt->message->auth : NULL;
	CURLcode set = CURLE_OK;

	REL_HTTP_SET(attempt, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (set != CURLE_OK || !attempt->with_auth)
		return set;
	switch (auth ? auth->kind : REL_HTTP_AUTH_URL) {
	case REL_HTTP_AUTH_URL:
		return set_url_credentials(attempt);
	case REL_HTTP_AUTH_BASIC:
		REL_HTTP_SET(attempt, CURLOPT_USERNAME, auth->user);
		REL_HTTP_SET(attempt, CURLOPT_PASSWORD, auth->password);
		return set;
	case REL_HTTP_AUTH_HEADER:
		return set; /* among the headers */
	case REL_HTTP_AUTH_AWS:
		return set_aws(attempt);
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

int rel_http_payload_open(struct rel_http_attempt *attempt,
			  struct rel_error *err)
{
	if (!carries(attempt->message) || !attempt->message->payload.path)
		return 0;
	attempt->file =
	    open(attempt->message->payload.path, O_RDONLY | O_CLOEXEC);
	return attempt->file >= 0
		   ? 0
		   : rel_fail_errno(err, errno, attempt->message->payload.path,
				    "cannot read");
}

void rel_http_payload_close(struct rel_http_attempt *attempt)
{
	if (attempt->file >= 0)
		close(attempt->file);
	attempt->file = -1;
}

/* Up to `size` bytes of the payload's file; 0 = failed. */
static size_t read_file(struct rel_http_attempt *attempt, char *out,
			size_t size)
{
	const struct rel_http_payload *payload = &attempt->message->payload;
	ssize_t n;

	do
		n = pread(attempt->file, out, size, (off_t)attempt->read);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		rel_fail_errno(&attempt->failure, errno, payload->path,
			       "cannot read");
	if (n == 0) {
		rel_fail(&attempt->failure, REL_EIO,
			 "ends before the bytes that were to be sent");
		rel_error_at(&attempt->failure, payload->path, 0, 0);
	}
	return n > 0 ? (size_t)n : 0;
}

static size_t on_read(char *out, size_t size, size_t count, void *context)
{
	struct rel_http_attempt *attempt = context;
	uint64_t left = rel_http_payload_size(attempt->message) - attempt->read;
	size_t n = size * count;

	if (n > left)
		n = (size_t)left;
	if (n == 0)
		return 0;
	if (attempt->message->payload.path) {
		n = read_file(attempt, out, n);
		if (n == 0)
			return CURL_READFUNC_ABORT;
	} else {
		memcpy(out,
		       (const char *)attempt->message->payload.ptr +
			   attempt->read,
		       n);
	}
	attempt->read += n;
	return n;
}

/* curl sends again what it sent into a kept connection that was closed. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct rel_http_attempt *attempt = context;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > rel_http_payload_size(attempt->message))
		return CURL_SEEKFUNC_FAIL;
	attempt->read = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

CURLcode rel_http_set_method(struct rel_http_attempt *attempt)
{
	static const char *const names[] = {
	    [REL_HTTP_POST] = "POST",	  [REL_HTTP_PATCH] = "PATCH",
	    [REL_HTTP_DELETE] = "DELETE", [REL_HTTP_MKCOL] = "MKCOL",
	    [REL_HTTP_COPY] = "COPY",
	};
	CURLcode set = CURLE_OK;

	if (!attempt->message || attempt->message->method == REL_HTTP_GET)
		return set;
	if (attempt->message->method == REL_HTTP_HEAD)
		return curl_easy_setopt(attempt->curl, CURLOPT_NOBODY, 1L);
	if (carries(attempt->message)) {
		REL_HTTP_SET(attempt, CURLOPT_UPLOAD, 1L);
		REL_HTTP_SET(attempt, CURLOPT_READFUNCTION, on_read);
		REL_HTTP_SET(attempt, CURLOPT_READDATA, attempt);
		REL_HTTP_SET(attempt, CURLOPT_SEEKFUNCTION, on_seek);
		REL_HTTP_SET(attempt, CURLOPT_SEEKDATA, attempt);
		REL_HTTP_SET(
		    attempt, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)rel_http_payload_size(attempt->message));
	}
	if (attempt->message->method != REL_HTTP_PUT)
		REL_HTTP_SET(attempt, CURLOPT_CUSTOMREQUEST,
			     names[attempt->message->method]);
	return set;
}

#define HTTP_OK	  200
#define LOG_PROXY "Uses proxy env variable "

bool rel_http_is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

uint64_t rel_http_announced(const struct rel_http_attempt *attempt)
{
	curl_off_t length = -1;

	curl_easy_getinfo(attempt->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			  &length);
	return length > 0 ? (uint64_t)length : 0;
}

static int fail_size(struct rel_http_attempt *attempt)
{
	return rel_fail(&attempt->failure, REL_ELIMIT,
			"%s: larger than %ju bytes", attempt->shown,
			(uintmax_t)attempt->request->max_bytes);
}

static bool is_error(const struct rel_http_attempt *attempt)
{
	return attempt->status < 200 || attempt->status >= 300;
}

/* Is the body for the sink? */
static bool is_wanted(const struct rel_http_attempt *attempt)
{
	if (attempt->message)
		return !rel_http_is_redirect(attempt->status);
	return attempt->status == HTTP_OK;
}

/* Announce a body to the sink. */
static int begin(struct rel_http_attempt *attempt)
{
	uint64_t length = rel_http_announced(attempt);

	if (attempt->begun)
		return 0;
	if (length > attempt->request->max_bytes && !is_error(attempt) &&
	    !(attempt->message && attempt->message->method == REL_HTTP_HEAD))
		return fail_size(attempt);
	attempt->begun = true;
	if (attempt->message && attempt->message->sink && !is_error(attempt))
		attempt->sink = attempt->message->sink;
	return attempt->failure.code = attempt->sink->begin(
		   attempt->sink->context, &attempt->failure);
}

/* Returns false where the transfer is to end. */
static bool discard(struct rel_http_attempt *attempt, size_t len)
{
	attempt->discarded += len;
	return attempt->discarded <= REL_LIMIT_HTTP_DISCARD;
}

static bool deliver(struct rel_http_attempt *attempt, const char *ptr,
		    size_t len)
{
	uint64_t room = attempt->request->max_bytes - attempt->bytes;
	size_t taken = len;

	if (len > room && !is_error(attempt)) {
		fail_size(attempt);
		return false;
	}
	if (len > room)
		taken = (size_t)room;
	attempt->failure.code = attempt->sink->to.write(
	    attempt->sink->to.context, ptr, taken, &attempt->failure);
	if (attempt->failure.code != 0)
		return false;
	attempt->bytes += taken;
	if (!attempt->message)
		rel_progress(attempt->request->progress, attempt->what,
			     attempt->bytes, rel_http_announced(attempt));
	return taken == len || discard(attempt, len - taken);
}

static size_t on_body(char *ptr, size_t size, size_t count, void *context)
{
	struct rel_http_attempt *attempt = context;
	size_t len = size * count;

	curl_easy_getinfo(attempt->curl, CURLINFO_RESPONSE_CODE,
			  &attempt->status);
	if (!is_wanted(attempt))
		return discard(attempt, len) ? len : 0;
	if (begin(attempt) != 0)
		return 0;
	return deliver(attempt, ptr, len) ? len : 0;
}

static size_t on_header(char *ptr, size_t size, size_t count, void *context)
{
	struct rel_http_attempt *attempt = context;

	(void)ptr;
	attempt->headers += size * count;
	if (attempt->headers <= REL_LIMIT_HTTP_HEADERS)
		return size * count;
	rel_fail(&attempt->failure, REL_ELIMIT,
		 "%s: header lines of more than %zu bytes", attempt->shown,
		 (size_t)REL_LIMIT_HTTP_HEADERS);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned stall_seconds(const struct rel_http_attempt *attempt)
{
	return attempt->request->stall_seconds ? attempt->request->stall_seconds
					       : REL_LIMIT_STALL_SECONDS;
}

/* All that was moved so far is less than the time is worth. */
static bool is_slow(const struct rel_http_attempt *attempt, uint64_t seen)
{
	const struct rel_http_exchange *x = attempt->exchange;
	double taken = x->taken + now() - attempt->begun_at;
	double most = (double)(x->moved + seen) / (double)REL_LIMIT_HTTP_RATE;

	return taken > 2.0 * stall_seconds(attempt) + most;
}

/* curl's own low-speed limit looks at an average over some seconds, so that
 * a few bytes put it off. */
static bool stalls(struct rel_http_attempt *attempt)
{
	uint64_t seen = attempt->headers + attempt->discarded + attempt->bytes +
			attempt->sent;
	curl_off_t connected = 0;

	/* Until then the limit is CURLOPT_CONNECTTIMEOUT. */
	curl_easy_getinfo(attempt->curl, CURLINFO_PRETRANSFER_TIME_T,
			  &connected);
	if (connected == 0 || seen != attempt->seen || attempt->seen_at == 0) {
		attempt->seen = seen;
		attempt->seen_at = now();
	}
	attempt->slow = is_slow(attempt, seen);
	attempt->stalled =
	    attempt->slow || now() - attempt->seen_at >= stall_seconds(attempt);
	return attempt->stalled;
}

/* curl calls it about once a second while nothing happens. */
static int on_tick(void *context, curl_off_t total, curl_off_t now,
		   curl_off_t up_total, curl_off_t up_now)
{
	struct rel_http_attempt *attempt = context;

	(void)total;
	(void)now;
	(void)up_total;
	if ((uint64_t)up_now != attempt->sent) {
		attempt->sent = (uint64_t)up_now;
		rel_progress(attempt->request->progress, attempt->what,
			     attempt->sent,
			     rel_http_payload_size(attempt->message));
	}
	if (rel_cancelled(attempt->request->cancel)) {
		rel_fail_cancelled(&attempt->failure);
		return 1;
	}
	return stalls(attempt);
}

/* Which hosts no_proxy exempts is curl's to say: it says so in its log
 * (CURLINFO_USED_PROXY, of 8.7, comes too late for Debian 12). */
static int on_log(CURL *curl, curl_infotype type, char *text, size_t len,
		  void *context)
{
	static const char *const exempt[] = {"no_proxy", "NO_PROXY"};
	struct rel_str line = rel_str_n(text, len), name;
	struct rel_http_attempt *attempt = context;

	(void)curl;
	if (type != CURLINFO_TEXT || !rel_str_starts(line, REL_STR(LOG_PROXY)))
		return 0;
	name = rel_str_sub(line, strlen(LOG_PROXY), len);
	name = rel_str_cut(&name, ' ');
	if (!rel_str_is(name, exempt[0]) && !rel_str_is(name, exempt[1]))
		attempt->proxied = true;
	return 0;
}

static CURLcode set_caps(struct rel_http_attempt *attempt)
{
	const struct rel_http_request *request = attempt->request;
	const char *ca_file = rel_network_ca_file();
	const char *ca_dir = rel_network_env("SSL_CERT_DIR");
	CURLcode set = CURLE_OK;
	unsigned connect = request->connect_seconds ? request->connect_seconds
						    : REL_LIMIT_CONNECT_SECONDS;

	REL_HTTP_SET(attempt, CURLOPT_CONNECTTIMEOUT, (long)connect);
	REL_HTTP_SET(attempt, CURLOPT_PROTOCOLS_STR, "http,https");
	REL_HTTP_SET(attempt, CURLOPT_FOLLOWLOCATION, 0L);
	REL_HTTP_SET(attempt, CURLOPT_SSLVERSION,
		     (long)CURL_SSLVERSION_TLSv1_2);
	if (ca_file)
		REL_HTTP_SET(attempt, CURLOPT_CAINFO, rel_network_env(ca_file));
	if (ca_dir)
		REL_HTTP_SET(attempt, CURLOPT_CAPATH, ca_dir);
	return set;
}

static CURLcode set_up(struct rel_http_attempt *attempt,
		       struct curl_slist *headers)
{
	CURLcode set = CURLE_OK;

	/* Connections stay. */
	curl_easy_reset(attempt->curl);
	REL_HTTP_SET(attempt, CURLOPT_URL, attempt->url->text);
	REL_HTTP_SET(attempt, CURLOPT_USERAGENT, "relctl/" REL_VERSION);
	REL_HTTP_SET(attempt, CURLOPT_HTTPHEADER, headers);
	/* No signals: other threads may run. */
	REL_HTTP_SET(attempt, CURLOPT_NOSIGNAL, 1L);
	REL_HTTP_SET(attempt, CURLOPT_ERRORBUFFER, attempt->text);
	REL_HTTP_SET(attempt, CURLOPT_WRITEFUNCTION, on_body);
	REL_HTTP_SET(attempt, CURLOPT_WRITEDATA, attempt);
	REL_HTTP_SET(attempt, CURLOPT_HEADERFUNCTION, on_header);
	REL_HTTP_SET(attempt, CURLOPT_HEADERDATA, attempt);
	REL_HTTP_SET(attempt, CURLOPT_XFERINFOFUNCTION, on_tick);
	REL_HTTP_SET(attempt, CURLOPT_XFERINFODATA, attempt);
	REL_HTTP_SET(attempt, CURLOPT_NOPROGRESS, 0L);
	REL_HTTP_SET(attempt, CURLOPT_DEBUGFUNCTION, on_log);
	REL_HTTP_SET(attempt, CURLOPT_DEBUGDATA, attempt);
	REL_HTTP_SET(attempt, CURLOPT_VERBOSE, 1L);
	if (!set)
		set = set_caps(attempt);
	if (!set)
		set = rel_http_set_credentials(attempt);
	if (!set)
		set = rel_http_set_method(attempt);
	return set;
}

/* Turn what curl says into a result of ours. */
static int conclude(struct rel_http_attempt *attempt, struct rel_error *err)
{
	curl_easy_getinfo(attempt->curl, CURLINFO_RESPONSE_CODE,
			  &attempt->status);
	if (attempt->status < 200)
		attempt->status = 0; /* "100 Continue" is not an answer yet */
	if (attempt->stalled)
		attempt->result = CURLE_OPERATION_TIMEDOUT;
	/* A body nobody asked for was cut off by on_body(). */
	if (attempt->failure.code == 0 &&
	    attempt->result == CURLE_WRITE_ERROR &&
	    attempt->discarded > REL_LIMIT_HTTP_DISCARD)
		attempt->result = CURLE_OK;
	/* A server that has refused need not read the rest. */
	if (attempt->result == CURLE_SEND_ERROR && attempt->status >= 400)
		attempt->result = CURLE_OK;
	if (attempt->failure.code == 0 && attempt->result == CURLE_OK &&
	    is_wanted(attempt))
		begin(attempt);
	if (attempt->failure.code != 0) {
		if (err)
			*err = attempt->failure;
		return attempt->failure.code;
	}
	return attempt->result == CURLE_OK
		   ? 0
		   : rel_http_fail_transfer(attempt, err);
}

int rel_http_attempt_run(struct rel_http_attempt *attempt,
			 struct rel_error *err)
{
	struct curl_slist *headers = NULL;
	int rc = 0;

	if (rel_cancelled(attempt->request->cancel))
		return rel_fail_cancelled(err);
	rc = rel_http_headers(&headers, attempt, err);
	if (rc == 0)
		rc = rel_http_payload_open(attempt, err);
	if (rc)
		goto out;
	attempt->result = set_up(attempt, headers);
	if (attempt->result != CURLE_OK) {
		rc = rel_http_fail_transfer(attempt, err);
		goto out;
	}
	attempt->begun_at = now();
	attempt->result = curl_easy_perform(attempt->curl);
	attempt->exchange->taken += now() - attempt->begun_at;
	attempt->exchange->moved += attempt->headers + attempt->discarded +
				    attempt->bytes + attempt->sent;
	rc = conclude(attempt, err);
out:
	/* The handle must not keep pointers to what ends here. */
	curl_easy_setopt(attempt->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(attempt->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(attempt->curl, CURLOPT_VERBOSE, 0L);
	curl_easy_setopt(attempt->curl, CURLOPT_DEBUGDATA, NULL);
	rel_http_headers_free(headers);
	rel_http_payload_close(attempt);
	return rc;
}

bool rel_http_attempt_transient(const struct rel_http_attempt *attempt)
{
	bool repeatable = !attempt->message || attempt->message->idempotent;

	if (attempt->failure.code != 0)
		return false;
	switch (attempt->result) {
	case CURLE_OK:
		if (attempt->status == 429 || attempt->status == 503)
			return true;
		return repeatable &&
		       (attempt->status == 500 || attempt->status == 502 ||
			attempt->status == 504);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return repeatable;
	default:
		return false;
	}
}
