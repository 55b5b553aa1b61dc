#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

static struct rel_json_value *parse(const char *text)
{
	struct rel_json_value *value = NULL;
	struct rel_error err = {0};

	if (rel_json_parse(&value, rel_str_of(text), &err))
		fail_msg("%s", err.text);
	return value;
}

static void test_places(void **state)
{
	struct rel_json_value *v = parse(
	    "{\"a\": {\"b\": \"text\", \"n\": 7, \"neg\": -1, \"t\": true,"
	    " \"f\": false, \"z\": \"x\\u0000y\", \"big\": "
	    "9223372036854775807, \"real\": 1.5},"
	    " \"list\": [{\"x\": \"1\"}, {\"x\": \"2\"}], \"a.b\": 3}");
	uint64_t n = 99;

	(void)state;
	assert_string_equal(rel_json_text_at(v, "a.b"), "text");
	assert_null(rel_json_text_at(v, "a"));
	assert_null(rel_json_text_at(v, "a.b.c"));
	assert_null(rel_json_text_at(v, "a.none"));
	assert_null(rel_json_text_at(v, "a.z"));
	assert_null(rel_json_text_at(NULL, "a"));
	assert_true(rel_json_uint_at(v, "a.n", &n));
	assert_int_equal(n, 7);
	assert_true(rel_json_uint_at(v, "a.big", &n));
	assert_true(n == INT64_MAX);
	assert_false(rel_json_uint_at(v, "a.neg", &n));
	assert_false(rel_json_uint_at(v, "a.real", &n));
	assert_false(rel_json_uint_at(v, "a.b", &n));
	assert_true(rel_json_true_at(v, "a.t"));
	assert_false(rel_json_true_at(v, "a.f"));
	assert_false(rel_json_true_at(v, "a.n"));
	assert_int_equal(rel_json_count(rel_json_at(v, "list")), 2);
	assert_string_equal(
	    rel_json_text_at(rel_json_item(rel_json_at(v, "list"), 1), "x"),
	    "2");
	assert_null(rel_json_item(rel_json_at(v, "list"), 2));
	assert_int_equal(rel_json_count(v), 0);
	assert_ptr_equal(rel_json_at(v, ""), v);
	rel_json_free(v);
}

static void test_any_value(void **state)
{
	struct rel_json_value *v = parse(" \"only\" ");

	(void)state;
	assert_string_equal(rel_json_text_at(v, ""), "only");
	rel_json_free(v);
	v = parse("{\"a\": 1, \"a\": \"last\"}");
	assert_string_equal(rel_json_text_at(v, "a"), "last");
	rel_json_free(v);
	rel_json_free(NULL);
}

static void test_booleans_and_arrays(void **state)
{
	struct rel_json_value *v =
	    parse("{\"t\": true, \"f\": false, \"s\": \"true\", \"n\": null, "
		  "\"a\": [], \"o\": {}}");
	bool is = false;

	(void)state;
	assert_true(rel_json_bool_at(v, "t", &is) && is);
	assert_true(rel_json_bool_at(v, "f", &is) && !is);
	assert_false(rel_json_bool_at(v, "s", &is) || is);
	assert_false(rel_json_bool_at(v, "n", &is) || is);
	assert_false(rel_json_bool_at(v, "nowhere", &is) || is);
	assert_true(rel_json_is_array(rel_json_at(v, "a")));
	assert_false(rel_json_is_array(rel_json_at(v, "o")));
	assert_false(rel_json_is_array(rel_json_at(v, "nowhere")));
	rel_json_free(v);
}

static void check_refused(const char *text, uint32_t line)
{
	struct rel_json_value *v = NULL;
	struct rel_error err = {0};

	assert_int_equal(rel_json_parse(&v, rel_str_of(text), &err),
			 REL_EPARSE);
	assert_null(v);
	assert_int_equal(err.line, line);
	assert_non_null(strstr(err.text, "is not JSON: "));
}

static void test_refusals(void **state)
{
	char deep[5000];

	(void)state;
	check_refused("{\"a\": 1,\n\"b\": }", 2);
	check_refused("{} {}", 1);
	check_refused("", 1);
	check_refused("\"\xff\"", 1);
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	check_refused(deep, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_any_value),
	    cmocka_unit_test(test_booleans_and_arrays),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
