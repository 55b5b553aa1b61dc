/* Sending to servers that break off, refuse and talk nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/limits.h"
#include "net/net_private.h"
#include "support/http_fault.h"
#include "support/shell.h"
#include "support/support.h"

static struct rel_test_fault fault;
static struct rel_http *http;
static struct rel_http_answer answer;
static struct rel_error err;
static struct rel_buf reply;
static char large[16 * REL_MIB]; /* more than the sockets' buffers */

static int set_up(void **state)
{
	(void)state;
	rel_test_fault_start(&fault);
	rel_buf_init(&reply, REL_MIB);
	err = (struct rel_error){0};
	return rel_http_new(&http, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	rel_http_answer_free(&answer);
	rel_http_free(http);
	rel_buf_free(&reply);
	rel_test_fault_stop(&fault);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* PUT many zeros, or POST it where it may be sent only once. */
static int deliver_to(struct rel_http_request request, bool idempotent,
		      const char *path)
{
	char *url = rel_test_text("http://127.0.0.1:%d%s", fault.port, path);
	const struct rel_http_message message = {
	    .method = idempotent ? REL_HTTP_PUT : REL_HTTP_POST,
	    .payload = {.ptr = large, .len = sizeof(large)},
	    .idempotent = idempotent,
	};
	int code;

	request.url = url;
	if (request.backoff_ms == 0)
		request.backoff_ms = 1;
	rel_http_answer_free(&answer);
	err = (struct rel_error){0};
	rel_buf_clear(&reply);
	code = rel_http_send(&answer, &reply, http, &request, &message, &err);
	free(url);
	return code;
}

#define PLAIN ((struct rel_http_request){0})
#define ONCE  ((struct rel_http_request){.no_retry = true})

static void assert_text(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" lacks \"%s\"", err.text, part);
}

static void assert_requests(long expected)
{
	const struct rel_http_message get = {.method = REL_HTTP_GET};
	char *url = rel_test_text("http://127.0.0.1:%d/count", fault.port);
	struct rel_http_request request = {.url = url};

	rel_http_answer_free(&answer);
	rel_buf_clear(&reply);
	assert_int_equal(
	    rel_http_send(&answer, &reply, http, &request, &get, &err), 0);
	assert_int_equal(strtol(reply.ptr, NULL, 10), expected);
	free(url);
}

static void test_recovery(void **state)
{
	(void)state;
	assert_int_equal(deliver_to(PLAIN, true, "/flaky-503"), 0);
	assert_string_equal(reply.ptr, "recovered");
	assert_int_equal(deliver_to(PLAIN, true, "/flaky-500"), 0);
	assert_string_equal(reply.ptr, "recovered");
	assert_int_equal(deliver_to(PLAIN, true, "/flaky-take-reset"), 0);
	assert_string_equal(reply.ptr, "recovered");
	assert_int_equal(deliver_to(PLAIN, true, "/flaky-reset"), 0);
	assert_string_equal(reply.ptr, "recovered");
	assert_requests(12);
}

/* What may be sent once only is sent again where nothing can have happened,
 * and nowhere else. */
static void test_once(void **state)
{
	(void)state;
	assert_int_equal(deliver_to(PLAIN, false, "/flaky-503"), 0);
	assert_requests(3);
	assert_int_equal(deliver_to(PLAIN, false, "/flaky-429"), 0);
	assert_requests(6);
	assert_int_equal(deliver_to(PLAIN, false, "/flaky-500"), REL_EIO);
	assert_text("the server failed (HTTP 500): oops");
	assert_string_equal(reply.ptr, "oops");
	assert_int_equal(deliver_to(PLAIN, false, "/flaky-take-reset"),
			 REL_EIO);
	assert_int_equal(deliver_to(PLAIN, false, "/empty"), REL_EIO);
	assert_requests(9);
}

static void test_retry_after(void **state)
{
	double start = now();

	(void)state;
	assert_int_equal(deliver_to(PLAIN, true, "/flaky-429"), 0);
	assert_true(now() - start >= 2);
	assert_int_equal(deliver_to(PLAIN, true, "/busy"), REL_EIO);
	assert_text("too many requests (HTTP 429); it asks to wait 3600 s");
	assert_requests(4);
}

static void test_stall(void **state)
{
	struct rel_http_request request = {.stall_seconds = 1};
	double start = now();

	(void)state;
	assert_int_equal(deliver_to(request, true, "/take-stall"), REL_EIO);
	assert_text("/take-stall: no byte for 1 s, given up after ");
	assert_int_equal(answer.status, 0);
	assert_int_equal(deliver_to(request, true, "/silent"), REL_EIO);
	assert_text("given up after 16777216 bytes");
	assert_true(now() - start < 8);
}

static void test_statuses(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *text;
	} cases[] = {
	    {"/status-400", REL_EIO, "unexpected answer (HTTP 400)"},
	    {"/status-403", REL_EAUTH, "access denied (HTTP 403)"},
	    {"/status-409", REL_EEXISTS,
	     "conflicts with what is there (HTTP 409)"},
	    {"/status-412", REL_EEXISTS,
	     "conflicts with what is there (HTTP 412)"},
	    {"/status-413", REL_ELIMIT,
	     "the server does not take so much (HTTP 413)"},
	    {"/status-422", REL_EIO, "unexpected answer (HTTP 422)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(deliver_to(PLAIN, true, cases[i].path),
				 cases[i].code);
		assert_text(cases[i].text);
		assert_text("): said the server");
		assert_string_equal(reply.ptr,
				    "<a>said <b>the\tserver</b></a>\n");
	}
}

/* A refusal that does not wait for the payload, and closes. */
static void test_refused_early(void **state)
{
	(void)state;
	assert_int_equal(deliver_to(PLAIN, true, "/refuse"), REL_ELIMIT);
	assert_int_equal(answer.status, 413);
	assert_text("(HTTP 413): {\"message\":\"big\"}");
}

static void test_odd_answers(void **state)
{
	struct rel_http_request small = {.max_bytes = 1000};

	(void)state;
	assert_int_equal(deliver_to(ONCE, true, "/short"), REL_EIO);
	assert_text("/short: the body ended after 10 of 1000 bytes");
	assert_int_equal(reply.len, 0);
	assert_int_equal(deliver_to(small, true, "/endless"), REL_ELIMIT);
	assert_text("/endless: larger than 1000 bytes");
	assert_int_equal(reply.len, 0);
	assert_int_equal(deliver_to(PLAIN, true, "/headers"), REL_ELIMIT);
	assert_int_equal(deliver_to(ONCE, true, "/garbage"), REL_EIO);
	assert_int_equal(deliver_to(ONCE, true, "/empty"), REL_EIO);
	assert_text("/empty: connection closed without an answer");
}

/* A server that repeats what it was sent is not repeated. */
static void test_confused(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/confused", fault.port);
	struct rel_http_request request = {.url = url};
	struct rel_http_message message = {
	    .method = REL_HTTP_GET,
	    .auth = {.kind = REL_HTTP_AUTH_HEADER,
		     .header = {"PRIVATE-TOKEN", "hidden"}},
	};

	(void)state;
	assert_int_equal(
	    rel_http_send(&answer, NULL, http, &request, &message, &err),
	    REL_EAUTH);
	assert_text("/confused: access denied (HTTP 403)");
	assert_null(strstr(err.text, "hidden"));
	assert_null(strstr(err.text, "GET"));
	message.auth = (struct rel_http_auth){
	    .kind = REL_HTTP_AUTH_BASIC, .user = "me", .password = "hidden"};
	assert_int_equal(
	    rel_http_send(&answer, NULL, http, &request, &message, &err),
	    REL_EAUTH);
	assert_null(strstr(err.text, "Basic"));
	message.auth = (struct rel_http_auth){.kind = REL_HTTP_AUTH_URL};
	assert_int_equal(
	    rel_http_send(&answer, NULL, http, &request, &message, &err),
	    REL_EAUTH);
	assert_text("(HTTP 403): GET /confused HTTP/1.1 Host:");
	free(url);
}

static void assert_words(const char *text, const char *expected)
{
	struct rel_buf words;

	rel_buf_init(&words, REL_KIB);
	assert_int_equal(rel_http_words(&words, rel_str_of(text), NULL), 0);
	assert_string_equal(rel_buf_str(&words).ptr, expected);
	rel_buf_free(&words);
}

static void test_words(void **state)
{
	char *longer = rel_test_text("%0300d", 0);
	char *cut = rel_test_text("%0200d…", 0);

	(void)state;
	assert_words("", "");
	assert_words("  \r\n", "");
	assert_words(" a \x1b[31m b\t\n", "a [31m b");
	assert_words("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code>"
		     "<Message>it is 1 < 2</Message></Error>",
		     "NoSuchKey it is 1 < 2");
	assert_words("gr\xc3\xbc\xc3\x9f"
		     "e",
		     "gr\xc3\xbc\xc3\x9f"
		     "e");
	assert_words("a\xff"
		     "b",
		     "a?b");
	assert_words("\n<!DOCTYPE html><title>no</title>", "");
	assert_words("<HTML><body>no", "");
	assert_words(longer, cut);
	free(longer);
	free(cut);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_recovery),	  CASE(test_once),
	    CASE(test_retry_after),	  CASE(test_stall),
	    CASE(test_statuses),	  CASE(test_refused_early),
	    CASE(test_odd_answers),	  CASE(test_confused),
	    cmocka_unit_test(test_words),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
