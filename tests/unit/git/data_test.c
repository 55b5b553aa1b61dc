/* Every tree and blob of the real repositories, as git reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "git/objects.h"
#include "support/shell.h"
#include "support/support.h"

#define THREADS 4

struct blobs {
	struct rel_git_id *items;
	uint32_t count, cap;
};

static int keep_blob(void *context, struct rel_str path, unsigned depth,
		     const struct rel_git_entry *entry, struct rel_error *err)
{
	struct blobs *blobs = context;

	(void)path;
	(void)depth;
	if (entry->kind == REL_GIT_TREE)
		return 0;
	if (rel_array_reserve(&blobs->items, &blobs->cap,
			      (uint64_t)blobs->count + 1,
			      sizeof(blobs->items[0])) < 0)
		return rel_fail_nomem(err);
	blobs->items[blobs->count++] = entry->id;
	return 0;
}

static struct rel_git_store *open_blobs(struct blobs *blobs, const char *repo,
					const char *revision)
{
	struct rel_git_store *store = NULL;
	struct rel_error err = {0};
	struct rel_git_id commit, tree;

	assert_int_equal(rel_git_store_open(&store, repo, &err), 0);
	assert_int_equal(rel_git_resolve(&commit, store, revision, &err), 0);
	assert_int_equal(rel_git_commit_tree(&tree, store, &commit, NULL, &err),
			 0);
	assert_int_equal(
	    rel_git_tree_walk(store, &tree, keep_blob, blobs, &err), 0);
	return store;
}

static void read_blob(struct rel_buf *out, struct rel_git_store *store,
		      const struct rel_git_id *id)
{
	struct rel_error err = {0};
	char hex[REL_GIT_ID_TEXT];

	rel_buf_printf(out, "%s\n", rel_git_id_format(hex, id));
	assert_int_equal(rel_git_blob_read(out, store, id, &err), 0);
	rel_buf_add_char(out, '\n');
}

static void check_revision(const char *repo, const char *revision)
{
	struct blobs blobs = {0};
	struct rel_git_store *store = open_blobs(&blobs, repo, revision);
	struct rel_buf out;
	char *want = rel_test_sh("cd %s; git ls-tree -r %s | cut -c 13-52 | "
				 "git cat-file --batch='%%(objectname)'",
				 repo, revision);

	rel_buf_init(&out, REL_GIB);
	for (uint32_t i = 0; i < blobs.count; i++)
		read_blob(&out, store, &blobs.items[i]);
	while (out.len > 0 && out.ptr[out.len - 1] == '\n')
		out.len--;
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.ptr, want, out.len);
	rel_buf_free(&out);
	rel_git_store_free(store);
	free(blobs.items);
	free(want);
}

static const char *data_dir;
static char *dir, *repo;

static void test_same_bytes(void **state)
{
	static const char *const revisions[] = {"2026-08", "2026-08~30",
						"2014-10-14"};

	(void)state;
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++)
		check_revision(repo, revisions[i]);
}

struct shared {
	const struct blobs *blobs;
	struct rel_git_store *stores[THREADS];
	size_t bytes[THREADS];
};

static int read_one(void *context, unsigned worker, size_t item,
		    struct rel_error *err)
{
	struct shared *shared = context;
	struct rel_buf out;
	int r;

	rel_buf_init(&out, REL_MIB);
	r = rel_git_blob_read(&out, shared->stores[worker],
			      &shared->blobs->items[item], err);
	shared->bytes[worker] += out.len;
	rel_buf_free(&out);
	return r;
}

static void test_threads(void **state)
{
	struct blobs blobs = {0};
	struct rel_git_store *store = open_blobs(&blobs, repo, "2026-08");
	struct shared shared = {.blobs = &blobs};
	struct rel_error err = {0};
	size_t bytes = 0;
	char *want = rel_test_sh("cd %s; git ls-tree -r -l 2026-08 | "
				 "awk '{n += $4} END {print n}'",
				 repo);

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(
		    rel_git_store_clone(&shared.stores[i], store, &err), 0);
	assert_int_equal(
	    rel_parallel(THREADS, blobs.count, read_one, &shared, &err), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		bytes += shared.bytes[i];
		rel_git_store_free(shared.stores[i]);
	}
	assert_int_equal(bytes, strtoull(want, NULL, 10));
	rel_git_store_free(store);
	free(blobs.items);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_threads),
	};
	int status;

	rel_test_clean_environment();
	data_dir = rel_test_data_dir();
	if (data_dir == NULL)
		return REL_TEST_SKIPPED;
	dir = rel_test_dir_new();
	repo = rel_test_text("%s/repo.git", dir);
	free(rel_test_sh("git clone -q --mirror %s/opam-repository.bundle %s",
			 data_dir, repo));
	status = cmocka_run_group_tests(tests, NULL, NULL);
	free(repo);
	rel_test_dir_free(dir);
	return status;
}
