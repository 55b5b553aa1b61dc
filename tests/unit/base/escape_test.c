#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/limits.h"

static void check(enum rel_escape kind, const char *text, const char *expected)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_escape(&out, kind, text), 0);
	assert_string_equal(out.ptr, expected);
	rel_buf_free(&out);
}

static void test_text(void **state)
{
	(void)state;
	check(REL_ESCAPE_TEXT, "git >= 2.0 & caf\xc3\xa9", "git >= 2.0 & café");
	check(REL_ESCAPE_TEXT, "a\nb\rc\td\x1b[0m\x7f",
	      "a\\nb\\rc\\td\\x1b[0m\\x7f");
	check(REL_ESCAPE_TEXT, "\xff\xc2", "\\xff\\xc2");
	check(REL_ESCAPE_TEXT, "\xc2\x9b", "\\u{009b}");
	check(REL_ESCAPE_TEXT, "\xe2\x80\xae\xf3\xa0\x81\x81",
	      "\\u{202e}\\u{e0041}");
	check(REL_ESCAPE_TEXT, "::stop a::b ::c :d",
	      ":\\x3astop a::b :\\x3ac :d");
	/* as GitHub's runner trims: no-break, ideographic, narrow space */
	check(REL_ESCAPE_TEXT, "\xc2\xa0::a \xe3\x80\x80::b\xe2\x80\xaf::c",
	      "\xc2\xa0:\\x3a"
	      "a \xe3\x80\x80:\\x3a"
	      "b\xe2\x80\xaf:\\x3a"
	      "c");
	check(REL_ESCAPE_TEXT, "\xc3\xa9::a :::b", "\xc3\xa9::a :\\x3a:b");
	check(REL_ESCAPE_TEXT,
	      "##[set-output name=a]1 x##vso[task] ##a ##teamcity[",
	      "#\\x23[set-output name=a]1 x#\\x23vso[task] ##a "
	      "#\\x23teamcity[");
	check(REL_ESCAPE_TEXT, "section_start:1:a\r\x1b[0K",
	      "section_start:1:a\\r\\x1b[0K");
}

static void test_lines(void **state)
{
	struct rel_buf out;

	(void)state;
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_escape_lines(&out, "a\n::b\n\x1b\n\nc"), 0);
	assert_string_equal(out.ptr, "a\n:\\x3a"
				     "b\n\\x1b\n\nc");
	rel_buf_clear(&out);
	rel_escape_lines(&out, "a\n");
	assert_string_equal(out.ptr, "a\n");
	rel_buf_free(&out);
}

static void test_others(void **state)
{
	(void)state;
	check(REL_ESCAPE_XML, "<a b=\"c\" d='e'>&\x01",
	      "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;\\x01");
	check(REL_ESCAPE_XML, "\xef\xbf\xbf", "\\u{ffff}");
	check(REL_ESCAPE_CSV, "a \"b\"\n", "a \"\"b\"\"\\n");
	/* The backslash of an escape is one of the label. */
	check(REL_ESCAPE_DOT, "\"\\\n", "\\\"\\\\\\\\n");
	check(REL_ESCAPE_MARKDOWN, "a_b*c* [x](y) `z` | 1 < 2 & \\ ~k~\n",
	      "a\\_b\\*c\\* \\[x\\](y) \\`z\\` \\| 1 &lt; 2 &amp; \\\\ "
	      "\\~k\\~\\\\n");
	check(REL_ESCAPE_GITHUB_DATA, "100%: a,b\n", "100%25: a,b\\n");
	check(REL_ESCAPE_GITHUB_PROPERTY, "100%: a,b\r", "100%25%3A a%2Cb\\r");
	/* obeyed anywhere in a log, whatever the format */
	check(REL_ESCAPE_XML, "a##[b] ## ##vso[", "a#&#35;[b] ## #&#35;vso[");
	check(REL_ESCAPE_CSV, "##[b] ##", "#\\x23[b] ##");
	check(REL_ESCAPE_DOT, "##[b]", "#\\\\x23[b]");
	check(REL_ESCAPE_GITHUB_DATA, "##[b]", "#\\x23[b]");
	check(REL_ESCAPE_MARKDOWN, "##a[b", "#\\\\x23a\\[b");
}

static void test_uri(void **state)
{
	struct rel_buf out;

	(void)state;
	rel_buf_init(&out, 100);
	/* RFC 3986, 2.3: what is unreserved */
	rel_escape_uri(&out, REL_STR("a-Z.0_~/b c:%\xc3\xa9+"), '/');
	assert_string_equal(out.ptr, "a-Z.0_~/b%20c%3A%25%C3%A9%2B");
	rel_buf_clear(&out);
	rel_escape_uri(&out, REL_STR("a/b"), 0);
	assert_string_equal(out.ptr, "a%2Fb");
	rel_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
