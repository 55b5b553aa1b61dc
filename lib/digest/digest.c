#include "digest/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	size_t size; /* bytes */
	const EVP_MD *(*evp)(void);
} ALGOS[REL_DIGEST_ALGOS] = {
    [REL_DIGEST_MD5] = {"md5", 16, EVP_md5},
    [REL_DIGEST_SHA256] = {"sha256", 32, EVP_sha256},
    [REL_DIGEST_SHA512] = {"sha512", 64, EVP_sha512},
};

const char *rel_digest_name(enum rel_digest_algo algo)
{
	return ALGOS[algo].name;
}

const struct rel_digest *rel_digest_strongest(const struct rel_digest *digests,
					      size_t n)
{
	const struct rel_digest *strongest = digests;

	for (size_t i = 1; i < n; i++)
		if (digests[i].algo > strongest->algo)
			strongest = &digests[i];
	return strongest;
}

const struct rel_digest *rel_digest_find(const struct rel_digest *digests,
					 size_t n, enum rel_digest_algo algo)
{
	for (size_t i = 0; i < n; i++)
		if (digests[i].algo == algo)
			return &digests[i];
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hex digit, or -1. */
static int hex_value(char c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool same_name(struct rel_str text, const char *name)
{
	if (text.len != strlen(name))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (lower(text.ptr[i]) != name[i])
			return false;
	}
	return true;
}

static int parse_hex(struct rel_digest *digest, struct rel_str hex,
		     struct rel_error *err)
{
	size_t size = ALGOS[digest->algo].size;

	if (hex.len != 2 * size)
		return rel_fail(err, REL_EPARSE,
				"%s has %zu hex digits, this text has %zu",
				ALGOS[digest->algo].name, 2 * size, hex.len);
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(hex.ptr[2 * i]);
		int low = hex_value(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return rel_fail(err, REL_EPARSE,
					"not a hexadecimal checksum: %.*s",
					REL_STR_ARG(hex));
		digest->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int rel_digest_parse(struct rel_digest *out, struct rel_str text,
		     struct rel_error *err)
{
	size_t equals = rel_str_find(text, '=');
	struct rel_str name = rel_str_sub(text, 0, equals);
	struct rel_digest digest = {.algo = REL_DIGEST_MD5};
	int algo, rc;

	if (equals == text.len) {
		rc = parse_hex(&digest, text, err);
	} else {
		for (algo = 0; algo < REL_DIGEST_ALGOS; algo++) {
			if (same_name(name, ALGOS[algo].name))
				break;
		}
		if (algo == REL_DIGEST_ALGOS)
			return rel_fail(err, REL_EPARSE,
					"unknown checksum algorithm: %.*s",
					REL_STR_ARG(name));
		digest.algo = (enum rel_digest_algo)algo;
		rc = parse_hex(&digest, rel_str_sub(text, equals + 1, text.len),
			       err);
	}
	if (rc == 0)
		*out = digest;
	return rc;
}

/* The digits and a NUL; `out` has room.  Returns the number of digits. */
static size_t put_hex(char *out, const struct rel_digest *digest)
{
	static const char DIGITS[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < ALGOS[digest->algo].size; i++) {
		out[n++] = DIGITS[digest->bytes[i] >> 4];
		out[n++] = DIGITS[digest->bytes[i] & 15];
	}
	out[n] = '\0';
	return n;
}

size_t rel_digest_hex(char out[REL_DIGEST_TEXT_MAX],
		      const struct rel_digest *digest)
{
	return put_hex(out, digest);
}

size_t rel_digest_format(char out[REL_DIGEST_TEXT_MAX],
			 const struct rel_digest *digest)
{
	size_t n = strlen(ALGOS[digest->algo].name);

	memcpy(out, ALGOS[digest->algo].name, n);
	out[n++] = '=';
	return n + put_hex(out + n, digest);
}

int rel_digest_cmp(const struct rel_digest *a, const struct rel_digest *b)
{
	if (a->algo != b->algo)
		return a->algo < b->algo ? -1 : 1;
	return memcmp(a->bytes, b->bytes, ALGOS[a->algo].size);
}

int rel_hasher_init(struct rel_hasher *hasher, unsigned mask,
		    struct rel_error *err)
{
	*hasher = (struct rel_hasher){.status = 0};
	for (int i = 0; i < REL_DIGEST_ALGOS; i++) {
		EVP_MD_CTX *context;

		if (!(mask & 1u << i))
			continue;
		context = EVP_MD_CTX_new();
		if (!context) {
			rel_hasher_free(hasher);
			return rel_fail_nomem(err);
		}
		hasher->contexts[i] = context;
		if (EVP_DigestInit_ex(context, ALGOS[i].evp(), NULL) != 1) {
			rel_hasher_free(hasher);
			return rel_fail(err, REL_EIO,
					"libcrypto refuses %s on this system",
					ALGOS[i].name);
		}
	}
	return 0;
}

void rel_hasher_update(struct rel_hasher *hasher, const void *ptr, size_t len)
{
	for (int i = 0; i < REL_DIGEST_ALGOS; i++) {
		if (hasher->contexts[i] &&
		    EVP_DigestUpdate(hasher->contexts[i], ptr, len) != 1)
			hasher->status = REL_EIO;
	}
}

int rel_hasher_finish(struct rel_digest out[REL_DIGEST_ALGOS],
		      struct rel_hasher *hasher, struct rel_error *err)
{
	for (int i = 0; i < REL_DIGEST_ALGOS && hasher->status == 0; i++) {
		struct rel_digest digest = {.algo = (enum rel_digest_algo)i};

		if (!hasher->contexts[i])
			continue;
		if (EVP_DigestFinal_ex(hasher->contexts[i], digest.bytes,
				       NULL) != 1)
			hasher->status = REL_EIO;
		else
			out[i] = digest;
	}
	if (hasher->status != 0)
		return rel_fail(err, REL_EIO, "libcrypto cannot hash");
	return 0;
}

void rel_hasher_free(struct rel_hasher *hasher)
{
	if (!hasher)
		return;
	for (int i = 0; i < REL_DIGEST_ALGOS; i++) {
		EVP_MD_CTX_free(hasher->contexts[i]);
		hasher->contexts[i] = NULL;
	}
}

int rel_digest_of(struct rel_digest *out, enum rel_digest_algo algo,
		  struct rel_str bytes, struct rel_error *err)
{
	struct rel_digest digests[REL_DIGEST_ALGOS];
	struct rel_hasher hasher;
	int rc = rel_hasher_init(&hasher, 1u << algo, err);

	if (rc)
		return rc;
	rel_hasher_update(&hasher, bytes.ptr, bytes.len);
	rc = rel_hasher_finish(digests, &hasher, err);
	if (rc == 0)
		*out = digests[algo];
	rel_hasher_free(&hasher);
	return rc;
}

static int add_to_tally(void *context, const void *ptr, size_t len,
			struct rel_error *err)
{
	struct rel_tally *tally = context;

	rel_hasher_update(&tally->hasher, ptr, len);
	tally->size += len;
	if (!tally->next)
		return 0;
	return tally->next->write(tally->next->context, ptr, len, err);
}

struct rel_sink rel_sink_of_tally(struct rel_tally *tally)
{
	return (struct rel_sink){add_to_tally, tally};
}

static int hash_fd(struct rel_tally *tally, int fd, const char *path,
		   struct rel_error *err)
{
	const struct rel_sink sink = rel_sink_of_tally(tally);
	uint64_t size = 0;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return rel_fail_errno(err, errno, path, "cannot read");
	if (!S_ISREG(st.st_mode)) {
		rel_fail(err, REL_EIO, "not a regular file");
		rel_error_at(err, path, 0, 0);
		return REL_EIO;
	}
	return rel_sink_pour(&size, &sink, fd, path, NULL, err);
}

int rel_digest_file(struct rel_digest out[REL_DIGEST_ALGOS], unsigned mask,
		    const char *path, uint64_t *size, struct rel_error *err)
{
	struct rel_tally tally = {.next = NULL};
	int fd, rc;

	/* O_NONBLOCK: a FIFO must not hang us before fstat. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	rc = rel_hasher_init(&tally.hasher, mask, err);
	if (rc == 0)
		rc = hash_fd(&tally, fd, path, err);
	if (rc == 0)
		rc = rel_hasher_finish(out, &tally.hasher, err);
	if (rc == 0 && size)
		*size = tally.size;
	rel_hasher_free(&tally.hasher);
	close(fd);
	return rc;
}

int rel_digest_expect(const struct rel_digest *computed,
		      const struct rel_digest *promised, const char *what,
		      struct rel_error *err)
{
	char has[REL_DIGEST_TEXT_MAX], expected[REL_DIGEST_TEXT_MAX];

	if (rel_digest_cmp(computed, promised) == 0)
		return 0;
	rel_digest_format(has, computed);
	rel_digest_format(expected, promised);
	return rel_fail(err, REL_ECHECKSUM, "%s has %s, expected %s", what, has,
			expected);
}

int rel_sha1_init(struct rel_sha1 *sha1, struct rel_error *err)
{
	*sha1 = (struct rel_sha1){.context = EVP_MD_CTX_new()};
	if (!sha1->context)
		return rel_fail_nomem(err);
	rel_sha1_reset(sha1);
	if (sha1->status == 0)
		return 0;
	rel_sha1_free(sha1);
	return rel_fail(err, REL_EIO, "libcrypto refuses sha1 on this system");
}

void rel_sha1_reset(struct rel_sha1 *sha1)
{
	sha1->status = EVP_DigestInit_ex(sha1->context, EVP_sha1(), NULL) == 1
			   ? 0
			   : REL_EIO;
}

void rel_sha1_begin_blob(struct rel_sha1 *sha1, uint64_t size)
{
	char header[32];

	snprintf(header, sizeof(header), "blob %ju", (uintmax_t)size);
	rel_sha1_reset(sha1);
	rel_sha1_update(sha1, header, strlen(header) + 1);
}

void rel_sha1_update(struct rel_sha1 *sha1, const void *ptr, size_t len)
{
	if (EVP_DigestUpdate(sha1->context, ptr, len) != 1)
		sha1->status = REL_EIO;
}

int rel_sha1_finish(uint8_t out[REL_SHA1_BYTES], struct rel_sha1 *sha1,
		    struct rel_error *err)
{
	if (sha1->status == 0 &&
	    EVP_DigestFinal_ex(sha1->context, out, NULL) == 1)
		return 0;
	return rel_fail(err, REL_EIO, "libcrypto cannot hash");
}

void rel_sha1_free(struct rel_sha1 *sha1)
{
	EVP_MD_CTX_free(sha1->context);
	sha1->context = NULL;
}
