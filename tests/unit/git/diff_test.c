/* Two commits compared; `git diff` is the judge of files and lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "git/objects.h"
#include "support/shell.h"
#include "support/support.h"

/* What `git diff -U0` says, in the words of describe(): a line for each file,
 * with the new side of its hunks. */
static const char judge[] =
    "git -C '%s' diff --no-renames -U0 --relative=%s then now | awk '"
    "/^diff / { if (name) print name; name = \"\"; sign = \"M\"; l = \"\" }"
    "/^new file/ { sign = \"A\" }"
    "/^deleted file/ { sign = \"D\" }"
    "/^diff --git/ { n = split($0, p, \" b/\"); name = p[n] }"
    "/^@@/ { if (sign != \"D\") { split($3, s, \",\");"
    "  l = l \" \" substr(s[1], 2) \"+\" (s[2] == \"\" ? 1 : s[2]) } }"
    "{ if (name) out[name] = sign \" \" name l }"
    "END { for (k in out) print out[k] }' | grep '^[AMD] ' | LC_ALL=C sort -k2";

static char *describe(const struct rel_git_diff *diff)
{
	static const char signs[] = "AMD";
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	for (uint32_t i = 0; i < diff->n_files; i++) {
		const struct rel_git_file_diff *f = &diff->files[i];

		rel_buf_printf(&out, "%s%c %s", i > 0 ? "\n" : "",
			       signs[f->delta], f->path);
		for (uint32_t k = 0; k < f->n_lines; k++)
			rel_buf_printf(&out, " %u+%u", f->lines[k].first,
				       f->lines[k].count);
	}
	return rel_buf_detach(&out, NULL);
}

static void compare(const char *dir, const char *subdir)
{
	struct rel_git_store *store = NULL;
	struct rel_error err = {0};
	struct rel_git_id old, fresh;
	struct rel_git_diff diff;
	struct rel_arena arena;
	char *expected, *got;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	assert_int_equal(rel_git_store_open(&store, dir, &err), 0);
	assert_int_equal(rel_git_resolve(&old, store, "then", &err), 0);
	assert_int_equal(rel_git_resolve(&fresh, store, "now", &err), 0);
	assert_int_equal(
	    rel_git_diff(&diff, store, &old, &fresh, subdir, &arena, &err), 0);
	got = describe(&diff);
	expected = rel_test_sh(judge, dir, subdir);
	assert_string_equal(got, expected);
	for (uint32_t i = 0; i < diff.n_files; i++)
		assert_ptr_equal(rel_git_diff_find(&diff, diff.files[i].path),
				 &diff.files[i]);
	assert_null(rel_git_diff_find(&diff, "nothing"));
	free(got);
	free(expected);
	rel_git_store_free(store);
	rel_arena_free(&arena);
}

static void test_files_and_lines(void **state)
{
	char *dir = rel_test_dir_new();

	(void)state;
	free(rel_test_sh(
	    "cd '%s' && git init -q && mkdir -p sub/a && seq 9 >sub/a/lines && "
	    "seq 3 >gone && seq 5 >same && printf 'no end' >end && "
	    "seq 20 >sub/a.b && git add -A && git commit -qm then && "
	    "git tag then && sed '2s/.*/two/;5d;7a\\seven\\nagain' sub/a/lines "
	    ">x && mv x sub/a/lines && sed 1d sub/a.b >x && mv x sub/a.b && "
	    "git rm -q gone && "
	    "printf 'an end\\n' >end && seq 4 >sub/fresh && "
	    "printf 'a\\0b' >binary && git add -A && git commit -qm now && "
	    "git tag now",
	    dir));
	compare(dir, "");
	compare(dir, "sub");
	rel_test_dir_free(dir);
}

/* A directory that only one side has; a commit that is not there. */
static void test_sides(void **state)
{
	char *dir = rel_test_dir_new();
	struct rel_git_store *store = NULL;
	struct rel_git_id now, none = {{1}};
	struct rel_git_diff diff;
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	free(
	    rel_test_sh("cd '%s' && git init -q && git commit -q --allow-empty "
			"-m then && git tag then && mkdir d && seq 3 >d/f && "
			"git add -A && git commit -qm now && git tag now",
			dir));
	assert_int_equal(rel_git_store_open(&store, dir, NULL), 0);
	assert_int_equal(rel_git_resolve(&now, store, "now", NULL), 0);
	compare(dir, "d");
	assert_int_equal(
	    rel_git_diff(&diff, store, &now, &now, "d", &arena, NULL), 0);
	assert_int_equal(diff.n_files, 0);
	assert_null(rel_git_diff_find(&diff, "f"));
	assert_int_equal(
	    rel_git_diff(&diff, store, &none, &now, "", &arena, NULL),
	    REL_ENOTFOUND);
	rel_git_store_free(store);
	rel_arena_free(&arena);
	rel_test_dir_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files_and_lines),
	    cmocka_unit_test(test_sides),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
