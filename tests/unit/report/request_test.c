/* Where a request is told what it breaks: places worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "models.h"
#include "report/cause.h"
#include "report/markdown.h"
#include "support/torture.h"

#define LIST(array)	    (array), sizeof(array) / sizeof((array)[0])
#define PATH(name, version) "packages/" name "/" name "." version "/opam"

static const struct rel_git_lines lib_lines[] = {{4, 2}, {9, 0}, {20, 1}};
static const struct rel_git_lines top_lines[] = {{0, 0}};
static const struct rel_git_lines all_lines[] = {{1, 30}};

static const struct rel_git_file_diff files[] = {
    {.path = PATH("a-b", "1"), .delta = REL_GIT_REMOVED},
    {.path = PATH("lib", "1"),
     .delta = REL_GIT_CHANGED,
     .lines = lib_lines,
     .n_lines = 3},
    {.path = PATH("new", "1"),
     .delta = REL_GIT_ADDED,
     .lines = all_lines,
     .n_lines = 1},
    {.path = PATH("top", "1"),
     .delta = REL_GIT_CHANGED,
     .lines = top_lines,
     .n_lines = 1},
    {.path = "packages/x/x.1/files/p", .delta = REL_GIT_ADDED},
};

static const struct rel_git_diff diff = {LIST(files)};

static const struct rel_report_request request = {.remote = "dev",
						  .diff = &diff};

#define FACT(text, remote, file, line)                                     \
	{                                                                  \
		"p.1", "depends", text, "", remote, file, line, 3, 0, true \
	}

static void expect(const char *file, const struct rel_fact_text *facts,
		   size_t n, const char *path, uint32_t line, uint32_t column)
{
	struct rel_report_verdict v = {.package = "p.1",
				       .remote = "dev",
				       .file = file,
				       .reason = facts,
				       .n_reason = n};
	struct rel_cause cause = rel_cause_find(&request, &v);

	assert_string_equal(cause.path, path);
	assert_int_equal(cause.line, line);
	assert_int_equal(cause.column, column);
}

static void test_exact(void **state)
{
	/* the own manifest goes before another one */
	static const struct rel_fact_text both[] = {
	    FACT("x", "dev", PATH("new", "1"), 7),
	    FACT("x", "dev", PATH("lib", "1"), 5)};
	/* a line that was not changed, then one that was */
	static const struct rel_fact_text other[] = {
	    FACT("lib", "up", PATH("lib", "1"), 5),
	    FACT("lib", "dev", PATH("lib", "1"), 6),
	    FACT("lib", "dev", PATH("lib", "1"), 20)};

	(void)state;
	expect(PATH("lib", "1"), LIST(both), PATH("lib", "1"), 5, 3);
	expect(PATH("q", "1"), LIST(both), PATH("new", "1"), 7, 3);
	expect(PATH("q", "1"), LIST(other), PATH("lib", "1"), 20, 3);
}

/* What the reason asks for is gone; names are whole words. */
static void test_gone(void **state)
{
	static const struct rel_fact_text needs[] = {
	    FACT("c | a-b = 2", "up", PATH("p", "1"), 3)};
	static const struct rel_fact_text longer[] = {
	    FACT("a-b-c | xa-b", "up", PATH("p", "1"), 3)};

	(void)state;
	expect(PATH("p", "1"), LIST(needs), PATH("a-b", "1"), 0, 0);
	expect(PATH("p", "1"), LIST(longer), "", 0, 0);
}

/* The changed line nearest to the fact; where lines went away, the one before
 * them; else the first one of what is asked for, or of its own. */
static void test_near(void **state)
{
	static const struct rel_fact_text before[] = {
	    FACT("x", "dev", PATH("lib", "1"), 2)};
	static const struct rel_fact_text behind[] = {
	    FACT("x", "dev", PATH("lib", "1"), 7)};
	static const struct rel_fact_text gone[] = {
	    FACT("x", "dev", PATH("lib", "1"), 10)};
	static const struct rel_fact_text top[] = {
	    FACT("x", "dev", PATH("top", "1"), 10)};
	static const struct rel_fact_text wanted[] = {
	    FACT("new", "up", PATH("p", "1"), 10)};

	(void)state;
	expect(PATH("p", "1"), LIST(before), PATH("lib", "1"), 4, 0);
	expect(PATH("p", "1"), LIST(behind), PATH("lib", "1"), 5, 0);
	expect(PATH("p", "1"), LIST(gone), PATH("lib", "1"), 9, 0);
	expect(PATH("p", "1"), LIST(top), PATH("top", "1"), 1, 0);
	expect(PATH("p", "1"), LIST(wanted), PATH("new", "1"), 1, 0);
	expect(PATH("lib", "1"), NULL, 0, PATH("lib", "1"), 4, 0);
	expect(PATH("p", "1"), NULL, 0, "", 0, 0);
}

static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(rel_cause_first_line(&files[0]), 0);
	assert_int_equal(rel_cause_first_line(&files[1]), 4);
	assert_int_equal(rel_cause_first_line(&files[3]), 1);
	assert_int_equal(rel_cause_first_line(&files[4]), 1);
	assert_int_equal(rel_cause_first_line(NULL), 0);
	assert_int_equal(rel_cause_line_from(&files[1], 1), 4);
	assert_int_equal(rel_cause_line_from(&files[1], 5), 5);
	assert_int_equal(rel_cause_line_from(&files[1], 6), 9);
	assert_int_equal(rel_cause_line_from(&files[1], 21), 21);
	assert_int_equal(rel_cause_line_from(NULL, 21), 21);
}

static void summarise(struct rel_buf *out, const struct rel_report *report,
		      uint32_t *errors)
{
	static const struct rel_lint_run nothing;
	const struct rel_report_request r = {.report = report,
					     .remote = "mirage-dev",
					     .diff = &diff,
					     .before = &nothing,
					     .now = &nothing};
	struct rel_request_notes notes;
	struct rel_arena arena;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(out, REL_MIB);
	assert_int_equal(rel_request_find(&notes, &r, &arena, NULL), 0);
	assert_int_equal(rel_request_summary(out, &r, &notes), 0);
	*errors = notes.errors;
	rel_arena_free(&arena);
}

/* The changes of model_since, and nothing of what is still broken. */
static void test_summary(void **state)
{
	static const char expected[] =
	    "## relctl: not to be merged like this\n\n"
	    "mirage-dev 001122334455..1f302af0c1d2 over default \"etag-7\", "
	    "debian-12, alpine-3: 9415 checked.\n"
	    "\n### Breaks\n\n"
	    "- **gone-user.2 is broken**: no gone (no remote has it) (in "
	    "debian-12)\n"
	    "- **irmin-git.1.0.0 is broken**: irmin-git.1.0.0 needs git "
	    "&gt;= 2.0.0, newest is 1.11.2\n"
	    "\n### No longer available\n\n"
	    "- **bsd-only.1 is no longer available**: bsd-only.1 is available "
	    "where os = \"freebsd\" (in alpine-3)\n"
	    "\n### Repairs\n\n"
	    "- mended.1\n";
	struct rel_buf out;
	uint32_t errors;

	(void)state;
	summarise(&out, &model_since, &errors);
	assert_string_equal(out.ptr, expected);
	assert_int_equal(errors, 2);
	rel_buf_free(&out);
}

static int find_and_tell(const struct rel_report *report)
{
	static const struct rel_lint_run nothing;
	const struct rel_report_request r = {.report = report,
					     .remote = "mirage-dev",
					     .diff = &diff,
					     .before = &nothing,
					     .now = &nothing};
	struct rel_request_notes notes;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_buf out;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(&out, REL_MIB);
	rc = rel_request_find(&notes, &r, &arena, &err);
	if (rc == 0)
		rc = rel_request_summary(&out, &r, &notes);
	rel_buf_free(&out);
	rel_arena_free(&arena);
	return rc;
}

/* Each allocation fails once: REL_ENOMEM, never a summary that lacks
 * something. */
static void test_allocations(void **state)
{
	bool failed = true;

	(void)state;
	for (long n = 0; failed; n++) {
		int rc;

		rel_torture_start(n);
		rc = find_and_tell(&model_since);
		failed = rel_torture_stop();
		assert_int_equal(rc, failed ? REL_ENOMEM : 0);
	}
}

/* Nothing of a stranger's begins a line, a link or an element. */
static void test_hostile(void **state)
{
	struct rel_buf out;
	uint32_t errors;

	(void)state;
	summarise(&out, &model_hostile, &errors);
	assert_null(strstr(out.ptr, "<script"));
	assert_null(strstr(out.ptr, "\n::"));
	assert_null(strchr(out.ptr, '\x1b'));
	rel_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact),	cmocka_unit_test(test_gone),
	    cmocka_unit_test(test_near),	cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_summary),	cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
