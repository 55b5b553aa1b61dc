/*
 * Notes of a release, for places that take only so much of them, or that read
 * something else into them.
 */
#ifndef REL_RELEASE_NOTES_H
#define REL_RELEASE_NOTES_H

#include "base/buf.h"

/* Characters, not bytes, of UTF-8. */
size_t rel_notes_length(struct rel_str notes);

/*
 * Append as much of the notes as leaves room for `rest`, a line that says
 * where the rest is, in `limit` characters; all of them when they fit.  They
 * end with a paragraph, or a line, and no open block of code.
 * limit   0 = there is none; else at least twice as many as `rest` has
 */
int rel_notes_shorten(struct rel_buf *out, struct rel_str notes, size_t limit,
		      struct rel_str rest);

/* Append the notes as the message of a tag: a line that git would take for
 * the start of a signature is set in. */
int rel_notes_add_message(struct rel_buf *out, struct rel_str notes);

#endif
