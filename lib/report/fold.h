/* Lines of text that are folded to the width of a terminal. */
#ifndef REL_REPORT_FOLD_H
#define REL_REPORT_FOLD_H

#include "base/buf.h"

/*
 * Append `line` to `out`, broken at blanks so that no line is wider than
 * `width` columns (0 = never), the first one `indent` blanks from the left
 * and the others `hang`.  A word wider than that stays whole.  Colours
 * (ESC [ … m) take no room; every other character takes one column.
 * Returns out->status.
 */
int rel_fold(struct rel_buf *out, struct rel_str line, unsigned width,
	     unsigned indent, unsigned hang);

#endif
