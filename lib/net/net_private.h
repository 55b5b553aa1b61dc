/*
 * What the files of lib/net share: http.c follows redirects and repeats,
 * attempt.c puts one request on the wire, errors.c says what went wrong.
 *
 * libcurl is loaded when first needed (cmake/RelctlLazy.cmake):
 * rel_curl_load() comes before any of its functions.
 */
#ifndef REL_NET_PRIVATE_H
#define REL_NET_PRIVATE_H

#include <curl/curl.h>

#include "base/lazy.h"
#include "net/http.h"

#ifdef REL_LIBCURL_LAZY
/* the library's own macros around its functions */
#undef curl_easy_setopt
#undef curl_easy_getinfo

/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_curl_load(struct rel_error *err);
#include REL_LIBCURL_LAZY
#else
static inline int rel_curl_load(struct rel_error *err)
{
	(void)err;
	return 0;
}
#endif

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

/* A body in memory. */
struct rel_http_memory {
	struct rel_buf *body;
	size_t start; /* what the caller had */
};

/* Make `sink` append to `body`; `memory` lives as long as it. */
void rel_http_memory_sink(struct rel_http_sink *sink,
			  struct rel_http_memory *memory, struct rel_buf *body);
/* Back to what the caller had. */
void rel_http_memory_reset(struct rel_http_memory *memory);

/* What is asked for, until it is answered: redirects and retries. */
struct rel_http_exchange {
	struct rel_http_answer *answer;
	CURL *curl;
	const struct rel_http_request *request;
	const struct rel_http_message *message; /* NULL = a plain GET */
	const struct rel_http_sink *sink;
	const struct rel_buf *reply; /* where the sink of a message puts it, */
	size_t reply_start;	     /* from here on */
	const char *what;	     /* for progress */

	struct rel_url first;
	bool whole;	   /* the last answer arrived whole */
	bool transient;	   /* the last attempt may be repeated */
	uint64_t pause_ms; /* what the server asked for; 0 = nothing */
	double taken;	   /* seconds of the attempts before, pauses left out */
	uint64_t moved;	   /* bytes of these attempts */
};

/* The longest URL in a message; a longer one is of no use to a reader. */
#define REL_HTTP_SHOWN_MAX (4 * REL_KIB)

/* Run it; the fields above `first` are given.  Errors as rel_http_send(). */
REL_MUST_CHECK int rel_http_exchange_run(struct rel_http_exchange *exchange,
					 struct rel_error *err);

/* Is there something to follow?  Only the statuses of RFC 9110, 15.4 that
 * name one place. */
bool rel_http_is_redirect(long status);

/* A request on the wire and its answer. */
struct rel_http_attempt {
	struct rel_http_exchange *exchange;
	CURL *curl; /* these are the exchange's */
	const struct rel_http_request *request;
	const struct rel_http_message *message;
	const struct rel_http_sink *sink;
	const char *what;
	const struct rel_url *url;
	const char *shown; /* the URL, redacted */
	bool with_auth;	   /* else no credentials of any kind */

	/* The result. */
	bool proxied; /* by what rel_network_proxy() names */
	long status;  /* 0 = none */
	CURLcode result;
	uint64_t bytes; /* delivered */
	uint64_t discarded, headers;
	int file;		  /* of the payload; -1 = none is open */
	uint64_t read;		  /* of the payload, by curl */
	uint64_t sent;		  /* of it, to the network */
	bool stalled;		  /* then result is CURLE_OPERATION_TIMEDOUT */
	uint64_t seen;		  /* bytes of all kinds at the time below */
	double seen_at;		  /* seconds, CLOCK_MONOTONIC */
	double begun_at;	  /* the same */
	bool slow;		  /* stalled, though bytes came */
	bool begun;		  /* begin of the sink was called */
	struct rel_error failure; /* a callback's; code 0 = none */
	char text[CURL_ERROR_SIZE];
};

/*
 * Run it.  Returns 0 when an answer of any status has arrived whole, else the
 * error, with its text from rel_http_fail_transfer().
 */
REL_MUST_CHECK int rel_http_attempt_run(struct rel_http_attempt *attempt,
					struct rel_error *err);

/* The answer's Content-Length; 0 = none. */
uint64_t rel_http_announced(const struct rel_http_attempt *attempt);

/* Could the same request succeed a little later? */
bool rel_http_attempt_transient(const struct rel_http_attempt *attempt);

/* The error of a transfer that broke (attempt->result). */
int rel_http_fail_transfer(const struct rel_http_attempt *attempt,
			   struct rel_error *err);
/* The error of an answer that is neither success, nor a redirect to follow,
 * nor a 304 that was asked for. */
int rel_http_fail_status(const struct rel_http_attempt *attempt,
			 struct rel_error *err);

/* curl's header list of an attempt; rel_http_headers_free() also after failure.
 */
REL_MUST_CHECK int rel_http_headers(struct curl_slist **out,
				    const struct rel_http_attempt *attempt,
				    struct rel_error *err);
void rel_http_headers_free(struct curl_slist *list);

/* Tell curl of method, payload and credentials. */
CURLcode rel_http_set_method(struct rel_http_attempt *attempt);
CURLcode rel_http_set_credentials(const struct rel_http_attempt *attempt);

/* Open the payload's file, if it is one.  Errors  REL_EIO, REL_ENOTFOUND */
REL_MUST_CHECK int rel_http_payload_open(struct rel_http_attempt *attempt,
					 struct rel_error *err);
void rel_http_payload_close(struct rel_http_attempt *attempt);
/* Bytes; 0 also for a message that carries nothing. */
uint64_t rel_http_payload_size(const struct rel_http_message *message);

/* Remembers the first failure of many curl_easy_setopt() in `set`. */
#define REL_HTTP_SET(attempt, option, value) \
	(set = set ? set : curl_easy_setopt((attempt)->curl, option, value))

#endif
