#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void check(struct rel_str s, size_t len, uint32_t expected)
{
	uint32_t rune;

	assert_int_equal(rel_str_rune(s, 0, &rune), len);
	assert_int_equal(rune, expected);
}

static void test_rune(void **state)
{
	(void)state;
	check(REL_STR("a"), 1, 'a');
	check(REL_STR("\0"), 1, 0);
	check(REL_STR("\x7f"), 1, 0x7f);
	check(REL_STR("\xc2\x80"), 2, 0x80);
	check(REL_STR("\xdf\xbf"), 2, 0x7ff);
	check(REL_STR("\xe0\xa0\x80"), 3, 0x800);
	check(REL_STR("\xef\xbf\xbf"), 3, 0xffff);
	check(REL_STR("\xf0\x90\x80\x80"), 4, 0x10000);
	check(REL_STR("\xf4\x8f\xbf\xbf"), 4, 0x10ffff);
	check(REL_STR("\x80"), 1, REL_STR_NO_RUNE);
	check(REL_STR("\xc3"), 1, REL_STR_NO_RUNE);
	check(REL_STR("\xed\xa0\x80"), 1, REL_STR_NO_RUNE);
	check(REL_STR("\xf4\x90\x80\x80"), 1, REL_STR_NO_RUNE);
}

static void test_control(void **state)
{
	static const uint32_t controls[] = {0,	    0x1b,   0x7f,    0x9b,
					    0xad,   0x200b, 0x202e,  0x2028,
					    0x2066, 0xfeff, 0xe0041, 0xffff};
	static const uint32_t letters[] = {
	    ' ', 'a', '~', 0xa0, 0xe9, 0x2026, 0x2192, 0x4e2d, 0xfffd, 0x1f42b};

	(void)state;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		assert_true(rel_rune_is_control(controls[i]));
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		assert_false(rel_rune_is_control(letters[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rune),
	    cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
