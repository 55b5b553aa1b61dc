/*
 * `opam admin upgrade` on real repositories of 2014 decides what the
 * conversion must give.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/manifest.h"
#include "opam/upgrade.h"
#include "opam/version.h"
#include "support/corpus.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *clone;
	const char *bundle;
	struct rel_test_corpus manifests, urls, comps;
	struct rel_arena arena;
	uint32_t compared, different;
};

static struct rel_str string_of(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

/* What decides installability, as text. */
static void describe(struct rel_buf *out, struct rel_str source,
		     struct rel_str url, const char *path)
{
	struct rel_manifest_tables tables;
	struct rel_manifest m;
	struct rel_arena arena;
	struct rel_error err = {0};
	struct rel_exprs exprs;

	rel_manifest_tables_init(&tables);
	rel_arena_init(&arena, REL_GIB);
	if (rel_manifest_read(&m, &tables, source, url, path, &arena, &err)) {
		rel_buf_printf(out, "%s:%u:%u: %s", path, err.line, err.column,
			       err.text);
		goto out;
	}
	exprs = (struct rel_exprs){tables.exprs.nodes, tables.exprs.count,
				   string_of, &tables.strings};
	rel_buf_add_cstr(out, "depends ");
	rel_expr_print(out, &exprs, m.depends);
	rel_buf_add_cstr(out, "\ndepopts ");
	rel_expr_print(out, &exprs, m.depopts);
	rel_buf_add_cstr(out, "\nconflicts ");
	rel_expr_print(out, &exprs, m.conflicts);
	rel_buf_add_cstr(out, "\navailable ");
	rel_expr_print(out, &exprs, m.available);
	rel_buf_printf(out, "\nflags %u\nclass", m.flags);
	for (uint32_t i = 0; i < m.conflict_class_count; i++)
		rel_buf_printf(out, " %.*s",
			       REL_STR_ARG(rel_intern_get(
				   &tables.strings,
				   tables.lists[m.conflict_class_first + i])));
out:
	rel_manifest_tables_free(&tables);
	rel_arena_free(&arena);
}

/* Compare our text of `path` with opam's. */
static void compare(struct fixture *f, const char *path, struct rel_str ours)
{
	char *full = rel_test_text("%s/%s/%s", f->dir, f->bundle, path);
	struct rel_buf expected, got;
	size_t len;
	char *theirs = rel_test_read(full, &len);

	rel_buf_init(&expected, REL_MIB);
	rel_buf_init(&got, REL_MIB);
	if (theirs)
		describe(&expected, rel_str_n(theirs, len), (struct rel_str){0},
			 path);
	else
		rel_buf_add_cstr(&expected, "nothing");
	describe(&got, ours, (struct rel_str){0}, path);
	f->compared++;
	if (strcmp(expected.ptr, got.ptr) != 0) {
		print_error("%s: opam has\n%s\nwe have\n%s\n", path,
			    expected.ptr, got.ptr);
		f->different++;
	}
	rel_buf_free(&expected);
	rel_buf_free(&got);
	free(theirs);
	free(full);
}

static struct rel_str find_blob(const struct rel_test_corpus *corpus,
				struct rel_str dir, const char *name)
{
	for (uint32_t i = 0; i < corpus->count; i++) {
		const struct rel_test_blob *b = &corpus->blobs[i];

		if (rel_str_eq(rel_path_dir(b->path), dir) &&
		    rel_str_is(rel_path_base(b->path), name))
			return b->content;
	}
	return (struct rel_str){0};
}

static void convert(struct fixture *f, const struct rel_test_blob *blob)
{
	struct rel_str dir = rel_path_dir(blob->path), name, version;
	struct rel_str url = find_blob(&f->urls, dir, "url");
	char *path = rel_test_text("%.*s", REL_STR_ARG(blob->path));
	struct rel_opam_tree tree;
	struct rel_error err = {0};
	struct rel_buf out;

	rel_arena_reset(&f->arena);
	rel_buf_init(&out, REL_MIB);
	assert_true(rel_package_split(rel_path_base(dir), &name, &version));
	if (rel_opam_parse(&tree, &f->arena, blob->content, path, &err) != 0 ||
	    rel_upgrade_manifest(&out, &tree, name, url, REL_STR("a\nb\n"),
				 REL_UPGRADE_CONVERT, &f->arena, &err) != 0)
		fail_msg("%s:%u:%u: %s", path, err.line, err.column, err.text);
	assert_true(rel_upgrade_is_old(&tree));
	compare(f, path, rel_buf_str(&out));
	rel_buf_free(&out);
	free(path);
}

static void generate(struct fixture *f)
{
	struct rel_str *names = calloc(f->comps.count + 1, sizeof(*names));
	struct rel_generated *packages;
	struct rel_error err = {0};
	struct rel_arena arena;
	uint32_t count;

	assert_non_null(names);
	for (uint32_t i = 0; i < f->comps.count; i++) {
		names[i] = rel_path_base(f->comps.blobs[i].path);
		names[i].len -= strlen(".comp");
	}
	rel_arena_init(&arena, REL_GIB);
	assert_int_equal(rel_upgrade_plan(&packages, &count, names,
					  f->comps.count, &arena, &err),
			 0);
	for (uint32_t i = 0; i < count; i++) {
		const struct rel_generated *g = &packages[i];
		char *path = rel_test_text(
		    "packages/%.*s/%.*s.%.*s/opam", REL_STR_ARG(g->name),
		    REL_STR_ARG(g->name), REL_STR_ARG(g->version));
		struct rel_buf out;

		rel_buf_init(&out, REL_MIB);
		if (rel_upgrade_generate(
			&out, g, f->comps.blobs[g->compiler].content,
			REL_STR("synopsis\n"), path, &arena, &err) != 0)
			fail_msg("%s: %s", path, err.text);
		compare(f, path, rel_buf_str(&out));
		rel_buf_free(&out);
		free(path);
	}
	rel_arena_free(&arena);
	free(names);
}

static void checkout(struct fixture *f, const char *revision)
{
	free(rel_test_sh("cd %s; mkdir %s; git --git-dir=%s archive %s | "
			 "tar x -C %s",
			 f->dir, f->bundle, f->clone, revision, f->bundle));
}

/*
 * Let opam upgrade what has been written.  It wants to fetch the archives of
 * compilers for their checksums; its own cache of those, filled here, keeps
 * it from the network.
 */
static void upgrade(struct fixture *f)
{
	free(rel_test_sh(
	    "exec 2>&1; cd %s; cache=home/.cache/opam-compilers-to-packages; "
	    "mkdir -p $cache; { grep -rhoE '\"[a-z+]+://[^\"]*\"' "
	    "%s/compilers --include=*.comp || true; } | tr -d '\"' | "
	    "sort -u | sed 's/$/ d41d8cd98f00b204e9800998ecf8427e/' "
	    ">$cache/url-hashes; "
	    "cd %s; HOME=%s/home OPAMROOT=%s/root opam admin upgrade",
	    f->dir, f->bundle, f->bundle, f->dir, f->dir));
}

static void check(const char *bundle, const char *revision)
{
	struct fixture f = {.dir = rel_test_dir_new(), .bundle = bundle};
	char *number;

	rel_arena_init(&f.arena, REL_GIB);
	f.clone = rel_test_clone(f.dir, bundle);
	rel_test_corpus_load(&f.manifests, f.clone, revision, "/opam");
	rel_test_corpus_load(&f.urls, f.clone, revision, "/url");
	rel_test_corpus_load(&f.comps, f.clone, revision, ".comp");
	checkout(&f, revision);
	upgrade(&f);
	for (uint32_t i = 0; i < f.manifests.count; i++)
		convert(&f, &f.manifests.blobs[i]);
	generate(&f);
	number = rel_test_sh("find %s/%s/packages -name opam | wc -l", f.dir,
			     bundle);
	print_message("%s %s: %u packages, %u different\n", bundle, revision,
		      f.compared, f.different);
	assert_int_equal(f.compared, strtoul(number, NULL, 10));
	assert_int_equal(f.different, 0);
	free(number);
	rel_test_corpus_free(&f.manifests);
	rel_test_corpus_free(&f.urls);
	rel_test_corpus_free(&f.comps);
	rel_arena_free(&f.arena);
	free(f.clone);
	rel_test_dir_free(f.dir);
}

static void test_mirage_dev(void **state)
{
	(void)state;
	check("mirage-dev", "2014-10-14");
}

static void test_opam_repository(void **state)
{
	(void)state;
	check("opam-repository", "2014-10-14");
}

/* What the repositories of 2014 do not have. */
static const char *const samples[] = {
    "",
    "flags: [conf]",
    "tags: [\"flags:conf\" \"x\"]",
    "ocaml-version: [>= \"3.12\" & (< \"4.01\" | = \"4.02.1\")]",
    "ocaml-version: [!(< \"3.12\" | > \"4.01\")]",
    "ocaml-version: [>= \"3.12\" < \"4.02\"]",
    "ocaml-version: >= \"3.12\"",
    "ocaml-version: [~ \"3.12\"]",
    "os: \"linux\"",
    "os: [\"linux\" \"darwin\"]",
    "os: [!\"win32\" & !\"cygwin\"]",
    "os: [!(\"win32\" | \"osx\")] available: arch = \"i686\"",
    "os: [] ocaml-version: []",
    "available: [ocaml-version >= \"4\" & os != \"Darwin\"]",
    "available: [!(ocaml-version < \"4\" | os = \"win32\")]",
    "available: \"4.01\" <= ocaml-version",
    "available: [os = \"linux\"] ocaml-version: [< \"4\"] os: [\"linux\"]",
    "available: ocaml-version >= \"4\" | ocaml-version = \"3.12\"",
    "available: ocaml-version >= \"4\" | os = \"linux\"",
    "available: (ocaml-version >= \"4\" & os = \"a\") | os = \"linux\"",
    "available: compiler = \"4.01.0+fp\"",
    "available: compiler != \"4.01.0+fp\" & compiler != \"4.01.0\"",
    "available: compiler >= \"4.01.0\" | compiler = \"system\"",
    "available: compiler != \"system\" conflicts: [\"ocaml-system\"]",
    "available: compiler != \"4.0\" "
    "conflicts: [\"ocaml-base-compiler\" {< \"4\"} \"x\"]",
    "available: preinstalled",
    "available: !preinstalled & !(compiler = \"system\")",
    "available: !(preinstalled | ocaml-native)",
    "available: ocaml-native & ocaml-native-dynlink",
    "available: ocaml-native-tools = \"%{ocaml-version}%%%\"",
    "available: ocaml-version = compiler",
    "available: true",
    "available: false",
    "available: !(true & opam-version >= \"1.2\")",
    "available: arch = \"amd64\" | arch = \"armv7l\" | \"PPC\" = arch",
    "available: arch != \"x86\" & os-x:y = \"osx\"",
    "depends: [\"ocaml\" {>= \"4\"} \"x\"] ocaml-version: [< \"5\"]",
    "depends: [\"x\" {test & build & >= \"1\"} \"y\" {doc | !test}]",
    "depends: [\"x\" {= ocaml-version} | \"z\" {x:test}]",
    "depends: [(\"a\" | \"b\") & \"c\"] depopts: [\"d\" {test} \"e\"]",
    "depends: [\"a\" {= \"%{ocaml-version}%\"}]",
    "depopts: [\"d\" | \"e\" {doc}]",
    "conflicts: [\"c\" \"d\" {< \"1\"} \"e\" {test}]",
    "conflicts: [\"c\" & (\"d\" | \"e\")]",
    "depends: [\"x\" {os = \"osx\" & preinstalled}]",
};

static void test_samples(void **state)
{
	struct fixture f = {.dir = rel_test_dir_new(), .bundle = "samples"};
	char paths[sizeof(samples) / sizeof(samples[0])][48];
	char *top = rel_test_text("%s/samples", f.dir);

	(void)state;
	rel_arena_init(&f.arena, REL_GIB);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char *text =
		    rel_test_text("opam-version: \"1.2\"\n%s\n", samples[i]);

		snprintf(paths[i], sizeof(paths[i]),
			 "packages/s%zu/s%zu.1/opam", i, i);
		rel_test_write_text(top, paths[i], text);
		free(text);
	}
	upgrade(&f);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char *text =
		    rel_test_text("opam-version: \"1.2\"\n%s\n", samples[i]);
		struct rel_test_blob blob = {rel_str_of(paths[i]),
					     rel_str_of(text)};

		convert(&f, &blob);
		free(text);
	}
	assert_int_equal(f.different, 0);
	rel_arena_free(&f.arena);
	free(top);
	rel_test_dir_free(f.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_mirage_dev),
	    cmocka_unit_test(test_opam_repository),
	};

	rel_test_clean_environment();
	if (!rel_test_data_dir())
		return REL_TEST_SKIPPED;
	if (rel_test_sh_status("opam --version >/dev/null 2>&1") != 0) {
		fprintf(stderr, "skipped: no opam\n");
		return REL_TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
