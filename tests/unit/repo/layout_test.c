#include "common.h"

#define MANIFEST "opam-version: \"2.0\"\ndepends: [\"nowhere\"]\n"

static int setup(void **state)
{
	*state = rel_test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	rel_test_dir_free(*state);
	return 0;
}

static void add(const char *dir, const char *package)
{
	char *path = rel_test_text("packages/%s/opam", package);

	rel_test_write_text(dir, path, MANIFEST);
	free(path);
}

/* Every manifest depends on a package that is not there, so what opam finds
 * uninstallable is what it takes for a package. */
static char *packages_by_opam(const char *dir)
{
	return rel_test_sh("cd '%s'; opam admin check --installability -s "
			   "2>/dev/null || [ $? = 1 ]",
			   dir);
}

/* The packages that a client of opam sees. */
static char *packages_by_client(const char *dir)
{
	return rel_test_sh("cd '%s'; opam admin list --all-versions --short",
			   dir);
}

static void check_as_opam(const char *dir, char *(*judge)(const char *))
{
	struct rel_snapshot *s = read_dir(dir, 1);
	char *ours = list_packages(s), *theirs = judge(dir);

	assert_string_equal(ours, theirs);
	free(ours);
	free(theirs);
	rel_snapshot_free(s);
}

static void test_depths(void **state)
{
	const char *dir = *state;

	add(dir, "a/a.1");
	add(dir, "a/a.1.0~beta+x");
	add(dir, "flat.1");
	add(dir, "other/wrong.1");
	add(dir, "deep/x/y/z/deep.3");
	add(dir, "a/a.1/inside.2");
	add(dir, "d/d.1/opam/below.1");
	check_as_opam(dir, packages_by_opam);
}

/* opam's clients do not see it, `opam admin` does: files/ is the package's. */
static void test_files(void **state)
{
	const char *dir = *state;
	struct rel_snapshot *s;
	char *names;

	add(dir, "a/a.1");
	add(dir, "a/a.1/files/f.9");
	add(dir, "a/a.1/files/x/files/g.9");
	add(dir, "files/files.1");
	s = read_dir(dir, 1);
	names = list_packages(s);
	assert_string_equal(names, "a.1\nfiles.1");
	assert_int_equal(s->n_notices, 0);
	free(names);
	rel_snapshot_free(s);
}

static void test_no_packages(void **state)
{
	const char *dir = *state;

	add(dir, "good/good.1");
	add(dir, "bad");
	add(dir, "1/1.1");
	add(dir, "sp/s p.1");
	add(dir, "q/q.1?");
	rel_test_write_text(dir, "packages/none.1/url", "");
	rel_test_write_text(dir, "packages/.keep_me", "");
	rel_test_write_text(dir, "packages/README", "");
	check_as_opam(dir, packages_by_opam);
}

static void test_notices(void **state)
{
	const char *dir = *state;
	struct rel_snapshot *s;

	add(dir, "good/good.1");
	add(dir, "good/good.1/in.2");
	add(dir, "bad");
	add(dir, "twin/good.1");
	add(dir, "eq/eq.1.0");
	add(dir, "eq/eq.1.00");
	add(dir, "d/d.1/opam/x/y");
	rel_test_write_text(dir, "packages/none.1/url", "");
	rel_test_write_text(dir, "packages/.keep_me", "");
	rel_test_write_text(dir, "packages/good/.generated", "");
	rel_test_write_text(dir, "packages/good/good.1/files/p.patch", "");
	rel_test_write_text(dir, "packages/README", "");
	free(rel_test_sh("chmod 755 '%s/packages/eq/eq.1.0/opam'", dir));
	s = read_dir(dir, 1);
	assert_int_equal(s->n_packages, 4);
	assert_int_equal(count_notices(s, REL_NOTICE_NESTED,
				       "packages/good/good.1/in.2/opam"),
			 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_BAD_NAME, "packages/bad/opam"), 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_DUPLICATE, "packages/good/good.1/opam"),
	    1);
	assert_int_equal(count_notices(s, REL_NOTICE_EQUAL_VERSIONS,
				       "packages/eq/eq.1.00/opam"),
			 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_MODE, "packages/eq/eq.1.0/opam"), 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_STRAY, "packages/d/d.1/opam"), 1);
	assert_int_equal(count_notices(s, REL_NOTICE_STRAY, "packages/none.1"),
			 1);
	assert_int_equal(count_notices(s, REL_NOTICE_STRAY, "packages/README"),
			 1);
	assert_int_equal(count_notices(s, REL_NOTICE_BAD_NAME,
				       "packages/d/d.1/opam/x/y/opam"),
			 1);
	assert_int_equal(s->n_notices, 9);
	rel_snapshot_free(s);
}

/* Of two manifests of one name.version the one that opam takes. */
static void test_duplicates(void **state)
{
	static const char *const pairs[][2] = {
	    {"b/b.1", "zz/b.1"},    {"c/b.2", "c/c/b.2"}, {"e-x/e.1", "e/e.1"},
	    {"f/f/f.1", "f/g/f.1"}, {"k.1", "k/k.1"},
	};
	const char *dir = *state;
	struct rel_snapshot *s;
	char *ours, *theirs;
	uint32_t depends;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (size_t k = 0; k < 2; k++) {
			char *path =
			    rel_test_text("packages/%s/opam", pairs[i][k]);

			/* one can be installed, the other cannot */
			rel_test_write_text(dir, path,
					    k == 0 ? "opam-version: \"2.0\"\n"
						   : MANIFEST);
			free(path);
		}
	}
	theirs = packages_by_opam(dir);
	s = read_dir(dir, 2);
	assert_int_equal(s->n_packages, 5);
	for (uint32_t i = 0; i < s->n_packages; i++) {
		ours = rel_test_text(
		    "%.*s.%.*s", REL_STR_ARG(string(s, s->packages[i].name)),
		    REL_STR_ARG(string(s, s->packages[i].version)));
		assert_int_equal(s->packages[i].manifest.depends !=
				     REL_EXPR_NONE,
				 strstr(theirs, ours) != NULL);
		free(ours);
	}
	free(theirs);
	rel_snapshot_free(s);

	/* opam's clients never see the one inside the other */
	add(dir, "n/n.1");
	rel_test_write_text(dir, "packages/n/n.1/n.1/opam",
			    "opam-version: \"2.0\"\n");
	s = read_dir(dir, 1);
	depends = find_package(s, "n", "1")->manifest.depends;
	assert_int_not_equal(depends, REL_EXPR_NONE);
	rel_snapshot_free(s);
}

static void test_links(void **state)
{
	const char *dir = *state;
	struct rel_snapshot *s;
	uint32_t problem;

	add(dir, "a/a.1");
	free(rel_test_sh("cd '%s/packages'; mkdir -p l/l.2 l/l.4 l/l.5; "
			 "ln -s ../a/a.1 l/l.1; ln -s ../l l/loop; "
			 "ln -s nowhere l/l.6; ln -s none l/l.2/opam; "
			 "ln -s ../../a/a.1/opam l/l.4/opam; "
			 "ln -s opam l/l.5/opam; ln -s self l/self; "
			 "ln -s ./../packages/./a/../a b",
			 dir));
	check_as_opam(dir, packages_by_client);
	s = read_dir(dir, 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_SYMLINK, "packages/l/loop"), 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_SYMLINK, "packages/l/self"), 1);
	assert_int_equal(count_notices(s, REL_NOTICE_SYMLINK, "packages/l/l.6"),
			 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_SYMLINK, "packages/l/l.5/opam"), 1);
	assert_int_equal(count_notices(s, REL_NOTICE_SYMLINK, "packages/b"), 1);
	assert_int_equal(
	    count_notices(s, REL_NOTICE_DUPLICATE, "packages/a/a.1/opam"), 1);
	rel_snapshot_free(s);

	/* What lies outside is not read, whatever it is. */
	free(rel_test_sh("cd '%s'; echo secret >outside; mkdir -p o/o.9; "
			 "cp packages/a/a.1/opam o/o.9; "
			 "mkdir -p r/packages/m/m.1 r/packages/n/n.1; "
			 "ln -s ../../../../outside r/packages/m/m.1/opam; "
			 "ln -s /etc/passwd r/packages/n/n.1/opam; "
			 "ln -s ../../o r/packages/o",
			 dir));
	dir = rel_test_text("%s/r", (const char *)*state);
	s = read_dir(dir, 1);
	assert_int_equal(s->n_packages, 2);
	problem = find_package(s, "m", "1")->problem;
	assert_int_not_equal(problem, UINT32_MAX);
	assert_int_equal(count_notices(s, REL_NOTICE_SYMLINK, "packages/o"), 1);
	rel_snapshot_free(s);
	free((char *)dir);
}

/* 2^12 ways through twelve pairs of links are not all walked. */
static void test_link_explosion(void **state)
{
	struct rel_snapshot *s;

	free(rel_test_sh("cd '%s'; mkdir -p packages; cd packages; "
			 "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 "
			 "18 19 20; do mkdir d$i; n=$((i + 1)); "
			 "ln -s ../d$n d$i/x; ln -s ../d$n d$i/y; done; "
			 "mkdir d21",
			 (char *)*state));
	s = read_dir(*state, 2);
	assert_int_equal(s->n_packages, 0);
	rel_snapshot_free(s);
}

static int read_code(const char *path, struct rel_error *err)
{
	struct rel_layout_options options = {.name = "test"};
	struct rel_source_dir dir = {.root = path};
	struct rel_source source = rel_source_dir(&dir);
	void *image = NULL;
	int code = rel_layout_read(&image, &source, &options, err);

	free(image);
	return code;
}

static void test_roots(void **state)
{
	const char *dir = *state;
	struct rel_error err = {0};

	/* nothing at all, and nothing but a hidden file */
	assert_int_equal(read_code(dir, &err), 0);
	rel_test_write_text(dir, ".gitignore", "");
	assert_int_equal(read_code(dir, &err), 0);
	/* a source tree is no repository … */
	rel_test_write_text(dir, "dune-project", "");
	assert_int_equal(read_code(dir, &err), REL_EPARSE);
	assert_non_null(strstr(err.text, "not a package repository"));
	/* … until it says that it is */
	rel_test_write_text(dir, "repo", "");
	assert_int_equal(read_code(dir, &err), 0);
	free(rel_test_sh("touch '%s/packages'", dir));
	assert_int_equal(read_code(dir, &err), REL_EPARSE);
}

/* One bad manifest is a package with a problem; the others stay. */
static void test_bad_manifests(void **state)
{
	static const char nul[] = "opam-version: \"2.0\"\n\0\n";
	enum { MIB = 1024 * 1024, DEPTH = 10000 };
	const char *dir = *state;
	struct rel_snapshot *s;
	struct rel_buf text;
	struct {
		const char *name;
		bool bad;
	} want[] = {{"broken", true}, {"crlf", false},	{"deep", true},
		    {"fifo", true},   {"future", true}, {"good", false},
		    {"large", true},  {"latin", true},	{"longstr", false},
		    {"nul", true}};

	add(dir, "good/good.1");
	rel_test_write_text(dir, "packages/broken/broken.1/opam",
			    "opam-version: \"2.0\"\ndepends: [\n");
	rel_test_write_text(dir, "packages/crlf/crlf.1/opam",
			    "opam-version: \"2.0\"\r\ndepends: [\"x\"]\r\n");
	rel_test_write_text(dir, "packages/future/future.1/opam",
			    "opam-version: \"3.0\"\n");
	rel_test_write(dir, "packages/nul/nul.1/opam", nul, sizeof(nul) - 1);
	rel_test_write_text(dir, "packages/latin/latin.1/opam",
			    "opam-version: \"2.0\"\n\xe9: \"x\"\n");
	rel_buf_init(&text, (size_t)8 * MIB);
	rel_buf_add_cstr(&text, "opam-version: \"2.0\"\ndepends: ");
	for (int i = 0; i < DEPTH; i++)
		rel_buf_add_char(&text, '(');
	rel_test_write(dir, "packages/deep/deep.1/opam", text.ptr, text.len);
	rel_buf_clear(&text);
	rel_buf_add_cstr(&text, "opam-version: \"2.0\"\ndescription: \"");
	for (int i = 0; i < MIB - 100; i++)
		rel_buf_add_char(&text, 'x');
	rel_buf_add_cstr(&text, "\"\n");
	rel_test_write(dir, "packages/longstr/longstr.1/opam", text.ptr,
		       text.len);
	while (text.len <= REL_LIMIT_MANIFEST_BYTES)
		rel_buf_add_char(&text, '\n');
	rel_test_write(dir, "packages/large/large.1/opam", text.ptr, text.len);
	rel_buf_free(&text);
	free(rel_test_sh("mkdir -p '%s/packages/fifo/fifo.1'; "
			 "mkfifo '%s/packages/fifo/fifo.1/opam'",
			 dir, dir));
	s = read_dir(dir, 2);
	assert_int_equal(s->n_packages, sizeof(want) / sizeof(want[0]));
	for (uint32_t i = 0; i < s->n_packages; i++) {
		assert_true(
		    rel_str_is(string(s, s->packages[i].name), want[i].name));
		if ((s->packages[i].problem != UINT32_MAX) != want[i].bad)
			fail_msg("%s", want[i].name);
	}
	rel_snapshot_free(s);
}

/* The content's id is git's, and the legacy files are part of it. */
static void test_content(void **state)
{
	const char *dir = *state;
	struct rel_snapshot *s;
	uint8_t one[REL_CONTENT_ID_MAX];
	char *id, hex[41];

	add(dir, "a/a.1");
	id = rel_test_sh("git hash-object '%s/packages/a/a.1/opam'", dir);
	s = read_dir(dir, 1);
	for (int i = 0; i < 20; i++)
		snprintf(hex + 2 * i, 3, "%02x",
			 (unsigned)s->packages[0].content.bytes[i]);
	assert_string_equal(hex, id);
	memcpy(one, s->packages[0].content.bytes, sizeof(one));
	rel_snapshot_free(s);
	rel_test_write_text(dir, "packages/a/a.1/descr", "words\n");
	s = read_dir(dir, 1);
	assert_memory_not_equal(one, s->packages[0].content.bytes, sizeof(one));
	memcpy(one, s->packages[0].content.bytes, sizeof(one));
	rel_snapshot_free(s);
	rel_test_write_text(dir, "packages/a/a.1/url",
			    "src: \"https://example.org/a.tgz\"\n");
	s = read_dir(dir, 1);
	assert_memory_not_equal(one, s->packages[0].content.bytes, sizeof(one));
	assert_true(s->packages[0].manifest.flags & REL_MANIFEST_HAS_URL);
	rel_snapshot_free(s);
	free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_depths, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_packages, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_notices, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_duplicates, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_links, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link_explosion, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_roots, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_manifests, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_content, setup, teardown),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
