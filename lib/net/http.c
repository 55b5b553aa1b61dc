/* From one request over its redirects and retries to the answer. */
#include <strings.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "net/net_private.h"

#define FIRST_PAUSE_MS 1000u
/* How often a pause looks at the cancel flag. */
#define NAP_MS 50u

/* A validator's value into *out; absent, longer than anybody would send back,
 * or out of memory: NULL. */
static void take_validator(char **out, CURL *curl, const char *name)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) ==
		CURLHE_OK &&
	    strlen(header->value) <= REL_LIMIT_VALIDATOR_BYTES)
		*out = strdup(header->value);
}

static int take_answer(struct rel_http_exchange *x,
		       const struct rel_http_attempt *attempt,
		       struct rel_error *err)
{
	struct rel_http_answer *answer = x->answer;

	answer->outcome =
	    attempt->status == 304 ? REL_HTTP_NOT_MODIFIED : REL_HTTP_OK;
	answer->bytes = attempt->bytes;
	answer->length = rel_http_announced(attempt);
	take_validator(&answer->etag, x->curl, "ETag");
	take_validator(&answer->last_modified, x->curl, "Last-Modified");
	answer->url = strdup(attempt->url->text);
	return answer->url ? 0 : rel_fail_nomem(err);
}

/* The server's wish for the time of the next attempt. */
static void note_pause(struct rel_http_exchange *x)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > (curl_off_t)REL_LIMIT_RETRY_SECONDS)
		x->transient = false;
	else if (seconds > 0)
		x->pause_ms = (uint64_t)seconds * 1000;
}

/* Read where the last attempt points to into *next. */
static int find_next(struct rel_url *next,
		     const struct rel_http_attempt *attempt,
		     struct rel_error *err)
{
	char *location = NULL;
	int rc;

	curl_easy_getinfo(attempt->curl, CURLINFO_REDIRECT_URL, &location);
	if (!location)
		return rel_fail(err, REL_EIO,
				"%s: redirect without a place (HTTP %ld)",
				attempt->shown, attempt->status);
	rc = rel_url_parse(next, location, err);
	if (rc == REL_EUSAGE) {
		rel_error_prefix(err, "%s: redirected", attempt->shown);
		if (err)
			err->code = REL_EIO;
		return REL_EIO;
	}
	if (rc)
		return rc;
	if (strcasecmp(attempt->url->scheme, "https") == 0 &&
	    strcasecmp(next->scheme, "https") != 0) {
		rel_url_free(next);
		return rel_fail(err, REL_EIO,
				"%s: refused to be redirected from https to "
				"http",
				attempt->shown);
	}
	return 0;
}

/* RFC 9110, 15.4: only 307 and 308 leave the method as it is.  What has been
 * moved for good is to be put right where the URL was written. */
static bool follows(const struct rel_http_attempt *attempt)
{
	if (!attempt->message || attempt->message->method == REL_HTTP_GET ||
	    attempt->message->method == REL_HTTP_HEAD)
		return rel_http_is_redirect(attempt->status);
	return attempt->status == 307 || attempt->status == 308;
}

static bool is_success(const struct rel_http_attempt *attempt)
{
	if (attempt->message)
		return attempt->status >= 200 && attempt->status < 300;
	return attempt->status == 200 ||
	       (attempt->status == 304 &&
		(attempt->request->etag || attempt->request->last_modified));
}

/*
 * One attempt from `url`.
 * Returns 0: done; 1: go on with *next; or the error.
 */
static int attempt_once(struct rel_url *next, struct rel_http_exchange *x,
			const struct rel_url *url, bool with_auth,
			struct rel_error *err)
{
	struct rel_http_attempt attempt = {
	    .exchange = x,
	    .curl = x->curl,
	    .request = x->request,
	    .message = x->message,
	    .sink = x->sink,
	    .url = url,
	    .what = x->what,
	    .with_auth = with_auth,
	    .file = -1,
	};
	struct rel_buf shown;
	int rc;

	rel_buf_init(&shown, REL_HTTP_SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(url->text));
	attempt.shown = shown.ptr ? shown.ptr : "";
	rc = rel_http_attempt_run(&attempt, err);
	x->answer->status = (int)attempt.status;
	x->whole = rc == 0;
	x->transient = rel_http_attempt_transient(&attempt);
	if (rc == 0 && follows(&attempt)) {
		rc = find_next(next, &attempt, err);
		rc = rc == 0 ? 1 : rc;
	} else if (rc == 0 && is_success(&attempt)) {
		rc = take_answer(x, &attempt, err);
	} else if (rc == 0) {
		rc = rel_http_fail_status(&attempt, err);
	}
	if (x->transient)
		note_pause(x);
	rel_buf_free(&shown);
	return rc;
}

static int fail_loop(const struct rel_http_exchange *x, struct rel_error *err)
{
	struct rel_buf shown;
	int rc;

	rel_buf_init(&shown, REL_HTTP_SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(x->first.text));
	rc = rel_fail(err, REL_ELIMIT, "%s: more than %d redirects, a loop",
		      shown.ptr ? shown.ptr : "", REL_LIMIT_REDIRECTS);
	rel_buf_free(&shown);
	return rc;
}

/* From the first URL to the end of its redirects. */
static int follow(struct rel_http_exchange *x, struct rel_error *err)
{
	struct rel_url url = {0}, next = {0};
	bool with_auth = true;
	int rc, redirects = 0;

	x->transient = false;
	x->pause_ms = 0;
	rc = attempt_once(&next, x, &x->first, with_auth, err);
	while (rc == 1) {
		rel_url_free(&url);
		url = next;
		next = (struct rel_url){0};
		if (++redirects > REL_LIMIT_REDIRECTS) {
			rc = fail_loop(x, err);
			break;
		}
		/* Once away, nothing is sent any more, also not on the way
		 * back: who led us there could have asked for it. */
		with_auth = with_auth && rel_url_same_site(&x->first, &url);
		rc = attempt_once(&next, x, &url, with_auth, err);
	}
	rel_url_free(&url);
	return rc;
}

static int wait_ms(const struct rel_http_exchange *x, uint64_t ms,
		   struct rel_error *err)
{
	while (ms > 0) {
		uint64_t nap = ms < NAP_MS ? ms : NAP_MS;
		struct timespec pause = {.tv_nsec = (long)nap * 1000000L};

		if (rel_cancelled(x->request->cancel))
			return rel_fail_cancelled(err);
		nanosleep(&pause, NULL);
		ms -= nap;
	}
	return 0;
}

int rel_http_exchange_run(struct rel_http_exchange *x, struct rel_error *err)
{
	unsigned pause =
	    x->request->backoff_ms ? x->request->backoff_ms : FIRST_PAUSE_MS;
	int retries = x->request->no_retry ? 0 : REL_LIMIT_HTTP_RETRIES;
	int rc = follow(x, err);

	for (; retries > 0 && rc && x->transient; retries--) {
		uint64_t ms = x->pause_ms > pause ? x->pause_ms : pause;
		int waited = wait_ms(x, ms, err);

		if (waited != 0)
			return waited;
		rc = follow(x, err);
		pause *= 2;
	}
	return rc;
}

/* The usual places for a body: memory and a file. */

void rel_http_memory_reset(struct rel_http_memory *memory)
{
	memory->body->len = memory->start;
	if (memory->body->ptr)
		memory->body->ptr[memory->start] = '\0';
}

static int memory_begin(void *context, struct rel_error *err)
{
	(void)err;
	rel_http_memory_reset(context);
	return 0;
}

void rel_http_memory_sink(struct rel_http_sink *sink,
			  struct rel_http_memory *memory, struct rel_buf *body)
{
	*memory = (struct rel_http_memory){.body = body, .start = body->len};
	*sink =
	    (struct rel_http_sink){memory_begin, memory, rel_sink_of_buf(body)};
}

int rel_http_get_buf(struct rel_http_answer *answer, struct rel_buf *body,
		     struct rel_http *http,
		     const struct rel_http_request *request,
		     struct rel_error *err)
{
	struct rel_http_memory memory;
	struct rel_http_sink sink;
	int rc;

	rel_http_memory_sink(&sink, &memory, body);
	rc = rel_http_get(answer, http, request, &sink, err);
	if (rc)
		rel_http_memory_reset(&memory);
	return rc;
}

struct target {
	struct rel_atomic_file file;
	const char *path;
};

static int file_begin(void *context, struct rel_error *err)
{
	struct target *target = context;

	rel_atomic_abort(&target->file);
	return rel_atomic_open(&target->file, target->path, err);
}

int rel_http_get_file(struct rel_http_answer *answer, const char *path,
		      struct rel_http *http,
		      const struct rel_http_request *request,
		      struct rel_error *err)
{
	struct target target = {.file = {.fd = -1}, .path = path};
	const struct rel_http_sink sink = {file_begin, &target,
					   rel_sink_of_file(&target.file)};
	int rc = rel_http_get(answer, http, request, &sink, err);

	if (rc == 0 && answer->outcome == REL_HTTP_OK)
		rc = rel_atomic_commit(&target.file, err);
	rel_atomic_abort(&target.file);
	return rc;
}

struct rel_http {
	CURL *curl;
};

int rel_http_new(struct rel_http **out, struct rel_error *err)
{
	struct rel_http *http;
	int rc = rel_curl_load(err);

	*out = NULL;
	if (rc)
		return rc;
	http = calloc(1, sizeof(*http));
	if (!http)
		return rel_fail_nomem(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return rel_fail(err, REL_EIO, "cannot start libcurl");
	}
	http->curl = curl_easy_init();
	if (!http->curl) {
		rel_http_free(http);
		return rel_fail_nomem(err);
	}
	*out = http;
	return 0;
}

void rel_http_free(struct rel_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

void rel_http_answer_free(struct rel_http_answer *answer)
{
	if (!answer)
		return;
	free(answer->url);
	free(answer->etag);
	free(answer->last_modified);
	*answer = (struct rel_http_answer){0};
}

static int run(struct rel_http_exchange *exchange, const char *doing,
	       struct rel_error *err)
{
	struct rel_buf what;
	int rc;

	*exchange->answer = (struct rel_http_answer){0};
	rc = rel_url_parse(&exchange->first, exchange->request->url, err);
	if (rc)
		return rc;
	rel_buf_init(&what, REL_HTTP_SHOWN_MAX);
	rel_buf_add_cstr(&what, doing);
	rel_url_redact(&what, rel_str_of(exchange->first.text));
	if (!exchange->what)
		exchange->what = rel_buf_str(&what).ptr;
	rc = rel_http_exchange_run(exchange, err);
	rel_buf_free(&what);
	rel_url_free(&exchange->first);
	return rc;
}

int rel_http_get(struct rel_http_answer *answer, struct rel_http *http,
		 const struct rel_http_request *request,
		 const struct rel_http_sink *sink, struct rel_error *err)
{
	struct rel_http_exchange exchange = {
	    .answer = answer,
	    .curl = http->curl,
	    .request = request,
	    .sink = sink,
	    .what = request->what,
	};

	return run(&exchange, "fetching ", err);
}

int rel_http_send(struct rel_http_answer *answer, struct rel_buf *reply,
		  struct rel_http *http, const struct rel_http_request *request,
		  const struct rel_http_message *message, struct rel_error *err)
{
	struct rel_http_request capped = *request;
	struct rel_http_sink sink;
	struct rel_http_memory memory;
	struct rel_http_exchange exchange = {
	    .answer = answer,
	    .curl = http->curl,
	    .request = &capped,
	    .message = message,
	    .sink = &sink,
	    .what = request->what,
	};
	struct rel_buf unwanted;
	int rc;

	if (capped.max_bytes == 0)
		capped.max_bytes = REL_LIMIT_HTTP_DISCARD;
	rel_buf_init(&unwanted, (size_t)capped.max_bytes);
	exchange.reply = reply ? reply : &unwanted;
	exchange.reply_start = exchange.reply->len;
	rel_http_memory_sink(&sink, &memory, reply ? reply : &unwanted);
	rc = run(&exchange,
		 rel_http_payload_size(message) > 0 ? "sending " : "asking ",
		 err);
	if (!exchange.whole || (rc == 0 && message->sink))
		rel_http_memory_reset(&memory);
	rel_buf_free(&unwanted);
	return rc;
}
