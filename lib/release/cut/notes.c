#include "release/cut/notes.h"

#include "git/sign.h"

static bool starts_rune(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t rel_notes_length(struct rel_str notes)
{
	size_t n = 0;

	for (size_t i = 0; i < notes.len; i++)
		n += starts_rune(notes.ptr[i]);
	return n;
}

/* The bytes of the first `n` characters. */
static size_t bytes_of(struct rel_str notes, size_t n)
{
	size_t at = 0;

	while (at < notes.len && (n > 0 || !starts_rune(notes.ptr[at])))
		n -= starts_rune(notes.ptr[at++]);
	return at;
}

/* The end of the last paragraph, or line, in the second half. */
static size_t good_end(struct rel_str notes)
{
	size_t line = 0;

	for (size_t i = notes.len; i > notes.len / 2; i--) {
		if (notes.ptr[i - 1] != '\n')
			continue;
		if (line == 0)
			line = i;
		if (i > 1 && notes.ptr[i - 2] == '\n')
			return i - 1;
	}
	return line ? line : notes.len;
}

/* The fence of a block of code that is open at the end; empty = none. */
static struct rel_str open_fence(struct rel_str notes)
{
	struct rel_str fence = REL_STR("");

	while (notes.ptr) {
		struct rel_str line = rel_str_trim(rel_str_cut(&notes, '\n'));
		size_t n = 0;

		while (n < line.len && line.ptr[n] == line.ptr[0])
			n++;
		if (fence.len) {
			if (n == line.len && rel_str_starts(line, fence))
				fence = REL_STR("");
		} else if (n >= 3 && strchr("`~", line.ptr[0]) &&
			   rel_str_find(rel_str_sub(line, n, line.len), '`') +
				   n ==
			       line.len) {
			fence = rel_str_sub(line, 0, n);
		}
	}
	return fence;
}

int rel_notes_shorten(struct rel_buf *out, struct rel_str notes, size_t limit,
		      struct rel_str rest)
{
	/* line ends, and a fence that is closed */
	size_t room = rel_notes_length(rest) + 64;
	struct rel_str kept = notes, fence;

	if (limit == 0 || rel_notes_length(notes) <= limit)
		return rel_buf_add_str(out, notes);
	kept.len = bytes_of(notes, limit > room ? limit - room : 0);
	kept.len = good_end(kept);
	fence = open_fence(kept);
	/* one that is longer than the room for it is no fence */
	fence.len = fence.len < 32 ? fence.len : 32;
	rel_buf_add_str(out, kept);
	if (kept.len && kept.ptr[kept.len - 1] != '\n')
		rel_buf_add_char(out, '\n');
	if (fence.len) {
		rel_buf_add_str(out, fence);
		rel_buf_add_char(out, '\n');
	}
	rel_buf_add_char(out, '\n');
	rel_buf_add_str(out, rest);
	return rel_buf_add_char(out, '\n');
}

int rel_notes_add_message(struct rel_buf *out, struct rel_str notes)
{
	bool ended = notes.len && notes.ptr[notes.len - 1] == '\n';

	if (ended)
		notes.len--;
	while (notes.ptr) {
		struct rel_str line = rel_str_cut(&notes, '\n');

		if (line.len && rel_git_signature_at(line) == 0)
			rel_buf_add_char(out, ' ');
		rel_buf_add_str(out, line);
		if (notes.ptr || ended)
			rel_buf_add_char(out, '\n');
	}
	return out->status;
}
