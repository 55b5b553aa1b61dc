#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/http.h"

static const struct {
	const char *url, *shown;
} CASES[] = {
    {"https://example.org/x", "https://example.org/x"},
    {"https://example.org:8443/x", "https://example.org:8443/x"},
    {"http://[::1]:80/x", "http://[::1]:80/x"},
    {"https://user:secret@example.org/x", "https://example.org/x"},
    {"https://secret@example.org/x", "https://example.org/x"},
    {"https://u:sec@ret@example.org", "https://example.org"},
    {"https://u:s@example.org/@a/b@c", "https://example.org/@a/b@c"},
    {"https://example.org/x?token=secret", "https://example.org/x?…"},
    {"https://example.org/x#secret", "https://example.org/x"},
    {"https://example.org/x?a#b", "https://example.org/x?…"},
    {"https://u:s@example.org?token=x@y", "https://example.org?…"},
    /* A password with a slash in it does not parse; nothing is shown. */
    {"https://user:sec/ret@example.org/x", "https://…"},
    {"https://user:sec#ret@example.org/x", "https://…"},
    {"user:secret@example.org/x", "example.org/x"},
    {"user:secret", "…"},
    {"example.org", "example.org"},
    {"", ""},
    {"http://a\n\033[31m/\177", "http://a??[31m/?"},
};

static void test_redact(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct rel_buf out;

		rel_buf_init(&out, 4096);
		assert_int_equal(rel_url_redact(&out, rel_str_of(CASES[i].url)),
				 0);
		assert_string_equal(rel_buf_str(&out).ptr, CASES[i].shown);
		rel_buf_free(&out);
	}
}

static int refuse(void *context, struct rel_error *err)
{
	(void)context;
	return rel_fail(err, REL_EIO, "sink used");
}

static void test_not_usable(void **state)
{
	static const char *const BAD[] = {
	    "",
	    "example.org/x",
	    "ftp://user:secret@example.org/x",
	    "file:///etc/passwd",
	    "git+https://example.org/x",
	    "https://user:sec/ret@example.org/x",
	    "http://",
	    "http://example.org:99999/",
	    "http://exa mple.org/",
	    "http://user:%00secret@example.org/",
	};
	const struct rel_http_sink sink = {refuse, NULL, {NULL, NULL}};
	struct rel_error err = {0};
	struct rel_http *http;

	(void)state;
	assert_int_equal(rel_http_new(&http, &err), 0);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct rel_http_request request = {.url = BAD[i],
						   .max_bytes = 1};
		struct rel_http_answer answer = {0};

		assert_int_equal(
		    rel_http_get(&answer, http, &request, &sink, &err),
		    REL_EUSAGE);
		assert_null(strstr(err.text, "sec"));
		assert_int_not_equal(err.text[0], '\0');
		rel_http_answer_free(&answer);
	}
	rel_http_free(http);
	rel_http_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_redact),
	    cmocka_unit_test(test_not_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
