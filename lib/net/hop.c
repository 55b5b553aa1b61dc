#include "base/limits.h"
#include "base/network.h"
#include "net/internal.h"

#define HTTP_OK	  200
#define LOG_PROXY "Uses proxy env variable "

uint64_t rel_http_announced(const struct rel_http_hop *hop)
{
	curl_off_t length = -1;

	curl_easy_getinfo(hop->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			  &length);
	return length > 0 ? (uint64_t)length : 0;
}

static int fail_size(struct rel_http_hop *hop)
{
	return rel_fail(&hop->failure, REL_ELIMIT, "%s: larger than %ju bytes",
			hop->shown, (uintmax_t)hop->request->max_bytes);
}

static bool is_error(const struct rel_http_hop *hop)
{
	return hop->status < 200 || hop->status >= 300;
}

/* Is the body for the sink? */
static bool is_wanted(const struct rel_http_hop *hop)
{
	if (hop->message)
		return !rel_http_is_redirect(hop->status);
	return hop->status == HTTP_OK;
}

/* Tell the sink that a body comes. */
static int begin(struct rel_http_hop *hop)
{
	uint64_t length = rel_http_announced(hop);

	if (hop->begun)
		return 0;
	if (length > hop->request->max_bytes && !is_error(hop) &&
	    !(hop->message && hop->message->method == REL_HTTP_HEAD))
		return fail_size(hop);
	hop->begun = true;
	if (hop->message && hop->message->sink && !is_error(hop))
		hop->sink = hop->message->sink;
	return hop->failure.code =
		   hop->sink->begin(hop->sink->context, length, &hop->failure);
}

/* Returns false where the transfer is to end. */
static bool discard(struct rel_http_hop *hop, size_t len)
{
	hop->discarded += len;
	return hop->discarded <= REL_LIMIT_HTTP_DISCARD;
}

static bool deliver(struct rel_http_hop *hop, const char *ptr, size_t len)
{
	uint64_t room = hop->request->max_bytes - hop->bytes;
	size_t taken = len;

	if (len > room && !is_error(hop)) {
		fail_size(hop);
		return false;
	}
	if (len > room)
		taken = (size_t)room;
	hop->failure.code =
	    hop->sink->write(hop->sink->context, ptr, taken, &hop->failure);
	if (hop->failure.code != 0)
		return false;
	hop->bytes += taken;
	if (!hop->message)
		rel_progress(hop->request->progress, hop->what, hop->bytes,
			     rel_http_announced(hop));
	return taken == len || discard(hop, len - taken);
}

static size_t on_body(char *ptr, size_t size, size_t count, void *context)
{
	struct rel_http_hop *hop = context;
	size_t len = size * count;

	curl_easy_getinfo(hop->curl, CURLINFO_RESPONSE_CODE, &hop->status);
	if (!is_wanted(hop))
		return discard(hop, len) ? len : 0;
	if (begin(hop) != 0)
		return 0;
	return deliver(hop, ptr, len) ? len : 0;
}

static size_t on_header(char *ptr, size_t size, size_t count, void *context)
{
	struct rel_http_hop *hop = context;

	(void)ptr;
	hop->headers += size * count;
	if (hop->headers <= REL_LIMIT_HTTP_HEADERS)
		return size * count;
	rel_fail(&hop->failure, REL_ELIMIT,
		 "%s: header lines of more than %zu bytes", hop->shown,
		 (size_t)REL_LIMIT_HTTP_HEADERS);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned stall_seconds(const struct rel_http_hop *hop)
{
	return hop->request->stall_seconds ? hop->request->stall_seconds
					   : REL_LIMIT_STALL_SECONDS;
}

/* All that was moved so far is less than the time is worth. */
static bool is_slow(const struct rel_http_hop *hop, uint64_t seen)
{
	const struct rel_http_exchange *x = hop->exchange;
	double taken = x->taken + now() - hop->begun_at;
	double most = (double)(x->moved + seen) / (double)REL_LIMIT_HTTP_RATE;

	return taken > 2.0 * stall_seconds(hop) + most;
}

/* curl's own low-speed limit looks at an average over some seconds, so that
 * a few bytes put it off. */
static bool stalls(struct rel_http_hop *hop)
{
	uint64_t seen = hop->headers + hop->discarded + hop->bytes + hop->sent;
	curl_off_t connected = 0;

	/* Until then the limit is CURLOPT_CONNECTTIMEOUT. */
	curl_easy_getinfo(hop->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
	if (connected == 0 || seen != hop->seen || hop->seen_at == 0) {
		hop->seen = seen;
		hop->seen_at = now();
	}
	hop->slow = is_slow(hop, seen);
	hop->stalled = hop->slow || now() - hop->seen_at >= stall_seconds(hop);
	return hop->stalled;
}

/* curl calls it about once a second while nothing happens. */
static int on_tick(void *context, curl_off_t total, curl_off_t now,
		   curl_off_t up_total, curl_off_t up_now)
{
	struct rel_http_hop *hop = context;

	(void)total;
	(void)now;
	(void)up_total;
	if ((uint64_t)up_now != hop->sent) {
		hop->sent = (uint64_t)up_now;
		rel_progress(hop->request->progress, hop->what, hop->sent,
			     rel_http_payload_size(hop->message));
	}
	if (rel_cancelled(hop->request->cancel)) {
		rel_fail_cancelled(&hop->failure);
		return 1;
	}
	return stalls(hop);
}

/* Which hosts no_proxy exempts is curl's to say: it says so in its log
 * (CURLINFO_USED_PROXY, of 8.7, comes too late for Debian 12). */
static int on_log(CURL *curl, curl_infotype type, char *text, size_t len,
		  void *context)
{
	static const char *const exempt[] = {"no_proxy", "NO_PROXY"};
	struct rel_str line = rel_str_n(text, len), name;
	struct rel_http_hop *hop = context;

	(void)curl;
	if (type != CURLINFO_TEXT || !rel_str_starts(line, REL_STR(LOG_PROXY)))
		return 0;
	name = rel_str_sub(line, strlen(LOG_PROXY), len);
	name = rel_str_cut(&name, ' ');
	if (!rel_str_is(name, exempt[0]) && !rel_str_is(name, exempt[1]))
		hop->proxied = true;
	return 0;
}

static CURLcode set_caps(struct rel_http_hop *hop)
{
	const struct rel_http_request *request = hop->request;
	const char *ca_file = rel_network_ca_file();
	const char *ca_dir = rel_network_env("SSL_CERT_DIR");
	CURLcode set = CURLE_OK;
	unsigned connect = request->connect_seconds ? request->connect_seconds
						    : REL_LIMIT_CONNECT_SECONDS;

	REL_HTTP_SET(hop, CURLOPT_CONNECTTIMEOUT, (long)connect);
	REL_HTTP_SET(hop, CURLOPT_PROTOCOLS_STR, "http,https");
	REL_HTTP_SET(hop, CURLOPT_FOLLOWLOCATION, 0L);
	REL_HTTP_SET(hop, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca_file)
		REL_HTTP_SET(hop, CURLOPT_CAINFO, rel_network_env(ca_file));
	if (ca_dir)
		REL_HTTP_SET(hop, CURLOPT_CAPATH, ca_dir);
	return set;
}

static CURLcode set_up(struct rel_http_hop *hop, struct curl_slist *headers)
{
	CURLcode set = CURLE_OK;

	/* Connections stay. */
	curl_easy_reset(hop->curl);
	REL_HTTP_SET(hop, CURLOPT_URL, hop->url->text);
	REL_HTTP_SET(hop, CURLOPT_USERAGENT, "relctl/" REL_VERSION);
	REL_HTTP_SET(hop, CURLOPT_HTTPHEADER, headers);
	/* No signals: other threads may run. */
	REL_HTTP_SET(hop, CURLOPT_NOSIGNAL, 1L);
	REL_HTTP_SET(hop, CURLOPT_ERRORBUFFER, hop->text);
	REL_HTTP_SET(hop, CURLOPT_WRITEFUNCTION, on_body);
	REL_HTTP_SET(hop, CURLOPT_WRITEDATA, hop);
	REL_HTTP_SET(hop, CURLOPT_HEADERFUNCTION, on_header);
	REL_HTTP_SET(hop, CURLOPT_HEADERDATA, hop);
	REL_HTTP_SET(hop, CURLOPT_XFERINFOFUNCTION, on_tick);
	REL_HTTP_SET(hop, CURLOPT_XFERINFODATA, hop);
	REL_HTTP_SET(hop, CURLOPT_NOPROGRESS, 0L);
	REL_HTTP_SET(hop, CURLOPT_DEBUGFUNCTION, on_log);
	REL_HTTP_SET(hop, CURLOPT_DEBUGDATA, hop);
	REL_HTTP_SET(hop, CURLOPT_VERBOSE, 1L);
	if (!set)
		set = set_caps(hop);
	if (!set)
		set = rel_http_set_credentials(hop);
	if (!set)
		set = rel_http_set_method(hop);
	return set;
}

/* Turn what curl says into a result of ours. */
static int conclude(struct rel_http_hop *hop, struct rel_error *err)
{
	curl_easy_getinfo(hop->curl, CURLINFO_RESPONSE_CODE, &hop->status);
	if (hop->status < 200)
		hop->status = 0; /* "100 Continue" is no answer yet */
	if (hop->stalled)
		hop->result = CURLE_OPERATION_TIMEDOUT;
	/* A body nobody wants was cut off by on_body(). */
	if (hop->failure.code == 0 && hop->result == CURLE_WRITE_ERROR &&
	    hop->discarded > REL_LIMIT_HTTP_DISCARD)
		hop->result = CURLE_OK;
	/* A server that has refused need not read the rest. */
	if (hop->result == CURLE_SEND_ERROR && hop->status >= 400)
		hop->result = CURLE_OK;
	if (hop->failure.code == 0 && hop->result == CURLE_OK && is_wanted(hop))
		begin(hop);
	if (hop->failure.code != 0) {
		if (err)
			*err = hop->failure;
		return hop->failure.code;
	}
	return hop->result == CURLE_OK ? 0 : rel_http_fail_transfer(hop, err);
}

int rel_http_hop_run(struct rel_http_hop *hop, struct rel_error *err)
{
	struct curl_slist *headers = NULL;
	int rc = 0;

	if (rel_cancelled(hop->request->cancel))
		return rel_fail_cancelled(err);
	rc = rel_http_headers(&headers, hop, err);
	if (rc == 0)
		rc = rel_http_payload_open(hop, err);
	if (rc)
		goto out;
	hop->result = set_up(hop, headers);
	if (hop->result != CURLE_OK) {
		rc = rel_http_fail_transfer(hop, err);
		goto out;
	}
	hop->begun_at = now();
	hop->result = curl_easy_perform(hop->curl);
	hop->exchange->taken += now() - hop->begun_at;
	hop->exchange->moved +=
	    hop->headers + hop->discarded + hop->bytes + hop->sent;
	rc = conclude(hop, err);
out:
	/* The handle must not keep pointers to what ends here. */
	curl_easy_setopt(hop->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(hop->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(hop->curl, CURLOPT_VERBOSE, 0L);
	curl_easy_setopt(hop->curl, CURLOPT_DEBUGDATA, NULL);
	rel_http_headers_free(headers);
	rel_http_payload_close(hop);
	return rc;
}

bool rel_http_hop_passing(const struct rel_http_hop *hop)
{
	bool repeatable = !hop->message || hop->message->idempotent;

	if (hop->failure.code != 0)
		return false;
	switch (hop->result) {
	case CURLE_OK:
		if (hop->status == 429 || hop->status == 503)
			return true;
		return repeatable && (hop->status == 500 ||
				      hop->status == 502 || hop->status == 504);
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
