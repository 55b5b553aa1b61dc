/* Where versions stand in the text of files; behind bump.h. */
#ifndef REL_RELEASE_BUMP_TEXT_H
#define REL_RELEASE_BUMP_TEXT_H

#include "base/error.h"
#include "base/str.h"

/* Bytes [start, end) of a text. */
struct rel_span {
	size_t start, end;
};

struct rel_spans {
	struct rel_span *items; /* malloc'd, in order, apart */
	uint32_t count, cap;
};

void rel_spans_free(struct rel_spans *spans);

/*
 * Add the values, without quotes, of `version = "…"` in a META file: that of
 * the package, and those of its sub-packages that are the same.  None when
 * the package has no version, or none that is one (a template).
 * Source  findlib's manual, "META"; findlib src/findlib/fl_meta.mll
 * Errors  REL_EPARSE with path, line and column; REL_ENOMEM
 */
REL_MUST_CHECK int rel_bump_find_meta(struct rel_spans *out,
				      struct rel_str text, const char *path,
				      struct rel_error *err);

/*
 * Add the value of the field `Version:` of the package in an _oasis file, if
 * it is one.
 * Source  oasis's manual, "OASIS file": names of fields are read without
 *         regard to case, sections follow the package's own fields
 */
REL_MUST_CHECK int rel_bump_find_oasis(struct rel_spans *out,
				       struct rel_str text,
				       struct rel_error *err);

/* Add the first line, if it is a version and nothing else; without its "v"
 * when the new version has none. */
REL_MUST_CHECK int rel_bump_find_line(struct rel_spans *out,
				      struct rel_str text,
				      struct rel_str version,
				      struct rel_error *err);

/*
 * Add each longest version that stands for "{version}" in a place where the
 * pattern fits.  Where nothing bounds it on one side, it starts with a digit.
 */
REL_MUST_CHECK int rel_bump_find_pattern(struct rel_spans *out,
					 struct rel_str text,
					 struct rel_str pattern,
					 struct rel_error *err);

#endif
