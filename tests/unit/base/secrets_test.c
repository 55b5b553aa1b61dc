/* The variables that may hold a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/secrets.h"

static void test_value(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("GH_TOKEN"), 0);
	assert_null(rel_secret_env("GH_TOKEN"));
	assert_int_equal(setenv("GH_TOKEN", "", 1), 0);
	assert_null(rel_secret_env("GH_TOKEN"));
	assert_int_equal(setenv("GH_TOKEN", "t", 1), 0);
	assert_string_equal(rel_secret_env("GH_TOKEN"), "t");
	assert_null(rel_secret_env(NULL));
}

/* Each of them can be asked for: what is read is in the list. */
static void test_list(void **state)
{
	size_t n = 0;

	(void)state;
	for (; rel_secret_variables[n]; n++) {
		assert_int_equal(setenv(rel_secret_variables[n], "s", 1), 0);
		assert_string_equal(rel_secret_env(rel_secret_variables[n]),
				    "s");
	}
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_value),
	    cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
