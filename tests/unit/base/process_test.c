#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "support/support.h"

#define LARGE (10 * REL_MIB)

struct result {
	struct rel_buf out, diagnostics;
	int status;
	struct rel_error err;
};

static void result_init(struct result *result)
{
	*result = (struct result){.status = -1};
	rel_buf_init(&result->out, 2 * LARGE);
	rel_buf_init(&result->diagnostics, 2 * LARGE);
}

static void result_free(struct result *result)
{
	rel_buf_free(&result->out);
	rel_buf_free(&result->diagnostics);
}

/* Run a script of the POSIX shell with everything collected. */
static int run_script(struct result *result, const char *script,
		      struct rel_str input)
{
	const char *const argv[] = {"sh", "-c", script, NULL};

	return rel_process_run(argv, NULL, NULL, input, &result->out,
			       &result->diagnostics, &result->status, NULL,
			       &result->err);
}

static const struct rel_str no_input = {"", 0};

static void test_streams_and_status(void **state)
{
	struct result r;

	(void)state;
	result_init(&r);
	assert_int_equal(run_script(&r,
				    "tr a-z A-Z; printf 'oops\\0' >&2; exit 7",
				    REL_STR("in\0put")),
			 0);
	assert_int_equal(r.status, 7);
	assert_true(rel_str_eq(rel_buf_str(&r.out), rel_str_n("IN\0PUT", 6)));
	assert_true(
	    rel_str_eq(rel_buf_str(&r.diagnostics), rel_str_n("oops\0", 5)));
	result_free(&r);
}

static void test_killed_by_signal(void **state)
{
	struct result r;

	(void)state;
	result_init(&r);
	assert_int_equal(run_script(&r, "kill -KILL $$", no_input), 0);
	assert_int_equal(r.status, 128 + SIGKILL);
	result_free(&r);
}

/* Each of the three pipes is many times full. */
static void test_no_deadlock(void **state)
{
	static const char *const argv[] = {"tee", "/dev/stderr", NULL};
	char *input = malloc(LARGE);
	struct result r;

	(void)state;
	assert_non_null(input);
	for (size_t i = 0; i < LARGE; i++)
		input[i] = (char)(i * 31 + i / 4096);
	result_init(&r);
	assert_int_equal(
	    rel_process_run(argv, NULL, NULL, rel_str_n(input, LARGE), &r.out,
			    &r.diagnostics, &r.status, NULL, &r.err),
	    0);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.out.len, LARGE);
	assert_memory_equal(r.out.ptr, input, LARGE);
	assert_int_equal(r.diagnostics.len, LARGE);
	assert_memory_equal(r.diagnostics.ptr, input, LARGE);
	result_free(&r);
	free(input);
}

static void test_one_stream_after_the_other(void **state)
{
	struct result r;

	(void)state;
	result_init(&r);
	assert_int_equal(run_script(&r,
				    "head -c 10485760 /dev/zero >&2;"
				    "head -c 10485760 /dev/zero",
				    no_input),
			 0);
	assert_int_equal(r.out.len, LARGE);
	assert_int_equal(r.diagnostics.len, LARGE);
	result_free(&r);
}

/* SIGPIPE has its default action here: it would end the test. */
static void test_input_not_wanted(void **state)
{
	char *input = calloc(1, LARGE);
	sigset_t pending;
	struct result r;

	(void)state;
	assert_non_null(input);
	result_init(&r);
	assert_int_equal(run_script(&r, "exit 3", rel_str_n(input, LARGE)), 0);
	assert_int_equal(r.status, 3);
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	result_free(&r);
	free(input);
}

/* A child that closes its outputs still gets all its input. */
static void test_input_after_output(void **state)
{
	char *dir = rel_test_dir_new(), *path = rel_test_text("%s/f", dir);
	char *script = rel_test_text("exec >'%s' 2>&1; sleep 0.2; cat", path);
	char *input = calloc(1, LARGE), *written;
	struct result r;
	size_t len = 0;

	(void)state;
	assert_non_null(input);
	result_init(&r);
	assert_int_equal(run_script(&r, script, rel_str_n(input, LARGE)), 0);
	assert_int_equal(r.status, 0);
	written = rel_test_read(path, &len);
	assert_int_equal(len, LARGE);
	result_free(&r);
	free(written);
	free(input);
	free(script);
	free(path);
	rel_test_dir_free(dir);
}

static void test_output_discarded(void **state)
{
	static const char *const argv[] = {"sh", "-c", "yes | head -c 300000",
					   NULL};
	int status = -1;

	(void)state;
	assert_int_equal(rel_process_run(argv, NULL, NULL, no_input, NULL, NULL,
					 &status, NULL, NULL),
			 0);
	assert_int_equal(status, 0);
}

static void check_not_started(const char *program, const char *cwd,
			      int expected, const char *text)
{
	const char *const argv[] = {program, NULL};
	struct rel_process process;
	struct rel_error err = {0};

	assert_int_equal(rel_process_start(&process, argv, cwd, NULL, 0, &err),
			 expected);
	assert_non_null(strstr(err.text, text));
	assert_int_equal(process.pid, -1);
	assert_int_equal(process.in, -1);
	rel_process_kill(&process);
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

static void test_not_started(void **state)
{
	char *dir = rel_test_dir_new();
	char *plain = rel_test_text("%s/plain", dir);
	char *bare = rel_test_text("%s/bare", dir);

	(void)state;
	rel_test_write_text(dir, "plain", "echo never\n");
	rel_test_write_text(dir, "bare", "echo never\n");
	assert_int_equal(chmod(plain, 0644), 0);
	assert_int_equal(chmod(bare, 0755), 0);
	check_not_started("relctl-no-such-program", NULL, REL_ENOTFOUND,
			  "relctl-no-such-program: No such file");
	check_not_started("/nonexistent/program", NULL, REL_ENOTFOUND,
			  "cannot run");
	check_not_started(plain, NULL, REL_EIO, "Permission denied");
	/* Without "#!" it is no program; no shell is tried. */
	check_not_started(bare, NULL, REL_EIO, "Exec format error");
	check_not_started("true", "/nonexistent", REL_ENOTFOUND,
			  "working directory");
	check_not_started("true", plain, REL_EIO, "Not a directory");
	free(plain);
	free(bare);
	rel_test_dir_free(dir);
}

/* A directory is no program, whoever may enter it. */
static void test_exists(void **state)
{
	(void)state;
	assert_true(rel_process_exists("sh"));
	assert_true(rel_process_exists("/bin/sh"));
	assert_false(rel_process_exists("no-such-program"));
	assert_false(rel_process_exists("/"));
	assert_false(rel_process_exists("/etc/passwd"));
}

static void test_cwd(void **state)
{
	static const char *const argv[] = {"pwd", "-P", NULL};
	char *dir = rel_test_dir_new();
	struct result r;

	(void)state;
	result_init(&r);
	assert_int_equal(rel_process_run(argv, dir, NULL, no_input, &r.out,
					 NULL, &r.status, NULL, &r.err),
			 0);
	assert_true(
	    rel_str_eq(rel_str_trim(rel_buf_str(&r.out)), rel_str_of(dir)));
	result_free(&r);
	rel_test_dir_free(dir);
}

static void test_env(void **state)
{
	static const char *const env[] = {"REL_NEW=n=1", "REL_OLD=changed",
					  "REL_GONE", "REL_NEVER", NULL};
	static const char *const argv[] = {
	    "sh", "-c",
	    "echo \"$REL_NEW,$REL_OLD,${REL_GONE-unset},$REL_GONE2\"", NULL};
	struct result r;

	(void)state;
	setenv("REL_OLD", "old", 1);
	setenv("REL_GONE", "old", 1);
	setenv("REL_GONE2", "kept", 1);
	result_init(&r);
	assert_int_equal(rel_process_run(argv, NULL, env, no_input, &r.out,
					 NULL, &r.status, NULL, &r.err),
			 0);
	assert_string_equal(r.out.ptr, "n=1,changed,unset,kept\n");
	assert_string_equal(getenv("REL_OLD"), "old");
	result_free(&r);
}

static void test_output_over_the_cap(void **state)
{
	static const char *const argv[] = {"yes", NULL};
	struct result r;

	(void)state;
	result_init(&r);
	r.out.max = REL_MIB;
	alarm(30);
	assert_int_equal(rel_process_run(argv, NULL, NULL, no_input, &r.out,
					 NULL, &r.status, NULL, &r.err),
			 REL_ELIMIT);
	alarm(0);
	assert_string_equal(r.err.text,
			    "output of: yes: more than 1048576 bytes");
	assert_true(r.out.len <= REL_MIB);
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	result_free(&r);
}

static void test_diagnostics_over_the_cap(void **state)
{
	struct result r;

	(void)state;
	result_init(&r);
	r.diagnostics.max = 1000;
	assert_int_equal(run_script(&r, "exec yes >&2", no_input), REL_ELIMIT);
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	result_free(&r);
}

static void *cancel_soon(void *arg)
{
	struct rel_cancel *cancel = arg;

	usleep(200000);
	atomic_store(&cancel->signal, SIGINT);
	return NULL;
}

static void test_cancel(void **state)
{
	static const char *const argv[] = {"sleep", "60", NULL};
	struct rel_cancel cancel = {0};
	pthread_t thread;
	struct result r;

	(void)state;
	result_init(&r);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel),
			 0);
	alarm(30);
	assert_int_equal(rel_process_run(argv, NULL, NULL, no_input, &r.out,
					 NULL, &r.status, &cancel, &r.err),
			 REL_ECANCELLED);
	alarm(0);
	pthread_join(thread, NULL);
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	result_free(&r);
}

static void test_kill_the_stubborn(void **state)
{
	static const char *const argv[] = {
	    "sh", "-c", "trap '' TERM; echo ready; exec sleep 60", NULL};
	struct rel_process process;
	char line[8];

	(void)state;
	assert_int_equal(rel_process_start(&process, argv, NULL, NULL,
					   REL_PROCESS_STDERR_NULL, NULL),
			 0);
	assert_int_equal(read(process.out, line, sizeof(line)), 6);
	alarm(30);
	rel_process_kill(&process);
	alarm(0);
	assert_int_equal(process.pid, -1);
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	rel_process_kill(&process);
}

static void test_by_hand(void **state)
{
	static const char *const argv[] = {
	    "sh", "-c", "read line; echo \"got $line\"; echo e >&2; exit 5",
	    NULL};
	struct rel_process process;
	char line[16] = "", diagnostics[16] = "";
	int status;

	(void)state;
	assert_int_equal(rel_process_start(&process, argv, NULL, NULL,
					   REL_PROCESS_STDERR_PIPE, NULL),
			 0);
	assert_int_equal(write(process.in, "it\n", 3), 3);
	assert_int_equal(read(process.out, line, sizeof(line) - 1), 7);
	assert_string_equal(line, "got it\n");
	assert_int_equal(read(process.err, diagnostics, 15), 2);
	assert_int_equal(rel_process_wait(&process, &status, NULL), 0);
	assert_int_equal(status, 5);
	assert_int_equal(process.pid, -1);
	assert_int_equal(process.out, -1);
}

/* What a child finds open.  Numbers as such prove nothing: whoever started the
 * test may have left some open. */
static void list_open(struct result *result)
{
	result_init(result);
	assert_int_equal(run_script(result,
				    "for fd in /proc/$$/fd/*; do "
				    "case $(readlink $fd) in "
				    "pipe:*|*/lock|*/.relctl-*) "
				    "printf '%s ' ${fd##*/};; esac; done",
				    no_input),
			 0);
}

/* Neither pipes of other children, nor locks, nor files being written. */
static void test_nothing_inherited(void **state)
{
	static const char *const cat[] = {"cat", NULL};
	char *dir = rel_test_dir_new();
	char *lock_path = rel_test_text("%s/lock", dir);
	char *file_path = rel_test_text("%s/file", dir);
	struct rel_atomic_file file;
	struct rel_process other;
	struct result before, after;
	struct rel_lock lock;

	(void)state;
	if (access("/proc/self/fd", R_OK) != 0)
		skip();
	list_open(&before);
	assert_non_null(strstr(before.out.ptr, "0 1 2 "));
	assert_int_equal(rel_process_start(&other, cat, NULL, NULL, 0, NULL),
			 0);
	assert_int_equal(rel_lock_take(&lock, lock_path, false, NULL), 0);
	assert_int_equal(rel_atomic_open(&file, file_path, NULL), 0);
	list_open(&after);
	assert_string_equal(before.out.ptr, after.out.ptr);
	rel_atomic_abort(&file);
	rel_lock_drop(&lock);
	rel_process_kill(&other);
	result_free(&before);
	result_free(&after);
	free(lock_path);
	free(file_path);
	rel_test_dir_free(dir);
}

/* What the parent ignores or blocks is not the child's business. */
/* Whoever starts a child and is killed takes it along. */
static void test_no_orphan(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo $$; exec sleep 600",
				    NULL};
	char text[32] = "";
	int ends[2], left = 500;
	pid_t victim, child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	victim = fork();
	if (victim == 0) {
		struct rel_process process;
		ssize_t n;

		if (rel_process_start(&process, argv, NULL, NULL, 0, NULL) < 0)
			_exit(1);
		n = read(process.out, text, sizeof(text));
		if (n <= 0 || write(ends[1], text, (size_t)n) != n)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	child = (pid_t)strtol(text, NULL, 10);
	assert_true(child > 1);
	assert_int_equal(kill(child, 0), 0);
	kill(victim, SIGKILL);
	assert_int_equal(waitpid(victim, NULL, 0), victim);
	/* Where nobody reaps orphans it stays as a zombie. */
	while (left-- > 0) {
		char path[64], *stat_text;
		bool gone;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		stat_text = rel_test_read(path, NULL);
		gone = stat_text == NULL || strstr(stat_text, ") Z ") != NULL;
		free(stat_text);
		if (gone)
			break;
		usleep(10000);
	}
	assert_true(left > 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_signals_are_reset(void **state)
{
	sigset_t term, before;
	struct result r;

	(void)state;
	result_init(&r);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &term, &before), 0);
	assert_int_equal(run_script(&r, "kill -PIPE $$; exit 1", no_input), 0);
	assert_int_equal(r.status, 128 + SIGPIPE);
	assert_int_equal(run_script(&r, "kill -TERM $$; exit 1", no_input), 0);
	assert_int_equal(r.status, 128 + SIGTERM);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	result_free(&r);
}

/* Our pipes get the numbers 0, 1 and 2 when those are closed. */
static void test_closed_standard_streams(void **state)
{
	static const char *const argv[] = {"cat", NULL};
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rel_buf out, diagnostics;

		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		rel_buf_init(&out, 100);
		rel_buf_init(&diagnostics, 100);
		if (rel_process_run(argv, NULL, NULL, REL_STR("text"), &out,
				    &diagnostics, &status, NULL, NULL) != 0)
			_exit(2);
		if (status != 0)
			_exit(3);
		_exit(rel_str_is(rel_buf_str(&out), "text") ? 0 : 4);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_streams_and_status),
	    cmocka_unit_test(test_killed_by_signal),
	    cmocka_unit_test(test_no_deadlock),
	    cmocka_unit_test(test_one_stream_after_the_other),
	    cmocka_unit_test(test_input_not_wanted),
	    cmocka_unit_test(test_input_after_output),
	    cmocka_unit_test(test_output_discarded),
	    cmocka_unit_test(test_not_started),
	    cmocka_unit_test(test_exists),
	    cmocka_unit_test(test_cwd),
	    cmocka_unit_test(test_env),
	    cmocka_unit_test(test_output_over_the_cap),
	    cmocka_unit_test(test_diagnostics_over_the_cap),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_kill_the_stubborn),
	    cmocka_unit_test(test_by_hand),
	    cmocka_unit_test(test_nothing_inherited),
	    cmocka_unit_test(test_no_orphan),
	    cmocka_unit_test(test_signals_are_reset),
	    cmocka_unit_test(test_closed_standard_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
