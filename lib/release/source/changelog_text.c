/* The text of an entry: without comments, with the links that it uses. */
#include <stdlib.h>

#include "base/array.h"
#include "release/source/source_private.h"

void rel_changelog_add_kept(struct rel_buf *out,
			    const struct rel_changelog_outline *outline,
			    size_t from, size_t to)
{
	for (uint32_t i = 0; i < outline->n_drops; i++) {
		const struct rel_changelog_drop *drop = &outline->drops[i];

		if (drop->start >= to)
			break;
		if (drop->end <= from)
			continue;
		rel_buf_add_str(out,
				rel_str_sub(outline->text, from, drop->start));
		from = drop->end < to ? drop->end : to;
	}
	rel_buf_add_str(out, rel_str_sub(outline->text, from, to));
}

struct labels {
	struct rel_str *items; /* malloc'd */
	uint32_t count, cap;
	bool failed;
};

static void add_label(struct labels *labels, struct rel_str label)
{
	if (label.len == 0)
		return;
	if (rel_array_reserve((void **)&labels->items, &labels->cap,
			      (uint64_t)labels->count + 1,
			      sizeof(*labels->items)))
		labels->failed = true;
	else
		labels->items[labels->count++] = rel_str_trim(label);
}

/* "[label]", but not "[text](address)" */
static void find_brackets(struct labels *labels, struct rel_str text)
{
	size_t open = text.len;

	for (size_t i = 0; i < text.len && !labels->failed; i++) {
		if (text.ptr[i] == '[') {
			open = i + 1;
		} else if (text.ptr[i] == ']' && open < text.len) {
			if (i + 1 == text.len || text.ptr[i + 1] != '(')
				add_label(labels, rel_str_sub(text, open, i));
			open = text.len;
		}
	}
}

static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\r\n`\"'()<>[],;!", c) != NULL;
}

/* "label_", "`long label`_", "`text <label_>`_" */
static void find_references(struct labels *labels, struct rel_str text)
{
	size_t word = 0, quote = text.len;

	for (size_t i = 0; i < text.len && !labels->failed; i++) {
		char c = text.ptr[i];

		if (c == '_' &&
		    (i + 1 == text.len || ends_word(text.ptr[i + 1]) ||
		     text.ptr[i + 1] == '.')) {
			if (i > 0 && text.ptr[i - 1] == '`' && quote < i)
				add_label(labels,
					  rel_str_sub(text, quote, i - 1));
			else
				add_label(labels, rel_str_sub(text, word, i));
			quote = text.len;
		} else if (c == '`' &&
			   (i + 1 == text.len || text.ptr[i + 1] != '_')) {
			quote = i + 1;
		}
		if (ends_word(c))
			word = i + 1;
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Labels are compared without regard to case. */
static int by_letters(const void *a, const void *b)
{
	const struct rel_str *x = a, *y = b;
	size_t i = 0;

	while (i < x->len && i < y->len && lower(x->ptr[i]) == lower(y->ptr[i]))
		i++;
	if (i == x->len || i == y->len)
		return (i < x->len) - (i < y->len);
	return (unsigned char)lower(x->ptr[i]) -
	       (unsigned char)lower(y->ptr[i]);
}

void rel_changelog_add_links(struct rel_buf *out,
			     const struct rel_changelog_outline *outline)
{
	struct labels labels = {.count = 0};
	bool first = true;

	if (outline->form == REL_CHANGELOG_RST)
		find_references(&labels, rel_buf_str(out));
	else
		find_brackets(&labels, rel_buf_str(out));
	if (labels.failed)
		out->status = REL_ENOMEM;
	if (labels.count)
		qsort(labels.items, labels.count, sizeof(*labels.items),
		      by_letters);
	/* `out` moves when it grows: find all that is used before */
	for (uint32_t i = 0; i < outline->n_drops; i++)
		outline->drops[i].used =
		    labels.count && outline->drops[i].label.len &&
		    bsearch(&outline->drops[i].label, labels.items,
			    labels.count, sizeof(*labels.items), by_letters);
	for (uint32_t i = 0; i < outline->n_drops; i++) {
		const struct rel_changelog_drop *drop = &outline->drops[i];

		if (!drop->used)
			continue;
		while (first && out->len &&
		       strchr(" \t\r\n", out->ptr[out->len - 1]))
			out->len--;
		rel_buf_add_cstr(out, first ? "\n\n" : "\n");
		rel_buf_add_str(
		    out, rel_str_trim(rel_str_sub(outline->text, drop->start,
						  drop->end)));
		first = false;
	}
	free(labels.items);
}

int rel_changelog_normalise(struct rel_buf *out, struct rel_str text)
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

/* "- *Nothing changed yet.*" → "Nothing changed yet" */
static struct rel_str bare(struct rel_str line)
{
	line = rel_str_trim(line);
	while (line.len && strchr("-*+_( \t", line.ptr[0]))
		line = rel_str_sub(line, 1, line.len);
	while (line.len && strchr(".!*_) \t", line.ptr[line.len - 1]))
		line.len--;
	return line;
}

static bool says_nothing(struct rel_str text)
{
	static const char *const words[] = {"nothing changed yet",
					    "nothing changed",
					    "nothing yet",
					    "nothing",
					    "no changes yet",
					    "nothing to report",
					    "to be announced",
					    "to be determined",
					    "to be done",
					    "to be written",
					    "to be added",
					    "fill me in",
					    "coming soon",
					    "placeholder",
					    "unreleased",
					    "tbd",
					    "tba",
					    "todo",
					    "fixme",
					    "xxx",
					    "wip",
					    "n/a",
					    "na",
					    "none",
					    "\xe2\x80\xa6",
					    ""};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (rel_changelog_same_letters(text, words[i]))
			return true;
	}
	return false;
}

bool rel_changelog_idle(struct rel_str *text, uint32_t *line,
			const struct rel_changelog_outline *outline,
			uint32_t at, size_t end)
{
	size_t from = outline->items[at].body;
	uint32_t number = outline->items[at].line, found = 0, drop = 0;
	struct rel_str rest;

	*text = REL_STR("");
	*line = number;
	/* the line that `from` starts: below an underline, one more */
	for (size_t i =
		 (size_t)(outline->items[at].title.ptr - outline->text.ptr);
	     i < from; i++)
		number += outline->text.ptr[i] == '\n';
	rest = rel_str_sub(outline->text, from, end);
	while (drop < outline->n_drops && outline->drops[drop].end <= from)
		drop++;
	for (; rest.ptr && rest.len; number++) {
		struct rel_str one = rel_str_cut(&rest, '\n'), said;
		size_t start = (size_t)(one.ptr - outline->text.ptr);

		while (drop < outline->n_drops &&
		       outline->drops[drop].end <= start)
			drop++;
		/* of a line with a comment in it, what is before that */
		if (drop < outline->n_drops &&
		    outline->drops[drop].start < start + one.len)
			one =
			    rel_str_sub(one, 0,
					outline->drops[drop].start > start
					    ? outline->drops[drop].start - start
					    : 0);
		said = rel_str_trim(one);
		if (said.len == 0)
			continue;
		if (found++ || !says_nothing(bare(said)))
			return false;
		*text = said;
		*line = number;
	}
	return true;
}
