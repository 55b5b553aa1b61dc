/* "algo=hex": what is read must print and read back the same. */
#include <stdint.h>
#include <stdlib.h>

#include "digest/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_digest digest, again;
	char printed[REL_DIGEST_TEXT_MAX];
	struct rel_error err = {0};

	if (rel_digest_parse(&digest, text, &err) != 0)
		return 0;
	rel_digest_format(printed, &digest);
	if (rel_digest_parse(&again, rel_str_of(printed), &err) != 0 ||
	    rel_digest_cmp(&digest, &again) != 0)
		abort();
	return 0;
}
