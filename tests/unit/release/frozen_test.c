/* Changes of manifests, and what they may do to published archives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "release/audit/frozen.h"
#include "support/support.h"

#define HEAD  "opam-version: \"2.0\"\n"
#define MD5_A "md5=00000000000000000000000000000000"
#define MD5_B "md5=11111111111111111111111111111111"
#define SHA_A     \
	"sha256=" \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define SHA_B     \
	"sha256=" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define SHA512                                                             \
	"sha512="                                                          \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define URL(...)                                                         \
	HEAD "url {\n  src: \"https://example.org/a.tgz\"\n  checksum: " \
	     "[" __VA_ARGS__ "]\n}\n"
#define Q(text) "\"" text "\""
#define PATCH(sum)                                                          \
	"extra-source \"fix it\" {\n  src: \"https://example.org/fix\"\n  " \
	"checksum: \"" sum "\"\n}\n"

static int add(void *context, const struct rel_freeze_finding *f,
	       struct rel_error *err)
{
	struct rel_buf *out = context;

	assert_int_equal(f->kind, REL_FREEZE_CHECKSUM);
	rel_buf_printf(out, "%s:%u %s: %s\n", f->path, f->line, f->subject,
		       f->text);
	return rel_buf_status(out, "findings", err);
}

static void expect(const char *old, const char *fresh, const char *expected)
{
	struct rel_frozen_change change = {.name = REL_STR("a"),
					   .version = REL_STR("1"),
					   .path = "opam",
					   .old = rel_str_of(old),
					   .fresh = rel_str_of(fresh)};
	uint32_t findings = 99;
	struct rel_buf out;

	rel_buf_init(&out, REL_MIB);
	assert_int_equal(
	    rel_frozen_compare(&findings, &change, add, &out, NULL), 0);
	assert_string_equal(rel_buf_str(&out).ptr, expected);
	assert_int_equal(findings, expected[0] != '\0');
	rel_buf_free(&out);
}

static void test_url(void **state)
{
	(void)state;
	expect(URL(Q(MD5_A)), URL(Q(MD5_A)), "");
	/* stronger ones may come, and weaker ones go */
	expect(URL(Q(MD5_A)), URL(Q(MD5_A) Q(SHA_A)), "");
	expect(URL(Q(MD5_A) Q(SHA_A)), URL(Q(SHA_A)), "");
	expect(URL(Q(MD5_A) Q(SHA_A)), URL(Q(MD5_A) Q(SHA_A) Q(SHA512)), "");
	/* not the strongest, nor one that was added a step before */
	expect(
	    URL(Q(MD5_A) Q(SHA_A)), URL(Q(MD5_A)),
	    "opam:2 a.1: a checksum that it had is missing; it was published "
	    "with " SHA_A "\n");
	expect(
	    URL(Q(SHA512) Q(SHA_A)), URL(Q(SHA512)),
	    "opam:2 a.1: a checksum that it had is missing; it was published "
	    "with " SHA512 "\n");
	expect(HEAD, URL(Q(MD5_A)), "");
	expect(URL(), URL(Q(MD5_A)), "");
	expect(
	    URL(Q(MD5_A)), URL(Q(MD5_B)),
	    "opam:2 a.1: the checksum has changed; it was published with " MD5_A
	    "\n");
	expect(
	    URL(Q(MD5_A) Q(SHA_A)), URL(Q(MD5_A) Q(SHA_B)),
	    "opam:2 a.1: the checksum has changed; it was published with " SHA_A
	    "\n");
	expect(URL(Q(SHA_A) Q(MD5_A)), URL(),
	       "opam:2 a.1: no checksum is left of those that it had; it was "
	       "published with " SHA_A "\n");
	expect(URL(Q(MD5_A)), URL(Q(SHA_A)),
	       "opam:2 a.1: no checksum is left of those that it had; it was "
	       "published with " MD5_A "\n");
	expect(URL(Q(MD5_A)), HEAD,
	       "opam:1 a.1: the archive is gone; it was published with " MD5_A
	       "\n");
}

static void test_patches(void **state)
{
	(void)state;
	expect(HEAD PATCH(MD5_A), HEAD, "");
	expect(HEAD, HEAD PATCH(MD5_A), "");
	expect(HEAD PATCH(MD5_A), HEAD "build: []\n" PATCH(MD5_B),
	       "opam:3 a.1/fix%20it: the checksum has changed; it was "
	       "published with " MD5_A "\n");
}

static void test_unreadable(void **state)
{
	(void)state;
	expect("url {", URL(Q(MD5_A)), "");
	expect(URL(Q(MD5_A)), "url {", "");
}

/* The file `url` of format 1. */
static void test_legacy(void **state)
{
	struct rel_frozen_change change = {
	    .name = REL_STR("a"),
	    .version = REL_STR("1"),
	    .path = "url",
	    .old = REL_STR("opam-version: \"1.2\"\n"),
	    .fresh = REL_STR("opam-version: \"1.2\"\n"),
	    .old_url =
		REL_STR("archive: \"https://example.org/a.tgz\"\n"
			"checksum: \"00000000000000000000000000000000\"\n"),
	    .fresh_url =
		REL_STR("archive: \"https://example.org/a.tgz\"\n"
			"checksum: \"11111111111111111111111111111111\"\n")};
	uint32_t findings;
	struct rel_buf out;

	(void)state;
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(
	    rel_frozen_compare(&findings, &change, add, &out, NULL), 0);
	assert_int_equal(findings, 1);
	rel_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_url),
	    cmocka_unit_test(test_patches),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_legacy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
