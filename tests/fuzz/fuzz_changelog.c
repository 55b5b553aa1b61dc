/* The headings of change logs: "file name\ntext". */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "release/source/source_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Drops are in order and apart, and what is kept is not more than there was. */
static void check_drops(struct rel_changelog_outline *outline)
{
	struct rel_buf text;
	size_t at = 0;

	for (uint32_t i = 0; i < outline->n_drops; i++) {
		const struct rel_changelog_drop *drop = &outline->drops[i];

		if (drop->start < at || drop->end <= drop->start ||
		    drop->end > outline->text.len)
			__builtin_trap();
		at = drop->end;
	}
	rel_buf_init(&text, REL_LIMIT_CHANGELOG_BYTES);
	rel_changelog_add_kept(&text, outline, 0, outline->text.len);
	if (text.len > outline->text.len)
		__builtin_trap();
	rel_changelog_add_links(&text, outline);
	rel_buf_free(&text);
}

/* A heading that is dated is one line, and not unreleased any more. */
static void check_date(const struct rel_changelog_outline *outline, uint32_t i)
{
	struct rel_changelog_unreleased mark;
	struct rel_changelog_undated undated = {.path = NULL};
	const struct rel_changelog_heading *h = &outline->items[i];
	struct rel_arena arena;

	if (!rel_changelog_unreleased(&mark, h->title))
		return;
	if (mark.start >= mark.end || mark.end > h->title.len)
		__builtin_trap();
	rel_arena_init(&arena, REL_LIMIT_PROJECT_ARENA);
	if (rel_changelog_date(&undated, outline, i, &mark, REL_STR("1.0"),
			       1796083199, &arena, NULL) == 0 &&
	    (undated.start != h->start || undated.end != h->body ||
	     memchr(undated.dated.ptr, '\n', undated.dated.len)))
		__builtin_trap();
	rel_arena_free(&arena);
}

static void check(struct rel_changelog_outline *outline)
{
	size_t at = 0;

	check_drops(outline);
	for (uint32_t i = 0; i < outline->count; i++) {
		const struct rel_changelog_heading *h = &outline->items[i];
		size_t end = rel_changelog_end(outline, i);
		struct rel_str said;
		struct rel_buf text;
		uint32_t line;
		bool alone;

		if (h->level == 0 || h->level > REL_CHANGELOG_LEVELS ||
		    h->line == 0 || h->start < at || h->body <= h->start ||
		    h->body > outline->text.len || end < h->body)
			__builtin_trap();
		at = h->body;
		rel_changelog_has_version(h->title, REL_STR("1.0"), true);
		rel_changelog_kind(h->title);
		rel_changelog_has_name(h->title, REL_STR("a"), &alone);
		if (i > 100)
			continue; /* sections overlap: no quadratic work */
		check_date(outline, i);
		if (rel_changelog_idle(&said, &line, outline, i, end) &&
		    (line < h->line || said.len > end))
			__builtin_trap();
		rel_buf_init(&text, REL_LIMIT_CHANGELOG_BYTES);
		rel_changelog_normalise(
		    &text, rel_str_sub(outline->text, h->body, end));
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
