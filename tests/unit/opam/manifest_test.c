#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval.h"

#define HEAD "opam-version: \"2.0\"\n"

static void test_fields(void **state)
{
	struct rel_manifest *m;
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(
	    bench_read(&b, REL_STR(HEAD "maintainer: \"me\"\n"
					"depends: [\"a\"]\n"
					"depopts: \"b\"\n"
					"conflicts: [\"c\"]\n"
					"conflict-class: [\"k1\" \"k2\"]\n"
					"available: os = \"linux\"\n"
					"flags: [compiler conf strange]\n"
					"x-extra: [1 2]\n"
					"nonsense: ( \"kept\" )\n"
					"url { src: \"https://h/a.tgz\" }\n")),
	    0);
	m = &b.manifest;
	assert_int_equal(b.exprs.nodes[m->depends].kind, REL_EXPR_PACKAGE);
	assert_int_equal(b.exprs.nodes[m->depopts].kind, REL_EXPR_PACKAGE);
	assert_int_equal(b.exprs.nodes[m->conflicts].kind, REL_EXPR_PACKAGE);
	assert_int_equal(b.exprs.nodes[m->available].kind, REL_EXPR_COMPARE);
	assert_int_equal(m->conflict_class_count, 2);
	assert_int_equal(b.tables.lists[m->conflict_class_first + 1],
			 rel_intern_find(&b.tables.strings, REL_STR("k2")));
	assert_int_equal(m->flags, REL_MANIFEST_COMPILER | REL_MANIFEST_CONF |
				       REL_MANIFEST_HAS_URL);
	bench_free(&b);
}

static void test_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, REL_STR(HEAD)), 0);
	assert_int_equal(b.manifest.depends, REL_EXPR_NONE);
	assert_int_equal(b.manifest.depopts, REL_EXPR_NONE);
	assert_int_equal(b.manifest.conflicts, REL_EXPR_NONE);
	assert_int_equal(b.manifest.available, REL_EXPR_NONE);
	assert_int_equal(b.manifest.conflict_class_count, 0);
	assert_int_equal(b.manifest.flags, 0);
	bench_free(&b);
}

struct row {
	const char *source;
	uint32_t flags;
};

#define URL(fields) HEAD "url {\n" fields "\n}\n"
#define DEV	    (REL_MANIFEST_DEV | REL_MANIFEST_HAS_URL)

/*
 * opam src/core/opamUrl.ml, parse, and src/state/opamPackageVar.ml,
 * is_dev_package, by hand.
 */
static const struct row rows[] = {
    {HEAD "flags: compiler\n", REL_MANIFEST_COMPILER},
    {HEAD "flags: [avoid-version deprecated plugin]\n",
     REL_MANIFEST_AVOID_VERSION | REL_MANIFEST_DEPRECATED |
	 REL_MANIFEST_PLUGIN},
    {HEAD "flags: [light-uninstall \"compiler\"]\n", 0},
    {HEAD "tags: [\"org:me\" \"flags:conf\"]\n", REL_MANIFEST_CONF},
    {HEAD "tags: \"flags:plugin\"\n", REL_MANIFEST_PLUGIN},
    {URL("src: \"https://h/a.tgz\""), REL_MANIFEST_HAS_URL},
    {URL("src: \"http://h/a.git\""), REL_MANIFEST_HAS_URL},
    {URL("src: \"ftp://h/a\""), REL_MANIFEST_HAS_URL},
    {URL("src: \"git+https://h/a.git#main\""), DEV},
    {URL("src: \"git://h/a\""), DEV},
    {URL("src: \"hg+https://h/a\""), DEV},
    {URL("src: \"darcs://h/a\""), DEV},
    {URL("src: \"git+ssh://g@h/a\""), DEV},
    {URL("src: \"ssh://h/a\""), DEV},
    {URL("src: \"file:///a\""), DEV},
    {URL("src: \"/a/b\""), DEV},
    {URL("src: \"git@h:a/b.git\""), DEV},
    {URL("src: \"svn+https://h/a\""), 0},
    {URL("src: \"gopher://h/a\""), 0},
    {URL("src: \"git://h/a\" checksum: \"md5=0\""), REL_MANIFEST_HAS_URL},
    {URL("src: \"git://h/a\" checksum: [\"md5=0\" \"sha256=1\"]"),
     REL_MANIFEST_HAS_URL},
    {URL("src: \"git://h/a\" checksum: []"), DEV},
    {URL("git: \"https://h/a\""), DEV},
    {URL("archive: \"https://h/a\""), REL_MANIFEST_HAS_URL},
    {URL("checksum: \"md5=0\""), 0},
    {URL("mirrors: \"git://h/a\""), 0},
};

static void test_flags(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (bench_read(&b, rel_str_of(rows[i].source)) != 0)
			fail_msg("%s: %s", rows[i].source, b.err.text);
		if (b.manifest.flags != rows[i].flags)
			fail_msg("%s: %#x", rows[i].source, b.manifest.flags);
	}
	bench_free(&b);
}

static uint32_t flags_with_url(const char *opam, const char *url)
{
	struct rel_manifest_tables tables;
	struct rel_arena arena;
	struct rel_error err = {0};
	struct rel_manifest m;

	rel_manifest_tables_init(&tables);
	rel_arena_init(&arena, REL_MIB);
	if (rel_manifest_read(&m, &tables, rel_str_of(opam), rel_str_of(url),
			      "opam", &arena, &err) != 0)
		fail_msg("%s", err.text);
	rel_manifest_tables_free(&tables);
	rel_arena_free(&arena);
	return m.flags;
}

/* opam src/state/opamFileTools.ml, add_aux_files */
static void test_legacy_url(void **state)
{
	(void)state;
	assert_int_equal(flags_with_url(HEAD, "git: \"git://h/a\"\n"), DEV);
	assert_int_equal(
	    flags_with_url(HEAD, "http: \"http://h/a\"\nchecksum: \"0\""),
	    REL_MANIFEST_HAS_URL);
	assert_int_equal(
	    flags_with_url(URL("src: \"https://h/a\""), "git: \"git://h/a\"\n"),
	    REL_MANIFEST_HAS_URL);
	assert_int_equal(flags_with_url(HEAD, "src: ["), 0);
	assert_int_equal(flags_with_url(HEAD, ""), 0);
}

struct version {
	const char *source;
	int rc;
	const char *text; /* part of the error's */
};

static const struct version versions[] = {
    {"opam-version: \"2.0\"", 0, NULL},
    {"opam-version: \"2.0.5\"", 0, NULL},
    {"opam-version: \"2.1\"", 0, NULL},
    {"opam-version: \"2.2\"", 0, NULL},
    {"opam-version: \"2.2.1\"", 0, NULL},
    {"# first\nopam-version: \"2.2\"\ndepends: []", 0, NULL},
    {"depends: []\nopam-version: \"2.0\"", 0, NULL},
    {"opam-version: \"1.2\"", 0, NULL},
    {"depends: []\nopam-version: \"2.1\"", REL_EPARSE, "first"},
    {"opam-version: \"2.3\"", REL_EPARSE, "\"2.3\" is newer than \"2.2\""},
    {"opam-version: \"3.0\"", REL_EPARSE, "\"3.0\""},
    {"opam-version: 2", REL_EPARSE, "not a string"},
    {"depends: []", REL_EPARSE, "no field \"opam-version\""},
    {"", REL_EPARSE, "no field \"opam-version\""},
    {"opam-version: \"2.0\"\nurl { opam-version: \"9\" }", 0, NULL},
};

static void test_versions(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct version *v = &versions[i];
		int rc = bench_read(&b, rel_str_of(v->source));

		if (rc != v->rc || (v->text && !strstr(b.err.text, v->text)))
			fail_msg("%s: %d %s", v->source, rc, b.err.text);
	}
	bench_free(&b);
}

/* Only the first field of a name counts; what comes after is not read. */
static void test_duplicates(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, REL_STR(HEAD "depends: \"a\"\n"
						     "depends: 12\n")),
			 0);
	assert_int_equal(b.exprs.nodes[b.manifest.depends].a,
			 rel_intern_find(&b.tables.strings, REL_STR("a")));
	bench_free(&b);
}

/* A failure leaves no conflict class behind. */
static void test_failure_leaves_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, REL_STR(HEAD "conflict-class: [\"k\"]\n"
						     "available: [[\n")),
			 REL_EPARSE);
	assert_int_equal(bench_read(&b, REL_STR(HEAD "conflict-class: [\"k\"]\n"
						     "available: [[]]\n")),
			 REL_EPARSE);
	assert_int_equal(b.tables.n_lists, 0);
	assert_int_equal(b.err.line, 3);
	assert_int_equal(bench_read(&b, REL_STR(HEAD "conflict-class: [1]\n")),
			 REL_EPARSE);
	assert_int_equal(bench_read(&b, REL_STR(HEAD "conflict-class: \"k\"")),
			 0);
	assert_int_equal(b.tables.n_lists, 1);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_legacy_url),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_failure_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
