#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "conf/conf.h"
#include "support/support.h"
#include "support/torture.h"

/* DESIGN section 5, as given there. */
static const char design[] =
    "remotes:\n"
    "  - name: mirage-dev\n"
    "    role: development\n"
    "    url: git+https://git.example.org/mirage/mirage-dev.git\n"
    "  - name: default\n"
    "    role: upstream\n"
    "    url: https://opam.example.org\n"
    "environments:\n"
    "  - {name: debian-12, os: linux, os-distribution: debian,\n"
    "     os-family: debian, arch: x86_64, ocaml: [\"4.14\", \"5.4\"]}\n"
    "release:\n"
    "  archive: tbz                # tbz | tar.gz | tar.xz | tar.zst\n"
    "  tag: \"{version}\"\n"
    "  sign: ssh                   # none | ssh | gpg\n"
    "publish: {kind: mirror}       # mirror | put | s3 | github\n"
    "targets:                      # sets that must be installable\n"
    "  - [mirage, mirage-xen, mirage-http]\n";

static void parse(struct rel_conf *conf, const char *text)
{
	struct rel_error err = {0};

	if (rel_conf_parse(conf, rel_str_of(text), "dir/relctl.yml", &err))
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
}

static void test_design(void **state)
{
	const struct rel_conf_environment *env;
	struct rel_conf conf;

	(void)state;
	parse(&conf, design);
	assert_string_equal(conf.path, "dir/relctl.yml");
	assert_string_equal(conf.directory, "dir");
	assert_int_equal(conf.n_remotes, 2);
	assert_string_equal(conf.remotes[0].name, "mirage-dev");
	assert_string_equal(conf.remotes[0].role, "development");
	assert_string_equal(conf.remotes[0].url,
			    "git+https://git.example.org/mirage/"
			    "mirage-dev.git");
	assert_string_equal(conf.remotes[1].name, "default");
	assert_int_equal(conf.remotes[1].line, 5);
	assert_int_equal(conf.remotes[1].column, 5);
	assert_int_equal(conf.n_environments, 1);
	env = &conf.environments[0];
	assert_string_equal(env->name, "debian-12");
	assert_int_equal(env->n_values, 4);
	assert_string_equal(env->values[1].name, "os-distribution");
	assert_string_equal(env->values[1].text, "debian");
	assert_false(env->values[1].boolean);
	assert_int_equal(env->n_ocaml, 2);
	assert_string_equal(env->ocaml[1], "5.4");
	assert_string_equal(conf.release.archive, "tbz");
	assert_string_equal(conf.release.tag, "{version}");
	assert_string_equal(conf.release.sign, "ssh");
	assert_string_equal(conf.publish.kind, "mirror");
	assert_int_equal(conf.n_targets, 1);
	assert_int_equal(conf.targets[0].n_packages, 3);
	assert_string_equal(conf.targets[0].packages[2], "mirage-http");
	assert_int_equal(conf.targets[0].places[2].line, conf.targets[0].line);
	assert_int_equal(conf.targets[0].places[0].column,
			 conf.targets[0].column + 1);
	rel_conf_free(&conf);
	rel_conf_free(&conf);
}

static void test_values(void **state)
{
	const struct rel_conf_environment *env;
	struct rel_conf conf;

	(void)state;
	/* Numbers stay as they stand, compilers may be one text. */
	parse(&conf, "environments:\n"
		     "- name: a\n"
		     "  ocaml: 4.10\n"
		     "  os-version: 012\n"
		     "  with-test: true\n"
		     "  mine: \"true\"\n"
		     "  own: false\n");
	env = &conf.environments[0];
	assert_int_equal(env->n_ocaml, 1);
	assert_string_equal(env->ocaml[0], "4.10");
	assert_string_equal(env->values[0].text, "012");
	assert_true(env->values[1].boolean);
	assert_false(env->values[2].boolean);
	assert_string_equal(env->values[2].text, "true");
	assert_true(env->values[3].boolean);
	assert_string_equal(env->values[3].text, "false");
	rel_conf_free(&conf);
}

static void test_empty(void **state)
{
	static const char *const texts[] = {
	    "", "# nothing\n", "---\n", "{}", "\xef\xbb\xbf# mark\n", "---\n~",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rel_conf conf;

		parse(&conf, texts[i]);
		assert_int_equal(conf.n_remotes, 0);
		assert_null(conf.release.tag);
		rel_conf_free(&conf);
	}
}

static void test_release(void **state)
{
	struct rel_conf conf;

	(void)state;
	parse(&conf,
	      "release:\n"
	      "  name: tcpip\n"
	      "  changelog: doc/NEWS.md\n"
	      "  version-files:\n"
	      "    - src/VERSION\n"
	      "    - {path: \"{name}/v.ml\", pattern: \"v = {version};\"}\n");
	assert_string_equal(conf.release.name, "tcpip");
	assert_string_equal(conf.release.changelog, "doc/NEWS.md");
	assert_false(conf.release.no_changelog);
	assert_int_equal(conf.release.n_version_files, 2);
	assert_string_equal(conf.release.version_files[0].path, "src/VERSION");
	assert_null(conf.release.version_files[0].pattern);
	assert_string_equal(conf.release.version_files[1].path, "{name}/v.ml");
	assert_string_equal(conf.release.version_files[1].pattern,
			    "v = {version};");
	assert_int_equal(conf.release.version_files[1].line, 6);
	assert_false(conf.release.strict);
	assert_int_equal(conf.release.watermarks, REL_CONF_WATERMARKS_WARN);
	assert_false(conf.release.date_changelog);
	rel_conf_free(&conf);
	parse(&conf, "release: {date-changelog: true, avoid-version: never}\n");
	assert_true(conf.release.date_changelog);
	assert_true(conf.release.never_avoid);
	rel_conf_free(&conf);
	parse(&conf, "release: {avoid-version: prerelease}\n");
	assert_false(conf.release.never_avoid);
	rel_conf_free(&conf);
	parse(&conf, "release: {watermarks: true}\n");
	assert_int_equal(conf.release.watermarks, REL_CONF_WATERMARKS_REPLACE);
	rel_conf_free(&conf);
	parse(&conf, "release: {watermarks: false}\n");
	assert_int_equal(conf.release.watermarks, REL_CONF_WATERMARKS_LEAVE);
	rel_conf_free(&conf);
	parse(&conf, "release: {changelog: false, strict: true}\n");
	assert_true(conf.release.strict);
	assert_true(conf.release.no_changelog);
	assert_null(conf.release.changelog);
	assert_int_equal(conf.release.n_checks, 0);
	rel_conf_free(&conf);
	parse(&conf, "release: {check: [[dune, build, -j, 2], opam]}\n");
	assert_int_equal(conf.release.n_checks, 2);
	assert_string_equal(conf.release.checks[0].argv[3], "2");
	assert_null(conf.release.checks[0].argv[4]);
	assert_false(conf.release.checks[0].opam);
	assert_true(conf.release.checks[1].opam);
	rel_conf_free(&conf);
	parse(&conf, "release: {check: opam}\n");
	assert_int_equal(conf.release.n_checks, 1);
	assert_true(conf.release.checks[0].opam);
	rel_conf_free(&conf);
	parse(&conf, "release:\n  packages: a\n  exclude: [\"b*\", c/d]\n"
		     "  branches: [4.*]\n");
	assert_int_equal(conf.release.packages.count, 1);
	assert_int_equal(conf.release.packages.line, 2);
	assert_string_equal(conf.release.exclude.items[0], "b*");
	assert_string_equal(conf.release.exclude.items[1], "c/d");
	assert_int_equal(conf.release.exclude.line, 3);
	assert_string_equal(conf.release.branches.items[0], "4.*");
	rel_conf_free(&conf);
}

static void test_forges(void **state)
{
	struct rel_conf conf;

	(void)state;
	parse(&conf, "publish:\n"
		     "  kind: gitlab\n"
		     "  repository: group/sub/x.y\n"
		     "  api: https://git.example.org/api/v4//\n"
		     "request: {kind: forgejo, repository: "
		     "\"https://forge.example.org/o/r/\"}\n");
	assert_string_equal(conf.publish.kind, "gitlab");
	assert_string_equal(conf.publish.repository, "group/sub/x.y");
	assert_string_equal(conf.publish.api, "https://git.example.org/api/v4");
	assert_string_equal(conf.request.kind, "forgejo");
	assert_string_equal(conf.request.repository,
			    "https://forge.example.org/o/r");
	assert_null(conf.request.api);
	rel_conf_free(&conf);
}

struct mistake {
	const char *text;
	unsigned line, column;
	const char *says; /* part of the message */
};

static const struct mistake mistakes[] = {
    {"remote: []\n", 1, 1, "did you mean \"remotes\"?"},
    {"zzz: []\n", 1, 1,
     "unknown key \"zzz\"; known: remotes, environments, release, publish, "
     "request, targets"},
    {"remotes:\n  - {name: a, url: b, rol: upstream}\n", 2, 23,
     "unknown key in a remote \"rol\"; did you mean \"role\"?"},
    {"remotes:\n  - {name: a, url: b, role: downstream}\n", 2, 29,
     "known: development, upstream"},
    {"remotes:\n  - {name: a, url: b, role: upsteam}\n", 2, 29,
     "did you mean \"upstream\"?"},
    {"remotes:\n  - {name: a}\n", 2, 5, "no \"url\""},
    {"remotes:\n  - {url: a}\n", 2, 5, "no \"name\""},
    {"remotes:\n  - {name: a, url: }\n", 2, 20, "url has no value"},
    {"remotes:\n  - {name: a=b, url: c}\n", 2, 12, "letters, digits"},
    {"remotes:\n  - {name: a, url: b}\n  - {name: a, url: c}\n", 3, 5,
     "second remote named \"a\", the first is on line 2"},
    {"remotes: {name: a}\n", 1, 10, "must be a list, not a mapping"},
    {"remotes: a\n", 1, 10, "must be a list, not a text"},
    {"remotes: [a]\n", 1, 11, "a remote must be a mapping, not a text"},
    {"remotes: []\nremotes: []\n", 2, 1,
     "\"remotes\" is here twice, first on line 1"},
    {"environments:\n- {name: a, os: x, os: y}\n", 2, 20, "here twice"},
    {"environments:\n- {name: a, os-familly: x}\n", 2, 13,
     "did you mean \"os-family\"?"},
    {"environments:\n- {name: a, os: true}\n", 2, 17, "must be a text"},
    {"environments:\n- {name: a, with-test: yes}\n", 2, 24,
     "must be true or false"},
    {"environments:\n- {name: a, with-doc: 'true'}\n", 2, 23,
     "must be true or false"},
    {"environments:\n- {name: a, ocaml: []}\n", 2, 20, "empty list"},
    {"environments:\n- {name: a, ocaml: {x: y}}\n", 2, 20, "a list of texts"},
    {"environments:\n- {name: a, ocaml: ['4', '4']}\n", 2, 26, "twice"},
    {"environments:\n- {name: a, o s: x}\n", 2, 13, "opam variable"},
    {"environments:\n- {os: linux}\n", 2, 3, "no \"name\""},
    {"environments:\n- {name: é, ös: x}\n", 2, 10, "letters, digits"},
    /* columns count bytes */
    {"release: {tag: \"é{version}\", sing: ssh}\n", 1, 31,
     "did you mean \"sign\"?"},
    {"release: {tag: v1}\n", 1, 16, "{version}"},
    {"release: {tag: \"{version}-{version}\"}\n", 1, 16, "twice"},
    {"release: {name: a/b}\n", 1, 17, "letters, digits"},
    {"release: {changelog: ../CHANGES}\n", 1, 22, "top of the source"},
    {"release: {changelog: true}\n", 1, 22, "must be a text"},
    {"release: {strict: yes}\n", 1, 19, "true or false"},
    {"release: {watermarks: [a]}\n", 1, 23, "true or false"},
    {"release: {avoid-version: always}\n", 1, 26, "prerelease"},
    {"release: {check: dune build}\n", 1, 18, "[dune, build, -p, foo]"},
    {"release: {check: [dune, build]}\n", 1, 19, "[dune, build, -p, foo]"},
    {"release: {check: [[]]}\n", 1, 19, "empty command"},
    {"release: {check: [[true]]}\n", 1, 20, "a word of a command"},
    {"release: {date-changelog: 1}\n", 1, 27, "true or false"},
    {"release: {packages: []}\n", 1, 21, "packages is an empty list"},
    {"release: {exclude: [a, a]}\n", 1, 24, "\"a\" is in exclude twice"},
    {"release: {branches: {a: b}}\n", 1, 21, "not a mapping"},
    {"release: {packages: true}\n", 1, 21, "packages"},
    {"release: {version-files: x}\n", 1, 26, "must be a list, not a text"},
    {"release: {version-files: [/x]}\n", 1, 27, "top of the source"},
    {"release: {version-files: [{pattern: 'v{version}'}]}\n", 1, 27,
     "no \"path\""},
    {"release: {version-files: [{path: x, pattern: y}]}\n", 1, 46, "{version}"},
    {"release: {version-files: [{path: x, pattern: '{version}'}]}\n", 1, 46,
     "text around it"},
    {"release: {version-files: [{file: x}]}\n", 1, 28, "known: path"},
    {"release: {archive: zip}\n", 1, 20, "known: tbz, tar.gz"},
    {"publish: {}\n", 1, 10, "no \"kind\""},
    {"publish: {kind: githup}\n", 1, 17, "did you mean \"github\"?"},
    {"publish: {kind: s3, dir: x}\n", 1, 10, "dir is not a key of kind \"s3\""},
    {"publish: {kind: s3}\n", 1, 10, "no \"bucket\", which kind \"s3\""},
    {"publish: {kind: put}\n", 1, 10, "no \"url\", which kind \"put\""},
    {"publish: {kind: put, url: 'file:///x'}\n", 1, 10, "without user"},
    {"publish: {kind: put, url: 'https://u:p@x'}\n", 1, 10, "without user"},
    {"publish: {kind: put, url: 'http://x', bucket: abc}\n", 1, 10,
     "bucket is not a key"},
    {"publish: {kind: put, upload: 'ftp://x'}\n", 1, 30, "https://"},
    {"publish: {kind: put, upload: 'https://u:p@x'}\n", 1, 30, "without user"},
    {"publish: {kind: s3, bucket: A_b}\n", 1, 29, "3 to 63"},
    {"publish: {kind: s3, bucket: ab}\n", 1, 29, "3 to 63"},
    {"publish: {kind: s3, region: 'a:b'}\n", 1, 29, "region must have"},
    {"publish: {kind: s3, prefix: ../x}\n", 1, 29, "prefix must be"},
    {"publish: {kind: s3, path-style: yes}\n", 1, 33, "true or false"},
    {"publish: {kind: mirror, dir: x, branch: y}\n", 1, 10, "dir and branch"},
    {"publish: {kind: mirror, url: git+https://x}\n", 1, 30, "https://"},
    {"publish: {kind: mirror, urls: x}\n", 1, 25, "did you mean \"url\"?"},
    {"publish: {kind: mirror, repository: a/b}\n", 1, 10,
     "not a key of kind \"mirror\""},
    {"publish: {kind: github, dir: x}\n", 1, 10,
     "not a key of kind \"github\""},
    {"publish: {kind: github, repository: a}\n", 1, 37, "OWNER/NAME"},
    {"publish: {kind: github, repository: a//b}\n", 1, 37, "OWNER/NAME"},
    {"publish: {kind: github, repository: ../b}\n", 1, 37, "OWNER/NAME"},
    {"publish: {kind: github, repository: a b/c}\n", 1, 37, "OWNER/NAME"},
    {"publish: {kind: github, api: ftp://x}\n", 1, 30, "http://"},
    {"publish: {kind: github, api: \"https://\"}\n", 1, 30, "without user"},
    {"publish: {kind: github, api: \"http:///x\"}\n", 1, 30, "without user"},
    {"publish: {kind: github, api: \"http://a b\"}\n", 1, 30, "without user"},
    {"publish: {kind: github, api: \"https://x?y\"}\n", 1, 30, "without user"},
    {"publish: {kind: github, api: \"https://u:p@x\"}\n", 1, 30,
     "without user"},
    {"request: {kind: mirror}\n", 1, 17, "known: github, gitlab, forgejo"},
    {"request: {repository: a/b}\n", 1, 10, "no \"kind\""},
    {"targets: [a, b]\n", 1, 11, "a target must be a list"},
    {"targets: [[]]\n", 1, 11, "empty list"},
    {"remotes: &x []\n", 1, 10, "anchors"},
    {"remotes: *x\n", 1, 10, "aliases"},
    {"remotes: !!seq []\n", 1, 10, "tags"},
    {"remotes: []\n---\nremotes: []\n", 2, 1, "second document"},
    {"? [a]\n: b\n", 1, 3, "a key must be a word"},
    {"- a\n", 1, 1, "the file must be a mapping, not a list"},
    {"remotes: [\n", 2, 1, "not valid YAML"},
    {"remotes:\n\t- a\n", 2, 1, "not valid YAML"},
    {"remotes: \"a\\0b\"\n", 1, 10, "control characters"},
    {"remotes: |\n  a\n  b\n", 1, 10, "line ends"},
    {"\xef\xbb\xbfzzz: 1\n", 1, 4, "unknown key"},
    {"a: b\n\xff", 2, 1, "not valid YAML"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct rel_error err = {0};
		struct rel_conf conf;

		assert_int_equal(rel_conf_parse(&conf, rel_str_of(m->text),
						"relctl.yml", &err),
				 REL_EPARSE);
		if (err.line != m->line || err.column != m->column ||
		    !strstr(err.text, m->says))
			fail_msg("%s\ngives %u:%u: %s\nnot   %u:%u: %s",
				 m->text, err.line, err.column, err.text,
				 m->line, m->column, m->says);
		assert_string_equal(err.path, "relctl.yml");
		assert_int_equal(conf.n_remotes, 0);
	}
}

/* `head`, then many times `text`, a number and `tail`. */
static void check_limit(const char *head, const char *text, const char *tail,
			unsigned times)
{
	struct rel_error err = {0};
	struct rel_conf conf;
	struct rel_buf buf;

	rel_buf_init(&buf, 64 * REL_MIB);
	rel_buf_add_cstr(&buf, head);
	for (unsigned i = 0; i < times; i++)
		rel_buf_printf(&buf, "%s%u%s", text, i, tail);
	assert_int_equal(buf.status, 0);
	assert_int_equal(
	    rel_conf_parse(&conf, rel_buf_str(&buf), "relctl.yml", &err),
	    REL_ELIMIT);
	assert_true(err.line > 0);
	rel_buf_free(&buf);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit("remotes: ", "[", ",[", 100000);
	check_limit("remotes: ", "{a", ": ", 100000);
	check_limit("", "key", ": x\n", 20000);
	check_limit("targets: [", "[a", "], ", 20000);
}

static void test_nul_bytes(void **state)
{
	struct rel_error err = {0};
	struct rel_conf conf;

	(void)state;
	assert_int_equal(
	    rel_conf_parse(&conf, REL_STR("a: b\0c\n"), "relctl.yml", &err),
	    REL_EPARSE);
	assert_int_equal(
	    rel_conf_parse(&conf, REL_STR("\xff\xfe\0"), "relctl.yml", &err),
	    REL_EPARSE);
}

static void check_find(const char *directory, const char *expected)
{
	struct rel_error err = {0};
	struct rel_buf path;
	int rc;

	rel_buf_init(&path, REL_MIB);
	rc = rel_conf_find(&path, directory, false, &err);
	if (expected) {
		assert_int_equal(rc, 0);
		assert_string_equal(path.ptr, expected);
	} else {
		assert_int_equal(rc, REL_ENOTFOUND);
		assert_non_null(strstr(err.text, "--remote"));
	}
	rel_buf_free(&path);
}

static void check_refused(const char *directory, const char *file)
{
	struct rel_error err = {0};
	struct rel_buf path;

	rel_buf_init(&path, REL_MIB);
	assert_int_equal(rel_conf_find(&path, directory, false, &err), REL_EIO);
	assert_string_equal(err.path, file);
	assert_non_null(strstr(err.text, "belongs to user 12345"));
	assert_non_null(strstr(err.text, "--config FILE"));
	assert_int_equal(rel_conf_find(&path, directory, true, &err), 0);
	rel_buf_free(&path);
}

static void test_find(void **state)
{
	char *dir = rel_test_dir_new();
	char *real = realpath(dir, NULL);
	char *above = rel_test_text("%s/relctl.yml", real);
	char *own = rel_test_text("%s/repo/sub/relctl.yml", real);
	char *sub = rel_test_text("%s/repo/sub", dir);
	char *deep = rel_test_text("%s/repo/sub/a/b", dir);
	char *none = rel_test_text("%s/none", dir);
	struct rel_error err = {0};
	struct rel_buf path;

	(void)state;
	rel_test_write_text(dir, "relctl.yml", "");
	rel_test_write_text(dir, "repo/sub/a/b/file", "");
	check_find(deep, above);
	/* Not beyond the top of a repository; a work tree's .git is a file. */
	rel_test_write_text(dir, "repo/.git", "gitdir: elsewhere\n");
	check_find(deep, NULL);
	rel_test_write_text(dir, "repo/sub/relctl.yml", "");
	check_find(deep, own);
	check_find(sub, own);
	/* another user's counts only where the caller says so; a link of his to
	 * one's own file is his word too */
	if (geteuid() == 0) {
		unsetenv("SUDO_UID");
		assert_int_equal(chown(own, 12345, 12345), 0);
		check_refused(deep, own);
		setenv("SUDO_UID", "12345", 1);
		check_find(deep, own);
		setenv("SUDO_UID", "12346", 1);
		check_refused(deep, own);
		unsetenv("SUDO_UID");
		assert_int_equal(unlink(own), 0);
		assert_int_equal(symlink("/etc/passwd", own), 0);
		check_find(deep, own);
		assert_int_equal(lchown(own, 12345, 12345), 0);
		check_refused(deep, own);
		assert_int_equal(unlink(own), 0);
		rel_test_write_text(dir, "repo/sub/relctl.yml", "");
	}
	rel_buf_init(&path, REL_MIB);
	assert_int_equal(rel_conf_find(&path, none, false, &err), REL_EIO);
	rel_buf_free(&path);
	free(none);
	free(deep);
	free(sub);
	free(own);
	free(above);
	free(real);
	rel_test_dir_free(dir);
}

static void test_read(void **state)
{
	char *dir = rel_test_dir_new();
	char *path = rel_test_text("%s/relctl.yml", dir);
	struct rel_error err = {0};
	struct rel_conf conf;

	(void)state;
	assert_int_equal(rel_conf_read(&conf, path, &err), REL_ENOTFOUND);
	rel_test_write_text(dir, "relctl.yml", design);
	assert_int_equal(rel_conf_read(&conf, path, &err), 0);
	assert_int_equal(conf.n_remotes, 2);
	assert_string_equal(conf.directory, dir);
	rel_conf_free(&conf);
	free(path);
	rel_test_dir_free(dir);
}

static void test_torture(void **state)
{
	(void)state;
	for (long n = 0;; n++) {
		struct rel_error err = {0};
		struct rel_conf conf;
		int rc;

		rel_torture_start(n);
		rc = rel_conf_parse(&conf, rel_str_of(design), "relctl.yml",
				    &err);
		if (!rel_torture_stop()) {
			assert_int_equal(rc, 0);
			rel_conf_free(&conf);
			return;
		}
		assert_int_equal(rc, REL_ENOMEM);
	}
}

/* The example of relctl.yml(5). */
static void test_manual(void **state)
{
	char *path =
	    rel_test_text("%s/docs/man/relctl.yml.5", rel_test_source_dir());
	char *page = rel_test_read(path, NULL);
	char *start, *stop;
	struct rel_conf conf;

	(void)state;
	assert_non_null(page);
	start = strstr(page, ".Bd -literal -offset indent\n");
	assert_non_null(start);
	start = strchr(start, '\n') + 1;
	stop = strstr(start, ".Ed\n");
	assert_non_null(stop);
	*stop = '\0';
	parse(&conf, start);
	assert_int_equal(conf.n_remotes, 2);
	assert_int_equal(conf.environments[0].n_ocaml, 2);
	assert_int_equal(conf.n_targets, 1);
	rel_conf_free(&conf);
	free(page);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_design), cmocka_unit_test(test_release),
	    cmocka_unit_test(test_forges), cmocka_unit_test(test_values),
	    cmocka_unit_test(test_empty),  cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_limits), cmocka_unit_test(test_nul_bytes),
	    cmocka_unit_test(test_find),   cmocka_unit_test(test_read),
	    cmocka_unit_test(test_manual), cmocka_unit_test(test_torture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
