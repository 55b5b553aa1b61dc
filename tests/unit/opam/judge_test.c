/*
 * The real opam parses what this parser does, and refuses what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/process.h"
#include "opam/tree.h"
#include "samples.h"
#include "support/support.h"

#define N_GOODS (sizeof(goods) / sizeof(goods[0]))
#define N_BADS	(sizeof(bads) / sizeof(bads[0]))

/* More than a table of C strings can hold, or of interest to opam alone. */
static const struct rel_str others[] = {
    REL_STR("x: \"a\0b\" # \0\n"),
    REL_STR("x: \0"),
    REL_STR("x: \"a\r\nb\"\r\n"),
    REL_STR("x: [\n\"\xff\xfe\" (* \xff *)\n]# \xff"),
    REL_STR("x: \xff"),
    REL_STR("x: \x0c y"),
    REL_STR("x: (((((((((((((((((((( y ))))))))))))))))))))"),
    REL_STR("x: y {z} {z} & !?a {= \"1\" | b != c} d { e: f }"),
};
#define N_OTHERS (sizeof(others) / sizeof(others[0]))
#define N_FILES	 (N_GOODS + N_BADS + N_OTHERS)

static struct rel_str sample(size_t i)
{
	if (i < N_GOODS)
		return rel_str_of(goods[i].source);
	if (i < N_GOODS + N_BADS)
		return rel_str_of(bads[i - N_GOODS].source);
	return others[i - N_GOODS - N_BADS];
}

static bool is_about_version(struct rel_str source)
{
	return memmem(source.ptr, source.len, "opam-version", 12) != NULL;
}

/* The sample as a file of the current format, unless it is about that. */
static void compose(struct rel_buf *out, struct rel_str source)
{
	rel_buf_clear(out);
	if (!is_about_version(source))
		rel_buf_add_cstr(out, "opam-version: \"2.0\"\n");
	rel_buf_add_str(out, source);
}

static bool we_accept(struct rel_str source)
{
	struct rel_opam_tree tree;
	struct rel_error err = {0};
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_GIB);
	rc = rel_opam_parse(&tree, &arena, source, "f", &err);
	rel_arena_free(&arena);
	return rc == 0;
}

/* One `opam lint` over all files in `dir`: a line of codes for each. */
static void lint(struct rel_buf *out, const char *dir, char names[][24])
{
	const char *argv[N_FILES + 4] = {"opam", "lint", "-s"};
	char *root = rel_test_text("OPAMROOT=%s/root", dir);
	const char *const env[] = {root, NULL};
	struct rel_error err = {0};
	int status;

	for (size_t i = 0; i < N_FILES; i++)
		argv[3 + i] = names[i];
	if (rel_process_run(argv, dir, env, REL_STR(""), out, NULL, &status,
			    NULL, &err) != 0)
		fail_msg("%s", err.text);
	free(root);
}

static void test_agreement(void **state)
{
	static char names[N_FILES][24];
	struct rel_buf file, out;
	struct rel_str lines;
	char *dir = rel_test_dir_new();
	unsigned failed = 0;

	(void)state;
	rel_buf_init(&file, REL_MIB);
	rel_buf_init(&out, REL_MIB);
	for (size_t i = 0; i < N_FILES; i++) {
		compose(&file, sample(i));
		snprintf(names[i], sizeof(names[i]), "%zu.opam", i);
		rel_test_write(dir, names[i], file.ptr, file.len);
	}
	lint(&out, dir, names);
	lines = rel_buf_str(&out);
	for (size_t i = 0; i < N_FILES; i++) {
		struct rel_str codes = rel_str_cut(&lines, '\n');
		bool accepted;

		assert_non_null(codes.ptr);
		compose(&file, sample(i));
		accepted = we_accept(rel_buf_str(&file));
		/* refused for what it says, not for how it says it */
		if (accepted && is_about_version(sample(i)))
			continue;
		/* 2: file format error */
		if (accepted == rel_str_is(codes, "2")) {
			print_error("opam says \"%.*s\", we %s:\n%s\n",
				    REL_STR_ARG(codes),
				    accepted ? "accept" : "refuse", file.ptr);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
	rel_buf_free(&file);
	rel_buf_free(&out);
	rel_test_dir_free(dir);
}

/* Is opam here?  Without it there is no judge. */
static bool have_opam(void)
{
	const char *const argv[] = {"opam", "--version", NULL};
	struct rel_error err;
	struct rel_buf out;
	int status;
	int rc;

	rel_buf_init(&out, REL_KIB);
	rc = rel_process_run(argv, NULL, NULL, REL_STR(""), &out, NULL, &status,
			     NULL, &err);
	rel_buf_free(&out);
	return rc == 0 && status == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_agreement),
	};

	if (!have_opam()) {
		fprintf(stderr, "skipped: no opam\n");
		return REL_TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
