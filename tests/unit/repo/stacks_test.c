/* Stacks of remotes, and with virtual layers: what wins, worked out by hand. */
#include "common.h"

#include "repo/stacks.h"

#define TEXT "opam-version: \"2.0\"\n"

struct fixture {
	char *dirs[2];
	struct rel_remote remotes[2]; /* ours: a.1 a.2; theirs: a.1 b.1 c.1 */
	struct rel_remote_options reading;
	struct rel_arena arena;
};

static void add_plain(const char *dir, const char *name, const char *package)
{
	char *path = rel_test_text("packages/%s/%s/opam", name, package);

	rel_test_write_text(dir, path, TEXT);
	free(path);
}

static int setup(void **state)
{
	static const char *const names[] = {"ours", "theirs"};
	struct fixture *f = calloc(1, sizeof(*f));
	struct rel_error err = {0};

	rel_arena_init(&f->arena, REL_MIB);
	for (int i = 0; i < 2; i++) {
		f->dirs[i] = rel_test_dir_new();
		rel_test_write_text(f->dirs[i], "repo", TEXT);
		add_plain(f->dirs[i], "a", "a.1");
		f->remotes[i].name = names[i];
	}
	add_plain(f->dirs[0], "a", "a.2");
	add_plain(f->dirs[1], "b", "b.1");
	add_plain(f->dirs[1], "c", "c.1");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rel_location_parse(&f->remotes[i].location,
						    rel_str_of(f->dirs[i]),
						    NULL, &f->arena, &err),
				 0);
	}
	f->remotes[1].role = REL_ROLE_UPSTREAM;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++)
		rel_test_dir_free(f->dirs[i]);
	rel_arena_free(&f->arena);
	free(f);
	return 0;
}

/* "a.1@ours a.2@ours …" */
static char *text_of(const struct rel_stack *stack)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	for (uint32_t i = 0; i < stack->n_entries; i++) {
		const struct rel_stack_layer *l =
		    &stack->layers[stack->entries[i].layer];
		const struct rel_snapshot_package *p =
		    rel_stack_package(stack, i);

		rel_buf_printf(&out, "%s%.*s.%.*s@%s", i ? " " : "",
			       REL_STR_ARG(string(l->snapshot, p->name)),
			       REL_STR_ARG(string(l->snapshot, p->version)),
			       l->remote->name);
	}
	return rel_buf_detach(&out, NULL);
}

static void assert_stack(const struct rel_stack *stack, const char *want)
{
	char *got = text_of(stack);

	assert_string_equal(got, want);
	free(got);
}

static void test_read(void **state)
{
	struct fixture *f = *state;
	char *dir = rel_test_dir_new();
	char *path = rel_test_text("%s/c.1.opam", dir);
	const char *const with[] = {path}, *const without[] = {"a.1"};
	const struct rel_stacks_request request = {.with = with,
						   .n_with = 1,
						   .without = without,
						   .n_without = 1,
						   .compare = true};
	struct rel_stacks stacks;
	struct rel_error err = {0};

	rel_test_write_text(dir, "c.1.opam", TEXT);
	assert_int_equal(rel_stacks_read(&stacks, f->remotes, 2, &request,
					 &f->reading, &err),
			 0);
	assert_stack(stacks.now, "a.2@ours b.1@theirs c.1@with");
	assert_stack(stacks.alone, "a.1@theirs b.1@theirs c.1@theirs");
	assert_null(stacks.before);
	assert_null(stacks.since[0]);
	rel_stacks_free(&stacks);
	free(path);
	rel_test_dir_free(dir);
}

/* A simulation leaves what was read as it is, so that there may be more. */
static void test_simulate(void **state)
{
	static const struct rel_loose_manifest fresh[] = {
	    {.name = REL_STR("b"),
	     .version = REL_STR("2"),
	     .text = REL_STR(TEXT),
	     .path = REL_STR("b.opam")}};
	static const char *const without[] = {"b.1", "a"};
	static const char *const wrong[] = {"b.3"};
	struct fixture *f = *state;
	const struct rel_stacks_request nothing = {0};
	struct rel_overlay overlay = {.name = "release", .text = "tests"};
	struct rel_snapshot *manifests = NULL;
	struct rel_stack *stack = NULL;
	struct rel_stacks stacks;
	struct rel_error err = {0};

	assert_int_equal(rel_stacks_read(&stacks, f->remotes, 2, &nothing,
					 &f->reading, &err),
			 0);
	assert_null(stacks.alone);
	assert_int_equal(rel_remote_read_texts(&manifests, fresh, 1, &err), 0);
	overlay.manifests = manifests;
	assert_int_equal(rel_stacks_simulate(&stack, &stacks, &overlay, &err),
			 0);
	assert_stack(stack, "a.1@ours a.2@ours b.1@theirs b.2@release "
			    "c.1@theirs");
	rel_stack_free(stack);
	overlay.without = without;
	overlay.n_without = 2;
	assert_int_equal(rel_stacks_simulate(&stack, &stacks, &overlay, &err),
			 0);
	assert_stack(stack, "b.2@release c.1@theirs");
	rel_stack_free(stack);
	overlay.without = wrong;
	overlay.n_without = 1;
	assert_int_equal(rel_stacks_simulate(&stack, &stacks, &overlay, &err),
			 REL_EUSAGE);
	assert_null(stack);
	assert_non_null(strstr(err.text, "b.3"));
	assert_stack(stacks.now, "a.1@ours a.2@ours b.1@theirs c.1@theirs");
	rel_snapshot_free(manifests);
	rel_stacks_free(&stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
