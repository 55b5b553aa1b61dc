#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opam/version.h"

/*
 * From small to large, equal ones on one line, as opam 2.1.2 has them: for
 * each pair a package that needs the one below the other was tried with
 * `opam admin check --installability`.
 */
static const char *const classes[] = {
    "~~",
    "~ ~0",
    "0~",
    "0 00 -",
    "-1",
    "-a",
    "1~~",
    "1~",
    "1~beta",
    "1~beta1 1~beta01",
    "1~beta2",
    "1~beta10",
    "1-~",
    "1 1-0",
    "1-a",
    "1+a-b",
    "1.~",
    "1.0~-1",
    "1.0~rc1",
    "1.0~rc1-1",
    "1.0 1.00 01.0 1.0-0 1.0- 1.",
    "1.0-1",
    "1.0a",
    "1.0b",
    "1.0+",
    "1.0+git",
    "1.0.0",
    "1.0.1",
    "1.0.a",
    "1.2",
    "1.2.3-4",
    "1.2.3-5",
    "1.2.3-4-5",
    "1.9",
    "1.10",
    "1_0",
    "2.0",
    "5.5.0+introcaml 5.5.0+introcaml0",
    "9.9999999999999999999",
    "9.99999999999999999999",
    "10.0",
    "20240101",
    "A",
    "Z",
    "a~",
    "a a0 a00",
    "a1",
    "a-b-0",
    "a-b-c",
    "base",
    "dev",
    "v0.9",
    "v0.16.0",
    "v1",
    "v1.0",
    "+",
    "--1",
    ".",
    "..",
    "_",
};
#define N_CLASSES (sizeof(classes) / sizeof(classes[0]))

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void check_class_pair(size_t i, size_t j)
{
	struct rel_str left = rel_str_of(classes[i]), right, a, b;
	int expected = (i > j) - (i < j);

	while (left.ptr) {
		a = rel_str_cut(&left, ' ');
		right = rel_str_of(classes[j]);
		while (right.ptr) {
			b = rel_str_cut(&right, ' ');
			if (sign(rel_version_compare(a, b)) != expected)
				fail_msg("%.*s against %.*s", REL_STR_ARG(a),
					 REL_STR_ARG(b));
			if (sign(rel_version_compare(b, a)) != -expected)
				fail_msg("%.*s against %.*s", REL_STR_ARG(b),
					 REL_STR_ARG(a));
		}
	}
}

static void test_every_pair(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CLASSES; i++) {
		for (size_t j = 0; j < N_CLASSES; j++)
			check_class_pair(i, j);
	}
}

static int by_version(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return rel_version_compare(rel_str_of(*x), rel_str_of(*y));
}

static void test_sorting(void **state)
{
	const char *shuffled[N_CLASSES];
	struct rel_str all, first;

	(void)state;
	for (size_t i = 0; i < N_CLASSES; i++)
		shuffled[i] = classes[i * 37 % N_CLASSES];
	/* texts of several equal versions stand for their first one */
	for (size_t i = 0; i < N_CLASSES; i++) {
		all = rel_str_of(shuffled[i]);
		first = rel_str_cut(&all, ' ');
		shuffled[i] = strndup(first.ptr, first.len);
		assert_non_null(shuffled[i]);
	}
	qsort(shuffled, N_CLASSES, sizeof(shuffled[0]), by_version);
	for (size_t i = 0; i < N_CLASSES; i++) {
		first = rel_str_of(shuffled[i]);
		assert_memory_equal(first.ptr, classes[i], first.len);
		free((char *)(uintptr_t)shuffled[i]);
	}
}

static void test_empty(void **state)
{
	struct rel_str none = {NULL, 0};

	(void)state;
	assert_int_equal(rel_version_compare(none, REL_STR("")), 0);
	assert_int_equal(rel_version_compare(none, REL_STR("0")), 0);
	assert_true(rel_version_compare(none, REL_STR("1")) < 0);
	assert_true(rel_version_compare(none, REL_STR("~")) > 0);
	assert_true(rel_version_compare(REL_STR("a"), none) > 0);
}

/* opam src/format/opamPackage.ml, Version.of_string and Name.of_string */
static void test_valid(void **state)
{
	static const char *const versions[] = {"1.0~rc+1-_", "~", ".", "A"};
	static const char *const no_versions[] = {"",	 "1 0",	  "1/0",
						  "1:0", "%{x}%", "\xc3\xa9"};
	static const char *const names[] = {"a", "ocaml-lsp_server", "0a", "a+",
					    "+a"};
	static const char *const no_names[] = {"",    "1",	  "-", "a.b",
					       "a b", "\xc3\xa9", "a~"};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_true(rel_version_is_valid(rel_str_of(versions[i])));
	for (size_t i = 0; i < 6; i++)
		assert_false(rel_version_is_valid(rel_str_of(no_versions[i])));
	for (size_t i = 0; i < 5; i++)
		assert_true(rel_package_name_is_valid(rel_str_of(names[i])));
	for (size_t i = 0; i < 7; i++)
		assert_false(
		    rel_package_name_is_valid(rel_str_of(no_names[i])));
}

static void test_split(void **state)
{
	struct rel_str name, version;

	(void)state;
	assert_true(rel_package_split(REL_STR("a-b.1.2~c"), &name, &version));
	assert_true(rel_str_is(name, "a-b"));
	assert_true(rel_str_is(version, "1.2~c"));
	assert_true(rel_package_split(REL_STR("a.."), &name, &version));
	assert_true(rel_str_is(version, "."));
	assert_false(rel_package_split(REL_STR("a"), &name, &version));
	assert_false(rel_package_split(REL_STR("a."), &name, &version));
	assert_false(rel_package_split(REL_STR(".1"), &name, &version));
	assert_false(rel_package_split(REL_STR("1.1"), &name, &version));
	assert_false(rel_package_split(REL_STR("a.1 2"), &name, &version));
	assert_false(rel_package_split(REL_STR(""), &name, &version));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_pair), cmocka_unit_test(test_sorting),
	    cmocka_unit_test(test_empty),      cmocka_unit_test(test_valid),
	    cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
