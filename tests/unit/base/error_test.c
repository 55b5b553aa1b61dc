#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

static void test_fail(void **state)
{
	struct rel_error err = {.line = 3, .column = 4, .path = "old"};

	(void)state;
	assert_int_equal(rel_fail(&err, REL_EPARSE, "bad %s %d", "x", 5),
			 REL_EPARSE);
	assert_int_equal(err.code, REL_EPARSE);
	assert_string_equal(err.text, "bad x 5");
	assert_string_equal(err.path, "");
	assert_int_equal(err.line, 0);
	assert_int_equal(err.column, 0);
	assert_int_equal(rel_fail(NULL, REL_EIO, "nobody listens"), REL_EIO);
	assert_int_equal(rel_fail(&err, REL_EIO, "again: %s", err.text),
			 REL_EIO);
	assert_string_equal(err.text, "again: bad x 5");
}

static void test_one_clean_line(void **state)
{
	struct rel_error err = {0};

	(void)state;
	rel_fail(&err, REL_EIO, "a\nb\tc\x1b[31md\x7f");
	assert_string_equal(err.text, "a b c?[31md?");
	rel_error_prefix(&err, "x\ny");
	assert_string_equal(err.text, "x y: a b c?[31md?");
}

/* Whatever the length, the text fits, ends with the ellipsis and is UTF-8. */
static void test_long_text_is_cut(void **state)
{
	char text[REL_ERROR_TEXT_MAX + 20];
	struct rel_error err = {0};

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		size_t n = shift;

		memset(text, 'a', shift);
		for (; n + 2 < sizeof(text); n += 2)
			memcpy(text + n, "\xc3\xa9", 2);
		text[n] = '\0';
		rel_fail(&err, REL_EIO, "%s", text);
		n = strlen(err.text);
		assert_true(n < REL_ERROR_TEXT_MAX);
		assert_true(n >= REL_ERROR_TEXT_MAX - 5);
		assert_string_equal(err.text + n - 3, "\xe2\x80\xa6");
		assert_true(rel_str_is_utf8(rel_str_of(err.text), NULL));
		rel_error_prefix(&err, "prefix");
		assert_memory_equal(err.text, "prefix: ", 8);
		assert_true(rel_str_is_utf8(rel_str_of(err.text), NULL));
	}
	memset(text, 'b', REL_ERROR_TEXT_MAX - 1);
	text[REL_ERROR_TEXT_MAX - 1] = '\0';
	rel_fail(&err, REL_EIO, "%s", text);
	assert_string_equal(err.text, text);
}

static void test_errno(void **state)
{
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_fail_errno(&err, ENOENT, "/a/b", "cannot open"),
			 REL_ENOTFOUND);
	assert_string_equal(err.path, "/a/b");
	assert_string_equal(err.text, "cannot open: No such file or directory");
	assert_int_equal(rel_fail_errno(&err, EEXIST, err.path, "x"),
			 REL_EEXISTS);
	assert_string_equal(err.path, "/a/b");
	assert_int_equal(rel_fail_errno(&err, ENOMEM, NULL, "x"), REL_ENOMEM);
	assert_string_equal(err.path, "");
	assert_int_equal(rel_fail_errno(&err, ENOSPC, NULL, "x"), REL_EIO);
	assert_int_equal(rel_fail_errno(NULL, EACCES, "p", "x"), REL_EIO);
}

static void test_format(void **state)
{
	struct rel_error err = {0};
	char out[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX];

	(void)state;
	rel_fail(&err, REL_EPARSE, "unexpected ]");
	assert_int_equal(rel_error_format(&err, out, sizeof(out)), 12);
	assert_string_equal(out, "unexpected ]");
	rel_error_at(&err, "packages/x/opam", 0, 0);
	rel_error_format(&err, out, sizeof(out));
	assert_string_equal(out, "packages/x/opam: unexpected ]");
	rel_error_at(&err, NULL, 12, 0);
	rel_error_format(&err, out, sizeof(out));
	assert_string_equal(out, "packages/x/opam:12: unexpected ]");
	rel_error_at(&err, NULL, 12, 7);
	assert_int_equal(rel_error_format(&err, out, sizeof(out)), 34);
	assert_string_equal(out, "packages/x/opam:12:7: unexpected ]");
	assert_int_equal(rel_error_format(&err, out, 9), 8);
	assert_string_equal(out, "packages");
	assert_int_equal(rel_error_format(&err, out, 0), 0);
}

static void test_long_path_is_cut(void **state)
{
	char path[REL_ERROR_PATH_MAX + 10];
	struct rel_error err = {0};

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	rel_error_at(&err, path, 1, 1);
	assert_int_equal(strlen(err.path), REL_ERROR_PATH_MAX - 1);
	assert_string_equal(err.path + REL_ERROR_PATH_MAX - 4, "\xe2\x80\xa6");
	rel_error_at(NULL, path, 1, 1);
}

static void test_prefix(void **state)
{
	struct rel_error err = {0};

	(void)state;
	rel_fail(&err, REL_EIO, "timeout");
	rel_error_at(&err, "f", 1, 2);
	rel_error_prefix(&err, "fetching %s", "mirage-dev");
	assert_string_equal(err.text, "fetching mirage-dev: timeout");
	assert_int_equal(err.code, REL_EIO);
	assert_string_equal(err.path, "f");
	assert_int_equal(err.line, 1);
	rel_error_prefix(NULL, "nobody");
}

static void test_cancel(void **state)
{
	struct rel_cancel cancel = {0};
	struct rel_error err = {0};

	(void)state;
	assert_false(rel_cancelled(NULL));
	assert_false(rel_cancelled(&cancel));
	atomic_store(&cancel.signal, 2);
	assert_true(rel_cancelled(&cancel));
	assert_int_equal(rel_fail_cancelled(&err), REL_ECANCELLED);
	assert_string_equal(err.text, "interrupted");
	assert_int_equal(rel_fail_nomem(&err), REL_ENOMEM);
	assert_string_equal(err.text, "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fail),
	    cmocka_unit_test(test_one_clean_line),
	    cmocka_unit_test(test_long_text_is_cut),
	    cmocka_unit_test(test_errno),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_long_path_is_cut),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
