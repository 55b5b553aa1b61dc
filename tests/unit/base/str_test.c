#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

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
	rest = REL_STR("");
	assert_int_equal(rel_str_cut(&rest, '/').len, 0);
	assert_null(rest.ptr);
	assert_null(rel_str_cut(&rest, '/').ptr);
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_cmp(void **state)
{
	static const struct {
		struct rel_str a, b;
		int order;
	} cases[] = {
	    {{"", 0}, {"", 0}, 0},	{{NULL, 0}, {"", 0}, 0},
	    {{"", 0}, {"a", 1}, -1},	{{"a", 1}, {"b", 1}, -1},
	    {{"a", 1}, {"ab", 2}, -1},	{{"a\0a", 3}, {"a\0b", 3}, -1},
	    {{"a", 1}, {"a\0", 2}, -1}, {{"a", 1}, {"\xc3\xa9", 2}, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(sign(rel_str_cmp(cases[i].a, cases[i].b)),
				 cases[i].order);
		assert_int_equal(sign(rel_str_cmp(cases[i].b, cases[i].a)),
				 -cases[i].order);
		assert_int_equal(rel_str_eq(cases[i].a, cases[i].b),
				 cases[i].order == 0);
	}
}

static void test_starts_and_ends(void **state)
{
	struct rel_str s = REL_STR("opam.1");

	(void)state;
	assert_true(rel_str_starts(s, REL_STR("opam")));
	assert_true(rel_str_starts(s, REL_STR("")));
	assert_true(rel_str_starts(s, s));
	assert_false(rel_str_starts(s, REL_STR("opam.12")));
	assert_false(rel_str_starts(s, REL_STR("pam")));
	assert_true(rel_str_ends(s, REL_STR(".1")));
	assert_true(rel_str_ends(s, REL_STR("")));
	assert_true(rel_str_ends(s, s));
	assert_false(rel_str_ends(s, REL_STR("xopam.1")));
	assert_false(rel_str_ends(s, REL_STR(".")));
	assert_true(rel_str_ends(rel_str_n(NULL, 0), rel_str_n(NULL, 0)));
}

static void test_find(void **state)
{
	struct rel_str s = REL_STR("a.b.c");

	(void)state;
	assert_int_equal(rel_str_find(s, '.'), 1);
	assert_int_equal(rel_str_rfind(s, '.'), 3);
	assert_int_equal(rel_str_find(s, 'x'), 5);
	assert_int_equal(rel_str_rfind(s, 'x'), 5);
	assert_int_equal(rel_str_find(rel_str_n("a\0b", 3), '\0'), 1);
	assert_int_equal(rel_str_find(rel_str_n(NULL, 0), 'a'), 0);
	assert_int_equal(rel_str_rfind(rel_str_n(NULL, 0), 'a'), 0);
}

static void test_sub(void **state)
{
	struct rel_str s = REL_STR("abcdef");

	(void)state;
	assert_true(rel_str_is(rel_str_sub(s, 1, 3), "bc"));
	assert_true(rel_str_is(rel_str_sub(s, 4, SIZE_MAX), "ef"));
	assert_true(rel_str_is(rel_str_sub(s, 9, 12), ""));
	assert_true(rel_str_is(rel_str_sub(s, 3, 1), ""));
	assert_int_equal(rel_str_sub(rel_str_n(NULL, 0), 1, 2).len, 0);
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(rel_str_is(rel_str_trim(REL_STR(" \t\r\na b\n ")), "a b"));
	assert_true(rel_str_is(rel_str_trim(REL_STR(" \n ")), ""));
	assert_true(rel_str_is(rel_str_trim(REL_STR("\va\f")), "\va\f"));
	assert_int_equal(rel_str_trim(rel_str_n(NULL, 0)).len, 0);
}

static void check_uint(const char *text, unsigned long max, bool good,
		       unsigned long expected)
{
	unsigned long value = 77;

	assert_int_equal(rel_str_to_uint(rel_str_of(text), max, &value), good);
	assert_true(value == (good ? expected : 77));
}

static void test_to_uint(void **state)
{
	(void)state;
	check_uint("0", 0, true, 0);
	check_uint("1", 0, false, 0);
	check_uint("007", 7, true, 7);
	check_uint("8", 7, false, 0);
	check_uint("65535", 65535, true, 65535);
	check_uint("65536", 65535, false, 0);
	check_uint("18446744073709551615", ULONG_MAX, true, ULONG_MAX);
	check_uint("18446744073709551616", ULONG_MAX, false, 0);
	check_uint("99999999999999999999999", ULONG_MAX, false, 0);
	check_uint("", 9, false, 0);
	check_uint("+1", 9, false, 0);
	check_uint("-1", 9, false, 0);
	check_uint(" 1", 9, false, 0);
	check_uint("1 ", 9, false, 0);
	check_uint("0x1", 99, false, 0);
}

static void test_printable_len(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(rel_str_printable_len(REL_STR("abc")), 3);
	assert_int_equal(rel_str_printable_len(rel_str_n("", SIZE_MAX)),
			 INT_MAX);
	snprintf(out, sizeof(out), "<%.*s>",
		 REL_STR_ARG(rel_str_n("abcdef", 2)));
	assert_string_equal(out, "<ab>");
}

/* The borders of table 3-7 of the Unicode Standard. */
static void test_utf8_good(void **state)
{
	static const char *const good[] = {
	    "",
	    "ascii only, more than eight bytes",
	    "\x7f",
	    "\xc2\x80",
	    "\xdf\xbf",
	    "\xe0\xa0\x80",
	    "\xec\xbf\xbf",
	    "\xed\x80\x80",
	    "\xed\x9f\xbf",
	    "\xee\x80\x80",
	    "\xef\xbf\xbf",
	    "\xf0\x90\x80\x80",
	    "\xf3\xbf\xbf\xbf",
	    "\xf4\x8f\xbf\xbf",
	    "12345678\xe2\x82\xac,12345678",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(rel_str_is_utf8(rel_str_of(good[i]), NULL));
	assert_true(rel_str_is_utf8(rel_str_n("a\0b", 3), NULL));
	assert_true(rel_str_is_utf8(rel_str_n(NULL, 0), NULL));
}

static void test_utf8_bad(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} bad[] = {
	    {"\x80", 0},
	    {"\xbf", 0},
	    {"\xc0\x80", 0},
	    {"\xc1\xbf", 0},
	    {"\xc2", 0},
	    {"\xc2\x7f", 0},
	    {"\xe0\x9f\xbf", 0},
	    {"\xed\xa0\x80", 0},
	    {"\xed\xbf\xbf", 0},
	    {"\xf0\x8f\xbf\xbf", 0},
	    {"\xf4\x90\x80\x80", 0},
	    {"\xf5\x80\x80\x80", 0},
	    {"\xff", 0},
	    {"a\xe2\x82", 1},
	    {"12345678ab\xe9", 10},
	    {"\xc3\xa9\xf0\x9f\x98", 2},
	    {"\xe2\x82z", 0},
	    {"\xf0\x9f\x98z", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t at = 99;

		assert_false(rel_str_is_utf8(rel_str_of(bad[i].text), &at));
		assert_int_equal(at, bad[i].at);
		assert_false(rel_str_is_utf8(rel_str_of(bad[i].text), NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_cmp),
	    cmocka_unit_test(test_starts_and_ends),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_sub),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_to_uint),
	    cmocka_unit_test(test_printable_len),
	    cmocka_unit_test(test_utf8_good),
	    cmocka_unit_test(test_utf8_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
