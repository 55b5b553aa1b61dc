/*
 * lib/net: HTTP(S) with caps, retries and clear errors: rel_http_get() and its
 * like fetch, rel_http_send() does everything else.  Owner of libcurl.  Never
 * writes credentials into a text: what the errors show has gone through
 * rel_url_redact().
 *
 * From the environment: proxies as curl reads them (http_proxy, https_proxy,
 * all_proxy, no_proxy); the CA file from CURL_CA_BUNDLE, else SSL_CERT_FILE,
 * the CA directory from SSL_CERT_DIR; .netrc through $HOME.
 *
 * Writing to a closed TLS connection may raise SIGPIPE, which the program
 * ignores (as for base/process.h).
 */
#ifndef REL_NET_HTTP_H
#define REL_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/sink.h"
#include "base/str.h"

/*
 * A client keeps connections between requests.  Not thread-safe: one client
 * per thread.
 */
struct rel_http;

/* Errors  REL_ENOMEM, REL_EIO.  Release with rel_http_free(). */
REL_MUST_CHECK int rel_http_new(struct rel_http **out, struct rel_error *err);
/* Fine on NULL. */
void rel_http_free(struct rel_http *http);

/* What to get, and how.  Zero-initialise; only url and max_bytes are needed. */
struct rel_http_request {
	/* http:// or https://; "user:password@" is sent as basic auth. */
	const char *url;
	/* Cap on the answer's body as received, in bytes, from
	 * base/limits.h. */
	uint64_t max_bytes;
	/* Validators of the copy at hand, as an earlier answer gave them;
	 * either may be NULL.  With one of them the outcome may be
	 * NOT_MODIFIED. */
	const char *etag;
	const char *last_modified;
	/* A .netrc file; NULL: $HOME/.netrc when it exists. */
	const char *netrc_file;
	/* Seconds without a byte (also before the first one);
	 * 0 = REL_LIMIT_STALL_SECONDS.  Twice as long, and the time that what
	 * came takes at REL_LIMIT_HTTP_RATE, is allowed for all together. */
	unsigned stall_seconds;
	/* Seconds for name lookup, connection and TLS;
	 * 0 = REL_LIMIT_CONNECT_SECONDS. */
	unsigned connect_seconds;
	/* First pause before a retry, doubled each time; 0 = 1000. */
	unsigned backoff_ms;
	/* Do not retry what may be a transient failure. */
	bool no_retry;
	/* Both may be NULL.  `what` is the text for progress; NULL = the URL
	 * without userinfo, after "fetching ". */
	const struct rel_progress *progress;
	const char *what;
	const struct rel_cancel *cancel;
};

enum rel_http_outcome {
	REL_HTTP_OK,	       /* the body was delivered, completely */
	REL_HTTP_NOT_MODIFIED, /* 304: what is at hand is still current */
};

/* Zero-initialise before the call; release with rel_http_answer_free(). */
struct rel_http_answer {
	enum rel_http_outcome outcome;
	int status;	 /* HTTP status, also when the call failed; 0 = none */
	uint64_t bytes;	 /* of the body, as received */
	uint64_t length; /* as announced, also to HEAD; 0 = none was */
	char *url;	 /* after redirects, without userinfo */
	/* validator headers of the final answer; NULL = none, or one over
	 * REL_LIMIT_VALIDATOR_BYTES */
	char *etag, *last_modified;
};

/* Fine on a zeroed struct and twice. */
void rel_http_answer_free(struct rel_http_answer *answer);

/*
 * Where the body goes.  `begin` is called once per attempt that has a body
 * to deliver (status 200), before its first byte goes to `to`: forget what an
 * earlier, broken attempt delivered.
 * Non-zero results of either end the transfer and are returned, without a
 * retry.
 */
struct rel_http_sink {
	int (*begin)(void *context, struct rel_error *err);
	void *context; /* of begin */
	struct rel_sink to;
};

/*
 * GET request->url and deliver the body to `sink`.
 *
 * - The payload is delivered as it is: no Accept-Encoding is sent and no
 *   Content-Encoding undone.
 * - At most REL_LIMIT_REDIRECTS redirects, http and https only, never from
 *   https to http.  Credentials (URL and .netrc) are sent to the host and
 *   port of the first URL only; a redirect from http to https on the same
 *   host with default ports keeps them.  Userinfo in a Location is dropped.
 * - A body shorter than announced is an error, never a short success.
 * - 429, 500, 502, 503, 504 and broken connections are tried again,
 *   REL_LIMIT_HTTP_RETRIES times, after a pause that obeys Retry-After up to
 *   REL_LIMIT_RETRY_SECONDS (a longer one is not waited for: the error says
 *   how long the server requires).  A stall, a refused connection and an
 * unknown host are not tried again.
 *
 * Errors (texts name the redacted URL, or the host and the remedy)
 *   REL_EUSAGE      not an http(s) URL
 *   REL_ENOTFOUND   404, 410
 *   REL_EAUTH       401, 403, 407
 *   REL_ELIMIT      body over max_bytes, or too many redirects (a loop)
 *   REL_ECANCELLED  request->cancel, noticed within about a second
 *   REL_EIO         everything else: name lookup, connection, TLS, stall,
 *                   short body, other statuses
 *   REL_ENOMEM; whatever the sink returned
 */
REL_MUST_CHECK int rel_http_get(struct rel_http_answer *answer,
				struct rel_http *http,
				const struct rel_http_request *request,
				const struct rel_http_sink *sink,
				struct rel_error *err);

/* rel_http_get() appending to `body`, which is cut back when it fails. */
REL_MUST_CHECK int rel_http_get_buf(struct rel_http_answer *answer,
				    struct rel_buf *body, struct rel_http *http,
				    const struct rel_http_request *request,
				    struct rel_error *err);

/*
 * rel_http_get() into the file `path`, replaced atomically and only when all
 * has arrived; NOT_MODIFIED and failures leave it as it was.
 */
REL_MUST_CHECK int rel_http_get_file(struct rel_http_answer *answer,
				     const char *path, struct rel_http *http,
				     const struct rel_http_request *request,
				     struct rel_error *err);

enum rel_http_method {
	REL_HTTP_GET,
	REL_HTTP_HEAD,
	REL_HTTP_PUT,
	REL_HTTP_POST,
	REL_HTTP_PATCH,
	REL_HTTP_DELETE,
	REL_HTTP_MKCOL, /* WebDAV, RFC 4918 */
	REL_HTTP_COPY,
};

/* What PUT, POST and PATCH carry; the other methods carry nothing. */
struct rel_http_payload {
	const void *ptr; /* in memory, */
	size_t len;
	const char *path; /* or, not NULL: of this file, streamed, */
	uint64_t size;	  /* so many bytes */
};

struct rel_http_field {
	const char *name, *value;
};

enum rel_http_auth_kind {
	REL_HTTP_AUTH_URL,    /* the URL's userinfo or .netrc, as GET does */
	REL_HTTP_AUTH_BASIC,  /* user and password */
	REL_HTTP_AUTH_HEADER, /* one header field */
	REL_HTTP_AUTH_AWS,    /* AWS signature, version 4 */
};

struct rel_http_auth {
	enum rel_http_auth_kind kind;
	const char *user, *password;
	struct rel_http_field header; /* {"Authorization", "Bearer …"} */
	struct {
		const char *access, *secret;
		const char *session; /* NULL = none */
		const char *region, *service;
		/* Hex digits, or "UNSIGNED-PAYLOAD"; NULL = that of no
		 * payload.  The URL's query must be sorted, percent-encoded
		 * and have a "=" after each name: libcurl signs it as it is. */
		const char *sha256;
	} aws;
};

/* Zero-initialise. */
struct rel_http_message {
	enum rel_http_method method;
	struct rel_http_payload payload;
	const char *content_type; /* NULL = none */
	/* Sent wherever the request is redirected: nothing secret. */
	const struct rel_http_field *fields;
	size_t n_fields;
	struct rel_http_auth auth;
	/* Where a success's body goes instead of to `reply`; NULL = there. */
	const struct rel_http_sink *sink;
	/* Sent twice it does no more than sent once: may be repeated after a
	 * connection broke, or a 500, 502 or 504 said nothing about what has
	 * been done. */
	bool idempotent;
};

/*
 * Send `message` to request->url (whose etag and last_modified are
 * ignored) and append the body of the answer, also of one that is an error, to
 * `reply`, which may be NULL.  A redirect's body is not kept.
 *
 * - Success is any 2xx.  request->max_bytes caps the body; of an error's only
 *   so much is kept.  0 = REL_LIMIT_HTTP_DISCARD.
 * - Redirects: those of GET and HEAD as rel_http_get() does; other methods are
 *   sent again as they are on 307 and 308, and 301 to 303 are an error.
 *   Credentials of every kind are kept from other sites as there.
 * - 429 and 503 are tried again, 500, 502, 504 and broken connections if
 *   message->idempotent, in all else as rel_http_get() does it.
 *
 * Errors  texts add a short piece of the server's own words
 *   REL_EEXISTS     409, 412
 *   REL_ELIMIT      413 as well
 *   REL_EUSAGE      a header field with a line break as well
 *   all of rel_http_get(), and REL_EIO or REL_ENOTFOUND for the file
 * answer->status is set whenever an answer came.
 */
REL_MUST_CHECK int rel_http_send(struct rel_http_answer *answer,
				 struct rel_buf *reply, struct rel_http *http,
				 const struct rel_http_request *request,
				 const struct rel_http_message *message,
				 struct rel_error *err);

/*
 * Append a short piece of what a server said, on one line: tags, control
 * characters and runs of blanks become a blank.  Nothing of an HTML page,
 * whose words are for browsers, nor of a text that repeats a secret of `auth`
 * (NULL = none).  Returns out->status.
 */
int rel_http_words(struct rel_buf *out, struct rel_str reply,
		   const struct rel_http_auth *auth);

/*
 * Append `url` to `out` fit for a message: without "user:password@", query (a
 * signed URL keeps its secret there) and fragment, control characters shown
 * as "?".  Takes any text; of an authority that makes no sense nothing is
 * shown.  Returns out->status.
 */
int rel_url_redact(struct rel_buf *out, struct rel_str url);

#endif
