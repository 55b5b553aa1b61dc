#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dump.h"

struct good {
	const char *source, *tree;
};

/* Expected trees by hand from opam-file-format's grammar. */
static const struct good goods[] = {
    {"", ""},
    {" \t\r\n# only a comment", ""},
    /* values */
    {"a: \"x\"", "(f a \"x\")"},
    {"a: b:c d {}", "(f a b:c) (s d)"},
    {"a: b", "(f a b)"},
    {"a:\"x\"b:1", "(f a \"x\") (f b #1)"},
    {"a: true b: false c: truer", "(f a true) (f b false) (f c truer)"},
    {"a: -12 b: 1_000", "(f a #-12) (f b #1000)"},
    {"a: 4611686018427387903", "(f a #4611686018427387903)"},
    {"a: -4611686018427387904", "(f a #-4611686018427387904)"},
    {"a: []", "(f a [])"},
    {"a: [ b \"c\" 1 [d] ]", "(f a [b \"c\" #1 [d]])"},
    {"a: (b)", "(f a (b))"},
    {"a: () b: (c d)", "(f a ()) (f b (c d))"},
    /* identifiers */
    {"a: _:name", "(f a _:name)"},
    {"a: a+b:c", "(f a a+b:c)"},
    {"a: _+_+x:y-z", "(f a _+_+x:y-z)"},
    {"a: [1a a1 -a a- 1-2]", "(f a [1a a1 -a a- #1 #-2])"},
    {"x-a_B-1: y", "(f x-a_B-1 y)"},
    {"a: [b:1c]", "(f a [b:1c])"},
    {"a: [a:b]", "(f a [a:b])"},
    /* strings */
    {"a: \"\"", "(f a \"\")"},
    {"a: \"\\n\\t\\b\\r\\\"\\\\\\'\\ \"", "(f a \"<0a><09><08><0d><22>\\' \")"},
    {"a: \"\\065\\255\\x41\\xfF\"", "(f a \"A<ff>A<ff>\")"},
    {"a: \"x\\\n   y\"", "(f a \"xy\")"},
    {"a: \"x\\\r\n \t y\"", "(f a \"xy\")"},
    {"a: \"x\ny\"", "(f a \"x<0a>y\")"},
    {"a: \"x\r\ny\"", "(f a \"x<0a>y\")"},
    {"a: \"x\ry\"", "(f a \"x<0d>y\")"},
    {"a: \"\xc3\xa9\xff\"", "(f a \"<c3><a9><ff>\")"},
    {"a: \"\"\"\"\"\"", "(f a \"\")"},
    {"a: \"\"\"x \"y\" \"\"z\"\"\"", "(f a \"x <22>y<22> <22><22>z\")"},
    {"a: \"\"\"\\\"\"\"\"", "(f a \"<22>\")"},
    {"a: [\"\"\"x\"\"\" \"y\"]", "(f a [\"x\" \"y\"])"},
    /* comments */
    {"a: b # c: d\ne: f", "(f a b) (f e f)"},
    {"(* (* x *) \" *) a: (* y *) b", "(f a b)"},
    {"(**)a: b", "(f a b)"},
    {"a: \"# (* no comment *)\"", "(f a \"# (* no comment *)\")"},
    /* operators */
    {"a: b & c | d & e | f", "(f a (| (| (& b c) (& d e)) f))"},
    {"a: b & c & d", "(f a (& (& b c) d))"},
    {"a: b = c & d != e", "(f a (& (= b c) (!= d e)))"},
    {"a: [b >= c d < e f > g h <= i]",
     "(f a [(>= b c) (< d e) (> f g) (<= h i)])"},
    {"a: [b = c = d]", "(f a [(= b c) (= d)])"},
    {"a: [(b) = c]", "(f a [(b) (= c)])"},
    {"a: >= b & < c", "(f a (& (>= b) (< c)))"},
    {"a: ~ b", "(f a (>= b))"},
    {"a: !b & !c", "(f a (& (! b) (! c)))"},
    {"a: !!b", "(f a (! (! b)))"},
    {"a: !b = c", "(f a (! (= b c)))"},
    {"a: ?b | c", "(f a (| (? b) c))"},
    {"a: !?b", "(f a (! (? b)))"},
    {"a: !(b | c) & d", "(f a (& (! ((| b c))) d))"},
    /* options */
    {"a: b {c}", "(f a (o b c))"},
    {"a: b {}", "(f a (o b))"},
    {"a: b {c d} {e}", "(f a (o (o b c d) e))"},
    {"a: [b c] {d}", "(f a (o [b c] d))"},
    {"a: (b | c) {d}", "(f a (o ((| b c)) d))"},
    {"a: b & c {d}", "(f a (& b (o c d)))"},
    {"a: b {c} & d", "(f a (& (o b c) d))"},
    {"a: b | c {d} & e", "(f a (| b (& (o c d) e)))"},
    {"a: !b {c}", "(f a (! (o b c)))"},
    {"a: b = c {d}", "(f a (o (= b c) d))"},
    {"a: >= b {c}", "(f a (o (>= b) c))"},
    {"a: [\"b\" {>= \"1\" & !c} \"d\"]",
     "(f a [(o \"b\" (& (>= \"1\") (! c))) \"d\"])"},
    /* environment updates */
    {"a: [b += c]", "(f a [(+= b c)])"},
    {"a: [[b = c] [d += e] [f =+ g] [h := i] [j =: k] [l =+= m]]",
     "(f a [[(= b c)] [(+= d e)] [(=+ f g)] [(:= h i)] [(=: j k)] "
     "[(=+= l m)]])"},
    {"a: b += c {d}", "(f a (o (+= b c) d))"},
    {"a: [b+=c]", "(f a [(+= b c)])"},
    /* sections */
    {"a {}", "(s a)"},
    {"a \"b\" {}", "(s a \"b\")"},
    {"a { b: c d \"e\" { f: g } }", "(s a (f b c) (s d \"e\" (f f g)))"},
    {"a: b c { d: e }", "(f a b) (s c (f d e))"},
    /* a brace after a value belongs to the value */
    {"a: b { c d }", "(f a (o b c d))"},
    /* versions of the format */
    {"opam-version: \"2.0\" opam-version: \"2.0\"",
     "(f opam-version \"2.0\") (f opam-version \"2.0\")"},
    {"a: b opam-version: \"2.0.5\"", "(f a b) (f opam-version \"2.0.5\")"},
    {"opam-version: \"2.1\" a: b", "(f opam-version \"2.1\") (f a b)"},
    {"s { opam-version: \"2.1\" } opam-version: \"2.0\"",
     "(s s (f opam-version \"2.1\")) (f opam-version \"2.0\")"},
};

struct bad {
	const char *source;
	uint32_t line, column;
	const char *text; /* part of the message */
};

static const struct bad bads[] = {
    {"a", 1, 2, "expected ':' or '{', found the end of the file"},
    {"a:b", 1, 4, "expected ':' or '{'"},
    {"a:", 1, 3, "expected a value, found the end of the file"},
    {"a: ]", 1, 4, "expected a value, found ']'"},
    {"a: [", 1, 5, "expected a value"},
    {"a: [b)", 1, 6, "found ')'"},
    {"a: (b]", 1, 6, NULL},
    {"a: b {c", 1, 8, NULL},
    {"a: b c", 1, 7, NULL},
    {"a: \"b\" \"c\"", 1, 8, "expected a field or section, found a string"},
    {"a: b }", 1, 6, "expected a field or section, found '}'"},
    {"a {", 1, 4, NULL},
    {"a \"b\" : c", 1, 7, "expected '{'"},
    {"\"a\": b", 1, 1, NULL},
    {"true: b", 1, 1, NULL},
    {"1: b", 1, 1, NULL},
    {"a: b &", 1, 7, NULL},
    {"a: & b", 1, 4, NULL},
    {"a: b = (c)", 1, 8, NULL},
    {"a: b = c = d", 1, 10, NULL},
    {"a: = = b", 1, 6, NULL},
    {"a: b += c += d", 1, 11, NULL},
    {"a: += b", 1, 4, NULL},
    {"a: b =:= c", 1, 6, "'=:='"},
    {"a: b + c", 1, 6, "unexpected character '+'"},
    {"a: \n  _", 2, 3, "'_' is not a number"},
    {"a: -", 1, 4, "unexpected character '-'"},
    {"a: 4611686018427387904", 1, 4, "out of range"},
    {"a: -4611686018427387905", 1, 4, "out of range"},
    {"a: b\rc: d", 1, 5, "unexpected byte 0x0d"},
    {"\xef\xbb\xbf"
     "a: b",
     1, 1, "unexpected byte 0xef"},
    {"a: $b", 1, 4, "unexpected character '$'"},
    {"a: \"b", 1, 4, "unterminated string"},
    {"a: \"b\\", 1, 6, NULL},
    {"a: \"b\nc\n\nd", 1, 4, "unterminated string"},
    {"a: \"\"\"b\"\"", 1, 4, "unterminated string"},
    {"a: \"\"b\"", 1, 7, "unterminated string"},
    {"a: \"\n\\256\"", 2, 1, "illegal escape sequence"},
    {"a: \"\\12\"", 1, 5, "illegal escape sequence"},
    {"a: \"\\xg0\"", 1, 5, "illegal escape sequence"},
    {"a: \"\\a\"", 1, 5, "illegal escape sequence"},
    {"a: b (* (* *)", 1, 6, "unterminated comment"},
    {"a: b (*)", 1, 6, "unterminated comment"},
    {"(* a: \"*) *) a: b", 1, 11, NULL},
    {"opam-version: \"2.1\"\nopam-version: \"2.0\"", 2, 1, "repeated"},
    {"a: b\nopam-version: \"2.1~x\"", 2, 1, "must be the first"},
    {"opam-version: \"3.0\"\na: ^", 2, 4, "opam-version 3.0 is newer"},
};

static int parse(struct rel_opam_tree *tree, struct rel_arena *arena,
		 struct rel_str source, struct rel_error *err)
{
	return rel_opam_parse(tree, arena, source, "f", err);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		struct rel_error err = {0};
		struct rel_opam_tree tree;
		struct rel_arena arena;
		struct rel_buf out;
		int rc;

		rel_arena_init(&arena, REL_MIB);
		rel_buf_init(&out, REL_MIB);
		rc = parse(&tree, &arena, rel_str_of(goods[i].source), &err);
		if (rc != 0)
			fail_msg("%s: %s", goods[i].source, err.text);
		dump_siblings(&out, &tree, tree.items);
		assert_string_equal(out.ptr ? out.ptr : "", goods[i].tree);
		rel_buf_free(&out);
		rel_arena_free(&arena);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct rel_error err = {0};
		struct rel_opam_tree tree;
		struct rel_arena arena;
		int rc;

		rel_arena_init(&arena, REL_MIB);
		rc = parse(&tree, &arena, rel_str_of(bads[i].source), &err);
		if (rc != REL_EPARSE || strcmp(err.path, "f") != 0 ||
		    err.line != bads[i].line || err.column != bads[i].column ||
		    (bads[i].text && !strstr(err.text, bads[i].text)))
			fail_msg("%s: %u:%u: %s", bads[i].source, err.line,
				 err.column, err.text);
		rel_arena_free(&arena);
	}
}

static void test_bytes(void **state)
{
	struct rel_str nul_inside = REL_STR("a: \"x\0y\" # \0\n");
	struct rel_str nul_outside = REL_STR("a: \0");
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(parse(&tree, &arena, nul_inside, &err), 0);
	assert_int_equal(tree.nodes[tree.nodes[tree.items].child].text.len, 3);
	assert_int_equal(parse(&tree, &arena, nul_outside, &err), REL_EPARSE);
	assert_string_equal(err.text, "unexpected byte 0x00");
	rel_arena_free(&arena);
}

static void test_positions(void **state)
{
	struct rel_str source =
	    REL_STR("# c\na:\r\n  [ \"b\" {c}\n\td | e ]\n");
	struct rel_error err = {0};
	const struct rel_node *list, *option, * or ;
	struct rel_opam_tree tree;
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(parse(&tree, &arena, source, &err), 0);
	list = &tree.nodes[tree.nodes[tree.items].child];
	option = &tree.nodes[list->child];
	or = &tree.nodes[option->next];
	assert_int_equal(list->line, 3);
	assert_int_equal(list->column, 3);
	assert_int_equal(option->line, 3);
	assert_int_equal(option->column, 5);
	assert_int_equal(or->line, 4);
	assert_int_equal(or->column, 2);
	assert_true(
	    rel_str_is(rel_opam_source_of(&tree, list->child), "\"b\" {c}"));
	assert_true(
	    rel_str_is(rel_opam_source_of(&tree, option->next), "d | e"));
	/* no copy without an escape */
	assert_ptr_equal(tree.nodes[option->child].text.ptr, source.ptr + 13);
	rel_arena_free(&arena);
}

static void test_find(void **state)
{
	struct rel_str source =
	    REL_STR("a: 1 s { b: 2 } s \"x\" { b: 3 } a: 4 b { }");
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;
	rel_node_id id;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(parse(&tree, &arena, source, &err), 0);
	id = rel_opam_field(&tree, tree.items, "a");
	assert_int_equal(tree.nodes[tree.nodes[id].child].number, 1);
	assert_int_equal(rel_opam_field(&tree, tree.items, "b"), REL_NODE_NONE);
	id = rel_opam_section(&tree, tree.items, "s", NULL);
	id = rel_opam_field(&tree, tree.nodes[id].child, "b");
	assert_int_equal(tree.nodes[tree.nodes[id].child].number, 2);
	id = rel_opam_section(&tree, tree.items, "s", "x");
	id = rel_opam_field(&tree, tree.nodes[id].child, "b");
	assert_int_equal(tree.nodes[tree.nodes[id].child].number, 3);
	assert_int_equal(rel_opam_section(&tree, tree.items, "b", "x"),
			 REL_NODE_NONE);
	rel_arena_free(&arena);
}

/* `before`, then `n` times `unit`, then `after`. */
static int parse_repeated(struct rel_error *err, const char *before,
			  const char *unit, size_t n, const char *after)
{
	struct rel_opam_tree tree;
	struct rel_arena arena;
	struct rel_buf source;
	int rc;

	rel_arena_init(&arena, REL_GIB);
	rel_buf_init(&source, 64 * REL_MIB);
	rel_buf_add_cstr(&source, before);
	for (size_t i = 0; i < n; i++)
		rel_buf_add_cstr(&source, unit);
	rel_buf_add_cstr(&source, after);
	*err = (struct rel_error){0};
	rc = parse(&tree, &arena, rel_buf_str(&source), err);
	rel_buf_free(&source);
	rel_arena_free(&arena);
	return rc;
}

static void test_limits(void **state)
{
	static const char *const openings[] = {"(", "[", "!", "?", "a {", "{"};
	struct rel_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		const char *unit = openings[i][0] == '{' ? "a {" : openings[i];
		const char *before = openings[i][0] == '{' ? "" : "a: ";

		assert_int_equal(parse_repeated(&err, before, unit, 10000, ""),
				 REL_ELIMIT);
		assert_int_equal(err.line, 1);
		assert_true(err.column >= REL_LIMIT_NESTING);
	}
	assert_int_equal(parse_repeated(&err, "a: ", "b {c} | ", 10000, "b"),
			 REL_ELIMIT);
	assert_int_equal(parse_repeated(&err, "a: b", " {c}", 10000, ""),
			 REL_ELIMIT);
	assert_int_equal(parse_repeated(&err, "a: ", "b & ", 1900, "b"), 0);
	assert_int_equal(
	    parse_repeated(&err, "a: ", "(", REL_LIMIT_NESTING, "x"),
	    REL_EPARSE);
	assert_int_equal(parse_repeated(&err, "a: [", "b ", 100000, "]"), 0);
	assert_int_equal(parse_repeated(&err, "a: \"", "x", REL_MIB, "\""), 0);
	assert_int_equal(
	    parse_repeated(&err, "a: \"", "\\n", REL_MIB / 2, "\""), 0);
	assert_int_equal(parse_repeated(&err, "(*", "(*", 100000, ""),
			 REL_EPARSE);
	assert_int_equal(
	    parse_repeated(&err, "", " ", REL_LIMIT_MANIFEST_BYTES + 1, ""),
	    REL_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),  cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_bytes), cmocka_unit_test(test_positions),
	    cmocka_unit_test(test_find),  cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
