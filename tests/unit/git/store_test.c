#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "git/objects.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *bare, *work;
};

/* Three commits on `main`, a branch, a light and an annotated tag. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->work = rel_test_text("%s/work", f->dir);
	f->bare = rel_test_text("%s/bare.git", f->dir);
	free(rel_test_sh(
	    "git init -q -b main %s; cd %s; mkdir -p packages/a; "
	    "for i in 1 2 3; do echo $i >packages/a/f; git add .; "
	    "GIT_COMMITTER_DATE=2026-01-0${i}T00:00:00Z "
	    "git commit -qm c$i; done; git tag light HEAD~1; "
	    "git tag -a -m x heavy HEAD~2; git branch release-1 HEAD~2; "
	    "git clone -q --bare . %s; git -C %s pack-refs --all",
	    f->work, f->work, f->bare, f->bare));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_test_dir_free(f->dir);
	free(f->bare);
	free(f->work);
	free(f);
	return 0;
}

/* What git says of `revision` is what we must say. */
static void check_revision(const char *repo, const char *revision)
{
	char hex[REL_GIT_ID_TEXT];
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	struct rel_git_id id, tree;
	int64_t when;
	char *want;

	assert_int_equal(rel_git_store_open(&store, repo, &err), 0);
	if (rel_git_resolve(&id, store, revision, &err) < 0)
		fail_msg("%s: %s", revision, err.text);
	want = rel_test_sh("git -C %s rev-parse '%s^{commit}'", repo, revision);
	assert_string_equal(rel_git_id_format(hex, &id), want);
	free(want);
	assert_int_equal(
	    rel_git_commit_tree(&tree, store, &id, "packages/a", &err), 0);
	want = rel_test_sh("git -C %s rev-parse '%s^{commit}:packages/a'", repo,
			   revision);
	assert_string_equal(rel_git_id_format(hex, &tree), want);
	free(want);
	assert_int_equal(rel_git_commit_time(&when, store, &id, &err), 0);
	want =
	    rel_test_sh("git -C %s log -1 --format=%%ct '%s'", repo, revision);
	assert_int_equal(when, strtoll(want, NULL, 10));
	free(want);
	rel_git_store_free(store);
}

static void test_resolve(void **state)
{
	static const char *const revisions[] = {
	    "HEAD",    "main",	"release-1",  "light", "heavy",
	    "main~1",  "main^", "HEAD~2",     "@",     "refs/heads/main",
	    "heavy^0", "@~1",	"main^{/c2}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		check_revision(f->bare, revisions[i]);
		check_revision(f->work, revisions[i]);
	}
}

static void test_resolve_ids(void **state)
{
	struct fixture *f = *state;
	char *hex = rel_test_sh("git -C %s rev-parse main~1", f->bare);

	check_revision(f->bare, hex);
	hex[8] = '\0';
	check_revision(f->bare, hex);
	free(hex);
}

static void test_resolve_from(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	struct rel_git_id tip, want, got;

	assert_int_equal(rel_git_store_open(&store, f->bare, &err), 0);
	assert_int_equal(rel_git_resolve(&tip, store, "main~1", &err), 0);
	assert_int_equal(rel_git_resolve(&want, store, "main~2", &err), 0);
	assert_int_equal(
	    rel_git_resolve_from(&got, store, &tip, "HEAD~1", &err), 0);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(rel_git_resolve_from(&got, store, &tip, "@^", &err),
			 0);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(rel_git_resolve_from(&got, store, &tip, NULL, &err),
			 0);
	assert_memory_equal(&got, &tip, sizeof(got));
	assert_int_equal(
	    rel_git_resolve_from(&got, store, &tip, "release-1", &err), 0);
	assert_memory_equal(&got, &want, sizeof(got));
	rel_git_store_free(store);
}

/* A remote-tracking branch is found by its bare name. */
static void test_resolve_tracking(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	struct rel_git_id id;
	char hex[REL_GIT_ID_TEXT];
	char *clone = rel_test_text("%s/clone", f->dir);
	char *want;

	free(rel_test_sh("git clone -q %s %s", f->bare, clone));
	want = rel_test_sh("git -C %s rev-parse origin/release-1", clone);
	assert_int_equal(rel_git_store_open(&store, clone, &err), 0);
	assert_int_equal(rel_git_resolve(&id, store, "release-1", &err), 0);
	assert_string_equal(rel_git_id_format(hex, &id), want);
	rel_git_store_free(store);
	free(want);
	free(clone);
}

static void check_failure(const char *repo, const char *revision, int code,
			  const char *text)
{
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	struct rel_git_id id;

	assert_int_equal(rel_git_store_open(&store, repo, &err), 0);
	assert_int_equal(rel_git_resolve(&id, store, revision, &err), code);
	if (strstr(err.text, text) == NULL)
		fail_msg("'%s' is not in: %s", text, err.text);
	assert_string_equal(err.path, rel_git_store_path(store));
	rel_git_store_free(store);
}

static void test_missing_revision(void **state)
{
	struct fixture *f = *state;

	check_failure(f->bare, "release1", REL_ENOTFOUND,
		      "no revision 'release1'; there is release-1, ");
	check_failure(f->bare, "main~17", REL_ENOTFOUND, "no revision");
	check_failure(f->bare, "0123456789012345678901234567890123456789",
		      REL_ENOTFOUND, "no revision");
	check_failure(f->bare, "main:packages", REL_EPARSE,
		      "'main:packages' is a tree, not a commit");
	check_failure(f->bare, "a b", REL_EUSAGE, "'a b' is no revision");
}

static void test_empty_repository(void **state)
{
	struct fixture *f = *state;
	char *path = rel_test_text("%s/empty.git", f->dir);

	free(rel_test_sh("git init -q --bare %s", path));
	check_failure(path, NULL, REL_ENOTFOUND, "repository is empty");
	check_failure(path, "main", REL_ENOTFOUND, "repository is empty");
	free(path);
}

static void test_shallow(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	char *path = rel_test_text("%s/shallow.git", f->dir);

	free(rel_test_sh("git clone -q --bare --depth 1 file://%s %s", f->bare,
			 path));
	assert_int_equal(rel_git_store_open(&store, path, &err), 0);
	assert_true(rel_git_store_is_shallow(store));
	rel_git_store_free(store);
	check_failure(path, "HEAD~1", REL_ENOTFOUND, "shallow");
	free(rel_test_sh("git -C %s fetch -q --unshallow", path));
	check_revision(path, "HEAD~2");
	free(path);
}

static void test_no_repository(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	char *path = rel_test_text("%s/nothing", f->dir);

	assert_false(rel_git_is_repository(path));
	assert_int_equal(rel_git_store_open(&store, path, &err), REL_ENOTFOUND);
	assert_string_equal(err.path, path);
	free(rel_test_sh("mkdir %s", path));
	assert_false(rel_git_is_repository(path));
	assert_int_equal(rel_git_store_open(&store, path, &err), REL_ENOTFOUND);
	assert_string_equal(err.text, "not a git repository");
	assert_true(rel_git_is_repository(f->bare));
	assert_true(rel_git_is_repository(f->work));
	free(path);
	/* Parents are not searched. */
	path = rel_test_text("%s/packages", f->work);
	assert_int_equal(rel_git_store_open(&store, path, &err), REL_ENOTFOUND);
	assert_null(store);
	free(path);
}

static void test_sha256(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	char *path = rel_test_text("%s/sha256.git", f->dir);

	free(rel_test_sh("git init -q --bare --object-format=sha256 %s", path));
	assert_int_equal(rel_git_store_open(&store, path, &err), REL_EPARSE);
	assert_non_null(strstr(err.text, "SHA-256"));
	free(path);
}

static void test_truncated_pack(void **state)
{
	struct fixture *f = *state;
	struct rel_git_store *store = NULL;
	struct rel_error err = {0};
	char *path = rel_test_text("%s/cut.git", f->dir);

	free(rel_test_sh("git clone -q --bare --no-local %s %s; cd %s; "
			 "p=$(ls objects/pack/*.pack); chmod u+w $p; "
			 "truncate -s -30 $p",
			 f->bare, path, path));
	assert_int_equal(rel_git_store_open(&store, path, &err), REL_EIO);
	assert_non_null(strstr(err.text, "is cut short or damaged; "));
	assert_non_null(strstr(err.text, "git fsck"));
	assert_non_null(strstr(err.path, ".pack"));
	free(path);
}

static void test_missing_subdir(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL, *other = NULL;
	struct rel_git_id id, tree;

	assert_int_equal(rel_git_store_open(&store, f->bare, &err), 0);
	assert_int_equal(rel_git_store_clone(&other, store, &err), 0);
	rel_git_store_free(store);
	assert_int_equal(rel_git_resolve(&id, other, NULL, &err), 0);
	assert_int_equal(rel_git_commit_tree(&tree, other, &id, "pack", &err),
			 REL_ENOTFOUND);
	assert_string_equal(err.text, "no pack in the repository");
	assert_int_equal(
	    rel_git_commit_tree(&tree, other, &id, "packages/a/f", &err),
	    REL_ENOTFOUND);
	assert_int_equal(
	    rel_git_commit_tree(&tree, other, &id, "packages/a/f/x", &err),
	    REL_ENOTFOUND);
	rel_git_store_free(other);
}

static void test_refresh(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_store *store = NULL;
	struct rel_git_id id;

	assert_int_equal(rel_git_store_open(&store, f->bare, &err), 0);
	assert_int_equal(rel_git_resolve(&id, store, "later", &err),
			 REL_ENOTFOUND);
	free(rel_test_sh("cd %s; git commit -q --allow-empty -m later; "
			 "git push -q %s HEAD:later",
			 f->work, f->bare));
	assert_int_equal(rel_git_store_refresh(store, &err), 0);
	assert_int_equal(rel_git_resolve(&id, store, "later", &err), 0);
	rel_git_store_free(store);
}

static void test_id_text(void **state)
{
	const char *hex = "0123456789abcdef0123456789abcdefdeadbeef";
	char out[REL_GIT_ID_TEXT];
	struct rel_git_id id;

	(void)state;
	assert_true(rel_git_id_parse(&id, rel_str_of(hex)));
	assert_int_equal(id.bytes[0], 0x01);
	assert_int_equal(id.bytes[19], 0xef);
	assert_string_equal(rel_git_id_format(out, &id), hex);
	assert_false(rel_git_id_parse(&id, rel_str_n(hex, 39)));
	assert_false(rel_git_id_parse(
	    &id, REL_STR("g123456789abcdef0123456789abcdefdeadbeef")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolve),
	    cmocka_unit_test(test_resolve_ids),
	    cmocka_unit_test(test_resolve_from),
	    cmocka_unit_test(test_resolve_tracking),
	    cmocka_unit_test(test_missing_revision),
	    cmocka_unit_test(test_empty_repository),
	    cmocka_unit_test(test_shallow),
	    cmocka_unit_test(test_no_repository),
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_truncated_pack),
	    cmocka_unit_test(test_missing_subdir),
	    cmocka_unit_test(test_refresh),
	    cmocka_unit_test(test_id_text),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, setup, teardown);
}
