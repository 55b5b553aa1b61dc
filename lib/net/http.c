#include "base/limits.h"
#include "net/internal.h"

struct rel_http {
	CURL *curl;
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

static int run(struct rel_http_exchange *exchange, const char *doing,
	       struct rel_error *err)
{
	struct rel_buf what;
	int rc;

	*exchange->answer = (struct rel_http_answer){0};
	rc = rel_url_parse(&exchange->first, exchange->request->url, err);
	if (rc)
		return rc;
	rel_buf_init(&what, REL_HTTP_SHOWN_MAX);
	rel_buf_add_cstr(&what, doing);
	rel_url_redact(&what, rel_str_of(exchange->first.text));
	if (!exchange->what)
		exchange->what = rel_buf_str(&what).ptr;
	rc = rel_http_exchange_run(exchange, err);
	rel_buf_free(&what);
	rel_url_free(&exchange->first);
	return rc;
}

int rel_http_get(struct rel_http_answer *answer, struct rel_http *http,
		 const struct rel_http_request *request,
		 const struct rel_http_sink *sink, struct rel_error *err)
{
	struct rel_http_exchange exchange = {
	    .answer = answer,
	    .curl = http->curl,
	    .request = request,
	    .sink = sink,
	    .what = request->what,
	};

	return run(&exchange, "fetching ", err);
}

int rel_http_send(struct rel_http_answer *answer, struct rel_buf *reply,
		  struct rel_http *http, const struct rel_http_request *request,
		  const struct rel_http_message *message, struct rel_error *err)
{
	struct rel_http_request capped = *request;
	struct rel_http_sink sink;
	struct rel_http_memory memory;
	struct rel_http_exchange exchange = {
	    .answer = answer,
	    .curl = http->curl,
	    .request = &capped,
	    .message = message,
	    .sink = &sink,
	    .what = request->what,
	};
	struct rel_buf unwanted;
	int rc;

	if (capped.max_bytes == 0)
		capped.max_bytes = REL_LIMIT_HTTP_DISCARD;
	rel_buf_init(&unwanted, (size_t)capped.max_bytes);
	exchange.reply = reply ? reply : &unwanted;
	exchange.reply_start = exchange.reply->len;
	rel_http_memory_sink(&sink, &memory, reply ? reply : &unwanted);
	rc = run(&exchange,
		 rel_http_payload_size(message) > 0 ? "sending " : "asking ",
		 err);
	if (!exchange.whole || (rc == 0 && message->sink))
		rel_http_memory_reset(&memory);
	rel_buf_free(&unwanted);
	return rc;
}
