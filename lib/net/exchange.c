/* From one request over its redirects and retries to the answer. */
#include <strings.h>
#include <time.h>

#include "base/limits.h"
#include "net/internal.h"

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
		       const struct rel_http_hop *hop, struct rel_error *err)
{
	struct rel_http_answer *answer = x->answer;

	answer->outcome =
	    hop->status == 304 ? REL_HTTP_NOT_MODIFIED : REL_HTTP_OK;
	answer->bytes = hop->bytes;
	answer->length = rel_http_announced(hop);
	take_validator(&answer->etag, x->curl, "ETag");
	take_validator(&answer->last_modified, x->curl, "Last-Modified");
	answer->url = strdup(hop->url->text);
	return answer->url ? 0 : rel_fail_nomem(err);
}

/* The server's wish for the time of the next attempt. */
static void note_pause(struct rel_http_exchange *x)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > (curl_off_t)REL_LIMIT_RETRY_SECONDS)
		x->passing = false;
	else if (seconds > 0)
		x->pause_ms = (uint64_t)seconds * 1000;
}

bool rel_http_is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* Read where the last hop points to into *next. */
static int find_next(struct rel_url *next, const struct rel_http_hop *hop,
		     struct rel_error *err)
{
	char *location = NULL;
	int rc;

	curl_easy_getinfo(hop->curl, CURLINFO_REDIRECT_URL, &location);
	if (!location)
		return rel_fail(err, REL_EIO,
				"%s: redirect without a place (HTTP %ld)",
				hop->shown, hop->status);
	rc = rel_url_parse(next, location, err);
	if (rc == REL_EUSAGE) {
		rel_error_prefix(err, "%s: redirected", hop->shown);
		if (err)
			err->code = REL_EIO;
		return REL_EIO;
	}
	if (rc)
		return rc;
	if (strcasecmp(hop->url->scheme, "https") == 0 &&
	    strcasecmp(next->scheme, "https") != 0) {
		rel_url_free(next);
		return rel_fail(err, REL_EIO,
				"%s: refused to be redirected from https to "
				"http",
				hop->shown);
	}
	return 0;
}

/* RFC 9110, 15.4: only 307 and 308 leave the method as it is.  What has been
 * moved for good is to be put right where the URL was written. */
static bool follows(const struct rel_http_hop *hop)
{
	if (!hop->message || hop->message->method == REL_HTTP_GET ||
	    hop->message->method == REL_HTTP_HEAD)
		return rel_http_is_redirect(hop->status);
	return hop->status == 307 || hop->status == 308;
}

static bool is_success(const struct rel_http_hop *hop)
{
	if (hop->message)
		return hop->status >= 200 && hop->status < 300;
	return hop->status == 200 ||
	       (hop->status == 304 &&
		(hop->request->etag || hop->request->last_modified));
}

/*
 * One hop from `url`.
 * Returns 0: done; 1: go on with *next; or the error.
 */
static int run_hop(struct rel_url *next, struct rel_http_exchange *x,
		   const struct rel_url *url, bool with_auth,
		   struct rel_error *err)
{
	struct rel_http_hop hop = {
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
	hop.shown = shown.ptr ? shown.ptr : "";
	rc = rel_http_hop_run(&hop, err);
	x->answer->status = (int)hop.status;
	x->whole = rc == 0;
	x->passing = rel_http_hop_passing(&hop);
	if (rc == 0 && follows(&hop)) {
		rc = find_next(next, &hop, err);
		rc = rc == 0 ? 1 : rc;
	} else if (rc == 0 && is_success(&hop)) {
		rc = take_answer(x, &hop, err);
	} else if (rc == 0) {
		rc = rel_http_fail_status(&hop, err);
	}
	if (x->passing)
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
static int run_attempt(struct rel_http_exchange *x, struct rel_error *err)
{
	struct rel_url url = {0}, next = {0};
	bool with_auth = true;
	int rc, hops = 0;

	x->passing = false;
	x->pause_ms = 0;
	rc = run_hop(&next, x, &x->first, with_auth, err);
	while (rc == 1) {
		rel_url_free(&url);
		url = next;
		next = (struct rel_url){0};
		if (++hops > REL_LIMIT_REDIRECTS) {
			rc = fail_loop(x, err);
			break;
		}
		/* Once away, nothing is sent any more, also not on the way
		 * back: who led us there could have asked for it. */
		with_auth = with_auth && rel_url_same_site(&x->first, &url);
		rc = run_hop(&next, x, &url, with_auth, err);
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
	int rc = run_attempt(x, err);

	for (; retries > 0 && rc && x->passing; retries--) {
		uint64_t ms = x->pause_ms > pause ? x->pause_ms : pause;
		int waited = wait_ms(x, ms, err);

		if (waited != 0)
			return waited;
		rc = run_attempt(x, err);
		pause *= 2;
	}
	return rc;
}
