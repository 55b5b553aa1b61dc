#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "base/nearest.h"

static unsigned slips(const char *a, const char *b)
{
	unsigned there = rel_slips(rel_str_of(a), rel_str_of(b));

	assert_int_equal(there, rel_slips(rel_str_of(b), rel_str_of(a)));
	return there;
}

static void test_slips(void **state)
{
	(void)state;
	assert_int_equal(slips("", ""), 0);
	assert_int_equal(slips("", "abc"), 3);
	assert_int_equal(slips("role", "role"), 0);
	assert_int_equal(slips("rol", "role"), 1);
	assert_int_equal(slips("rule", "role"), 1);
	assert_int_equal(slips("rloe", "role"), 1);
	assert_int_equal(slips("kitten", "sitting"), 3);
	/* restricted: no letter is moved twice */
	assert_int_equal(slips("ca", "abc"), 3);
	assert_int_equal(
	    slips("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a"),
	    UINT_MAX);
}

static void test_nearest(void **state)
{
	static const char *const words[] = {"remotes", "release", "publish"};

	(void)state;
	assert_string_equal(rel_nearest(REL_STR("remote"), words, 3),
			    "remotes");
	assert_string_equal(rel_nearest(REL_STR("relaese"), words, 3),
			    "release");
	assert_null(rel_nearest(REL_STR("targets"), words, 3));
	assert_null(rel_nearest(REL_STR(""), words, 3));
	assert_null(rel_nearest(REL_STR("remotes"), words, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slips),
	    cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
