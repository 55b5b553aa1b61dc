/*
 * The change log's entry of a release.
 *
 * Files, the first that is there: CHANGES, CHANGELOG, NEWS, HISTORY, in letters
 * of any case, each with .md, .markdown, .adoc, .asciidoc, .org, .rst, .txt or
 * nothing behind; with one package to release of several, those in PKG/ and
 * src/PKG/ before those at the top.  Or the one that relctl.yml names.
 *
 * Forms, by the file's ending, and for files without one by their headings:
 *	Markdown   # Heading, or underlined with === or ---
 *	AsciiDoc   = Heading, or underlined with === --- ~~~ ^^^ +++
 *	Org	   * Heading
 *	plain	   a line that starts with a version (or with a package's name,
 *		   "version", "release" or a date, then a version) at the
 *		   margin; or underlined
 *
 * The version of a heading is its first word that looks like one, dates
 * aside; brackets, links, a "v" and punctuation around it do not count.  A
 * heading that names packages of the project is about those only.  The entry
 * ends at the heading of another release, of whatever level, and at another
 * heading of its level or above that is no section of it.  Within it, sections
 * whose heading is a package's name are kept for the released packages only.
 *
 * Comments are left out, and so are definitions of links that the entry does
 * not use; those that it uses stand at its end.
 */
#ifndef REL_RELEASE_CHANGELOG_H
#define REL_RELEASE_CHANGELOG_H

#include "release/source/project.h"

struct rel_changelog_options {
	/* from relctl.yml, where "{name}" is the package: one file for each
	 * that is released; NULL = look for it */
	const char *file;
	const size_t *packages; /* to release: rel_project_select() */
	size_t n_packages;
	struct rel_str version;
	int64_t time; /* of the release, in UTC seconds: its date */
};

/* A heading that says that the version is not released: "1.1 (unreleased)",
 * or "Unreleased" where no heading has the version. */
struct rel_changelog_undated {
	const char *path;
	uint32_t line;
	struct rel_str heading; /* as it stands, without markup */
	bool versioned;		/* it has the version */
	struct rel_str dated;	/* as it is to be: "1.1 (2026-11-30)" */
	/* the bytes [start, end) of the file, and what they are to be; lines
	 * above and below the title are as long as it, if they were */
	size_t start, end;
	struct rel_str text;
};

/* What looks unfinished. */
struct rel_changelog_remark {
	const char *path;
	uint32_t line;
	struct rel_str heading; /* of the section */
	struct rel_str text;	/* all that it says, "TBD"; "" = nothing */
};

/* All text lives in the project's arena. */
struct rel_changelog {
	const char *path;	/* of the file */
	uint32_t line;		/* of the heading, from 1 */
	struct rel_str heading; /* as it stands, without markup */
	/* the entry below it: lines end with "\n", no blank ones at either
	 * end, no trailing blanks; several entries each below its heading */
	struct rel_str text;
	struct rel_changelog_undated *undated;
	uint32_t n_undated;
	struct rel_changelog_remark *remarks;
	uint32_t n_remarks;
};

/*
 * Errors  REL_ENOTFOUND: no change log; no entry of that version (the text
 *         has the newest one's heading, and what to do); an empty entry.
 *         REL_EPARSE not UTF-8; REL_ELIMIT; REL_EIO; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_changelog_find(
    struct rel_changelog *out, struct rel_project *project,
    const struct rel_changelog_options *request, struct rel_error *err);

/*
 * Append lines as those of an entry: LF line ends, no trailing blanks, no blank
 * lines at either end.
 */
int rel_changelog_normalise(struct rel_buf *out, struct rel_str text);

/* Is it one of the file names above? */
bool rel_changelog_is_name(struct rel_str name);

#endif
