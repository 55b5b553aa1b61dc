#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"

static void test_adds(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_KIB);
	assert_true(rel_str_is(rel_buf_str(&buf), ""));
	rel_buf_add(&buf, "a\0b", 3);
	rel_buf_add_str(&buf, REL_STR("-c"));
	rel_buf_add_cstr(&buf, "-d");
	rel_buf_add_char(&buf, '\0');
	rel_buf_printf(&buf, "%03d%s", 7, "!");
	rel_buf_add(&buf, NULL, 0);
	rel_buf_add_str(&buf, rel_str_n(NULL, 0));
	assert_int_equal(buf.len, 12);
	assert_memory_equal(buf.ptr,
			    "a\0b-c-d\0"
			    "007!",
			    13);
	assert_int_equal(rel_buf_status(&buf, "test", NULL), 0);
	rel_buf_free(&buf);
	rel_buf_free(NULL);
}

static void test_printf_grows(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_MIB);
	rel_buf_add_char(&buf, '<');
	assert_int_equal(rel_buf_printf(&buf, "%5000d", 42), 0);
	rel_buf_add_char(&buf, '>');
	assert_int_equal(buf.len, 5002);
	assert_int_equal(strspn(buf.ptr + 1, " "), 4998);
	assert_string_equal(buf.ptr + 4999, "42>");
	rel_buf_free(&buf);
}

static void test_cap_is_exact(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, 4);
	assert_int_equal(rel_buf_add_cstr(&buf, "abcd"), 0);
	assert_int_equal(rel_buf_add(&buf, NULL, 0), 0);
	assert_int_equal(rel_buf_printf(&buf, "%s", ""), 0);
	assert_int_equal(rel_buf_add_char(&buf, 'e'), REL_ELIMIT);
	assert_string_equal(buf.ptr, "abcd");
	rel_buf_clear(&buf);
	assert_int_equal(rel_buf_printf(&buf, "%d", 1234), 0);
	rel_buf_clear(&buf);
	assert_int_equal(rel_buf_printf(&buf, "%d", 12345), REL_ELIMIT);
	assert_string_equal(buf.ptr, "");
	rel_buf_free(&buf);
}

static void test_failure_sticks(void **state)
{
	struct rel_error err = {0};
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, 8);
	rel_buf_add_cstr(&buf, "12345");
	assert_int_equal(rel_buf_add_cstr(&buf, "6789"), REL_ELIMIT);
	assert_int_equal(rel_buf_add_char(&buf, 'x'), REL_ELIMIT);
	assert_int_equal(rel_buf_printf(&buf, "y"), REL_ELIMIT);
	assert_int_equal(rel_buf_reserve(&buf, 0), REL_ELIMIT);
	assert_true(rel_str_is(rel_buf_str(&buf), "12345"));
	assert_int_equal(buf.ptr[5], '\0');
	assert_int_equal(rel_buf_status(&buf, "answer", &err), REL_ELIMIT);
	assert_string_equal(err.text, "answer: more than 8 bytes");
	rel_buf_clear(&buf);
	assert_int_equal(rel_buf_status(&buf, "answer", &err), 0);
	assert_int_equal(rel_buf_add_cstr(&buf, "6789"), 0);
	assert_string_equal(buf.ptr, "6789");
	rel_buf_free(&buf);
}

static void test_overflow(void **state)
{
	struct rel_error err = {0};
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, SIZE_MAX);
	rel_buf_add_cstr(&buf, "abc");
	assert_int_equal(rel_buf_reserve(&buf, SIZE_MAX), REL_ELIMIT);
	rel_buf_clear(&buf);
	assert_int_equal(rel_buf_reserve(&buf, SIZE_MAX), REL_ENOMEM);
	assert_int_equal(rel_buf_status(&buf, "x", &err), REL_ENOMEM);
	assert_string_equal(err.text, "out of memory");
	rel_buf_free(&buf);
}

static void test_reserve(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, 5000);
	assert_int_equal(rel_buf_reserve(&buf, 5000), 0);
	memset(buf.ptr, 'z', 5000);
	buf.ptr[5000] = '\0';
	buf.len = 5000;
	assert_int_equal(rel_buf_add_char(&buf, 'z'), REL_ELIMIT);
	assert_int_equal(strlen(buf.ptr), 5000);
	rel_buf_free(&buf);
}

static void test_detach(void **state)
{
	struct rel_buf buf;
	size_t len = 99;
	char *text;

	(void)state;
	rel_buf_init(&buf, 100);
	text = rel_buf_detach(&buf, &len);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	free(text);
	rel_buf_add_cstr(&buf, "mine");
	text = rel_buf_detach(&buf, &len);
	assert_string_equal(text, "mine");
	assert_int_equal(len, 4);
	free(text);
	assert_int_equal(rel_buf_str(&buf).len, 0);
	rel_buf_add_cstr(&buf, "next");
	assert_string_equal(buf.ptr, "next");
	rel_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_adds),
	    cmocka_unit_test(test_printf_grows),
	    cmocka_unit_test(test_cap_is_exact),
	    cmocka_unit_test(test_failure_sticks),
	    cmocka_unit_test(test_overflow),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
