/* The headings of change logs: "file name\ntext". */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "release/changelog_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct rel_changelog_outline *outline)
{
	size_t at = 0;

	for (uint32_t i = 0; i < outline->count; i++) {
		const struct rel_changelog_heading *h = &outline->items[i];
		struct rel_buf text;
		bool alone;

		if (h->level == 0 || h->level > REL_CHANGELOG_LEVELS ||
		    h->line == 0 || h->start < at || h->body <= h->start ||
		    h->body > outline->text.len ||
		    rel_changelog_end(outline, i) < h->body)
			__builtin_trap();
		at = h->body;
		rel_changelog_has_version(h->title, REL_STR("1.0"), true);
		rel_changelog_kind(h->title);
		rel_changelog_has_name(h->title, REL_STR("a"), &alone);
		if (i > 100)
			continue; /* sections overlap: no quadratic work */
		rel_buf_init(&text, REL_LIMIT_CHANGELOG_BYTES);
		rel_changelog_normalise(
		    &text, rel_str_sub(outline->text, h->body,
				       rel_changelog_end(outline, i)));
		if (text.len &&
		    (text.ptr[text.len - 1] != '\n' || text.ptr[0] == '\n'))
			__builtin_trap();
		rel_buf_free(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_str name = rel_str_cut(&text, '\n');
	struct rel_changelog_outline outline;

	if (text.ptr && rel_changelog_outline(&outline, text, name, NULL) == 0)
		check(&outline);
	if (text.ptr)
		rel_changelog_outline_free(&outline);
	return 0;
}
