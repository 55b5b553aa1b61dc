#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void test_cut(void **state)
{
	struct rel_str rest = REL_STR("a//b/");

	(void)state;
	assert_true(rel_str_is(rel_str_cut(&rest, '/'), "a"));
	assert_true(rel_str_is(rel_str_cut(&rest, '/'), ""));
	assert_true(rel_str_is(rel_str_cut(&rest, '/'), "b"));
	assert_non_null(rest.ptr);
	assert_true(rel_str_is(rel_str_cut(&rest, '/'), ""));
	assert_null(rest.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
