#include "base/nearest.h"

#include <limits.h>

#define WORD_MAX 48

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned rel_slips(struct rel_str a, struct rel_str b)
{
	unsigned rows[3][WORD_MAX + 1];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *last = rows[(i + 2) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned differ = a.ptr[i - 1] != b.ptr[j - 1];

			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				      last[j - 1] + differ);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1] &&
			    rows[(i + 1) % 3][j - 2] + 1 < row[j])
				row[j] = rows[(i + 1) % 3][j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}

const char *rel_nearest(struct rel_str word, const char *const words[],
			size_t count)
{
	const char *best = NULL;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < count; i++) {
		struct rel_str other = rel_str_of(words[i]);
		size_t longer = word.len > other.len ? word.len : other.len;
		unsigned slips = rel_slips(word, other);

		if (slips <= (longer + 1) / 3 && slips < least) {
			best = words[i];
			least = slips;
		}
	}
	return best;
}
