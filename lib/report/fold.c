#include "report/fold.h"

/* Columns that `word` takes. */
static size_t columns(struct rel_str word)
{
	size_t count = 0;
	uint32_t rune;

	for (size_t at = 0; at < word.len;) {
		if (word.ptr[at] == '\x1b') {
			at +=
			    rel_str_find(rel_str_sub(word, at, word.len), 'm') +
			    1;
			continue;
		}
		at += rel_str_rune(word, at, &rune);
		count++;
	}
	return count;
}

static void add_blanks(struct rel_buf *out, size_t count)
{
	while (count-- > 0)
		rel_buf_add_char(out, ' ');
}

int rel_fold(struct rel_buf *out, struct rel_str line, unsigned width,
	     unsigned indent, unsigned hang)
{
	size_t at = indent;
	bool fresh = true; /* nothing on this line yet */

	add_blanks(out, indent);
	while (line.ptr) {
		struct rel_str word = rel_str_cut(&line, ' ');
		size_t wide = columns(word);

		if (!fresh && width > 0 && at + 1 + wide > width) {
			rel_buf_add_char(out, '\n');
			add_blanks(out, hang);
			at = hang;
			fresh = true;
		}
		if (!fresh)
			rel_buf_add_char(out, ' ');
		rel_buf_add_str(out, word);
		at += wide + !fresh;
		fresh = false;
	}
	return rel_buf_add_char(out, '\n');
}
