/* Servers that stall, cut, reset and flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/time.h>

#include "base/limits.h"
#include "net/http.h"
#include "support/http_fault.h"
#include "support/shell.h"
#include "support/support.h"

static struct rel_test_fault fault;
static struct rel_http *http;
static struct rel_http_answer answer;
static struct rel_error err;
static struct rel_buf body;

static int set_up(void **state)
{
	(void)state;
	rel_test_fault_start(&fault);
	rel_buf_init(&body, REL_MIB);
	err = (struct rel_error){0};
	return rel_http_new(&http, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	rel_http_answer_free(&answer);
	rel_http_free(http);
	rel_buf_free(&body);
	rel_test_fault_stop(&fault);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* GET `path` with `request` filled in but for the URL. */
static int get(struct rel_http_request request, const char *path)
{
	char *url = rel_test_text("http://127.0.0.1:%d%s", fault.port, path);
	int code;

	request.url = url;
	if (request.max_bytes == 0)
		request.max_bytes = REL_MIB;
	if (request.backoff_ms == 0)
		request.backoff_ms = 1;
	rel_http_answer_free(&answer);
	body.len = 0;
	code = rel_http_get_buf(&answer, &body, http, &request, &err);
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

static void assert_requests(int expected)
{
	assert_int_equal(get(PLAIN, "/count"), 0);
	assert_int_equal(strtol(body.ptr, NULL, 10), expected);
}

static void test_stall(void **state)
{
	struct rel_http_request request = {.stall_seconds = 1};
	double start = now();

	(void)state;
	assert_int_equal(get(request, "/stall"), REL_EIO);
	assert_text("/stall: no byte for 1 s, given up after 10 bytes");
	assert_true(now() - start < 5);
	assert_int_equal(body.len, 0);
	assert_requests(1);
}

/* No stall is long enough, and still it must end. */
static void test_drip(void **state)
{
	struct rel_http_request request = {.stall_seconds = 1};
	double start = now();

	(void)state;
	assert_int_equal(get(request, "/drip"), REL_EIO);
	assert_text("/drip: less than 4096 bytes a second, given up after ");
	assert_true(now() - start < 6);
	assert_requests(1);
}

static void test_silent(void **state)
{
	struct rel_http_request request = {.stall_seconds = 1};

	(void)state;
	assert_int_equal(get(request, "/silent"), REL_EIO);
	assert_text("no byte for 1 s");
	assert_int_equal(answer.status, 0);
	assert_requests(1);
}

static void test_short(void **state)
{
	(void)state;
	assert_int_equal(get(ONCE, "/short"), REL_EIO);
	assert_text("/short: the body ended after 10 of 1000 bytes");
	assert_int_equal(body.len, 0);
	assert_int_equal(get(ONCE, "/short-chunk"), REL_EIO);
	assert_requests(2);
	assert_int_equal(get(PLAIN, "/short"), REL_EIO);
	assert_requests(2 + 1 + REL_LIMIT_HTTP_RETRIES);
}

static void test_reset(void **state)
{
	(void)state;
	assert_int_equal(get(ONCE, "/reset"), REL_EIO);
	assert_text("/reset: ");
	assert_int_equal(get(ONCE, "/empty"), REL_EIO);
	assert_text("/empty: connection closed without an answer");
	assert_int_equal(get(ONCE, "/garbage"), REL_EIO);
}

static void test_recovery(void **state)
{
	(void)state;
	assert_int_equal(get(PLAIN, "/flaky-503"), 0);
	assert_string_equal(body.ptr, "recovered");
	/* What the broken attempts delivered is gone. */
	assert_int_equal(get(PLAIN, "/flaky-reset"), 0);
	assert_string_equal(body.ptr, "recovered");
	assert_int_equal(answer.bytes, strlen("recovered"));
	assert_requests(6);
}

static void test_down(void **state)
{
	(void)state;
	assert_int_equal(get(PLAIN, "/down"), REL_EIO);
	assert_text("/down: the server failed (HTTP 503)");
	assert_int_equal(answer.status, 503);
	assert_requests(1 + REL_LIMIT_HTTP_RETRIES);
}

static void test_retry_after(void **state)
{
	double start = now();

	(void)state;
	assert_int_equal(get(PLAIN, "/flaky-429"), 0);
	assert_true(now() - start >= 2);
	start = now();
	assert_int_equal(get(PLAIN, "/busy"), REL_EIO);
	assert_text("too many requests (HTTP 429); it asks to wait 3600 s");
	assert_true(now() - start < 2);
	assert_requests(3 + 1);
}

static void test_caps(void **state)
{
	struct rel_http_request small = {.max_bytes = 1000};
	struct rel_http_request tiny = {.max_bytes = 999};

	(void)state;
	assert_int_equal(get(small, "/endless"), REL_ELIMIT);
	assert_text("/endless: larger than 1000 bytes");
	assert_int_equal(body.len, 0);
	/* Refused by what is announced. */
	tiny.stall_seconds = 20;
	assert_int_equal(get(tiny, "/stall"), REL_ELIMIT);
	assert_int_equal(get(PLAIN, "/headers"), REL_ELIMIT);
	assert_text("header lines");
	assert_requests(3);
}

static void test_buffer_cap(void **state)
{
	struct rel_http_request large = {.max_bytes = REL_GIB};

	(void)state;
	assert_int_equal(get(large, "/endless"), REL_ELIMIT);
	assert_int_equal(body.len, 0);
}

static void test_payload_as_is(void **state)
{
	(void)state;
	assert_int_equal(get(PLAIN, "/encoded"), 0);
	assert_string_equal(body.ptr, "as it is");
}

/* A validator that no server would take back counts as none; a line that
 * libcurl does not hold is told, and not as a lack of memory. */
static void test_long_etag(void **state)
{
	(void)state;
	assert_int_equal(get(ONCE, "/etag-1024"), 0);
	assert_int_equal(strlen(answer.etag), 1024);
	assert_int_equal(get(ONCE, "/etag-1025"), 0);
	assert_null(answer.etag);
	assert_int_equal(get(ONCE, "/etag-90000"), 0);
	assert_null(answer.etag);
	assert_string_equal(body.ptr, "tagged");
	assert_int_equal(get(ONCE, "/etag-200000"), REL_ELIMIT);
	assert_text("/etag-200000: the answer has a header line that is too "
		    "long");
}

static void test_request_head(void **state)
{
	struct rel_http_request bad = {.etag = "\"a\"\r\nX-Evil: 1"};

	(void)state;
	assert_int_equal(get(PLAIN, "/echo"), 0);
	assert_non_null(strstr(body.ptr, "GET /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(body.ptr, "User-Agent: relctl/"));
	assert_null(strstr(body.ptr, "Accept-Encoding"));
	assert_null(strstr(body.ptr, "If-"));
	assert_null(strstr(body.ptr, "Authorization"));
	assert_int_equal(get(bad, "/echo"), 0);
	assert_null(strstr(body.ptr, "Evil"));
}

static void test_proxy(void **state)
{
	struct rel_http_request request = {
	    .url = "http://packages.example.org/echo",
	    .max_bytes = REL_MIB,
	};
	char *proxy = rel_test_text("http://127.0.0.1:%d", fault.port);

	(void)state;
	setenv("http_proxy", proxy, 1);
	assert_int_equal(rel_http_get_buf(&answer, &body, http, &request, &err),
			 0);
	unsetenv("http_proxy");
	assert_non_null(
	    strstr(body.ptr, "GET http://packages.example.org/echo HTTP/1.1"));
	free(proxy);
}

/* Set `variable` to `value` for one request that fails; the message names
 * both, and never the proxy's password. */
static void fail_by(const char *variable, const char *value, const char *url,
		    int code)
{
	struct rel_http_request request = {.url = url,
					   .max_bytes = 100,
					   .connect_seconds = 5,
					   .backoff_ms = 1,
					   .no_retry = true};

	setenv(variable, value, 1);
	assert_int_equal(rel_http_get_buf(&answer, &body, http, &request, &err),
			 code);
	unsetenv(variable);
	assert_text(variable);
	assert_null(strstr(err.text, "PLANTED"));
}

static void test_proxy_fails(void **state)
{
	int dead = rel_test_free_port();
	char *refused = rel_test_text("http://who:PLANTED@127.0.0.1:%d", dead);
	char *bare = rel_test_text("who:PLANTED@127.0.0.1:%d/x", dead);
	char *socks = rel_test_text("socks5h://127.0.0.1:%d", dead);
	char *asks =
	    rel_test_text("http://who:PLANTED@127.0.0.1:%d", fault.port);
	char *shown = rel_test_text("127.0.0.1:%d", dead);

	(void)state;
	fail_by("https_proxy", refused, "https://a.example.org/x", REL_EIO);
	assert_text("a.example.org port 443");
	assert_text(shown);
	assert_text("Connection refused");
	assert_text("no_proxy");
	fail_by("HTTPS_PROXY", bare, "https://a.example.org/x", REL_EIO);
	assert_text(shown);
	fail_by("all_proxy", refused, "http://a.example.org/x", REL_EIO);
	assert_text(shown);
	fail_by("ALL_PROXY", socks, "http://a.example.org/x", REL_EIO);
	assert_text(shown);
	fail_by("http_proxy", "http://who:PLANTED@proxy.invalid:3128",
		"http://a.example.org/x", REL_EIO);
	assert_text("http://proxy.invalid:3128");
	assert_text("cannot be found");
	fail_by("https_proxy", "http://who:PLANTED@[::1:3128",
		"https://a.example.org/x", REL_EIO);
	assert_text("is not an address");
	fail_by("https_proxy", "gopher://who:PLANTED@127.0.0.1:3128",
		"https://a.example.org/x", REL_EIO);
	assert_text("scheme");
	/* It is there, and refuses. */
	fail_by("https_proxy", asks, "https://a.example.org:407/x", REL_EAUTH);
	assert_text("HTTP 407");
	assert_text("USER:PASSWORD");
	fail_by("http_proxy", asks, "http://a.example.org/x:407", REL_EAUTH);
	assert_text("HTTP 407");
	fail_by("https_proxy", asks, "https://a.example.org:502/x", REL_EIO);
	assert_text("HTTP 503");
	/* Not asked at all. */
	setenv("https_proxy", asks, 1);
	fail_by("no_proxy", "other.invalid, .example.invalid",
		"https://a.example.invalid/x", REL_EIO);
	assert_text("https_proxy");
	unsetenv("https_proxy");
	free(refused);
	free(bare);
	free(socks);
	free(asks);
	free(shown);
}

static void test_refused(void **state)
{
	char *url = rel_test_text("http://u:secret@127.0.0.1:%d/",
				  rel_test_free_port());
	struct rel_http_request request = {.url = url, .max_bytes = 1};
	double start = now();

	(void)state;
	assert_int_equal(rel_http_get_buf(&answer, &body, http, &request, &err),
			 REL_EIO);
	assert_text("cannot connect to 127.0.0.1 port ");
	assert_text("Connection refused");
	assert_null(strstr(err.text, "secret"));
	assert_true(now() - start < 0.9);
	free(url);
}

static struct rel_cancel cancel;

static void cancel_now(void *context, const char *what, uint64_t done,
		       uint64_t total)
{
	int *calls = context;

	(void)total;
	assert_true(done > 0);
	assert_true(strncmp(what, "fetching http://127.0.0.1:", 26) == 0);
	if (++*calls == 3)
		atomic_store(&cancel.signal, SIGINT);
}

static void on_alarm(int number)
{
	atomic_store(&cancel.signal, number);
}

static void test_cancel(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 200000}};
	int calls = 0;
	struct rel_progress progress = {cancel_now, &calls};
	struct rel_http_request request = {
	    .max_bytes = REL_GIB, .progress = &progress, .cancel = &cancel};
	double start = now();

	(void)state;
	atomic_store(&cancel.signal, 0);
	assert_int_equal(get(request, "/endless"), REL_ECANCELLED);
	assert_true(calls >= 3);
	assert_int_equal(get(request, "/echo"), REL_ECANCELLED);

	/* While nothing happens, and in the pause before a retry. */
	request.progress = NULL;
	signal(SIGALRM, on_alarm);
	atomic_store(&cancel.signal, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(get(request, "/silent"), REL_ECANCELLED);
	atomic_store(&cancel.signal, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	request.backoff_ms = 20000;
	assert_int_equal(get(request, "/down"), REL_ECANCELLED);
	assert_true(now() - start < 10);
	signal(SIGALRM, SIG_DFL);
}

static void test_file(void **state)
{
	char *dir = rel_test_dir_new(), *path, *url, *text;
	struct rel_http_request request = {.max_bytes = REL_MIB,
					   .backoff_ms = 1};

	(void)state;
	path = rel_test_text("%s/f", dir);
	rel_test_write_text(dir, "f", "old");
	url = rel_test_text("http://127.0.0.1:%d/short", fault.port);
	request.url = url;
	assert_int_equal(rel_http_get_file(&answer, path, http, &request, &err),
			 REL_EIO);
	text = rel_test_read(path, NULL);
	assert_string_equal(text, "old");
	free(text);
	free(url);
	url = rel_test_text("http://127.0.0.1:%d/flaky-reset", fault.port);
	request.url = url;
	assert_int_equal(rel_http_get_file(&answer, path, http, &request, &err),
			 0);
	text = rel_test_read(path, NULL);
	assert_string_equal(text, "recovered");
	assert_int_equal(rel_test_dir_count(dir), 1);
	free(text);
	free(url);
	free(path);
	rel_test_dir_free(dir);
}

static int stop_begin(void *context, struct rel_error *e)
{
	(void)context;
	(void)e;
	return 0;
}

static int stop_write(void *context, const void *ptr, size_t len,
		      struct rel_error *e)
{
	int *calls = context;

	(void)ptr;
	(void)len;
	++*calls;
	return rel_fail(e, REL_ECHECKSUM, "seen enough");
}

static void test_sink_refuses(void **state)
{
	int calls = 0;
	const struct rel_http_sink sink = {
	    stop_begin, NULL, {stop_write, &calls}};
	char *url = rel_test_text("http://127.0.0.1:%d/echo", fault.port);
	struct rel_http_request request = {.url = url, .max_bytes = REL_MIB};

	(void)state;
	assert_int_equal(rel_http_get(&answer, http, &request, &sink, &err),
			 REL_ECHECKSUM);
	assert_string_equal(err.text, "seen enough");
	assert_int_equal(calls, 1);
	free(url);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_stall),	      CASE(test_silent),
	    CASE(test_drip),	      CASE(test_short),
	    CASE(test_reset),	      CASE(test_recovery),
	    CASE(test_down),	      CASE(test_retry_after),
	    CASE(test_caps),	      CASE(test_buffer_cap),
	    CASE(test_payload_as_is), CASE(test_long_etag),
	    CASE(test_proxy),	      CASE(test_request_head),
	    CASE(test_proxy),	      CASE(test_proxy_fails),
	    CASE(test_refused),	      CASE(test_cancel),
	    CASE(test_file),	      CASE(test_sink_refuses),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("HTTPS_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
