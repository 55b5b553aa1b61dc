#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "report/fold.h"

static void check_fold(const char *line, unsigned width, const char *expected)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_fold(&out, rel_str_of(line), width, 1, 3), 0);
	assert_string_equal(out.ptr, expected);
	rel_buf_free(&out);
}

static void test_fold(void **state)
{
	(void)state;
	check_fold("one two three", 0, " one two three\n");
	check_fold("one two three", 8, " one two\n   three\n");
	check_fold("one two three", 7, " one\n   two\n   three\n");
	check_fold("overlong word", 4, " overlong\n   word\n");
	check_fold("\xc3\xa9\xc3\xa9\xc3\xa9 b", 6, " ééé b\n");
	check_fold("\x1b[1mone\x1b[0m two", 8, " \x1b[1mone\x1b[0m two\n");
	check_fold("", 80, " \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
