#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "release/source/bump.h"
#include "release/source/source_private.h"
#include "sources.h"
#include "support/shell.h"
#include "support/support.h"

/* Write the edits into the work tree and return git's short diff. */
static char *apply(struct source *s, const char *package, const char *version,
		   const struct rel_conf_release *release)
{
	struct rel_error err = {0};
	struct rel_bump bump;
	const size_t *list;
	size_t count;

	list = source_select(s, &count, package, NULL);
	if (rel_bump_find(&bump, s->project, list, count, rel_str_of(version),
			  release, &err))
		fail_msg("%s: %s", err.path, err.text);
	for (size_t i = 0; i < bump.count; i++)
		rel_test_write(s->dir, bump.edits[i].path,
			       bump.edits[i].content.ptr,
			       bump.edits[i].content.len);
	return rel_test_sh("cd %s; git diff -U0 --no-renames | "
			   "grep -v '^diff\\|^index\\|^@@\\|^---' || :; "
			   "git reset -q --hard",
			   s->dir);
}

static void expect(struct source *s, const char *package, const char *version,
		   const struct rel_conf_release *release, const char *diff)
{
	char *found = apply(s, package, version, release);

	assert_string_equal(found, diff);
	free(found);
}

static void test_sources(void **state)
{
	static const struct rel_conf_version_file pattern = {
	    .path = "src/{name}.ml", .pattern = "let v = \"{version}\""};
	static const struct rel_conf_release release = {
	    .version_files = &pattern, .n_version_files = 1};
	struct source s;

	(void)state;
	source_make(&s, "one");
	source_read(&s);
	expect(&s, NULL, "1.0", NULL,
	       "+++ b/dune-project\n"
	       "-(version 0.9) ; of the whole project\n"
	       "+(version 1.0) ; of the whole project\n"
	       "+++ b/hello.opam\n"
	       "-version: \"0.9\"\n"
	       "+version: \"1.0\"");
	expect(&s, NULL, "0.9", NULL, "");
	source_free(&s);
	source_make(&s, "five");
	source_read(&s);
	expect(&s, NULL, "1.0", NULL, "");
	expect(&s, "mesh-ssh", "1.0", NULL, "");
	source_free(&s);
	source_make(&s, "single");
	source_read(&s);
	expect(&s, NULL, "1.0", NULL,
	       "+++ b/VERSION\n-0.9\n+1.0\n"
	       "+++ b/opam\n-version: \"0.9\"\n+version: \"1.0\"\n"
	       "+++ b/pkg/META\n"
	       "-version = \"0.9\" # of all\n+version = \"1.0\" # of all\n"
	       "-  version = \"0.9\"\n+  version = \"1.0\"");
	source_free(&s);
	source_make(&s, "opamdir");
	source_read(&s);
	expect(&s, "left", "1.0", &release,
	       "+++ b/opam/left.opam\n-version: \"0.9\"\n+version: \"1.0\"\n"
	       "+++ b/src/left.ml\n-let v = \"0.9\"\n+let v = \"1.0\"");
	source_free(&s);
}

#define PACKAGES \
	"for p in a b; do echo 'opam-version: \"2.0\"' >$p.opam; done; "

static void test_own_versions(void **state)
{
	struct source s;

	(void)state;
	source_write(&s, PACKAGES
		     "mkdir -p lib/a b; echo 'version = \"1\"' >lib/a/META; "
		     "echo 'version = \"1\"' >b/META; "
		     "printf '%s\\n' '(name x)' '(package (name a)' "
		     "' (version \"1\"))' '(package (name b)' '(version 2))' "
		     "'(version 3)' >dune-project");
	source_read(&s);
	expect(&s, "a", "4", NULL,
	       "+++ b/dune-project\n- (version \"1\"))\n+ (version \"4\"))\n"
	       "+++ b/lib/a/META\n-version = \"1\"\n+version = \"4\"");
	/* the third is nobody's */
	expect(&s, NULL, "4", NULL,
	       "+++ b/b/META\n-version = \"1\"\n+version = \"4\"\n"
	       "+++ b/dune-project\n- (version \"1\"))\n+ (version \"4\"))\n"
	       "-(version 2))\n+(version 4))\n"
	       "+++ b/lib/a/META\n-version = \"1\"\n+version = \"4\"");
	source_free(&s);
	/* that of the only package without one of its own */
	source_write(&s,
		     PACKAGES "printf '%s\\n' '(name x)' '(package (name a))' "
			      "'(package (name b) (version 2))' '(version 3)' "
			      ">dune-project");
	source_read(&s);
	expect(&s, "a", "4", NULL,
	       "+++ b/dune-project\n-(version 3)\n+(version 4)");
	expect(&s, "b", "2", NULL, "");
	source_free(&s);
}

/* What is not a version there stays. */
static void test_templates(void **state)
{
	struct source s;

	(void)state;
	source_write(&s,
		     "printf 'opam-version: \"2.0\"\\nversion: \"\"\"1\"\"\"' "
		     ">a.opam; "
		     "echo '(version \"%%VERSION%%\")' >dune-project; "
		     "echo 'version = \"@VERSION@\"' >META; "
		     "printf 'Name: a\\nVersion: $(V)\\n' >_oasis; "
		     "echo 'MAJOR=1' >VERSION; mkdir pkg; ln -s ../META "
		     "pkg/META; chmod +x META");
	source_read(&s);
	expect(&s, NULL, "2", NULL,
	       "+++ b/a.opam\n-version: \"\"\"1\"\"\"\n"
	       "\\ No newline at end of file\n+version: \"\"\"2\"\"\"\n"
	       "\\ No newline at end of file");
	source_free(&s);
}

/* A place that two rules find is changed once. */
static void test_twice(void **state)
{
	static const struct rel_conf_version_file files[] = {
	    {.path = "VERSION"},
	    {.path = "VERSION", .pattern = "v{version}"},
	    {.path = "a.opam", .pattern = "\nversion: \"{version}\""},
	};
	static const struct rel_conf_release release = {.version_files = files,
							.n_version_files = 3};
	struct source s;

	(void)state;
	source_write(&s, "printf 'opam-version: \"2.0\"\nversion: \"1\"\n' "
			 ">a.opam; printf 'v1\nv1\n' >VERSION");
	source_read(&s);
	expect(&s, NULL, "10", &release,
	       "+++ b/VERSION\n-v1\n-v1\n+v10\n+v10\n"
	       "+++ b/a.opam\n-version: \"1\"\n+version: \"10\"");
	source_free(&s);
}

static void test_kind(void **state)
{
	struct rel_error err = {0};
	struct rel_bump bump;
	const size_t *list;
	struct source s;
	size_t count;

	(void)state;
	source_write(&s, "echo 'opam-version: \"2.0\"' >a.opam; echo v1.0 "
			 ">VERSION; chmod +x VERSION; "
			 "printf 'Version : 1.0\\nLibrary a\\nVersion: 1.0\\n' "
			 ">_oasis");
	source_read(&s);
	list = source_select(&s, &count, NULL);
	assert_int_equal(rel_bump_find(&bump, s.project, list, count,
				       REL_STR("1.1"), NULL, &err),
			 0);
	assert_int_equal(bump.count, 2);
	assert_string_equal(bump.edits[0].path, "VERSION");
	assert_int_equal(bump.edits[0].kind, REL_GIT_EXECUTABLE);
	assert_string_equal(bump.edits[0].content.ptr, "v1.1\n");
	assert_true(rel_str_is(bump.edits[0].was, "1.0"));
	assert_int_equal(bump.edits[1].kind, REL_GIT_BLOB);
	assert_string_equal(bump.edits[1].content.ptr,
			    "Version : 1.1\nLibrary a\nVersion: 1.0\n");
	assert_int_equal(rel_bump_find(&bump, s.project, list, count,
				       REL_STR("v1.1"), NULL, &err),
			 0);
	assert_string_equal(bump.edits[0].content.ptr, "v1.1\n");
	source_free(&s);
}

struct mistake {
	const char *script, *package;
	const char *path, *pattern; /* of a version file; NULL = none */
	int code;
	unsigned line;
	const char *where, *says;
};

static const struct mistake mistakes[] = {
    {"echo '(name x)(version 1)' >dune-project", "a", NULL, NULL, REL_EUSAGE, 0,
     "dune-project", "only some are to become 2"},
    {"echo 1 >VERSION", "a", NULL, NULL, REL_EUSAGE, 0, "VERSION",
     "release all together"},
    {"printf 'version = \"1\"\\nx = \"' >META", NULL, NULL, NULL, REL_EPARSE, 2,
     "META", "no end"},
    {"echo ')' >META", NULL, NULL, NULL, REL_EPARSE, 1, "META", "closes"},
    {"echo 'package \"x\" (' >META", NULL, NULL, NULL, REL_EPARSE, 2, "META",
     "not closed"},
    {":", NULL, "x", NULL, REL_ENOTFOUND, 0, "", "no file \"x\""},
    {"echo x >x", NULL, "x", NULL, REL_ENOTFOUND, 0, "", "is no version"},
    {"echo x >x", NULL, "x", "v{version}", REL_ENOTFOUND, 0, "",
     "looks like \"v{version}\""},
    {"echo x >x", "a", "{name}.ml", "v{version}", REL_ENOTFOUND, 0, "",
     "no file \"a.ml\""},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct rel_conf_version_file file = {.path = m->path,
						     .pattern = m->pattern};
		struct rel_conf_release release = {
		    .version_files = &file, .n_version_files = m->path != NULL};
		struct rel_error err = {0};
		struct rel_bump bump;
		const size_t *list;
		struct source s;
		size_t count;
		char *script = rel_test_text(
		    PACKAGES "echo '(name x)' >dune-project; %s", m->script);

		source_write(&s, script);
		source_read(&s);
		list = source_select(&s, &count, m->package, NULL);
		assert_int_equal(rel_bump_find(&bump, s.project, list, count,
					       REL_STR("2"), &release, &err),
				 m->code);
		assert_string_equal(err.path, m->where);
		assert_int_equal(err.line, m->line);
		if (!strstr(err.text, m->says))
			fail_msg("%s", err.text);
		source_free(&s);
		free(script);
	}
}

/* `text` with each span as <…>. */
static void spans_are(struct rel_spans *spans, const char *text,
		      const char *marked)
{
	struct rel_buf buf;
	size_t at = 0;

	rel_buf_init(&buf, 10000);
	rel_buf_add_cstr(&buf, "");
	for (uint32_t i = 0; i < spans->count; i++) {
		rel_buf_add(&buf, text + at, spans->items[i].start - at);
		rel_buf_add_char(&buf, '<');
		at = spans->items[i].start;
		rel_buf_add(&buf, text + at, spans->items[i].end - at);
		rel_buf_add_char(&buf, '>');
		at = spans->items[i].end;
	}
	rel_buf_add_cstr(&buf, text + at);
	assert_string_equal(buf.ptr, marked);
	rel_buf_free(&buf);
	rel_spans_free(spans);
}

struct fit {
	const char *pattern, *text, *marked;
};

static const struct fit fits[] = {
    {"v = \"{version}\"", "v = \"1.0\" v = \"dev\" v = \"\"",
     "v = \"<1.0>\" v = \"<dev>\" v = \"\""},
    {"Version {version}", "Version 1.0. Version dev Version 2",
     "Version <1.0>. Version dev Version <2>"},
    {"x-{version}.tbz", "x-1.0.tbz x-1.tbz.tbz x-1.tgz",
     "x-<1.0>.tbz x-<1.tbz>.tbz x-1.tgz"},
    {"a{version}a{version", "a1a2", "a1a2"},
    {"{version}-x", "1.0-x dev-x", "<1.0>-x dev-x"},
};

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		struct rel_spans spans = {0};
		struct rel_error err = {0};

		assert_int_equal(
		    rel_bump_find_pattern(&spans, rel_str_of(fits[i].text),
					  rel_str_of(fits[i].pattern), &err),
		    0);
		spans_are(&spans, fits[i].text, fits[i].marked);
	}
}

static const char *const metas[][2] = {
    {"version = \"1\"", "version = \"<1>\""},
    {"# version = \"0\"\nversion=\"v1\"\npackage \"p\" (version = \"v1\" "
     "package \"q\" (version = \"2\"))",
     "# version = \"0\"\nversion=\"<v1>\"\npackage \"p\" (version = "
     "\"<v1>\" package \"q\" (version = \"2\"))"},
    {"xversion = \"1\" version += \"1\" version(mt) = \"1\"",
     "xversion = \"1\" version += \"1\" version(mt) = \"1\""},
    {"description = \"version = \\\"1\\\"\" version = \"1\"",
     "description = \"version = \\\"1\\\"\" version = \"<1>\""},
    {"package \"p\" (version = \"1\")", "package \"p\" (version = \"1\")"},
    {"version = \"%%V%%\" version = \"\"",
     "version = \"%%V%%\" version = \"\""},
    {"", ""},
};

static const char *const oases[][2] = {
    {"OASISFormat: 0.4\nName: x\nversion:\t1.0 \r\nLibrary x\n",
     "OASISFormat: 0.4\nName: x\nversion:\t<1.0> \r\nLibrary x\n"},
    {"# Version\n\nVersionX: 1\n Version: 1\nLibrary x\nVersion: 1\n",
     "# Version\n\nVersionX: 1\n Version: 1\nLibrary x\nVersion: 1\n"},
    {"Version: $(V)\nVersion: 1\n", "Version: $(V)\nVersion: 1\n"},
    {"Version", "Version"},
};

static void test_files(void **state)
{
	struct rel_error err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		struct rel_spans spans = {0};

		assert_int_equal(rel_bump_find_meta(&spans,
						    rel_str_of(metas[i][0]),
						    "META", &err),
				 0);
		spans_are(&spans, metas[i][0], metas[i][1]);
	}
	for (size_t i = 0; i < sizeof(oases) / sizeof(oases[0]); i++) {
		struct rel_spans spans = {0};

		assert_int_equal(
		    rel_bump_find_oasis(&spans, rel_str_of(oases[i][0]), &err),
		    0);
		spans_are(&spans, oases[i][0], oases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_own_versions),
	    cmocka_unit_test(test_templates),
	    cmocka_unit_test(test_kind),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_twice),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
