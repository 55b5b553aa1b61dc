#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "support/support.h"

static int setup(void **state)
{
	*state = rel_test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	rel_test_dir_free(*state);
	return 0;
}

static void test_read(void **state)
{
	struct rel_error err = {0};
	struct rel_buf buf;
	char *path = rel_test_text("%s/sub/f", *(char **)state);

	rel_test_write(*state, "sub/f", "a\0b\n", 4);
	rel_buf_init(&buf, REL_KIB);
	rel_buf_add_cstr(&buf, "before:");
	assert_int_equal(rel_file_read(&buf, path, &err), 0);
	assert_int_equal(buf.len, 11);
	assert_memory_equal(buf.ptr, "before:a\0b\n", 12);
	rel_buf_free(&buf);
	free(path);
}

static void test_read_large(void **state)
{
	enum { SIZE = 300001 };
	char *path = rel_test_text("%s/f", *(char **)state);
	char *text = malloc(SIZE);
	struct rel_buf buf;

	assert_non_null(text);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)(i * 7);
	rel_test_write(*state, "f", text, SIZE);
	rel_buf_init(&buf, SIZE);
	assert_int_equal(rel_file_read(&buf, path, NULL), 0);
	assert_int_equal(buf.len, SIZE);
	assert_memory_equal(buf.ptr, text, SIZE);
	rel_buf_free(&buf);
	free(text);
	free(path);
}

static void check_read_failure(const char *path, size_t max, int expected)
{
	struct rel_error err = {0};
	struct rel_buf buf;

	rel_buf_init(&buf, max);
	rel_buf_add_cstr(&buf, "kept");
	assert_int_equal(rel_file_read(&buf, path, &err), expected);
	assert_int_equal(err.code, expected);
	assert_string_equal(err.path, path);
	assert_string_equal(buf.ptr, "kept");
	assert_int_equal(buf.status, 0);
	rel_buf_free(&buf);
}

static void test_read_failures(void **state)
{
	char *missing = rel_test_text("%s/missing", *(char **)state);
	char *five = rel_test_text("%s/five", *(char **)state);
	char *fifo = rel_test_text("%s/fifo", *(char **)state);

	rel_test_write_text(*state, "five", "12345");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	check_read_failure(missing, 100, REL_ENOTFOUND);
	check_read_failure(*state, 100, REL_EIO);
	check_read_failure("/dev/zero", 100, REL_EIO);
	check_read_failure(five, 8, REL_ELIMIT);
	alarm(10);
	check_read_failure(fifo, 100, REL_EIO);
	alarm(0);
	free(missing);
	free(five);
	free(fifo);
}

/* Files of /proc have size 0 and yet content. */
static void test_read_unknown_size(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_MIB);
	if (access("/proc/self/status", R_OK) != 0)
		skip();
	assert_int_equal(rel_file_read(&buf, "/proc/self/status", NULL), 0);
	assert_memory_equal(buf.ptr, "Name:", 5);
	assert_int_equal(buf.ptr[buf.len - 1], '\n');
	rel_buf_free(&buf);
	check_read_failure("/proc/self/status", 20, REL_ELIMIT);
}

static void test_map(void **state)
{
	char *path = rel_test_text("%s/f", *(char **)state);
	char *empty = rel_test_text("%s/empty", *(char **)state);
	struct rel_map map;

	rel_test_write(*state, "f", "x\0y", 3);
	rel_test_write(*state, "empty", "", 0);
	assert_int_equal(rel_map_open(&map, path, NULL), 0);
	assert_int_equal(map.len, 3);
	assert_memory_equal(map.ptr, "x\0y", 3);
	rel_map_close(&map);
	assert_null(map.ptr);
	rel_map_close(&map);
	assert_int_equal(rel_map_open(&map, empty, NULL), 0);
	assert_null(map.ptr);
	assert_int_equal(map.len, 0);
	rel_map_close(&map);
	assert_int_equal(rel_map_open(&map, "/nonexistent", NULL),
			 REL_ENOTFOUND);
	assert_int_equal(rel_map_open(&map, *state, NULL), REL_EIO);
	rel_map_close(NULL);
	free(path);
	free(empty);
}

static void check_mkdirs(const char *dir, const char *name, int expected)
{
	char *path = rel_test_text("%s/%s", dir, name);
	struct rel_error err = {0};
	struct stat st;

	assert_int_equal(rel_mkdirs(path, &err), expected);
	if (expected == 0) {
		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
	} else {
		assert_string_equal(err.path, path);
	}
	free(path);
}

static void test_mkdirs(void **state)
{
	const char *dir = *state;

	check_mkdirs(dir, "a/b/c", 0);
	check_mkdirs(dir, "a/b/c", 0);
	check_mkdirs(dir, "a//b/../d/", 0);
	check_mkdirs(dir, "", 0);
	rel_test_write_text(dir, "file", "");
	check_mkdirs(dir, "file", REL_EIO);
	check_mkdirs(dir, "file/below", REL_EIO);
	assert_int_equal(rel_mkdirs("/", NULL), 0);
	assert_int_equal(rel_mkdirs("", NULL), REL_ENOTFOUND);
}

static void test_mkdirs_relative_and_mode(void **state)
{
	mode_t before = umask(027);
	struct stat st;

	assert_int_equal(chdir(*state), 0);
	assert_int_equal(rel_mkdirs("r/s", NULL), 0);
	umask(before);
	assert_int_equal(stat("r/s", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(chdir("/"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_read),
	    TEST(test_read_large),
	    TEST(test_read_failures),
	    TEST(test_read_unknown_size),
	    TEST(test_map),
	    TEST(test_mkdirs),
	    TEST(test_mkdirs_relative_and_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
