/* Patterns with wildcards, as .gitignore has them. */
#ifndef REL_BASE_GLOB_H
#define REL_BASE_GLOB_H

#include "base/str.h"

/*
 * Does `pattern` match the whole of `text`?  `*`, `?`, `[…]` with ranges,
 * negation and [:classes:], and `\` before any character; byte-wise and
 * case-sensitive.
 * pathname  `*`, `?` and `[…]` do not match a slash, and `**` between slashes
 *           (or at an end) stands for any number of directories
 * A class that is not closed or named matches nothing.  Takes time of at most
 * pattern × text × text.
 * Source  gitignore(5), "PATTERN FORMAT"; git wildmatch.c, dowild()
 */
bool rel_glob(struct rel_str pattern, struct rel_str text, bool pathname);

#endif
