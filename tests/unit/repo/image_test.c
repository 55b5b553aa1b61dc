#include "common.h"

#include <stdlib.h>

#include "repo/repo_private.h"

struct fixture {
	char *dir, *cache;
	struct rel_snapshot *snapshot;
	struct rel_image_key key;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rel_layout_options options = {
	    .name = "test",
	    .key = {REL_IMAGE_KEY_INDEX, {1, 2, 3}},
	    .repository = 7};
	struct rel_source_dir dir = {.root = NULL};
	struct rel_source source = rel_source_dir(&dir);
	void *image = NULL;

	f->dir = rel_test_dir_new();
	f->cache = rel_test_text("%s/cache", f->dir);
	f->key = options.key;
	rel_test_write_text(
	    f->dir, "packages/a/a.1/opam",
	    "opam-version: \"2.0\"\nconflict-class: \"k\"\n"
	    "depends: [\"b\" {>= \"1\" & with-test} \"c\" | \"d\"]\n"
	    "available: !(os = \"win32\") & ?arch & true\n");
	rel_test_write_text(f->dir, "packages/b/b.1/opam", "nonsense(\n");
	rel_test_write_text(f->dir, "packages/stray", "");
	dir.root = f->dir;
	assert_int_equal(rel_layout_read(&image, &source, &options, NULL), 0);
	assert_int_equal(rel_image_adopt(&f->snapshot, image, "r1", 5, NULL),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_snapshot_free(f->snapshot);
	rel_test_dir_free(f->dir);
	free(f->cache);
	free(f);
	return 0;
}

static struct rel_snapshot *load(struct fixture *f)
{
	struct rel_snapshot *s = NULL;

	assert_int_equal(
	    rel_snapcache_load(&s, f->cache, &f->key, "r2", 6, NULL), 0);
	return s;
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct rel_snapshot *s;
	char *before, *after;

	assert_null(load(f));
	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, REL_GIB, NULL), 0);
	s = load(f);
	assert_non_null(s);
	before = dump(f->snapshot);
	after = dump(s);
	assert_string_equal(before, after);
	assert_non_null(strstr(before, "class k"));
	assert_non_null(strstr(before, "problem 1:"));
	assert_string_equal(s->revision, "r2");
	assert_int_equal(s->time, 6);
	free(before);
	free(after);
	rel_snapshot_free(s);
	/* the newest of the repository, but not of another one */
	assert_int_equal(rel_snapcache_newest(&s, f->cache, 7, NULL), 0);
	assert_non_null(s);
	rel_snapshot_free(s);
	assert_int_equal(rel_snapcache_newest(&s, f->cache, 8, NULL), 0);
	assert_null(s);
}

/* Write `bytes` as the cache's file and try to load it. */
static bool loads(struct fixture *f, const char *name, const char *bytes,
		  size_t len)
{
	struct rel_snapshot *s;
	bool loaded;

	rel_test_write(f->cache, name, bytes, len);
	s = load(f);
	loaded = s != NULL;
	rel_snapshot_free(s);
	return loaded;
}

/* Every byte matters: none can change unnoticed, no other length is taken. */
static void test_damage(void **state)
{
	struct fixture *f = *state;
	char *name, *path, *bytes;
	size_t len;

	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, REL_GIB, NULL), 0);
	name = rel_test_sh("cd %s; ls snapshots/*.snap", f->cache);
	path = rel_test_text("%s/%s", f->cache, name);
	bytes = rel_test_read(path, &len);
	assert_non_null(bytes);
	assert_true(loads(f, name, bytes, len));
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= (char)(1 << i % 8);
		assert_false(loads(f, name, bytes, len));
		bytes[i] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < len; n += 7)
		assert_false(loads(f, name, bytes, n));
	assert_true(loads(f, name, bytes, len));
	free(name);
	free(path);
	free(bytes);
}

/* A file made up with a right checksum is still not believed. */
static void test_forgery(void **state)
{
	struct fixture *f = *state;
	size_t len = (size_t)f->snapshot->store->header->total;
	char *bytes = malloc(len), *name;
	int taken = 0;

	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, REL_GIB, NULL), 0);
	name = rel_test_sh("cd %s; ls snapshots/*.snap", f->cache);
	for (size_t i = sizeof(struct rel_image_header); i < len; i++) {
		struct rel_snapshot *s;

		memcpy(bytes, f->snapshot->store->header, len);
		bytes[i] = (char)0xff;
		rel_image_seal((struct rel_image_header *)bytes);
		rel_test_write(f->cache, name, bytes, len);
		s = load(f);
		if (s) {
			/* then all of it can be looked at */
			taken++;
			free(dump(s));
		}
		rel_snapshot_free(s);
	}
	/* what no check can notice: content ids, text, flags, line numbers */
	assert_true(taken > 0 && (size_t)taken < len);
	free(name);
	free(bytes);
}

/* What was not used for longest goes; the newest stays. */
static void test_room(void **state)
{
	struct fixture *f = *state;
	struct rel_image_header *header = f->snapshot->store->block;
	struct rel_snapshot *s;
	uint64_t size = header->total;

	for (uint8_t i = 0; i < 4; i++) {
		f->key.bytes[0] = header->key.bytes[0] = i;
		assert_int_equal(
		    rel_snapcache_store(f->cache, f->snapshot, 3 * size, NULL),
		    0);
		free(
		    rel_test_sh("cd %s/snapshots; for i in *.snap; do "
				"touch -d \"$(stat -c %%y $i) 10 seconds ago\" "
				"$i; done",
				f->cache));
		f->key.bytes[0] = 0;
		s = load(f); /* the first one is used again and again */
		assert_non_null(s);
		rel_snapshot_free(s);
	}
	for (uint8_t i = 0; i < 4; i++) {
		f->key.bytes[0] = i;
		s = load(f);
		assert_int_equal(s != NULL, i != 1);
		rel_snapshot_free(s);
	}
	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, size - 1, NULL),
	    REL_ELIMIT);
}

/* Leftovers of killed runs are cleared away when they are old enough. */
static void test_strays(void **state)
{
	struct fixture *f = *state;

	rel_test_write_text(f->cache, "snapshots/.relctl-00.tmp", "x");
	rel_test_write_text(f->cache, "snapshots/.relctl-01.tmp", "x");
	free(rel_test_sh("touch -d '2 hours ago' %s/snapshots/.relctl-00.tmp",
			 f->cache));
	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, REL_GIB, NULL), 0);
	free(rel_test_sh("cd %s/snapshots; [ ! -e .relctl-00.tmp ] && "
			 "[ -e .relctl-01.tmp ]",
			 f->cache));
}

/* A cache that cannot be written is an error of the store alone. */
static void test_unwritable(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};

	rel_test_write_text(f->dir, "cache", "a file in the way");
	assert_int_equal(
	    rel_snapcache_store(f->cache, f->snapshot, REL_GIB, &err), REL_EIO);
	assert_null(load(f));
}

static void test_checksum(void **state)
{
	unsigned char bytes[100] = {0};

	(void)state;
	for (size_t n = 1; n < sizeof(bytes); n++) {
		uint64_t sum = rel_checksum(bytes, n);

		assert_int_not_equal(sum, rel_checksum(bytes, n - 1));
		bytes[n - 1] = 1;
		assert_int_not_equal(sum, rel_checksum(bytes, n));
		bytes[n - 1] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_forgery, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_strays, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unwritable, setup, teardown),
	    cmocka_unit_test(test_checksum),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
