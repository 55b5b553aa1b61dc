#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/write.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *repo, *work;
	struct rel_git_store *store;
	struct rel_git_id tip, tree;
};

static const struct rel_git_identity who = {"Tester", "tester@example.org",
					    1767323045, 330};

/* A repository with all kinds of entries, a clone of it to write into. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->work = rel_test_text("%s/work", f->dir);
	f->repo = rel_test_text("%s/bare.git", f->dir);
	free(rel_test_sh(
	    "git init -q -b main %s; cd %s; mkdir -p a/b/c only/one; "
	    "echo 1 >a/b/c/f; echo 2 >a/b/x; echo 3 >a-b; echo 4 >only/one/f; "
	    "printf '#!/bin/sh\\n' >run; chmod +x run; ln -s a-b link; "
	    "git add .; git commit -qm base; git clone -q --bare . %s; "
	    "git -C %s pack-refs --all",
	    f->work, f->work, f->repo, f->repo));
	assert_int_equal(rel_git_store_open(&f->store, f->repo, NULL), 0);
	assert_int_equal(rel_git_resolve(&f->tip, f->store, "main", NULL), 0);
	assert_int_equal(
	    rel_git_commit_tree(&f->tree, f->store, &f->tip, NULL, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_git_store_free(f->store);
	free(rel_test_sh("git -C %s fsck --strict --no-dangling", f->repo));
	rel_test_dir_free(f->dir);
	free(f->repo);
	free(f->work);
	free(f);
	return 0;
}

/* git says the same tree when the script changes the work tree. */
static void check_tree(struct fixture *f, const char *script,
		       const struct rel_git_change *changes, size_t n)
{
	char hex[REL_GIT_ID_TEXT];
	struct rel_error err = {0};
	struct rel_git_id tree;
	char *want;

	if (rel_git_write_tree(&tree, f->store, &f->tree, changes, n, &err) < 0)
		fail_msg("%s: %s", script, err.text);
	want = rel_test_sh("cd %s; git reset -q --hard; git clean -qfd; %s; "
			   "git add -A; git write-tree; git reset -q --hard",
			   f->work, script);
	assert_string_equal(rel_git_id_format(hex, &tree), want);
	free(want);
}

static void test_tree(void **state)
{
	const struct rel_git_change edit[] = {
	    {.path = "run", .content = REL_STR("new\n"), .keep_kind = true},
	    {.path = "a/b/c/f", .content = REL_STR("")},
	    {.path = "a/z",
	     .content = REL_STR("z"),
	     .kind = REL_GIT_EXECUTABLE},
	    {.path = "n/e/w", .content = REL_STR("w")},
	    {.path = "a-b", .content = REL_STR("a")},
	    {.path = "l", .content = REL_STR("a/z"), .kind = REL_GIT_SYMLINK}};
	const struct rel_git_change removal[] = {
	    {.path = "only/one/f", .remove = true},
	    {.path = "a/b", .remove = true}};
	const struct rel_git_change turned[] = {
	    {.path = "a-b", .remove = true},
	    {.path = "a-b/f", .content = REL_STR("f")},
	    {.path = "a", .content = REL_STR("a")},
	    {.path = "a", .remove = true}};

	check_tree(*state,
		   "echo new >run; : >a/b/c/f; printf z >a/z; chmod +x a/z; "
		   "mkdir -p n/e; printf w >n/e/w; printf a >a-b; ln -s a/z l",
		   edit, 6);
	check_tree(*state, "rm -r only a", removal, 2);
	check_tree(*state,
		   "rm -r a-b a; mkdir a-b; printf f >a-b/f; "
		   "printf a >a",
		   turned, 4);
	check_tree(*state, "true", NULL, 0);
}

static void test_tree_empty(void **state)
{
	const struct rel_git_change removal[] = {
	    {.path = "a", .remove = true},
	    {.path = "a-b", .remove = true},
	    {.path = "only", .remove = true},
	    {.path = "run", .remove = true},
	    {.path = "link", .remove = true}};
	struct fixture *f = *state;
	struct rel_git_id tree;

	check_tree(f, "git rm -rqf .", removal, 5);
	assert_int_equal(
	    rel_git_write_tree(&tree, f->store, NULL, NULL, 0, NULL), 0);
	assert_memory_equal(&tree, &REL_GIT_EMPTY_TREE, sizeof(tree));
}

static void check_refused(struct fixture *f, int code, const char *text,
			  const struct rel_git_change *changes, size_t n)
{
	struct rel_error err = {0};
	struct rel_git_id tree;

	assert_int_equal(
	    rel_git_write_tree(&tree, f->store, &f->tree, changes, n, &err),
	    code);
	if (strstr(err.text, text) == NULL)
		fail_msg("no '%s' in '%s'", text, err.text);
}

static void test_tree_refused(void **state)
{
	static const char *const unsafe[] = {"",
					     "/a",
					     "a/",
					     "a//b",
					     "../a",
					     "a/./b",
					     ".git/config",
					     "a/.GIT/x",
					     "a/git~1",
					     ".git /x",
					     "a\\b",
					     "a/.g\xe2\x80\x8cit/f",
					     ".git::$INDEX_ALLOCATION/x"};
	const struct rel_git_change twice[] = {{.path = "n"}, {.path = "n"}};
	const struct rel_git_change below[] = {{.path = "n"}, {.path = "n/m"}};
	const struct rel_git_change gone = {.path = "nope/x", .remove = true};
	const struct rel_git_change over = {.path = "a/b"};
	const struct rel_git_change under = {.path = "a-b/c"};
	const struct rel_git_change link = {.path = "link", .keep_kind = true};
	const struct rel_git_change missing = {.path = "x",
					       .file = "/nonexistent/x"};
	struct rel_git_id none = {{1}};
	const struct rel_git_change no_object = {.path = "x", .id = &none};
	struct fixture *f = *state;
	const struct rel_git_change no_blob = {.path = "x", .id = &f->tip};

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		const struct rel_git_change change = {.path = unsafe[i]};

		check_refused(f, REL_EUSAGE, "'", &change, 1);
	}
	check_refused(f, REL_EUSAGE, "'n' is changed twice", twice, 2);
	check_refused(f, REL_EUSAGE, "'n' is changed twice", below, 2);
	check_refused(f, REL_ENOTFOUND, "'nope/x' is not there", &gone, 1);
	check_refused(f, REL_EEXISTS, "'a/b' is a directory", &over, 1);
	check_refused(f, REL_EEXISTS, "'a-b' is a file", &under, 1);
	check_refused(f, REL_EEXISTS, "no ordinary file", &link, 1);
	check_refused(f, REL_ENOTFOUND, "cannot read", &missing, 1);
	check_refused(f, REL_ENOTFOUND, "is missing", &no_object, 1);
	check_refused(f, REL_EUSAGE, "is a commit", &no_blob, 1);
}

/* From a file, and of many names in any order. */
static void test_tree_file(void **state)
{
	struct rel_git_change changes[300] = {{0}};
	char names[300][32];
	struct fixture *f = *state;
	char *big = rel_test_text("%s/big", f->dir);
	char *script = rel_test_text(
	    "mkdir m; for i in $(seq 0 299); do cp %s m/f$i; done", big);

	free(rel_test_sh("head -c 300000 /dev/urandom >%s", big));
	for (unsigned i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "m/f%u", i * 7 % 300);
		changes[i].path = names[i];
		changes[i].file = big;
	}
	check_tree(f, script, changes, 300);
	free(script);
	free(big);
}

static void test_commit(void **state)
{
	char hex[REL_GIT_ID_TEXT];
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_commit request = {.tree = f->tree,
					 .parents = &f->tip,
					 .n_parents = 1,
					 .author = who,
					 .committer = who,
					 .message = "Subject\n\nBödy \n\n"};
	struct rel_git_id commit, again;
	char *want;

	request.committer.offset = -90;
	assert_int_equal(
	    rel_git_write_commit(&commit, f->store, &request, &err), 0);
	assert_int_equal(rel_git_write_commit(&again, f->store, &request, &err),
			 0);
	assert_memory_equal(&commit, &again, sizeof(commit));
	want = rel_test_sh(
	    "cd %s; export GIT_AUTHOR_DATE='@1767323045 +0530' "
	    "GIT_COMMITTER_DATE='@1767323045 -0130'; "
	    "printf 'Subject\\n\\nBödy\\n' | git commit-tree -p main "
	    "'main^{tree}'",
	    f->repo);
	assert_string_equal(rel_git_id_format(hex, &commit), want);
	free(want);
	/* A first commit of nothing. */
	request.tree = REL_GIT_EMPTY_TREE;
	request.n_parents = 0;
	assert_int_equal(
	    rel_git_write_commit(&commit, f->store, &request, &err), 0);
}

static void test_commit_refused(void **state)
{
	struct fixture *f = *state;
	struct rel_git_commit good = {
	    .tree = f->tree, .author = who, .committer = who, .message = "m"};
	struct rel_git_commit bad[7];
	struct rel_git_id id, none = {{1}};

	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].message = " \n";
	bad[1].author.name = "";
	bad[2].author.email = "a\nb";
	bad[3].committer.name = "a<b";
	bad[4].committer.seconds = -1;
	bad[5].committer.offset = 24 * 60;
	bad[6].author.email = NULL;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(
		    rel_git_write_commit(&id, f->store, &bad[i], NULL),
		    REL_EUSAGE);
	good.parents = &none;
	good.n_parents = 1;
	assert_int_equal(rel_git_write_commit(&id, f->store, &good, NULL),
			 REL_ENOTFOUND);
	good.n_parents = 0;
	good.tree = f->tip;
	assert_int_equal(rel_git_write_commit(&id, f->store, &good, NULL),
			 REL_ENOTFOUND);
}

static void test_tag(void **state)
{
	static const char *const bad[] = {"",	 "-a",	   "a b", "a..b", "a~1",
					  "a\n", "a.lock", "a:",  "/a"};
	char hex[REL_GIT_ID_TEXT];
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_tag tag = {.target = f->tip,
				  .name = "v1.0",
				  .tagger = who,
				  .message = "Release\n\n- one\n"};
	struct rel_git_id id;
	struct rel_buf text;
	char *want;

	rel_buf_init(&text, REL_LIMIT_GIT_MESSAGE_BYTES);
	assert_int_equal(rel_git_tag_format(&text, &tag, &err), 0);
	assert_int_equal(
	    rel_git_write_tag(&id, f->store, rel_buf_str(&text), &err), 0);
	want = rel_test_sh("cd %s; export GIT_COMMITTER_DATE='@1767323045 "
			   "+0530'; printf 'Release\\n\\n- one\\n' | "
			   "git tag -a -F - v1.0 main; git rev-parse v1.0",
			   f->repo);
	assert_string_equal(rel_git_id_format(hex, &id), want);
	free(want);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tag.name = bad[i];
		assert_int_equal(rel_git_tag_format(&text, &tag, &err),
				 REL_EUSAGE);
	}
	tag.name = "v2";
	tag.message = "x\n-----BEGIN PGP SIGNATURE-----\nx";
	assert_int_equal(rel_git_tag_format(&text, &tag, &err), REL_EUSAGE);
	assert_int_equal(
	    rel_git_write_tag(&id, f->store, REL_STR("object x"), &err),
	    REL_EUSAGE);
	rel_buf_free(&text);
}

static void check_ref(struct fixture *f, const char *name, const char *want)
{
	char *found = rel_test_sh("git -C %s rev-parse --verify -q %s || "
				  "echo none",
				  f->repo, name);

	assert_string_equal(found, want);
	free(found);
}

static void test_refs(void **state)
{
	char tip[REL_GIT_ID_TEXT], hex[REL_GIT_ID_TEXT];
	struct fixture *f = *state;
	struct rel_git_store *s = f->store;
	struct rel_git_id other, now;
	struct rel_git_commit request = {.tree = f->tree,
					 .parents = &f->tip,
					 .n_parents = 1,
					 .author = who,
					 .committer = who,
					 .message = "next"};
	const char *name = "refs/heads/main";

	rel_git_id_format(tip, &f->tip);
	assert_int_equal(rel_git_write_commit(&other, s, &request, NULL), 0);
	rel_git_id_format(hex, &other);
	/* Packed, so far. */
	assert_int_equal(rel_git_ref_read(&now, s, name, NULL), 1);
	assert_memory_equal(&now, &f->tip, sizeof(now));
	assert_int_equal(rel_git_ref_read(&now, s, "refs/heads/no", NULL), 0);
	assert_int_equal(rel_git_ref_read(&now, s, "refs/a b", NULL),
			 REL_EUSAGE);
	/* Made only when it is not there. */
	assert_int_equal(rel_git_ref_update(s, name, NULL, &other, "x", NULL),
			 REL_ESTALE);
	assert_int_equal(
	    rel_git_ref_update(s, name, &other, &f->tip, "x", NULL), 0);
	assert_int_equal(
	    rel_git_ref_update(s, "refs/tags/n", &other, &other, "x", NULL),
	    REL_ESTALE);
	check_ref(f, "refs/tags/n", "none");
	assert_int_equal(
	    rel_git_ref_update(s, name, &f->tip, &other, "x", NULL), 0);
	check_ref(f, name, hex);
	assert_int_equal(rel_git_ref_update(s, name, &f->tip, NULL, "x", NULL),
			 REL_ESTALE);
	check_ref(f, name, hex);
	assert_int_equal(
	    rel_git_ref_update(s, "refs/tags/n", NULL, &f->tip, NULL, NULL), 0);
	check_ref(f, "refs/tags/n", tip);
	/* Another git writes; then it is deleted, packed and loose. */
	free(rel_test_sh("git -C %s pack-refs --all", f->repo));
	assert_int_equal(
	    rel_git_ref_update(s, "refs/tags/n", &f->tip, NULL, NULL, NULL), 0);
	check_ref(f, "refs/tags/n", "none");
	assert_int_equal(
	    rel_git_ref_update(s, "refs/tags/n", &f->tip, NULL, NULL, NULL), 0);
	assert_int_equal(
	    rel_git_ref_update(s, "HEAD", &other, &f->tip, NULL, NULL),
	    REL_EUSAGE);
}

static void test_refs_locked(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};

	free(rel_test_sh("mkdir -p %s/refs/tags; : >%s/refs/tags/l.lock",
			 f->repo, f->repo));
	assert_int_equal(rel_git_ref_update(f->store, "refs/tags/l", NULL,
					    &f->tip, NULL, &err),
			 REL_EEXISTS);
	assert_non_null(strstr(err.text, "refs/tags/l.lock"));
	check_ref(f, "refs/tags/l", "none");
	free(rel_test_sh("rm %s/refs/tags/l.lock", f->repo));
	/* "main" stands in the way of "main/x". */
	assert_int_equal(rel_git_ref_update(f->store, "refs/heads/main/x", NULL,
					    &f->tip, NULL, &err),
			 REL_EUSAGE);
	free(rel_test_sh("git -C %s update-ref refs/tags/a/b main; git -C %s "
			 "pack-refs --all",
			 f->repo, f->repo));
	assert_int_equal(rel_git_ref_update(f->store, "refs/tags/a", NULL,
					    &f->tip, NULL, &err),
			 REL_EUSAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_tree, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tree_empty, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tree_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tree_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_commit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_commit_refused, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_tag, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refs_locked, setup, teardown),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
