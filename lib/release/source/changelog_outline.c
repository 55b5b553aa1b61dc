/* The headings of a change log. */
#include <stdlib.h>

#include "base/array.h"
#include "release/source/source_private.h"

/* Plain text: levels of underlined headings, in order of appearance. */
#define MARKS_MAX 16

struct reader {
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
	char marks[2 * MARKS_MAX + 1];
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
	    .start = r->lead < start ? r->lead : start,
	    .body = r->next,
	};
	r->above = r->over = REL_STR("");
	r->lead = SIZE_MAX;
	return 0;
}

/* The bytes [start, end) are no notes. */
static int drop(struct reader *r, size_t start, size_t end,
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

static int drop_line(struct reader *r, struct rel_str label)
{
	return drop(r, r->at, r->next, label);
}

/* The line belongs to the heading behind it. */
static void take_lead(struct reader *r)
{
	if (r->lead == SIZE_MAX)
		r->lead = r->at;
	r->above = REL_STR("");
}

/* A blank line: what stands above it was no title. */
static void end_paragraph(struct reader *r)
{
	if (r->above.len)
		r->lead = SIZE_MAX;
	r->above = REL_STR("");
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
	return rel_str_trim(line);
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

/* Does the line open or close a block?  Inside one, every line is said to. */
static bool is_fenced(struct reader *r, struct rel_str line, const char *marks,
		      size_t least)
{
	size_t length = line.len ? run_of(line, line.ptr[0]) : 0;

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

/* Is a byte of the line inside `code`? */
static bool is_in_code(struct rel_str line, size_t at)
{
	size_t ticks = 0;

	for (size_t i = 0; i < at; i++)
		ticks += line.ptr[i] == '`';
	return ticks % 2 && rel_str_find(rel_str_sub(line, at, line.len), '`') <
				line.len - at;
}

static size_t find_text(struct rel_str text, const char *what)
{
	const char *found =
	    text.len ? memmem(text.ptr, text.len, what, strlen(what)) : NULL;

	return found ? (size_t)(found - text.ptr) : text.len;
}

/* What follows a comment that ends on the line of `text`, at `end`. */
static int end_comment(struct reader *r, size_t from, size_t end)
{
	struct rel_str rest = rel_str_sub(r->out->text, end, r->next);

	/* with its line, when nothing else is on it */
	if (rel_str_trim(rest).len == 0 &&
	    rel_str_trim(rel_str_sub(r->out->text, r->at, from)).len == 0) {
		from = r->at;
		end = r->next;
	}
	return drop(r, from, end, REL_STR(""));
}

/*
 * Drop the comments of a line, of which *line becomes what stands before the
 * first.  *done: it was all of it, or one goes on.
 */
static int drop_comments(struct reader *r, struct rel_str *line, bool *done)
{
	struct rel_str text = r->out->text;
	size_t from = r->at;
	int rc = 0;

	*done = r->until != NULL;
	while (rc == 0 && from < r->next) {
		struct rel_str rest = rel_str_sub(text, from, r->next);
		size_t found = r->until ? 0 : find_text(rest, "<!--"), end;

		if (found == rest.len)
			break;
		if (!r->until && is_in_code(rel_str_sub(text, r->at, r->next),
					    from + found - r->at)) {
			from += found + 1;
			continue;
		}
		if (!r->until && from + found < r->at + line->len && !*done) {
			*line = rel_str_sub(text, r->at, from + found);
			*done = rel_str_trim(*line).len == 0;
		}
		from += found;
		if (!r->until) {
			struct rel_str all =
			    rel_str_sub(text, from + 4, text.len);

			r->endless =
			    r->endless || find_text(all, "-->") == all.len;
			if (r->endless && !*done)
				break;
			r->until = "-->";
			r->dropping = true;
			found = 4;
		}
		rest = rel_str_sub(text, from + found, r->next);
		end = find_text(rest, r->until);
		if (end == rest.len) {
			if (r->dropping)
				rc = end_comment(r, from, r->next);
			break;
		}
		end += from + found + strlen(r->until);
		if (r->dropping)
			rc = end_comment(r, from, end);
		r->until = NULL;
		if (!r->dropping)
			break;
		from = end;
	}
	return rc;
}

/* "<pre>" and the like, in which nothing is Markdown. */
static bool opens_html(struct reader *r, struct rel_str text)
{
	static const char *const tags[][2] = {{"<pre", "</pre>"},
					      {"<script", "</script>"},
					      {"<style", "</style>"},
					      {"<textarea", "</textarea>"}};

	for (size_t i = 0; i < 4; i++) {
		size_t length = strlen(tags[i][0]);

		if (!rel_changelog_same_letters(rel_str_sub(text, 0, length),
						tags[i][0]) ||
		    (text.len > length && !strchr(" >", text.ptr[length])))
			continue;
		if (find_text(text, tags[i][1]) == text.len) {
			r->until = tags[i][1];
			r->dropping = false;
		}
		return true;
	}
	return false;
}

/* `<a name="1.0"></a>`, which older changelogs have before a heading. */
static bool is_anchor(struct rel_str text)
{
	return (rel_str_starts(text, REL_STR("<a name=")) ||
		rel_str_starts(text, REL_STR("<a id="))) &&
	       (rel_str_ends(text, REL_STR("</a>")) ||
		rel_str_ends(text, REL_STR("/>"))) &&
	       rel_str_find(text, '>') + 5 >= text.len;
}

/* "***", "- - -" */
static bool is_break(struct rel_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == text.ptr[0])
			n++;
		else if (text.ptr[i] != ' ')
			return false;
	}
	return n >= 3 && strchr("*-_", text.ptr[0]);
}

/* "[label]: https://…" with a title perhaps; the label. */
static struct rel_str link_label(struct rel_str text)
{
	struct rel_str none = REL_STR(""), label, to, title;
	size_t end = rel_str_find(text, ']');

	if (text.len < 5 || text.ptr[0] != '[' || text.ptr[1] == '^' ||
	    end + 1 >= text.len || text.ptr[end + 1] != ':')
		return none;
	label = rel_str_trim(rel_str_sub(text, 1, end));
	to = rel_str_trim(rel_str_sub(text, end + 2, text.len));
	title = to;
	to = rel_str_sub(to, 0, rel_str_find(to, ' '));
	title = rel_str_trim(rel_str_sub(title, to.len, title.len));
	/* what people write as a heading of their own is no link */
	if (to.len == 0 || (rel_str_find(to, '/') == to.len &&
			    rel_str_find(to, '#') == to.len &&
			    !rel_str_starts(to, REL_STR("mailto:"))))
		return none;
	if (title.len && !strchr("\"'(", title.ptr[0]))
		return none;
	return label;
}

/* Where the text of a list's item starts, from the margin; 0 = it is none. */
static size_t item_content(struct rel_str line, size_t indent)
{
	size_t at = indent, from;

	while (at < line.len && at < indent + 9 && line.ptr[at] >= '0' &&
	       line.ptr[at] <= '9')
		at++;
	if (at < line.len &&
	    (at > indent ? strchr(".)", line.ptr[at])
			 : strchr("-*+", line.ptr[at])) &&
	    line.ptr[at])
		at++;
	else
		return 0;
	from = at;
	while (at < line.len && line.ptr[at] == ' ')
		at++;
	if (from == line.len || at == line.len)
		return from + 1;
	if (at == from && line.ptr[at] != '\t')
		return 0;
	return at - from > 4 ? from + 1 : at;
}

/* A fence that opens in the item of a list is closed where that ends. */
static bool is_code(struct reader *r, struct rel_str line, size_t indent)
{
	struct rel_str text = rel_str_trim(line);

	if (r->fence.len && text.len && indent < r->fence_indent) {
		r->fence = REL_STR("");
		r->item = 0;
	}
	if (!r->fence.len && text.len && text.ptr[0] == '`' &&
	    rel_str_find(rel_str_sub(text, run_of(text, '`'), text.len), '`') +
		    run_of(text, '`') <
		text.len)
		return false;
	if (r->fence.len == 0)
		r->fence_indent = r->item;
	return is_fenced(r, text, "`~", 3);
}

/* Keep account of the list that the line is in.  true: it is text of an item,
 * and no heading. */
static bool is_in_list(struct reader *r, struct rel_str *line, size_t *indent)
{
	size_t content =
	    *indent <= r->item + 3 ? item_content(*line, *indent) : 0;
	bool goes_on = r->in_item;

	if (content && !is_break(rel_str_trim(*line))) {
		r->item = content;
		r->in_item = true;
		*line = rel_str_sub(*line, content, line->len);
		*indent = content;
		return true;
	}
	if (*indent >= r->item && r->item) {
		r->in_item = true;
		return true;
	}
	r->item = 0;
	r->in_item = false;
	/* a line at the margin right behind it goes on with its text */
	return goes_on && marked_level(rel_str_trim(*line), '#', 6) == 0 &&
	       !is_break(rel_str_trim(*line)) && !strchr("`~", *line->ptr);
}

/* CommonMark 0.31: ATX and setext headings, fenced code blocks. */
static int read_markdown(struct reader *r, struct rel_str line)
{
	size_t indent;
	struct rel_str text, label;
	bool done = false, in_list;
	unsigned level;
	int rc = 0;

	if (!r->fence.len)
		rc = drop_comments(r, &line, &done);
	if (rc || done)
		return rc;
	indent = run_of(line, ' ');
	text = rel_str_trim(line);
	if (text.len == 0 && !r->fence.len) {
		end_paragraph(r);
		r->in_item = false;
		return 0;
	}
	in_list = !r->fence.len && is_in_list(r, &line, &indent);
	if (indent < r->item + 4 || r->fence.len) {
		if (is_code(r, line, indent)) {
			r->above = REL_STR("");
			r->lead = SIZE_MAX;
			return 0;
		}
	}
	if (in_list || indent > 3) {
		r->above = REL_STR("");
		r->lead = SIZE_MAX;
		return 0;
	}
	level = marked_level(text, '#', 6);
	if (level)
		return add_marked(r, text, level);
	if (r->above.len && is_rule(text, "=-", 2))
		return add_underlined(r, text.ptr[0] == '=' ? 1 : 2);
	if (is_anchor(text) || (is_break(text) && !r->above.len)) {
		take_lead(r);
		return 0;
	}
	label = link_label(text);
	if (label.len && !r->above.len)
		return drop_line(r, label);
	/* a lead before a title that is underlined stays one */
	if (r->above.len)
		r->lead = SIZE_MAX;
	if (opens_html(r, text)) {
		r->above = REL_STR("");
		return 0;
	}
	/* behind a quotation or in a table, "---" is a rule */
	r->above = indent || strchr(">|", text.ptr[0]) ? REL_STR("") : text;
	r->above_at = r->at;
	return 0;
}

/* AsciiDoc: the underline is as long as the title, give or take two;
 * https://docs.asciidoctor.org/asciidoc/latest/sections/titles-and-levels/ */
static int read_asciidoc(struct reader *r, struct rel_str line)
{
	static const char marks[] = "=-~^+";
	struct rel_str text = rel_str_trim(line);
	bool comment = r->fence.len && r->fence.ptr[0] == '/';
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
	if (text.len == 0 && !r->fence.len) {
		end_paragraph(r);
		return 0;
	}
	if (is_fenced(r, text, "-.=`/_*+", 4)) {
		r->above = REL_STR("");
		r->lead = SIZE_MAX;
		comment = comment || (r->fence.len && r->fence.ptr[0] == '/');
		return comment ? drop_line(r, REL_STR("")) : 0;
	}
	if (rel_str_starts(line, REL_STR("//")))
		return drop_line(r, REL_STR(""));
	if (text.ptr[0] == '[' && text.ptr[text.len - 1] == ']' &&
	    text.len > 2 && strchr("[#", text.ptr[1])) {
		take_lead(r);
		return 0;
	}
	if (r->above.len)
		r->lead = SIZE_MAX;
	r->above = text;
	r->above_at = r->at;
	return 0;
}

static int read_org(struct reader *r, struct rel_str line)
{
	unsigned level = marked_level(line, '*', REL_CHANGELOG_LEVELS);

	return level ? add_marked(r, line, level) : 0;
}

/* The level of an underline, alone or below an overline; 2 for the first kind
 * that is seen. */
static unsigned mark_level(struct reader *r, char mark, bool over)
{
	size_t n = strlen(r->marks) / 2;
	const char pair[2] = {mark, over ? 'o' : '-'};

	for (size_t i = 0; i < n; i++) {
		if (memcmp(r->marks + 2 * i, pair, 2) == 0)
			return (unsigned)i + 2;
	}
	if (n < MARKS_MAX)
		memcpy(r->marks + 2 * n, pair, 2);
	return (unsigned)n + 2;
}

/* A title with a line below, and perhaps one above. */
static int add_ruled(struct reader *r, char mark)
{
	bool over = r->over.len && r->over.ptr[0] == mark;
	struct rel_changelog_outline *out = r->out;
	unsigned level = mark_level(r, mark, over);

	/* its title may have been taken for a release's line */
	if (out->count && r->above_at >= out->items[out->count - 1].start &&
	    r->above_at < out->items[out->count - 1].body)
		r->lead = out->items[--out->count].start;
	return add_underlined(r, level);
}

/* Plain text: lines of releases are the outermost. */
static int read_plain(struct reader *r, struct rel_str line)
{
	static const char marks[] = "=-~^+*#\"'`:._";
	struct rel_str text = rel_str_trim(line);
	bool margin = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t';
	bool rule = margin && is_rule(text, marks, 3);
	struct rel_str over = r->over;
	int rc = 0;

	if (rule && r->above.len)
		return add_ruled(r, text.ptr[0]);
	if (rule) {
		r->over = text;
		take_lead(r);
		return 0;
	}
	if (r->form == REL_CHANGELOG_PLAIN &&
	    rel_changelog_is_release_line(line))
		rc = add(r, 1, text, r->number, r->at);
	/* a lead is right before the title, blank lines aside */
	if (text.len == 0)
		end_paragraph(r);
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
	       find_text(rest, "::") == rest.len;
}

/* reStructuredText: underlined titles only; comments and targets are none. */
static int read_rst(struct reader *r, struct rel_str line)
{
	struct rel_str text = rel_str_trim(line), label;
	bool margin = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t';

	if (r->dropping && text.len && margin)
		r->dropping = false;
	if (r->dropping)
		return drop_line(r, REL_STR(""));
	if (r->above.len || !rel_str_starts(line, REL_STR("..")) ||
	    (line.len > 2 && line.ptr[2] != ' ') ||
	    !is_rst_comment(text, &label))
		return read_plain(r, line);
	/* ".. _1.0:" is an anchor of what is behind it */
	if (label.len && rel_str_ends(text, REL_STR(":"))) {
		take_lead(r);
		return 0;
	}
	r->dropping = label.len == 0;
	return drop_line(r, label);
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
	case REL_CHANGELOG_RST:
		return read_rst(r, line);
	default:
		return read_plain(r, line);
	}
}

static int read_form(struct rel_changelog_outline *out, struct rel_str text,
		     enum rel_changelog_form form, struct rel_error *err)
{
	struct reader r = {
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
