/* Change logs in Markdown. */
#include "release/source/source_private.h"

/* Is a byte of the line inside `code`? */
static bool is_in_code(struct rel_str line, size_t at)
{
	size_t ticks = 0;

	for (size_t i = 0; i < at; i++)
		ticks += line.ptr[i] == '`';
	return ticks % 2 && rel_str_find(rel_str_sub(line, at, line.len), '`') <
				line.len - at;
}

/* What follows a comment that ends on the line of `text`, at `end`. */
static int end_comment(struct rel_outline_reader *r, size_t from, size_t end)
{
	struct rel_str rest = rel_str_sub(r->out->text, end, r->next);

	/* with its line, when nothing else is on it */
	if (rel_str_trim(rest).len == 0 &&
	    rel_str_trim(rel_str_sub(r->out->text, r->at, from)).len == 0) {
		from = r->at;
		end = r->next;
	}
	return rel_outline_drop(r, from, end, REL_STR(""));
}

/*
 * Drop the comments of a line, of which *line becomes what stands before the
 * first.  *done: it was all of it, or one goes on.
 */
static int drop_comments(struct rel_outline_reader *r, struct rel_str *line,
			 bool *done)
{
	struct rel_str text = r->out->text;
	size_t from = r->at;
	int rc = 0;

	*done = r->until != NULL;
	while (rc == 0 && from < r->next) {
		struct rel_str rest = rel_str_sub(text, from, r->next);
		size_t found =
			   r->until ? 0 : rel_outline_find_text(rest, "<!--"),
		       end;

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

			r->endless = r->endless || rel_outline_find_text(
						       all, "-->") == all.len;
			if (r->endless && !*done)
				break;
			r->until = "-->";
			r->dropping = true;
			found = 4;
		}
		rest = rel_str_sub(text, from + found, r->next);
		end = rel_outline_find_text(rest, r->until);
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
static bool opens_html(struct rel_outline_reader *r, struct rel_str text)
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
		if (rel_outline_find_text(text, tags[i][1]) == text.len) {
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
static bool is_code(struct rel_outline_reader *r, struct rel_str line,
		    size_t indent)
{
	struct rel_str text = rel_str_trim(line);

	if (r->fence.len && text.len && indent < r->fence_indent) {
		r->fence = REL_STR("");
		r->item = 0;
	}
	if (!r->fence.len && text.len && text.ptr[0] == '`' &&
	    rel_str_find(
		rel_str_sub(text, rel_outline_run(text, '`'), text.len), '`') +
		    rel_outline_run(text, '`') <
		text.len)
		return false;
	if (r->fence.len == 0)
		r->fence_indent = r->item;
	return rel_outline_is_fenced(r, text, "`~", 3);
}

/* Keep account of the list that the line is in.  true: it is text of an item,
 * and no heading. */
static bool is_in_list(struct rel_outline_reader *r, struct rel_str *line,
		       size_t *indent)
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
	return goes_on && rel_outline_level(rel_str_trim(*line), '#', 6) == 0 &&
	       !is_break(rel_str_trim(*line)) && !strchr("`~", *line->ptr);
}

int rel_outline_read_markdown(struct rel_outline_reader *r, struct rel_str line)
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
	indent = rel_outline_run(line, ' ');
	text = rel_str_trim(line);
	if (text.len == 0 && !r->fence.len) {
		rel_outline_end_paragraph(r);
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
	level = rel_outline_level(text, '#', 6);
	if (level)
		return rel_outline_add_marked(r, text, level);
	if (r->above.len && rel_outline_is_rule(text, "=-", 2))
		return rel_outline_add_underlined(r,
						  text.ptr[0] == '=' ? 1 : 2);
	if (is_anchor(text) || (is_break(text) && !r->above.len)) {
		rel_outline_take_lead(r);
		return 0;
	}
	label = link_label(text);
	if (label.len && !r->above.len)
		return rel_outline_drop_line(r, label);
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
