/* Naming a mirror in a `repo` file: only the field changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/publish.h"

#define V "opam-version: \"2.0\"\n"

static const struct {
	const char *old, *fresh; /* fresh NULL: unchanged */
} cases[] = {
    {"", "archive-mirrors: \"cache\"\n"},
    {V "# ours\n", V "# ours\narchive-mirrors: \"cache\"\n"},
    {V "browse:  \"x\" # y", V "browse:  \"x\" # y\narchive-mirrors: "
			       "\"cache\"\n"},
    {V "archive-mirrors: \"https://example.org/c\" # z\nbrowse: \"x\"\n",
     V "archive-mirrors: [\"cache\" \"https://example.org/c\"] # z\n"
       "browse: \"x\"\n"},
    {V "archive-mirrors: [ \"a\"\n  # two\n  \"b\" ]\n",
     V "archive-mirrors: [\"cache\"  \"a\"\n  # two\n  \"b\" ]\n"},
    {V "archive-mirrors: []\n", V "archive-mirrors: [\"cache\" ]\n"},
    {V "archive-mirrors: \"./cache/\"\n", NULL},
    {V "archive-mirrors: [\"x\" \"cache\"]\n", NULL},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		struct rel_buf out, again;
		bool changed;

		rel_buf_init(&out, REL_MIB);
		rel_buf_init(&again, REL_MIB);
		if (rel_publish_name_mirror(&out, &changed,
					    rel_str_of(cases[i].old), "repo",
					    "cache", &err))
			fail_msg("%s: %s", cases[i].old, err.text);
		assert_int_equal(changed, cases[i].fresh != NULL);
		assert_string_equal(out.ptr, cases[i].fresh ? cases[i].fresh
							    : cases[i].old);
		/* once is enough */
		assert_int_equal(rel_publish_name_mirror(&again, &changed,
							 rel_buf_str(&out),
							 "repo", "cache", &err),
				 0);
		assert_false(changed);
		assert_string_equal(again.ptr, out.ptr);
		rel_buf_free(&out);
		rel_buf_free(&again);
	}
}

static void test_missing(void **state)
{
	struct rel_error err = {0};
	struct rel_buf out;
	bool changed;

	(void)state;
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_publish_name_mirror(&out, &changed,
						 (struct rel_str){NULL, 0},
						 "repo", "cache", &err),
			 0);
	assert_true(changed);
	assert_string_equal(out.ptr, V "archive-mirrors: \"cache\"\n");
	assert_int_equal(rel_publish_name_mirror(&out, &changed,
						 REL_STR("x: ["), "repo",
						 "cache", &err),
			 REL_EPARSE);
	assert_string_equal(err.path, "repo");
	rel_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
