#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "publish/publish_private.h"

static int note(void *context, struct rel_str name, struct rel_str parent,
		struct rel_str value, struct rel_error *err)
{
	(void)err;
	return rel_buf_printf(context, "%.*s/%.*s=%.*s;", REL_STR_ARG(parent),
			      REL_STR_ARG(name), REL_STR_ARG(value));
}

static void assert_read(const char *text, const char *expected)
{
	struct rel_error err = {0};
	struct rel_buf seen;
	const struct rel_xml_reader reader = {note, &seen};

	rel_buf_init(&seen, REL_KIB);
	if (rel_xml_read(&reader, rel_str_of(text), &err) != 0)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(seen.ptr, expected);
	rel_buf_free(&seen);
}

static void assert_fails(const char *text, int code)
{
	struct rel_error err = {0};
	struct rel_buf seen;
	const struct rel_xml_reader reader = {note, &seen};

	rel_buf_init(&seen, REL_KIB);
	assert_int_equal(rel_xml_read(&reader, rel_str_of(text), &err), code);
	assert_true(err.text[0] != '\0');
	rel_buf_free(&seen);
}

static void test_read(void **state)
{
	(void)state;
	assert_read("<?xml version=\"1.0\"?>\n<!-- <x> -->\n"
		    "<s:A xmlns:s='a>b'><B> one </B><C/><D e=\"/\">"
		    "&lt;&#38;&#x2F;&quot;</D></s:A>\n",
		    "A/B=one;A/C=;A/D=<&/\";/A=;");
	/* Text around elements is nobody's. */
	assert_read("<A>x<B>y</B>z</A>", "A/B=y;/A=z;");
}

static void test_refused(void **state)
{
	(void)state;
	assert_fails("", REL_EPARSE);
	assert_fails("text", REL_EPARSE);
	assert_fails("<A>", REL_EPARSE);
	assert_fails("<A></B>", REL_EPARSE);
	assert_fails("</A>", REL_EPARSE);
	assert_fails("<A", REL_EPARSE);
	assert_fails("<A b='", REL_EPARSE);
	assert_fails("<A></A", REL_EPARSE);
	assert_fails("<!DOCTYPE A><A/>", REL_EPARSE);
	assert_fails("<A>&x;</A>", REL_EPARSE);
	assert_fails("<A>&#0;</A>", REL_EPARSE);
	assert_fails("<A>&amp</A>", REL_EPARSE);
	assert_fails("<A>\xff</A>", REL_EPARSE);
	assert_fails("<A/>x", REL_EPARSE);
	assert_fails("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
		     REL_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
