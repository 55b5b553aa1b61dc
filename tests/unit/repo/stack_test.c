#include "common.h"

#include "repo/stack.h"

/* A snapshot of manifests called "name.version"; `text` is their content. */
static struct rel_snapshot *make(const char *const names[], size_t n,
				 const char *text)
{
	char *dir = rel_test_dir_new();
	const char **paths = calloc(n + 1, sizeof(*paths));
	struct rel_snapshot *s = NULL;
	struct rel_error err = {0};

	for (size_t i = 0; i < n; i++) {
		char *name = rel_test_text("%s/opam", names[i]);

		rel_test_write_text(dir, name, text);
		paths[i] = rel_test_text("%s/%s", dir, name);
		free(name);
	}
	if (rel_remote_read_files(&s, paths, n, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		free((char *)paths[i]);
	free(paths);
	rel_test_dir_free(dir);
	return s;
}

static char *dump_stack(const struct rel_stack *stack)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	for (uint32_t i = 0; i < stack->n_names; i++) {
		const struct rel_stack_name *n = &stack->names[i];

		rel_buf_printf(&out, "%.*s:", REL_STR_ARG(n->text));
		for (uint32_t k = n->first; k < n->first + n->count; k++) {
			const struct rel_stack_entry *e = &stack->entries[k];

			rel_buf_printf(
			    &out, " %.*s@%u",
			    REL_STR_ARG(
				string(stack->layers[e->layer].snapshot,
				       rel_stack_package(stack, k)->version)),
			    (unsigned)e->layer);
		}
		rel_buf_add_char(&out, '\n');
	}
	return rel_buf_detach(&out, NULL);
}

#define TEXT "opam-version: \"2.0\"\n"

struct fixture {
	struct rel_stack_layer layers[3];
};

static int setup(void **state)
{
	static const char *const top[] = {"b.2", "a.1", "m.1.0"};
	static const char *const middle[] = {"a.1", "a.2", "b.10", "z.1~x",
					     "m.1.00"};
	static const char *const low[] = {"a.1", "b.2", "c.3", "z.1", "m.1.0"};
	struct fixture *f = calloc(1, sizeof(*f));

	f->layers[0].snapshot = make(top, 3, TEXT);
	f->layers[1].snapshot = make(middle, 5, TEXT);
	f->layers[2].snapshot = make(low, 5, TEXT "synopsis: \"other\"\n");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		rel_snapshot_free((struct rel_snapshot *)f->layers[i].snapshot);
	free(f);
	return 0;
}

/* The first layer wins per version, not per name. */
static void test_order(void **state)
{
	struct fixture *f = *state;
	struct rel_stack *stack = NULL;
	char *text;

	assert_int_equal(rel_stack_build(&stack, f->layers, 3, NULL, 0, NULL),
			 0);
	text = dump_stack(stack);
	assert_string_equal(text, "a: 1@0 2@1\n"
				  "b: 2@0 10@1\n"
				  "c: 3@2\n"
				  "m: 1.0@0 1.00@1\n"
				  "z: 1~x@1 1@2\n");
	free(text);
	assert_int_equal(rel_stack_find(stack, REL_STR("c")), 2);
	assert_int_equal(rel_stack_find(stack, REL_STR("d")), UINT32_MAX);
	rel_stack_free(stack);
}

static void test_shadows(void **state)
{
	struct fixture *f = *state;
	struct rel_stack *stack = NULL;
	int same = 0;

	assert_int_equal(rel_stack_build(&stack, f->layers, 3, NULL, 0, NULL),
			 0);
	/* a.1 twice, b.2 and m.1.0 once; only a.1 of the middle is the same */
	assert_int_equal(stack->n_shadows, 4);
	for (uint32_t i = 0; i < stack->n_shadows; i++) {
		assert_int_equal(stack->shadows[i].visible.layer, 0);
		same += stack->shadows[i].same_content;
		if (stack->shadows[i].same_content)
			assert_int_equal(stack->shadows[i].hidden.layer, 1);
	}
	assert_int_equal(same, 1);
	rel_stack_free(stack);
}

static void test_without(void **state)
{
	const struct rel_stack_exclusion without[] = {
	    {REL_STR("a"), REL_STR("1")},
	    {REL_STR("b"), {NULL, 0}},
	    {REL_STR("z"), REL_STR("7")}};
	struct fixture *f = *state;
	struct rel_stack *stack = NULL;
	char *text;

	assert_int_equal(
	    rel_stack_build(&stack, f->layers, 3, without, 3, NULL), 0);
	text = dump_stack(stack);
	assert_string_equal(text, "a: 2@1\n"
				  "c: 3@2\n"
				  "m: 1.0@0 1.00@1\n"
				  "z: 1~x@1 1@2\n");
	free(text);
	rel_stack_free(stack);
}

static void test_nothing(void **state)
{
	struct rel_stack *stack = NULL;

	(void)state;
	assert_int_equal(rel_stack_build(&stack, NULL, 0, NULL, 0, NULL), 0);
	assert_int_equal(stack->n_names, 0);
	rel_stack_free(stack);
	rel_stack_free(NULL);
}

/* Names of loose files: fields first, then the path. */
static void test_loose_names(void **state)
{
	static const struct {
		const char *path, *text, *want;
	} cases[] = {
	    {"a.opam", TEXT, "a.dev"},
	    {"b.1.2.opam", TEXT, "b.1.2"},
	    {"x/c.3/opam", TEXT, "c.3"},
	    {"d/opam", TEXT, "d.dev"},
	    {"e.opam", TEXT "name: \"f\"\nversion: \"4\"\n", "f.4"},
	    {"g.1.opam", TEXT "version: \"9\"\n", "g.9"},
	    {"h.opam", "this is no (manifest\n", "h.dev"},
	};
	char *dir = rel_test_dir_new();
	struct rel_error err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = rel_test_text("%s/%s", dir, cases[i].path);
		const char *const paths[] = {path};
		struct rel_snapshot *s = NULL;
		char *got;

		rel_test_write_text(dir, cases[i].path, cases[i].text);
		assert_int_equal(rel_remote_read_files(&s, paths, 1, &err), 0);
		got = list_packages(s);
		assert_string_equal(got, cases[i].want);
		free(got);
		free(path);
		rel_snapshot_free(s);
	}
	rel_test_dir_free(dir);
}

static void test_loose_failures(void **state)
{
	char *dir = rel_test_dir_new();
	char *path = rel_test_text("%s/none.opam", dir);
	const char *paths[] = {path};
	struct rel_snapshot *s = NULL;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_remote_read_files(&s, paths, 1, &err),
			 REL_ENOTFOUND);
	assert_null(s);
	rel_test_write_text(dir, "1.opam", TEXT);
	free(path);
	paths[0] = path = rel_test_text("%s/1.opam", dir);
	assert_int_equal(rel_remote_read_files(&s, paths, 1, &err), REL_EUSAGE);
	assert_non_null(strstr(err.text, "name:"));
	free(path);
	rel_test_dir_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shadows, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without, setup, teardown),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_loose_names),
	    cmocka_unit_test(test_loose_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
