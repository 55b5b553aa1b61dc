#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "git/objects.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *repo;
	struct rel_git_store *store;
	struct rel_git_id tree;
};

static void open_tree(struct fixture *f, const char *revision)
{
	struct rel_error err = {0};
	struct rel_git_id commit;

	rel_git_store_free(f->store);
	assert_int_equal(rel_git_store_open(&f->store, f->repo, &err), 0);
	assert_int_equal(rel_git_resolve(&commit, f->store, revision, &err), 0);
	assert_int_equal(
	    rel_git_commit_tree(&f->tree, f->store, &commit, NULL, &err), 0);
}

/* One entry of each kind, names in awkward order, an empty blob. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->repo = rel_test_text("%s/work", f->dir);
	free(rel_test_sh(
	    "git init -q -b main %s; cd %s; mkdir -p a/b/c a-b; "
	    "printf 'one\\n' >a/b/c/f; printf x >a/run; chmod +x a/run; "
	    "ln -s ../a a-b/link; : >empty; printf 'z\\0z' >a.b; "
	    "printf y >'na\303\257ve name'; git add .; "
	    "git update-index --add --cacheinfo "
	    "160000,0123456789012345678901234567890123456789,sub; "
	    "git commit -qm all",
	    f->repo, f->repo));
	open_tree(f, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_git_store_free(f->store);
	rel_test_dir_free(f->dir);
	free(f->repo);
	free(f);
	return 0;
}

static const char *mode_text(enum rel_git_kind kind)
{
	static const char *const modes[] = {"100644 blob", "100755 blob",
					    "120000 blob", "040000 tree",
					    "160000 commit"};

	return modes[kind];
}

/* In the form of git ls-tree -z, but with newlines. */
static int print_entry(void *context, struct rel_str path, unsigned depth,
		       const struct rel_git_entry *entry, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	unsigned slashes = 0;

	(void)err;
	for (size_t i = 0; i < path.len; i++)
		slashes += path.ptr[i] == '/';
	assert_int_equal(slashes, depth);
	assert_int_equal(path.ptr[path.len], '\0');
	assert_true(rel_str_ends(path, entry->name));
	rel_buf_printf(context, "%s %s\t%.*s\n", mode_text(entry->kind),
		       rel_git_id_format(hex, &entry->id), REL_STR_ARG(path));
	return 0;
}

typedef int (*list_fn)(struct rel_git_store *, const struct rel_git_id *,
		       rel_git_entry_fn, void *, struct rel_error *);

static void check_listing(struct fixture *f, list_fn list, const char *flags)
{
	struct rel_error err = {0};
	struct rel_buf out;
	char *want = rel_test_sh("cd %s; git ls-tree -z %s HEAD | "
				 "tr '\\0' '\\n'",
				 f->repo, flags);

	rel_buf_init(&out, 16 * REL_MIB);
	assert_int_equal(list(f->store, &f->tree, print_entry, &out, &err), 0);
	out.ptr[out.len - 1] = '\0';
	assert_string_equal(out.ptr, want);
	rel_buf_free(&out);
	free(want);
}

static void test_list(void **state)
{
	check_listing(*state, rel_git_tree_list, "");
}

static void test_walk(void **state)
{
	check_listing(*state, rel_git_tree_walk, "-r -t");
}

static int skip_b(void *context, struct rel_str path, unsigned depth,
		  const struct rel_git_entry *entry, struct rel_error *err)
{
	(void)depth;
	(void)err;
	rel_buf_printf(context, "%.*s ", REL_STR_ARG(path));
	return rel_str_is(entry->name, "b") ? REL_GIT_SKIP : 0;
}

static int stop_at_b(void *context, struct rel_str path, unsigned depth,
		     const struct rel_git_entry *entry, struct rel_error *err)
{
	(void)context;
	(void)path;
	(void)depth;
	if (!rel_str_is(entry->name, "b"))
		return 0;
	return rel_fail(err, REL_ELIMIT, "enough");
}

static void test_walk_control(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_buf out;

	rel_buf_init(&out, REL_KIB);
	assert_int_equal(
	    rel_git_tree_walk(f->store, &f->tree, skip_b, &out, &err), 0);
	assert_string_equal(out.ptr, "a-b a-b/link a.b a a/b a/run empty "
				     "na\303\257ve name sub ");
	rel_buf_free(&out);
	assert_int_equal(
	    rel_git_tree_walk(f->store, &f->tree, stop_at_b, NULL, &err),
	    REL_ELIMIT);
	assert_string_equal(err.text, "enough");
}

static void test_find(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_entry entry;
	char hex[REL_GIT_ID_TEXT];
	char *want = rel_test_sh("git -C %s rev-parse HEAD:a/b/c/f", f->repo);

	assert_int_equal(rel_git_tree_find(&entry, f->store, &f->tree,
					   REL_STR("a/b/c/f"), &err),
			 0);
	assert_string_equal(rel_git_id_format(hex, &entry.id), want);
	assert_int_equal(entry.kind, REL_GIT_BLOB);
	assert_true(rel_str_is(entry.name, "f"));
	free(want);
	assert_int_equal(rel_git_tree_find(&entry, f->store, &f->tree,
					   REL_STR("a-b/link"), &err),
			 0);
	assert_int_equal(entry.kind, REL_GIT_SYMLINK);
	assert_int_equal(rel_git_tree_find(&entry, f->store, &f->tree,
					   REL_STR("a/b/x/f"), &err),
			 REL_ENOTFOUND);
	assert_int_equal(rel_git_tree_find(&entry, f->store, &f->tree,
					   REL_STR("empty/f"), &err),
			 REL_ENOTFOUND);
	assert_int_equal(
	    rel_git_tree_find(&entry, f->store, &f->tree, REL_STR(""), &err),
	    REL_ENOTFOUND);
}

static void find(struct rel_git_id *id, struct fixture *f, const char *path)
{
	struct rel_error err = {0};
	struct rel_git_entry entry;

	assert_int_equal(rel_git_tree_find(&entry, f->store, &f->tree,
					   rel_str_of(path), &err),
			 0);
	*id = entry.id;
}

static void test_blob(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_git_id id;
	struct rel_buf out;
	struct rel_str text;

	rel_buf_init(&out, 6);
	find(&id, f, "a.b");
	assert_int_equal(rel_git_blob_read(&out, f->store, &id, &err), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.ptr, "z\0z", 3);
	find(&id, f, "empty");
	assert_int_equal(rel_git_blob_read(&out, f->store, &id, &err), 0);
	assert_int_equal(out.len, 3);
	find(&id, f, "a/b/c/f");
	assert_int_equal(rel_git_blob_read(&out, f->store, &id, &err),
			 REL_ELIMIT);
	assert_int_equal(out.len, 3);
	assert_int_equal(out.status, 0);
	assert_int_equal(rel_git_blob_read(&out, f->store, &f->tree, &err),
			 REL_EPARSE);
	find(&id, f, "sub");
	assert_int_equal(rel_git_blob_read(&out, f->store, &id, &err),
			 REL_ENOTFOUND);
	rel_buf_free(&out);

	rel_arena_init(&arena, REL_MIB);
	find(&id, f, "a/b/c/f");
	assert_int_equal(
	    rel_git_blob_arena(&text, &arena, 4, f->store, &id, &err), 0);
	assert_true(rel_str_is(text, "one\n"));
	assert_int_equal(
	    rel_git_blob_arena(&text, &arena, 3, f->store, &id, &err),
	    REL_ELIMIT);
	rel_arena_free(&arena);
}

static int ignore_entry(void *context, struct rel_str path, unsigned depth,
			const struct rel_git_entry *entry,
			struct rel_error *err)
{
	(void)context;
	(void)path;
	(void)depth;
	(void)entry;
	(void)err;
	return 0;
}

/* Trees that no git writes, as git hash-object --literally takes them. */
static void test_malformed_trees(void **state)
{
	static const char *const trees[] = {
	    "100644 a\\0short",
	    "100644 a/b\\0aaaaaaaaaaaaaaaaaaaa",
	    "100644 ..\\0aaaaaaaaaaaaaaaaaaaa",
	    "40000 .git\\0aaaaaaaaaaaaaaaaaaaa",
	    "100644 \\0aaaaaaaaaaaaaaaaaaaa",
	    "100648 a\\0aaaaaaaaaaaaaaaaaaaa",
	    "10064410064 a\\0aaaaaaaaaaaaaaaaaaaa",
	    "100644",
	    "200000 a\\0aaaaaaaaaaaaaaaaaaaa",
	};
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_git_id id;

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		char *hex = rel_test_sh(
		    "printf '%s' | git -C %s hash-object -w -t tree "
		    "--literally --stdin",
		    trees[i], f->repo);

		assert_true(rel_git_id_parse(&id, rel_str_of(hex)));
		free(hex);
		assert_int_equal(
		    rel_git_tree_walk(f->store, &id, ignore_entry, NULL, &err),
		    REL_EPARSE);
		assert_non_null(strstr(err.text, "malformed"));
	}
}

static void test_deep_tree(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};

	free(rel_test_sh("cd %s; d=$(seq -s/ 1 %d); mkdir -p $d; : >$d/f; "
			 "git add .; git commit -qm deep",
			 f->repo, REL_LIMIT_TREE_DEPTH + 1));
	open_tree(f, NULL);
	assert_int_equal(
	    rel_git_tree_walk(f->store, &f->tree, ignore_entry, NULL, &err),
	    REL_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_list, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_walk_control, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_find, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blob, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_malformed_trees, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_deep_tree, setup, teardown),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
