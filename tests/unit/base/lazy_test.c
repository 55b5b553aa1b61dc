#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those first */
#include <cmocka.h>

#include "base/lazy.h"

/* Every system with glibc has this one. */
#define LIBRARY "libm.so.6"

static double (*root)(double);
static void (*nothing)(void);

static void test_loads_once(void **state)
{
	const struct rel_lazy_symbol symbols[] = {{"sqrt", &root}};
	struct rel_lazy lazy = {LIBRARY, symbols, 1, PTHREAD_MUTEX_INITIALIZER,
				false};
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_lazy_load(&lazy, &err), 0);
	assert_true(root(16.0) == 4.0);
	root = NULL;
	assert_int_equal(rel_lazy_load(&lazy, &err), 0);
	assert_null(root);
}

static void test_missing(void **state)
{
	const struct rel_lazy_symbol symbols[] = {
	    {"no_such_function", &nothing}};
	struct rel_lazy none = {"libnone.so.0", symbols, 1,
				PTHREAD_MUTEX_INITIALIZER, false};
	struct rel_lazy lacking = {LIBRARY, symbols, 1,
				   PTHREAD_MUTEX_INITIALIZER, false};
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_lazy_load(&none, &err), REL_EIO);
	assert_non_null(strstr(err.text, "libnone.so.0"));
	assert_int_equal(rel_lazy_load(&lacking, &err), REL_EIO);
	assert_non_null(strstr(err.text, "no_such_function"));
	/* and again: it is not taken for loaded */
	assert_int_equal(rel_lazy_load(&lacking, &err), REL_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_loads_once),
	    cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
