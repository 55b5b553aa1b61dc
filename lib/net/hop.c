#include "base/limits.h"
#include "net/internal.h"

#define HTTP_OK 200

static const char *env_value(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

const char *rel_http_ca_file(void)
{
	const char *file = env_value("CURL_CA_BUNDLE");

	return file ? file : env_value("SSL_CERT_FILE");
}

static uint64_t announced(const struct rel_http_hop *hop)
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

/* Tell the sink that a body comes. */
static int begin(struct rel_http_hop *hop)
{
	uint64_t length = announced(hop);

	if (hop->begun)
		return 0;
	if (length > hop->request->max_bytes)
		return fail_size(hop);
	hop->begun = true;
	return hop->failure.code =
		   hop->sink->begin(hop->sink->context, length, &hop->failure);
}

static size_t on_body(char *ptr, size_t size, size_t count, void *context)
{
	struct rel_http_hop *hop = context;
	size_t len = size * count;

	curl_easy_getinfo(hop->curl, CURLINFO_RESPONSE_CODE, &hop->status);
	if (hop->status != HTTP_OK) {
		hop->discarded += len;
		return hop->discarded <= REL_LIMIT_HTTP_DISCARD ? len : 0;
	}
	if (begin(hop) != 0)
		return 0;
	if (len > hop->request->max_bytes - hop->bytes) {
		fail_size(hop);
		return 0;
	}
	hop->failure.code =
	    hop->sink->write(hop->sink->context, ptr, len, &hop->failure);
	if (hop->failure.code != 0)
		return 0;
	hop->bytes += len;
	rel_progress(hop->request->progress, hop->what, hop->bytes,
		     announced(hop));
	return len;
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

/* curl's own low-speed limit looks at an average over some seconds, so that
 * a few bytes put it off. */
static bool stalls(struct rel_http_hop *hop)
{
	uint64_t seen = hop->headers + hop->discarded + hop->bytes;
	curl_off_t connected = 0;

	/* Until then the limit is CURLOPT_CONNECTTIMEOUT. */
	curl_easy_getinfo(hop->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
	if (connected == 0 || seen != hop->seen || hop->seen_at == 0) {
		hop->seen = seen;
		hop->seen_at = now();
	}
	hop->stalled = now() - hop->seen_at >= stall_seconds(hop);
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
	(void)up_now;
	if (rel_cancelled(hop->request->cancel)) {
		rel_fail_cancelled(&hop->failure);
		return 1;
	}
	return stalls(hop);
}

/* Add "name: value" to *list; a value that is no header text is left out. */
static int add_header(struct curl_slist **list, const char *name,
		      const char *value)
{
	struct curl_slist *longer;
	char *line = NULL;

	if (!value || !*value)
		return 0;
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return 0;
	}
	if (asprintf(&line, "%s: %s", name, value) < 0)
		return REL_ENOMEM;
	longer = curl_slist_append(*list, line);
	free(line);
	if (!longer)
		return REL_ENOMEM;
	*list = longer;
	return 0;
}

/* Remembers the first failure of many curl_easy_setopt(). */
#define SET(option, value) \
	(set = set ? set : curl_easy_setopt(hop->curl, option, value))

static CURLcode set_caps(struct rel_http_hop *hop)
{
	const struct rel_http_request *request = hop->request;
	CURLcode set = CURLE_OK;
	unsigned connect = request->connect_seconds ? request->connect_seconds
						    : REL_LIMIT_CONNECT_SECONDS;

	SET(CURLOPT_CONNECTTIMEOUT, (long)connect);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (rel_http_ca_file())
		SET(CURLOPT_CAINFO, rel_http_ca_file());
	if (env_value("SSL_CERT_DIR"))
		SET(CURLOPT_CAPATH, env_value("SSL_CERT_DIR"));
	return set;
}

static CURLcode set_credentials(struct rel_http_hop *hop)
{
	CURLcode set = CURLE_OK;

	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (!hop->auth)
		return set;
	if (hop->auth->user) {
		SET(CURLOPT_USERNAME, hop->auth->user);
		SET(CURLOPT_PASSWORD,
		    hop->auth->password ? hop->auth->password : "");
	} else if (hop->request->netrc_file || env_value("HOME")) {
		SET(CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		if (hop->request->netrc_file)
			SET(CURLOPT_NETRC_FILE, hop->request->netrc_file);
	}
	return set;
}

static CURLcode set_up(struct rel_http_hop *hop, struct curl_slist *headers)
{
	CURLcode set = CURLE_OK;

	/* Connections stay. */
	curl_easy_reset(hop->curl);
	SET(CURLOPT_URL, hop->url->text);
	SET(CURLOPT_USERAGENT, "relctl/" REL_VERSION);
	SET(CURLOPT_HTTPHEADER, headers);
	/* No signals: other threads may run. */
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, hop->text);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, hop);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, hop);
	SET(CURLOPT_XFERINFOFUNCTION, on_tick);
	SET(CURLOPT_XFERINFODATA, hop);
	SET(CURLOPT_NOPROGRESS, 0L);
	if (!set)
		set = set_caps(hop);
	if (!set)
		set = set_credentials(hop);
	return set;
}

/* Turn what curl says into a result of ours. */
static int conclude(struct rel_http_hop *hop, struct rel_error *err)
{
	curl_easy_getinfo(hop->curl, CURLINFO_RESPONSE_CODE, &hop->status);
	if (hop->stalled)
		hop->result = CURLE_OPERATION_TIMEDOUT;
	/* A body nobody wants was cut off by on_body(). */
	if (hop->failure.code == 0 && hop->result == CURLE_WRITE_ERROR &&
	    hop->discarded > REL_LIMIT_HTTP_DISCARD)
		hop->result = CURLE_OK;
	if (hop->failure.code == 0 && hop->result == CURLE_OK &&
	    hop->status == HTTP_OK)
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
	int code = 0;

	if (rel_cancelled(hop->request->cancel))
		return rel_fail_cancelled(err);
	if (add_header(&headers, "If-None-Match", hop->request->etag) != 0 ||
	    add_header(&headers, "If-Modified-Since",
		       hop->request->last_modified) != 0) {
		code = rel_fail_nomem(err);
		goto out;
	}
	hop->result = set_up(hop, headers);
	if (hop->result != CURLE_OK) {
		code = rel_http_fail_transfer(hop, err);
		goto out;
	}
	hop->result = curl_easy_perform(hop->curl);
	code = conclude(hop, err);
out:
	/* The handle must not keep pointers to what ends here. */
	curl_easy_setopt(hop->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(hop->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	return code;
}

bool rel_http_hop_passing(const struct rel_http_hop *hop)
{
	if (hop->failure.code != 0)
		return false;
	switch (hop->result) {
	case CURLE_OK:
		return hop->status == 429 || hop->status == 500 ||
		       hop->status == 502 || hop->status == 503 ||
		       hop->status == 504;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}
