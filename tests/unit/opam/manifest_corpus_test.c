/*
 * Every manifest of the test bundles can be read, and what it says survives
 * being printed and read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval.h"
#include "support/corpus.h"
#include "support/support.h"

struct fixture {
	char *dir;
	struct bench manifests, copies;
	struct rel_buf source, again;
};

/* One field of the manifest as a line of source. */
static void add_field(struct rel_buf *out, const struct bench *b,
		      const char *name, rel_expr_id id)
{
	if (id == REL_EXPR_NONE)
		return;
	rel_buf_printf(out, "%s: [", name);
	rel_expr_print(out, &b->exprs, id);
	rel_buf_add_cstr(out, "]\n");
}

static void print_manifest(struct rel_buf *out, const struct bench *b)
{
	rel_buf_clear(out);
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\n");
	add_field(out, b, "depends", b->manifest.depends);
	add_field(out, b, "depopts", b->manifest.depopts);
	add_field(out, b, "conflicts", b->manifest.conflicts);
	add_field(out, b, "available", b->manifest.available);
}

static void check_resolves(struct fixture *f, const struct rel_test_blob *blob)
{
	struct bench *b = &f->manifests;
	struct rel_formula_rules rules = {.variables = words("with-test"),
					  .late = words("build post")};
	struct rel_formula formula;

	for (int i = 0; i < 2; i++) {
		rules.pipeline =
		    i == 0 ? REL_FORMULA_FILTER : REL_FORMULA_PARTIAL;
		if (rel_formula_resolve(&formula, &b->exprs,
					b->manifest.depends, &rules,
					&b->scratch, &b->err) != 0)
			fail_msg("%.*s: %s", REL_STR_ARG(blob->path),
				 b->err.text);
	}
}

static void check_blob(struct fixture *f, const struct rel_test_blob *blob)
{
	if (bench_read(&f->manifests, blob->content) != 0)
		fail_msg("%.*s: %s", REL_STR_ARG(blob->path),
			 f->manifests.err.text);
	check_resolves(f, blob);
	print_manifest(&f->source, &f->manifests);
	if (bench_read(&f->copies, rel_buf_str(&f->source)) != 0)
		fail_msg("%.*s: %s\n%s", REL_STR_ARG(blob->path),
			 f->copies.err.text, f->source.ptr);
	print_manifest(&f->again, &f->copies);
	if (!rel_str_eq(rel_buf_str(&f->source), rel_buf_str(&f->again)))
		fail_msg("%.*s:\n%s%s", REL_STR_ARG(blob->path), f->source.ptr,
			 f->again.ptr);
}

struct revision {
	const char *bundle, *revision;
	/* by git ls-tree | grep -c /opam$, and git grep -lE with
	 * '^conflict-class:' and 'src: *"(git|hg)' */
	uint32_t count, with_class, under_git;
};

static const struct revision revisions[] = {
    {"opam-repository", "2026-08", 18793, 222, 4},
    {"opam-repository", "2025-01-01", 33033, 780, 24},
    {"opam-repository", "2014-10-14", 2772, 0, 0},
    {"mirage-dev", "2014-10-14", 12, 0, 0},
    {"xs-opam", "HEAD", 329, 7, 0},
};

static void check_revision(struct fixture *f, const char *clone,
			   const struct revision *r)
{
	struct rel_test_corpus corpus;
	uint32_t with_class = 0, dev = 0;

	rel_test_corpus_load(&corpus, clone, r->revision, "/opam");
	print_message("%s %s: %u\n", r->bundle, r->revision, corpus.count);
	assert_int_equal(corpus.count, r->count);
	for (uint32_t i = 0; i < corpus.count; i++) {
		check_blob(f, &corpus.blobs[i]);
		with_class += f->manifests.manifest.conflict_class_count > 0;
		dev += (f->manifests.manifest.flags & REL_MANIFEST_DEV) != 0;
	}
	assert_int_equal(with_class, r->with_class);
	assert_in_range(dev, r->under_git, r->under_git + 2);
	rel_test_corpus_free(&corpus);
}

static void test_manifests(void **state)
{
	struct fixture *f = *state;
	char *clone = NULL;

	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		const struct revision *r = &revisions[i];

		if (i == 0 || strcmp(r->bundle, r[-1].bundle) != 0) {
			free(clone);
			clone = rel_test_clone(f->dir, r->bundle);
		}
		check_revision(f, clone, r);
	}
	free(clone);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->dir = rel_test_dir_new();
	bench_init(&f->manifests);
	bench_init(&f->copies);
	rel_buf_init(&f->source, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&f->again, REL_LIMIT_MANIFEST_BYTES);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_test_dir_free(f->dir);
	bench_free(&f->manifests);
	bench_free(&f->copies);
	rel_buf_free(&f->source);
	rel_buf_free(&f->again);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_manifests, setup, teardown),
	};

	if (!rel_test_data_dir())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
