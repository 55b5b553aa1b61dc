#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "release/source/source_private.h"

static struct rel_arena arena;

static struct rel_sexp *parse(const char *text)
{
	struct rel_error err = {0};
	struct rel_sexp *out;

	if (rel_sexp_parse(&out, &arena, rel_str_of(text), "dune-project",
			   &err))
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
	return out;
}

static void dump(struct rel_buf *out, const struct rel_sexp *items)
{
	for (; items; items = items->next) {
		if (items->is_list) {
			rel_buf_add_char(out, '(');
			dump(out, items->first);
			rel_buf_add_char(out, ')');
		} else {
			rel_buf_printf(out, items->quoted ? "<%.*s>" : "%.*s",
				       REL_STR_ARG(items->text));
		}
		if (items->next)
			rel_buf_add_char(out, ' ');
	}
}

struct form {
	const char *text, *tree;
};

static const struct form forms[] = {
    {"", ""},
    {" ; nothing (\n", ""},
    {"(lang dune 3.0)(name x)", "(lang dune 3.0) (name x)"},
    {"(a\r\n (b ()))\n; c\nd", "(a (b ())) d"},
    {"(a \"b c\\\"d\\\\e\\n\\065\\x41\")", "(a <b c\"d\\e\nAA>)"},
    {"\"a\\\n   b\"", "<ab>"},
    {"\"a\nb\"", "<a\nb>"},
    {"(a \"\\| x \\n y\n   \"\\> \\n z\n b)", "(a <x \n y\n\\n z\n> b)"},
    {"(a \"\\|\n)", "(a <\n>)"},
    {"%{a:b}c#|x", "%{a:b}c#|x"},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
};

static void test_forms(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_MIB);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		rel_buf_clear(&buf);
		rel_buf_add(&buf, "", 0);
		dump(&buf, parse(forms[i].text));
		assert_string_equal(buf.ptr ? buf.ptr : "", forms[i].tree);
	}
	rel_buf_free(&buf);
}

static void test_places(void **state)
{
	static const char text[] = "(lang dune 3.0)\n"
				   "(version \"1.2\") ; here\n";
	const struct rel_sexp *items = parse(text), *field, *atom;

	(void)state;
	field = rel_sexp_field(items, "version");
	assert_non_null(field);
	assert_int_equal(field->line, 2);
	assert_int_equal(field->column, 1);
	assert_memory_equal(text + field->start, "(version \"1.2\")",
			    field->end - field->start);
	atom = rel_sexp_atom(field);
	assert_non_null(atom);
	assert_int_equal(atom->column, 10);
	assert_int_equal(atom->end - atom->start, 5);
	assert_true(rel_str_is(atom->text, "1.2"));
	assert_null(rel_sexp_atom(rel_sexp_field(items, "lang")));
	assert_null(rel_sexp_field(items, "name"));
	assert_null(rel_sexp_atom(NULL));
}

struct mistake {
	const char *text;
	unsigned line, column;
	const char *says;
};

static const struct mistake mistakes[] = {
    {"(a\n (b)", 1, 1, "not closed"},
    {"(a))", 1, 4, "closes nothing"},
    {"(a\n \"b)\n", 2, 2, "no end"},
    {"\"a\\q\"", 1, 3, "escape"},
    {"\"a\\300\"", 1, 3, "over 255"},
    {"\"\\12\"", 1, 2, "numeric escape"},
    {"\"\\x1\"", 1, 2, "numeric escape"},
    {"\"\\", 1, 2, "escape"},
    {"\"\\|x\n", 1, 4, "starts with a blank"},
    {"(a \x01)", 1, 4, "cannot be in"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct rel_error err = {0};
		struct rel_sexp *out;

		assert_int_equal(rel_sexp_parse(&out, &arena,
						rel_str_of(m->text),
						"dune-project", &err),
				 REL_EPARSE);
		assert_string_equal(err.path, "dune-project");
		if (err.line != m->line || err.column != m->column ||
		    !strstr(err.text, m->says))
			fail_msg("%s gives %u:%u: %s", m->text, err.line,
				 err.column, err.text);
	}
}

static void test_limits(void **state)
{
	char deep[REL_LIMIT_NESTING * 2 + 3];
	struct rel_error err = {0};
	struct rel_sexp *out;
	struct rel_str big = {deep, REL_LIMIT_SEXP_BYTES + 1};

	(void)state;
	memset(deep, '(', REL_LIMIT_NESTING);
	memset(deep + REL_LIMIT_NESTING, ')', REL_LIMIT_NESTING);
	assert_int_equal(
	    rel_sexp_parse(&out, &arena,
			   rel_str_n(deep, (size_t)2 * REL_LIMIT_NESTING), "x",
			   &err),
	    0);
	deep[REL_LIMIT_NESTING] = '(';
	assert_int_equal(
	    rel_sexp_parse(&out, &arena,
			   rel_str_n(deep, (size_t)2 * REL_LIMIT_NESTING), "x",
			   &err),
	    REL_ELIMIT);
	assert_int_equal(err.code, REL_ELIMIT);
	assert_int_equal(err.column, REL_LIMIT_NESTING + 1);
	assert_int_equal(rel_sexp_parse(&out, &arena, big, "x", &err),
			 REL_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_limits),
	};
	int failed;

	rel_arena_init(&arena, REL_MIB);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rel_arena_free(&arena);
	return failed;
}
