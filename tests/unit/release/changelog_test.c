#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "release/changelog.h"
#include "release/changelog_read.h"
#include "sources.h"
#include "support/shell.h"
#include "support/support.h"

static int find(struct rel_changelog *out, struct source *s,
		const char *package, const char *version, const char *file,
		struct rel_error *err)
{
	struct rel_changelog_request request = {
	    .file = file,
	    .version = rel_str_of(version),
	};

	request.packages = source_select(s, &request.n_packages, package, NULL);
	return rel_changelog_find(out, s->project, &request, err);
}

static void entry(struct source *s, const char *package, const char *version,
		  const char *heading, const char *text)
{
	struct rel_changelog out;
	struct rel_error err = {0};

	if (find(&out, s, package, version, NULL, &err))
		fail_msg("%s", err.text);
	if (!rel_str_is(out.heading, heading))
		fail_msg("%.*s", REL_STR_ARG(out.heading));
	assert_string_equal(out.text.ptr, text);
}

static void test_sources(void **state)
{
	struct source s;

	(void)state;
	source_make(&s, "one");
	source_read(&s);
	entry(&s, NULL, "1.0", "v1.0 (2026-01-02)",
	      "- Say it louder (#12)\n- Say it in `UTF-8`: caf\xc3\xa9\n");
	entry(&s, "hello", "0.9", "v0.9 (2025-12-01)", "- First release\n");
	source_free(&s);
	source_make(&s, "five");
	source_read(&s);
	entry(&s, NULL, "1.0", "1.0",
	      "All of them.\n\n### mesh-http\n\n- Follow redirects\n\n"
	      "### mesh-ssh\n\n- Forget passwords\n");
	entry(&s, "mesh-ssh", "1.0", "1.0",
	      "All of them.\n\n### mesh-ssh\n\n- Forget passwords\n");
	entry(&s, "mesh", "1.0", "1.0", "All of them.\n");
	source_free(&s);
	source_make(&s, "single");
	source_read(&s);
	entry(&s, NULL, "1.0",
	      "1.0 (2026-01-02):", "- tie it twice\n  * and pull\n");
	source_free(&s);
	source_make(&s, "opamdir");
	source_read(&s);
	entry(&s, "left", "1.0", "left 1.0",
	      "- Fingers\n** Details\nFive of them.\n");
	entry(&s, "right", "3.0", "right 3.0 <2026-01-02>", "- A thumb\n");
	source_free(&s);
}

/* Two packages, a file of the given name and content, and the entry of 1.0 of
 * package a ("both": of both). */
struct form {
	const char *file, *content, *package, *text;
};

#define BOTH NULL

static const struct form forms[] = {
    /* Markdown */
    {"CHANGES.md", "# 1.0\nx\n## Sub\ny\n# 0.9\nz\n", "a", "x\n## Sub\ny\n"},
    {"CHANGES.md", "Changes\n=======\n\n1.0 (x)\n---\n* y  \r\n\r\n0.9\n---\nz",
     "a", "* y\n"},
    {"CHANGES.md", "## 1.0\n```\n# 0.9\n```\n- y\n---\n- z\n## 0.9\n", "a",
     "```\n# 0.9\n```\n- y\n---\n- z\n"},
    {"Changelog.md", "## [v1.0](https://example.org/2.0)\nx\n", "a", "x\n"},
    {"CHANGELOG.MD", "## **1.0**, 2026-01-02\nx\n#12\n", "a", "x\n#12\n"},
    {"CHANGES.md", "## 2026-01-02 - 1.0\nx\n", "a", "x\n"},
    {"CHANGES.md", "## Release 1.0 ##\nx\n", "a", "x\n"},
    {"CHANGES.md", "## 1.0.1\ny\n## 1.0\nx\n", "a", "x\n"},
    /* no headings of its form: plain lines */
    {"CHANGES.md", "1.0:\n- x\n\n0.9:\n- z\n", "a", "- x\n"},
    /* packages */
    {"CHANGES.md", "## b 1.0\ny\n## a 1.0\nx\n", "a", "x\n"},
    {"CHANGES.md", "## b.1.0\ny\n## a-1.0\nx\n## a.0.9\n", "a", "x\n"},
    {"CHANGES.md", "## b 1.0\ny\n## a 1.0\nx\n", BOTH,
     "b 1.0\n\ny\n\na 1.0\n\nx\n"},
    {"CHANGES.md", "# b\n## 1.0\ny\n# a\n## 1.0\nx\n", "a", "x\n"},
    {"CHANGES.md", "## 1.0 (a, b)\nx\n### b\ny\n### `a`\nz\n", "a",
     "x\n### `a`\nz\n"},
    {"CHANGES.md", "## 1.0\nx\n## 1.0\ny\n", "a", "x\n"},
    {"a/CHANGES.md", "# 1.0\nx\n", "a", "x\n"},
    {"src/a/Changes", "1.0:\nx\n", "a", "x\n"},
    /* AsciiDoc */
    {"CHANGES.adoc",
     "= Changes\n\n== 1.0\nx\n----\n== 0.9\n----\n=== Sub\n"
     "y\n== 0.9\nz\n",
     "a", "x\n----\n== 0.9\n----\n=== Sub\ny\n"},
    {"CHANGES.asciidoc", "Changes\n=======\n\n1.0\n---\nx\n\n0.9\n---\n", "a",
     "x\n"},
    /* Org */
    {"CHANGES.org", "* Changes\n** 1.0\n*** Sub\n- x\n** 0.9\n", "a",
     "*** Sub\n- x\n"},
    /* plain */
    {"CHANGES", "Version 1.0 (2 Jan)\n\n * x\n2.0 is next\nVersion 0.9\n", "a",
     " * x\n2.0 is next\n"},
    {"Changes.txt", "2026/01/02 1.0:\n  x\n\n2025/01/02 0.9:\n  z\n", "a",
     "  x\n"},
    {"CHANGES", "a 1.0\n=====\nx\n\nBugs\n----\ny\n\na 0.9\n=====\n", "a",
     "x\n\nBugs\n----\ny\n"},
    {"CHANGES.rst", "Log\n###\n\n1.0\n---\nx\n\nMore\n~~~~\ny\n\n0.9\n---\n",
     "a", "x\n\nMore\n~~~~\ny\n"},
    {"CHANGES", "## 1.0\n- x\n## 0.9\n", "a", "- x\n"},
    {"CHANGES", "= 1.0\nx\n= 0.9\ny\n", "a", "x\n"},
    {"CHANGES", "* 1.0\n- x\n* 0.9\n- y\n", "a", "- x\n"},
    {"NEWS", "1.0:\nx\n", "a", "x\n"},
};

static void two_packages(struct source *s)
{
	source_write(s, "for p in a b; do echo 'opam-version: \"2.0\"' "
			">$p.opam; done; echo '(lang dune 2.0)(name ab)' "
			">dune-project");
}

static void add_file(struct source *s, const char *name, const char *content)
{
	struct rel_error err = {0};

	rel_project_free(s->project);
	rel_git_store_free(s->store);
	free(rel_test_sh("git -C %s reset -q --hard $(git -C %s rev-list "
			 "--max-parents=0 HEAD)",
			 s->dir, s->dir));
	rel_test_write_text(s->dir, name, content);
	free(rel_test_sh("cd %s; git add -A; git commit -q -m y", s->dir));
	assert_int_equal(rel_git_store_open(&s->store, s->dir, &err), 0);
	source_read(s);
}

static void test_forms(void **state)
{
	struct source s;

	(void)state;
	two_packages(&s);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		struct rel_changelog out;
		struct rel_error err = {0};

		add_file(&s, form->file, form->content);
		if (find(&out, &s, form->package, "1.0", NULL, &err))
			fail_msg("%s: %s", form->content, err.text);
		if (strcmp(out.text.ptr, form->text) != 0)
			fail_msg("%s\ngives\n%s\nnot\n%s", form->content,
				 out.text.ptr, form->text);
		assert_string_equal(out.path, form->file);
	}
	source_free(&s);
}

struct mistake {
	const char *file, *content;
	int code;
	const char *says;
};

static const struct mistake mistakes[] = {
    {"README", "## 1.0\n", REL_ENOTFOUND, "no change log"},
    {"CHANGES.md", "## 0.9\nx\n## 0.8\n", REL_ENOTFOUND,
     "CHANGES.md has no entry for 1.0, its newest is \"0.9\""},
    {"CHANGES.md", "## Unreleased\nx\n## 0.9\n", REL_ENOTFOUND,
     "newest is \"Unreleased\""},
    {"CHANGES.md", "What changed\n", REL_ENOTFOUND, "nor for any version"},
    {"CHANGES.md", "## 1.0\n\n## 0.9\nx\n", REL_ENOTFOUND, "is empty"},
    {"CHANGES.md", "## 11.0\n## 1.0.1\n## 1.0~rc\n## x1.0\n", REL_ENOTFOUND,
     "no entry for 1.0"},
    {"CHANGES.md", "## b 1.0\nx\n", REL_ENOTFOUND, "no entry for 1.0"},
    {"CHANGES.md", "## 1.0\ncaf\xe9\n", REL_EPARSE, "not in UTF-8"},
};

static void test_mistakes(void **state)
{
	struct source s;

	(void)state;
	two_packages(&s);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct rel_changelog out;
		struct rel_error err = {0};

		add_file(&s, m->file, m->content);
		assert_int_equal(find(&out, &s, "a", "1.0", NULL, &err),
				 m->code);
		if (!strstr(err.text, m->says))
			fail_msg("%s", err.text);
	}
	source_free(&s);
}

static void test_named_file(void **state)
{
	struct rel_changelog out;
	struct rel_error err = {0};
	struct source s;

	(void)state;
	source_write(&s, "for p in a b; do echo 'opam-version: \"2.0\"' "
			 ">$p.opam; mkdir doc-$p; echo '# 1.0' >doc-$p/log; "
			 "echo $p >>doc-$p/log; done; "
			 "echo '(name ab)' >dune-project");
	source_read(&s);
	assert_int_equal(find(&out, &s, "b", "1.0", "doc-{name}/log", &err), 0);
	assert_string_equal(out.text.ptr, "b\n");
	assert_string_equal(out.path, "doc-b/log");
	assert_int_equal(find(&out, &s, NULL, "1.0", "doc-{name}/log", &err),
			 0);
	assert_string_equal(out.text.ptr, "1.0\n\na\n\n1.0\n\nb\n");
	assert_int_equal(find(&out, &s, "b", "1.0", "none", &err),
			 REL_ENOTFOUND);
	source_free(&s);
}

struct title {
	const char *text, *version;
	bool line; /* of a release, in plain text */
};

static const struct title titles[] = {
    {"1.0", "1.0", true},
    {"v1.0:", "1.0", true},
    {"1.0 is out", "1.0", false},
    {"12 (2026)", "12", true},
    {"3 Bugs", "3", false},
    {"ppx_x 1.0 - 2 May", "1.0", true},
    {"OCaml 4.02 Support", "4.02", false},
    {"2026-01-02", "2026-01-02", true},
    {"2026-01-02: 1.0", "1.0", true},
    {"02/01/2026 1.0", "1.0", true},
    {"2026-01-02  Tester <tester@example.org>", "2026-01-02", false},
    {"1.0~beta_2 [x]", "1.0~beta_2", true},
    {"- 1.0", "1.0", false},
    {"", "", false},
    {"Changes", "", false},
};

static void test_titles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		struct rel_str text = rel_str_of(titles[i].text);
		struct rel_str version = rel_changelog_version(text);

		if (!rel_str_is(version, titles[i].version))
			fail_msg("%s: %.*s", titles[i].text,
				 REL_STR_ARG(version));
		if (rel_changelog_is_release_line(text) != titles[i].line)
			fail_msg("%s: %d", titles[i].text, titles[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_titles),     cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_forms),      cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_named_file),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
