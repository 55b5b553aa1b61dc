#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources.h"
#include "support/shell.h"

static void is_package(const struct source *s, size_t i, const char *name,
		       const char *path, const char *version, bool generated)
{
	const struct rel_project_package *p = &s->project->packages[i];

	assert_true(i < s->project->n_packages);
	assert_string_equal(p->name.ptr, name);
	assert_string_equal(p->path.ptr, path);
	assert_string_equal(p->version.ptr, version);
	assert_int_equal(p->generated, generated);
}

static void test_one(void **state)
{
	struct source s;

	(void)state;
	source_make(&s, "one");
	source_read(&s);
	assert_string_equal(s.project->name.ptr, "hello");
	assert_int_equal(s.project->n_packages, 1);
	is_package(&s, 0, "hello", "hello.opam", "0.9", true);
	assert_string_equal(s.project->dune_version.ptr, "0.9");
	assert_true(s.project->generates_opam);
	source_free(&s);
}

static void test_five(void **state)
{
	struct source s;

	(void)state;
	source_make(&s, "five");
	source_read(&s);
	assert_string_equal(s.project->name.ptr, "mesh");
	assert_int_equal(s.project->n_packages, 5);
	is_package(&s, 0, "mesh", "mesh.opam", "", true);
	is_package(&s, 4, "mesh-unix", "mesh-unix.opam", "", true);
	assert_int_equal(s.project->dune_version.len, 0);
	source_free(&s);
}

static void test_single(void **state)
{
	struct source s;

	(void)state;
	source_make(&s, "single");
	source_read(&s);
	assert_string_equal(s.project->name.ptr, "knot");
	assert_int_equal(s.project->n_packages, 1);
	is_package(&s, 0, "knot", "opam", "0.9", false);
	assert_null(s.project->dune_project.ptr);
	source_free(&s);
}

static void test_opamdir(void **state)
{
	struct rel_error err = {0};
	struct source s;

	(void)state;
	source_make(&s, "opamdir");
	source_read(&s);
	/* the last part of dev-repo */
	assert_string_equal(s.project->name.ptr, "hands");
	assert_int_equal(s.project->n_packages, 2);
	is_package(&s, 0, "left", "opam/left.opam", "0.9", false);
	is_package(&s, 1, "right", "opam/right.opam", "2.0", false);
	rel_project_free(s.project);
	assert_int_equal(source_scan(&s, "both", &err), 0);
	assert_string_equal(s.project->name.ptr, "both");
	source_free(&s);
}

/* Changed work trees do not count. */
static void test_commit_only(void **state)
{
	struct source s;

	(void)state;
	source_make(&s, "one");
	free(rel_test_sh("cd %s; echo bad >hello.opam; echo '(' >dune-project; "
			 "git add hello.opam",
			 s.dir));
	source_read(&s);
	is_package(&s, 0, "hello", "hello.opam", "0.9", true);
	source_free(&s);
}

#define OPAM "echo 'opam-version: \"2.0\"' >"

struct layout {
	const char *script, *name, *packages;
};

static const struct layout layouts[] = {
    {"mkdir a.opam; " OPAM "a.opam/opam", "a", "a=a.opam/opam"},
    {"mkdir -p opam/a.opam; " OPAM "opam/a.opam/opam", "a",
     "a=opam/a.opam/opam"},
    {"mkdir opam; echo 'opam-version: \"2.0\" name: \"a\"' >opam/opam", "a",
     "a=opam/opam"},
    {"echo '(lang dune 2.0)(name b)' >dune-project; " OPAM "opam", "b",
     "b=opam"},
    /* a link to another opam file is no package of its own */
    {OPAM "a.opam; ln -s a.opam opam", "a", "a=a.opam"},
    {"mkdir -p x/y; " OPAM "x/y/a.opam", "a", "a=x/y/a.opam"},
    {"mkdir -p x; " OPAM "x/b.opam; " OPAM "a.opam", "a", "a=a.opam"},
    {OPAM "a.opam; chmod +x a.opam; mkdir x.opam; echo >x.opam/y", "a",
     "a=a.opam"},
    {OPAM "a-b.opam; " OPAM "a.opam; " OPAM "a_c.opam", "a",
     "a=a.opam a-b=a-b.opam a_c=a_c.opam"},
    {"echo '(lang dune 2.0)(package (name b))(package (name a))' "
     ">dune-project; " OPAM "a.opam; echo 'dev-repo: "
     "\"git+https://example.org/ocaml-ab.git/\"' >>a.opam",
     "ocaml-ab", "a=a.opam b="},
};

static void test_layouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		char text[256] = "";
		struct source s;

		source_write(&s, layouts[i].script);
		source_read(&s);
		for (size_t p = 0; p < s.project->n_packages; p++)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text), "%s%s=%s",
				 p ? " " : "", s.project->packages[p].name.ptr,
				 s.project->packages[p].path.ptr);
		assert_string_equal(text, layouts[i].packages);
		assert_string_equal(s.project->name.ptr, layouts[i].name);
		source_free(&s);
	}
}

struct mistake {
	const char *script;
	int code;
	const char *path;
	unsigned line, column;
	const char *says;
};

static const struct mistake mistakes[] = {
    {"echo >README", REL_ENOTFOUND, "", 0, 0, "write PACKAGE.opam"},
    {"mkdir -p vendor/y _b .c; " OPAM "vendor/y/a.opam; " OPAM
     "_b/b.opam; " OPAM ".c/c.opam",
     REL_ENOTFOUND, "", 0, 0, "write PACKAGE.opam"},
    {"mkdir -p x y; " OPAM "x/a.opam; " OPAM "y/a.opam", REL_EPARSE, "", 0, 0,
     "two opam files, \"x/a.opam\" and \"y/a.opam\""},
    {OPAM "a.opam; mkdir opam; " OPAM "opam/a.opam", REL_EPARSE, "", 0, 0,
     "two opam files, \"a.opam\" and \"opam/a.opam\""},
    {OPAM "a.opam; echo 'name: \"a\"' >opam", REL_EPARSE, "", 0, 0,
     "two opam files"},
    {"printf 'x: 1\\ny: [' >a.opam", REL_EPARSE, "a.opam", 2, 5, ""},
    {"printf 'x: 1\\nname: \"b\"' >a.opam", REL_EPARSE, "a.opam", 2, 7,
     "called otherwise"},
    {OPAM "opam", REL_EPARSE, "opam", 0, 0, "name of the package is not known"},
    {OPAM "1.2.opam", REL_EPARSE, "1.2.opam", 0, 0, "no name of a package"},
    {OPAM "a.opam; printf '(lang dune 2.0)\\n(name a' >dune-project",
     REL_EPARSE, "dune-project", 2, 1, "not closed"},
    {OPAM "a.opam; printf '(lang dune 2.0)\\n(name a/b)' >dune-project",
     REL_EPARSE, "dune-project", 2, 1, "may hold letters"},
    {OPAM "a.opam; printf '(version)' >dune-project", REL_EPARSE,
     "dune-project", 1, 1, "one word"},
    {OPAM "a.opam; printf '(package (name a))\\n(package (name a))' "
	  ">dune-project",
     REL_EPARSE, "dune-project", 2, 1, "second package a"},
    {OPAM "a.opam; printf '(package (synopsis a))' >dune-project", REL_EPARSE,
     "dune-project", 1, 1, "no (name"},
    {OPAM "a.opam; printf '(package (name a.b))' >dune-project", REL_EPARSE,
     "dune-project", 1, 1, "no name of a package"},
    {OPAM "a.opam; " OPAM "b.opam", REL_ENOTFOUND, "", 0, 0, "release: {name"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct rel_error err = {0};
		struct source s;

		source_write(&s, m->script);
		assert_int_equal(source_scan(&s, NULL, &err), m->code);
		assert_null(s.project);
		assert_string_equal(err.path, m->path);
		if (err.line != m->line || err.column != m->column ||
		    !strstr(err.text, m->says))
			fail_msg("%s gives %u:%u: %s", m->script, err.line,
				 err.column, err.text);
		source_free(&s);
	}
}

static void refuse(struct source *s, const char *name, const char *says)
{
	struct rel_error err = {0};
	const size_t *list;
	size_t count;

	assert_int_equal(
	    rel_project_select(&list, &count, s->project, &name, 1, &err),
	    REL_ENOTFOUND);
	if (!strstr(err.text, says))
		fail_msg("%s: %s", name, err.text);
}

static void test_select(void **state)
{
	const size_t *list;
	struct source s;
	size_t count;

	(void)state;
	source_make(&s, "five");
	source_read(&s);
	list = source_select(&s, &count, NULL);
	assert_int_equal(count, 5);
	assert_int_equal(list[4], 4);
	list = source_select(&s, &count, "mesh-ssh", "mesh", "mesh", NULL);
	assert_int_equal(count, 2);
	assert_int_equal(list[0], 0);
	assert_int_equal(list[1], 3);
	refuse(&s, "mesh-http1", "did you mean \"mesh-http\"?");
	refuse(&s, "irmin", "it has mesh, mesh-http, …");
	source_free(&s);
	source_write(&s, OPAM "a.opam; echo '(package (name b))(name x)' "
			      ">dune-project");
	source_read(&s);
	refuse(&s, "b", "let dune write it");
	source_free(&s);
	source_write(&s, OPAM "a.opam; echo '(package (name b))(name x)"
			      "(generate_opam_files)' >dune-project");
	source_read(&s);
	refuse(&s, "b", "dune build b.opam");
	source_free(&s);
}

/* sources.sh makes the same commits everywhere. */
static void test_fixed(void **state)
{
	static const char *const kinds[][2] = {
	    {"one", "881f212df09d2dc628c6e8083699d44c96144a15"},
	    {"five", "d7bd2b5b3c29e09a41a2c74d9346790baff5bbc1"},
	    {"single", "1a8d22b5e358e0ab7606ec805b8100f9cb19f944"},
	    {"opamdir", "0d342c14b08fb919c74be6adf5751f776000dc68"},
	    {"large", "eb9c921f84615547b6c8a6890a826d2524705053"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct source s;
		char *id;

		source_make(&s, kinds[i][0]);
		id = rel_test_sh("git -C %s rev-parse HEAD", s.dir);
		assert_string_equal(id, kinds[i][1]);
		free(id);
		source_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),	    cmocka_unit_test(test_five),
	    cmocka_unit_test(test_single),  cmocka_unit_test(test_opamdir),
	    cmocka_unit_test(test_layouts), cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_select),  cmocka_unit_test(test_commit_only),
	    cmocka_unit_test(test_fixed),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
