#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval.h"

struct print {
	const char *field, *value, *text, *plain;
};

/* By hand: one line, the fewest parentheses. */
static const struct print prints[] = {
    {"depends", "[]", "", ""},
    {"depends", "\"a\"", "\"a\"", "a"},
    {"depends", "[\"git\" {>= \"2.0\" & build} | \"hg\"]",
     "\"git\" {>= \"2.0\" & build} | \"hg\"", "git >= 2.0 & build | hg"},
    {"depends", "[(\"a\" & (\"b\")) ((\"c\"))]", "\"a\" & \"b\" & \"c\"",
     "a & b & c"},
    {"depends", "[(\"a\" | \"b\") & \"c\"]", "(\"a\" | \"b\") & \"c\"",
     "(a | b) & c"},
    {"depends", "[\"a\" & \"b\" | \"c\"]", "\"a\" & \"b\" | \"c\"",
     "a & b | c"},
    {"depopts", "[\"a\" \"b\" & (\"c\" | \"d\")]",
     "\"a\" | \"b\" | \"c\" | \"d\"", "a | b | c | d"},
    {"depends", "[\"a\" {}]", "\"a\"", "a"},
    {"depends", "[\"a\" {build}]", "\"a\" {build}", "a {build}"},
    {"depends", "[\"a\" {= version}]", "\"a\" {= version}", "a = version"},
    {"depends", "[\"a\" {< \"1\" | >= \"2\"}]", "\"a\" {< \"1\" | >= \"2\"}",
     "a {< 1 | >= 2}"},
    {"depends", "[\"a\" {(< \"1\" | >= \"2\") & x}]",
     "\"a\" {(< \"1\" | >= \"2\") & x}", "a {(< 1 | >= 2) & x}"},
    /* `!` goes down to the leaves */
    {"depends", "[\"a\" {!(>= \"1\" & < \"2\" | x)}]",
     "\"a\" {(< \"1\" | >= \"2\") & !x}", "a {(< 1 | >= 2) & !x}"},
    {"depends", "[\"a\" {!(= \"1\")}]", "\"a\" {!= \"1\"}", "a != 1"},
    {"depends", "[\"a\" {!!x}]", "\"a\" {!!x}", "a {!!x}"},
    {"depends", "[\"a\" {!(os = \"x\")}]", "\"a\" {!(os = \"x\")}",
     "a {!(os = x)}"},
    {"depends", "[\"a\" {>= \"1\" x}]", "\"a\" {>= \"1\" & x}", "a >= 1 & x"},
    {"available", "[]", "", ""},
    {"available", "os != \"win32\" & (x | !y)", "os != \"win32\" & (x | !y)",
     "os != win32 & (x | !y)"},
    {"available", "!(x & y) | ?z", "!(x & y) | ?z", "!(x & y) | ?z"},
    {"available", "?(os = \"x\")", "?(os = \"x\")", "?(os = x)"},
    {"available", "!!x", "!!x", "!!x"},
    {"available", "[true]", "true", "true"},
    {"available", "1 = \"1\"", "\"1\" = \"1\"", "1 = 1"},
    {"available", "\"a\\\"b\\\\\" = a+b:x", "\"a\\\"b\\\\\" = a+b:x",
     "a\"b\\ = a+b:x"},
};

static rel_expr_id field_of(const struct bench *b, const char *field)
{
	if (strcmp(field, "depends") == 0)
		return b->manifest.depends;
	if (strcmp(field, "depopts") == 0)
		return b->manifest.depopts;
	return b->manifest.available;
}

static void check_print(struct bench *b, const struct print *row)
{
	struct rel_buf text, again;

	rel_buf_init(&text, REL_KIB);
	rel_buf_init(&again, REL_KIB);
	if (bench_read_field(b, row->field, row->value) != 0)
		fail_msg("%s: %s", row->value, b->err.text);
	rel_expr_print(&text, &b->exprs, field_of(b, row->field));
	if (!rel_str_is(rel_buf_str(&text), row->text))
		fail_msg("%s: %s", row->value, text.ptr);
	rel_expr_print_plain(&again, &b->exprs, field_of(b, row->field));
	if (!rel_str_is(rel_buf_str(&again), row->plain))
		fail_msg("%s: %s", row->value, again.ptr);
	/* the text stands for the same expression */
	rel_buf_clear(&again);
	rel_buf_printf(&again, "[%s]", text.len > 0 ? text.ptr : "");
	if (bench_read_field(b, row->field, again.ptr) != 0)
		fail_msg("%s: %s", again.ptr, b->err.text);
	rel_buf_clear(&again);
	rel_expr_print(&again, &b->exprs, field_of(b, row->field));
	assert_true(rel_str_eq(rel_buf_str(&again), rel_buf_str(&text)));
	rel_buf_free(&text);
	rel_buf_free(&again);
}

static void test_print(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++)
		check_print(&b, &prints[i]);
	bench_free(&b);
}

struct bad {
	const char *field, *value;
	uint32_t column; /* of the second line */
};

/* opam drops such a field; see opamFormat.ml. */
static const struct bad bads[] = {
    {"depends", "x", 10},
    {"depends", "[\"a\" 1]", 15},
    {"depends", "[[\"a\"]]", 11},
    {"depends", "[\"1\"]", 11},
    {"depends", "[\"a.1\"]", 11},
    {"depends", "[\"\"]", 11},
    {"depends", "[(\"a\" | \"b\") {build}]", 11},
    {"depends", "[\"a\" {>= 1}]", 19},
    {"depends", "[\"a\" {>= \"\"}]", 19},
    {"depends", "[\"a\" {>= \"1 0\"}]", 19},
    {"depends", "[\"a\" {>= \"%{x}\"}]", 19},
    {"depends", "[\"a\" {>= \"100%\"}]", 19},
    {"depends", "[\"a\" {[x]}]", 16},
    {"depends", "[!\"a\"]", 11},
    {"available", "[x y]", 12},
    {"available", "(x y)", 12},
    {"available", ">= \"1\"", 12},
    {"available", "[[x]]", 13},
};

static void test_bad(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		int rc = bench_read_field(&b, bads[i].field, bads[i].value);

		if (rc != REL_EPARSE || b.err.line != 2 ||
		    b.err.column != bads[i].column)
			fail_msg("%s: %d at %u:%u: %s", bads[i].value, rc,
				 b.err.line, b.err.column, b.err.text);
		assert_string_equal(b.err.path, "opam");
	}
	bench_free(&b);
}

/* A string with variables is a version when they are. */
static void test_version_strings(void **state)
{
	static const char *const good[] = {"%{x}%", "1.%{x}%~%{p:y}%",
					   "%{a?1:2}%"};
	struct rel_buf text;
	struct bench b;

	(void)state;
	bench_init(&b);
	rel_buf_init(&text, REL_KIB);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		rel_buf_clear(&text);
		rel_buf_printf(&text, "[\"a\" {= \"%s\"}]", good[i]);
		if (bench_read_field(&b, "depends", text.ptr) != 0)
			fail_msg("%s: %s", text.ptr, b.err.text);
	}
	rel_buf_free(&text);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_version_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
