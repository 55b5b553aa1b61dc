#include "digest/sha1.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

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
