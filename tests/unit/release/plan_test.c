/* The plan of a cut, in the journal and out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "release/cut/cut_private.h"
#include "support/support.h"

#define BASE "8c7f000000000000000000000000000000000001"
#define TAG  "11d0000000000000000000000000000000000002"

static int setup(void **state)
{
	*state = rel_test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	rel_test_dir_free(*state);
	return 0;
}

static void begin(struct rel_cut *cut, const char *dir)
{
	struct rel_error err = {0};

	*cut = (struct rel_cut){.n_chosen = 0};
	rel_arena_init(&cut->arena, REL_MIB);
	assert_int_equal(rel_journal_open(&cut->journal, dir, &err), 0);
}

static void end(struct rel_cut *cut)
{
	rel_journal_close(&cut->journal);
	rel_arena_free(&cut->arena);
}

/* What docs/formats/cut-journal.md says of each key that was always there. */
static const char *const first[][2] = {{"packages", "a,b"},
				       {"version", "1.2"},
				       {"name", "a"},
				       {"base", BASE},
				       {"branch", "refs/heads/main"},
				       {"tag", "v1.2"},
				       {"tag_found", ""},
				       {"archive", "tar.gz"},
				       {"sign", "ssh"},
				       {"time", "1750000000"},
				       {"offset", "-90"},
				       {"author", "Ann"},
				       {"email", "ann@example.org"},
				       {"remote", "dev"},
				       {"location", "git+file:///r"},
				       {"review", ""},
				       {"push_remote", "origin"},
				       {"upstream", "refs/heads/main"},
				       {"upstream_was", TAG},
				       {"no_changelog", "no"},
				       {"allow_broken", "yes"},
				       {"broken", "c.1 (linux)"},
				       {"tip", TAG}};
#define N_FIRST (sizeof(first) / sizeof(first[0]))

static void fill(struct rel_cut *cut)
{
	struct rel_error err = {0};

	for (size_t i = 0; i < N_FIRST; i++)
		assert_int_equal(rel_journal_set(&cut->journal, "plan",
						 first[i][0], &err, "%s",
						 first[i][1]),
				 0);
}

/* The journal of the first relctl, which knew no other key. */
static void test_first(void **state)
{
	struct rel_error err = {0};
	char id[REL_GIT_ID_TEXT];
	struct rel_cut cut;

	begin(&cut, *state);
	fill(&cut);
	assert_int_equal(rel_cut_plan_load(&cut, &err), 0);
	assert_int_equal(cut.plan.packages.count, 2);
	assert_string_equal(cut.plan.packages.items[0], "a");
	assert_string_equal(cut.plan.packages.items[1], "b");
	assert_int_equal(cut.plan.left_out.count, 0);
	assert_string_equal(rel_git_id_format(id, &cut.plan.base), BASE);
	assert_false(cut.plan.tag_found.known);
	assert_true(cut.plan.upstream_was.known);
	assert_string_equal(rel_git_id_format(id, &cut.plan.upstream_was.id),
			    TAG);
	assert_int_equal(cut.plan.archive, REL_ARCHIVE_TAR_GZ);
	assert_int_equal(cut.plan.sign, REL_GIT_SIGN_SSH);
	assert_true(cut.plan.author.time == 1750000000);
	assert_int_equal(cut.plan.author.offset_minutes, -90);
	assert_string_equal(cut.plan.author.email, "ann@example.org");
	assert_true(cut.plan.allow_broken);
	assert_false(cut.plan.no_changelog);
	assert_false(cut.plan.push_first);
	assert_false(cut.plan.request);
	assert_false(cut.plan.trial);
	assert_int_equal(cut.plan.notes.len, 0);
	assert_int_equal(cut.plan.signature.len, 0);
	end(&cut);
}

/* Saved, and read by another run. */
static void test_round(void **state)
{
	struct rel_error err = {0};
	struct rel_cut cut;

	begin(&cut, *state);
	fill(&cut);
	assert_int_equal(rel_cut_plan_load(&cut, &err), 0);
	cut.plan.request = cut.plan.date_changelog = true;
	cut.plan.notes = REL_STR("- 100 % new\n- \xc3\xa4|b\n");
	cut.plan.signature = REL_STR("-----BEGIN\nabc\n-----END\n");
	assert_int_equal(rel_cut_names_of(&cut.plan.left_out, &cut, "c", &err),
			 0);
	assert_int_equal(rel_cut_plan_save(&cut, &err), 0);
	assert_int_equal(rel_journal_save(&cut.journal, &err), 0);
	/* as docs/formats/cut-journal.md has them */
	assert_string_equal(rel_journal_get(&cut.journal, "plan", "signature"),
			    "-----BEGIN|abc|-----END|");
	assert_string_equal(rel_journal_get(&cut.journal, "plan", "notes"),
			    "-%20100%20%25%20new%0A-%20%C3%A4%7Cb%0A");
	for (size_t i = 0; i < N_FIRST; i++)
		assert_string_equal(
		    rel_journal_get(&cut.journal, "plan", first[i][0]),
		    first[i][1]);
	end(&cut);

	begin(&cut, *state);
	assert_int_equal(rel_cut_plan_load(&cut, &err), 0);
	assert_true(cut.plan.request && cut.plan.date_changelog);
	assert_true(rel_str_is(cut.plan.notes, "- 100 % new\n- \xc3\xa4|b\n"));
	assert_true(
	    rel_str_is(cut.plan.signature, "-----BEGIN\nabc\n-----END\n"));
	assert_int_equal(cut.plan.left_out.count, 1);
	assert_string_equal(cut.plan.left_out.items[0], "c");
	end(&cut);
}

/* What no relctl writes is refused with the field, and nothing is guessed. */
static void test_refused(void **state)
{
	static const char *const wrong[][2] = {
	    {"base", "8c7f"},	       {"tag_found", "main"},
	    {"archive", "zip"},	       {"sign", "x509"},
	    {"time", "now"},	       {"offset", "90000"},
	    {"upstream_was", "x"},     {"no_changelog", "1"},
	    {"push_first", "perhaps"}, {"notes", "a%2"},
	    {"notes", "%zz"}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rel_error err = {0};
		struct rel_cut cut;

		begin(&cut, *state);
		fill(&cut);
		assert_int_equal(rel_journal_set(&cut.journal, "plan",
						 wrong[i][0], &err, "%s",
						 wrong[i][1]),
				 0);
		assert_int_equal(rel_cut_plan_load(&cut, &err), REL_EPARSE);
		assert_non_null(strstr(err.text, wrong[i][0]));
		assert_non_null(strstr(err.text, wrong[i][1]));
		assert_non_null(strstr(err.text, "remove the file"));
		end(&cut);
	}
}

static void test_missing(void **state)
{
	struct rel_error err = {0};
	struct rel_cut cut;

	begin(&cut, *state);
	assert_int_equal(rel_cut_plan_load(&cut, &err), REL_EPARSE);
	assert_non_null(strstr(err.text, "another version of relctl"));
	end(&cut);
}

/* As a relctl that kept its plan as strings left it when the remote of the
 * source refused the push; a newer one finishes that cut. */
static const char interrupted[] =
    "schema: relctl.cut/1\n"
    "cut:\n"
    "  state: \"running\"\n"
    "plan:\n"
    "  packages: \"mesh\"\n"
    "  version: \"1.0\"\n"
    "  name: \"mesh\"\n"
    "  base: \"0a5b5bc327a7199de1e715ef996046e65716b282\"\n"
    "  branch: \"refs/heads/main\"\n"
    "  tag: \"1.0\"\n"
    "  tag_found: \"\"\n"
    "  archive: \"tbz\"\n"
    "  sign: \"none\"\n"
    "  time: \"1796088048\"\n"
    "  offset: \"0\"\n"
    "  author: \"Ann Example\"\n"
    "  email: \"ann@example.org\"\n"
    "  remote: \"dev\"\n"
    "  location: \"git+file:///srv/dev.git\"\n"
    "  review: \"\"\n"
    "  push_remote: \"origin\"\n"
    "  upstream: \"refs/heads/main\"\n"
    "  upstream_was: \"0a5b5bc327a7199de1e715ef996046e65716b282"
    "\"\n"
    "  no_changelog: \"no\"\n"
    "  allow_broken: \"no\"\n"
    "  broken: \"\"\n"
    "  tip: \"d32972d98807a14d01db376823a9dcfff9c8df6d\"\n"
    "  push_first: \"no\"\n"
    "  request: \"no\"\n"
    "  watermarks: \"no\"\n"
    "  date_changelog: \"no\"\n"
    "  notes: \"\"\n"
    "  avoid: \"no\"\n"
    "  older: \"no\"\n"
    "  left_out: \"\"\n"
    "  signature: \"\"\n"
    "  trial: \"no\"\n"
    "bump:\n"
    "  state: \"done\"\n"
    "  commit: \"c151053e6f359a1d6ab00e01c433accc1b13396d\"\n"
    "tag:\n"
    "  state: \"done\"\n"
    "  object: \"e64647f53e2dbf8848ada0294143bf86f059efc0\"\n"
    "pack:\n"
    "  state: \"done\"\n"
    "  sha256: \"sha256=d388639847eb10917319160dc42e6d9d3d295c5"
    "4dce00eb85d70d2b57eee9b61\"\n"
    "  sha512: \"sha512=1b9501a3c292f85b0f93f295d555f3fb57f9fa4"
    "92283df85666485b0dc29155eb1ec64950cecc6a9752ff5210ec45d582"
    "8932f4a2795cf407ae05cb0618b46e3\"\n"
    "  size: \"516\"\n"
    "publish:\n"
    "  state: \"done\"\n"
    "  made: \"7\"\n"
    "  url: \"file:///srv/mirror/archives/mesh-1.0.tbz\"\n"
    "push:\n"
    "  state: \"begun\"\n"
    "# sha256=04ff20f0825f7159b0dd46a60ae7556f5d56e2ded7061c8c3"
    "c78ea3c7c4d9e86\n";

static void test_interrupted(void **state)
{
	const char *dir = *state;
	struct rel_error err = {0};
	struct rel_cut cut;
	struct rel_buf text;
	char id[REL_GIT_ID_TEXT], *path = NULL;

	rel_test_write_text(dir, "journal.yml", interrupted);
	begin(&cut, dir);
	assert_true(cut.journal.found);
	assert_int_equal(rel_cut_plan_load(&cut, &err), 0);
	assert_string_equal(cut.plan.packages.text, "mesh");
	assert_string_equal(rel_git_id_format(id, &cut.plan.base),
			    "0a5b5bc327a7199de1e715ef996046e65716b282");
	assert_true(cut.plan.author.time == 1796088048);
	assert_string_equal(cut.plan.push_remote, "origin");
	assert_true(cut.plan.upstream_was.known);
	assert_int_equal(cut.plan.archive, REL_ARCHIVE_TBZ);
	assert_string_equal(rel_journal_get(&cut.journal, "push", "state"),
			    "begun");
	/* saved again, it is the same byte for byte */
	assert_int_equal(rel_cut_plan_save(&cut, &err), 0);
	assert_int_equal(rel_journal_save(&cut.journal, &err), 0);
	assert_true(asprintf(&path, "%s/journal.yml", dir) > 0);
	rel_buf_init(&text, REL_MIB);
	assert_int_equal(rel_file_read(&text, path, &err), 0);
	assert_string_equal(text.ptr, interrupted);
	rel_buf_free(&text);
	free(path);
	end(&cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_round, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
