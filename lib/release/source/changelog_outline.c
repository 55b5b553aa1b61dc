/* The headings of a change log. */
#include <stdlib.h>

#include "base/array.h"
#include "release/source/source_private.h"

int rel_outline_add(struct rel_outline_reader *r, unsigned level,
		    struct rel_str title, uint32_t line, size_t start)
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
	    .start = r->lead < start ? r->lead : start,
	    .body = r->next,
	};
	r->above = r->over = REL_STR("");
	r->lead = SIZE_MAX;
	return 0;
}

int rel_outline_drop(struct rel_outline_reader *r, size_t start, size_t end,
		     struct rel_str label)
{
	struct rel_changelog_outline *out = r->out;
	int rc =
	    rel_array_reserve((void **)&out->drops, &out->drops_cap,
			      (uint64_t)out->n_drops + 1, sizeof(*out->drops));

	if (rc)
		return rel_fail_nomem(r->err);
	out->drops[out->n_drops++] = (struct rel_changelog_drop){
	    .start = start, .end = end, .label = label};
	return 0;
}

int rel_outline_drop_line(struct rel_outline_reader *r, struct rel_str label)
{
	return rel_outline_drop(r, r->at, r->next, label);
}

void rel_outline_take_lead(struct rel_outline_reader *r)
{
	if (r->lead == SIZE_MAX)
		r->lead = r->at;
	r->above = REL_STR("");
}

void rel_outline_end_paragraph(struct rel_outline_reader *r)
{
	if (r->above.len)
		r->lead = SIZE_MAX;
	r->above = REL_STR("");
}

size_t rel_outline_run(struct rel_str line, char c)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == c)
		n++;
	return n;
}

bool rel_outline_is_rule(struct rel_str line, const char *marks, size_t least)
{
	return line.len >= least && line.ptr[0] && strchr(marks, line.ptr[0]) &&
	       rel_outline_run(line, line.ptr[0]) == line.len;
}

unsigned rel_outline_level(struct rel_str line, char mark, unsigned most)
{
	size_t n = rel_outline_run(line, mark);

	if (n == 0 || n > most || n == line.len ||
	    (line.ptr[n] != ' ' && line.ptr[n] != '\t'))
		return 0;
	return (unsigned)n;
}

static struct rel_str marked_title(struct rel_str line, char mark)
{
	line = rel_str_trim(
	    rel_str_sub(line, rel_outline_run(line, mark), line.len));
	while (mark != '*' && line.len && line.ptr[line.len - 1] == mark)
		line.len--;
	return rel_str_trim(line);
}

int rel_outline_add_marked(struct rel_outline_reader *r, struct rel_str line,
			   unsigned level)
{
	return rel_outline_add(r, level, marked_title(line, line.ptr[0]),
			       r->number, r->at);
}

int rel_outline_add_underlined(struct rel_outline_reader *r, unsigned level)
{
	return rel_outline_add(r, level, r->above, r->number - 1, r->above_at);
}

bool rel_outline_is_fenced(struct rel_outline_reader *r, struct rel_str line,
			   const char *marks, size_t least)
{
	size_t length = line.len ? rel_outline_run(line, line.ptr[0]) : 0;

	if (r->fence.len) {
		if (rel_str_starts(line, r->fence) && length == line.len)
			r->fence = REL_STR("");
		return true;
	}
	if (length < least || !line.ptr[0] || !strchr(marks, line.ptr[0]))
		return false;
	r->fence = rel_str_sub(line, 0, length);
	return true;
}

size_t rel_outline_find_text(struct rel_str text, const char *what)
{
	const char *found =
	    text.len ? memmem(text.ptr, text.len, what, strlen(what)) : NULL;

	return found ? (size_t)(found - text.ptr) : text.len;
}

/* AsciiDoc: the underline is as long as the title, give or take two;
 * https://docs.asciidoctor.org/asciidoc/latest/sections/titles-and-levels/ */
static int read_asciidoc(struct rel_outline_reader *r, struct rel_str line)
{
	static const char marks[] = "=-~^+";
	struct rel_str text = rel_str_trim(line);
	bool comment = r->fence.len && r->fence.ptr[0] == '/';
	unsigned level = rel_outline_level(line, '=', 6);

	if (!r->fence.len && level)
		return rel_outline_add_marked(r, line, level);
	level = rel_outline_level(line, '#', 6);
	if (!r->fence.len && level)
		return rel_outline_add_marked(r, line, level);
	if (!r->fence.len && rel_outline_is_rule(text, marks, 2) &&
	    text.len + 2 >= r->above.len && text.len <= r->above.len + 2 &&
	    r->above.len)
		return rel_outline_add_underlined(
		    r, (unsigned)(strchr(marks, text.ptr[0]) - marks) + 1);
	if (text.len == 0 && !r->fence.len) {
		rel_outline_end_paragraph(r);
		return 0;
	}
	if (rel_outline_is_fenced(r, text, "-.=`/_*+", 4)) {
		r->above = REL_STR("");
		r->lead = SIZE_MAX;
		comment = comment || (r->fence.len && r->fence.ptr[0] == '/');
		return comment ? rel_outline_drop_line(r, REL_STR("")) : 0;
	}
	if (rel_str_starts(line, REL_STR("//")))
		return rel_outline_drop_line(r, REL_STR(""));
	if (text.ptr[0] == '[' && text.ptr[text.len - 1] == ']' &&
	    text.len > 2 && strchr("[#", text.ptr[1])) {
		rel_outline_take_lead(r);
		return 0;
	}
	if (r->above.len)
		r->lead = SIZE_MAX;
	r->above = text;
	r->above_at = r->at;
	return 0;
}

static int read_org(struct rel_outline_reader *r, struct rel_str line)
{
	unsigned level = rel_outline_level(line, '*', REL_CHANGELOG_LEVELS);

	return level ? rel_outline_add_marked(r, line, level) : 0;
}

/* The level of an underline, alone or below an overline; 2 for the first kind
 * that is seen. */
static unsigned mark_level(struct rel_outline_reader *r, char mark, bool over)
{
	size_t n = strlen(r->marks) / 2;
	const char pair[2] = {mark, over ? 'o' : '-'};

	for (size_t i = 0; i < n; i++) {
		if (memcmp(r->marks + 2 * i, pair, 2) == 0)
			return (unsigned)i + 2;
	}
	if (n < REL_OUTLINE_MARKS)
		memcpy(r->marks + 2 * n, pair, 2);
	return (unsigned)n + 2;
}

/* A title with a line below, and perhaps one above. */
static int add_ruled(struct rel_outline_reader *r, char mark)
{
	bool over = r->over.len && r->over.ptr[0] == mark;
	struct rel_changelog_outline *out = r->out;
	unsigned level = mark_level(r, mark, over);

	/* its title may have been taken for a release's line */
	if (out->count && r->above_at >= out->items[out->count - 1].start &&
	    r->above_at < out->items[out->count - 1].body)
		r->lead = out->items[--out->count].start;
	return rel_outline_add_underlined(r, level);
}

/* Plain text: lines of releases are the outermost. */
static int read_plain(struct rel_outline_reader *r, struct rel_str line)
{
	static const char marks[] = "=-~^+*#\"'`:._";
	struct rel_str text = rel_str_trim(line);
	bool margin = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t';
	bool rule = margin && rel_outline_is_rule(text, marks, 3);
	struct rel_str over = r->over;
	int rc = 0;

	if (rule && r->above.len)
		return add_ruled(r, text.ptr[0]);
	if (rule) {
		r->over = text;
		rel_outline_take_lead(r);
		return 0;
	}
	if (r->form == REL_CHANGELOG_PLAIN &&
	    rel_changelog_is_release_line(line))
		rc = rel_outline_add(r, 1, text, r->number, r->at);
	/* a lead is right before the title, blank lines aside */
	if (text.len == 0)
		rel_outline_end_paragraph(r);
	else if ((r->above.len || !margin) && !over.len)
		r->lead = SIZE_MAX;
	/* below an overline, a title may be set in */
	r->above = margin || over.len ? text : REL_STR("");
	r->over = text.len ? over : REL_STR("");
	r->above_at = r->at;
	return rc;
}

/* What ".. " starts: *label of a target, or a comment. */
static bool is_rst_comment(struct rel_str text, struct rel_str *label)
{
	struct rel_str rest = rel_str_trim(rel_str_sub(text, 2, text.len));
	size_t colon = rel_str_find(rest, ':');

	*label = REL_STR("");
	if (rest.len > 2 && rest.ptr[0] == '_' && rest.ptr[1] == '`') {
		size_t end = rel_str_find(rel_str_sub(rest, 2, rest.len), '`');

		*label = rel_str_sub(rest, 2, end + 2);
		return true;
	}
	if (rest.len && rest.ptr[0] == '_' && colon < rest.len) {
		*label = rel_str_sub(rest, 1, colon);
		return true;
	}
	/* footnotes, substitutions, directives */
	return !(rest.len && strchr("[|", rest.ptr[0])) &&
	       rel_outline_find_text(rest, "::") == rest.len;
}

/* reStructuredText: underlined titles only; comments and targets are none. */
static int read_rst(struct rel_outline_reader *r, struct rel_str line)
{
	struct rel_str text = rel_str_trim(line), label;
	bool margin = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t';

	if (r->dropping && text.len && margin)
		r->dropping = false;
	if (r->dropping)
		return rel_outline_drop_line(r, REL_STR(""));
	if (r->above.len || !rel_str_starts(line, REL_STR("..")) ||
	    (line.len > 2 && line.ptr[2] != ' ') ||
	    !is_rst_comment(text, &label))
		return read_plain(r, line);
	/* ".. _1.0:" is an anchor of what is behind it */
	if (label.len && rel_str_ends(text, REL_STR(":"))) {
		rel_outline_take_lead(r);
		return 0;
	}
	r->dropping = label.len == 0;
	return rel_outline_drop_line(r, label);
}

static int read_line(struct rel_outline_reader *r, struct rel_str line)
{
	switch (r->form) {
	case REL_CHANGELOG_MARKDOWN:
		return rel_outline_read_markdown(r, line);
	case REL_CHANGELOG_ASCIIDOC:
		return read_asciidoc(r, line);
	case REL_CHANGELOG_ORG:
		return read_org(r, line);
	case REL_CHANGELOG_RST:
		return read_rst(r, line);
	default:
		return read_plain(r, line);
	}
}

static int read_form(struct rel_changelog_outline *out, struct rel_str text,
		     enum rel_changelog_form form, struct rel_error *err)
{
	struct rel_outline_reader r = {
	    .out = out, .form = form, .lead = SIZE_MAX, .err = err};
	int rc = 0;

	r.above = r.fence = r.over = REL_STR("");
	out->count = out->n_drops = 0;
	out->form = form;
	out->text = text;
	/* the byte order mark of an editor */
	if (rel_str_starts(text, REL_STR("\xef\xbb\xbf")))
		r.next = 3;
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
	struct rel_changelog_unreleased mark;
	uint32_t n = 0;

	for (uint32_t i = 0; i < outline->count; i++) {
		struct rel_str title = outline->items[i].title;

		n += rel_changelog_version(title).len > 0 ||
		     rel_changelog_unreleased(&mark, title);
	}
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
	    {".rst", REL_CHANGELOG_RST},
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
	if (form == REL_CHANGELOG_FORMS)
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
	free(outline->drops);
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
