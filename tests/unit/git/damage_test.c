/*
 * One byte of a pack after the other is wrong: what is read is either refused
 * or right.  Labelled slow, so not run under valgrind: libgit2 1.5 looks at
 * bytes it has not read when it reads the header of a damaged delta, and then
 * fails as it should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/tree.h"
#include "support/shell.h"
#include "support/support.h"

/* `seq 2 99`, which the second version of `a/run` holds. */
#define RUN_BYTES 286

/* Bytes of the pack's header and trailing checksum. */
#define PACK_HEAD 12
#define PACK_TAIL 20

static unsigned refused, right;

static int read_run(struct rel_buf *out, struct rel_git_store *store)
{
	struct rel_error err = {0};
	struct rel_git_entry entry;
	struct rel_git_id commit, tree;
	int r = rel_git_resolve(&commit, store, NULL, &err);

	if (r == 0)
		r = rel_git_commit_tree(&tree, store, &commit, "a", &err);
	if (r == 0)
		r = rel_git_tree_find(&entry, store, &tree, REL_STR("run"),
				      &err);
	if (r == 0)
		r = rel_git_blob_read(out, store, &entry.id, &err);
	return r;
}

static void check_pack(const char *repo)
{
	struct rel_git_store *store = NULL;
	struct rel_error err = {0};
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	if (rel_git_store_open(&store, repo, &err) < 0 ||
	    read_run(&out, store) < 0) {
		refused++;
	} else {
		right++;
		assert_int_equal(out.len, RUN_BYTES);
		assert_memory_equal(out.ptr, "2\n3\n4\n", 6);
	}
	rel_buf_free(&out);
	rel_git_store_free(store);
}

static void test_flipped_bytes(void **state)
{
	char *dir = rel_test_dir_new();
	char *bare = rel_test_text("%s/bare.git", dir);
	char *pack, *bytes;
	size_t len;

	(void)state;
	free(rel_test_sh("git init -q -b main %s/work; cd %s/work; mkdir a; "
			 "seq 1 99 >a/run; git add .; git commit -qm 1; "
			 "seq 2 99 >a/run; git add .; git commit -qm 2; "
			 "git clone -q --bare --no-local . %s; "
			 "mv %s/objects/pack/*.pack %s/p.pack; "
			 "ln -s %s/p.pack \"$(ls %s/objects/pack/*.idx | "
			 "sed s/idx$/pack/)\"; chmod u+w %s/p.pack",
			 dir, dir, bare, bare, dir, dir, bare, dir));
	pack = rel_test_text("%s/p.pack", dir);
	bytes = rel_test_read(pack, &len);
	for (size_t i = PACK_HEAD; i < len - PACK_TAIL; i++) {
		bytes[i] = (char)(bytes[i] ^ 0x10);
		rel_test_write(dir, "p.pack", bytes, len);
		bytes[i] = (char)(bytes[i] ^ 0x10);
		check_pack(bare);
	}
	rel_test_write(dir, "p.pack", bytes, len);
	right = 0;
	check_pack(bare);
	assert_int_equal(right, 1);
	assert_true(refused > len / 4);
	free(bytes);
	free(pack);
	free(bare);
	rel_test_dir_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flipped_bytes),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
