/* What went wrong, and what to do about it. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/network.h"
#include "net/net_private.h"

/* Bytes; enough for a sentence. */
#define WORDS_MAX 200

static bool is_html(struct rel_str text)
{
	static const char *const starts[] = {"<!doctype html", "<html"};

	text = rel_str_trim(text);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);

		if (text.len >= len &&
		    strncasecmp(text.ptr, starts[i], len) == 0)
			return true;
	}
	return false;
}

static bool holds(struct rel_str text, const char *secret)
{
	return secret && *secret &&
	       memmem(text.ptr, text.len, secret, strlen(secret)) != NULL;
}

/* The token of "Bearer token". */
static const char *last_word(const char *text)
{
	const char *blank = text ? strrchr(text, ' ') : NULL;

	return blank ? blank + 1 : text;
}

static bool repeats_secret(struct rel_str text,
			   const struct rel_http_auth *auth)
{
	/* A server that shows the request shows more than the words of which
	 * we know. */
	if (memmem(text.ptr, text.len, "uthorization", 12))
		return true;
	return auth && (holds(text, auth->password) ||
			holds(text, last_word(auth->header.value)) ||
			holds(text, auth->aws.secret) ||
			holds(text, auth->aws.session));
}

/* "<" before a name, as of XML; not that of a comparison. */
static bool starts_tag(struct rel_str text, size_t at)
{
	char next = at + 1 < text.len ? text.ptr[at + 1] : ' ';

	return text.ptr[at] == '<' &&
	       (isalpha((unsigned char)next) || strchr("/?!", next) != NULL);
}

static void add_blank(struct rel_buf *out, size_t start)
{
	if (out->len > start && out->ptr[out->len - 1] != ' ')
		rel_buf_add_char(out, ' ');
}

int rel_http_words(struct rel_buf *out, struct rel_str reply,
		   const struct rel_http_auth *auth)
{
	size_t start = out->len, i, n;
	bool tag = false;
	uint32_t rune;

	if (is_html(reply) || repeats_secret(reply, auth))
		return out->status;
	for (i = 0; i < reply.len && out->len - start < WORDS_MAX; i += n) {
		n = rel_str_rune(reply, i, &rune);
		tag = tag || starts_tag(reply, i);
		if (rune == REL_STR_NO_RUNE)
			rel_buf_add_char(out, '?');
		else if (tag || rune == ' ' || rel_rune_is_control(rune))
			add_blank(out, start);
		else
			rel_buf_add(out, reply.ptr + i, n);
		tag = tag && rune != '>';
		if (out->status)
			return out->status;
	}
	if (i < reply.len)
		return rel_buf_add_cstr(out, "…");
	if (out->len > start && out->ptr[out->len - 1] == ' ')
		out->ptr[--out->len] = '\0';
	return out->status;
}

#define PROXY_MAX 256

struct way {
	char text[PROXY_MAX + 128];
};

/* The variable that names the attempt's proxy, if one is set. */
static const char *proxy_variable(const struct rel_http_attempt *attempt)
{
	return rel_network_proxy(strcasecmp(attempt->url->scheme, "https") ==
				 0);
}

/* How the server is reached, where that may be why it is not: through a
 * proxy, or without one since no_proxy exempts it; else "". */
static struct way way(const struct rel_http_attempt *attempt)
{
	const char *variable = proxy_variable(attempt);
	const char *exempt = rel_network_no_proxy();
	struct way out = {""};
	struct rel_buf proxy;

	rel_buf_init(&proxy, PROXY_MAX);
	if (variable && attempt->proxied) {
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
static int fail_proxy(const struct rel_http_attempt *attempt, const char *fact,
		      struct rel_error *err)
{
	const char *variable = proxy_variable(attempt);
	struct rel_buf proxy;
	int rc;

	rel_buf_init(&proxy, PROXY_MAX);
	rel_network_add_proxy(&proxy, rel_network_env(variable));
	rc = rel_fail(err, REL_EIO,
		      "cannot reach %s port %s: the proxy %s (from %s) %s; "
		      "correct %s, or name the host in no_proxy to reach it "
		      "without a proxy",
		      attempt->url->host, attempt->url->port,
		      proxy.ptr ? proxy.ptr : "?", variable, fact, variable);
	rel_buf_free(&proxy);
	return rc;
}

static int fail_tunnel(const struct rel_http_attempt *attempt, long status,
		       struct rel_error *err)
{
	char fact[64];

	if (status == 407)
		return rel_fail(err, REL_EAUTH,
				"cannot reach %s port %s%s: the proxy requires "
				"a user and a password, or other ones (HTTP "
				"407); write them into %s, as in "
				"http://USER:PASSWORD@HOST:PORT",
				attempt->url->host, attempt->url->port,
				way(attempt).text, proxy_variable(attempt));
	snprintf(fact, sizeof(fact), "refuses the connection (HTTP %ld)",
		 status);
	return fail_proxy(attempt, fact, err);
}

static int fail_tls(const struct rel_http_attempt *attempt,
		    struct rel_error *err)
{
	const char *variable = rel_network_ca_file();
	struct rel_buf remedy;
	int rc;

	rel_buf_init(&remedy, REL_ERROR_TEXT_MAX);
	rel_network_add_ca(&remedy, attempt->text, variable,
			   variable ? rel_network_env(variable) : NULL);
	rc = rel_fail(err, REL_EIO, "TLS certificate of %s%s refused: %s; %s",
		      attempt->url->host,
		      attempt->proxied ? way(attempt).text : "", attempt->text,
		      remedy.ptr ? remedy.ptr : "");
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

static int fail_connect(const struct rel_http_attempt *attempt,
			struct rel_error *err)
{
	long errnum = 0;
	const char *fact = attempt->text;

	curl_easy_getinfo(attempt->curl, CURLINFO_OS_ERRNO, &errnum);
	if (errnum)
		fact = strerror((int)errnum);
	if (attempt->proxied) {
		char text[REL_ERROR_TEXT_MAX];

		snprintf(text, sizeof(text), "cannot be connected to%s%.90s",
			 errnum ? ": " : "", errnum ? fact : "");
		return fail_proxy(attempt,
				  strstr(attempt->text, "proxy scheme")
				      ? "has a scheme that is not known"
				      : text,
				  err);
	}
	return rel_fail(err, REL_EIO, "cannot connect to %s port %s%s: %s",
			attempt->url->host, attempt->url->port,
			way(attempt).text, fact);
}

static int fail_timeout(const struct rel_http_attempt *attempt,
			struct rel_error *err)
{
	unsigned seconds = attempt->request->stall_seconds;

	if (!attempt->stalled)
		return rel_fail(
		    err, REL_EIO, "no connection to %s port %s%s in time",
		    attempt->url->host, attempt->url->port, way(attempt).text);
	if (attempt->slow)
		return rel_fail(err, REL_EIO,
				"%s: less than %zu bytes a second%s, given up "
				"after %ju bytes",
				attempt->shown, (size_t)REL_LIMIT_HTTP_RATE,
				attempt->proxied ? way(attempt).text : "",
				(uintmax_t)(attempt->bytes ? attempt->bytes
							   : attempt->sent));
	return rel_fail(
	    err, REL_EIO, "%s: no byte for %u s%s, given up after %ju bytes",
	    attempt->shown, seconds ? seconds : REL_LIMIT_STALL_SECONDS,
	    attempt->proxied ? way(attempt).text : "",
	    (uintmax_t)(attempt->bytes ? attempt->bytes : attempt->sent));
}

static int fail_short(const struct rel_http_attempt *attempt,
		      struct rel_error *err)
{
	curl_off_t length = -1;

	curl_easy_getinfo(attempt->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			  &length);
	if (length > 0)
		return rel_fail(err, REL_EIO,
				"%s: the body ended after %ju of %jd bytes",
				attempt->shown, (uintmax_t)attempt->bytes,
				(intmax_t)length);
	return rel_fail(err, REL_EIO,
			"%s: the body ended after %ju bytes, "
			"before its end",
			attempt->shown, (uintmax_t)attempt->bytes);
}

int rel_http_fail_transfer(const struct rel_http_attempt *attempt,
			   struct rel_error *err)
{
	long tunnel = 0;

	curl_easy_getinfo(attempt->curl, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	if (attempt->proxied && tunnel >= 300)
		return fail_tunnel(attempt, tunnel, err);
	switch (attempt->result) {
	case CURLE_OUT_OF_MEMORY:
		/* libcurl 7 says the same of a header line over its own cap of
		 * 100 KiB. */
		if (attempt->headers > 0)
			return rel_fail(err, REL_ELIMIT,
					"%s: the answer has a header line that "
					"is too long",
					attempt->shown);
		return rel_fail_nomem(err);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail_tls(attempt, err);
	case CURLE_SSL_CACERT_BADFILE:
		return fail_ca_file(err);
	case CURLE_SSL_CONNECT_ERROR:
		return rel_fail(
		    err, REL_EIO, "no TLS connection to %s port %s%s: %s",
		    attempt->url->host, attempt->url->port,
		    attempt->proxied ? way(attempt).text : "", attempt->text);
	case CURLE_COULDNT_RESOLVE_HOST:
		return rel_fail(err, REL_EIO, "cannot find the host %s%s",
				attempt->url->host, way(attempt).text);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return fail_proxy(attempt,
				  strstr(attempt->text, "proxy syntax")
				      ? "is not an address"
				      : "has a host that cannot be found",
				  err);
	case CURLE_COULDNT_CONNECT:
		return fail_connect(attempt, err);
	case CURLE_OPERATION_TIMEDOUT:
		return fail_timeout(attempt, err);
	case CURLE_PARTIAL_FILE:
		return fail_short(attempt, err);
	case CURLE_GOT_NOTHING:
		return rel_fail(
		    err, REL_EIO, "%s: connection closed without an answer%s",
		    attempt->shown, attempt->proxied ? way(attempt).text : "");
	default:
		return rel_fail(err, REL_EIO, "%s%s: %s", attempt->shown,
				attempt->proxied ? way(attempt).text : "",
				attempt->text[0]
				    ? attempt->text
				    : curl_easy_strerror(attempt->result));
	}
}

static int fail_401(const struct rel_http_attempt *attempt,
		    struct rel_error *err)
{
	const struct rel_url *first = &attempt->exchange->first;

	if (attempt->message &&
	    attempt->message->auth.kind != REL_HTTP_AUTH_URL)
		return rel_fail(
		    err, REL_EAUTH,
		    attempt->with_auth
			? "%s: the credentials are refused "
			  "(HTTP 401)"
			: "%s: requires credentials, and is not where "
			  "those at hand are for (HTTP 401)",
		    attempt->shown);
	if (attempt->with_auth && first->user)
		return rel_fail(err, REL_EAUTH,
				"%s: the credentials in the URL are refused "
				"(HTTP 401)",
				attempt->shown);
	return rel_fail(
	    err, REL_EAUTH,
	    "%s: requires credentials, or others than .netrc has for "
	    "%s (HTTP 401)",
	    attempt->shown, attempt->url->host);
}

/* 429 and 5xx; when the server says to try again. */
static int fail_transient(const struct rel_http_attempt *attempt,
			  struct rel_error *err)
{
	const char *fact =
	    attempt->status == 429 ? "too many requests" : "the server failed";
	curl_off_t seconds = 0;

	curl_easy_getinfo(attempt->curl, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > 0)
		return rel_fail(
		    err, REL_EIO, "%s: %s (HTTP %ld); it asks to wait %jd s",
		    attempt->shown, fact, attempt->status, (intmax_t)seconds);
	return rel_fail(err, REL_EIO, "%s: %s (HTTP %ld)", attempt->shown, fact,
			attempt->status);
}

static int fail_status(const struct rel_http_attempt *attempt,
		       struct rel_error *err)
{
	switch (attempt->status) {
	case 401:
		return fail_401(attempt, err);
	case 403:
		return rel_fail(err, REL_EAUTH, "%s: access denied (HTTP 403)",
				attempt->shown);
	case 404:
	case 410:
		return rel_fail(err, REL_ENOTFOUND, "%s: not found (HTTP %ld)",
				attempt->shown, attempt->status);
	case 407:
		if (attempt->proxied)
			return fail_tunnel(attempt, 407, err);
		return rel_fail(err, REL_EIO,
				"%s: unexpected answer (HTTP 407)",
				attempt->shown);
	default:
		if (attempt->status == 429 || attempt->status >= 500)
			return fail_transient(attempt, err);
		return rel_fail(err, REL_EIO,
				"%s: unexpected answer (HTTP %ld)",
				attempt->shown, attempt->status);
	}
}

/* Statuses that say something about what was sent. */
static int fail_sent(const struct rel_http_attempt *attempt,
		     struct rel_error *err)
{
	char *place = NULL;
	struct rel_buf shown;
	int rc;

	switch (attempt->status) {
	case 409:
	case 412:
		return rel_fail(err, REL_EEXISTS,
				"%s: conflicts with what is there (HTTP %ld)",
				attempt->shown, attempt->status);
	case 413:
		return rel_fail(err, REL_ELIMIT,
				"%s: the server does not take so much "
				"(HTTP 413)",
				attempt->shown);
	case 301:
	case 302:
	case 303:
		break;
	default:
		return fail_status(attempt, err);
	}
	curl_easy_getinfo(attempt->curl, CURLINFO_REDIRECT_URL, &place);
	rel_buf_init(&shown, REL_HTTP_SHOWN_MAX);
	rel_url_redact(&shown, rel_str_of(place ? place : "?"));
	rc = rel_fail(
	    err, REL_EIO, "%s: has moved (HTTP %ld); write its new address, %s",
	    attempt->shown, attempt->status, shown.ptr ? shown.ptr : "?");
	rel_buf_free(&shown);
	return rc;
}

int rel_http_fail_status(const struct rel_http_attempt *attempt,
			 struct rel_error *err)
{
	const struct rel_http_exchange *x = attempt->exchange;
	struct rel_buf words;
	int rc;

	if (!attempt->message)
		return fail_status(attempt, err);
	rc = fail_sent(attempt, err);
	rel_buf_init(&words, REL_ERROR_TEXT_MAX);
	rel_http_words(
	    &words,
	    rel_str_sub(rel_buf_str(x->reply), x->reply_start, x->reply->len),
	    &attempt->message->auth);
	if (words.len > 0 && err)
		rel_fail(err, rc, "%s: %s", err->text, words.ptr);
	rel_buf_free(&words);
	return rc;
}
