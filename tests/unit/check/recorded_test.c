/*
 * The members of cycles of all of opam-repository contain those that opam
 * 2.1.2 listed for the same revision (twenty minutes of its time): see the
 * README of the test data.
 */
#include "check/cycles.h"
#include "support/corpus.h"
#include "world.h"

static char *location;

static char *find_members(bool ignore_test_doc)
{
	struct rel_cycles *cycles;
	struct rel_buf out;
	struct world w;

	world_init(&w);
	w.environment.profile = REL_PROFILE_OPAM_2_1;
	w.environment.ignore_test_doc = ignore_test_doc;
	world_add_location(&w, location, REL_ROLE_UPSTREAM);
	world_build(&w);
	assert_int_equal(rel_cycles_find(&cycles, w.universe, NULL, NULL), 0);
	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (uint32_t i = 0; i < cycles->n_items; i++)
		for (uint32_t k = 0; k < cycles->items[i].n_members; k++)
			world_add_package(&out, &w, cycles->items[i].members[k],
					  "\n");
	rel_cycles_free(cycles);
	world_free(&w);
	return rel_buf_detach(&out, NULL);
}

static void compare(bool ignore_test_doc, const char *recorded)
{
	char *dir = rel_test_dir_new();
	char *path =
	    rel_test_text("%s/expected/%s", rel_test_data_dir(), recorded);
	char *ours = find_members(ignore_test_doc);
	char *missing;

	rel_test_write_text(dir, "ours", ours);
	missing = rel_test_sh("export LC_ALL=C; sort %s >%s/theirs; "
			      "echo >>%s/ours; sort %s/ours | "
			      "comm -13 - %s/theirs",
			      path, dir, dir, dir, dir);
	assert_string_equal(missing, "");
	free(missing);
	free(ours);
	free(path);
	rel_test_dir_free(dir);
}

static void test_with_test_doc(void **state)
{
	(void)state;
	compare(false, "2026-08.opam-2.1.cycles.txt");
}

static void test_without_test_doc(void **state)
{
	(void)state;
	compare(true, "2026-08.opam-2.1.no-test-doc.cycles.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_with_test_doc),
	    cmocka_unit_test(test_without_test_doc),
	};
	char *dir, *clone;
	int failed;

	rel_test_clean_environment();
	if (!rel_test_data_dir())
		return REL_TEST_SKIPPED;
	dir = rel_test_dir_new();
	clone = rel_test_clone(dir, "opam-repository");
	location = rel_test_text("%s#2026-08", clone);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(location);
	free(clone);
	rel_test_dir_free(dir);
	return failed;
}
