/* Changes of branches of git repositories; git is the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "repo/change.h"
#include "support/shell.h"
#include "support/support.h"

static const struct rel_change_author author = {"Tester", "tester@example.org",
						1767323045, 60};

struct fixture {
	struct rel_arena arena;
	char *dir, *bare, *cache;
	struct rel_remote_options reading;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	rel_arena_init(&f->arena, REL_MIB);
	f->dir = rel_test_dir_new();
	f->bare = rel_test_text("%s/remote.git", f->dir);
	f->cache = rel_test_text("%s/cache", f->dir);
	f->reading.cache_dir = f->cache;
	free(rel_test_sh(
	    "cd '%s' && git init -q -b main --bare remote.git && "
	    "git clone -q remote.git work 2>/dev/null && cd work && "
	    "git checkout -q -b main && "
	    "mkdir -p packages/a/a.1 && echo one >packages/a/a.1/opam && "
	    "echo run >run && chmod +x run && echo 'x' >repo && git add -A && "
	    "git commit -q -m first && git push -q origin main",
	    f->dir));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_arena_free(&f->arena);
	rel_test_dir_free(f->dir);
	free(f->bare);
	free(f->cache);
	free(f);
	return 0;
}

static struct rel_writable *open_at(struct fixture *f, const char *location,
				    const char *branch, bool orphan)
{
	struct rel_writable_options options = {
	    .branch = branch, .orphan = orphan, .remote = &f->reading};
	struct rel_location parsed;
	struct rel_writable *remote = NULL;
	struct rel_error err = {0};

	if (rel_location_parse(&parsed, rel_str_of(location), NULL, &f->arena,
			       &err) ||
	    rel_writable_open(&remote, &parsed, &options, &err))
		fail_msg("%s: %s", location, err.text);
	return remote;
}

static struct rel_change_result apply(struct rel_writable *remote,
				      const struct rel_change *changes,
				      size_t n)
{
	struct rel_change_result result;
	struct rel_error err = {0};

	if (rel_writable_apply(&result, remote, changes, n, "Change it\n",
			       &author, NULL, &err))
		fail_msg("%s", err.text);
	return result;
}

static void assert_git(struct fixture *f, const char *script,
		       const char *expected)
{
	char *text =
	    rel_test_sh("cd '%s' && git fsck --strict --no-dangling 2>&1 && %s",
			f->bare, script);

	assert_string_equal(text, expected);
	free(text);
}

static void test_release(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote = open_at(f, f->bare, NULL, false);
	char *file = rel_test_text("%s/a.tbz", f->dir);
	const struct rel_change changes[] = {
	    {.path = "packages/a/a.2/opam", .content = REL_STR("two\n")},
	    {.path = "cache/sha256/12/1", .file = file},
	    {.path = "cache/sha512/34/2", .file = file},
	    {.path = "run", .content = REL_STR("faster\n"), .replace = true},
	    {.path = "packages/a/a.1/opam", .remove = true},
	    {.path = "never/there", .remove = true},
	};
	struct rel_change_result result;
	struct rel_error err = {0};
	struct rel_buf text;
	bool there;

	rel_test_write_text(f->dir, "a.tbz", "the archive");
	assert_true(rel_writable_is_git(remote));
	assert_string_equal(rel_writable_branch(remote), "main");
	rel_buf_init(&text, REL_KIB);
	assert_int_equal(rel_writable_read(&text, remote, "repo", &err), 0);
	assert_string_equal(text.ptr, "x\n");
	assert_int_equal(rel_writable_read(&text, remote, "no", &err),
			 REL_ENOTFOUND);
	assert_int_equal(
	    rel_writable_exists(&there, remote, "packages/a", &err), 0);
	assert_true(there);
	/* more than are looked up one by one */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rel_writable_exists(&there, remote,
						     i % 2 ? "packages/a/a.1"
							   : "packages/a/a.2",
						     &err),
				 0);
		assert_int_equal(there, i % 2);
	}
	result = apply(remote, changes, 6);
	assert_int_equal(result.outcome, REL_CHANGE_DONE);
	assert_string_equal(result.commit, rel_writable_tip(remote));
	assert_git(
	    f,
	    "git log --format='%an %ae %aI %cn %s' -1 main && "
	    "git ls-tree -r main | cut -d ' ' -f 1,3 --output-delimiter=' ' | "
	    "sed 's/ [0-9a-f]*\\t/ /'",
	    "Tester tester@example.org 2026-01-02T04:04:05+01:00 Tester "
	    "Change it\n"
	    "100644 cache/sha256/12/1\n100644 cache/sha512/34/2\n"
	    "100644 packages/a/a.2/opam\n100644 repo\n100755 run");
	assert_git(f, "git show main:cache/sha512/34/2", "the archive");
	result = apply(remote, changes, 6);
	assert_int_equal(result.outcome, REL_CHANGE_NOTHING);
	rel_buf_free(&text);
	rel_writable_free(remote);
	free(file);
}

static void test_published_stays(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote = open_at(f, f->bare, NULL, false);
	struct rel_change change = {.path = "packages/a/a.1/opam",
				    .content = REL_STR("other\n")};
	struct rel_change_result result;
	struct rel_error err = {0};

	assert_int_equal(rel_writable_apply(&result, remote, &change, 1, "m",
					    &author, NULL, &err),
			 REL_EEXISTS);
	assert_string_equal(err.path, "packages/a/a.1/opam");
	assert_git(f, "git rev-list --count main", "1");
	rel_writable_free(remote);
}

static void test_race(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote = open_at(f, f->bare, NULL, false);
	const struct rel_change change = {.path = "packages/b/b.1/opam",
					  .content = REL_STR("b\n")};
	struct rel_change_result result;
	struct rel_error err = {0};
	char old[REL_GIT_ID_TEXT];

	snprintf(old, sizeof(old), "%s", rel_writable_tip(remote));
	free(rel_test_sh("cd '%s/work' && git commit -q --allow-empty -m you "
			 "&& git push -q origin main",
			 f->dir));
	assert_int_equal(apply(remote, &change, 1).outcome, REL_CHANGE_RACED);
	assert_int_equal(rel_writable_refresh(remote, &err), 0);
	assert_string_not_equal(rel_writable_tip(remote), old);
	assert_int_equal(rel_writable_apply(&result, remote, &change, 1, "m",
					    &author, old, &err),
			 0);
	assert_int_equal(result.outcome, REL_CHANGE_RACED);
	assert_int_equal(apply(remote, &change, 1).outcome, REL_CHANGE_DONE);
	assert_git(f, "git log --format=%s main", "Change it\nyou\nfirst");
	rel_writable_free(remote);
}

static void test_rejected(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote = open_at(f, f->bare, NULL, false);
	const struct rel_change change = {.path = "b",
					  .content = REL_STR("b\n")};
	struct rel_change_result result;

	free(rel_test_sh("cd '%s' && printf '#!/bin/sh\\necho only on Mondays "
			 ">&2\\nexit 1\\n' >hooks/pre-receive && "
			 "chmod +x hooks/pre-receive",
			 f->bare));
	result = apply(remote, &change, 1);
	assert_int_equal(result.outcome, REL_CHANGE_REJECTED);
	assert_non_null(strstr(result.text, "only on Mondays"));
	assert_git(f, "git rev-list --count main", "1");
	rel_writable_free(remote);
}

static void test_branches(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote;
	const struct rel_change change = {.path = "b",
					  .content = REL_STR("b\n")};
	struct rel_change second = {.path = "c", .content = REL_STR("c\n")};
	struct rel_error err = {0};
	struct rel_location location;
	char *text;

	/* for review, from the tip of main; twice through one handle */
	remote = open_at(f, f->bare, "review", false);
	assert_string_equal(rel_writable_branch(remote), "review");
	assert_int_equal(apply(remote, &change, 1).outcome, REL_CHANGE_DONE);
	assert_int_equal(apply(remote, &second, 1).outcome, REL_CHANGE_DONE);
	assert_git(f,
		   "git log --format=%s review -- && git rev-list --count main",
		   "Change it\nChange it\nfirst\n1");
	rel_writable_free(remote);
	/* again, and lost to somebody who made it first */
	remote = open_at(f, f->bare, "late", false);
	free(rel_test_sh("cd '%s' && git branch late review", f->bare));
	assert_int_equal(apply(remote, &second, 1).outcome, REL_CHANGE_RACED);
	assert_int_equal(rel_writable_refresh(remote, &err), 0);
	assert_int_equal(apply(remote, &second, 1).outcome, REL_CHANGE_NOTHING);
	rel_writable_free(remote);
	/* without history */
	remote = open_at(f, f->bare, "archives", true);
	assert_string_equal(rel_writable_tip(remote), "");
	assert_int_equal(apply(remote, &change, 1).outcome, REL_CHANGE_DONE);
	assert_int_equal(apply(remote, &second, 1).outcome, REL_CHANGE_DONE);
	assert_git(f,
		   "git log --format=%s archives && git ls-tree --name-only "
		   "archives",
		   "Change it\nChange it\nb\nc");
	rel_writable_free(remote);
	/* the location's own branch; a tag is none */
	text = rel_test_text("%s#review", f->bare);
	remote = open_at(f, text, NULL, false);
	assert_string_equal(rel_writable_branch(remote), "review");
	rel_writable_free(remote);
	free(text);
	free(rel_test_sh("git -C '%s' tag v1 main", f->bare));
	text = rel_test_text("%s#v1", f->bare);
	assert_int_equal(rel_location_parse(&location, rel_str_of(text), NULL,
					    &f->arena, &err),
			 0);
	assert_int_equal(
	    rel_writable_open(
		&remote, &location,
		&(struct rel_writable_options){.remote = &f->reading}, &err),
	    REL_EUSAGE);
	free(text);
}

static void test_empty_and_subdir(void **state)
{
	struct fixture *f = *state;
	struct rel_writable *remote;
	const struct rel_change change = {.path = "packages/b/b.1/opam",
					  .content = REL_STR("b\n")};
	struct rel_error err = {0};
	struct rel_buf text;
	char *location =
	    rel_test_text("git+file://%s/empty.git//released", f->dir);

	free(rel_test_sh("git init -q -b trunk --bare '%s/empty.git'", f->dir));
	remote = open_at(f, location, NULL, false);
	assert_string_equal(rel_writable_tip(remote), "");
	assert_string_equal(rel_writable_branch(remote), "trunk");
	assert_int_equal(apply(remote, &change, 1).outcome, REL_CHANGE_DONE);
	rel_buf_init(&text, REL_KIB);
	assert_int_equal(rel_writable_read(&text, remote, change.path, &err),
			 0);
	assert_string_equal(text.ptr, "b\n");
	rel_buf_free(&text);
	rel_writable_free(remote);
	free(location);
	location = rel_test_sh("cd '%s/empty.git' && git fsck --strict 2>&1 && "
			       "git ls-tree -r --name-only trunk",
			       f->dir);
	assert_string_equal(location, "released/packages/b/b.1/opam");
	free(location);
}

/* Two that publish one version with different bytes: one wins. */
static void test_two_at_once(void **state)
{
	struct fixture *f = *state;
	int won = 0;

	for (int i = 0; i < 2; i++) {
		if (fork() != 0)
			continue;
		struct rel_writable *remote = open_at(f, f->bare, NULL, false);
		struct rel_change change = {.path = "packages/r/r.1/opam",
					    .content = i ? REL_STR("1\n")
							 : REL_STR("2\n")};
		struct rel_change_result result;
		struct rel_error err = {0};
		int rc = 0;

		do {
			rc = rel_writable_refresh(remote, &err);
			if (rc == 0)
				rc = rel_writable_apply(&result, remote,
							&change, 1, "m",
							&author, NULL, &err);
		} while (rc == 0 && result.outcome == REL_CHANGE_RACED);
		_exit(rc == 0 ? 0 : rc == REL_EEXISTS ? 1 : 2);
	}
	for (int i = 0; i < 2; i++) {
		int status;

		wait(&status);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		won += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(won, 1);
	assert_git(f, "git rev-list --count main", "2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_release),	    CASE(test_published_stays),
	    CASE(test_race),	    CASE(test_rejected),
	    CASE(test_branches),    CASE(test_empty_and_subdir),
	    CASE(test_two_at_once),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
