/* What the readers of a source share.  Internal to lib/release/source. */
#ifndef REL_RELEASE_SOURCE_PRIVATE_H
#define REL_RELEASE_SOURCE_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "opam/tree.h"
#include "release/source/bump.h"
#include "release/source/changelog.h"
#include "release/source/project.h"
#include "release/source/stale.h"

/*
 * S-expressions as dune writes them: text → tree whose nodes know the bytes
 * they stand for, so that an edit changes only its own.
 *
 * Source  dune src/dune_sexp/lexer.mll (the language of dune files, not that
 *         of jbuild files: comments start with `;` only)
 * Limits  REL_LIMIT_SEXP_BYTES, REL_LIMIT_NESTING
 */
struct rel_sexp {
	bool is_list;
	struct rel_str text;	/* atom: decoded, in the source or the arena */
	bool quoted;		/* atom: was a string */
	uint32_t start, end;	/* bytes of the source, [start, end) */
	uint32_t line, column;	/* from 1, column in bytes */
	struct rel_sexp *first; /* list: its members */
	struct rel_sexp *next;	/* sibling */
};

/*
 * Parse `source` (which must outlive the tree).
 * *out    the first expression at the top; NULL when there is none
 * path    for messages
 * Errors  REL_EPARSE and REL_ELIMIT with path, line and column; REL_ENOMEM
 */
REL_MUST_CHECK int rel_sexp_parse(struct rel_sexp **out,
				  struct rel_arena *arena,
				  struct rel_str source, const char *path,
				  struct rel_error *err);

/* Is it a list whose head is the atom `name`? */
bool rel_sexp_is(const struct rel_sexp *item, const char *name);

/* The first list among the siblings from `items` whose head is the atom
 * `name`; NULL when there is none. */
const struct rel_sexp *rel_sexp_field(const struct rel_sexp *items,
				      const char *name);

/* The atom behind the head of a field, when it is the only member there;
 * else NULL: (version 1.2). */
const struct rel_sexp *rel_sexp_atom(const struct rel_sexp *field);

/* A project while it is read. */
struct rel_project_work {
	struct rel_project *project;
	uint32_t count, cap;	  /* of project->packages, malloc'd for now */
	struct rel_str dune_name; /* (name …); empty = absent */
	struct rel_str dev_repo;  /* the last part of the first one */
	struct rel_sexp *dune_items; /* of dune-project; NULL = absent */
	struct rel_error *err;
};

/* Add a package, its text not read yet; `name` and `path` are in the arena.
 * An empty name is in the file, an empty path is no file. */
REL_MUST_CHECK int rel_project_add(struct rel_project_work *work,
				   struct rel_str name, struct rel_str path);

/* Find and read the opam files. */
REL_MUST_CHECK int rel_project_read_opam(struct rel_project_work *work);

/* Find and read those deeper down that `wanted` matches (NULL = all that may be
 * the project's own) and `unwanted` does not. */
REL_MUST_CHECK int rel_project_read_deeper(
    struct rel_project_work *work, const struct rel_conf_globs *wanted,
    const struct rel_conf_globs *unwanted);

/* Read dune-project, if it is there: before the opam files. */
REL_MUST_CHECK int rel_project_read_dune(struct rel_project_work *work);
/* Join the packages of dune-project with those found: after them. */
REL_MUST_CHECK int rel_project_join_dune(struct rel_project_work *work);

/* Find the project's name; `given` may be NULL. */
REL_MUST_CHECK int rel_project_find_name(struct rel_project_work *work,
					 const char *given);

/* May it be part of a file name, as the conf's names? */
bool rel_project_name_is_valid(struct rel_str name);

/* Where versions are in the text of files. */
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

/* Versions of a source while they are looked for. */
/* A file with versions in it. */
struct rel_bump_file {
	const char *path;
	struct rel_str text;
	enum rel_git_kind kind;
	struct rel_span *spans; /* malloc'd: what will be replaced */
	uint32_t count, cap;
};

struct rel_bump_finder {
	struct rel_project *project;
	struct rel_str version;
	bool *released; /* [n_packages of the project] */
	bool all;
	struct rel_bump_file *files; /* malloc'd */
	uint32_t count, cap;
	struct rel_error *err;
};

/* Whose version a site has: a package by its index, or … */
#define REL_BUMP_OF_PROJECT SIZE_MAX

/* The file at `path`, read once; NULL when there is none.  *out is good until
 * the next call. */
REL_MUST_CHECK int rel_bump_open(struct rel_bump_file **out,
				 struct rel_bump_finder *f, const char *path);

/* Note that the bytes [start, end) of the file are a version of `owner`. */
REL_MUST_CHECK int rel_bump_add(struct rel_bump_finder *f,
				struct rel_bump_file *file, size_t owner,
				size_t start, size_t end);

/* Look into META files, _oasis and VERSION, … */
REL_MUST_CHECK int rel_bump_look_files(struct rel_bump_finder *f);
/* … and where relctl.yml says. */
REL_MUST_CHECK int rel_bump_look_configured(
    struct rel_bump_finder *f, const struct rel_conf_release *release);

/* The headings of a change log, and what they are about. */
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

/* Plain text: levels of underlined headings, in order of appearance. */
#define REL_OUTLINE_MARKS 16

/* A change log while its headings are read. */
struct rel_outline_reader {
	struct rel_changelog_outline *out;
	enum rel_changelog_form form;
	size_t at, next; /* bytes: start of the line, and behind it */
	uint32_t number; /* of the line, from 1 */
	/* the line before, when it can be a title that is underlined */
	struct rel_str above;
	size_t above_at;
	struct rel_str fence; /* open block, in which nothing is a heading */
	size_t fence_indent;  /* of the item that it is in */
	/* Markdown: where the text of the list's item starts, 0 = no list; was
	 * the line before text of it? */
	size_t item;
	bool in_item;
	const char *until; /* open comment or HTML block: what ends it */
	bool dropping;	   /* it is a comment */
	bool endless;	   /* no comment ends any more */
	/* start of the lines that belong to the heading behind them: anchors,
	 * rules; SIZE_MAX = none */
	size_t lead;
	struct rel_str over; /* reStructuredText: a line that may be over one */
	char marks[2 * REL_OUTLINE_MARKS + 1];
	struct rel_error *err;
};

int rel_outline_add(struct rel_outline_reader *r, unsigned level,
		    struct rel_str title, uint32_t line, size_t start);
/* The bytes [start, end) are no notes. */
int rel_outline_drop(struct rel_outline_reader *r, size_t start, size_t end,
		     struct rel_str label);
int rel_outline_drop_line(struct rel_outline_reader *r, struct rel_str label);
/* The line belongs to the heading behind it. */
void rel_outline_take_lead(struct rel_outline_reader *r);
/* A blank line: what stands above it was no title. */
void rel_outline_end_paragraph(struct rel_outline_reader *r);
/* A heading that starts with marks, of rel_outline_level(). */
int rel_outline_add_marked(struct rel_outline_reader *r, struct rel_str line,
			   unsigned level);
/* The line is the underline of the one above. */
int rel_outline_add_underlined(struct rel_outline_reader *r, unsigned level);
/* Does the line open or close a block?  Inside one, every line is said to. */
bool rel_outline_is_fenced(struct rel_outline_reader *r, struct rel_str line,
			   const char *marks, size_t least);
/* How many times `c` stands at the front. */
size_t rel_outline_run(struct rel_str line, char c);
/* Nothing but one character of `marks`, `least` times or more. */
bool rel_outline_is_rule(struct rel_str line, const char *marks, size_t least);
/* A heading that starts with `mark`, once a level: "## Title ##".  0 = none. */
unsigned rel_outline_level(struct rel_str line, char mark, unsigned most);
/* Where `what` begins; text.len when it does not occur. */
size_t rel_outline_find_text(struct rel_str text, const char *what);
/* CommonMark 0.31: ATX and setext headings, fenced code blocks. */
int rel_outline_read_markdown(struct rel_outline_reader *r,
			      struct rel_str line);

/* Words of a title that are looked at; more stand in no heading that is one. */
#define REL_TITLE_WORDS 64

enum rel_title_kind {
	REL_TITLE_OTHER,
	REL_TITLE_VERSION,
	REL_TITLE_DATE,
	REL_TITLE_LEAD, /* "Version", "Changes in" */
};

struct rel_title_word {
	struct rel_str text;   /* without the marks around it */
	struct rel_str number; /* of a version: without name and "v" */
	size_t start, end;     /* in the title, with them */
	enum rel_title_kind kind;
	char next; /* what stands right behind it, 0 at the end */
};

struct rel_title {
	struct rel_str title;
	struct rel_title_word items[REL_TITLE_WORDS];
	size_t count;
};

void rel_title_read(struct rel_title *out, struct rel_str title);
/* Index of the first word of the kind; count when there is none. */
size_t rel_title_find(const struct rel_title *w, enum rel_title_kind kind);
/* Index behind the versions that are listed from `first` on: "1.1, 1.0.1". */
size_t rel_title_behind_versions(const struct rel_title *w, size_t first);
struct rel_str rel_title_without_v(struct rel_str word);
/* `words` ends with NULL; the case of letters is of no account. */
bool rel_title_is_one_of(struct rel_str word, const char *const *words);

static inline bool rel_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool rel_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

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

/* The entry of a version while it is looked for. */
struct rel_changelog_finder {
	struct rel_project *project;
	const struct rel_changelog_options *request;
	struct rel_changelog_outline outline;
	bool *released; /* [n_packages of the project] */
	/* a heading "mesh 1.0" means the project, also when a package is
	 * called so and not released */
	bool stem_is_project;
	/* indices of headings: of the first and the last release */
	uint32_t first_release, last_release;
	struct rel_buf text;
	uint32_t found; /* entries in it */
	const char *path;
	struct rel_changelog_undated *undated; /* malloc'd, as is … */
	struct rel_changelog_remark *remarks;
	uint32_t undated_cap, remarks_cap;
	struct rel_error *err;
};

/* How a heading may name the version, in the order in which it is tried. */
enum rel_changelog_match {
	REL_MATCH_RELEASE, /* as a release */
	REL_MATCH_LOOSE,   /* "1.1-rc1" is 1.1~rc1 */
	REL_MATCH_ANY,	   /* somewhere in it */
	REL_MATCH_UNRELEASED,
	REL_MATCHES,
};

/*
 * Append the entries of the version: the first that is about all packages, or
 * those that name released ones.
 */
REL_MUST_CHECK int rel_changelog_add_entries(struct rel_changelog_finder *f,
					     struct rel_changelog *out,
					     enum rel_changelog_match match);

/* Whether a generated opam file is that of dune-project: */
/* What dune makes it of. */
#define REL_STALE_SOURCE "dune-project"

enum rel_stale_field {
	REL_STALE_DEPENDS,
	REL_STALE_DEPOPTS,
	REL_STALE_CONFLICTS,
	REL_STALE_SYNOPSIS,
	REL_STALE_DESCRIPTION,
	REL_STALE_TAGS,
	REL_STALE_MAINTAINER,
	REL_STALE_AUTHORS,
	REL_STALE_LICENSE,
	REL_STALE_HOMEPAGE,
	REL_STALE_BUG_REPORTS,
	REL_STALE_DOC,
	REL_STALE_FIELDS,
};

struct rel_stale_about {
	const char *opam, *dune;
	bool of_project; /* (package …) takes it from the project */
	bool formula;	 /* its items are dependencies */
};
extern const struct rel_stale_about rel_stale_fields[REL_STALE_FIELDS];

/* A field as a set of items, each written in one way. */
struct rel_stale_items {
	const char *path; /* of the file that says so */
	uint32_t line;	  /* 0 = it does not have the field */
	struct rel_str *texts;
	uint32_t n, cap;
};

struct rel_stale_work {
	const struct rel_stale_options *request;
	struct rel_arena arena;
	struct rel_buf text;
	struct rel_stale_items wanted[REL_STALE_FIELDS],
	    found[REL_STALE_FIELDS];
	const char *template; /* its path; NULL = there is none */
	struct rel_str template_text;
	struct rel_error *err;
};

/* Empty it. */
void rel_stale_reset(struct rel_stale_items *items);
/* All of our fields that an opam file has. */
int rel_stale_read_opam(struct rel_stale_work *w,
			struct rel_stale_items out[REL_STALE_FIELDS],
			struct rel_str text, const char *path);
/* Put what a field has into `items`. */
int rel_stale_read_field(struct rel_stale_work *w,
			 struct rel_stale_items *items,
			 const struct rel_opam_tree *tree, rel_node_id field);
/* Those of dune-project, of the package or else of the project. */
int rel_stale_read_dune(struct rel_stale_work *w, const struct rel_sexp *items,
			const struct rel_sexp *stanza);
/* The name of a dependency, as it is quoted. */
struct rel_str rel_stale_name(struct rel_str item);
/* by_name: another constraint is the same dependency. */
bool rel_stale_has(const struct rel_stale_items *items, struct rel_str text,
		   bool by_name);
/* What dune adds: itself, and odoc from its language 2.7 on. */
int rel_stale_add_own(struct rel_stale_work *w, const struct rel_sexp *items,
		      const struct rel_sexp *stanza);
/* PKG.opam.template, whose fields go before those of dune-project. */
int rel_stale_read_template(struct rel_stale_work *w);
/* (package (name …)); NULL when there is none. */
const struct rel_sexp *rel_stale_find_stanza(const struct rel_sexp *items,
					     struct rel_str package);

#endif
