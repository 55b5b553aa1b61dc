#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "opam/edit.h"

static const char manifest[] = "opam-version: \"2.0\"\n"
			       "  name: \"a\" # the name\n"
			       "depends: [\n  \"b\" {>= \"1\"} # why\n]\n"
			       "x: 1 y: 2\n"
			       "url {\n  src: \"s\"\n}";

struct fixture {
	struct rel_arena arena;
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_error err;
	struct rel_buf out;
};

static void start(struct fixture *f, const char *source)
{
	*f = (struct fixture){0};
	rel_arena_init(&f->arena, REL_MIB);
	rel_buf_init(&f->out, REL_MIB);
	assert_int_equal(rel_opam_parse(&f->tree, &f->arena, rel_str_of(source),
					"f", &f->err),
			 0);
	rel_edit_init(&f->edit, &f->tree, &f->arena);
}

static void finish(struct fixture *f, const char *expected)
{
	assert_int_equal(rel_edit_apply(&f->edit, &f->out, &f->err), 0);
	assert_string_equal(f->out.ptr ? f->out.ptr : "", expected);
	rel_buf_free(&f->out);
	rel_edit_free(&f->edit);
	rel_arena_free(&f->arena);
}

static void set(struct fixture *f, const char *name, const char *value)
{
	assert_int_equal(
	    rel_edit_set_field(&f->edit, name, rel_str_of(value), &f->err), 0);
}

static void test_nothing(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, manifest);
	finish(&f, manifest);
	start(&f, "");
	finish(&f, "");
}

static void test_set_field(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, manifest);
	set(&f, "version", "\"1\"");
	set(&f, "name", "\"new\"");
	set(&f, "depends", "[\n  \"c\"\n]");
	set(&f, "x", "-3");
	set(&f, "z", "[]");
	finish(&f, "opam-version: \"2.0\"\n"
		   "  name: \"new\" # the name\n"
		   "depends: [\n  \"c\"\n]\n"
		   "x: -3 y: 2\n"
		   "url {\n  src: \"s\"\n}\n"
		   "version: \"1\"\nz: []\n");
}

/* The new value must not grow together with its neighbours. */
static void test_neighbours(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "a:\"x\"b:[1]c:[2]d:\"3\"");
	set(&f, "a", "y");
	set(&f, "b", "= y");
	set(&f, "c", "\"z\"");
	set(&f, "d", "w");
	finish(&f, "a: y b: = y c:\"z\"d: w");
}

static void test_remove(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, manifest);
	assert_int_equal(rel_edit_remove_field(&f.edit, "name", &f.err), 0);
	assert_int_equal(rel_edit_remove_field(&f.edit, "none", &f.err), 0);
	assert_int_equal(rel_edit_remove_field(&f.edit, "depends", &f.err), 0);
	assert_int_equal(rel_edit_remove_field(&f.edit, "y", &f.err), 0);
	finish(&f, "opam-version: \"2.0\"\nx: 1 \nurl {\n  src: \"s\"\n}");
	start(&f, "a: 1");
	assert_int_equal(rel_edit_remove_field(&f.edit, "a", &f.err), 0);
	finish(&f, "");
}

static void test_section(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, manifest);
	assert_int_equal(rel_edit_set_section(&f.edit, "url",
					      REL_STR("url { src: \"t\" }"),
					      &f.err),
			 0);
	assert_int_equal(rel_edit_set_section(&f.edit, "extra",
					      REL_STR("extra { }"), &f.err),
			 0);
	finish(&f, "opam-version: \"2.0\"\n"
		   "  name: \"a\" # the name\n"
		   "depends: [\n  \"b\" {>= \"1\"} # why\n]\n"
		   "x: 1 y: 2\n"
		   "url { src: \"t\" }\nextra { }\n");
}

static void test_node(void **state)
{
	struct fixture f;
	rel_node_id id;

	(void)state;
	start(&f, "depends: [\"b\" {>= \"1\"} \"c\"]\n");
	id = f.tree.nodes[f.tree.nodes[f.tree.items].child].child;
	assert_int_equal(rel_edit_set_node(&f.edit, f.tree.nodes[id].next,
					   REL_STR("\"d\""), &f.err),
			 0);
	finish(&f, "depends: [\"b\" {>= \"1\"} \"d\"]\n");
}

static void test_crlf(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "a: 1\r\nb: 2\r\n");
	set(&f, "a", "[\n1\n]");
	set(&f, "c", "[\r\n\n]");
	finish(&f, "a: [\r\n1\r\n]\r\nb: 2\r\nc: [\r\n\r\n]\r\n");
	start(&f, "a: 1\r\nb: 2\r\n");
	assert_int_equal(rel_edit_remove_field(&f.edit, "a", &f.err), 0);
	finish(&f, "b: 2\r\n");
}

static void test_refused(void **state)
{
	struct fixture f;
	struct rel_error err;

	(void)state;
	start(&f, manifest);
	assert_int_equal(
	    rel_edit_set_field(&f.edit, "x", REL_STR("1 z: 2"), &err),
	    REL_EPARSE);
	assert_int_equal(rel_edit_set_field(&f.edit, "x", REL_STR("["), &err),
			 REL_EPARSE);
	assert_int_equal(
	    rel_edit_set_section(&f.edit, "url", REL_STR("url: 1"), &err),
	    REL_EPARSE);
	assert_int_equal(
	    rel_edit_set_section(&f.edit, "url", REL_STR("urn {}"), &err),
	    REL_EPARSE);
	finish(&f, manifest);
	start(&f, manifest);
	set(&f, "x", "2");
	assert_int_equal(rel_edit_remove_field(&f.edit, "x", &f.err), 0);
	assert_int_equal(rel_edit_apply(&f.edit, &f.out, &f.err), REL_EUSAGE);
	rel_buf_free(&f.out);
	rel_edit_free(&f.edit);
	rel_arena_free(&f.arena);
}

/* What is quoted reads back as the same bytes, all 256 of them. */
static void test_quote(void **state)
{
	struct rel_opam_tree tree;
	struct rel_arena arena;
	struct rel_error err = {0};
	struct rel_buf out;
	char bytes[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	rel_arena_init(&arena, REL_MIB);
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_opam_quote(&out, REL_STR("a\\\"\n\x01")), 0);
	assert_string_equal(out.ptr, "\"a\\\\\\\"\\n\\001\"");
	rel_buf_clear(&out);
	rel_buf_add_cstr(&out, "a: ");
	assert_int_equal(rel_opam_quote(&out, rel_str_n(bytes, 256)), 0);
	assert_int_equal(
	    rel_opam_parse(&tree, &arena, rel_buf_str(&out), "f", &err), 0);
	assert_true(rel_str_eq(tree.nodes[tree.nodes[tree.items].child].text,
			       rel_str_n(bytes, 256)));
	rel_buf_free(&out);
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),    cmocka_unit_test(test_set_field),
	    cmocka_unit_test(test_neighbours), cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_section),    cmocka_unit_test(test_node),
	    cmocka_unit_test(test_crlf),       cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
