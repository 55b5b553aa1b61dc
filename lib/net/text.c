/* What went wrong, and what to do about it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/network.h"
#include "net/internal.h"

#define PROXY_MAX 256

struct way {
	char text[PROXY_MAX + 128];
};

/* The variable that names the hop's proxy, if one is set. */
static const char *proxy_variable(const struct rel_http_hop *hop)
{
	return rel_network_proxy(strcasecmp(hop->url->scheme, "https") == 0);
}

/* How the server is reached, where that may be why it is not: through a
 * proxy, or without one since no_proxy exempts it; else "". */
static struct way way(const struct rel_http_hop *hop)
{
	const char *variable = proxy_variable(hop);
	const char *exempt = rel_network_no_proxy();
	struct way out = {""};
	struct rel_buf proxy;

	rel_buf_init(&proxy, PROXY_MAX);
	if (variable && hop->proxied) {
		rel_network_add_proxy(&proxy, rel_network_env(variable));
		snprintf(out.text, sizeof(out.text),
			 " through the proxy %s (from %s)",
			 proxy.ptr ? proxy.ptr : "?", variable);
	} else if (variable && exempt) {
		snprintf(out.text, sizeof(out.text),
			 ", without the proxy of %s since %s exempts the host",
			 variable, exempt);
	}
	rel_buf_free(&proxy);
	return out;
}

/* The proxy itself fails; curl's own text may show its password. */
static int fail_proxy(const struct rel_http_hop *hop, const char *fact,
		      struct rel_error *err)
{
	const char *variable = proxy_variable(hop);
	struct rel_buf proxy;
	int rc;

	rel_buf_init(&proxy, PROXY_MAX);
	rel_network_add_proxy(&proxy, rel_network_env(variable));
	rc = rel_fail(err, REL_EIO,
		      "cannot reach %s port %s: the proxy %s (from %s) %s; "
		      "correct %s, or name the host in no_proxy to reach it "
		      "without a proxy",
		      hop->url->host, hop->url->port,
		      proxy.ptr ? proxy.ptr : "?", variable, fact, variable);
	rel_buf_free(&proxy);
	return rc;
}

static int fail_tunnel(const struct rel_http_hop *hop, long status,
		       struct rel_error *err)
{
	char fact[64];

	if (status == 407)
		return rel_fail(err, REL_EAUTH,
				"cannot reach %s port %s%s: the proxy requires "
				"a user and a password, or other ones (HTTP "
				"407); write them into %s, as in "
				"http://USER:PASSWORD@HOST:PORT",
				hop->url->host, hop->url->port, way(hop).text,
				proxy_variable(hop));
	snprintf(fact, sizeof(fact), "refuses the connection (HTTP %ld)",
		 status);
	return fail_proxy(hop, fact, err);
}

static int fail_tls(const struct rel_http_hop *hop, struct rel_error *err)
{
	const char *variable = rel_network_ca_file();
	struct rel_buf remedy;
	int rc;

	rel_buf_init(&remedy, REL_ERROR_TEXT_MAX);
	rel_network_add_ca(&remedy, hop->text, variable,
			   variable ? rel_network_env(variable) : NULL);
	rc = rel_fail(err, REL_EIO, "TLS certificate of %s%s refused: %s; %s",
		      hop->url->host, hop->proxied ? way(hop).text : "",
		      hop->text, remedy.ptr ? remedy.ptr : "");
	rel_buf_free(&remedy);
	return rc;
}

/* curl cannot use the file of certificates. */
static int fail_ca_file(struct rel_error *err)
{
	const char *variable = rel_network_ca_file();
	const char *file = variable ? rel_network_env(variable) : NULL;

	if (!variable)
		return rel_fail(err, REL_EIO,
				"this system's certificates cannot be read; "
				"install its ca-certificates, or name a file "
				"of certificates in SSL_CERT_FILE");
	return rel_fail(err, REL_EIO,
			"cannot use the certificate file %s (from %s): %s; "
			"correct or unset %s",
			file, variable,
			access(file, R_OK) != 0
			    ? strerror(errno)
			    : "it holds no certificate in PEM form",
			variable);
}

static int fail_connect(const struct rel_http_hop *hop, struct rel_error *err)
{
	long errnum = 0;
	const char *fact = hop->text;

	curl_easy_getinfo(hop->curl, CURLINFO_OS_ERRNO, &errnum);
	if (errnum)
		fact = strerror((int)errnum);
	if (hop->proxied) {
		char text[REL_ERROR_TEXT_MAX];

		snprintf(text, sizeof(text), "cannot be connected to%s%.90s",
			 errnum ? ": " : "", errnum ? fact : "");
		return fail_proxy(hop,
				  strstr(hop->text, "proxy scheme")
				      ? "has a scheme that is not known"
				      : text,
				  err);
	}
	return rel_fail(err, REL_EIO, "cannot connect to %s port %s%s: %s",
			hop->url->host, hop->url->port, way(hop).text, fact);
}

static int fail_timeout(const struct rel_http_hop *hop, struct rel_error *err)
{
	unsigned seconds = hop->request->stall_seconds;

	if (!hop->stalled)
		return rel_fail(err, REL_EIO,
				"no connection to %s port %s%s in time",
				hop->url->host, hop->url->port, way(hop).text);
	if (hop->slow)
		return rel_fail(
		    err, REL_EIO,
		    "%s: less than %zu bytes a second%s, given up "
		    "after %ju bytes",
		    hop->shown, (size_t)REL_LIMIT_HTTP_RATE,
		    hop->proxied ? way(hop).text : "",
		    (uintmax_t)(hop->bytes ? hop->bytes : hop->sent));
	return rel_fail(err, REL_EIO,
			"%s: no byte for %u s%s, given up after %ju bytes",
			hop->shown, seconds ? seconds : REL_LIMIT_STALL_SECONDS,
			hop->proxied ? way(hop).text : "",
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
	long tunnel = 0;

	curl_easy_getinfo(hop->curl, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	if (hop->proxied && tunnel >= 300)
		return fail_tunnel(hop, tunnel, err);
	switch (hop->result) {
	case CURLE_OUT_OF_MEMORY:
		/* libcurl 7 says the same of a header line over its own cap of
		 * 100 KiB. */
		if (hop->headers > 0)
			return rel_fail(err, REL_ELIMIT,
					"%s: the answer has a header line that "
					"is too long",
					hop->shown);
		return rel_fail_nomem(err);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail_tls(hop, err);
	case CURLE_SSL_CACERT_BADFILE:
		return fail_ca_file(err);
	case CURLE_SSL_CONNECT_ERROR:
		return rel_fail(err, REL_EIO,
				"no TLS connection to %s port %s%s: %s",
				hop->url->host, hop->url->port,
				hop->proxied ? way(hop).text : "", hop->text);
	case CURLE_COULDNT_RESOLVE_HOST:
		return rel_fail(err, REL_EIO, "cannot find the host %s%s",
				hop->url->host, way(hop).text);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return fail_proxy(hop,
				  strstr(hop->text, "proxy syntax")
				      ? "is no address"
				      : "has a host that cannot be found",
				  err);
	case CURLE_COULDNT_CONNECT:
		return fail_connect(hop, err);
	case CURLE_OPERATION_TIMEDOUT:
		return fail_timeout(hop, err);
	case CURLE_PARTIAL_FILE:
		return fail_short(hop, err);
	case CURLE_GOT_NOTHING:
		return rel_fail(err, REL_EIO,
				"%s: connection closed without an answer%s",
				hop->shown, hop->proxied ? way(hop).text : "");
	default:
		return rel_fail(err, REL_EIO, "%s%s: %s", hop->shown,
				hop->proxied ? way(hop).text : "",
				hop->text[0] ? hop->text
					     : curl_easy_strerror(hop->result));
	}
}

static int fail_401(const struct rel_http_hop *hop, struct rel_error *err)
{
	const struct rel_url *first = &hop->exchange->first;

	if (hop->message && hop->message->auth.kind != REL_HTTP_AUTH_URL)
		return rel_fail(
		    err, REL_EAUTH,
		    hop->with_auth
			? "%s: the credentials are refused "
			  "(HTTP 401)"
			: "%s: requires credentials, and is not where "
			  "those at hand are for (HTTP 401)",
		    hop->shown);
	if (hop->with_auth && first->user)
		return rel_fail(err, REL_EAUTH,
				"%s: the credentials in the URL are refused "
				"(HTTP 401)",
				hop->shown);
	return rel_fail(
	    err, REL_EAUTH,
	    "%s: requires credentials, or others than .netrc has for "
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
		if (hop->proxied)
			return fail_tunnel(hop, 407, err);
		return rel_fail(err, REL_EIO,
				"%s: unexpected answer (HTTP 407)", hop->shown);
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
	int rc;

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
	rc = rel_fail(err, REL_EIO,
		      "%s: has moved (HTTP %ld); write its new address, %s",
		      hop->shown, hop->status, shown.ptr ? shown.ptr : "?");
	rel_buf_free(&shown);
	return rc;
}

int rel_http_fail_status(const struct rel_http_hop *hop, struct rel_error *err)
{
	const struct rel_http_exchange *x = hop->exchange;
	struct rel_buf words;
	int rc;

	if (!hop->message)
		return fail_status(hop, err);
	rc = fail_sent(hop, err);
	rel_buf_init(&words, REL_ERROR_TEXT_MAX);
	rel_http_words(
	    &words,
	    rel_str_sub(rel_buf_str(x->reply), x->reply_start, x->reply->len),
	    &hop->message->auth);
	if (words.len > 0 && err)
		rel_fail(err, rc, "%s: %s", err->text, words.ptr);
	rel_buf_free(&words);
	return rc;
}
