#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

static void test_grows(void **state)
{
	uint32_t *items = NULL, cap = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(
		    rel_array_reserve(&items, &cap, i + 1, sizeof(*items)), 0);
		assert_true(cap > i);
		items[i] = i * 7;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i * 7);
	free(items);
}

static void test_enough_is_left_alone(void **state)
{
	char *items = NULL, *before;
	uint32_t cap = 0;

	(void)state;
	assert_int_equal(rel_array_reserve(&items, &cap, 0, 1), 0);
	assert_null(items);
	assert_int_equal(rel_array_reserve(&items, &cap, 100, 1), 0);
	assert_int_equal(cap, 100);
	before = items;
	assert_int_equal(rel_array_reserve(&items, &cap, 100, 1), 0);
	assert_ptr_equal(items, before);
	assert_int_equal(rel_array_reserve(&items, &cap, 101, 1), 0);
	assert_int_equal(cap, 200);
	free(items);
}

static void test_failures(void **state)
{
	char *items = NULL;
	uint32_t cap = 0;

	(void)state;
	assert_int_equal(
	    rel_array_reserve(&items, &cap, (uint64_t)UINT32_MAX + 1, 1),
	    REL_ELIMIT);
	assert_int_equal(rel_array_reserve(&items, &cap, UINT64_MAX, 1),
			 REL_ELIMIT);
	assert_int_equal(
	    rel_array_reserve(&items, &cap, UINT32_MAX, SIZE_MAX / 2),
	    REL_ENOMEM);
	assert_null(items);
	assert_int_equal(cap, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grows),
	    cmocka_unit_test(test_enough_is_left_alone),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
