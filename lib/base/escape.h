/*
 * Outside bytes made harmless.  In every kind what is not UTF-8, controls and
 * invisible characters (rel_rune_is_control) show as \n, \r, \t, \xHH or
 * \u{HHHH}, so that no name or manifest can move a terminal's cursor, fake a
 * line or hide; on top of that each kind escapes what its format reads as its
 * own.  So do "##[" and "##vso[" (GitHub, Azure) and "##teamcity[", which CI
 * systems obey anywhere in a log, where every format may be shown.  GitLab's
 * "section_start" needs controls.  JSON needs none of this: see lib/json.
 * Source  actions/runner src/Runner.Common/ActionCommand.cs;
 *	   microsoft/azure-pipelines-agent, Command.cs; JetBrains, "Service
 *	   messages"
 */
#ifndef REL_BASE_ESCAPE_H
#define REL_BASE_ESCAPE_H

#include "base/buf.h"

enum rel_escape {
	/* A "::" at the start of a word too, also after any white space, which
	 * is a command to GitHub where a line begins with it. */
	REL_ESCAPE_TEXT,
	REL_ESCAPE_XML, /* & < > " '; for contents and attributes */
	/* Within a line of GitHub's and GitLab's Markdown, cells of tables
	 * too (spec of GFM, sections 4.10, 6.1, 6.2). */
	REL_ESCAPE_MARKDOWN,
	REL_ESCAPE_CSV, /* inside double quotes (RFC 4180, section 2.7) */
	REL_ESCAPE_DOT, /* inside double quotes, for labels too (escString) */
	/* GitHub workflow commands.  Source  docs.github.com, "Workflow
	 * commands"; actions/toolkit packages/core/src/command.ts */
	REL_ESCAPE_GITHUB_DATA,
	REL_ESCAPE_GITHUB_PROPERTY,
};

/* Append `text`; returns out->status. */
int rel_escape(struct rel_buf *out, enum rel_escape kind, const char *text);

/* The same for text of several lines, whose line ends stay; REL_ESCAPE_TEXT. */
int rel_escape_lines(struct rel_buf *out, const char *text);

/* Is the byte at `at` the second '#' of such a command? */
bool rel_escape_is_hash(struct rel_str s, size_t at);

/* Append `text` in single quotes, as one word of a shell (csh's '!' too);
 * every byte is kept.  Returns out->status. */
int rel_escape_quote(struct rel_buf *out, struct rel_str text);
/* The same, without quotes where no shell needs them. */
int rel_escape_word(struct rel_buf *out, struct rel_str text);

/* Append `text` percent-encoded but for the unreserved characters of RFC 3986
 * and `kept`, '/' in a path, or 0.  Returns out->status. */
int rel_escape_uri(struct rel_buf *out, struct rel_str text, char kept);

#endif
