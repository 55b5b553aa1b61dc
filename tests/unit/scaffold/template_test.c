/* Filling templates in; that it does as templates/fill is cli/init's to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "scaffold/scaffold_private.h"

static const struct rel_template_value values[] = {
    {"ONE", "x"}, {"MANY", "l1\n\nl2"}, {"NONE", ""}, {"AT", "@ONE@"}};

static const struct {
	const char *text, *filled; /* filled NULL: REL_EPARSE */
} cases[] = {
    {"a @ONE@ b@ONE@@ONE@\n", "a x bxx\n"},
    {"no newline", "no newline\n"},
    {"@MANY@\n", "l1\n\nl2\n"},
    {"\t @MANY@\nend\n", "\t l1\n\n\t l2\nend\n"},
    {"a\n  @NONE@\nb\n", "a\nb\n"},
    {"a @NONE@\n", "a \n"},
    /* a value is not looked into */
    {"@AT@ @ONE@\n", "@ONE@ x\n"},
    {"me@example.org @one@ @@ONE@@ @\n", "me@example.org @one@ @x@ @\n"},
    {"actions/checkout@ONE @ONE\n", "actions/checkout@ONE @ONE\n"},
    {"@TWO@\n", NULL},
    {"a @TWO@\n", NULL},
};

static void test_fill(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		struct rel_buf out;
		int rc;

		rel_buf_init(&out, REL_MIB);
		rc =
		    rel_template_fill(&out, rel_str_of(cases[i].text), values,
				      sizeof(values) / sizeof(values[0]), &err);
		assert_int_equal(rc, cases[i].filled ? 0 : REL_EPARSE);
		if (cases[i].filled)
			assert_string_equal(out.ptr, cases[i].filled);
		else
			assert_string_equal(err.text, "no value for @TWO@");
		rel_buf_free(&out);
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_true(rel_str_is(rel_template_find("remote/repo"),
			       "opam-version: \"2.0\"\n"));
	assert_null(rel_template_find("no such").ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fill),
	    cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
