#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/remote.h"

/* The parts by hand, after git's Documentation/urls.txt. */
static void test_parse(void **state)
{
	static const struct {
		const char *location;
		enum rel_git_transport transport;
		bool tls, scp;
		const char *user, *password, *host, *port, *path;
	} cases[] = {
	    {"https://example.org/a/b.git", REL_GIT_HTTP, true, false, "", "",
	     "example.org", "", "/a/b.git"},
	    {"git+https://u:p@example.org:8443/a", REL_GIT_HTTP, true, false,
	     "u", "p", "example.org", "8443", "/a"},
	    {"HTTP://example.org/a", REL_GIT_HTTP, false, false, "", "",
	     "example.org", "", "/a"},
	    {"git://[::1]:9418/a", REL_GIT_GIT, false, false, "", "", "::1",
	     "9418", "/a"},
	    {"ssh://git@example.org/~me/a", REL_GIT_SSH, false, false, "git",
	     "", "example.org", "", "/~me/a"},
	    {"git@example.org:a/b.git", REL_GIT_SSH, false, true, "git", "",
	     "example.org", "", "a/b.git"},
	    {"example.org:/a", REL_GIT_SSH, false, true, "", "", "example.org",
	     "", "/a"},
	    {"[::1]:a", REL_GIT_SSH, false, true, "", "", "::1", "", "a"},
	    {"file:///a/b", REL_GIT_LOCAL, false, false, "", "", "", "",
	     "/a/b"},
	    {"git+file://localhost/a", REL_GIT_LOCAL, false, false, "", "", "",
	     "", "/a"},
	    {"/a/b:c", REL_GIT_LOCAL, false, false, "", "", "", "", "/a/b:c"},
	    {"./b:c", REL_GIT_LOCAL, false, false, "", "", "", "", "./b:c"},
	    {"a", REL_GIT_LOCAL, false, false, "", "", "", "", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		struct rel_git_url url;

		if (rel_git_url_parse(&url, cases[i].location, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(url.transport, cases[i].transport);
		assert_int_equal(url.tls, cases[i].tls);
		assert_int_equal(url.scp, cases[i].scp);
		assert_true(rel_str_is(url.user, cases[i].user));
		assert_true(rel_str_is(url.password, cases[i].password));
		assert_true(rel_str_is(url.host, cases[i].host));
		assert_true(rel_str_is(url.port, cases[i].port));
		assert_true(rel_str_is(url.path, cases[i].path));
	}
}

static void test_refuse(void **state)
{
	static const char *const locations[] = {
	    "",
	    "ftp://example.org/a",
	    "https:///a",
	    "https://example.org:x/a",
	    "https://example.org:0/a",
	    "https://example.org:65536/a",
	    "https://[::1/a",
	    "https://[::1]x/a",
	    "ssh://-oProxyCommand=x/a",
	    "ssh://%2doProxyCommand=x/a",
	    "ssh://-x@example.org/a",
	    "-x@example.org:a",
	    "-x:a",
	    "example.org:-x",
	    "example.org:",
	    "ext::sh -c x",
	    "ssh://example.org/a\nb",
	    "ssh://example.org/a%0ab",
	    "file://example.org/a",
	    "file://localhost",
	    "-x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
		struct rel_error err = {0};
		struct rel_git_url url;

		if (rel_git_url_parse(&url, locations[i], &err) != REL_EUSAGE)
			fail_msg("taken: %s", locations[i]);
	}
}

static void test_redact(void **state)
{
	static const char *const pairs[][2] = {
	    {"https://example.org/a.git#b", "https://example.org/a.git#b"},
	    {"https://u:secret@example.org/a", "https://example.org/a"},
	    {"git+https://secret@example.org:1/a",
	     "git+https://example.org:1/a"},
	    {"https://u:se%40cret@example.org", "https://example.org"},
	    {"https://u:se@cret@example.org/a", "https://example.org/a"},
	    {"https://u:se/cret@example.org/a", "https://example.org/a"},
	    {"https://u:se#cret@example.org/a", "https://example.org/a"},
	    {"https://u@:se?cret@example.org/a", "https://example.org/a"},
	    {"https://example.org/a?token=secret#b", "https://example.org/a#b"},
	    {"https://example.org/@scope/a", "https://example.org/@scope/a"},
	    {"https://example.org:8443/@scope/a",
	     "https://example.org:8443/@scope/a"},
	    {"ssh://git@example.org/a", "ssh://git@example.org/a"},
	    {"ssh://git:secret@example.org/a", "ssh://git@example.org/a"},
	    {"git@example.org:a", "git@example.org:a"},
	    {"/a/b", "/a/b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct rel_buf out;

		rel_buf_init(&out, REL_KIB);
		assert_int_equal(rel_git_redact_url(&out, pairs[i][0]), 0);
		assert_string_equal(out.ptr, pairs[i][1]);
		rel_buf_free(&out);
	}
}

/* An error about a location does not show its password. */
static void test_error_is_redacted(void **state)
{
	struct rel_error err = {0};
	struct rel_git_url url;

	(void)state;
	assert_int_equal(
	    rel_git_url_parse(&url, "ftp://u:secret@example.org/", &err),
	    REL_EUSAGE);
	assert_null(strstr(err.text, "secret"));
	assert_int_equal(
	    rel_git_url_parse(&url, "https://u:se/cret@example.org/", &err),
	    REL_EUSAGE);
	assert_null(strstr(err.text, "cret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_refuse),
	    cmocka_unit_test(test_redact),
	    cmocka_unit_test(test_error_is_redacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
