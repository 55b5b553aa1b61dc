#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval.h"

/* value: "true" and "false" are booleans, "-" undefined, else a string */
struct row {
	const char *filter, *words, *value;
};

/* Worked by hand from opam 2.1.2, src/format/opamFilter.ml. */
static const struct row rows[] = {
    {"true", "", "true"},
    {"false", "", "false"},
    {"\"true\"", "", "'true"},
    {"\"x\"", "", "'x"},
    {"12", "", "'12"},
    {"x", "", "-"},
    {"x", "x", "true"},
    {"x", "!x", "false"},
    {"x", "x=y", "'y"},
    /* logic: the absorbing value first, then undefined */
    {"x & false", "", "false"},
    {"false & x", "", "false"},
    {"x & true", "", "-"},
    {"x | true", "", "true"},
    {"x | false", "", "-"},
    {"x | y", "x !y", "true"},
    {"x & y", "x !y", "false"},
    {"!x", "", "-"},
    {"!x", "x", "false"},
    {"!!x", "x", "true"},
    /* strings as truth values */
    {"\"true\" & true", "", "true"},
    {"\"false\" | false", "", "false"},
    {"\"false\" & x", "", "-"},
    {"!\"false\"", "", "true"},
    {"!\"no\"", "", "-"},
    {"\"no\" & true", "", "-"},
    {"\"no\" & false", "", "false"},
    {"x | \"no\"", "x", "true"},
    /* comparisons by version order, booleans as text */
    {"os = \"linux\"", "os=linux", "true"},
    {"os != \"linux\"", "os=linux", "false"},
    {"os = \"linux\"", "", "-"},
    {"!(os = \"linux\")", "", "-"},
    {"v >= \"4.9\"", "v=4.14", "true"},
    {"v < \"4.9\"", "v=4.14", "false"},
    {"v = \"1.00\"", "v=1.0", "true"},
    {"v <= \"1~\"", "v=1", "false"},
    {"v > \"1~\"", "v=1", "true"},
    {"x = true", "x", "true"},
    {"x = \"true\"", "x", "true"},
    {"x = \"false\"", "!x", "true"},
    {"x = y", "x=1 y=1.0-0", "false"},
    {"x = y", "x=1 y=1-0", "true"},
    /* ? */
    {"?x", "", "false"},
    {"?x", "!x", "true"},
    {"?(x & y)", "!x", "true"},
    {"?(x = \"1\")", "", "false"},
    {"!?x", "", "true"},
    {"?\"no\"", "", "true"},
    {"?(!\"no\")", "", "false"},
    /* packages */
    {"_:name", "_:name=me", "'me"},
    {"_:name", "name=me", "-"},
    {"p:installed", "p:installed", "true"},
    {"p:installed", "q:installed", "-"},
    {"p+q:installed", "p:installed q:installed", "true"},
    {"p+q:installed", "p:installed !q:installed", "false"},
    {"p+q:installed", "!q:installed", "false"},
    {"p+q:installed", "p:installed", "-"},
    {"p+q:x", "p:x=true q:x=true", "true"},
    {"p+q:x", "p:x=1 q:x", "-"},
    {"p+_:x", "p:x _:x", "true"},
    {"p:enable", "p:installed", "'enable"},
    {"p:enable", "!p:installed", "'disable"},
    {"p:enable", "", "'disable"},
    {"p+q:enable", "p:installed q:installed", "'enable"},
    {"enable", "enable", "true"},
    /* interpolation */
    {"\"%{x}%\"", "x=1", "'1"},
    {"\"a%{x}%b%{y}%c\"", "x=1 !y", "'a1bfalsec"},
    {"\"%{x}%\"", "", "'"},
    {"\"%{p:x}%\"", "p:x=z", "'z"},
    {"\"%{x?yes:no}%\"", "x", "'yes"},
    {"\"%{x?yes:no}%\"", "!x", "'no"},
    {"\"%{x?yes:no}%\"", "", "'no"},
    {"\"%{x?yes:no}%\"", "x=1", "'no"},
    {"\"%{p:x?yes:}%\"", "!p:x", "'"},
    {"\"%{p:enable}%\"", "p:installed", "'enable"},
    {"\"%%{x}%\"", "x=1", "'%{x}%"},
    {"\"100%\"", "", "'100%"},
    {"\"50%%\"", "", "'50%"},
    {"\"%{x\"", "x=1", "'%{x"},
    {"\"%{x}\"", "x=1", "'%{x}"},
    {"\"%{x} %{y}%\"", "x=1 y=2", "'"},
    {"\"%{x}}%\"", "x=1 x}=2", "'2"},
    {"\"%{x}%\" = \"1\"", "x=1", "true"},
    {"\"%{x}%\" = \"\"", "", "true"},
    {"\"%{x}%\" & true", "x", "true"},
    /* a variable's value is expanded too */
    {"x", "x=%{y}% y=1", "'1"},
    {"x", "x=%{x}%", "'%{x}%"},
};

static void value_text(struct rel_buf *out, const struct rel_value *value)
{
	rel_buf_clear(out);
	if (value->kind == REL_VALUE_UNDEFINED) {
		rel_buf_add_char(out, '-');
	} else if (value->kind == REL_VALUE_BOOL) {
		rel_buf_add_cstr(out, value->boolean ? "true" : "false");
	} else {
		rel_buf_add_char(out, '\'');
		rel_buf_add_str(out, value->string);
	}
}

static void test_table(void **state)
{
	struct rel_variables variables;
	struct rel_value value;
	struct rel_buf text;
	struct bench b;

	(void)state;
	bench_init(&b);
	rel_buf_init(&text, REL_KIB);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		variables = words(row->words);
		if (bench_read_field(&b, "available", row->filter) != 0)
			fail_msg("%s: %s", row->filter, b.err.text);
		assert_int_equal(
		    rel_filter_reduce(&value, &b.exprs, b.manifest.available,
				      &variables, &b.scratch, &b.err),
		    0);
		value_text(&text, &value);
		if (!rel_str_is(rel_buf_str(&text), row->value))
			fail_msg("%s with \"%s\": %s, not %s", row->filter,
				 row->words, text.ptr, row->value);
	}
	rel_buf_free(&text);
	bench_free(&b);
}

static bool truth(const char *filter, const char *environment, bool fallback)
{
	struct rel_variables variables = words(environment);
	struct bench b;
	bool out = !fallback;

	bench_init(&b);
	assert_int_equal(bench_read_field(&b, "available", filter), 0);
	assert_int_equal(rel_filter_eval(&out, &b.exprs, b.manifest.available,
					 &variables, fallback, &b.scratch,
					 &b.err),
			 0);
	bench_free(&b);
	return out;
}

/* opam's eval_to_bool ~default */
static void test_truth(void **state)
{
	(void)state;
	assert_true(truth("[]", "", false));
	assert_true(truth("x", "x", false));
	assert_false(truth("x", "", false));
	assert_true(truth("x", "", true));
	assert_true(truth("\"true\"", "", false));
	assert_false(truth("\"false\"", "", true));
	assert_false(truth("\"no\"", "", false));
	assert_true(truth("\"no\"", "", true));
	assert_false(truth("!x", "", false));
	assert_true(truth("!(x & !x)", "x", false));
}

/* A string that grows beyond all measure is an error, not a catastrophe. */
static void test_expansion_limit(void **state)
{
	char *big = malloc(REL_LIMIT_MANIFEST_BYTES / 2), *words_text;
	struct rel_variables variables;
	struct rel_value value;
	struct bench b;
	int rc;

	(void)state;
	assert_non_null(big);
	memset(big, 'v', REL_LIMIT_MANIFEST_BYTES / 2 - 1);
	big[REL_LIMIT_MANIFEST_BYTES / 2 - 1] = '\0';
	rc = asprintf(&words_text, "x=%s", big);
	assert_true(rc > 0);
	variables = words(words_text);
	bench_init(&b);
	assert_int_equal(
	    bench_read_field(&b, "available", "\"%{x}%%{x}%%{x}%\""), 0);
	rc = rel_filter_reduce(&value, &b.exprs, b.manifest.available,
			       &variables, &b.scratch, &b.err);
	assert_int_equal(rc, REL_ELIMIT);
	bench_free(&b);
	free(words_text);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_truth),
	    cmocka_unit_test(test_expansion_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
