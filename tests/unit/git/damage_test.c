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
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/objects.h"
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

/* A repository whose pack has deltas that name their bases by id, as git makes
 * them without --delta-base-offset: four versions of one file.  *pack and *idx
 * are the names of its files in `dir`. */
static char *deltas(char **dir, char **pack, char **idx)
{
	char *top = rel_test_dir_new(), *name;

	free(rel_test_sh(
	    "cd %s; git init -q -b main work; cd work; mkdir a; "
	    "for i in 1 2 3 4; do seq $i 99 >a/run; git add .; "
	    "git commit -qm $i; done; seq 2 99 >a/run; git add .; "
	    "git commit -qm 5; git init -q --bare ../bare.git; "
	    "git rev-list --objects --all | git pack-objects -q --window=50 "
	    "../bare.git/objects/pack/pack >/dev/null; "
	    "rm -f ../bare.git/objects/pack/*.rev; "
	    "chmod u+w ../bare.git/objects/pack/*; "
	    "git rev-parse HEAD >../bare.git/refs/heads/main; "
	    "echo ref: refs/heads/main >../bare.git/HEAD",
	    top));
	name = rel_test_sh("cd %s/bare.git/objects/pack; ls *.pack", top);
	*dir = rel_test_text("%s/bare.git/objects/pack", top);
	*pack = name;
	*idx = rel_test_text("%.*s.idx", (int)strlen(name) - 5, name);
	return top;
}

/* Bytes of the id that `git verify-pack -v` gives in column `column` of the
 * n-th delta (from 1); false when there are fewer. */
static bool delta_id(struct rel_git_id *out, const char *dir, const char *pack,
		     int n, int column)
{
	char *hex =
	    rel_test_sh("cd %s; git verify-pack -v %s | "
			"awk 'NF == 7 && ++n == %d {printf \"%%s\", $%d}'",
			dir, pack, n, column);
	bool there = rel_git_id_parse(out, rel_str_of(hex));

	free(hex);
	return there;
}

static void replace_id(char *bytes, size_t len, const struct rel_git_id *old,
		       const struct rel_git_id *fresh)
{
	char *at = memmem(bytes, len, old, sizeof(*old));

	assert_non_null(at);
	memcpy(at, fresh, sizeof(*fresh));
}

/* Deltas that are made from themselves, or from each other: git says "delta
 * chain" and "corrupt"; the checksums at the ends are right. */
static void test_loops(void **state)
{
	struct rel_git_id id[4], base[4];
	char *dir, *pack, *idx, *path, *bytes, *top = deltas(&dir, &pack, &idx);
	char *bare = rel_test_text("%s/bare.git", top);
	size_t len;
	int n = 0;

	(void)state;
	path = rel_test_text("%s/%s", dir, pack);
	bytes = rel_test_read(path, &len);
	while (n < 4 && delta_id(&id[n], dir, pack, n + 1, 1) &&
	       delta_id(&base[n], dir, pack, n + 1, 7))
		n++;
	assert_true(n >= 3);
	right = refused = 0;
	check_pack(bare);
	assert_int_equal(right, 1);
	for (int i = 0; i < n; i++) {
		char *copy = malloc(len);

		memcpy(copy, bytes, len);
		replace_id(copy, len, &base[i], &id[i]);
		rel_test_write(dir, pack, copy, len);
		check_pack(bare);
		free(copy);
	}
	for (int i = 0; i < n; i++) {
		int j = (i + 1) % n;
		char *copy = malloc(len);

		memcpy(copy, bytes, len);
		replace_id(copy, len, &base[i], &id[j]);
		replace_id(copy, len, &base[j], &id[i]);
		rel_test_write(dir, pack, copy, len);
		check_pack(bare);
		free(copy);
	}
	/* The file that is read is one of them, or made from one. */
	assert_true(refused > 0);
	free(bytes);
	free(path);
	free(bare);
	free(idx);
	free(pack);
	free(dir);
	rel_test_dir_free(top);
}

/* Each byte of the index in turn; cut short at each length; and the pack. */
static void test_index(void **state)
{
	char *dir, *pack, *idx, *path, *bytes, *top = deltas(&dir, &pack, &idx);
	char *bare = rel_test_text("%s/bare.git", top);
	size_t len;

	(void)state;
	for (int file = 0; file < 2; file++) {
		const char *name = file ? pack : idx;

		path = rel_test_text("%s/%s", dir, name);
		bytes = rel_test_read(path, &len);
		right = refused = 0;
		for (size_t i = 0; file == 0 && i < len; i++) {
			char was = bytes[i];

			for (int bit = 0; bit < 8; bit += 7) {
				bytes[i] = (char)(was ^ 1 << bit);
				rel_test_write(dir, name, bytes, len);
				check_pack(bare);
			}
			bytes[i] = was;
		}
		/* Its own checksum and those of the objects do not count. */
		assert_true(file == 1 || refused > len);
		right = refused = 0;
		for (size_t cut = 0; cut < len; cut += 3) {
			rel_test_write(dir, name, bytes, cut);
			check_pack(bare);
		}
		assert_int_equal(right, 0);
		rel_test_write(dir, name, bytes, len);
		check_pack(bare);
		assert_int_equal(right, 1);
		free(bytes);
		free(path);
	}
	free(bare);
	free(idx);
	free(pack);
	free(dir);
	rel_test_dir_free(top);
}

/* What is beside the packs' own indexes is not read, whatever it says. */
static void test_beside(void **state)
{
	static const char *const names[] = {"pack/multi-pack-index",
					    "info/commit-graph"};
	char *dir, *pack, *idx, *top = deltas(&dir, &pack, &idx);
	char *bare = rel_test_text("%s/bare.git", top);
	char *objects = rel_test_text("%s/objects", bare);

	(void)state;
	free(rel_test_sh("cd %s; git multi-pack-index write 2>/dev/null; "
			 "git commit-graph write --reachable 2>/dev/null; "
			 "chmod u+w objects/pack/* objects/info/*",
			 bare));
	for (size_t n = 0; n < 2; n++) {
		size_t len, tried = 0;
		char *path = rel_test_text("%s/%s", objects, names[n]);
		char *bytes = rel_test_read(path, &len);

		right = refused = 0;
		for (size_t i = 0; i < len; i += 5) {
			bytes[i] = (char)(bytes[i] ^ 0x81);
			rel_test_write(objects, names[n], bytes, len);
			bytes[i] = (char)(bytes[i] ^ 0x81);
			check_pack(bare);
			tried++;
		}
		assert_int_equal(right, tried);
		free(bytes);
		free(path);
	}
	free(objects);
	free(bare);
	free(idx);
	free(pack);
	free(dir);
	rel_test_dir_free(top);
}

/* Objects under the names of others, packed and loose, of each kind. */
static void test_false_ids(void **state)
{
	static const char *const names[] = {"HEAD^{commit}", "HEAD^{tree}",
					    "HEAD:a", "HEAD:a/run"};
	char *dir, *pack, *idx, *top = deltas(&dir, &pack, &idx);
	char *bare = rel_test_text("%s/bare.git", top);

	(void)state;
	free(rel_test_sh("cd %s/bare.git; mv objects/pack p; mkdir "
			 "objects/pack; git unpack-objects -q <$(ls p/*.pack)",
			 top));
	right = refused = 0;
	check_pack(bare);
	assert_int_equal(right, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* What an older version of it is, but of a commit one that
		 * differs in its message. */
		free(rel_test_sh(
		    "cd %s/bare.git; rm -rf kept; cp -r objects kept; "
		    "a=$(git rev-parse '%s'); case %s in *commit*) "
		    "b=$(git commit-tree -m other HEAD^{tree});; "
		    "*) b=$(git rev-parse '%s');; esac; [ $a != $b ]; "
		    "f() { echo objects/$(echo $1 | sed 's,..,&/,'); }; "
		    "rm -f $(f $a); cp $(f $b) $(f $a)",
		    top, names[i], names[i],
		    i == 1   ? "HEAD~1^{tree}"
		    : i == 2 ? "HEAD~1:a"
			     : "HEAD~1:a/run"));
		right = refused = 0;
		check_pack(bare);
		assert_int_equal(refused, 1);
		free(rel_test_sh("cd %s/bare.git; rm -rf objects; "
				 "mv kept objects",
				 top));
	}
	free(bare);
	free(idx);
	free(pack);
	free(dir);
	rel_test_dir_free(top);
}

/* libgit2 is started with the first repository and ends with the last: one
 * stays open. */
static int keep_open(void **state)
{
	static struct rel_git_store *kept;
	char *dir;

	if (kept != NULL) {
		rel_git_store_free(kept);
		return 0;
	}
	dir = rel_test_dir_new();
	free(rel_test_sh("git init -q %s", dir));
	assert_int_equal(rel_git_store_open(&kept, dir, NULL), 0);
	rel_test_dir_free(dir);
	(void)state;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flipped_bytes), cmocka_unit_test(test_loops),
	    cmocka_unit_test(test_index),	  cmocka_unit_test(test_beside),
	    cmocka_unit_test(test_false_ids),
	};

	/* What waits for ever is to be seen as such. */
	alarm(600);

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, keep_open, keep_open);
}
