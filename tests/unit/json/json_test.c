#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "json/json.h"

static int gather(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	struct rel_buf *buf = context;

	rel_buf_add(buf, ptr, len);
	return rel_buf_status(buf, "test", err);
}

static int refuse(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	unsigned *calls = context;

	(void)ptr;
	(void)len;
	(*calls)++;
	return rel_fail(err, REL_EIO, "disk full");
}

static void test_layout(void **state)
{
	struct rel_buf out;
	struct rel_sink sink = {gather, &out};
	struct rel_json json;

	(void)state;
	rel_buf_init(&out, REL_MIB);
	rel_json_begin(&json, &sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "x/1");
	rel_json_array(&json, "list");
	rel_json_object(&json, NULL);
	rel_json_uint(&json, "n", 18446744073709551615u);
	rel_json_array(&json, "inner");
	rel_json_bool(&json, NULL, true);
	rel_json_null(&json, NULL);
	rel_json_close(&json);
	rel_json_close(&json);
	rel_json_text(&json, NULL, NULL);
	rel_json_close(&json);
	rel_json_array(&json, "none");
	rel_json_close(&json);
	rel_json_object(&json, "flat");
	rel_json_milli(&json, "a", 1024);
	rel_json_bool(&json, "b", false);
	rel_json_close(&json);
	rel_json_close(&json);
	assert_int_equal(rel_json_end(&json, NULL), 0);
	assert_string_equal(out.ptr, "{\n"
				     "  \"schema\": \"x/1\",\n"
				     "  \"list\": [\n"
				     "    {\"n\": 18446744073709551615, "
				     "\"inner\": [true, null]},\n"
				     "    null\n"
				     "  ],\n"
				     "  \"none\": [],\n"
				     "  \"flat\": {\"a\": 1.024, "
				     "\"b\": false}\n"
				     "}\n");
	rel_buf_free(&out);
}

static void check_string(struct rel_str value, const char *expected)
{
	struct rel_buf out;
	struct rel_sink sink = {gather, &out};
	struct rel_json json;

	rel_buf_init(&out, REL_MIB);
	rel_json_begin(&json, &sink);
	rel_json_str(&json, NULL, value);
	assert_int_equal(rel_json_end(&json, NULL), 0);
	assert_string_equal(out.ptr, expected);
	rel_buf_free(&out);
}

static void test_strings(void **state)
{
	(void)state;
	check_string(REL_STR("plain"), "\"plain\"\n");
	check_string(REL_STR(""), "\"\"\n");
	check_string(REL_STR("\"\\\n\x1b[31m"), "\"\\\"\\\\\\n\\u001B[31m\"\n");
	check_string(REL_STR("a\0b"), "\"a\\u0000b\"\n");
	check_string(REL_STR("caf\xc3\xa9 \xe2\x89\xa5"),
		     "\"caf\xc3\xa9 \xe2\x89\xa5\"\n");
	/* lone continuation, overlong, surrogate, cut: one mark per byte */
	check_string(REL_STR("\x80|\xc0\xaf|\xed\xa0\x80|\xe2\x82"),
		     "\"\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|"
		     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
		     "\xef\xbf\xbd\xef\xbf\xbd\"\n");
	/* C1 CSI, right-to-left override, an astral letter beside one */
	check_string(REL_STR("\xc2\x9b"
			     "2J"),
		     "\"\\u009B2J\"\n");
	check_string(REL_STR("\xe2\x80\xae\xf0\x9f\x90\xab"),
		     "\"\\u202E\\uD83D\\uDC2B\"\n");
	/* what CI systems obey anywhere in a log */
	check_string(REL_STR("##[set-output name=a]b ##vso[x] ## a[ ###[b"),
		     "\"#\\u0023[set-output name=a]b #\\u0023vso[x] ## a[ "
		     "##\\u0023[b\"\n");
}

static void test_sink_failure(void **state)
{
	unsigned calls = 0;
	struct rel_sink sink = {refuse, &calls};
	struct rel_error err = {0};
	struct rel_json json;

	(void)state;
	rel_json_begin(&json, &sink);
	rel_json_array(&json, NULL);
	for (unsigned i = 0; i < 100000; i++)
		rel_json_uint(&json, NULL, i);
	rel_json_close(&json);
	assert_int_equal(rel_json_end(&json, &err), REL_EIO);
	assert_string_equal(err.text, "disk full");
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_sink_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
