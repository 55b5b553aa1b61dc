/* The journal of a cut: kept whole through kills, damage is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "release/cut/journal.h"
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

static void test_round(void **state)
{
	const char *dir = *state;
	struct rel_error err = {0};
	struct rel_journal j;

	assert_int_equal(rel_journal_open(&j, dir, &err), 0);
	assert_false(j.found);
	assert_null(rel_journal_get(&j, "plan", "version"));
	assert_int_equal(
	    rel_journal_set(&j, "plan", "version", &err, "%s", "1.2~\"b\\"), 0);
	assert_int_equal(rel_journal_set(&j, "tag", "state", &err, "begun"), 0);
	assert_int_equal(
	    rel_journal_set(&j, "plan", "n\xc3\xa4me", &err, "# a: b"), 0);
	assert_int_equal(rel_journal_set(&j, "tag", "state", &err, "done"), 0);
	assert_int_equal(rel_journal_save(&j, &err), 0);
	rel_journal_close(&j);

	assert_int_equal(rel_journal_open(&j, dir, &err), 0);
	assert_true(j.found);
	assert_string_equal(rel_journal_get(&j, "plan", "version"),
			    "1.2~\"b\\");
	assert_string_equal(rel_journal_get(&j, "plan", "n\xc3\xa4me"),
			    "# a: b");
	assert_string_equal(rel_journal_get(&j, "tag", "state"), "done");
	assert_int_equal(rel_journal_remove(&j, &err), 0);
	rel_journal_close(&j);

	assert_int_equal(rel_journal_read(&j, dir, &err), 0);
	assert_false(j.found);
	rel_journal_close(&j);
}

static void test_refusals(void **state)
{
	const char *dir = *state;
	struct rel_error err = {0};
	struct rel_journal j, second;

	assert_int_equal(rel_journal_open(&j, dir, &err), 0);
	assert_int_equal(rel_journal_set(&j, "plan", "a", &err, "x\ny"),
			 REL_EUSAGE);
	assert_int_equal(rel_journal_open(&second, dir, &err), REL_EEXISTS);
	rel_journal_close(&second);
	rel_journal_close(&j);
	assert_int_equal(rel_journal_open(&second, dir, &err), 0);
	rel_journal_close(&second);
}

static const char *const damage[] = {
    "",
    "\n",
    "# sha256=\n",
    "schema: relctl.cut/1\nplan:\n  a: \"b\"\n",
    /* sha256sum of what stands before; of another version */
    "schema: relctl.cut/9\n# sha256="
    "2ca63ba21c3528d0c232112e27e56d291049a1dabf0b22759b849642f5da05b7\n",
};

static void test_damage(void **state)
{
	const char *dir = *state;

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct rel_error err = {0};
		struct rel_journal j;

		rel_test_write_text(dir, "journal.yml", damage[i]);
		assert_int_equal(rel_journal_open(&j, dir, &err), REL_EPARSE);
		assert_non_null(strstr(err.text, "the journal of a cut"));
		assert_non_null(strstr(err.path, "journal.yml"));
		rel_journal_close(&j);
	}
}

/* Set two keys to the same number for ever. */
static void write_for_ever(const char *dir)
{
	struct rel_journal j;

	if (rel_journal_open(&j, dir, NULL) != 0)
		_exit(1);
	for (unsigned i = 0;; i++) {
		if (rel_journal_set(&j, "a", "n", NULL, "%u", i) != 0 ||
		    rel_journal_set(&j, "b", "n", NULL, "%u", i) != 0 ||
		    rel_journal_save(&j, NULL) != 0)
			_exit(1);
	}
}

static void test_kills(void **state)
{
	const char *dir = *state;

	for (long round = 1; round <= 30; round++) {
		struct timespec pause = {0, 1000000L + round * 777777L};
		struct rel_error err = {0};
		struct rel_journal j;
		int status = 0;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			write_for_ever(dir);
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(rel_journal_open(&j, dir, &err), 0);
		if (j.found)
			assert_string_equal(rel_journal_get(&j, "a", "n"),
					    rel_journal_get(&j, "b", "n"));
		rel_journal_close(&j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kills, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
