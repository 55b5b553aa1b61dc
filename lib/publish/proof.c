#include <inttypes.h>

#include "publish/kind.h"

static int take(void *context, const void *ptr, size_t len,
		struct rel_error *err)
{
	struct rel_publish_proof *proof = context;

	(void)err;
	rel_hasher_update(&proof->hasher, ptr, len);
	proof->size += len;
	return 0;
}

int rel_publish_proof_init(struct rel_publish_proof *proof,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	unsigned mask = 0;

	for (size_t i = 0; i < archive->n_digests; i++)
		mask |= 1u << archive->digests[i].algo;
	*proof = (struct rel_publish_proof){.archive = archive};
	proof->sink = (struct rel_sink){take, proof};
	if (mask == 0)
		return rel_fail(err, REL_EUSAGE,
				"an archive without a checksum cannot be "
				"published");
	return rel_hasher_init(&proof->hasher, mask, err);
}

int rel_publish_proof_end(struct rel_publish_proof *proof, const char *what,
			  bool sized, struct rel_error *err)
{
	const struct rel_publish_archive *archive = proof->archive;
	struct rel_digest found[REL_DIGEST_ALGOS];
	int rc;

	if (sized && proof->size != archive->size)
		return rel_fail(err, REL_ECHECKSUM,
				"%s has %" PRIu64 " bytes, expected %" PRIu64,
				what, proof->size, archive->size);
	rc = rel_hasher_finish(found, &proof->hasher, err);
	for (size_t i = 0; rc == 0 && i < archive->n_digests; i++)
		rc = rel_digest_expect(&found[archive->digests[i].algo],
				       &archive->digests[i], what, err);
	return rc;
}

int rel_publish_fail_other(const char *place, const char *path,
			   struct rel_error *err)
{
	return rel_fail(err, REL_EEXISTS,
			"%s/%s is there and is not this archive; what was "
			"published is never replaced",
			place, path);
}

static int begin(void *context, uint64_t length, struct rel_error *err)
{
	struct rel_publish_proof *proof = context;

	(void)length;
	/* What an attempt that broke off has brought does not count. */
	rel_hasher_free(&proof->hasher);
	return rel_publish_proof_init(proof, proof->archive, err);
}

struct rel_http_sink rel_publish_proof_http(struct rel_publish_proof *proof)
{
	return (struct rel_http_sink){begin, take, proof};
}
