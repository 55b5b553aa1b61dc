/* Shared by the files of lib/net only. */
#ifndef REL_NET_INTERNAL_H
#define REL_NET_INTERNAL_H

#include "net/curl.h"
#include "net/http.h"

/* A URL taken apart.  Release with rel_url_free(). */
struct rel_url {
	char *text; /* what curl gets: without userinfo and fragment */
	char *scheme, *host, *port;
	char *user, *password; /* decoded; NULL = none */
};

/* Errors  REL_EUSAGE (not http or https, malformed; nothing of a malformed
 *         URL's userinfo gets into the text), REL_ENOMEM. */
REL_MUST_CHECK int rel_url_parse(struct rel_url *out, const char *text,
				 struct rel_error *err);
void rel_url_free(struct rel_url *url);

/* May what was meant for `first` be sent to `next` as well? */
bool rel_url_same_site(const struct rel_url *first, const struct rel_url *next);

/* One exchange: a request on the wire and its answer. */
struct rel_http_hop {
	CURL *curl;
	const struct rel_http_request *request;
	const struct rel_http_sink *sink;
	const struct rel_url *url;
	const char *shown;	    /* the URL, redacted */
	const char *what;	    /* for progress */
	const struct rel_url *auth; /* whose userinfo to send; NULL = send no
				       credentials, .netrc's neither */

	/* The result. */
	long status; /* 0 = none */
	CURLcode result;
	uint64_t bytes; /* delivered */
	uint64_t discarded, headers;
	bool stalled;		  /* then result is CURLE_OPERATION_TIMEDOUT */
	uint64_t seen;		  /* bytes of all kinds at the time below */
	double seen_at;		  /* seconds, CLOCK_MONOTONIC */
	bool begun;		  /* the sink was told */
	struct rel_error failure; /* a callback's; code 0 = none */
	char text[CURL_ERROR_SIZE];
};

/*
 * Run it.  Returns 0 when an answer of any status has arrived whole, else the
 * error, with its text from rel_http_fail_transfer().
 */
REL_MUST_CHECK int rel_http_hop_run(struct rel_http_hop *hop,
				    struct rel_error *err);

/* Could the same request succeed a little later? */
bool rel_http_hop_passing(const struct rel_http_hop *hop);

/* The error of a transfer that broke (hop->result). */
int rel_http_fail_transfer(const struct rel_http_hop *hop,
			   struct rel_error *err);
/* The error of an answer that is neither 200, nor a redirect, nor a 304 that
 * was asked for. */
int rel_http_fail_status(const struct rel_http_hop *hop, struct rel_error *err);

/* $CURL_CA_BUNDLE, else $SSL_CERT_FILE, else NULL; empty counts as unset. */
const char *rel_http_ca_file(void);

#endif
