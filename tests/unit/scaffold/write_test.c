/* All files or none, whatever fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "scaffold/scaffold.h"
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

static struct rel_scaffold_file file(const char *path, const char *text)
{
	return (struct rel_scaffold_file){.path = path,
					  .text = rel_str_of(text)};
}

static void assert_content(const char *dir, const char *name,
			   const char *wanted)
{
	char *path = rel_test_text("%s/%s", dir, name);
	char *text = rel_test_read(path, NULL);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
	free(path);
}

static void test_all(void **state)
{
	struct rel_scaffold_plan plan = {
	    .files = {file("a/b/one", "1"), file("two", "2")}, .n_files = 2};
	struct rel_error err = {0};

	assert_int_equal(rel_scaffold_write(&plan, *state, false, &err), 0);
	assert_content(*state, "a/b/one", "1");
	assert_content(*state, "two", "2");
	/* no temporary file is left */
	assert_int_equal(rel_test_dir_count(*state), 2);
}

static void test_refused(void **state)
{
	struct rel_scaffold_plan plan = {
	    .files = {file("a/one", "1"), file("two", "2")}, .n_files = 2};
	struct rel_error err = {0};

	rel_test_write_text(*state, "two", "old");
	plan.files[1].exists = true;
	assert_int_equal(rel_scaffold_write(&plan, *state, false, &err),
			 REL_EEXISTS);
	assert_string_equal(err.path, "two");
	assert_int_equal(rel_test_dir_count(*state), 1);
	assert_content(*state, "two", "old");
	assert_int_equal(rel_scaffold_write(&plan, *state, true, &err), 0);
	assert_content(*state, "two", "2");
}

/* The place of the second file is below a file. */
static void test_prepare_fails(void **state)
{
	struct rel_scaffold_plan plan = {
	    .files = {file("a/one", "1"), file("two/three", "2")},
	    .n_files = 2};
	struct rel_error err = {0};

	rel_test_write_text(*state, "two", "old");
	assert_int_equal(rel_scaffold_write(&plan, *state, false, &err),
			 REL_EIO);
	assert_int_equal(rel_test_dir_count(*state), 1);
	assert_content(*state, "two", "old");
}

/* The third file's directory is made where the second file should go, so that
 * one cannot be put there any more. */
static void test_place_fails(void **state)
{
	struct rel_scaffold_plan plan = {.files = {file("a/one", "1"),
						   file("two", "2"),
						   file("two/three", "3")},
					 .n_files = 3};
	struct rel_error err = {0};

	assert_int_equal(rel_scaffold_write(&plan, *state, false, &err),
			 REL_EIO);
	assert_int_equal(rel_test_dir_count(*state), 0);

	/* a file that was replaced gets its content back */
	rel_test_write_text(*state, "a/one", "old");
	plan.files[0].exists = true;
	assert_int_equal(rel_scaffold_write(&plan, *state, true, &err),
			 REL_EIO);
	assert_int_equal(rel_test_dir_count(*state), 1);
	assert_content(*state, "a/one", "old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_prepare_fails, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_place_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
