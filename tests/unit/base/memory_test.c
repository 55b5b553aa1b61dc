#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/array.h"

/* A hint: the content stays, so does errno, and no part of a page is too
 * small or askew. */
static void test_content_stays(void **state)
{
	enum { SIZE = 100000 };
	unsigned char *p = malloc(SIZE);

	(void)state;
	assert_non_null(p);
	memset(p, 0x5a, SIZE);
	errno = 7;
	rel_memory_populate(p, SIZE);
	rel_memory_populate(p + 1, SIZE - 1);
	rel_memory_populate(p + 3, 5);
	rel_memory_populate(p, 0);
	rel_memory_populate(NULL, 0);
	assert_int_equal(errno, 7);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(p[i], 0x5a);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_content_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
