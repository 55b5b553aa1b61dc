/*
 * The models of models.c through every format, compared with the files of
 * tests/golden/report/.  With REL_GOLDEN_WRITE set the files are written
 * instead: read the difference before committing it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "models.h"
#include "report/report.h"
#include "support/support.h"

static const struct {
	const char *name;
	const struct rel_report *report;
} models[] = {
    {"overlay", &model_overlay},
    {"since", &model_since},
    {"hostile", &model_hostile},
    {"clean", &model_clean},
};

static const struct {
	const char *file;
	enum rel_report_format format;
	struct rel_report_style style;
} outputs[] = {
    {"text.txt", REL_REPORT_TEXT, {.width = 80}},
    {"wide.txt", REL_REPORT_TEXT, {.colour = true}},
    {"verbose.txt", REL_REPORT_TEXT, {.verbose = true, .width = 80}},
    {"cycles.txt", REL_REPORT_TEXT, {.cycles_only = true, .width = 80}},
    {"short.txt", REL_REPORT_SHORT, {0}},
    {"short-verbose.txt", REL_REPORT_SHORT, {.verbose = true}},
    {"short-cycles.txt", REL_REPORT_SHORT, {.cycles_only = true}},
    {"report.json", REL_REPORT_JSON, {0}},
    {"cycles.json", REL_REPORT_JSON, {.cycles_only = true}},
    {"report.csv", REL_REPORT_CSV, {0}},
    {"cycles.csv", REL_REPORT_CSV, {.cycles_only = true}},
    {"report.dot", REL_REPORT_DOT, {0}},
    {"cycles.dot", REL_REPORT_DOT, {.cycles_only = true}},
    {"github.txt", REL_REPORT_GITHUB, {0}},
    {"github-cycles.txt", REL_REPORT_GITHUB, {.cycles_only = true}},
    {"report.xml", REL_REPORT_JUNIT, {0}},
    {"cycles.xml", REL_REPORT_JUNIT, {.cycles_only = true}},
    {"report.html", REL_REPORT_HTML, {0}},
    {"report.sarif", REL_REPORT_SARIF, {0}},
    {"cycles.sarif", REL_REPORT_SARIF, {.cycles_only = true}},
    {"report.md", REL_REPORT_MARKDOWN, {0}},
    {"cycles.md", REL_REPORT_MARKDOWN, {.cycles_only = true}},
    {"cycles.html", REL_REPORT_HTML, {.cycles_only = true}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int gather(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	struct rel_buf *buf = context;

	rel_buf_add(buf, ptr, len);
	return rel_buf_status(buf, "test", err);
}

static void compare(const char *model, const char *file, struct rel_buf *got)
{
	char *name = rel_test_text("golden/report/%s", model);
	char *dir = rel_test_fixture(name);
	char *path = rel_test_text("%s/%s", dir, file);
	char *expected = NULL;

	if (getenv("REL_GOLDEN_WRITE"))
		rel_test_write(dir, file, got->ptr ? got->ptr : "", got->len);
	expected = rel_test_read(path, NULL);
	if (!expected)
		fail_msg("%s is missing", path);
	else if (strcmp(expected, got->ptr ? got->ptr : "") != 0)
		fail_msg("%s should be\n%s\nbut is\n%s", path, expected,
			 got->ptr);
	free(expected);
	free(path);
	free(dir);
	free(name);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t m = 0; m < COUNT(models); m++) {
		for (size_t i = 0; i < COUNT(outputs); i++) {
			struct rel_error err = {0};
			struct rel_buf got;
			struct rel_sink sink = {gather, &got};

			rel_buf_init(&got, REL_MIB);
			assert_int_equal(rel_report_write(models[m].report,
							  outputs[i].format,
							  &outputs[i].style,
							  &sink, &err),
					 0);
			compare(models[m].name, outputs[i].file, &got);
			rel_buf_free(&got);
		}
	}
}

/* Whatever the model holds, no byte that a terminal obeys comes out. */
static void test_no_controls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++) {
		struct rel_buf got;
		struct rel_sink sink = {gather, &got};
		struct rel_str all;
		uint32_t rune;

		if (outputs[i].style.colour)
			continue;
		rel_buf_init(&got, REL_MIB);
		assert_int_equal(
		    rel_report_write(&model_hostile, outputs[i].format,
				     &outputs[i].style, &sink, NULL),
		    0);
		all = rel_buf_str(&got);
		assert_true(rel_str_is_utf8(all, NULL));
		for (size_t at = 0; at < all.len;) {
			at += rel_str_rune(all, at, &rune);
			if (rune != '\n' && rune != '\r' &&
			    rel_rune_is_control(rune))
				fail_msg("%s holds U+%04X", outputs[i].file,
					 (unsigned)rune);
		}
		rel_buf_free(&got);
	}
}

static int refuse(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	(void)context;
	(void)ptr;
	(void)len;
	return rel_fail(err, REL_EIO, "no space left");
}

static void test_sink_failure(void **state)
{
	struct rel_sink sink = {refuse, NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++) {
		struct rel_error err = {0};

		/* An empty output never reaches the sink. */
		if (strcmp(outputs[i].file, "short.txt") == 0)
			continue;
		assert_int_equal(
		    rel_report_write(&model_overlay, outputs[i].format,
				     &outputs[i].style, &sink, &err),
		    REL_EIO);
		assert_string_equal(err.text, "no space left");
	}
}

static void test_format_names(void **state)
{
	enum rel_report_format format;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_report_format_of(&format, "junit", &err), 0);
	assert_int_equal(format, REL_REPORT_JUNIT);
	assert_int_equal(rel_report_format_of(&format, "jsn", &err),
			 REL_EUSAGE);
	assert_non_null(strstr(err.text, "json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_no_controls),
	    cmocka_unit_test(test_sink_failure),
	    cmocka_unit_test(test_format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
