/* What the cases (tests/cases/scope-*) do not reach. */
#include "check/rdeps.h"
#include "check/scope.h"
#include "world.h"

static const char *const development = "mine.1 depends: [\"lib\"]\n"
				       "lib.2 \n"
				       "mine.3 \n";
static const char *const upstream = "lib.1 \n"
				    "lib.3 \n"
				    "user.1 depends: [\"lib\" {= \"2\"}]\n"
				    "user.2 depends: [\"lib\" {!= \"2\"}]\n"
				    "far.1 depends: [\"user\" {= \"1\"}]\n"
				    "mine.2 \n"
				    "other.1 \n";

static void build(struct world *w)
{
	world_init(w);
	world_add(w, development, REL_ROLE_DEVELOPMENT);
	world_add(w, upstream, REL_ROLE_UPSTREAM);
	world_build(w);
}

static void expect_with(struct world *w, const uint8_t *formerly,
			struct rel_scope_options options, const char *expected)
{
	uint8_t *selected = world_marks(w);
	struct rel_edges edges;
	char *text;

	/* what stood there before must not matter */
	memset(selected, 1, rel_universe_size(w->universe));
	assert_int_equal(rel_universe_edges(&edges, w->universe, 0, NULL, NULL),
			 0);
	assert_int_equal(rel_scope_select(selected, w->universe, &edges,
					  formerly, &options, NULL),
			 0);
	text = world_marked(w, selected);
	assert_string_equal(text, expected);
	free(text);
	rel_edges_free(&edges);
	free(selected);
}

/* What was touched before stays in sight, and is sifted as the rest. */
static void test_formerly(void **state)
{
	const char *const other[] = {"other"};
	struct world w;
	uint8_t *formerly;

	(void)state;
	build(&w);
	formerly = world_marks(&w);
	assert_int_equal(
	    rel_packages_mark(formerly, w.universe, "other.1", NULL), 0);
	expect_with(&w, formerly, (struct rel_scope_options){0},
		    "far.1 lib.2 mine.1 mine.3 other.1 user.1");
	expect_with(
	    &w, formerly,
	    (struct rel_scope_options){.packages = other, .n_packages = 1},
	    "other.1");
	free(formerly);
	world_free(&w);
}

static void test_mistake(void **state)
{
	const char *const packages[] = {"libb"};
	struct rel_scope_options options = {.packages = packages,
					    .n_packages = 1};
	struct rel_edges edges;
	struct rel_error err;
	struct world w;
	uint8_t *selected;

	(void)state;
	build(&w);
	selected = world_marks(&w);
	assert_int_equal(rel_universe_edges(&edges, w.universe, 0, NULL, NULL),
			 0);
	assert_int_equal(rel_scope_select(selected, w.universe, &edges, NULL,
					  &options, &err),
			 REL_ENOTFOUND);
	assert_non_null(strstr(err.text, "is it lib?"));
	rel_edges_free(&edges);
	free(selected);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formerly),
	    cmocka_unit_test(test_mistake),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
