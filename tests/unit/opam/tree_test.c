#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dump.h"
#include "samples.h"

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
