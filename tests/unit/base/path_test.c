#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/path.h"

static void check_join(const char *dir, const char *name, const char *expected)
{
	struct rel_buf buf;

	rel_buf_init(&buf, REL_KIB);
	assert_int_equal(rel_path_join(&buf, rel_str_of(dir), rel_str_of(name)),
			 0);
	assert_string_equal(buf.ptr, expected);
	rel_buf_free(&buf);
}

static void test_join(void **state)
{
	(void)state;
	check_join("a", "b", "a/b");
	check_join("a/", "b", "a/b");
	check_join("a", "/b", "a/b");
	check_join("a/", "//b/c", "a/b/c");
	check_join("/", "b", "/b");
	check_join("", "b", "b");
	check_join("", "/b", "/b");
}

static void set(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void check_cache(const char *xdg, const char *home, const char *expected)
{
	struct rel_error err = {0};
	struct rel_buf buf;
	int code;

	set("XDG_CACHE_HOME", xdg);
	set("HOME", home);
	rel_buf_init(&buf, REL_KIB);
	code = rel_path_cache(&buf, &err);
	if (expected) {
		assert_int_equal(code, 0);
		assert_string_equal(buf.ptr, expected);
	} else {
		assert_int_equal(code, REL_ENOTFOUND);
		assert_non_null(strstr(err.text, "XDG_CACHE_HOME"));
		assert_non_null(strstr(err.text, "HOME is set"));
	}
	rel_buf_free(&buf);
}

static void test_cache(void **state)
{
	struct rel_buf buf;

	(void)state;
	check_cache("/c", "/h", "/c/relctl");
	check_cache("/c/", NULL, "/c/relctl");
	check_cache(NULL, "/h", "/h/.cache/relctl");
	check_cache("", "/h", "/h/.cache/relctl");
	check_cache("relative", "/h", "/h/.cache/relctl");
	check_cache("relative", "also/relative", NULL);
	check_cache(NULL, "", NULL);
	check_cache(NULL, NULL, NULL);
	set("HOME", "/users/somebody");
	rel_buf_init(&buf, 10);
	assert_int_equal(rel_path_cache(&buf, NULL), REL_ELIMIT);
	rel_buf_free(&buf);
}

static void test_is_safe(void **state)
{
	static const char *const good[] = {"a", "a/b", "a..b/.c", "...",
					   "packages/x/x.1~beta+2/opam"};
	static const char *const bad[] = {"",	  ".",	  "..",	  "/",
					  "/a",	  "a/",	  "a//b", "a/./b",
					  "../a", "a/..", "a\\b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(rel_path_is_safe(rel_str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(rel_path_is_safe(rel_str_of(bad[i])));
	assert_false(rel_path_is_safe(rel_str_n("a\0b", 3)));
	assert_false(rel_path_is_safe(rel_str_n(NULL, 0)));
}

static void test_is_safe_depth(void **state)
{
	char path[2 * REL_LIMIT_TREE_DEPTH + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '/' : 'd';
	assert_true(
	    rel_path_is_safe(rel_str_n(path, 2 * REL_LIMIT_TREE_DEPTH - 1)));
	assert_false(
	    rel_path_is_safe(rel_str_n(path, 2 * REL_LIMIT_TREE_DEPTH + 1)));
}

static void test_base_and_dir(void **state)
{
	static const char *const cases[][3] = {
	    /* path, directory, base */
	    {"a/b/c", "a/b", "c"}, {"c", "", "c"}, {"/c", "", "c"},
	    {"a/", "a", ""},	   {"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_str path = rel_str_of(cases[i][0]);

		assert_true(rel_str_is(rel_path_dir(path), cases[i][1]));
		assert_true(rel_str_is(rel_path_base(path), cases[i][2]));
	}
}

static void test_is_below(void **state)
{
	(void)state;
	assert_true(rel_path_is_below("/a/b", "/a/b"));
	assert_true(rel_path_is_below("/a/b/c", "/a/b"));
	assert_true(rel_path_is_below("/a", "/"));
	assert_false(rel_path_is_below("/a/bc", "/a/b"));
	assert_false(rel_path_is_below("/a", "/a/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_join),
	    cmocka_unit_test(test_cache),
	    cmocka_unit_test(test_is_safe),
	    cmocka_unit_test(test_is_safe_depth),
	    cmocka_unit_test(test_base_and_dir),
	    cmocka_unit_test(test_is_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
