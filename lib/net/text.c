/* What went wrong, and what to do about it. */
#include <inttypes.h>

#include "base/limits.h"
#include "net/internal.h"

static int fail_tls(const struct rel_http_hop *hop, struct rel_error *err)
{
	const char *remedy = "; the certificate file of a private authority "
			     "is named by SSL_CERT_FILE";

	if (strstr(hop->text, "expired"))
		remedy = "; its keeper must renew it (is this machine's clock "
			 "right?)";
	else if (strstr(hop->text, "not yet valid"))
		remedy = "; is this machine's clock right?";
	else if (strstr(hop->text, "subject name") ||
		 strstr(hop->text, "host name"))
		remedy = "; is the host name in the URL right?";
	return rel_fail(err, REL_EIO, "TLS certificate of %s refused: %s%s",
			hop->url->host, hop->text, remedy);
}

static int fail_connect(const struct rel_http_hop *hop, struct rel_error *err)
{
	long errnum = 0;

	curl_easy_getinfo(hop->curl, CURLINFO_OS_ERRNO, &errnum);
	return rel_fail(err, REL_EIO, "cannot connect to %s port %s: %s",
			hop->url->host, hop->url->port,
			errnum ? strerror((int)errnum) : hop->text);
}

static int fail_timeout(const struct rel_http_hop *hop, struct rel_error *err)
{
	unsigned seconds = hop->request->stall_seconds;

	if (!hop->stalled)
		return rel_fail(err, REL_EIO,
				"no connection to %s port %s in time",
				hop->url->host, hop->url->port);
	return rel_fail(err, REL_EIO,
			"%s: no byte for %u s, given up after %ju bytes",
			hop->shown, seconds ? seconds : REL_LIMIT_STALL_SECONDS,
			(uintmax_t)(hop->bytes ? hop->bytes : hop->sent));
}

static int fail_short(const struct rel_http_hop *hop, struct rel_error *err)
{
	curl_off_t length = -1;

	curl_easy_getinfo(hop->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			  &length);
	if (length > 0)
		return rel_fail(
		    err, REL_EIO, "%s: the body ended after %ju of %jd bytes",
		    hop->shown, (uintmax_t)hop->bytes, (intmax_t)length);
	return rel_fail(err, REL_EIO,
			"%s: the body ended after %ju bytes, "
			"before its end",
			hop->shown, (uintmax_t)hop->bytes);
}

int rel_http_fail_transfer(const struct rel_http_hop *hop,
			   struct rel_error *err)
{
	const char *ca = rel_http_ca_file();

	switch (hop->result) {
	case CURLE_OUT_OF_MEMORY:
		return rel_fail_nomem(err);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail_tls(hop, err);
	case CURLE_SSL_CACERT_BADFILE:
		return rel_fail(err, REL_EIO,
				"cannot use the certificate file %s (from "
				"CURL_CA_BUNDLE or SSL_CERT_FILE)",
				ca ? ca : "of this system");
	case CURLE_SSL_CONNECT_ERROR:
		return rel_fail(err, REL_EIO,
				"no TLS connection to %s port %s: %s",
				hop->url->host, hop->url->port, hop->text);
	case CURLE_COULDNT_RESOLVE_HOST:
		return rel_fail(err, REL_EIO, "cannot find the host %s",
				hop->url->host);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return rel_fail(err, REL_EIO,
				"cannot find the proxy's host (from http_proxy "
				"or https_proxy) on the way to %s",
				hop->url->host);
	case CURLE_COULDNT_CONNECT:
		return fail_connect(hop, err);
	case CURLE_OPERATION_TIMEDOUT:
		return fail_timeout(hop, err);
	case CURLE_PARTIAL_FILE:
		return fail_short(hop, err);
	case CURLE_GOT_NOTHING:
		return rel_fail(err, REL_EIO,
				"%s: connection closed without an answer",
				hop->shown);
	default:
		return rel_fail(err, REL_EIO, "%s: %s", hop->shown,
				hop->text[0] ? hop->text
					     : curl_easy_strerror(hop->result));
	}
}

static int fail_401(const struct rel_http_hop *hop, struct rel_error *err)
{
	const struct rel_url *first = &hop->exchange->first;

	if (hop->message && hop->message->auth.kind != REL_HTTP_AUTH_URL)
		return rel_fail(err, REL_EAUTH,
				hop->with_auth
				    ? "%s: the credentials are refused "
				      "(HTTP 401)"
				    : "%s: wants credentials, and is not where "
				      "those at hand are for (HTTP 401)",
				hop->shown);
	if (hop->with_auth && first->user)
		return rel_fail(err, REL_EAUTH,
				"%s: the credentials in the URL are refused "
				"(HTTP 401)",
				hop->shown);
	return rel_fail(err, REL_EAUTH,
			"%s: wants credentials, or others than .netrc has for "
			"%s (HTTP 401)",
			hop->shown, hop->url->host);
}

/* 429 and 5xx; what the server says of when to come back. */
static int fail_passing(const struct rel_http_hop *hop, struct rel_error *err)
{
	const char *fact =
	    hop->status == 429 ? "too many requests" : "the server failed";
	curl_off_t seconds = 0;

	curl_easy_getinfo(hop->curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > 0)
		return rel_fail(
		    err, REL_EIO, "%s: %s (HTTP %ld); it asks to wait %jd s",
		    hop->shown, fact, hop->status, (intmax_t)seconds);
	return rel_fail(err, REL_EIO, "%s: %s (HTTP %ld)", hop->shown, fact,
			hop->status);
}

static int fail_status(const struct rel_http_hop *hop, struct rel_error *err)
{
	switch (hop->status) {
	case 401:
		return fail_401(hop, err);
	case 403:
		return rel_fail(err, REL_EAUTH, "%s: access denied (HTTP 403)",
				hop->shown);
	case 404:
	case 410:
		return rel_fail(err, REL_ENOTFOUND, "%s: not found (HTTP %ld)",
				hop->shown, hop->status);
	case 407:
		return rel_fail(err, REL_EAUTH,
				"%s: the proxy wants credentials (HTTP 407); "
				"they go into http_proxy or https_proxy",
				hop->shown);
	default:
		if (hop->status == 429 || hop->status >= 500)
			return fail_passing(hop, err);
		return rel_fail(err, REL_EIO,
				"%s: unexpected answer (HTTP %ld)", hop->shown,
				hop->status);
	}
}

/* Statuses that say something about what was sent. */
static int fail_sent(const struct rel_http_hop *hop, struct rel_error *err)
{
	char *place = NULL;
	struct rel_buf shown;
	int code;

	switch (hop->status) {
	case 409:
	case 412:
		return rel_fail(err, REL_EEXISTS,
				"%s: conflicts with what is there (HTTP %ld)",
				hop->shown, hop->status);
	case 413:
		return rel_fail(err, REL_ELIMIT,
				"%s: the server does not take so much "
				"(HTTP 413)",
				hop->shown);
	case 301:
	case 302:
	case 303:
		break;
	default:
		return fail_status(hop, err);
	}
	curl_easy_getinfo(hop->curl, CURLINFO_REDIRECT_URL, &place);
	rel_buf_init(&shown, REL_HTTP_SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(place ? place : "?"));
	code = rel_fail(err, REL_EIO,
			"%s: has moved (HTTP %ld); write its new address, %s",
			hop->shown, hop->status, shown.ptr ? shown.ptr : "?");
	rel_buf_free(&shown);
	return code;
}

int rel_http_fail_status(const struct rel_http_hop *hop, struct rel_error *err)
{
	const struct rel_http_exchange *x = hop->exchange;
	struct rel_buf words;
	int code;

	if (!hop->message)
		return fail_status(hop, err);
	code = fail_sent(hop, err);
	rel_buf_init(&words, REL_ERROR_TEXT_MAX);
	rel_http_words(
	    &words,
	    rel_str_sub(rel_buf_str(x->reply), x->reply_start, x->reply->len),
	    &hop->message->auth);
	if (words.len > 0 && err)
		rel_fail(err, code, "%s: %s", err->text, words.ptr);
	rel_buf_free(&words);
	return code;
}
