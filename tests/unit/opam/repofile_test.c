#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "opam/repofile.h"

static void lookup(const void *context, struct rel_str package,
		   struct rel_str name, struct rel_value *out)
{
	(void)context;
	*out = (struct rel_value){0};
	if (package.len == 0 && rel_str_is(name, "opam-version"))
		*out = (struct rel_value){.kind = REL_VALUE_STRING,
					  .string = REL_STR("2.1.2")};
}

static int read_text(struct rel_repofile *repo, const char *text,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct rel_variables variables = {.lookup = lookup};

	*err = (struct rel_error){0};
	return rel_repofile_read(repo, rel_str_of(text), "repo", &variables,
				 arena, err);
}

/* The fields of opam-repository's own file, and a list. */
static void test_fields(void **state)
{
	struct rel_repofile repo;
	struct rel_arena arena;
	struct rel_error err;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(
	    read_text(&repo,
		      "opam-version: \"2.0\"\n"
		      "browse: \"https://example.org/pkg/\"\n"
		      "upstream: \"https://example.org/tree/\\\nmaster/\"\n"
		      "archive-mirrors: \"cache\"\nstamp: \"1\\x32\"\n"
		      "announce: [\"text\" {(opam-version < \"2.1\")}]\n"
		      "x-unknown: 1 browse: 2",
		      &arena, &err),
	    0);
	assert_true(rel_str_is(repo.opam_version, "2.0"));
	assert_true(rel_str_is(repo.browse, "https://example.org/pkg/"));
	assert_true(
	    rel_str_is(repo.upstream, "https://example.org/tree/master/"));
	assert_true(rel_str_is(repo.stamp, "12"));
	assert_int_equal(repo.n_archive_mirrors, 1);
	assert_true(rel_str_is(repo.archive_mirrors[0], "cache"));
	assert_int_equal(repo.n_redirects, 0);
	assert_int_equal(
	    read_text(&repo, "archive-mirrors: [\"a\" \"b\"]", &arena, &err),
	    0);
	assert_int_equal(repo.n_archive_mirrors, 2);
	assert_true(rel_str_is(repo.archive_mirrors[1], "b"));
	assert_int_equal(repo.opam_version.len, 0);
	assert_int_equal(read_text(&repo, "", &arena, &err), 0);
	rel_arena_free(&arena);
}

static void test_redirects(void **state)
{
	struct rel_repofile repo;
	struct rel_arena arena;
	struct rel_error err;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(read_text(&repo,
				   "redirect: [\n"
				   "  \"old\" {opam-version < \"2.0~\"}\n"
				   "  \"new\" {opam-version >= \"2.0~\"}\n"
				   "  \"never\" {undefined}\n"
				   "  \"empty\" {}\n"
				   "  \"always\"\n]",
				   &arena, &err),
			 0);
	assert_int_equal(repo.n_redirects, 3);
	assert_true(rel_str_is(repo.redirects[0], "new"));
	assert_true(rel_str_is(repo.redirects[1], "empty"));
	assert_true(rel_str_is(repo.redirects[2], "always"));
	rel_arena_free(&arena);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
	} bads[] = {
	    {"browse: 1", 1, 9},
	    {"a: b\nupstream: [\"x\"]", 2, 11},
	    {"archive-mirrors: [\"x\" y]", 1, 23},
	    {"redirect: [\"x\" {a b}]", 1, 17},
	    {"opam-version: \"2.3\"", 1, 1},
	    {"browse", 1, 7},
	};
	struct rel_repofile repo;
	struct rel_arena arena;
	struct rel_error err;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		assert_int_equal(read_text(&repo, bads[i].text, &arena, &err),
				 REL_EPARSE);
		assert_string_equal(err.path, "repo");
		assert_int_equal(err.line, bads[i].line);
		assert_int_equal(err.column, bads[i].column);
	}
	assert_int_equal(
	    read_text(&repo, "opam-version: \"2.2.1\"", &arena, &err), 0);
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
