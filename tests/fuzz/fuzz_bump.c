/* Where versions stand: "pattern\ntext", the text also as META, _oasis and
 * VERSION. */
#include <stddef.h>
#include <stdint.h>

#include "release/source/source_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct rel_spans *spans, size_t size)
{
	size_t at = 0;

	for (uint32_t i = 0; i < spans->count; i++) {
		if (spans->items[i].start < at ||
		    spans->items[i].end <= spans->items[i].start ||
		    spans->items[i].end > size)
			__builtin_trap();
		at = spans->items[i].end;
	}
	rel_spans_free(spans);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_str pattern = rel_str_cut(&text, '\n');
	struct rel_spans spans = {0};
	struct rel_error err = {0};

	if (!text.ptr)
		return 0;
	if (rel_bump_find_pattern(&spans, text, pattern, NULL) == 0)
		check(&spans, text.len);
	spans = (struct rel_spans){0};
	if (rel_bump_find_meta(&spans, text, "META", &err) == REL_EPARSE &&
	    err.line == 0)
		__builtin_trap(); /* a mistake without its place */
	check(&spans, text.len);
	spans = (struct rel_spans){0};
	if (rel_bump_find_oasis(&spans, text, NULL) == 0)
		check(&spans, text.len);
	spans = (struct rel_spans){0};
	if (rel_bump_find_line(&spans, text, REL_STR("1"), NULL) == 0)
		check(&spans, text.len);
	return 0;
}
