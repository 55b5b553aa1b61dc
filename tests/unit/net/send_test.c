/* Sending to a real nginx with its dav module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/limits.h"
#include "net/http.h"
#include "support/http_fault.h"
#include "support/http_nginx.h"
#include "support/shell.h"
#include "support/support.h"

static char *dir;
static int port, other_port;
static struct rel_test_nginx nginx;
static struct rel_http *http;
static struct rel_http_answer answer;
static struct rel_error err;
static struct rel_buf reply;

#define SHOW                                                 \
	"return 200 \"[$request_method|$http_authorization|" \
	"$http_private_token|$http_x_amz_security_token|$http_x_plain]\";"
#define DAV "dav_methods PUT DELETE MKCOL COPY; root www;"

static int start(void **state)
{
	char *servers;

	(void)state;
	dir = rel_test_dir_new();
	port = rel_test_free_port();
	other_port = rel_test_free_port();
	rel_test_write_text(dir, "www/dav/here", "x");
	rel_test_write_text(dir, "www/private/here", "x");
	free(rel_test_sh("printf 'me:%%s\n' \"$(openssl passwd -apr1 pass)\""
			 " >%s/htpasswd; chmod -R 777 %s",
			 dir, dir));
	servers = rel_test_text(
	    "server { listen 127.0.0.1:%d; client_max_body_size 2m;\n"
	    "location /dav/ { " DAV " }\n"
	    "location /private/ { " DAV " auth_basic here;"
	    " auth_basic_user_file %s/htpasswd; }\n"
	    "location = /show { " SHOW " }\n"
	    "location = /307 { return 307 /dav/moved; }\n"
	    "location = /308 { return 308 /show; }\n"
	    "location = /301 { return 301 /dav/moved?secret; }\n"
	    "location = /303 { return 303 /show; }\n"
	    "location = /away { return 307 http://localhost:%d/show; }\n"
	    "location = /away-and-back { return 307"
	    " http://127.0.0.1:%d/back; }\n"
	    "location = /wants { return 307 http://localhost:%d/401; }\n"
	    "}\n"
	    "server { listen 127.0.0.1:%d;\n"
	    "location = /show { " SHOW " }\n"
	    "location = /401 { return 401; }\n"
	    "location = /back { return 307 http://127.0.0.1:%d/show; }\n"
	    "}\n",
	    port, dir, other_port, other_port, other_port, other_port, port);
	rel_test_nginx_start(&nginx, dir, port, servers);
	free(servers);
	rel_buf_init(&reply, REL_MIB);
	return rel_http_new(&http, NULL);
}

static int stop(void **state)
{
	(void)state;
	rel_http_answer_free(&answer);
	rel_http_free(http);
	rel_buf_free(&reply);
	rel_test_nginx_stop(&nginx);
	rel_test_dir_free(dir);
	return 0;
}

static int deliver(struct rel_http_message message, const char *path)
{
	char *url = rel_test_text("http://127.0.0.1:%d%s", port, path);
	struct rel_http_request request = {
	    .url = url, .max_bytes = REL_MIB, .backoff_ms = 1};
	int code;

	rel_http_answer_free(&answer);
	err = (struct rel_error){0};
	rel_buf_clear(&reply);
	code = rel_http_send(&answer, &reply, http, &request, &message, &err);
	free(url);
	return code;
}

static struct rel_http_message text_message(enum rel_http_method method,
					    const char *text)
{
	return (struct rel_http_message){
	    .method = method,
	    .payload = {.ptr = text, .len = strlen(text)},
	};
}

static struct rel_http_message bare(enum rel_http_method method)
{
	return (struct rel_http_message){.method = method};
}

static void assert_text(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" lacks \"%s\"", err.text, part);
	assert_null(strstr(err.text, "secret"));
}

static void assert_stored(const char *path, const char *expected)
{
	char *full = rel_test_text("%s/www%s", dir, path);
	char *text = rel_test_read(full, NULL);

	assert_string_equal(text, expected);
	free(text);
	free(full);
}

static void test_put(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/dav/a", port);

	(void)state;
	assert_int_equal(deliver(text_message(REL_HTTP_PUT, "hello"), "/dav/a"),
			 0);
	assert_int_equal(answer.status, 201);
	assert_string_equal(answer.url, url);
	assert_stored("/dav/a", "hello");
	assert_int_equal(deliver(text_message(REL_HTTP_PUT, ""), "/dav/a"), 0);
	assert_int_equal(answer.status, 204);
	assert_stored("/dav/a", "");
	free(url);
}

static void test_methods(void **state)
{
	char *to = rel_test_text("http://127.0.0.1:%d/dav/new/c", port);
	const struct rel_http_field fields[] = {{"Destination", to},
						{"Overwrite", "F"}};
	struct rel_http_message copy = {
	    .method = REL_HTTP_COPY, .fields = fields, .n_fields = 2};

	(void)state;
	assert_int_equal(deliver(text_message(REL_HTTP_PUT, "bytes"), "/dav/b"),
			 0);
	assert_int_equal(deliver(bare(REL_HTTP_MKCOL), "/dav/new/"), 0);
	assert_int_equal(deliver(copy, "/dav/b"), 0);
	assert_stored("/dav/new/c", "bytes");
	assert_int_equal(deliver(copy, "/dav/b"), REL_EEXISTS);
	assert_int_equal(answer.status, 412);
	assert_text("/dav/b: conflicts with what is there (HTTP 412)");
	assert_int_equal(deliver(bare(REL_HTTP_HEAD), "/dav/new/c"), 0);
	assert_int_equal(reply.len, 0);
	assert_int_equal(deliver(bare(REL_HTTP_GET), "/dav/new/c"), 0);
	assert_string_equal(reply.ptr, "bytes");
	assert_int_equal(deliver(bare(REL_HTTP_DELETE), "/dav/new/c"), 0);
	assert_int_equal(answer.status, 204);
	assert_int_equal(deliver(bare(REL_HTTP_HEAD), "/dav/new/c"),
			 REL_ENOTFOUND);
	assert_int_equal(answer.status, 404);
	free(to);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(deliver(text_message(REL_HTTP_POST, "x"), "/show"), 0);
	assert_string_equal(reply.ptr, "[POST||||]");
	assert_int_equal(deliver(text_message(REL_HTTP_PATCH, "x"), "/show"),
			 0);
	assert_string_equal(reply.ptr, "[PATCH||||]");
	assert_int_equal(deliver(text_message(REL_HTTP_POST, ""), "/show"), 0);
	assert_string_equal(reply.ptr, "[POST||||]");
}

/* Compared by cmp(1). */
static void test_file(void **state)
{
	char *path = rel_test_text("%s/big", dir);
	struct rel_http_message whole = {
	    .method = REL_HTTP_PUT, .payload = {.path = path, .size = 1500000}};
	struct rel_http_message gone = whole, beyond = whole;

	(void)state;
	free(rel_test_sh("head -c 1500000 /dev/urandom >%s", path));
	assert_int_equal(deliver(whole, "/dav/big"), 0);
	assert_int_equal(rel_test_sh_status("cmp %s %s/www/dav/big", path, dir),
			 0);
	gone.payload.path = "/nonexistent/file";
	assert_int_equal(deliver(gone, "/dav/gone"), REL_ENOTFOUND);
	beyond.payload.size = 1500001;
	assert_int_equal(deliver(beyond, "/dav/beyond"), REL_EIO);
	assert_text("ends before the bytes that were to be sent");
	assert_string_equal(err.path, path);
	free(path);
}

static void test_too_large(void **state)
{
	char *path = rel_test_text("%s/huge", dir);
	struct rel_http_message huge = {
	    .method = REL_HTTP_PUT,
	    .payload = {.path = path, .size = 20 * REL_MIB}};

	(void)state;
	free(rel_test_sh("truncate -s 20M %s", path));
	assert_int_equal(deliver(huge, "/dav/huge"), REL_ELIMIT);
	assert_int_equal(answer.status, 413);
	assert_text("/dav/huge: the server does not take so much (HTTP 413)");
	/* The words of a page for browsers are none for an error. */
	assert_null(strstr(err.text, "Entity"));
	free(path);
}

static void test_redirects(void **state)
{
	(void)state;
	assert_int_equal(deliver(text_message(REL_HTTP_PUT, "moved"), "/307"),
			 0);
	assert_stored("/dav/moved", "moved");
	assert_int_equal(deliver(text_message(REL_HTTP_POST, "x"), "/308"), 0);
	assert_string_equal(reply.ptr, "[POST||||]");
	assert_int_equal(deliver(text_message(REL_HTTP_PUT, "x"), "/301"),
			 REL_EIO);
	assert_int_equal(answer.status, 301);
	assert_text("/301: has moved (HTTP 301); write its new address, "
		    "http://127.0.0.1:");
	assert_int_equal(deliver(text_message(REL_HTTP_POST, "x"), "/303"),
			 REL_EIO);
	assert_int_equal(deliver(bare(REL_HTTP_GET), "/303"), 0);
	assert_string_equal(reply.ptr, "[GET||||]");
}

static void test_basic(void **state)
{
	struct rel_http_message message = text_message(REL_HTTP_PUT, "mine");

	(void)state;
	assert_int_equal(deliver(message, "/private/a"), REL_EAUTH);
	assert_text("/private/a: requires credentials");
	message.auth.kind = REL_HTTP_AUTH_BASIC;
	message.auth.user = "me";
	message.auth.password = "secret";
	assert_int_equal(deliver(message, "/private/a"), REL_EAUTH);
	assert_text("/private/a: the credentials are refused (HTTP 401)");
	message.auth.password = "pass";
	assert_int_equal(deliver(message, "/private/a"), 0);
	assert_stored("/private/a", "mine");
}

static void assert_shown(const struct rel_http_message *message,
			 const char *path, const char *expected)
{
	if (deliver(*message, path) != 0)
		fail_msg("%s: %s", path, err.text);
	assert_string_equal(reply.ptr, expected);
}

/* What is for one site goes to no other, whatever its kind. */
static void test_redirected_credentials(void **state)
{
	const struct rel_http_field plain = {"X-Plain", "yes"};
	struct rel_http_message message = text_message(REL_HTTP_POST, "x");

	(void)state;
	message.fields = &plain;
	message.n_fields = 1;
	message.auth.kind = REL_HTTP_AUTH_HEADER;
	message.auth.header =
	    (struct rel_http_field){"Authorization", "Bearer secret-token"};
	assert_shown(&message, "/show", "[POST|Bearer secret-token|||yes]");
	assert_shown(&message, "/308", "[POST|Bearer secret-token|||yes]");
	assert_shown(&message, "/away", "[POST||||yes]");
	assert_shown(&message, "/away-and-back", "[POST||||yes]");
	assert_int_equal(deliver(message, "/wants"), REL_EAUTH);
	assert_text(
	    "/401: requires credentials, and is not where those at hand "
	    "are for (HTTP 401)");
	message.auth.header =
	    (struct rel_http_field){"PRIVATE-TOKEN", "secret-token"};
	assert_shown(&message, "/show", "[POST||secret-token||yes]");
	assert_shown(&message, "/away", "[POST||||yes]");

	message.auth = (struct rel_http_auth){
	    .kind = REL_HTTP_AUTH_BASIC, .user = "me", .password = "secret"};
	assert_shown(&message, "/away", "[POST||||yes]");
}

static void test_aws(void **state)
{
	struct rel_http_message message = text_message(REL_HTTP_POST, "x");
	const char *const starts = "[POST|AWS4-HMAC-SHA256 Credential=AKID/";

	(void)state;
	message.auth.kind = REL_HTTP_AUTH_AWS;
	message.auth.aws.access = "AKID";
	message.auth.aws.secret = "secret";
	message.auth.aws.session = "session-token";
	message.auth.aws.region = "eu-west-1";
	message.auth.aws.service = "s3";
	assert_int_equal(deliver(message, "/show"), 0);
	assert_int_equal(strncmp(reply.ptr, starts, strlen(starts)), 0);
	assert_non_null(strstr(reply.ptr, "/eu-west-1/s3/aws4_request"));
	assert_non_null(strstr(reply.ptr, "host;x-amz-content-sha256;x-amz-date"
					  ";x-amz-security-token"));
	assert_non_null(strstr(reply.ptr, "||session-token|]"));
	assert_null(strstr(reply.ptr, "secret,"));
	assert_shown(&message, "/away", "[POST||||]");
	/* Nothing of it stays for the next request. */
	message.auth = (struct rel_http_auth){.kind = REL_HTTP_AUTH_URL};
	assert_shown(&message, "/show", "[POST||||]");
}

static void test_bad_field(void **state)
{
	struct rel_http_message message = text_message(REL_HTTP_PUT, "x");

	(void)state;
	message.auth.kind = REL_HTTP_AUTH_HEADER;
	message.auth.header =
	    (struct rel_http_field){"PRIVATE-TOKEN", "secret\nX-Evil: 1"};
	assert_int_equal(deliver(message, "/show"), REL_EUSAGE);
	assert_text("the header field \"PRIVATE-TOKEN\" holds a line break");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_methods),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_basic),
	    cmocka_unit_test(test_redirected_credentials),
	    cmocka_unit_test(test_aws),
	    cmocka_unit_test(test_bad_field),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	signal(SIGPIPE, SIG_IGN);
	if (!rel_test_nginx_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
