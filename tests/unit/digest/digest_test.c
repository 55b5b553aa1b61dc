#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "base/process.h"
#include "digest/digest.h"
#include "support/support.h"

/* RFC 1321 A.5; FIPS 180-2 B.1 and C.1. */
#define MD5_ABC "900150983cd24fb0d6963f7d28e17f72"
#define SHA256_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA512_ABC                                                         \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static const char *const ABC[REL_DIGEST_ALGOS] = {
    "md5=" MD5_ABC,
    "sha256=" SHA256_ABC,
    "sha512=" SHA512_ABC,
};

static void assert_digest(const struct rel_digest *digest, const char *expected)
{
	char text[REL_DIGEST_TEXT_MAX];

	assert_int_equal(rel_digest_format(text, digest), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_known(void **state)
{
	struct rel_error err = {0};

	(void)state;
	for (int i = 0; i < REL_DIGEST_ALGOS; i++) {
		struct rel_digest digest;

		assert_int_equal(rel_digest_of(&digest, (enum rel_digest_algo)i,
					       REL_STR("abc"), &err),
				 0);
		assert_digest(&digest, ABC[i]);
	}
}

static void test_stream(void **state)
{
	struct rel_digest out[REL_DIGEST_ALGOS] = {0};
	struct rel_error err = {0};
	struct rel_hasher hasher;

	(void)state;
	assert_int_equal(rel_hasher_init(&hasher, REL_DIGEST_MASK_ALL, &err),
			 0);
	rel_hasher_update(&hasher, "a", 1);
	rel_hasher_update(&hasher, "", 0);
	rel_hasher_update(&hasher, "bc", 2);
	assert_int_equal(rel_hasher_finish(out, &hasher, &err), 0);
	for (int i = 0; i < REL_DIGEST_ALGOS; i++)
		assert_digest(&out[i], ABC[i]);
	rel_hasher_free(&hasher);
	rel_hasher_free(&hasher);
}

static void test_mask(void **state)
{
	struct rel_digest out[REL_DIGEST_ALGOS];
	struct rel_error err = {0};
	struct rel_hasher hasher;

	(void)state;
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(rel_hasher_init(&hasher, REL_DIGEST_MASK_SHA256, &err),
			 0);
	rel_hasher_update(&hasher, "abc", 3);
	assert_int_equal(rel_hasher_finish(out, &hasher, &err), 0);
	rel_hasher_free(&hasher);
	assert_digest(&out[REL_DIGEST_SHA256], ABC[REL_DIGEST_SHA256]);
	assert_int_equal(out[REL_DIGEST_MD5].bytes[0], 0x5a);
	assert_int_equal(out[REL_DIGEST_SHA512].bytes[0], 0x5a);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *expected;
	} GOOD[] = {
	    {"md5=" MD5_ABC, "md5=" MD5_ABC},
	    {MD5_ABC, "md5=" MD5_ABC},
	    {"900150983CD24FB0D6963F7D28E17F72", "md5=" MD5_ABC},
	    {"MD5=" MD5_ABC, "md5=" MD5_ABC},
	    {"Sha256=" SHA256_ABC, "sha256=" SHA256_ABC},
	    {"sha512=" SHA512_ABC, "sha512=" SHA512_ABC},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		struct rel_error err = {0};
		struct rel_digest digest;

		assert_int_equal(
		    rel_digest_parse(&digest, rel_str_of(GOOD[i].text), &err),
		    0);
		assert_digest(&digest, GOOD[i].expected);
	}
}

static void test_parse_bad(void **state)
{
	static const char *const BAD[] = {
	    "",
	    "=",
	    "md5=",
	    "=" MD5_ABC,
	    "md5=" MD5_ABC "0",
	    "md5=" MD5_ABC "\n",
	    " md5=" MD5_ABC,
	    "md5==" MD5_ABC,
	    "sha256=" MD5_ABC,
	    "sha384=" SHA256_ABC,
	    "sha1=" MD5_ABC,
	    SHA256_ABC,
	    "md5=g00150983cd24fb0d6963f7d28e17f72",
	    "md5=900150983cd24fb0d6963f7d28e17f7-",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct rel_error err = {0};
		struct rel_digest digest;

		assert_int_equal(
		    rel_digest_parse(&digest, rel_str_of(BAD[i]), &err),
		    REL_EPARSE);
		assert_int_not_equal(err.text[0], '\0');
	}
}

static void test_order(void **state)
{
	struct rel_digest md5, sha256, sha512, other;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(
	    rel_digest_of(&md5, REL_DIGEST_MD5, REL_STR("z"), &err), 0);
	assert_int_equal(
	    rel_digest_of(&sha256, REL_DIGEST_SHA256, REL_STR("abc"), &err), 0);
	assert_int_equal(
	    rel_digest_of(&sha512, REL_DIGEST_SHA512, REL_STR("b"), &err), 0);
	assert_true(rel_digest_cmp(&md5, &sha256) < 0);
	assert_true(rel_digest_cmp(&sha512, &sha256) > 0);
	assert_true(rel_digest_cmp(&sha512, &md5) > 0);
	assert_int_equal(rel_digest_cmp(&sha256, &sha256), 0);
	other = sha256;
	other.bytes[31]++;
	assert_true(rel_digest_cmp(&sha256, &other) < 0);
	assert_int_equal(rel_digest_expect(&sha256, &sha256, "x", &err), 0);
	assert_int_equal(rel_digest_expect(&other, &sha256, "a.tbz", &err),
			 REL_ECHECKSUM);
	assert_non_null(strstr(err.text, "a.tbz has sha256=ba7816bf"));
	assert_non_null(strstr(err.text, "expected sha256=" SHA256_ABC));
}

/* What `program` prints as the digest of `path`. */
static void other_program(char out[REL_DIGEST_TEXT_MAX], const char *program,
			  const char *path)
{
	const char *argv[] = {program, path, NULL};
	struct rel_error err = {0};
	struct rel_buf text;
	int status = -1;

	rel_buf_init(&text, 4096);
	assert_int_equal(rel_process_run(argv, NULL, NULL, REL_STR(""), &text,
					 NULL, &status, NULL, &err),
			 0);
	assert_int_equal(status, 0);
	snprintf(out, REL_DIGEST_TEXT_MAX, "%.*s",
		 (int)rel_str_find(rel_buf_str(&text), ' '), text.ptr);
	rel_buf_free(&text);
}

static void test_file(void **state)
{
	static const char *const PROGRAMS[] = {"md5sum", "sha256sum",
					       "sha512sum"};
	struct rel_digest out[REL_DIGEST_ALGOS];
	char *dir = rel_test_dir_new(), *path;
	char expected[REL_DIGEST_TEXT_MAX], hex[REL_DIGEST_TEXT_MAX];
	struct rel_error err = {0};
	uint64_t size = 0;
	char bytes[200001];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 >> 3);
	rel_test_write(dir, "f", bytes, sizeof(bytes));
	path = rel_test_text("%s/f", dir);
	assert_int_equal(
	    rel_digest_file(out, REL_DIGEST_MASK_ALL, path, &size, &err), 0);
	assert_int_equal(size, sizeof(bytes));
	for (int i = 0; i < REL_DIGEST_ALGOS; i++) {
		other_program(expected, PROGRAMS[i], path);
		rel_digest_hex(hex, &out[i]);
		assert_string_equal(hex, expected);
	}
	free(path);
	rel_test_dir_free(dir);
}

static void test_file_errors(void **state)
{
	struct rel_digest out[REL_DIGEST_ALGOS];
	char *dir = rel_test_dir_new(), *path;
	struct rel_error err = {0};

	(void)state;
	path = rel_test_text("%s/none", dir);
	assert_int_equal(
	    rel_digest_file(out, REL_DIGEST_MASK_ALL, path, NULL, &err),
	    REL_ENOTFOUND);
	assert_string_equal(err.path, path);
	assert_int_equal(
	    rel_digest_file(out, REL_DIGEST_MASK_ALL, dir, NULL, &err),
	    REL_EIO);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(
	    rel_digest_file(out, REL_DIGEST_MASK_ALL, path, NULL, &err),
	    REL_EIO);
	free(path);
	rel_test_dir_free(dir);
}

/* What `git hash-object --stdin` prints of it. */
static void assert_blob(struct rel_sha1 *sha1, const char *content,
			const char *expected)
{
	uint8_t id[REL_SHA1_BYTES];
	char hex[2 * REL_SHA1_BYTES + 1];
	struct rel_error err = {0};

	rel_sha1_begin_blob(sha1, strlen(content));
	rel_sha1_update(sha1, content, strlen(content));
	assert_int_equal(rel_sha1_finish(id, sha1, &err), 0);
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	assert_string_equal(hex, expected);
}

static void test_git_blob(void **state)
{
	struct rel_sha1 sha1;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_sha1_init(&sha1, &err), 0);
	assert_blob(&sha1, "hello\n",
		    "ce013625030ba8dba906f756967f9e9ca394464a");
	assert_blob(&sha1, "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
	rel_sha1_free(&sha1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),	cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_mask),	cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_bad),	cmocka_unit_test(test_git_blob),
	    cmocka_unit_test(test_order),	cmocka_unit_test(test_file),
	    cmocka_unit_test(test_file_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
