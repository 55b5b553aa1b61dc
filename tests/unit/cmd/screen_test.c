/* What is put on the screen arrives whole, however long it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "cmd/screen.h"
#include "support/support.h"

/* More than any limit of base/limits.h for a text from outside. */
#define LONG (20 * REL_MIB)

static void test_long_text(void **state)
{
	char *dir = rel_test_dir_new(), *path = rel_test_text("%s/err", dir);
	char *text = malloc(LONG + 1), *got;
	int saved = dup(STDERR_FILENO), fd;
	struct rel_screen screen;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	text[0] = '\033';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && saved >= 0);
	rel_screen_init(&screen, false, false);
	dup2(fd, STDERR_FILENO);
	rel_screen_put(&screen, "%s\n", text);
	dup2(saved, STDERR_FILENO);
	rel_screen_free(&screen);
	got = rel_test_read(path, &len);
	/* "\x1b" takes four bytes instead of one; and the end of the line */
	assert_int_equal(len, LONG + 3 + 1);
	assert_memory_equal(got, "\\x1bxx", 6);
	assert_int_equal(got[len - 1], '\n');
	free(got);
	free(text);
	free(path);
	close(fd);
	close(saved);
	rel_test_dir_free(dir);
}

static void folds(const char *text, unsigned width, const char *wanted)
{
	char *copy = rel_test_text("%s", text);

	rel_screen_fold(copy, width);
	assert_string_equal(copy, wanted);
	free(copy);
}

static void test_fold(void **state)
{
	(void)state;
	folds("aa bb cc", 0, "aa bb cc");
	folds("aa bb cc", 8, "aa bb cc");
	folds("aa bb cc", 7, "aa bb\ncc");
	folds("aa bb cc", 5, "aa bb\ncc");
	folds("aa bb cc", 4, "aa\nbb\ncc");
	folds("aaaaaa bb cc", 5, "aaaaaa\nbb cc");
	folds("aa bbbbbbbb cc", 5, "aa\nbbbbbbbb\ncc");
	folds("a b\nc d e", 3, "a b\nc d\ne");
	folds("\xc3\xa9\xc3\xa9 bb c", 5, "\xc3\xa9\xc3\xa9 bb\nc");
	folds("", 5, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
