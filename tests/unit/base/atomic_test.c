#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "support/shell.h"
#include "support/support.h"

#define NOBODY 65534

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

static int write_file(const char *path, const char *text, struct rel_error *err)
{
	return rel_file_put(path, rel_str_of(text), err);
}

static void assert_content(const char *path, const char *expected)
{
	char *text = rel_test_read(path, NULL);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_commit(void **state)
{
	char *path = rel_test_text("%s/f", *(char **)state);
	mode_t before = umask(026);
	struct stat st;

	assert_int_equal(write_file(path, "one", NULL), 0);
	umask(before);
	assert_content(path, "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(write_file(path, "", NULL), 0);
	assert_content(path, "");
	assert_int_equal(rel_test_dir_count(*state), 1);
	free(path);
}

/* Until the commit the old file stands, and the new one is named as
 * documented. */
static void test_abort(void **state)
{
	struct rel_atomic_file file, never = {.fd = -1}, zero = {0};
	char *path = rel_test_text("%s/f", *(char **)state);

	rel_test_write_text(*state, "f", "old");
	assert_int_equal(rel_atomic_open(&file, path, NULL), 0);
	assert_int_equal(rel_atomic_write(&file, "new", 3), 0);
	assert_content(path, "old");
	assert_int_equal(rel_test_dir_count(*state), 2);
	assert_non_null(strstr(file.temp, ".relctl-"));
	assert_string_equal(strrchr(file.temp, '.'), ".tmp");
	rel_atomic_abort(&file);
	rel_atomic_abort(&file);
	rel_atomic_abort(&never);
	rel_atomic_abort(&zero);
	assert_content(path, "old");
	assert_int_equal(rel_test_dir_count(*state), 1);
	free(path);
}

static void test_abort_after_commit(void **state)
{
	struct rel_atomic_file file;
	char *path = rel_test_text("%s/f", *(char **)state);

	assert_int_equal(rel_atomic_open(&file, path, NULL), 0);
	assert_int_equal(rel_atomic_commit(&file, NULL), 0);
	rel_atomic_abort(&file);
	assert_content(path, "");
	free(path);
}

static void test_bare_name(void **state)
{
	assert_int_equal(chdir(*state), 0);
	assert_int_equal(write_file("f", "here", NULL), 0);
	assert_content("f", "here");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rel_test_dir_count(*state), 1);
}

static void check_refused(const char *path, int expected)
{
	struct rel_atomic_file file;
	struct rel_error err = {0};

	assert_int_equal(rel_atomic_open(&file, path, &err), expected);
	assert_string_equal(err.path, path);
	assert_int_equal(file.fd, -1);
	rel_atomic_abort(&file);
}

static void test_symlink(void **state)
{
	char *link = rel_test_text("%s/link", *(char **)state);
	char *real = rel_test_text("%s/real/f", *(char **)state);
	char *dangling = rel_test_text("%s/dangling", *(char **)state);

	rel_test_write_text(*state, "real/f", "old");
	assert_int_equal(symlink("real/f", link), 0);
	assert_int_equal(symlink("real/none", dangling), 0);
	check_refused(link, REL_EIO);
	check_refused(dangling, REL_EIO);
	assert_content(real, "old");
	assert_int_equal(rel_test_dir_count(*state), 3);
	free(dangling);
	free(link);
	free(real);
}

static int write_below(const char *root, const char *path,
		       struct rel_error *err)
{
	struct rel_atomic_file file;
	int code = rel_atomic_open_below(&file, root, path, err);

	if (code != 0) {
		assert_int_equal(file.fd, -1);
		return code;
	}
	rel_atomic_write(&file, "new", 3);
	return rel_atomic_commit(&file, err);
}

static void test_below(void **state)
{
	static const struct {
		const char *path, *at; /* the part that is refused */
	} bad[] = {{"out", "out"},     {"out/x", "out"}, {"out/a/x", "out"},
		   {"d/up/x", "d/up"}, {"d/f", "d/f"},	 {"gone/x", "gone"},
		   {"../x", ""},       {"d/../x", ""},	 {"d//x", ""},
		   {"./x", ""},	       {"d/", ""}};
	char *dir = *state;
	char *root = rel_test_text("%s/root", dir);
	char *deep = rel_test_text("%s/a/b/c", root);
	char *outside = rel_test_text("%s/outside", dir);
	struct rel_error err;

	rel_test_write_text(dir, "outside/a/x", "old");
	free(rel_test_sh("mkdir -p %s/d; cd %s; ln -s ../outside out; "
			 "ln -s .. d/up; ln -s ../../outside/a/x d/f; "
			 "ln -s nowhere gone",
			 root, root));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *at = rel_test_text("%s%s%s", root, *bad[i].at ? "/" : "",
					 bad[i].at);

		err = (struct rel_error){0};
		assert_int_equal(write_below(root, bad[i].path, &err), REL_EIO);
		assert_string_equal(err.path, at);
		err = (struct rel_error){0};
		assert_int_equal(rel_check_below(root, bad[i].path, &err),
				 REL_EIO);
		assert_string_equal(err.path, at);
		free(at);
	}
	free(rel_test_sh("[ \"$(cd %s; find . -type f | xargs cat)\" = old ]",
			 outside));
	assert_int_equal(rel_check_below(root, "a/b/c", &err), 0);
	assert_int_equal(write_below(root, "a/b/c", &err), 0);
	assert_content(deep, "new");
	assert_int_equal(rel_check_below(root, "a/b/c", &err), 0);
	/* below a file there is nothing, so no link */
	assert_int_equal(rel_check_below(root, "a/b/c/d", &err), 0);
	assert_int_equal(write_below(root, "a/b/c/d", &err), REL_EIO);
	/* the root is the caller's, and may be reached by a link */
	free(rel_test_sh("ln -s root %s/link", dir));
	free(root);
	root = rel_test_text("%s/link", dir);
	assert_int_equal(write_below(root, "a/b/c", &err), 0);
	free(outside);
	free(deep);
	free(root);
}

static void test_cache_file(void **state)
{
	char *dir = rel_test_text("%s/c/d", *(char **)state);
	char *path = rel_test_text("%s/f", dir);
	struct rel_atomic_file file;
	char *modes;

	umask(0);
	assert_int_equal(rel_mkdirs_private(dir, NULL), 0);
	assert_int_equal(rel_atomic_open_cache(&file, path, NULL), 0);
	assert_true(file.fleeting);
	assert_int_equal(rel_atomic_commit(&file, NULL), 0);
	modes = rel_test_sh("cd %s; stat -c %%a .. . f", dir);
	assert_string_equal(modes, "700\n700\n600");
	umask(022);
	free(modes);
	free(path);
	free(dir);
}

static void test_refusals(void **state)
{
	char *no_parent = rel_test_text("%s/no/f", *(char **)state);
	char *fifo = rel_test_text("%s/fifo", *(char **)state);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	check_refused(no_parent, REL_ENOTFOUND);
	check_refused(*state, REL_EIO);
	check_refused(fifo, REL_EIO);
	check_refused("/dev/full", REL_EIO);
	assert_int_equal(rel_test_dir_count(*state), 1);
	free(no_parent);
	free(fifo);
}

/* A full disk: what is written ends up in /dev/full. */
static void test_disk_full(void **state)
{
	char *path = rel_test_text("%s/f", *(char **)state);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct rel_error err = {0};
	struct rel_atomic_file file;

	if (full < 0)
		skip();
	rel_test_write_text(*state, "f", "old");
	assert_int_equal(rel_atomic_open(&file, path, NULL), 0);
	assert_true(dup2(full, file.fd) == file.fd);
	assert_int_equal(rel_atomic_write(&file, "new", 3), REL_EIO);
	assert_int_equal(rel_atomic_write(&file, "", 0), REL_EIO);
	assert_int_equal(rel_atomic_commit(&file, &err), REL_EIO);
	assert_string_equal(err.text, "cannot write: No space left on device");
	assert_string_equal(err.path, path);
	assert_content(path, "old");
	assert_int_equal(rel_test_dir_count(*state), 1);
	close(full);
	free(path);
}

/* The limit is hit in the middle of one write(2). */
static void test_size_limit(void **state)
{
	char *path = rel_test_text("%s/f", *(char **)state);
	struct rlimit before, small;
	struct rel_error err = {0};
	static char text[10000];
	int code;

	memset(text, 'x', sizeof(text) - 1);
	rel_test_write_text(*state, "f", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	code = write_file(path, text, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(code, REL_EIO);
	assert_string_equal(err.text, "cannot write: File too large");
	assert_content(path, "old");
	assert_int_equal(rel_test_dir_count(*state), 1);
	free(path);
}

/* The parent disappears between open and commit. */
static void test_rename_fails(void **state)
{
	char *dir = rel_test_text("%s/d", *(char **)state);
	char *path = rel_test_text("%s/f", dir);
	struct rel_atomic_file file;
	struct rel_error err = {0};

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(rel_atomic_open(&file, path, NULL), 0);
	assert_int_equal(unlinkat(file.dir, file.temp, 0), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rel_atomic_commit(&file, &err), REL_ENOTFOUND);
	assert_string_equal(err.path, path);
	assert_int_equal(file.fd, -1);
	free(dir);
	free(path);
}

/* In a child, because root may write everywhere. */
static void test_read_only_directory(void **state)
{
	char *path = rel_test_text("%s/f", *(char **)state);
	int status;
	pid_t pid;

	rel_test_write_text(*state, "f", "old");
	assert_int_equal(chmod(*state, 0555), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rel_error err = {0};

		if (geteuid() == 0 && setuid(NOBODY) != 0)
			_exit(2);
		if (write_file(path, "new", &err) != REL_EIO)
			_exit(3);
		_exit(strcmp(err.path, path) == 0 ? 0 : 4);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	assert_content(path, "old");
	assert_int_equal(rel_test_dir_count(*state), 1);
	free(path);
}

/* In one go: into a cache, and below a root, through no link. */
static void test_put(void **state)
{
	char *cached = rel_test_text("%s/cached", *(char **)state);
	char *below = rel_test_text("%s/a/b", *(char **)state);
	char *away = rel_test_text("%s/away", *(char **)state);
	struct rel_error err = {0};
	struct stat st;

	assert_int_equal(rel_file_put_cache(cached, REL_STR("c"), &err), 0);
	assert_content(cached, "c");
	assert_int_equal(stat(cached, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(rel_file_put_below(*state, "a/b", REL_STR("d"), &err),
			 0);
	assert_content(below, "d");
	assert_int_equal(symlink("a", away), 0);
	assert_int_equal(
	    rel_file_put_below(*state, "away/b", REL_STR("e"), &err), REL_EIO);
	assert_content(below, "d");
	free(away);
	free(below);
	free(cached);
}

/* What no pipe takes at once is written all the same; an end that nobody
 * reads is an error with the name. */
static void test_write_all(void **state)
{
	static char bytes[1 << 20], got[4096];
	struct rel_error err = {0};
	size_t read_in_all = 0;
	int fds[2], status = -1;
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		_exit(rel_file_write_all(fds[1], bytes, sizeof(bytes), "p",
					 NULL) == 0
			  ? 0
			  : 1);
	}
	close(fds[1]);
	while ((n = read(fds[0], got, sizeof(got))) > 0)
		read_in_all += (size_t)n;
	assert_true(read_in_all == sizeof(bytes));
	close(fds[0]);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);

	fds[0] = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fds[0] >= 0);
	assert_int_equal(rel_file_write_all(fds[0], "x", 1, "full", &err),
			 REL_EIO);
	assert_string_equal(err.path, "full");
	close(fds[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_commit),
	    TEST(test_abort),
	    TEST(test_abort_after_commit),
	    TEST(test_bare_name),
	    TEST(test_symlink),
	    TEST(test_below),
	    TEST(test_cache_file),
	    TEST(test_refusals),
	    TEST(test_disk_full),
	    TEST(test_size_limit),
	    TEST(test_rename_fails),
	    TEST(test_read_only_directory),
	    TEST(test_put),
	    TEST(test_write_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
