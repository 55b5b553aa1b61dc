/* What a server says, cleaned for an error text. */
#include <stdlib.h>

#include "base/limits.h"
#include "net/net_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rel_http_auth auth = {.password = "hidden"};
	struct rel_buf words;
	size_t bad;

	rel_buf_init(&words, REL_KIB);
	if (rel_http_words(&words, rel_str_n((const char *)data, size),
			   &auth) != 0 ||
	    words.len > 220 || !rel_str_is_utf8(rel_buf_str(&words), &bad) ||
	    memmem(words.ptr ? words.ptr : "", words.len, "hidden", 6))
		abort();
	for (size_t i = 0; i < words.len; i++)
		if ((unsigned char)words.ptr[i] < ' ')
			abort();
	rel_buf_free(&words);
	return 0;
}
