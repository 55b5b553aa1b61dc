/* SHA-1 of a stream, for the ids of git's objects and nothing else: it proves
 * no more than git's own ids do. */
#ifndef REL_DIGEST_SHA1_H
#define REL_DIGEST_SHA1_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

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
