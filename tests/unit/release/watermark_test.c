#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/source/watermark.h"

static const struct rel_watermarks marks = {
    {{"foo", 3}, {"v1", 2}, {"1", 1}, {"c0", 2}}};
static struct rel_buf buf;

static const char *replace(const char *path, const char *text)
{
	struct rel_error err = {0};

	rel_buf_clear(&buf);
	if (rel_watermarks_replace(&buf, &marks, rel_str_of(path),
				   rel_str_of(text), &err))
		fail_msg("%s", err.text);
	return buf.ptr;
}

/* What `dune subst` of dune 2.9.3 makes of the same. */
static void test_replace(void **state)
{
	static const char *const pairs[][2] = {
	    {"a %%NAME%% b\n", "a foo b\n"},
	    {"%%VERSION%%", "v1"},
	    {"%%VERSION_NUM%%%%VCS_COMMIT_ID%%", "1c0"},
	    {"%%%NAME%%%", "%foo%"},
	    {"%%%%NAME%%%%", "%%foo%%"},
	    {"%%NAME%%NAME%%VERSION%%", "fooNAMEv1"},
	    {"%%NAM%%NAME%%", "%%NAMfoo"},
	    {"%%PKG_MAINTAINERS_XXXX%%NAME%%", "%%PKG_MAINTAINERS_XXXXfoo"},
	    {"%%_%%NAME%%VERSION%%%", "%%_fooVERSION%%%"},
	    {"%NAME% %%name%% %%NAME% %%NAME %%", "%NAME% %%name%% %%NAME% "
						  "%%NAME %%"},
	    {"%%UNKNOWN%%", "%%UNKNOWN%%"},
	    {"%%NAME", "%%NAME"},
	    {"%%", "%%"},
	    {"\xff%%NAME%%\xfe", "\xff"
				 "foo\xfe"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(replace("a.txt", pairs[i][0]), pairs[i][1]);
}

static void test_binary(void **state)
{
	struct rel_str nul = rel_str_n("a\0%%NAME%%", 10);

	(void)state;
	assert_string_equal(replace("b/a.png", "%%NAME%%"), "%%NAME%%");
	assert_string_equal(replace("a.woff", "%%NAME%%"), "%%NAME%%");
	assert_string_equal(replace("a.png/b", "%%NAME%%"), "foo");
	assert_string_equal(replace("a.PNG", "%%NAME%%"), "foo");
	rel_buf_clear(&buf);
	assert_int_equal(
	    rel_watermarks_replace(&buf, &marks, REL_STR("a.txt"), nul, NULL),
	    0);
	assert_true(rel_str_eq(rel_buf_str(&buf), nul));
}

static void test_unknown(void **state)
{
	struct rel_error err = {0};

	(void)state;
	rel_buf_clear(&buf);
	assert_int_equal(
	    rel_watermarks_replace(&buf, &marks, REL_STR("doc/a.txt"),
				   REL_STR("x\n%%NAME%%\n%%PKG_DOC%%"), &err),
	    REL_EUSAGE);
	assert_string_equal(err.path, "doc/a.txt");
	assert_int_equal(err.line, 3);
	assert_non_null(strstr(err.text, "%%PKG_DOC%%"));
	assert_non_null(strstr(err.text, "(documentation …)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_unknown),
	};
	int rc;

	rel_buf_init(&buf, REL_LIMIT_WATERMARK_BYTES);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rel_buf_free(&buf);
	return rc;
}
