#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "release/source/changelog.h"
#include "release/source/source_private.h"
#include "sources.h"
#include "support/shell.h"
#include "support/support.h"

static int find(struct rel_changelog *out, struct source *s,
		const char *package, const char *version, const char *file,
		struct rel_error *err)
{
	struct rel_changelog_options request = {
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
    {"CHANGES.md", "\xef\xbb\xbf## 1.0\nx\n## 0.9\nz\n", "a", "x\n"},
    {"NEWS",
     "\xef\xbb\xbf"
     "1.0:\nx\n",
     "a", "x\n"},
    {"Changelog.md", "## [v1.0](https://example.org/2.0)\nx\n", "a", "x\n"},
    {"CHANGELOG.MD", "## **1.0**, 2026-01-02\nx\n#12\n", "a", "x\n#12\n"},
    {"CHANGES.md", "## 2026-01-02 - 1.0\nx\n", "a", "x\n"},
    {"CHANGES.md", "## Release 1.0 ##\nx\n", "a", "x\n"},
    {"CHANGES.md", "## 1.0.1\ny\n## 1.0\nx\n", "a", "x\n"},
    /* no headings of its form: plain lines */
    {"CHANGES.md", "1.0:\n- x\n\n0.9:\n- z\n", "a", "- x\n"},
    {"CHANGES.md",
     "**1.0** (2026-01-02)\n\n- x\n\n**0.9 users** may stay\n\n"
     "**v0.9** (2025-01-02)\n\n- z\n",
     "a", "- x\n\n**0.9 users** may stay\n"},
    {"CHANGES.md", "# Log\n\n**1.0**\n- x\n**0.9**\n- z\n", "a", "- x\n"},
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
     "no entry for 1.0, the newest is \"0.9\""},
    {"CHANGES.md", "## Unrelated\nx\n## 0.9\n", REL_ENOTFOUND,
     "newest is \"0.9\""},
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

/* A file of some name, and the entry of a version in it; "" = none. */
struct entry {
	const char *file, *content, *version, *text;
};

static const struct entry entries[] = {
    /* another release ends an entry, whatever its level (semantic-release,
     * standard-version, lerna) */
    {"a.md",
     "# [1.1.0](https://example.org/v1.0.1...v1.1.0) (2024-02-02)\n\n"
     "### Features\n\n* f\n\n## [1.0.1](https://example.org/a) (2024-02-01)"
     "\n\n### Bug Fixes\n\n* old\n",
     "1.1.0", "### Features\n\n* f\n"},
    {"a.md",
     "### [1.0.1](https://example.org/a) (2024-02-01)\n\n\n### Bug Fixes\n\n"
     "* b\n\n### \xe2\x9a\xa0 BREAKING CHANGES\n\n* c\n\n## 1.0.0\n\n* i\n",
     "1.0.1",
     "### Bug Fixes\n\n* b\n\n### \xe2\x9a\xa0 BREAKING CHANGES\n\n* c\n"},
    {"a.md", "## 1.1\n# Breaking changes\nx\n## Runtime\ny\n## 1.0\nz\n", "1.1",
     "# Breaking changes\nx\n## Runtime\ny\n"},
    {"a.md", "## 1.0\nx\n\n## Contributors\ny\n", "1.0", "x\n"},
    {"a.md", "## 1.1\nx\n# Older\n## 1.0\n", "1.1", "x\n"},
    {"a.md", "<a name=\"1.1\"></a>\n## 1.1\nx\n\n<a name=\"1.0\"></a>\n# 1.0\n",
     "1.1", "x\n"},
    {"a.md", "## 1.1\nx\n\n---\n\n## 1.0\ny\n", "1.1", "x\n"},
    /* and a section does not, though it names a version or has a number */
    {"a.md",
     "## 1.1\n\n### 1. Install\na\n### 2) Run\nb\n### Upgrade from 1.0\nc\n"
     "### OCaml 5.0\nd\n### 3 bugs\ne\n### Needs dune 3.0 or later\n## 1.0\n",
     "1.1",
     "### 1. Install\na\n### 2) Run\nb\n### Upgrade from 1.0\nc\n"
     "### OCaml 5.0\nd\n### 3 bugs\ne\n### Needs dune 3.0 or later\n"},
    {"a.md", "## 1.1\nx\n### 1.2.3 of dune and more\ny\n## 1.0\n", "1.1",
     "x\n### 1.2.3 of dune and more\ny\n"},
    {"a.md", "# 2.0\nx\n### Upgrade to 1.0\ny\n# 1.0\nz\n", "1.0", "z\n"},
    /* what is no entry */
    {"a.md",
     "<!--\n## 1.0\nno\n-->\n## 1.0\n<!-- no -->\n- x <!-- n\no --> y\n"
     "`<!--` z\n",
     "1.0", "- x  y\n`<!--` z\n"},
    {"a.md", "## 1.0 <!-- 2.0 -->\nx\n## 0.9\n", "1.0", "x\n"},
    {"a.md",
     "- x\n  ```\n  # 1.0\n  ```\n~~~~ md\n```\n## 1.0\n~~~\n~~~~\n"
     "## 1.0\ny\n- ```sh\n  # 0.9\n  ```\n1. a\n\n   # 0.8\n```x``` z\n## "
     "0.9\n",
     "1.0", "y\n- ```sh\n  # 0.9\n  ```\n1. a\n\n   # 0.8\n```x``` z\n"},
    {"a.md",
     "## 1.0\n<pre>\n## 0.9\n</pre>\nx\n\n    # 0.8\n- y\nz\n---\n"
     "## 0.9\n",
     "1.0", "<pre>\n## 0.9\n</pre>\nx\n\n    # 0.8\n- y\nz\n"},
    /* definitions of links: those that are used, at the end */
    {"a.md",
     "## [1.0] - 2019-02-15\n- x\n\n[unreleased]: https://example.org/c\n"
     "[1.0]: https://example.org/1.0\n",
     "1.0", "- x\n"},
    {"a.md",
     "## [1.0]\n- x, see [#7] and [the\n  list][L]\n- [ ] y\n[core]: better\n"
     "\n## [0.9]\n- z [#6]\n\n[#6]: https://example.org/6\n"
     "[#7]: <https://example.org/7> \"7\"\n[l]: /list\n"
     "[1.0]: https://example.org/1.0\n",
     "1.0",
     "- x, see [#7] and [the\n  list][L]\n- [ ] y\n[core]: better\n\n"
     "[#7]: <https://example.org/7> \"7\"\n[l]: /list\n"},
    /* versions in headings */
    {"a.md", "## v1.1.0 / 2020-01-01\nx\n", "1.1.0", "x\n"},
    {"a.md", "## 1.1 \xe2\x80\x94 name\nx\n", "1.1", "x\n"},
    {"a.md", "# pkg.1.1\nx\n# pkg.1.0\n", "1.1", "x\n"},
    {"a.md", "## 1.1~rc1\nx\n## 1.0\n", "1.1~rc1", "x\n"},
    {"a.md", "## 1.1.0-rc.1 (x)\nx\n## 1.0\n", "1.1.0~rc.1", "x\n"},
    {"a.md", "## 1.1, 1.0.1\nx\n## 1.0\n", "1.0.1", "x\n"},
    {"a.md", "## 1.1 and 1.0.1 (x)\nx\n## 1.0\n", "1.0.1", "x\n"},
    {"a.md", "## Changes between 1.0 and 1.1\nx\n## 1.0\ny\n", "1.0", "y\n"},
    {"a.md", "## 1.0 \xe2\x86\x92 1.1\nx\n## 0.9 -> 1.0\ny\n", "1.0", "y\n"},
    {"a.md", "## 2 May 2020: 1.1\nx\n", "1.1", "x\n"},
    {"a.md", "## :tada: 1.1 (January 3rd, 2020)\nx\n", "1.1", "x\n"},
    {"a.md", "## Release 1.1 <small>(2020)</small>\nx\n", "1.1", "x\n"},
    /* reStructuredText: overlines, anchors, comments, targets */
    {"a.rst",
     "=======\n History\n=======\n\n.. towncrier start\n\n1.1 (2020)\n"
     "==========\n\n- x `a`_, b_\n\n.. no\n   no\n\nFixes\n-----\n\ny\n\n"
     ".. _a: https://example.org/a\n.. _c: https://example.org/c\n"
     ".. _b: https://example.org/b\n\n.. _v1.0:\n\n1.0\n===\n",
     "1.1",
     "- x `a`_, b_\n\nFixes\n-----\n\ny\n\n.. _a: https://example.org/a\n"
     ".. _b: https://example.org/b\n"},
    /* as attrs and Angular write them */
    {"a.rst",
     "Log\n===\n\n17.1.0\n------\n\nx `#136`_\n\n.. _`#136`: "
     "https://example.org/136\n.. _`#137`: https://example.org/137\n\n\n"
     "----\n\n\n16.3.0 (2016-11-24)\n-------------------\n\ny\n",
     "17.1.0", "x `#136`_\n\n.. _`#136`: https://example.org/136\n"},
    {"a.md",
     "<a name=\"1.3.0\"></a>\n# 1.3.0 first-name (2014-08-22)\n\n## Bug Fixes"
     "\n\n- x\n\n<a name=\"1.2.3\"></a>\n## 1.2.3 other-name (2014-08-20)\n\n"
     "- y\n",
     "1.3.0", "## Bug Fixes\n\n- x\n"},
    {"a.rst", "===\n1.1\n===\n\nx\n\n1.0: y\n\n----\n\nz\n\n===\n1.0\n===\n",
     "1.1", "x\n\n1.0: y\n\n----\n\nz\n"},
    {"a.rst",
     "Log\n###\n\n1.1\n***\n\nSub\n+++\n\n::\n\n  1.0\n  ***\n\n1.0\n***\n",
     "1.1", "Sub\n+++\n\n::\n\n  1.0\n  ***\n"},
    /* AsciiDoc: anchors, comments, blocks */
    {"a.adoc",
     "= Log\n\n[[v1.1]]\n== 1.1\n// no\n* x\n\n////\n== 1.0\n////\n\n****\n"
     "== 1.0\n****\n\n[#v1.0]\n== 1.0\n",
     "1.1", "* x\n\n\n****\n== 1.0\n****\n"},
    /* GNU NEWS, and plain text */
    {"NEWS",
     "* Noteworthy changes in release 3.1 (2010-01-01) [stable]\n\n"
     "** Bug fixes\n\n  x\n\n* Noteworthy changes in release 3.0 (2009)\n",
     "3.1", "** Bug fixes\n\n  x\n"},
    {"NEWS", "=====\n1.1 (2 May 2020)\n=====\nx\n\n=====\n1.0 (1 May 2020)\n",
     "1.1", "x\n"},
    {"CHANGES", "1.1 (2020-01-01):\n\n- x\n\n1.0.1 (2019-01-01):\n- y\n", "1.1",
     "- x\n"},
};

static void write_entries(struct source *s, const char *const *files,
			  const char *const *contents, size_t n)
{
	source_write(s, "for p in a b; do echo 'opam-version: \"2.0\"' "
			">$p.opam; done; echo '(lang dune 2.0)(name ab)' "
			">dune-project");
	for (size_t i = 0; i < n; i++) {
		char path[64];

		snprintf(path, sizeof(path), "log-%zu/%s", i, files[i]);
		rel_test_write_text(s->dir, path, contents[i]);
	}
	free(rel_test_sh("cd %s; git add -A; git commit -q -m y", s->dir));
	source_read(s);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_entries(void **state)
{
	const char *files[COUNT(entries)], *contents[COUNT(entries)];
	struct source s;

	(void)state;
	for (size_t i = 0; i < COUNT(entries); i++) {
		files[i] = entries[i].file;
		contents[i] = entries[i].content;
	}
	write_entries(&s, files, contents, COUNT(entries));
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct rel_changelog out;
		struct rel_error err = {0};
		char path[64];

		snprintf(path, sizeof(path), "log-%zu/%s", i, files[i]);
		if (find(&out, &s, "a", entries[i].version, path, &err))
			fail_msg("%s: %s", contents[i], err.text);
		if (strcmp(out.text.ptr, entries[i].text) != 0)
			fail_msg("%s\ngives\n%s\nnot\n%s", contents[i],
				 out.text.ptr, entries[i].text);
		assert_int_equal(out.n_undated, 0);
	}
	source_free(&s);
}

/* A file without a release of 1.1, and what it is when 1.1 is released on 30
 * November 2026. */
struct undated {
	const char *file, *content, *dated;
};

static const struct undated undated[] = {
    {"a.md", "## Unreleased\nx\n", "## 1.1 (2026-11-30)\nx\n"},
    {"a.md", "# Log\n\n## 1.1 (unreleased)\r\nx\n## 1.0\n",
     "# Log\n\n## 1.1 (2026-11-30)\r\nx\n## 1.0\n"},
    {"a.md", "## 1.1 (TBD)\nx\n## 1.0 (2020-01-02)\n",
     "## 1.1 (2026-11-30)\nx\n## 1.0 (2020-01-02)\n"},
    {"a.md", "## [Unreleased] - 1.1\nx\n## [1.0] - 2020-01-02 [YANKED]\n",
     "## [1.1] - 2026-11-30\nx\n## [1.0] - 2020-01-02 [YANKED]\n"},
    {"a.md",
     "## [Unreleased]\nx\n## [1.0] - 2020-01-02\n[1.0]: https://a/1.0\n",
     "## [1.1] - 2026-11-30\nx\n## [1.0] - 2020-01-02\n"
     "[1.0]: https://a/1.0\n"},
    {"a.md", "## [Unreleased]\nx\n", "## [1.1] - 2026-11-30\nx\n"},
    {"a.md", "### Unreleased changes ###\nx\n## v1.0 / 2020-01-02\n",
     "### v1.1 / 2026-11-30 ###\nx\n## v1.0 / 2020-01-02\n"},
    {"a.md", "## Next\nx\n## [v1.0](https://a/v1.0) (2 Jan 2020)\n",
     "## v1.1 (30 Nov 2026)\nx\n## [v1.0](https://a/v1.0) (2 Jan 2020)\n"},
    {"a.md", "Unreleased\n----------\nx\n\n1.0 (2020/1/2)\n---\n",
     "1.1 (2026/11/30)\n----------------\nx\n\n1.0 (2020/1/2)\n---\n"},
    {"a.md", "## master\nx\n## 2020-01-02: 1.0\n",
     "## 2026-11-30: 1.1\nx\n## 2020-01-02: 1.0\n"},
    {"a.md", "## 1.1 - XXXX-XX-XX\nx\n## 1.0 - January 2nd, 2020\n",
     "## 1.1 - November 30th, 2026\nx\n## 1.0 - January 2nd, 2020\n"},
    {"a.md",
     "## 1.1 (\?\?\?\?-\?\?-\?\?) - The \"Big\" one\nx\n## 1.0 (25/12/2020)\n",
     "## 1.1 (30/11/2026) - The \"Big\" one\nx\n## 1.0 (25/12/2020)\n"},
    {"a.md", "## 1.1 (not yet released)\nx\n## 1.0 (1/2/2020)\n",
     "## 1.1 (2026-11-30)\nx\n## 1.0 (1/2/2020)\n"},
    /* as OCaml and dune write it */
    {"Changes", "Working version\n---------------\n\nx\n\n1.0\n---\n\ny\n",
     "1.1 (2026-11-30)\n----------------\n\nx\n\n1.0\n---\n\ny\n"},
    {"a.md",
     "Unreleased (1.2)\n----------\n\nx\n\nUnreleased "
     "(1.1)\n----------\n\ny\n\n"
     "1.0 (2023-04-04)\n------------------\n",
     "Unreleased (1.2)\n----------\n\nx\n\n1.1 (2026-11-30)\n"
     "----------------\n\ny\n\n1.0 (2023-04-04)\n------------------\n"},
    {"a.md", "## 1.1-dev\nx\n## 1.0\n", "## 1.1 (2026-11-30)\nx\n## 1.0\n"},
    {"a.md", "## v1.1 (wip)\nx\n", "## v1.1 (2026-11-30)\nx\n"},
    {"a.md", "## 1.1 | Unreleased | a\nx\n## 1.0 | 2020-01-02 | b\n",
     "## 1.1 | 2026-11-30 | a\nx\n## 1.0 | 2020-01-02 | b\n"},
    {"a.rst",
     "===\nLog\n===\n\n================\n1.1 (unreleased)\n================\n"
     "\n- x\n\n================\n1.0 (2020-01-02)\n================\n",
     "===\nLog\n===\n\n================\n1.1 (2026-11-30)\n================\n"
     "\n- x\n\n================\n1.0 (2020-01-02)\n================\n"},
    {"a.rst", ".. _next:\n\n**********\nUnreleased\n**********\n\n- x\n",
     ".. _next:\n\n****************\n1.1 (2026-11-30)\n****************\n\n"
     "- x\n"},
    {"CHANGES", "Unreleased:\n\n- x\n\n1.0 (20200102):\n\n- y\n",
     "1.1 (20261130):\n\n- x\n\n1.0 (20200102):\n\n- y\n"},
    {"CHANGES", "1.1 (unreleased):\n\n- x\n\n1.0:\n\n- y\n",
     "1.1 (2026-11-30):\n\n- x\n\n1.0:\n\n- y\n"},
    {"a.org", "* Unreleased\n- x\n* 1.0 <2020-01-02>\n",
     "* 1.1 <2026-11-30>\n- x\n* 1.0 <2020-01-02>\n"},
    {"a.adoc", "= Log\n\n== Unreleased\n\n* x\n\n== 1.0\n",
     "= Log\n\n== 1.1 (2026-11-30)\n\n* x\n\n== 1.0\n"},
};

static void check_undated(struct source *s, size_t i)
{
	const struct undated *u = &undated[i];
	struct rel_str before = rel_str_of(u->content);
	struct rel_changelog out;
	struct rel_error err = {0};
	char path[64], text[1024];
	struct rel_changelog_options request = {
	    .file = path, .version = REL_STR("1.1"), .time = 1796083199};

	snprintf(path, sizeof(path), "log-%zu/%s", i, u->file);
	request.packages = source_select(s, &request.n_packages, "a", NULL);
	if (rel_changelog_find(&out, s->project, &request, &err))
		fail_msg("%s: %s", u->content, err.text);
	if (out.n_undated != 1)
		fail_msg("%s: %u", u->content, out.n_undated);
	snprintf(text, sizeof(text), "%.*s%.*s%s",
		 REL_STR_ARG(rel_str_sub(before, 0, out.undated[0].start)),
		 REL_STR_ARG(out.undated[0].text),
		 u->content + out.undated[0].end);
	assert_string_equal(text, u->dated);
}

static void test_undated(void **state)
{
	const char *files[COUNT(undated)], *contents[COUNT(undated)];
	struct source s;

	(void)state;
	for (size_t i = 0; i < COUNT(undated); i++) {
		files[i] = undated[i].file;
		contents[i] = undated[i].content;
	}
	write_entries(&s, files, contents, COUNT(undated));
	for (size_t i = 0; i < COUNT(undated); i++)
		check_undated(&s, i);
	source_free(&s);
}

/* What looks unfinished: "line heading: text", each in brackets. */
static const struct undated remarks[] = {
    {"a.md", "## 1.1\n- Nothing changed yet.\n",
     "[2 1.1: - Nothing changed yet.]"},
    {"a.md", "## 1.1\n\n### Added\n\n- x\n\n### Fixed\n\n### Removed\n\nN/A\n",
     "[7 Fixed: ][11 Removed: N/A]"},
    {"a.md", "1.1\n---\n\n*TBD*\n<!-- x -->\n", "[4 1.1: *TBD*]"},
    {"a.md", "## 1.1\n### A\n#### B\nx\n## 1.0\nTODO\n", ""},
    {"a.md", "## 1.1\n### Added\n<!-- what? -->\n### Fixed\nx\n",
     "[2 Added: ]"},
    {"a.md", "## 1.1\nNothing changed for users.\n", ""},
    {"a.rst", "1.1\n===\n\nFixes\n-----\n\nMore\n----\n\n- none\n\n1.0\n===\n",
     "[4 Fixes: ][10 More: - none]"},
};

static void test_remarks(void **state)
{
	const char *files[COUNT(remarks)], *contents[COUNT(remarks)];
	struct source s;

	(void)state;
	for (size_t i = 0; i < COUNT(remarks); i++) {
		files[i] = remarks[i].file;
		contents[i] = remarks[i].content;
	}
	write_entries(&s, files, contents, COUNT(remarks));
	for (size_t i = 0; i < COUNT(remarks); i++) {
		struct rel_changelog out;
		struct rel_error err = {0};
		char path[64];
		struct rel_buf text;

		snprintf(path, sizeof(path), "log-%zu/%s", i, files[i]);
		rel_buf_init(&text, REL_KIB);
		rel_buf_add_cstr(&text, "");
		if (find(&out, &s, "a", "1.1", path, &err))
			fail_msg("%s: %s", contents[i], err.text);
		for (uint32_t k = 0; k < out.n_remarks; k++)
			rel_buf_printf(&text, "[%u %.*s: %.*s]",
				       out.remarks[k].line,
				       REL_STR_ARG(out.remarks[k].heading),
				       REL_STR_ARG(out.remarks[k].text));
		assert_string_equal(text.ptr ? text.ptr : "", remarks[i].dated);
		rel_buf_free(&text);
	}
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
	    cmocka_unit_test(test_named_file), cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_undated),    cmocka_unit_test(test_remarks),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
