/* "Did you mean …?" */
#ifndef REL_BASE_NEAREST_H
#define REL_BASE_NEAREST_H

#include <stddef.h>

#include "base/str.h"

/*
 * How many letters must be inserted, dropped, replaced or swapped with a
 * neighbour to make `b` of `a`; UINT_MAX when one is too long to be a slip of
 * a key or an option's name (over 48 bytes).
 * Source  optimal string alignment distance (restricted Damerau-Levenshtein).
 */
unsigned rel_slips(struct rel_str a, struct rel_str b);

/*
 * The word of words[0..count) that `word` is most likely a slip of, with at
 * most one slip per three letters.  NULL when none is that near.
 */
const char *rel_nearest(struct rel_str word, const char *const words[],
			size_t count);

#endif
