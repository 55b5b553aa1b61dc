/* Against a real nginx. */
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
static struct rel_buf body;

#define AUTH "return 200 \"[$http_authorization]\";"

static int start(void **state)
{
	char *servers;

	(void)state;
	dir = rel_test_dir_new();
	port = rel_test_free_port();
	other_port = rel_test_free_port();
	rel_test_write_text(dir, "www/file", "the content");
	rel_test_write_text(dir, "www/empty", "");
	servers = rel_test_text(
	    "server { listen 127.0.0.1:%d; root www;\n"
	    "location = /auth { " AUTH " }\n"
	    "location = /401 { return 401; }\n"
	    "location = /403 { return 403; }\n"
	    "location = /410 { return 410; }\n"
	    "location = /418 { return 418; }\n"
	    "location = /204 { return 204; }\n"
	    "location = /500 { return 500; }\n"
	    "location = /to-file { return 302 /file; }\n"
	    "location = /to-file-308 { return 308 /to-file; }\n"
	    "location = /to-missing { return 301 /missing; }\n"
	    "location = /loop { return 302 /loop; }\n"
	    "location = /to-auth { return 302 /auth; }\n"
	    "location = /to-other-port { return 302"
	    " http://127.0.0.1:%d/auth; }\n"
	    "location = /to-other-host { return 307"
	    " http://localhost:%d/auth; }\n"
	    "location = /to-userinfo { return 302"
	    " http://evil:secret@127.0.0.1:%d/auth; }\n"
	    "location = /away-and-back { return 302"
	    " http://127.0.0.1:%d/back; }\n"
	    "location = /to-ftp { return 302 ftp://u:secret@h.example.org/; }\n"
	    "location = /to-nowhere { add_header Location \"\"; return 302; }\n"
	    "}\n"
	    "server { listen 127.0.0.1:%d;\n"
	    "location = /auth { " AUTH " }\n"
	    "location = /back { return 302 http://127.0.0.1:%d/auth; }\n"
	    "}\n",
	    port, other_port, port, other_port, other_port, other_port, port);
	rel_test_nginx_start(&nginx, dir, port, servers);
	free(servers);
	rel_buf_init(&body, REL_MIB);
	return rel_http_new(&http, NULL);
}

static int stop(void **state)
{
	(void)state;
	rel_http_answer_free(&answer);
	rel_http_free(http);
	rel_buf_free(&body);
	rel_test_nginx_stop(&nginx);
	rel_test_dir_free(dir);
	return 0;
}

static int get_as(struct rel_http_request request, const char *userinfo,
		  const char *path)
{
	char *url =
	    rel_test_text("http://%s127.0.0.1:%d%s", userinfo, port, path);
	int code;

	request.url = url;
	request.max_bytes = REL_MIB;
	request.backoff_ms = 1;
	rel_http_answer_free(&answer);
	err = (struct rel_error){0};
	body.len = 0;
	code = rel_http_get_buf(&answer, &body, http, &request, &err);
	free(url);
	return code;
}

static int get(const char *path)
{
	return get_as((struct rel_http_request){0}, "", path);
}

static void assert_text(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" lacks \"%s\"", err.text, part);
	assert_null(strstr(err.text, "secret"));
}

static void assert_fails(const char *path, int code, int status,
			 const char *text)
{
	assert_int_equal(get(path), code);
	assert_int_equal(answer.status, status);
	assert_text(text);
}

static void test_get(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/file", port);

	(void)state;
	assert_int_equal(get("/file"), 0);
	assert_string_equal(body.ptr, "the content");
	assert_int_equal(answer.outcome, REL_HTTP_OK);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.bytes, 11);
	assert_string_equal(answer.url, url);
	assert_non_null(answer.etag);
	assert_non_null(answer.last_modified);
	assert_int_equal(get("/empty"), 0);
	assert_int_equal(body.len, 0);
	free(url);
}

static void test_append(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/file", port);
	struct rel_http_request request = {.url = url, .max_bytes = 100};
	struct rel_buf out;

	(void)state;
	rel_http_answer_free(&answer);
	rel_buf_init(&out, 100);
	rel_buf_add_cstr(&out, "before ");
	assert_int_equal(rel_http_get_buf(&answer, &out, http, &request, &err),
			 0);
	assert_string_equal(out.ptr, "before the content");
	rel_http_answer_free(&answer);
	request.max_bytes = 10;
	assert_int_equal(rel_http_get_buf(&answer, &out, http, &request, &err),
			 REL_ELIMIT);
	assert_string_equal(out.ptr, "before the content");
	rel_buf_free(&out);
	free(url);
}

static void test_conditional(void **state)
{
	struct rel_http_request request = {0};
	char *etag, *date;

	(void)state;
	assert_int_equal(get("/file"), 0);
	etag = strdup(answer.etag);
	date = strdup(answer.last_modified);

	request.etag = etag;
	assert_int_equal(get_as(request, "", "/to-file"), 0);
	assert_int_equal(answer.outcome, REL_HTTP_NOT_MODIFIED);
	assert_int_equal(answer.status, 304);
	assert_int_equal(body.len, 0);
	assert_string_equal(answer.etag, etag);

	request = (struct rel_http_request){.last_modified = date};
	assert_int_equal(get_as(request, "", "/file"), 0);
	assert_int_equal(answer.outcome, REL_HTTP_NOT_MODIFIED);

	request = (struct rel_http_request){.etag = "\"other\""};
	assert_int_equal(get_as(request, "", "/file"), 0);
	assert_int_equal(answer.outcome, REL_HTTP_OK);
	assert_string_equal(body.ptr, "the content");
	free(etag);
	free(date);
}

static void test_not_modified_file(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/file", port);
	char *path = rel_test_text("%s/copy", dir), *text;
	struct rel_http_request request = {.url = url, .max_bytes = REL_MIB};
	char *etag;

	(void)state;
	rel_http_answer_free(&answer);
	assert_int_equal(rel_http_get_file(&answer, path, http, &request, &err),
			 0);
	text = rel_test_read(path, NULL);
	assert_string_equal(text, "the content");
	free(text);
	rel_test_write_text(dir, "copy", "mine");
	etag = strdup(answer.etag);
	request.etag = etag;
	rel_http_answer_free(&answer);
	assert_int_equal(rel_http_get_file(&answer, path, http, &request, &err),
			 0);
	assert_int_equal(answer.outcome, REL_HTTP_NOT_MODIFIED);
	text = rel_test_read(path, NULL);
	assert_string_equal(text, "mine");
	free(text);
	free(etag);
	free(path);
	free(url);
}

static void test_statuses(void **state)
{
	(void)state;
	assert_fails("/missing", REL_ENOTFOUND, 404,
		     "/missing: not found (HTTP 404)");
	assert_fails("/410", REL_ENOTFOUND, 410, "not found (HTTP 410)");
	assert_fails("/401", REL_EAUTH, 401, "requires credentials");
	assert_fails("/403", REL_EAUTH, 403, "access denied (HTTP 403)");
	assert_fails("/500", REL_EIO, 500, "the server failed (HTTP 500)");
	assert_fails("/418", REL_EIO, 418, "unexpected answer (HTTP 418)");
	assert_fails("/204", REL_EIO, 204, "unexpected answer (HTTP 204)");
	assert_fails("/missing?token=secret", REL_ENOTFOUND, 404, "/missing?");
	assert_int_equal(
	    get_as((struct rel_http_request){0}, "u:secret@", "/401"),
	    REL_EAUTH);
	assert_text("the credentials in the URL are refused");
}

static void test_redirects(void **state)
{
	char *url = rel_test_text("http://127.0.0.1:%d/file", port);

	(void)state;
	assert_int_equal(get("/to-file-308"), 0);
	assert_string_equal(body.ptr, "the content");
	assert_string_equal(answer.url, url);
	assert_fails("/to-missing", REL_ENOTFOUND, 404, "/missing: not found");
	assert_fails("/loop", REL_ELIMIT, 302,
		     "/loop: more than 20 redirects, a loop");
	assert_fails("/to-ftp", REL_EIO, 302, "/to-ftp: redirected: ftp://");
	assert_fails("/to-nowhere", REL_EIO, 302, "redirect without a place");
	free(url);
}

/* "me:pass" in base64; made by base64(1). */
static void assert_authorized(bool expected)
{
	char *code = rel_test_sh("printf me:pass | base64");
	char *line = rel_test_text("[%s%s]", expected ? "Basic " : "",
				   expected ? code : "");

	assert_string_equal(body.ptr, line);
	free(code);
	free(line);
}

static void assert_sent(struct rel_http_request request, const char *userinfo,
			const char *path, bool expected)
{
	if (get_as(request, userinfo, path) != 0)
		fail_msg("%s: %s", path, err.text);
	assert_authorized(expected);
}

static void test_credentials(void **state)
{
	const struct rel_http_request plain = {0};

	(void)state;
	assert_sent(plain, "", "/auth", false);
	assert_sent(plain, "me:pass@", "/auth", true);
	assert_sent(plain, "%6De:pas%73@", "/auth", true);
	assert_null(strstr(answer.url, "pas"));
	assert_sent(plain, "me:pass@", "/to-auth", true);
	assert_sent(plain, "me:pass@", "/to-other-port", false);
	assert_sent(plain, "me:pass@", "/to-other-host", false);
	assert_sent(plain, "me:pass@", "/away-and-back", false);
	assert_sent(plain, "", "/to-userinfo", false);
}

static void test_netrc(void **state)
{
	char *path = rel_test_text("%s/netrc", dir);
	struct rel_http_request request = {.netrc_file = path};

	(void)state;
	rel_test_write_text(dir, "netrc",
			    "machine 127.0.0.1 login me password pass\n"
			    "machine localhost login me password pass\n");
	assert_sent(request, "", "/auth", true);
	assert_sent(request, "", "/to-auth", true);
	assert_sent(request, "", "/to-other-port", false);
	assert_sent(request, "", "/to-other-host", false);
	rel_test_write_text(dir, "netrc",
			    "machine other.example.org login me password x\n");
	assert_sent(request, "", "/auth", false);
	rel_test_write_text(dir, ".netrc",
			    "machine 127.0.0.1 login me password pass\n");
	setenv("HOME", dir, 1);
	assert_sent((struct rel_http_request){0}, "", "/auth", true);
	unsetenv("HOME");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_append),
	    cmocka_unit_test(test_conditional),
	    cmocka_unit_test(test_not_modified_file),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_credentials),
	    cmocka_unit_test(test_netrc),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	signal(SIGPIPE, SIG_IGN);
	if (!rel_test_nginx_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
