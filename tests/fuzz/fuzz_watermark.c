/* Watermarks of a file: replaced they are gone, and nothing else changes. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "release/source/watermark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_watermarks marks;
	struct rel_watermark_place place = {.end = 0};
	size_t kept = 0, before = 0, n = 0;
	struct rel_buf out;

	for (int i = 0; i < REL_WATERMARKS; i++)
		marks.values[i] = REL_STR("x");
	while (rel_watermark_find(&place, text, place.end)) {
		if (place.start < before || place.end > size ||
		    place.end - place.start !=
			strlen(rel_watermark_name(place.which)) + 4)
			__builtin_trap();
		kept += place.start - before;
		before = place.end;
		n++;
	}
	kept += size - before;
	rel_buf_init(&out, 2 * REL_LIMIT_WATERMARK_BYTES);
	if (rel_watermarks_replace(&out, &marks, REL_STR("a.txt"), text,
				   NULL) != 0)
		__builtin_trap();
	if (out.len !=
	    (rel_watermark_is_text(REL_STR("a.txt"), text) ? kept + n : size))
		__builtin_trap();
	rel_buf_free(&out);
	return 0;
}
