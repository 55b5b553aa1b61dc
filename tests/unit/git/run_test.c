/* The installed git when it does not do as it should: a stand-in in PATH. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/run.h"
#include "support/shell.h"
#include "support/support.h"

/* A git with this body is fed a MiB. */
static int run_fed(const char *body, int *status, struct rel_error *err)
{
	const char *const args[] = {"update-index", "--stdin", NULL};
	char *dir = rel_test_dir_new(), *path = getenv("PATH"), *text;
	struct rel_git_run run;
	char *input = calloc(REL_MIB, 1);
	int rc;

	assert_non_null(input);
	rel_test_write_text(dir, "git", body);
	free(rel_test_sh("chmod +x %s/git", dir));
	text = rel_test_text("%s:%s", dir, path);
	path = rel_test_text("%s", path);
	setenv("PATH", text, 1);
	rel_git_run_init(&run, NULL, REL_MIB);
	run.input = (struct rel_str){input, REL_MIB};
	rc = rel_git_run(&run, args, err);
	*status = run.status;
	rel_git_run_free(&run);
	setenv("PATH", path, 1);
	rel_test_dir_free(dir);
	free(input);
	free(path);
	free(text);
	return rc;
}

static void test_all_read(void **state)
{
	struct rel_error err = {0};
	int status;

	(void)state;
	assert_int_equal(
	    run_fed("#!/bin/sh\nexec cat >/dev/null\n", &status, &err), 0);
	assert_int_equal(status, 0);
}

/* Half of what it was to do is no success, whatever it says. */
static void test_half_read(void **state)
{
	struct rel_error err = {0};
	int status;

	(void)state;
	assert_int_equal(
	    run_fed("#!/bin/sh\nhead -c 9 >/dev/null\nexit 0\n", &status, &err),
	    REL_EIO);
	assert_non_null(strstr(err.text, "cannot write to a child"));
}

/* Why it read no more is for git to tell. */
static void test_refused(void **state)
{
	struct rel_error err = {0};
	int status;

	(void)state;
	assert_int_equal(run_fed("#!/bin/sh\nhead -c 9 >/dev/null\n"
				 "echo no >&2\nexit 3\n",
				 &status, &err),
			 0);
	assert_int_equal(status, 3);
}

/* The words of git 2.39 about a repository of somebody else. */
static void test_words(void **state)
{
	struct rel_error err = {0};

	(void)state;
	rel_git_stderr_fail(
	    &err, "cannot fetch", NULL,
	    REL_STR("fatal: detected dubious ownership in repository at '/r'\n"
		    "To add an exception for this directory, call:\n\n"
		    "\tgit config --global --add safe.directory /r\n"));
	assert_string_equal(
	    err.text,
	    "cannot fetch: detected dubious ownership in repository at '/r'; "
	    "To add an exception for this directory, call: "
	    "git config --global --add safe.directory /r");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_read),
	    cmocka_unit_test(test_half_read),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_words),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
