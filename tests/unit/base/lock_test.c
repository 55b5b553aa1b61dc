#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
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

/* Fork a process that holds the lock on `path` until it is killed or until
 * `ms` milliseconds have passed. */
static pid_t start_holder(const char *path, unsigned ms)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rel_lock lock;

		if (rel_lock_take(&lock, path, false, NULL) != 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		usleep(ms * 1000);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void test_free_lock(void **state)
{
	char *path = rel_test_text("%s/lock", *(char **)state);
	struct rel_lock lock, other;

	assert_int_equal(rel_lock_take(&lock, path, false, NULL), 0);
	assert_int_equal(rel_lock_take(&other, path, false, NULL), REL_EEXISTS);
	rel_lock_drop(&other);
	rel_lock_drop(&lock);
	rel_lock_drop(&lock);
	rel_lock_drop(NULL);
	assert_int_equal(rel_lock_take(&lock, path, true, NULL), 0);
	rel_lock_drop(&lock);
	free(path);
}

static void test_held_elsewhere(void **state)
{
	char *path = rel_test_text("%s/lock", *(char **)state);
	pid_t holder = start_holder(path, 60000);
	struct rel_error err = {0};
	struct rel_lock lock;

	assert_int_equal(rel_lock_take(&lock, path, false, &err), REL_EEXISTS);
	assert_string_equal(err.path, path);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(kill(holder, SIGKILL), 0);
	assert_true(waitpid(holder, NULL, 0) == holder);
	assert_int_equal(rel_lock_take(&lock, path, false, &err), 0);
	rel_lock_drop(&lock);
	free(path);
}

static void test_wait(void **state)
{
	char *path = rel_test_text("%s/lock", *(char **)state);
	pid_t holder = start_holder(path, 300);
	struct rel_lock lock;
	int status;

	assert_int_equal(rel_lock_take(&lock, path, true, NULL), 0);
	assert_true(waitpid(holder, &status, 0) == holder);
	assert_true(WIFEXITED(status));
	rel_lock_drop(&lock);
	free(path);
}

static void on_alarm(int number)
{
	(void)number;
}

static void test_wait_is_interrupted(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm}, before;
	char *path = rel_test_text("%s/lock", *(char **)state);
	pid_t holder = start_holder(path, 60000);
	struct rel_lock lock;

	sigaction(SIGALRM, &action, &before);
	alarm(1);
	assert_int_equal(rel_lock_take(&lock, path, true, NULL),
			 REL_ECANCELLED);
	sigaction(SIGALRM, &before, NULL);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	free(path);
}

/* A program we started and that outlives us must not keep our lock. */
static void test_not_inherited(void **state)
{
	static const char *const argv[] = {"sleep", "60", NULL};
	char *path = rel_test_text("%s/lock", *(char **)state);
	struct rel_process child;
	struct rel_lock lock;

	assert_int_equal(rel_lock_take(&lock, path, false, NULL), 0);
	assert_int_equal(rel_process_start(&child, argv, NULL, NULL, 0, NULL),
			 0);
	rel_lock_drop(&lock);
	assert_int_equal(rel_lock_take(&lock, path, false, NULL), 0);
	rel_lock_drop(&lock);
	rel_process_kill(&child);
	free(path);
}

static void test_failures(void **state)
{
	char *path = rel_test_text("%s/no/lock", *(char **)state);
	struct rel_error err = {0};
	struct rel_lock lock;

	assert_int_equal(rel_lock_take(&lock, path, false, &err),
			 REL_ENOTFOUND);
	assert_string_equal(err.path, path);
	assert_int_equal(rel_lock_take(&lock, *state, false, &err), REL_EIO);
	rel_lock_drop(&lock);
	free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_free_lock),     TEST(test_held_elsewhere),
	    TEST(test_wait),	      TEST(test_wait_is_interrupted),
	    TEST(test_not_inherited), TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
