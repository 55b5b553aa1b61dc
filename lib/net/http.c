#include <errno.h>
#include <strings.h>

#include "base/limits.h"
#include "net/internal.h"

#define FIRST_PAUSE_MS 1000u
/* How often a pause looks at the cancel flag. */
#define NAP_MS 50u
/* A URL for messages; longer ones are of no use to a reader. */
#define SHOWN_MAX (4 * REL_KIB)

struct rel_http {
	CURL *curl;
};

/* One rel_http_get(). */
struct get {
	struct rel_http_answer *answer;
	CURL *curl;
	const struct rel_http_request *request;
	const struct rel_http_sink *sink;
	const char *what;
	struct rel_url first;
	bool passing;	   /* the last attempt may be repeated */
	uint64_t pause_ms; /* what the server asked for; 0 = nothing */
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

/* A header's value into *out; absent or out of memory: NULL. */
static void take_header(char **out, CURL *curl, const char *name)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) ==
	    CURLHE_OK)
		*out = strdup(header->value);
}

static int take_answer(struct get *get, const struct rel_http_hop *hop,
		       struct rel_error *err)
{
	struct rel_http_answer *answer = get->answer;

	answer->outcome =
	    hop->status == 304 ? REL_HTTP_NOT_MODIFIED : REL_HTTP_OK;
	answer->bytes = hop->bytes;
	take_header(&answer->etag, get->curl, "ETag");
	take_header(&answer->last_modified, get->curl, "Last-Modified");
	answer->url = strdup(hop->url->text);
	return answer->url ? 0 : rel_fail_nomem(err);
}

/* The server's wish for the time of the next attempt. */
static void note_pause(struct get *get)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(get->curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > (curl_off_t)REL_LIMIT_RETRY_SECONDS)
		get->passing = false;
	else if (seconds > 0)
		get->pause_ms = (uint64_t)seconds * 1000;
}

/* Is there something to follow?  Only the methods' cases of RFC 9110, 15.4
 * that name one place. */
static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* Read where the last hop points to into *next. */
static int find_next(struct rel_url *next, const struct rel_http_hop *hop,
		     struct rel_error *err)
{
	char *location = NULL;
	int code;

	curl_easy_getinfo(hop->curl, CURLINFO_REDIRECT_URL, &location);
	if (!location)
		return rel_fail(err, REL_EIO,
				"%s: redirect without a place (HTTP %ld)",
				hop->shown, hop->status);
	code = rel_url_parse(next, location, err);
	if (code == REL_EUSAGE) {
		rel_error_prefix(err, "%s: redirected", hop->shown);
		if (err)
			err->code = REL_EIO;
		return REL_EIO;
	}
	if (code != 0)
		return code;
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

/*
 * One hop from `url`.
 * Returns 0: done; 1: go on with *next; or the error.
 */
static int run_hop(struct rel_url *next, struct get *get,
		   const struct rel_url *url, bool with_auth,
		   struct rel_error *err)
{
	struct rel_http_hop hop = {
	    .curl = get->curl,
	    .request = get->request,
	    .sink = get->sink,
	    .url = url,
	    .what = get->what,
	    .auth = with_auth ? &get->first : NULL,
	};
	bool conditional = get->request->etag || get->request->last_modified;
	struct rel_buf shown;
	int code;

	rel_buf_init(&shown, SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(url->text));
	hop.shown = shown.ptr ? shown.ptr : "";
	code = rel_http_hop_run(&hop, err);
	get->answer->status = (int)hop.status;
	get->passing = rel_http_hop_passing(&hop);
	if (code == 0 && is_redirect(hop.status)) {
		code = find_next(next, &hop, err);
		code = code == 0 ? 1 : code;
	} else if (code == 0 &&
		   (hop.status == 200 || (hop.status == 304 && conditional))) {
		code = take_answer(get, &hop, err);
	} else if (code == 0) {
		code = rel_http_fail_status(&hop, err);
	}
	if (get->passing)
		note_pause(get);
	rel_buf_free(&shown);
	return code;
}

static int fail_loop(const struct get *get, struct rel_error *err)
{
	struct rel_buf shown;
	int code;

	rel_buf_init(&shown, SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(get->first.text));
	code = rel_fail(err, REL_ELIMIT, "%s: more than %d redirects, a loop",
			shown.ptr ? shown.ptr : "", REL_LIMIT_REDIRECTS);
	rel_buf_free(&shown);
	return code;
}

/* From the first URL to the end of its redirects. */
static int run_attempt(struct get *get, struct rel_error *err)
{
	struct rel_url url = {0}, next = {0};
	bool with_auth = true;
	int code, hops = 0;

	get->passing = false;
	get->pause_ms = 0;
	code = run_hop(&next, get, &get->first, with_auth, err);
	while (code == 1) {
		rel_url_free(&url);
		url = next;
		next = (struct rel_url){0};
		if (++hops > REL_LIMIT_REDIRECTS) {
			code = fail_loop(get, err);
			break;
		}
		/* Once away, nothing is sent any more, also not on the way
		 * back: who led us there could have asked for it. */
		with_auth = with_auth && rel_url_same_site(&get->first, &url);
		code = run_hop(&next, get, &url, with_auth, err);
	}
	rel_url_free(&url);
	return code;
}

static int wait_ms(const struct get *get, uint64_t ms, struct rel_error *err)
{
	while (ms > 0) {
		uint64_t nap = ms < NAP_MS ? ms : NAP_MS;
		struct timespec pause = {.tv_nsec = (long)nap * 1000000L};

		if (rel_cancelled(get->request->cancel))
			return rel_fail_cancelled(err);
		nanosleep(&pause, NULL);
		ms -= nap;
	}
	return 0;
}

static int run_attempts(struct get *get, struct rel_error *err)
{
	unsigned pause = get->request->backoff_ms ? get->request->backoff_ms
						  : FIRST_PAUSE_MS;
	int retries = get->request->no_retry ? 0 : REL_LIMIT_HTTP_RETRIES;
	int code = run_attempt(get, err);

	for (; retries > 0 && code != 0 && get->passing; retries--) {
		uint64_t ms = get->pause_ms > pause ? get->pause_ms : pause;
		int waited = wait_ms(get, ms, err);

		if (waited != 0)
			return waited;
		code = run_attempt(get, err);
		pause *= 2;
	}
	return code;
}

int rel_http_get(struct rel_http_answer *answer, struct rel_http *http,
		 const struct rel_http_request *request,
		 const struct rel_http_sink *sink, struct rel_error *err)
{
	struct get get = {
	    .answer = answer,
	    .curl = http->curl,
	    .request = request,
	    .sink = sink,
	    .what = request->what,
	};
	struct rel_buf what;
	int code;

	*answer = (struct rel_http_answer){0};
	code = rel_url_parse(&get.first, request->url, err);
	if (code != 0)
		return code;
	rel_buf_init(&what, SHOWN_MAX);
	rel_buf_add_cstr(&what, "fetching ");
	rel_url_redact(&what, rel_str_of(get.first.text));
	if (!get.what)
		get.what = rel_buf_str(&what).ptr;
	code = run_attempts(&get, err);
	rel_buf_free(&what);
	rel_url_free(&get.first);
	return code;
}
