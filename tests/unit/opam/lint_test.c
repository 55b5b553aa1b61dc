/* Codes of manifests, series by series.  Expected: opam
 * src/state/opamFileTools.ml at the tag of the series, by hand; the real opam
 * 2.1 judges whole repositories in tests/cli/lint_judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <strings.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "opam/lint.h"
#include "opam/opam_private.h"

/* A manifest without findings in any series, … */
#define GOOD                                                             \
	"opam-version: \"2.0\"\nsynopsis: \"Good\"\nmaintainer: \"x\"\n" \
	"authors: \"x\"\nhomepage: \"x\"\nbug-reports: \"x\"\n"          \
	"license: \"MIT\"\n"
/* … also with this. */
#define URL(rest)                                   \
	"dev-repo: \"git+https://example.org/a\"\n" \
	"url { src: \"https://example.org/a.tar.gz\" " rest " }\n"
#define MD5 "md5=d41d8cd98f00b204e9800998ecf8427e"

static void codes_of(char *out, size_t size, const char *text,
		     enum rel_lint_series series)
{
	struct rel_lint_options options = {
	    .series = series, .name = REL_STR("foo"), .version = REL_STR("1")};
	struct rel_lint_findings findings;
	struct rel_error err = {0};
	struct rel_arena arena;
	size_t len = 0;

	rel_arena_init(&arena, REL_GIB);
	assert_int_equal(rel_lint_manifest(&findings, rel_str_of(text), "opam",
					   &options, &arena, &err),
			 0);
	out[0] = '\0';
	for (uint32_t i = 0; i < findings.count; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%u",
					len ? " " : "", findings.items[i].code);
	rel_arena_free(&arena);
}

static void test_series(void **state)
{
	static const struct {
		const char *text;
		const char *codes[REL_LINT_SERIES];
	} cases[] = {
	    {GOOD, {"", "", "", "", ""}},
	    {GOOD URL("checksum: \"" MD5 "\""), {"", "", "", "", ""}},
	    /* 59 without being asked since 2.3, what is no archive since 2.2 */
	    {GOOD URL(""), {"", "", "59", "59", "59"}},
	    {GOOD "setenv: [A = \"b\"]", {"56", "", "", "", ""}},
	    {GOOD "tags: \"flags:deprecated\"", {"28", "", "", "", ""}},
	    /* 29 looks at conflicts since 2.2 */
	    {GOOD "conflicts: \"a\" {b:c}",
	     {"41", "29 41", "29 41", "29 41", "29 41"}},
	    {GOOD "build: [\"%{a:share}%\" {a:installed}]\ndepopts: \"a\"",
	     {"", "", "", "", ""}},
	    {GOOD "build: [\"%{a:share}%\" {a:installed}]",
	     {"41", "41", "41", "41", "41"}},
	    /* a guard, and a mention that is not used */
	    {GOOD "build: [\"%{a:share}%\" {a:installed}]\n"
		  "depends: \"a\" {with-test & dev = \"no\"}",
	     {"41", "", "", "", ""}},
	    /* 57 is about the synopsis alone since 2.2; 47 not about none */
	    {"opam-version: \"2.0\"\ndescription: \"x\"\nmaintainer: \"x\"\n"
	     "authors: \"x\"\nhomepage: \"x\"\nbug-reports: \"x\"\n"
	     "license: \"MIT\"\n",
	     {"47", "57", "57", "57", "57"}},
	    /* expressions since 2.2, newer identifiers since 2.4 */
	    {GOOD "license: \"MIT OR ISC\"", {"3", "3", "3", "3", "3"}},
	    {"opam-version: \"2.0\"\nsynopsis: \"Good\"\nmaintainer: \"x\"\n"
	     "authors: \"x\"\nhomepage: \"x\"\nbug-reports: \"x\"\n"
	     "license: [\"MIT OR (ISC AND Zlib+)\"]\n",
	     {"62", "", "", "", ""}},
	    {"opam-version: \"2.0\"\nsynopsis: \"Good\"\nmaintainer: \"x\"\n"
	     "authors: \"x\"\nhomepage: \"x\"\nbug-reports: \"x\"\n",
	     {"", "68", "68", "68", "68"}},
	    {GOOD "depends: \"a\"\nbuild: [\"%{a++:x}%\"]",
	     {"", "69", "69", "69", "69"}},
	    {GOOD URL("checksum: [\"" MD5 "\" \"" MD5 "\"]"),
	     {"", "", "71", "71", "71"}},
	    {GOOD "extra-files: [[\"a\" \"" MD5 "\"] [\"a\" \"" MD5 "\"]]",
	     {"", "", "70", "70", "70"}},
	    {GOOD "extra-files: [[\"../a\" \"" MD5 "\"]]",
	     {"", "", "73", "73", "73"}},
	    {GOOD URL("checksum: \"" MD5 "\"") "x-subpath: \"a\"",
	     {"", "", "", "63", "63"}},
	    {GOOD URL("checksum: \"" MD5
		      "\"") "x-subpath: \"a\"\n"
			    "available: opam-version >= \"2.1\"",
	     {"", "", "", "", ""}},
	    {GOOD "pin-depends: []", {"3", "3", "3", "3", "3"}},
	    {GOOD "pin-depends: [[\"a.1\" \"git://example.org/a\"]]",
	     {"", "", "", "74", "74"}},
	    /* 67: what is no archive, then only version control */
	    {GOOD "dev-repo: \"git+https://example.org/a\"\nurl { src: "
		  "\"https://example.org/a.zip\" checksum: \"" MD5 "\" }",
	     {"67", "", "", "", ""}},
	    {GOOD "dev-repo: \"git+https://example.org/a\"\nurl { src: "
		  "\"git+https://example.org/a\" checksum: \"" MD5 "\" }",
	     {"67", "67", "67", "67", "67"}},
	    {"opam-version: \"2.1\"", {"2", "2", "2", "2", "2"}},
	    {GOOD "x-locked: [a]", {"", "2", "2", "2", "2"}},
	    {"}", {"2", "2", "2", "2", "2"}},
	};
	char found[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int s = 0; s < REL_LINT_SERIES; s++) {
			codes_of(found, sizeof(found), cases[i].text,
				 (enum rel_lint_series)s);
			if (strcmp(found, cases[i].codes[s]) != 0)
				print_error("%s\n", cases[i].text);
			assert_string_equal(found, cases[i].codes[s]);
		}
	}
}

static void test_places(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} cases[] = {
	    {GOOD "run-test: [\"x\" {with-test}]", 8, 17},
	    {GOOD "depends: [\"a\" {= \"\"}]", 8, 18},
	    {GOOD "foo: 1", 8, 1},
	    {GOOD "license: \"X\"", 8, 1}, /* a second one */
	    {"synopsis: \"x\"", 0, 0},
	    {GOOD "depends: [", 8, 11},
	};
	struct rel_lint_options options = {.series = REL_LINT_NEWEST};
	struct rel_lint_findings findings;
	struct rel_error err = {0};
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, REL_GIB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    rel_lint_manifest(&findings, rel_str_of(cases[i].text),
				      "opam", &options, &arena, &err),
		    0);
		assert_int_equal(findings.count, 1);
		assert_int_equal(findings.items[0].line, cases[i].line);
		assert_int_equal(findings.items[0].column, cases[i].column);
	}
	rel_arena_free(&arena);
}

/* SPDX 3.0.1, annex "SPDX license expressions", and its OCaml reader. */
static void test_licenses(void **state)
{
	static const struct {
		const char *text;
		bool valid[3];
	} cases[] = {
	    {"MIT", {true, true, true}},
	    {"mit", {true, true, true}},
	    {"MIT+", {true, true, true}},
	    {"MIT++", {false, false, false}},
	    {"", {false, false, false}},
	    {"MI", {false, false, false}},
	    {"MITT", {false, false, false}},
	    /* deprecated: opam 2.1 has all, the library leaves them out */
	    {"GPL-2.0", {true, false, false}},
	    {"GPL-2.0-only with Classpath-exception-2.0", {true, true, true}},
	    {"LGPL-2.1-only WITH OCaml-LGPL-linking-exception",
	     {true, true, true}},
	    {"GPL-2.0-only wITH Classpath-exception-2.0", {true, false, false}},
	    {"MIT OR ISC", {false, true, true}},
	    {"MIT or (ISC and Zlib)", {false, true, true}},
	    {"MIT Or ISC", {false, false, false}},
	    {"(MIT", {false, false, false}},
	    {"MIT)", {false, false, false}},
	    {"MIT ISC", {false, false, false}},
	    {"LicenseRef-own", {false, true, true}},
	    {"DocumentRef-a:LicenseRef-b", {false, true, true}},
	    {"DocumentRef-a:MIT", {false, false, false}},
	    {"MIT WITH AdditionRef-a", {false, false, true}},
	    {"MIT WITH MIT", {false, false, false}},
	    {"0BSD", {true, true, true}},
	    {"zlib-acknowledgement", {true, true, true}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int l = 0; l < 3; l++) {
			if (rel_spdx_is_valid(rel_str_of(cases[i].text),
					      (enum rel_spdx_list)l) !=
			    cases[i].valid[l])
				fail_msg("%s, list %d", cases[i].text, l);
		}
	}
	for (size_t i = 1; i < rel_spdx_n_licenses; i++)
		assert_true(strcasecmp(rel_spdx_licenses[i - 1].id,
				       rel_spdx_licenses[i].id) < 0);
	for (size_t i = 1; i < rel_spdx_n_exceptions; i++)
		assert_true(strcasecmp(rel_spdx_exceptions[i - 1].id,
				       rel_spdx_exceptions[i].id) < 0);
}

/* Long things take linear time and no deep stack. */
static void test_long(void **state)
{
	static const char *const pieces[] = {"%{", "%{}", "%{}}", "}%{a:b"};
	struct rel_lint_options options = {.series = REL_LINT_NEWEST};
	struct rel_lint_findings findings;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_buf text;

	(void)state;
	rel_arena_init(&arena, 2 * REL_GIB);
	rel_buf_init(&text, REL_GIB);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		rel_buf_clear(&text);
		rel_buf_add_cstr(&text, GOOD "messages: \"");
		while (text.len < REL_MIB)
			rel_buf_add_cstr(&text, pieces[i]);
		rel_buf_add_cstr(&text, "\" {x}");
		assert_int_equal(rel_lint_manifest(&findings,
						   rel_buf_str(&text), "opam",
						   &options, &arena, &err),
				 0);
		assert_true(findings.count >= 1);
		rel_arena_reset(&arena);
	}
	rel_buf_clear(&text);
	rel_buf_add_cstr(&text, GOOD "dev-repo: \"git://example.org\"");
	for (unsigned i = 0; i < 50000; i++)
		rel_buf_printf(
		    &text, "extra-source \"%u\" { src: \"http://x\" }\n", i);
	assert_int_equal(rel_lint_manifest(&findings, rel_buf_str(&text),
					   "opam", &options, &arena, &err),
			 0);
	assert_int_equal(findings.count, 0);
	rel_buf_free(&text);
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_series),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_licenses),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
