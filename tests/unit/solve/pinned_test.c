/*
 * A pinned compiler, worked out by hand: what installs with it, what only
 * another compiler lets be installed, and what nothing does.
 */
#include "support/world.h"

#define INSTALLABLE REL_INSTALLABLE
#define OUT	    REL_PINNED_OUT
#define BROKEN	    REL_BROKEN
#define UNAVAILABLE REL_UNAVAILABLE

struct package {
	const char *name, *version, *fields;
	/* free, 4.14, 5 */
	enum rel_verdict verdicts[3];
};

static const struct package packages[] = {
    {"ocaml", "4.08.1", "", {INSTALLABLE, OUT, OUT}},
    {"ocaml", "4.14.0", "", {INSTALLABLE, INSTALLABLE, OUT}},
    {"ocaml", "4.14.2", "", {INSTALLABLE, INSTALLABLE, OUT}},
    {"ocaml", "4.141", "", {INSTALLABLE, OUT, OUT}},
    {"ocaml", "5.4.0", "", {INSTALLABLE, OUT, INSTALLABLE}},
    {"ocaml",
     "5.5.0",
     "available: false",
     {UNAVAILABLE, UNAVAILABLE, UNAVAILABLE}},
    /* needs no compiler, fits all there are */
    {"free", "1", "", {INSTALLABLE, INSTALLABLE, INSTALLABLE}},
    {"old",
     "1",
     "depends: \"ocaml\" {< \"5\"}",
     {INSTALLABLE, INSTALLABLE, OUT}},
    {"new",
     "1",
     "depends: \"ocaml\" {>= \"5\"}",
     {INSTALLABLE, OUT, INSTALLABLE}},
    {"exact",
     "1",
     "depends: \"ocaml\" {= \"4.14.2\"}",
     {INSTALLABLE, INSTALLABLE, OUT}},
    /* through another package */
    {"user", "1", "depends: \"old\"", {INSTALLABLE, INSTALLABLE, OUT}},
    {"either",
     "1",
     "depends: \"old\" | \"new\"",
     {INSTALLABLE, INSTALLABLE, INSTALLABLE}},
    {"both", "1", "depends: [\"old\" \"new\"]", {BROKEN, BROKEN, BROKEN}},
    {"foe",
     "1",
     "conflicts: \"ocaml\" {>= \"5\"}",
     {INSTALLABLE, INSTALLABLE, OUT}},
    {"foe", "2", "conflicts: \"ocaml\"", {INSTALLABLE, OUT, OUT}},
    {"lost", "1", "depends: \"nothing\"", {BROKEN, BROKEN, BROKEN}},
    {"future",
     "1",
     "depends: \"ocaml\" {>= \"5.5\"}",
     {BROKEN, BROKEN, BROKEN}},
    {"nowhere",
     "1",
     "available: os = \"win32\"",
     {UNAVAILABLE, UNAVAILABLE, UNAVAILABLE}},
};
#define N_PACKAGES (sizeof(packages) / sizeof(packages[0]))

static struct world world;

static int setup(void **state)
{
	char *dir = rel_test_dir_new();

	(void)state;
	for (size_t i = 0; i < N_PACKAGES; i++) {
		const struct package *p = &packages[i];
		char *path = rel_test_text("packages/%s/%s.%s/opam", p->name,
					   p->name, p->version);
		char *text =
		    rel_test_text("opam-version: \"2.0\"\n%s\n", p->fields);

		rel_test_write_text(dir, path, text);
		free(path);
		free(text);
	}
	world_init(&world);
	world_add(&world, dir);
	world_stack(&world);
	rel_test_dir_free(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&world);
	return 0;
}

static void check(const char *pin, unsigned column)
{
	static const struct rel_variable_value linux = {"os", "linux"};
	const struct rel_environment environment = {
	    .name = "env", .values = &linux, .n_values = 1, .ocaml = pin};
	struct outcome o;

	outcome_of(&o, &world, &environment);
	for (size_t i = 0; i < N_PACKAGES; i++) {
		const struct package *p = &packages[i];
		rel_pkg_id pkg = rel_universe_find(o.u, rel_str_of(p->name),
						   rel_str_of(p->version));

		assert_int_not_equal(pkg, REL_PKG_NONE);
		if (o.verdicts[pkg] != p->verdicts[column])
			fail_msg("%s.%s under %s: %u, not %u", p->name,
				 p->version, pin ? pin : "all", o.verdicts[pkg],
				 p->verdicts[column]);
	}
	outcome_free(&o);
}

static void test_unpinned(void **state)
{
	(void)state;
	check(NULL, 0);
}

static void test_minor_series(void **state)
{
	(void)state;
	check("4.14", 1);
}

static void test_major_series(void **state)
{
	(void)state;
	check("5", 2);
}

/* A pin that no version fits must not pass for a free choice. */
static void test_no_such_compiler(void **state)
{
	const struct rel_environment environment = {.name = "nine",
						    .ocaml = "9"};
	struct rel_universe *u = NULL;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(
	    rel_universe_build(&u, world.stack, &environment, NULL, &err),
	    REL_ENOTFOUND);
	assert_non_null(strstr(err.text, "ocaml 9"));
	assert_null(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unpinned),
	    cmocka_unit_test(test_minor_series),
	    cmocka_unit_test(test_major_series),
	    cmocka_unit_test(test_no_such_compiler),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
