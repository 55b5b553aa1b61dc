/* Changes of a plain directory; find, stat and sha256sum are the judges. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "repo/change.h"
#include "support/chance.h"
#include "support/shell.h"
#include "support/support.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* renameat() as the library sees it: fails once, `fail_in` calls from now. */
static int fail_in = -1;
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (fail_in >= 0 && fail_in-- == 0) {
		errno = EIO;
		return -1;
	}
	return __real_renameat(from_dir, from, to_dir, to);
}

struct fixture {
	struct rel_arena arena;
	char *dir, *root;
	struct rel_writable *remote;
};

static void open_fixture(struct fixture *f)
{
	struct rel_location location;
	struct rel_error err = {0};

	rel_arena_init(&f->arena, REL_MIB);
	f->dir = rel_test_dir_new();
	f->root = rel_test_text("%s/remote", f->dir);
	rel_test_write_text(f->root, "repo", "opam-version: \"2.0\"\n");
	rel_test_write_text(f->root, "packages/a/a.1/opam", "a one\n");
	rel_test_write_text(f->dir, "a.tbz", "the archive");
	if (rel_location_parse(&location, rel_str_of(f->root), NULL, &f->arena,
			       &err) ||
	    rel_writable_open(&f->remote, &location, NULL, &err))
		fail_msg("%s", err.text);
}

static void close_fixture(struct fixture *f)
{
	rel_writable_free(f->remote);
	rel_arena_free(&f->arena);
	rel_test_dir_free(f->dir);
	free(f->root);
}

/* Paths, kinds and bytes of all that is there. */
static char *state_of(const char *root)
{
	return rel_test_sh("cd '%s' && find . -printf '%%y %%P\\n' | sort && "
			   "find . -type f | sort | xargs -r sha256sum",
			   root);
}

static int apply(struct rel_change_result *out, struct fixture *f,
		 const struct rel_change *changes, size_t n)
{
	struct rel_error err = {0};
	int rc = rel_writable_apply(out, f->remote, changes, n, "m", NULL, NULL,
				    &err);

	if (rc)
		assert_string_not_equal(err.text, "");
	return rc;
}

static void assert_state(const struct fixture *f, const char *expected)
{
	char *now = state_of(f->root);

	assert_string_equal(now, expected);
	free(now);
}

static void test_release(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	char *archive, *text;

	(void)state;
	open_fixture(&f);
	archive = rel_test_text("%s/a.tbz", f.dir);
	struct rel_change changes[] = {
	    {.path = "packages/a/a.2/opam", .content = REL_STR("a two\n")},
	    {.path = "cache/sha256/12/1234", .file = archive},
	    {.path = "cache/sha512/56/5678", .file = archive},
	    {.path = "repo", .content = REL_STR("new\n"), .replace = true},
	};
	umask(077);
	assert_int_equal(apply(&result, &f, changes, COUNT(changes)), 0);
	assert_int_equal(result.outcome, REL_CHANGE_DONE);
	text = rel_test_sh("cd '%s' && cat repo packages/a/a.2/opam && "
			   "stat -c '%%a %%h %%s' cache/sha256/12/1234 && "
			   "stat -c %%a cache cache/sha512/56 && "
			   "find . -name '.relctl*'",
			   f.root);
	assert_string_equal(text, "new\na two\n644 2 11\n755\n755");
	free(text);
	assert_int_equal(apply(&result, &f, changes, COUNT(changes)), 0);
	assert_int_equal(result.outcome, REL_CHANGE_NOTHING);
	free(archive);
	close_fixture(&f);
}

static void test_published_stays(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	char *before;
	const struct rel_change changes[] = {
	    {.path = "fresh", .content = REL_STR("x")},
	    {.path = "packages/a/a.1/opam", .content = REL_STR("other\n")},
	};

	(void)state;
	open_fixture(&f);
	before = state_of(f.root);
	assert_int_equal(apply(&result, &f, changes, 2), REL_EEXISTS);
	assert_state(&f, before);
	free(before);
	close_fixture(&f);
}

static void test_race(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	struct rel_error err = {0};
	struct rel_buf text;
	const struct rel_change change = {
	    .path = "repo", .content = REL_STR("new\n"), .replace = true};

	(void)state;
	open_fixture(&f);
	rel_buf_init(&text, REL_KIB);
	assert_int_equal(rel_writable_read(&text, f.remote, "repo", &err), 0);
	rel_test_write_text(f.root, "repo", "somebody else\n");
	assert_int_equal(apply(&result, &f, &change, 1), 0);
	assert_int_equal(result.outcome, REL_CHANGE_RACED);
	assert_int_equal(rel_writable_refresh(f.remote, &err), 0);
	rel_buf_clear(&text);
	assert_int_equal(rel_writable_read(&text, f.remote, "repo", &err), 0);
	assert_string_equal(text.ptr, "somebody else\n");
	assert_int_equal(apply(&result, &f, &change, 1), 0);
	assert_int_equal(result.outcome, REL_CHANGE_DONE);
	/* what was not there when it was looked for */
	assert_int_equal(rel_writable_read(&text, f.remote, "no", &err),
			 REL_ENOTFOUND);
	rel_test_write_text(f.root, "no", "now there\n");
	assert_int_equal(apply(&result, &f,
			       &(struct rel_change){.path = "no",
						    .content = REL_STR("x"),
						    .replace = true},
			       1),
			 0);
	assert_int_equal(result.outcome, REL_CHANGE_RACED);
	rel_buf_free(&text);
	close_fixture(&f);
}

/* Fail each rename once: what was there must be back. */
static void test_undo(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	char *before, *archive;
	int n = 0;

	(void)state;
	open_fixture(&f);
	archive = rel_test_text("%s/a.tbz", f.dir);
	struct rel_change changes[] = {
	    {.path = "packages/a/a.1/opam", .remove = true},
	    {.path = "packages/b/b.1/opam", .content = REL_STR("b\n")},
	    {.path = "cache/sha256/12/1234", .file = archive},
	    {.path = "cache/sha512/56/5678", .file = archive},
	    {.path = "repo", .content = REL_STR("new\n"), .replace = true},
	};
	before = state_of(f.root);
	for (;; n++) {
		int rc;

		fail_in = n;
		rc = apply(&result, &f, changes, COUNT(changes));
		if (fail_in >= 0)
			break;
		assert_int_equal(rc, REL_EIO);
		assert_state(&f, before);
	}
	fail_in = -1;
	assert_int_equal(n, 3);
	free(before);
	free(archive);
	close_fixture(&f);
}

/* A file size limit is the full disk that a test can have. */
static void test_full_disk(void **state)
{
	struct rlimit old, low;
	struct fixture f;
	struct rel_change_result result;
	char *before, *big;
	char bytes[20000] = {0};

	(void)state;
	open_fixture(&f);
	rel_test_write(f.dir, "big", bytes, sizeof(bytes));
	big = rel_test_text("%s/big", f.dir);
	before = state_of(f.root);
	struct rel_change changes[] = {
	    {.path = "packages/b/b.1/opam", .content = REL_STR("b\n")},
	    {.path = "cache/sha256/12/1234", .file = big},
	    {.path = "repo", .content = REL_STR("new\n"), .replace = true},
	};
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = 10000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(apply(&result, &f, changes, COUNT(changes)), REL_EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_state(&f, before);
	free(before);
	free(big);
	close_fixture(&f);
}

static void test_links(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	struct rel_error err = {0};
	struct rel_buf text;
	struct rel_change change = {.path = "out/x", .content = REL_STR("x")};

	(void)state;
	open_fixture(&f);
	free(rel_test_sh("cd '%s' && ln -s .. out && ln -s packages in && "
			 "ln -s ../a.tbz file",
			 f.root));
	assert_int_equal(apply(&result, &f, &change, 1), REL_EIO);
	/* inside of the remote too: git would put a directory there */
	change.path = "in/c/c.1/opam";
	assert_int_equal(apply(&result, &f, &change, 1), REL_EIO);
	change.path = "file";
	change.replace = true;
	assert_int_equal(apply(&result, &f, &change, 1), REL_EIO);
	change.content = (struct rel_str){NULL, 0};
	change.remove = true;
	assert_int_equal(apply(&result, &f, &change, 1), REL_EIO);
	change.remove = false;
	rel_buf_init(&text, REL_KIB);
	assert_int_not_equal(rel_writable_read(&text, f.remote, "file", &err),
			     0);
	change.path = "../x";
	assert_int_equal(apply(&result, &f, &change, 1), REL_EUSAGE);
	rel_buf_free(&text);
	close_fixture(&f);
}

static void test_remove(void **state)
{
	struct fixture f;
	struct rel_change_result result;
	char *text;
	const struct rel_change changes[] = {
	    {.path = "packages/a/a.1/opam", .remove = true},
	    {.path = "cache/x/y", .remove = true},
	    {.path = "never/been/there", .remove = true},
	};

	(void)state;
	open_fixture(&f);
	free(rel_test_sh("mkdir '%s/never'", f.root)); /* killed behind it */
	rel_test_write_text(f.root, "cache/x/y", "y");
	rel_test_write_text(f.root, "cache/.relctl-00.tmp", "not ours to keep");
	rel_test_write_text(f.root, "cache/x/.relctl-00.tmp", "a stray");
	assert_int_equal(apply(&result, &f, changes, COUNT(changes)), 0);
	assert_int_equal(result.outcome, REL_CHANGE_DONE);
	text = rel_test_sh("cd '%s' && find . | sort", f.root);
	assert_string_equal(
	    text, ".\n./cache\n./cache/.relctl-00.tmp\n./packages\n./repo");
	free(text);
	close_fixture(&f);
}

/* One of two that publish different bytes wins. */
static void test_two_at_once(void **state)
{
	struct fixture f;
	struct rel_change_result result;

	(void)state;
	open_fixture(&f);
	for (int round = 0; round < 20; round++) {
		char path[64];
		pid_t pids[2];
		int won = 0;

		snprintf(path, sizeof(path), "packages/r/r.%d/opam", round);
		for (int i = 0; i < 2; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct rel_change change = {
				    .path = path,
				    .content = i ? REL_STR("1") : REL_STR("2")};

				_exit(apply(&result, &f, &change, 1) == 0 ? 0
									  : 1);
			}
		}
		for (int i = 0; i < 2; i++) {
			int status;

			waitpid(pids[i], &status, 0);
			won += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(won, 1);
	}
	close_fixture(&f);
}

/* Killed anywhere and done again: as if it had not been killed. */
static void test_killed(void **state)
{
	struct rel_chance chance;
	char *expected = NULL;

	(void)state;
	rel_chance_seed(&chance, 7);
	for (int round = 0; round < 30; round++) {
		struct fixture f;
		struct rel_change_result result;
		char *archive;
		pid_t pid;
		int status;

		open_fixture(&f);
		archive = rel_test_text("%s/a.tbz", f.dir);
		struct rel_change changes[] = {
		    {.path = "packages/b/b.1/opam", .content = REL_STR("b\n")},
		    {.path = "cache/sha256/12/1234", .file = archive},
		    {.path = "cache/sha512/56/5678", .file = archive},
		    {.path = "packages/a/a.1/opam", .remove = true},
		    {.path = "repo",
		     .content = REL_STR("new\n"),
		     .replace = true},
		};
		pid = round > 0 ? fork() : -1;
		if (pid == 0)
			_exit(apply(&result, &f, changes, COUNT(changes)));
		if (pid > 0) {
			usleep(rel_chance_below(&chance, 3000));
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		assert_int_equal(apply(&result, &f, changes, COUNT(changes)),
				 0);
		if (!expected)
			expected = state_of(f.root);
		assert_state(&f, expected);
		free(archive);
		close_fixture(&f);
	}
	free(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_published_stays),
	    cmocka_unit_test(test_race),
	    cmocka_unit_test(test_undo),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_two_at_once),
	    cmocka_unit_test(test_killed),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
