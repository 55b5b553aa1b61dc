/* The ledger's text, and the archives of manifests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/audit/archives.h"
#include "release/audit/ledger.h"

/* printf abc | sha256sum, md5sum, sha512sum */
#define SHA256    \
	"sha256=" \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MD5 "md5=900150983cd24fb0d6963f7d28e17f72"
#define SHA512                                                             \
	"sha512="                                                          \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define OTHER  "md5=900150983cd24fb0d6963f7d28e17f73"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define HEAD                                                                \
	"# relctl.ledger/1: published archives; lines are only ever added " \
	"(relctl-freeze(1))\n"

static struct rel_digest digest(const char *text)
{
	struct rel_digest out;

	assert_int_equal(rel_digest_parse(&out, rel_str_of(text), NULL), 0);
	return out;
}

static struct rel_ledger_entry entry(const char *subject)
{
	struct rel_ledger_entry e = {.subject = rel_str_of(subject),
				     .size = 3,
				     .commit = COMMIT,
				     .n_digests = 2};

	e.digests[0] = digest(SHA512);
	e.digests[1] = digest(SHA256);
	return e;
}

static void test_append(void **state)
{
	struct rel_ledger_entry entries[] = {entry("a.1.0"), entry("b.2")};
	struct rel_error err = {0};
	struct rel_buf first, again;
	uint32_t added;

	(void)state;
	rel_buf_init(&first, REL_MIB);
	rel_buf_init(&again, REL_MIB);
	entries[1].size = REL_LEDGER_SIZE_UNKNOWN;
	entries[1].commit[0] = '\0';
	assert_int_equal(rel_ledger_append(&first, &added, (struct rel_str){0},
					   "l", entries, 2, &err),
			 0);
	assert_int_equal(added, 2);
	assert_string_equal(first.ptr,
			    HEAD "a.1.0 3 " COMMIT " " SHA256 " " SHA512 "\n"
				 "b.2 - - " SHA256 " " SHA512 "\n");
	assert_int_equal(rel_ledger_append(&again, &added, rel_buf_str(&first),
					   "l", entries, 2, &err),
			 0);
	assert_int_equal(added, 0);
	assert_string_equal(first.ptr, again.ptr);
	/* a last line without an end, as an editor may leave it */
	rel_buf_clear(&again);
	first.ptr[--first.len] = '\0';
	entries[0].subject = REL_STR("c.1/fix%20it");
	assert_int_equal(rel_ledger_append(&again, &added, rel_buf_str(&first),
					   "l", entries, 1, &err),
			 0);
	assert_int_equal(added, 1);
	assert_non_null(strstr(again.ptr, SHA512 "\nc.1/fix%20it 3 "));
	rel_buf_free(&first);
	rel_buf_free(&again);
}

static void test_other_bytes(void **state)
{
	struct rel_ledger_entry e = entry("a.1.0");
	struct rel_error err = {0};
	struct rel_buf out;

	(void)state;
	e.digests[0] = digest(OTHER);
	e.n_digests = 1;
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_ledger_append(&out, NULL,
					   REL_STR(HEAD "a.1.0 3 - " MD5 "\n"),
					   "l", &e, 1, &err),
			 REL_EEXISTS);
	assert_int_equal(err.line, 2);
	assert_non_null(strstr(err.text, MD5));
	rel_buf_free(&out);
}

static void test_read(void **state)
{
	static const char *const bad[] = {
	    "a.1 3 - " MD5 "\n",
	    "# relctl.ledger/2: x\n",
	    HEAD "a.1 3 - \n",
	    HEAD "a.1 3 -\n",
	    HEAD "a.1 3 " MD5 "\n",
	    HEAD "a.1 three - " MD5 "\n",
	    HEAD "a.1 -3 - " MD5 "\n",
	    HEAD " 3 - " MD5 "\n",
	    HEAD "a.1 3 - " MD5 " " MD5 " " MD5 " " MD5 "\n",
	    HEAD "a.1 3 - " MD5 "x\n",
	    HEAD "a.1 3 - " MD5 "\nb.1 3 - " MD5 "\na.1 3 - " OTHER "\n",
	    /* with something unrelated between them */
	    HEAD "a.1 3 - " MD5 "\na.1 3 - " SHA256 "\na.1 3 - " OTHER "\n",
	};
	struct rel_ledger ledger;
	struct rel_arena arena;
	struct rel_error err = {0};
	const struct rel_ledger_entry *found;
	uint32_t n;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (rel_ledger_read(&ledger, rel_str_of(bad[i]), "l", &arena,
				    &err) != REL_EPARSE)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(
	    rel_ledger_read(&ledger,
			    REL_STR(HEAD "\n# note\nb.1 5 - " MD5
					 "\na.1 - " COMMIT " " SHA256),
			    "l", &arena, &err),
	    0);
	assert_int_equal(ledger.n_entries, 2);
	found = rel_ledger_find(&ledger, REL_STR("b.1"));
	assert_non_null(found);
	assert_int_equal(found->size, 5);
	assert_int_equal(found->line, 4);
	found = rel_ledger_find(&ledger, REL_STR("a.1"));
	assert_string_equal(found->commit, COMMIT);
	assert_true(found->size == REL_LEDGER_SIZE_UNKNOWN);
	assert_null(rel_ledger_find(&ledger, REL_STR("a")));
	assert_null(rel_ledger_find(&ledger, REL_STR("c")));
	/* several lines of one archive say together what it is */
	assert_int_equal(
	    rel_ledger_read(&ledger,
			    REL_STR(HEAD "a.1 - - " MD5 "\na.2 1 - " MD5
					 "\na.1 7 - " SHA256 " " SHA512 "\n"),
			    "l", &arena, &err),
	    0);
	assert_int_equal(ledger.n_entries, 2);
	assert_int_equal(ledger.n_lines, 3);
	found = rel_ledger_find(&ledger, REL_STR("a.1"));
	assert_int_equal(found->n_digests, 3);
	assert_int_equal(found->size, 7);
	assert_int_equal(found->line, 2);
	found = rel_ledger_lines(&ledger, REL_STR("a.1"), &n);
	assert_int_equal(n, 2);
	assert_true(rel_str_is(found[0].text, "a.1 - - " MD5));
	assert_int_equal(found[1].line, 4);
	assert_null(rel_ledger_lines(&ledger, REL_STR("a.3"), &n));
	assert_int_equal(n, 0);
	assert_int_equal(
	    rel_ledger_read(&ledger, (struct rel_str){0}, "l", &arena, &err),
	    0);
	assert_null(rel_ledger_find(&ledger, REL_STR("a")));
	rel_arena_free(&arena);
}

static void test_match(void **state)
{
	struct rel_ledger_entry e = entry("a.1");
	struct rel_digest same[] = {digest(MD5), digest(SHA256),
				    digest(SHA512)};
	struct rel_digest other = digest(SHA256);

	(void)state;
	other.bytes[0] ^= 1;
	assert_int_equal(rel_ledger_match(&e, same, 3), REL_LEDGER_SAME);
	assert_int_equal(rel_ledger_match(&e, same + 1, 2), REL_LEDGER_SAME);
	/* one of the two is missing, be it the stronger or not */
	assert_int_equal(rel_ledger_match(&e, same, 2), REL_LEDGER_WEAKER);
	assert_int_equal(rel_ledger_match(&e, same + 2, 1), REL_LEDGER_WEAKER);
	assert_int_equal(rel_ledger_match(&e, same, 1), REL_LEDGER_UNRELATED);
	assert_int_equal(rel_ledger_match(&e, &other, 1), REL_LEDGER_DIFFERENT);
	/* md5 may go, beside a stronger one */
	e.digests[1] = digest(MD5);
	assert_int_equal(rel_ledger_match(&e, same + 2, 1), REL_LEDGER_SAME);
	assert_int_equal(rel_ledger_match(&e, same, 1), REL_LEDGER_WEAKER);
	e.n_digests = 1;
	e.digests[0] = digest(MD5);
	assert_int_equal(rel_ledger_match(&e, same, 2), REL_LEDGER_SAME);
}

static void test_archives(void **state)
{
	static const char manifest[] =
	    "opam-version: \"2.0\"\n"
	    "extra-source \"p.patch\" { src: \"https://example.org/p\"\n"
	    "  checksum: \"" MD5 "\" }\n"
	    "url {\n"
	    "  src: \"https://example.org/a.tbz\"\n"
	    "  mirrors: [\"https://example.net/a\" \"https://example.com/a\"]\n"
	    "  checksum: [\"" SHA256 "\" \"" SHA512 "\" \"" SHA256 "\" \"x=1\"]"
	    "\n}\n";
	struct rel_archive_of *archives;
	struct rel_arena arena;
	struct rel_error err = {0};
	uint32_t n;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(rel_archives_of(&archives, &n, rel_str_of(manifest),
					 (struct rel_str){0}, "opam", &arena,
					 &err),
			 0);
	assert_int_equal(n, 2);
	assert_true(rel_str_is(archives[0].file, "p.patch"));
	assert_int_equal(archives[0].line, 2);
	assert_null(archives[1].file.ptr);
	assert_true(rel_str_is(archives[1].src, "https://example.org/a.tbz"));
	assert_int_equal(archives[1].n_mirrors, 2);
	assert_int_equal(archives[1].n_digests, 2);
	assert_int_equal(archives[1].digests[1].algo, REL_DIGEST_SHA512);
	/* the legacy file, and who wins */
	assert_int_equal(
	    rel_archives_of(&archives, &n, REL_STR("opam-version: \"1.2\"\n"),
			    REL_STR("archive: \"https://example.org/b\"\n"
				    "checksum: \"900150983cd24fb0d6963f7d28"
				    "e17f72\"\n"),
			    "opam", &arena, &err),
	    0);
	assert_int_equal(n, 1);
	assert_true(rel_str_is(archives[0].src, "https://example.org/b"));
	assert_int_equal(archives[0].digests[0].algo, REL_DIGEST_MD5);
	assert_int_equal(rel_archives_of(&archives, &n, rel_str_of(manifest),
					 REL_STR("archive: \"x\"\n"), "opam",
					 &arena, &err),
			 0);
	assert_int_equal(n, 2);
	assert_int_equal(rel_archives_of(&archives, &n, REL_STR("name: [\n"),
					 (struct rel_str){0}, "opam", &arena,
					 &err),
			 REL_EPARSE);
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_append),   cmocka_unit_test(test_other_bytes),
	    cmocka_unit_test(test_read),     cmocka_unit_test(test_match),
	    cmocka_unit_test(test_archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
