/* The real repositories of the test data, whole. */
#include "remote_common.h"

#include <stdio.h>

#include "repo/repo_private.h"
#include "support/corpus.h"

static char *dir, *cache;

static const struct {
	const char *name, *revision;
	/* besides that of the conversion: 5.5.0+introcaml and 5.5.0+introcaml0
	 * of ocaml-variants; bos.0.2.1 a second time inside the first */
	int notices;
} snapshots[] = {
    {"opam-repository", "2026-08", 1},
    {"opam-repository", "2025-01-01", 0},
    {"opam-repository", "2014-10-14", 0},
    {"mirage-dev", "2014-10-14", 0},
    {"mirage-dev", "HEAD", 0},
    {"xs-opam", "HEAD", 1},
};

static int start(void **state)
{
	(void)state;
	dir = rel_test_dir_new();
	cache = rel_test_text("%s/cache", dir);
	free(rel_test_clone(dir, "opam-repository"));
	free(rel_test_clone(dir, "mirage-dev"));
	free(rel_test_clone(dir, "xs-opam"));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rel_test_dir_free(dir);
	free(cache);
	return 0;
}

static char *place_of(size_t i)
{
	return rel_test_text("%s/%s.git#%s", dir, snapshots[i].name,
			     snapshots[i].revision);
}

/* "blob path" of what lies in packages/, one a line, in order. */
static char *list_by_path(const struct rel_snapshot *s)
{
	struct rel_buf out;
	char *path, *sorted;

	rel_buf_init(&out, REL_GIB);
	for (uint32_t i = 0; i < s->n_packages; i++) {
		const struct rel_snapshot_package *p = &s->packages[i];

		if (!rel_str_starts(string(s, p->path), REL_STR("packages/")))
			continue;
		for (int k = 0; k < 20; k++)
			rel_buf_printf(&out, "%02x",
				       (unsigned)p->content.bytes[k]);
		rel_buf_printf(&out, " %.*s\n",
			       REL_STR_ARG(string(s, p->path)));
	}
	assert_int_equal(out.status, 0);
	rel_test_write(dir, "ours", rel_buf_str(&out).ptr, out.len);
	rel_buf_free(&out);
	path = rel_test_text("%s/ours", dir);
	sorted = rel_test_sh("LC_ALL=C sort '%s'", path);
	free(path);
	return sorted;
}

/* Every manifest that git lists is there, with git's id, and no other. */
static void test_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(snapshots) / sizeof(snapshots[0]); i++) {
		struct reading how = {.jobs = 2};
		char *place = place_of(i);
		struct rel_snapshot *s = must_read(place, &how);
		/* the id of several files together is no blob's */
		bool legacy = strcmp(snapshots[i].revision, "2014-10-14") == 0;
		char *ours = list_by_path(s);
		char *theirs = rel_test_sh(
		    "git -C '%s/%s.git' ls-tree -r %s packages | "
		    "sed -n 's,^[^ ]* blob \\([^\t]*\\)\t\\(.*/opam\\)$,\\1 "
		    "\\2,p' | grep -v '\\(/[^/]*\\)\\1/opam' | "
		    "LC_ALL=C sort",
		    dir, snapshots[i].name, snapshots[i].revision);

		if (legacy) {
			char *a = rel_test_sh("cut -d' ' -f2 '%s/ours' | "
					      "LC_ALL=C sort",
					      dir);

			rel_test_write_text(dir, "theirs", theirs);
			free(ours);
			free(theirs);
			ours = a;
			theirs = rel_test_sh("cut -d' ' -f2 '%s/theirs' | "
					     "LC_ALL=C sort",
					     dir);
		}
		if (strcmp(ours, theirs) != 0)
			fail_msg("%s: not what git lists", place);
		assert_int_equal(s->n_problems, 0);
		assert_int_equal(s->n_notices -
				     (uint32_t)count_notices(
					 s, REL_NOTICE_CONVERTED, "packages"),
				 snapshots[i].notices);
		free(ours);
		free(theirs);
		free(place);
		rel_snapshot_free(s);
	}
}

/* Directory, index and git say the same. */
static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(snapshots) / sizeof(snapshots[0]); i++) {
		struct rel_layout_options options = {.name = "x", .jobs = 2};
		struct reading how = {.jobs = 2};
		struct rel_source_index index;
		struct rel_source source = rel_source_index(&index);
		char *place = place_of(i), *plain, *packed, *bytes;
		struct rel_snapshot *git, *tree, *tar = NULL;
		void *image = NULL;
		size_t len;

		/* once is enough for the large ones */
		if (strcmp(snapshots[i].revision, "2025-01-01") == 0) {
			free(place);
			continue;
		}
		free(rel_test_sh("cd '%s'; rm -rf x; mkdir x; "
				 "git -C %s.git archive %s | tar x -C x; "
				 "cd x; tar czhf ../x.tgz *",
				 dir, snapshots[i].name,
				 snapshots[i].revision));
		git = must_read(place, &how);
		plain = rel_test_text("%s/x", dir);
		tree = must_read(plain, &how);
		packed = rel_test_text("%s/x.tgz", dir);
		bytes = rel_test_read(packed, &len);
		assert_int_equal(rel_source_index_open(&index,
						       rel_str_n(bytes, len),
						       "x.tgz", NULL, NULL),
				 0);
		assert_int_equal(
		    rel_layout_read(&image, &source, &options, NULL), 0);
		assert_int_equal(rel_image_adopt(&tar, image, "", 0, NULL), 0);
		rel_source_index_close(&index);
		assert_same_snapshot(git, tree);
		assert_same_image(tree, tar);
		rel_snapshot_free(git);
		rel_snapshot_free(tree);
		rel_snapshot_free(tar);
		free(place);
		free(plain);
		free(packed);
		free(bytes);
	}
}

/* Revision after revision: what is taken over from the cache is what would
 * have been read. */
static void test_incremental(void **state)
{
	static const char *const order[] = {
	    "2026-08~30", "2026-08~29", "2026-08", "2014-10-14", "2026-08~1"};
	char *place = rel_test_text("%s/opam-repository.git#2026-08", dir);
	struct reading warm = {.cache_dir = cache, .jobs = 1};
	struct reading cold = {.jobs = 2};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct rel_snapshot *quick, *slow;

		warm.revision = cold.revision = order[i];
		quick = must_read(place, &warm);
		slow = must_read(place, &cold);
		assert_string_equal(warm.warnings.text, "");
		assert_same_image(quick, slow);
		rel_snapshot_free(quick);
		quick = must_read(place, &warm);
		assert_non_null(quick->store->map.ptr);
		assert_same_image(quick, slow);
		rel_snapshot_free(quick);
		rel_snapshot_free(slow);
	}
	free(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_complete),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_incremental),
	};

	rel_test_clean_environment();
	if (!rel_test_data_dir())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
