/* Each allocation fails once: nothing leaks, nothing is half done. */
#include "remote_common.h"

#include "base/file.h"
#include "repo/repo_private.h"
#include "repo/stack.h"
#include "support/torture.h"

static char *dir, *old, *new, *cache;

/* A repository with all that the readers know, in the formats 1.x and 2.0,
 * the second one under git in two revisions. */
static int start(void **state)
{
	(void)state;
	dir = rel_test_dir_new();
	old = rel_test_text("%s/old", dir);
	new = rel_test_text("%s/new", dir);
	cache = rel_test_text("%s/cache", dir);
	free(rel_test_sh(
	    "mkdir '%s'; cd '%s'; put() { mkdir -p $1; cat >$1/opam; }; "
	    "printf 'opam-version: \"1.2\"\\nocaml-version: [>= \"4\"]\\n' | "
	    "put packages/a/a.1; echo 'archive: \"https://example.org/x\"' "
	    ">packages/a/a.1/url; echo words >packages/a/a.1/descr; "
	    "mkdir -p compilers/4/4.0; printf 'opam-version: \"1\"\\n"
	    "version: \"4.0\"\\npackages: [\"base-unix\"]\\n' "
	    ">compilers/4/4.0/4.0.comp; echo words "
	    ">compilers/4/4.0/4.0.descr",
	    old, old));
	free(rel_test_sh(
	    "git init -q -b main '%s'; cd '%s'; "
	    "put() { mkdir -p $1; cat >$1/opam; }; "
	    "echo 'opam-version: \"2.0\"' >repo; "
	    "printf 'opam-version: \"2.0\"\\nconflict-class: \"k\"\\n"
	    "depends: [\"b\" {>= \"1\"} | \"c\"]\\navailable: os != \"x\"\\n' "
	    "| "
	    "put packages/a/a.1; cp -r packages/a packages/b; "
	    "echo 'nonsense(' | put packages/c/c.1; "
	    "cp -r packages/c/c.1 packages/a/c.1; "
	    "cp -r packages/a/a.1 packages/a/a.1.0; touch packages/stray; "
	    "cp -r packages/a/a.1 packages/a/a.01; "
	    "ln -s ../a/a.1 packages/c/l.1; ln -s none packages/c/l.2; "
	    "tar czhf ../index.tar.gz --exclude=l.2 packages repo; "
	    "git add .; git commit -qm one; "
	    "cp -r packages/a/a.1 packages/c/n.1; git add .; "
	    "git commit -qm two",
	    new, new));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rel_test_dir_free(dir);
	free(old);
	free(new);
	free(cache);
	return 0;
}

static int read_source(struct rel_snapshot **out,
		       const struct rel_source *source, struct rel_error *err)
{
	struct rel_layout_options options = {.name = "test", .jobs = 1};
	void *image = NULL;
	int code = rel_layout_read(&image, source, &options, err);

	*out = NULL;
	return code == 0 ? rel_image_adopt(out, image, "", 0, err) : code;
}

static void check_dir(const char *path)
{
	struct rel_source_dir place = {.root = path};
	struct rel_source source = rel_source_dir(&place);
	bool failed = true;

	for (long n = 0; failed; n++) {
		struct rel_snapshot *s = NULL;
		struct rel_error err = {0};
		int code;

		rel_torture_start(n);
		code = read_source(&s, &source, &err);
		failed = rel_torture_stop();
		if (failed && (code != REL_ENOMEM || err.code != REL_ENOMEM))
			fail_msg("allocation %ld: %d %s", n, code, err.text);
		assert_true(failed || code == 0);
		rel_snapshot_free(s);
	}
}

static void test_directories(void **state)
{
	(void)state;
	check_dir(old);
	check_dir(new);
}

static void test_index(void **state)
{
	char *path = rel_test_text("%s/index.tar.gz", dir), *bytes;
	bool failed = true;
	size_t len;

	(void)state;
	bytes = rel_test_read(path, &len);
	assert_non_null(bytes);
	for (long n = 0; failed; n++) {
		struct rel_source_index index;
		struct rel_source source = rel_source_index(&index);
		struct rel_snapshot *s = NULL;
		struct rel_error err = {0};
		int code;

		rel_torture_start(n);
		code = rel_source_index_open(&index, rel_str_n(bytes, len), "x",
					     NULL, &err);
		if (code == 0)
			code = read_source(&s, &source, &err);
		failed = rel_torture_stop();
		rel_source_index_close(&index);
		if (failed && code != REL_ENOMEM)
			fail_msg("allocation %ld: %d %s", n, code, err.text);
		assert_true(failed || code == 0);
		rel_snapshot_free(s);
	}
	free(path);
	free(bytes);
}

/* With the cache: one that could not be written is only a warning, and a
 * failed allocation may be just that.  What is read is right in any case. */
static void test_git(void **state)
{
	struct reading cold = {.jobs = 1};
	struct rel_snapshot *want = must_read(new, &cold);
	bool failed = true;

	(void)state;
	for (long n = 0; failed; n++) {
		struct reading how = {.cache_dir = cache};
		struct rel_snapshot *s = NULL;
		int code;

		/* so that there is something to begin with */
		if (n % 16 == 0)
			free(rel_test_sh("rm -rf '%s'", cache));
		how.revision = "HEAD~1";
		rel_snapshot_free(must_read(new, &how));
		how.revision = NULL;
		rel_torture_start(n);
		code = read_remote(&s, new, &how);
		failed = rel_torture_stop();
		if (code == 0)
			assert_same_image(s, want);
		else if (!failed)
			fail_msg("allocation %ld: %d %s", n, code,
				 how.err.text);
		rel_snapshot_free(s);
	}
	rel_snapshot_free(want);
}

static void test_stack(void **state)
{
	struct reading cold = {.jobs = 1};
	struct rel_snapshot *a = must_read(old, &cold);
	struct rel_snapshot *b = must_read(new, &cold);
	struct rel_stack_layer layers[] = {{NULL, a}, {NULL, b}};
	bool failed = true;

	(void)state;
	for (long n = 0; failed; n++) {
		struct rel_stack *stack = NULL;
		int code;

		rel_torture_start(n);
		code = rel_stack_build(&stack, layers, 2, NULL, 0, NULL);
		failed = rel_torture_stop();
		assert_int_equal(code, failed ? REL_ENOMEM : 0);
		rel_stack_free(stack);
	}
	rel_snapshot_free(a);
	rel_snapshot_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_directories),
	    cmocka_unit_test(test_index),
	    cmocka_unit_test(test_git),
	    cmocka_unit_test(test_stack),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, start, stop);
}
