/* A pattern and a text, a line each. */
#include <stdint.h>
#include <stdlib.h>

#include "base/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size), pattern;
	bool plain = true;

	/* The time grows with the square of the text. */
	if (size > 4096)
		return 0;
	pattern = rel_str_cut(&text, '\n');
	if (!text.ptr)
		text = REL_STR("");
	/* What matches within directories, matches across them too. */
	if (rel_glob(pattern, text, true) && !rel_glob(pattern, text, false) &&
	    !memmem(pattern.ptr, pattern.len, "**", 2))
		abort();
	/* A pattern of plain characters matches itself alone. */
	for (size_t i = 0; i < pattern.len; i++)
		plain &= !strchr("*?[\\", pattern.ptr[i]);
	if (plain && rel_glob(pattern, text, true) != rel_str_eq(pattern, text))
		abort();
	return 0;
}
