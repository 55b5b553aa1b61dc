/* The notes of a release: its entry of the change log. */
#include <limits.h>

#include "base/limits.h"
#include "git/sign.h"
#include "opam/version.h"
#include "publish/address.h"
#include "release/cut/cut_private.h"
#include "release/source/changelog.h"
#include "release/source/numbering.h"

static bool starts_rune(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t rel_notes_length(struct rel_str notes)
{
	size_t n = 0;

	for (size_t i = 0; i < notes.len; i++)
		n += starts_rune(notes.ptr[i]);
	return n;
}

/* The bytes of the first `n` characters. */
static size_t bytes_of(struct rel_str notes, size_t n)
{
	size_t at = 0;

	while (at < notes.len && (n > 0 || !starts_rune(notes.ptr[at])))
		n -= starts_rune(notes.ptr[at++]);
	return at;
}

/* The end of the last paragraph, or line, in the second half. */
static size_t good_end(struct rel_str notes)
{
	size_t line = 0;

	for (size_t i = notes.len; i > notes.len / 2; i--) {
		if (notes.ptr[i - 1] != '\n')
			continue;
		if (line == 0)
			line = i;
		if (i > 1 && notes.ptr[i - 2] == '\n')
			return i - 1;
	}
	return line ? line : notes.len;
}

/* The fence of a block of code that is open at the end; empty = none. */
static struct rel_str open_fence(struct rel_str notes)
{
	struct rel_str fence = REL_STR("");

	while (notes.ptr) {
		struct rel_str line = rel_str_trim(rel_str_cut(&notes, '\n'));
		size_t n = 0;

		while (n < line.len && line.ptr[n] == line.ptr[0])
			n++;
		if (fence.len) {
			if (n == line.len && rel_str_starts(line, fence))
				fence = REL_STR("");
		} else if (n >= 3 && strchr("`~", line.ptr[0]) &&
			   rel_str_find(rel_str_sub(line, n, line.len), '`') +
				   n ==
			       line.len) {
			fence = rel_str_sub(line, 0, n);
		}
	}
	return fence;
}

int rel_notes_shorten(struct rel_buf *out, struct rel_str notes, size_t limit,
		      struct rel_str rest)
{
	/* line ends, and a fence that is closed */
	size_t room = rel_notes_length(rest) + 64;
	struct rel_str kept = notes, fence;

	if (limit == 0 || rel_notes_length(notes) <= limit)
		return rel_buf_add_str(out, notes);
	kept.len = bytes_of(notes, limit > room ? limit - room : 0);
	kept.len = good_end(kept);
	fence = open_fence(kept);
	/* one that is longer than the room for it is no fence */
	fence.len = fence.len < 32 ? fence.len : 32;
	rel_buf_add_str(out, kept);
	if (kept.len && kept.ptr[kept.len - 1] != '\n')
		rel_buf_add_char(out, '\n');
	if (fence.len) {
		rel_buf_add_str(out, fence);
		rel_buf_add_char(out, '\n');
	}
	rel_buf_add_char(out, '\n');
	rel_buf_add_str(out, rest);
	return rel_buf_add_char(out, '\n');
}

int rel_notes_add_message(struct rel_buf *out, struct rel_str notes)
{
	bool ended = notes.len && notes.ptr[notes.len - 1] == '\n';

	if (ended)
		notes.len--;
	while (notes.ptr) {
		struct rel_str line = rel_str_cut(&notes, '\n');

		if (line.len && rel_git_signature_at(line) == 0)
			rel_buf_add_char(out, ' ');
		rel_buf_add_str(out, line);
		if (notes.ptr || ended)
			rel_buf_add_char(out, '\n');
	}
	return out->status;
}

static int find(struct rel_changelog *out, struct rel_cut *cut,
		struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_changelog_options request = {
	    .file = conf ? conf->changelog : NULL,
	    .packages = cut->chosen,
	    .n_packages = cut->n_chosen,
	    .version = rel_str_of(cut->plan.version),
	    .time = cut->plan.author.time};

	return rel_changelog_find(out, cut->project, &request, err);
}

/* A heading that says that it is not released, in a release. */
static int add_undated(struct rel_cut *cut,
		       const struct rel_changelog_undated *u,
		       struct rel_error *err)
{
	struct rel_str heading = rel_str_sub(u->heading, 0, 60);

	if (cut->options->tag)
		return rel_cut_find(
		    cut, REL_CUT_ERROR, u->path, u->line, err,
		    "the heading \"%.*s\" is in what was tagged; make it "
		    "\"%.*s\" and tag that, or have `relctl cut "
		    "--date-changelog` do both",
		    REL_STR_ARG(heading), REL_STR_ARG(u->dated));
	if (u->versioned)
		return rel_cut_find(
		    cut, REL_CUT_ERROR, u->path, u->line, err,
		    "the heading \"%.*s\" says that %s is not released; make "
		    "it \"%.*s\", or pass --date-changelog",
		    REL_STR_ARG(heading), cut->plan.version,
		    REL_STR_ARG(u->dated));
	return rel_cut_find(
	    cut, REL_CUT_ERROR, u->path, u->line, err,
	    "no entry for %s, and what changed is below \"%.*s\"; make that "
	    "heading \"%.*s\", or pass --date-changelog",
	    cut->plan.version, REL_STR_ARG(heading), REL_STR_ARG(u->dated));
}

static int warn(struct rel_cut *cut, const struct rel_changelog_remark *r,
		struct rel_error *err)
{
	struct rel_str heading = rel_str_sub(r->heading, 0, 60);

	if (r->text.len == 0)
		return rel_cut_find(cut, REL_CUT_MINOR, r->path, r->line, err,
				    "the section \"%.*s\" is empty",
				    REL_STR_ARG(heading));
	return rel_cut_find(cut, REL_CUT_WARNING, r->path, r->line, err,
			    "all that \"%.*s\" says is \"%.*s\"",
			    REL_STR_ARG(heading),
			    REL_STR_ARG(rel_str_sub(r->text, 0, 60)));
}

bool rel_cut_is_prerelease(const struct rel_cut *cut)
{
	struct rel_buf instead;
	bool misplaced;

	rel_buf_init(&instead, REL_KIB);
	misplaced =
	    rel_numbering_is_misplaced(&instead, rel_str_of(cut->plan.version));
	rel_buf_free(&instead);
	return misplaced || strchr(cut->plan.version, '~');
}

/* Notes that were given go into the plan. */
static int take_given(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf text;
	char *copy;
	int rc;

	rel_buf_init(&text, REL_LIMIT_NOTES_FILE_BYTES);
	rel_changelog_normalise(&text, cut->options->notes);
	rc = rel_buf_status(&text, "the text of --notes", err);
	if (rc == 0 && !rel_str_is_utf8(rel_buf_str(&text), NULL))
		rc = rel_fail(err, REL_EPARSE,
			      "the text of --notes is not in UTF-8");
	if (rc == 0 && text.len && memchr(text.ptr, '\0', text.len))
		rc = rel_fail(err, REL_EPARSE,
			      "the text of --notes holds a byte 0");
	if (rc == 0 && text.len == 0)
		rc = rel_fail(err, REL_EPARSE, "the text of --notes is empty");
	copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
	if (rc == 0 && !copy)
		rc = rel_fail_nomem(err);
	cut->plan.notes = rel_str_n(copy, text.len);
	rel_buf_free(&text);
	return rc;
}

/* Say where notes will be shortened; one that even the tag cannot hold is a
 * finding. */
static int check_length(struct rel_cut *cut, struct rel_error *err)
{
	size_t limit = rel_publisher_notes_limit(cut->publisher), length;
	struct rel_str notes;
	int rc = rel_cut_notes(&notes, cut, err);

	if (rc)
		return rc;
	if (notes.len > REL_LIMIT_NOTES_BYTES)
		rc = rel_cut_find(
		    cut, REL_CUT_ERROR, NULL, 0, err,
		    "the notes of the release have %zu bytes, the message of "
		    "a tag at most %zu; give shorter ones with --notes FILE",
		    notes.len, (size_t)REL_LIMIT_NOTES_BYTES);
	length = rel_notes_length(notes);
	if (limit && length > limit)
		rel_cut_tell(
		    cut, REL_CUT_PREFLIGHT,
		    "notes of %zu characters: the forge takes %zu, and "
		    "gets a link to the rest; the tag has all",
		    length, limit);
	return rc;
}

int rel_cut_take_notes(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const struct rel_cut_options *opt = cut->options;
	bool none = opt->no_changelog || (conf && conf->no_changelog);
	bool date = opt->date_changelog || (conf && conf->date_changelog);
	struct rel_changelog entry;
	int rc;

	cut->plan.no_changelog = none;
	cut->plan.date_changelog = date && !opt->tag;
	if (opt->notes.ptr) {
		rc = take_given(cut, err);
		if (rc)
			return rc;
	}
	if (none)
		return 0;
	rc = find(&entry, cut, err);
	/* without an entry, notes that were given do */
	if (rc == REL_ENOTFOUND && opt->notes.ptr)
		return check_length(cut, err);
	if (rc == REL_ENOTFOUND) {
		struct rel_error why = *err;

		return rel_cut_find(cut, REL_CUT_ERROR,
				    *why.path ? why.path : NULL, why.line, err,
				    "%s", why.text);
	}
	if (rc)
		return rc;
	for (uint32_t i = 0; rc == 0 && i < entry.n_remarks && !opt->notes.ptr;
	     i++)
		rc = warn(cut, &entry.remarks[i], err);
	for (uint32_t i = 0;
	     rc == 0 && i < entry.n_undated && !cut->plan.date_changelog; i++) {
		/* what is below "Unreleased" may be about another version */
		if (entry.undated[i].versioned || !opt->notes.ptr)
			rc = add_undated(cut, &entry.undated[i], err);
	}
	return rc ? rc : check_length(cut, err);
}

int rel_cut_date_changelog(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_changelog entry;
	int rc;

	if (cut->plan.no_changelog || !cut->plan.date_changelog)
		return 0;
	rc = find(&entry, cut, err);
	/* that it is missing was found before */
	if (rc == REL_ENOTFOUND)
		return 0;
	for (uint32_t i = 0; rc == 0 && i < entry.n_undated; i++) {
		const struct rel_changelog_undated *u = &entry.undated[i];
		struct rel_bump_site site = {.path = u->path,
					     .start = u->start,
					     .end = u->end,
					     .text = u->text,
					     .was = u->heading,
					     .now = u->dated};

		rc = rel_bump_replace(&cut->bump, cut->project, &site, err);
	}
	return rc;
}

int rel_cut_notes(struct rel_str *out, struct rel_cut *cut,
		  struct rel_error *err)
{
	struct rel_changelog entry;
	int rc;

	*out = REL_STR("");
	if (cut->plan.notes.len)
		*out = cut->plan.notes;
	if (cut->plan.notes.len || cut->plan.no_changelog)
		return 0;
	rc = find(&entry, cut, err);
	if (rc == 0)
		*out = entry.text;
	return rc;
}

/* "The rest is in [CHANGES.md](https://…)." */
static int add_rest(struct rel_buf *out, struct rel_cut *cut,
		    struct rel_error *err)
{
	struct rel_changelog entry = {.path = NULL};
	struct rel_buf page;
	int rc = cut->plan.notes.len ? 0 : find(&entry, cut, err);

	if (rc)
		return rc;
	rel_buf_init(&page, REL_LIMIT_CONFIG_BYTES);
	rc = rel_publisher_page(&page, cut->publisher, cut->plan.tag,
				entry.path, err);
	if (rc == 0 && page.len && entry.path)
		rel_buf_printf(out, "The rest is in [%s](%s).", entry.path,
			       page.ptr);
	else if (rc == 0 && page.len)
		rel_buf_printf(out,
			       "The rest is in the message of the tag "
			       "[%s](%s).",
			       cut->plan.tag, page.ptr);
	else
		rel_buf_printf(out, "The rest is in the message of the tag %s.",
			       cut->plan.tag);
	rel_buf_free(&page);
	return rc ? rc : rel_buf_status(out, "notes", err);
}

int rel_cut_short_notes(struct rel_str *out, struct rel_cut *cut, size_t limit,
			struct rel_error *err)
{
	struct rel_buf text, rest;
	char *copy;
	int rc = rel_cut_notes(out, cut, err);

	if (rc || limit == 0 || rel_notes_length(*out) <= limit)
		return rc;
	rel_buf_init(&text, REL_LIMIT_NOTES_BYTES);
	rel_buf_init(&rest, REL_LIMIT_CONFIG_BYTES);
	rc = add_rest(&rest, cut, err);
	if (rc == 0) {
		rel_notes_shorten(&text, *out, limit, rel_buf_str(&rest));
		rc = rel_buf_status(&text, "notes", err);
	}
	copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
	*out = rel_str_n(copy, text.len);
	rel_buf_free(&rest);
	rel_buf_free(&text);
	return rc || copy ? rc : rel_fail_nomem(err);
}
