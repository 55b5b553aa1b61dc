/* Public addresses of raw files: those that the forges document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/address.h"

static void test_forges(void **state)
{
	static const char *const cases[][2] = {
	    {"https://github.com/mirage/mirage-dev.git",
	     "https://raw.githubusercontent.com/mirage/mirage-dev/main"},
	    {"git@github.com:mirage/mirage-dev.git",
	     "https://raw.githubusercontent.com/mirage/mirage-dev/main"},
	    {"ssh://git@github.com/mirage/mirage-dev",
	     "https://raw.githubusercontent.com/mirage/mirage-dev/main"},
	    {"https://user:secret@github.com/a/b/",
	     "https://raw.githubusercontent.com/a/b/main"},
	    {"https://gitlab.com/group/sub/project.git",
	     "https://gitlab.com/group/sub/project/-/raw/main"},
	    {"http://gitlab.example.org:8080/a/b.git",
	     "http://gitlab.example.org:8080/a/b/-/raw/main"},
	    {"ssh://git@gitlab.example.org:2222/a/b.git",
	     "https://gitlab.example.org/a/b/-/raw/main"},
	    {"https://codeberg.org/a/b",
	     "https://codeberg.org/a/b/raw/branch/main"},
	    {"git@forgejo.example.org:a/b.git",
	     "https://forgejo.example.org/a/b/raw/branch/main"},
	    {"https://bitbucket.org/a/b.git",
	     "https://bitbucket.org/a/b/raw/main"},
	    {"git@git.sr.ht:~a/b", "https://git.sr.ht/~a/b/blob/main"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		struct rel_buf out;

		rel_buf_init(&out, REL_KIB);
		if (rel_publish_raw_address(&out, cases[i][0], "main", &err))
			fail_msg("%s: %s", cases[i][0], err.text);
		assert_string_equal(out.ptr, cases[i][1]);
		rel_buf_free(&out);
	}
}

static void test_unknown(void **state)
{
	static const char *const cases[] = {
	    "https://git.example.org/a/b.git", "https://github.com/a",
	    "/srv/git/a.git", "git@githubs.com:a/b.git"};
	struct rel_error err = {0};
	struct rel_buf out;

	(void)state;
	rel_buf_init(&out, REL_KIB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    rel_publish_raw_address(&out, cases[i], "main", &err),
		    REL_ENOTFOUND);
	assert_int_equal(out.len, 0);
	assert_int_equal(rel_publish_raw_address(&out, "https://github.com/a/b",
						 "v/1 #?%", &err),
			 0);
	assert_string_equal(
	    out.ptr, "https://raw.githubusercontent.com/a/b/v/1%20%23%3F%25");
	rel_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forges),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
