/*
 * The headings of a change log, and what they are about; behind changelog.h.
 */
#ifndef REL_RELEASE_CHANGELOG_READ_H
#define REL_RELEASE_CHANGELOG_READ_H

#include "base/buf.h"

enum rel_changelog_form {
	REL_CHANGELOG_MARKDOWN,
	REL_CHANGELOG_ASCIIDOC,
	REL_CHANGELOG_PLAIN,
	REL_CHANGELOG_ORG,
	REL_CHANGELOG_FORMS,
};

/* Levels are at most this; deeper ones are no headings. */
#define REL_CHANGELOG_LEVELS 100

struct rel_changelog_heading {
	unsigned level;	      /* from 1, the outermost */
	uint32_t line;	      /* from 1 */
	struct rel_str title; /* without the marks of a heading; borrowed */
	size_t start, body;   /* bytes: of its first line, behind its last */
};

struct rel_changelog_outline {
	struct rel_changelog_heading *items; /* malloc'd, in order */
	uint32_t count, cap;
	struct rel_str text; /* borrowed */
};

/*
 * Find the headings of `text` in the form that the file's name tells, or in
 * the one that gives most headings with a version when the name tells none or
 * it gives none.
 * Errors  REL_ENOMEM
 * Owner   rel_changelog_outline_free()
 */
REL_MUST_CHECK int rel_changelog_outline(struct rel_changelog_outline *out,
					 struct rel_str text,
					 struct rel_str name,
					 struct rel_error *err);
void rel_changelog_outline_free(struct rel_changelog_outline *outline);

/* Where the section of heading `at` ends: at the next one of its level or
 * above, or at the end of the text. */
size_t rel_changelog_end(const struct rel_changelog_outline *outline,
			 uint32_t at);

/*
 * The version in a heading: its first word that looks like one, or the first
 * date when nothing else does; empty = none.  Without a leading "v".
 */
struct rel_str rel_changelog_version(struct rel_str title);

/* Is the heading about `version`? */
bool rel_changelog_has_version(struct rel_str title, struct rel_str version);

/* Does a word of the heading name the package: "name", "name.1.0",
 * "name-1.0"?  *alone: the heading has no other word. */
bool rel_changelog_has_name(struct rel_str title, struct rel_str name,
			    bool *alone);

/* Would a line of plain text with this content be the heading of a release? */
bool rel_changelog_is_release_line(struct rel_str line);

/*
 * Append lines of a section: LF line ends, no trailing blanks, no blank lines
 * at either end.
 */
int rel_changelog_add_text(struct rel_buf *out, struct rel_str text);

#endif
