/* The headings of a change log. */
#include <stdlib.h>

#include "base/array.h"
#include "release/changelog_read.h"

/* Plain text: levels of underlined headings, in order of appearance. */
#define MARKS_MAX 16

struct reader {
	struct rel_changelog_outline *out;
	enum rel_changelog_form form;
	struct rel_str rest; /* behind the current line */
	size_t at, next;     /* bytes: start of the line, and behind it */
	uint32_t number;     /* of the line, from 1 */
	/* the line before, when it can be a title that is underlined */
	struct rel_str above;
	size_t above_at;
	struct rel_str fence; /* open block, in which nothing is a heading */
	char marks[MARKS_MAX + 1];
	struct rel_error *err;
};

static int add(struct reader *r, unsigned level, struct rel_str title,
	       uint32_t line, size_t start)
{
	struct rel_changelog_outline *out = r->out;
	int rc =
	    rel_array_reserve((void **)&out->items, &out->cap,
			      (uint64_t)out->count + 1, sizeof(*out->items));

	if (rc)
		return rel_fail_nomem(r->err);
	out->items[out->count++] = (struct rel_changelog_heading){
	    .level = level,
	    .line = line,
	    .title = rel_str_trim(title),
	    .start = start,
	    .body = r->next,
	};
	r->above = REL_STR("");
	return 0;
}

/* How many times `c` stands at the front. */
static size_t run_of(struct rel_str line, char c)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == c)
		n++;
	return n;
}

/* Nothing but one character of `marks`, `least` times or more. */
static bool is_rule(struct rel_str line, const char *marks, size_t least)
{
	return line.len >= least && line.ptr[0] && strchr(marks, line.ptr[0]) &&
	       run_of(line, line.ptr[0]) == line.len;
}

/* A heading that starts with `mark`, once a level: "## Title ##".  0 = none. */
static unsigned marked_level(struct rel_str line, char mark, unsigned most)
{
	size_t n = run_of(line, mark);

	if (n == 0 || n > most || n == line.len ||
	    (line.ptr[n] != ' ' && line.ptr[n] != '\t'))
		return 0;
	return (unsigned)n;
}

static struct rel_str marked_title(struct rel_str line, char mark)
{
	line = rel_str_trim(rel_str_sub(line, run_of(line, mark), line.len));
	while (mark != '*' && line.len && line.ptr[line.len - 1] == mark)
		line.len--;
	return line;
}

static int add_marked(struct reader *r, struct rel_str line, unsigned level)
{
	return add(r, level, marked_title(line, line.ptr[0]), r->number, r->at);
}

/* The line is the underline of the one above. */
static int add_underlined(struct reader *r, unsigned level)
{
	return add(r, level, r->above, r->number - 1, r->above_at);
}

/* Does the line open or close a block?  Inside one, every line is told so. */
static bool is_fenced(struct reader *r, struct rel_str line, const char *marks,
		      size_t least)
{
	if (r->fence.len) {
		if (rel_str_starts(line, r->fence) &&
		    run_of(line, r->fence.ptr[0]) == rel_str_trim(line).len)
			r->fence = REL_STR("");
		return true;
	}
	if (line.len < least || !line.ptr[0] || !strchr(marks, line.ptr[0]) ||
	    run_of(line, line.ptr[0]) < least)
		return false;
	r->fence = rel_str_sub(line, 0, run_of(line, line.ptr[0]));
	return true;
}

/* CommonMark 0.31: ATX and setext headings, fenced code blocks. */
static int read_markdown(struct reader *r, struct rel_str line)
{
	size_t indent = run_of(line, ' ');
	struct rel_str text = rel_str_trim(line);
	unsigned level;

	if (indent > 3 || text.len == 0) {
		r->above = REL_STR("");
		return 0;
	}
	if (is_fenced(r, text, "`~", 3)) {
		r->above = REL_STR("");
		return 0;
	}
	level = marked_level(text, '#', 6);
	if (level)
		return add_marked(r, text, level);
	if (r->above.len && is_rule(text, "=-", 2))
		return add_underlined(r, text.ptr[0] == '=' ? 1 : 2);
	/* behind a list, "---" is a rule */
	r->above = indent || strchr("-*+>|", text.ptr[0]) ? REL_STR("") : text;
	r->above_at = r->at;
	return 0;
}

/* AsciiDoc: the underline is as long as the title, give or take two;
 * https://docs.asciidoctor.org/asciidoc/latest/sections/titles-and-levels/ */
static int read_asciidoc(struct reader *r, struct rel_str line)
{
	static const char marks[] = "=-~^+";
	struct rel_str text = rel_str_trim(line);
	unsigned level = marked_level(line, '=', 6);

	if (!r->fence.len && level)
		return add_marked(r, line, level);
	level = marked_level(line, '#', 6);
	if (!r->fence.len && level)
		return add_marked(r, line, level);
	if (!r->fence.len && is_rule(text, marks, 2) &&
	    text.len + 2 >= r->above.len && text.len <= r->above.len + 2 &&
	    r->above.len)
		return add_underlined(
		    r, (unsigned)(strchr(marks, text.ptr[0]) - marks) + 1);
	if (text.len == 0 || is_fenced(r, text, "-.=`", 4)) {
		r->above = REL_STR("");
		return 0;
	}
	r->above = text;
	r->above_at = r->at;
	return 0;
}

static int read_org(struct reader *r, struct rel_str line)
{
	unsigned level = marked_level(line, '*', REL_CHANGELOG_LEVELS);

	return level ? add_marked(r, line, level) : 0;
}

/* The level of an underline; 2 for the first kind that is seen. */
static unsigned mark_level(struct reader *r, char mark)
{
	size_t n = strlen(r->marks);
	const char *known = strchr(r->marks, mark);

	if (!known && n < MARKS_MAX)
		r->marks[n] = mark;
	return known ? (unsigned)(known - r->marks) + 2 : (unsigned)n + 2;
}

/* Plain text and reStructuredText: lines of releases are the outermost. */
static int read_plain(struct reader *r, struct rel_str line)
{
	struct rel_str text = rel_str_trim(line);
	int rc = 0;

	if (r->above.len && is_rule(text, "=-~^+*#\"'`:._", 3)) {
		unsigned level = mark_level(r, text.ptr[0]);
		struct rel_changelog_outline *out = r->out;

		/* its title may have been taken for a release's line */
		if (out->count &&
		    out->items[out->count - 1].start == r->above_at)
			out->count--;
		return add_underlined(r, level);
	}
	if (rel_changelog_is_release_line(line))
		rc = add(r, 1, text, r->number, r->at);
	r->above = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t'
		       ? text
		       : REL_STR("");
	r->above_at = r->at;
	return rc;
}

static int read_line(struct reader *r, struct rel_str line)
{
	switch (r->form) {
	case REL_CHANGELOG_MARKDOWN:
		return read_markdown(r, line);
	case REL_CHANGELOG_ASCIIDOC:
		return read_asciidoc(r, line);
	case REL_CHANGELOG_ORG:
		return read_org(r, line);
	default:
		return read_plain(r, line);
	}
}

static int read_form(struct rel_changelog_outline *out, struct rel_str text,
		     enum rel_changelog_form form, struct rel_error *err)
{
	struct reader r = {.out = out, .form = form, .err = err};
	int rc = 0;

	r.above = r.fence = REL_STR("");
	out->count = 0;
	out->text = text;
	while (r.next < text.len && !rc) {
		struct rel_str rest = rel_str_sub(text, r.next, text.len);
		size_t length = rel_str_find(rest, '\n');
		struct rel_str line = rel_str_sub(rest, 0, length);

		r.at = r.next;
		r.next += length < rest.len ? length + 1 : length;
		r.number++;
		if (rel_str_ends(line, REL_STR("\r")))
			line.len--;
		rc = read_line(&r, line);
	}
	return rc;
}

static uint32_t count_versions(const struct rel_changelog_outline *outline)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < outline->count; i++)
		n += rel_changelog_version(outline->items[i].title).len > 0;
	return n;
}

/* The form that the ending of the name tells; FORMS = none. */
static enum rel_changelog_form form_of(struct rel_str name)
{
	static const struct {
		const char *ending;
		enum rel_changelog_form form;
	} endings[] = {
	    {".md", REL_CHANGELOG_MARKDOWN},
	    {".markdown", REL_CHANGELOG_MARKDOWN},
	    {".adoc", REL_CHANGELOG_ASCIIDOC},
	    {".asciidoc", REL_CHANGELOG_ASCIIDOC},
	    {".org", REL_CHANGELOG_ORG},
	    {".rst", REL_CHANGELOG_PLAIN},
	};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (rel_str_ends(name, rel_str_of(endings[i].ending)))
			return endings[i].form;
	}
	return REL_CHANGELOG_FORMS;
}

int rel_changelog_outline(struct rel_changelog_outline *out,
			  struct rel_str text, struct rel_str name,
			  struct rel_error *err)
{
	enum rel_changelog_form form = form_of(name);
	uint32_t best = 0;
	int rc = 0;

	*out = (struct rel_changelog_outline){.text = text};
	if (form != REL_CHANGELOG_FORMS)
		rc = read_form(out, text, form, err);
	if (rc || count_versions(out))
		return rc;
	form = REL_CHANGELOG_PLAIN;
	for (unsigned f = 0; f < REL_CHANGELOG_FORMS && !rc; f++) {
		uint32_t count;

		rc = read_form(out, text, f, err);
		count = count_versions(out);
		if (count > best) {
			best = count;
			form = f;
		}
	}
	return rc ? rc : read_form(out, text, form, err);
}

void rel_changelog_outline_free(struct rel_changelog_outline *outline)
{
	free(outline->items);
}

size_t rel_changelog_end(const struct rel_changelog_outline *outline,
			 uint32_t at)
{
	for (uint32_t i = at + 1; i < outline->count; i++) {
		if (outline->items[i].level <= outline->items[at].level)
			return outline->items[i].start;
	}
	return outline->text.len;
}

int rel_changelog_add_text(struct rel_buf *out, struct rel_str text)
{
	size_t blank = 0;
	bool started = false;

	while (text.ptr) {
		struct rel_str line = rel_str_cut(&text, '\n');

		while (line.len && strchr(" \t\r", line.ptr[line.len - 1]))
			line.len--;
		if (line.len == 0) {
			blank += started;
			continue;
		}
		for (; blank; blank--)
			rel_buf_add_char(out, '\n');
		rel_buf_add_str(out, line);
		rel_buf_add_char(out, '\n');
		started = true;
	}
	return out->status;
}
