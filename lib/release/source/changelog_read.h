/*
 * The headings of a change log, and what they are about; behind changelog.h.
 */
#ifndef REL_RELEASE_CHANGELOG_READ_H
#define REL_RELEASE_CHANGELOG_READ_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "release/source/changelog.h"

enum rel_changelog_form {
	REL_CHANGELOG_MARKDOWN,
	REL_CHANGELOG_ASCIIDOC,
	REL_CHANGELOG_PLAIN,
	REL_CHANGELOG_ORG,
	REL_CHANGELOG_RST,
	REL_CHANGELOG_FORMS,
};

/* Levels are at most this; deeper ones are no headings. */
#define REL_CHANGELOG_LEVELS 100
/* A title that is made anew; git shows 80 columns of one. */
#define REL_CHANGELOG_TITLE_MAX REL_KIB

struct rel_changelog_heading {
	unsigned level;	      /* from 1, the outermost */
	uint32_t line;	      /* from 1 */
	struct rel_str title; /* without the marks of a heading; borrowed */
	/* bytes: of its first line, or of an anchor, a rule or an overline
	 * before that; and behind its last */
	size_t start, body;
};

/* Bytes [start, end) that are no notes: a comment, or a definition of a link
 * under a label. */
struct rel_changelog_drop {
	size_t start, end;
	struct rel_str label; /* empty = a comment */
	bool used;	      /* rel_changelog_add_links() notes it */
};

struct rel_changelog_outline {
	struct rel_changelog_heading *items; /* malloc'd, in order */
	uint32_t count, cap;
	struct rel_changelog_drop *drops; /* malloc'd, in order, apart */
	uint32_t n_drops, drops_cap;
	enum rel_changelog_form form;
	struct rel_str text; /* borrowed */
};

/*
 * Find the headings of `text` in the form that the file's name says, or in
 * the one that gives most headings with a version when the name says none or
 * it gives none.
 * Source  CommonMark 0.31; docutils' reStructuredText specification;
 *         https://docs.asciidoctor.org/asciidoc/latest/; the Org manual
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

/* Is the heading about `version`, alone or in a list?  loose: "1.1-rc1" is
 * 1.1~rc1. */
bool rel_changelog_has_version(struct rel_str title, struct rel_str version,
			       bool loose);

/* Does a word of the heading name the package: "name", "name.1.0",
 * "name-1.0"?  *alone: the heading has no other word. */
bool rel_changelog_has_name(struct rel_str title, struct rel_str name,
			    bool *alone);

enum rel_changelog_kind {
	REL_CHANGELOG_NONE,    /* a section, which may mention a version */
	REL_CHANGELOG_LOOSE,   /* starts with a version, "1.0 is out" */
	REL_CHANGELOG_NAMED,   /* "name 1.0 (date)": a release of `name` */
	REL_CHANGELOG_RELEASE, /* "1.0 (date)", "Version 1.0", "Unreleased" */
};
/* Is it the heading of a release? */
enum rel_changelog_kind rel_changelog_kind(struct rel_str title);

/* What says that a release is not out yet. */
struct rel_changelog_unreleased {
	struct rel_str version; /* beside it, without "v"; empty = none */
	size_t start, end;	/* bytes of the title that say so */
	bool suffix;		/* "-dev" of "1.1-dev" */
	bool leads;		/* they stand before the version */
};
/* Does the heading say so: "Unreleased", "1.1 (TBD)", "1.1 - XXXX-XX-XX"? */
bool rel_changelog_unreleased(struct rel_changelog_unreleased *out,
			      struct rel_str title);

/* Bytes of a title. */
struct rel_changelog_places {
	size_t version, version_end; /* of the first version, with its "v" */
	size_t date, date_end;	     /* of the first date; both 0 = none */
	size_t others;		     /* words that are neither, nor a lead */
};
/* false: it has no version. */
bool rel_changelog_places(struct rel_changelog_places *out,
			  struct rel_str title);

/* "May", "Sept", in letters of any case */
bool rel_changelog_is_month(struct rel_str word);
/* Is `a`, but for the case of its letters, `lower`? */
bool rel_changelog_same_letters(struct rel_str a, const char *lower);

/* Would a line of plain text with this content be the heading of a release? */
bool rel_changelog_is_release_line(struct rel_str line);

/* Append the bytes [from, to) but for what the outline drops. */
void rel_changelog_add_kept(struct rel_buf *out,
			    const struct rel_changelog_outline *outline,
			    size_t from, size_t to);
/* Append the definitions of links that `out` uses. */
void rel_changelog_add_links(struct rel_buf *out,
			     const struct rel_changelog_outline *outline);

/* Does the text between heading `at` and `end` say nothing?  *text: what it
 * says, "TBD", at *line; or empty, and the line of the heading. */
bool rel_changelog_idle(struct rel_str *text, uint32_t *line,
			const struct rel_changelog_outline *outline,
			uint32_t at, size_t end);

/*
 * Make of heading `at`, which `mark` says is unreleased, that of a release of
 * `version` at `time`, in the form of the other headings.  Sets dated, start,
 * end and text.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_changelog_date(
    struct rel_changelog_undated *out,
    const struct rel_changelog_outline *outline, uint32_t at,
    const struct rel_changelog_unreleased *mark, struct rel_str version,
    int64_t time, struct rel_arena *arena, struct rel_error *err);

#endif
