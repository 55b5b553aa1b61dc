#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/intern.h"
#include "base/limits.h"

static void test_ids_in_order(void **state)
{
	struct rel_intern table;

	(void)state;
	rel_intern_init(&table, REL_MIB);
	assert_int_equal(rel_intern_find(&table, REL_STR("a")),
			 REL_STRING_NONE);
	assert_int_equal(rel_intern_add(&table, REL_STR("a")), 0);
	assert_int_equal(rel_intern_add(&table, REL_STR("")), 1);
	assert_int_equal(rel_intern_add(&table, rel_str_n("a\0", 2)), 2);
	assert_int_equal(rel_intern_add(&table, REL_STR("a")), 0);
	assert_int_equal(rel_intern_add(&table, rel_str_n(NULL, 0)), 1);
	assert_int_equal(table.count, 3);
	assert_int_equal(rel_intern_find(&table, rel_str_n("a\0", 2)), 2);
	assert_int_equal(rel_intern_find(&table, REL_STR("b")),
			 REL_STRING_NONE);
	assert_string_equal(rel_intern_get(&table, 0).ptr, "a");
	assert_int_equal(rel_intern_get(&table, 2).len, 2);
	rel_intern_free(&table);
	rel_intern_free(&table);
	rel_intern_free(NULL);
}

static struct rel_str name_of(char *out, size_t size, unsigned i)
{
	return rel_str_n(out,
			 (size_t)snprintf(out, size, "package-%u", i * 31));
}

static void test_growth(void **state)
{
	enum { N = 100000 };
	struct rel_intern table;
	const char *first;
	char name[32];

	(void)state;
	rel_intern_init(&table, 16 * REL_MIB);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(
		    rel_intern_add(&table, name_of(name, sizeof(name), i)), i);
	first = rel_intern_get(&table, 0).ptr;
	for (unsigned i = 0; i < N; i++) {
		struct rel_str s = name_of(name, sizeof(name), i);

		assert_int_equal(rel_intern_find(&table, s), i);
		assert_int_equal(rel_intern_add(&table, s), i);
		assert_true(rel_str_eq(rel_intern_get(&table, i), s));
	}
	assert_int_equal(table.count, N);
	assert_ptr_equal(rel_intern_get(&table, 0).ptr, first);
	assert_int_equal(table.n_slots & (table.n_slots - 1), 0);
	assert_true(table.n_slots > N && table.n_slots < 4 * N);
	rel_intern_free(&table);
}

static void test_text_outlives_argument(void **state)
{
	char text[] = "volatile";
	struct rel_intern table;

	(void)state;
	rel_intern_init(&table, REL_KIB);
	assert_int_equal(rel_intern_add(&table, rel_str_of(text)), 0);
	memset(text, 'x', sizeof(text) - 1);
	assert_string_equal(rel_intern_get(&table, 0).ptr, "volatile");
	rel_intern_free(&table);
}

static void test_over_the_cap(void **state)
{
	struct rel_intern table;

	(void)state;
	rel_intern_init(&table, 8);
	assert_int_equal(rel_intern_add(&table, REL_STR("1234567")), 0);
	assert_int_equal(rel_intern_add(&table, REL_STR("new")),
			 REL_STRING_NONE);
	assert_int_equal(rel_intern_find(&table, REL_STR("new")),
			 REL_STRING_NONE);
	assert_int_equal(rel_intern_add(&table, REL_STR("1234567")), 0);
	assert_int_equal(table.count, 1);
	rel_intern_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ids_in_order),
	    cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_text_outlives_argument),
	    cmocka_unit_test(test_over_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
