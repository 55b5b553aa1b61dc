/*
 * lib/digest: md5, sha256 and sha512, streamed, and opam's spelling of them,
 * "algo=hex" (opam src/core/opamHash.ml).  Owner of libcrypto.
 *
 * md5 is here because old manifests have nothing else.  It proves that a
 * download is complete, not that nobody changed it.
 */
#ifndef REL_DIGEST_DIGEST_H
#define REL_DIGEST_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "base/str.h"

/* In order of strength, weakest first, as OpamHash.compare_kind. */
enum rel_digest_algo {
	REL_DIGEST_MD5,
	REL_DIGEST_SHA256,
	REL_DIGEST_SHA512,
};

#define REL_DIGEST_ALGOS     3
#define REL_DIGEST_MAX_BYTES 64
/* "sha512=" + 128 digits + NUL. */
#define REL_DIGEST_TEXT_MAX 136

/* Sets of algorithms: bits 1 << algo. */
enum rel_digest_mask {
	REL_DIGEST_MASK_MD5 = 1 << REL_DIGEST_MD5,
	REL_DIGEST_MASK_SHA256 = 1 << REL_DIGEST_SHA256,
	REL_DIGEST_MASK_SHA512 = 1 << REL_DIGEST_SHA512,
	REL_DIGEST_MASK_ALL = (1 << REL_DIGEST_ALGOS) - 1,
};

struct rel_digest {
	enum rel_digest_algo algo;
	uint8_t bytes[REL_DIGEST_MAX_BYTES]; /* unused tail is zero */
};

/* "md5", "sha256" or "sha512". */
const char *rel_digest_name(enum rel_digest_algo algo);
/* The strongest of `n` > 0. */
const struct rel_digest *rel_digest_strongest(const struct rel_digest *digests,
					      size_t n);
/* The one of this algorithm; NULL = there is none. */
const struct rel_digest *rel_digest_find(const struct rel_digest *digests,
					 size_t n, enum rel_digest_algo algo);

/*
 * Read "algo=hex"; letters of either case, and a text without "=" is md5
 * (OpamHash.of_string_opt).  No blanks allowed.
 * Errors  REL_EPARSE: unknown algorithm, wrong length, not hexadecimal.
 */
REL_MUST_CHECK int rel_digest_parse(struct rel_digest *out, struct rel_str text,
				    struct rel_error *err);

/*
 * Write "algo=hex" (rel_digest_format) or just the hex digits
 * (rel_digest_hex), in small letters, NUL-terminated.  Returns the length.
 */
size_t rel_digest_format(char out[REL_DIGEST_TEXT_MAX],
			 const struct rel_digest *digest);
size_t rel_digest_hex(char out[REL_DIGEST_TEXT_MAX],
		      const struct rel_digest *digest);

/*
 * Weaker algorithm first, then by bytes: < 0, 0, > 0 (OpamHash.compare).
 * Two digests of one algorithm are the same when the result is 0.
 */
int rel_digest_cmp(const struct rel_digest *a, const struct rel_digest *b);

/*
 * Several digests of one stream in one pass.  Not thread-safe; one hasher
 * per stream.  The members are the module's own.
 */
struct rel_hasher {
	void *contexts[REL_DIGEST_ALGOS]; /* NULL: not asked for */
	int status;
};

/*
 * Start; `mask` of enum rel_digest_mask, not empty.
 * Errors  REL_ENOMEM; REL_EIO when libcrypto refuses the algorithm (md5 under
 *         a FIPS policy).  Nothing to free then.
 */
REL_MUST_CHECK int rel_hasher_init(struct rel_hasher *hasher, unsigned mask,
				   struct rel_error *err);
/* Feed bytes; a failure is remembered and reported by rel_hasher_finish. */
void rel_hasher_update(struct rel_hasher *hasher, const void *ptr, size_t len);
/*
 * Write the digests into out[algo] for each algorithm of the mask; other
 * elements are left alone.  Afterwards the hasher can only be freed.
 */
REL_MUST_CHECK int rel_hasher_finish(struct rel_digest out[REL_DIGEST_ALGOS],
				     struct rel_hasher *hasher,
				     struct rel_error *err);
/* Fine on a zeroed struct and twice. */
void rel_hasher_free(struct rel_hasher *hasher);

/* Hashes and counts what goes through.  Start and free the hasher; do not move
 * the struct while it is a sink. */
struct rel_tally {
	struct rel_hasher hasher;
	uint64_t size;
	const struct rel_sink *next; /* where the bytes go on; NULL = nowhere */
};

/* Errors  those of tally->next */
struct rel_sink rel_sink_of_tally(struct rel_tally *tally);

/* The digest of bytes in memory. */
REL_MUST_CHECK int rel_digest_of(struct rel_digest *out,
				 enum rel_digest_algo algo,
				 struct rel_str bytes, struct rel_error *err);

/*
 * The digests of a file's bytes, in one pass, into out[algo] for each
 * algorithm of `mask`.  *size (may be NULL) is the number of bytes read.
 * Errors  REL_ENOTFOUND, REL_EIO (directories and special files too) with
 *         the path; as rel_hasher_init().
 */
REL_MUST_CHECK int rel_digest_file(struct rel_digest out[REL_DIGEST_ALGOS],
				   unsigned mask, const char *path,
				   uint64_t *size, struct rel_error *err);

/*
 * Compare a computed digest with a promised one of the same algorithm.
 * Errors  REL_ECHECKSUM, text "<what> has <computed>, expected <promised>".
 */
REL_MUST_CHECK int rel_digest_expect(const struct rel_digest *computed,
				     const struct rel_digest *promised,
				     const char *what, struct rel_error *err);

/*
 * SHA-1 of a stream, for the ids of git's objects and nothing else: it proves
 * no more than git's own ids do.
 */

#define REL_SHA1_BYTES 20

struct rel_sha1 {
	void *context;
	int status;
};

/* Errors  REL_ENOMEM; REL_EIO when libcrypto refuses SHA-1 */
REL_MUST_CHECK int rel_sha1_init(struct rel_sha1 *sha1, struct rel_error *err);
/* Begin anew, also after a finish. */
void rel_sha1_reset(struct rel_sha1 *sha1);
/* Begin the id that git gives a file of `size` bytes; its content follows. */
void rel_sha1_begin_blob(struct rel_sha1 *sha1, uint64_t size);
void rel_sha1_update(struct rel_sha1 *sha1, const void *ptr, size_t len);
/* Errors  REL_EIO, also for what failed before */
REL_MUST_CHECK int rel_sha1_finish(uint8_t out[REL_SHA1_BYTES],
				   struct rel_sha1 *sha1,
				   struct rel_error *err);
/* Fine on a zeroed struct and twice. */
void rel_sha1_free(struct rel_sha1 *sha1);

#endif
