/* The heading of a release that was not dated yet. */
#include <stdio.h>
#include <time.h>

#include "release/source/source_private.h"

static unsigned to_number(struct rel_str text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len && rel_is_digit(text.ptr[i]); i++)
		n = 10 * n + (unsigned)(text.ptr[i] - '0');
	return n;
}

static void add_iso(struct rel_buf *out, const struct tm *day)
{
	rel_buf_printf(out, "%04d-%02d-%02d", day->tm_year + 1900,
		       day->tm_mon + 1, day->tm_mday);
}

/* A month in words, as long and with such letters as `like`. */
static void add_month(struct rel_buf *out, const struct tm *day,
		      struct rel_str like)
{
	static const char *const names[] = {"January", "February", "March",
					    "April",   "May",	   "June",
					    "July",    "August",   "September",
					    "October", "November", "December"};
	struct rel_str name = rel_str_of(names[day->tm_mon]);
	bool upper = like.ptr[1] >= 'A' && like.ptr[1] <= 'Z';
	bool small = like.ptr[0] >= 'a';

	/* "May" is short and long; then it is taken to be short */
	if (like.len <= 4 && !rel_changelog_same_letters(like, "june") &&
	    !rel_changelog_same_letters(like, "july"))
		name.len = 3;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (upper && c >= 'a')
			c = (char)(c - 'a' + 'A');
		if (small && c < 'a')
			c = (char)(c - 'A' + 'a');
		rel_buf_add_char(out, c);
	}
}

static const char *ordinal(int day)
{
	if (day / 10 == 1)
		return "th";
	return day % 10 == 1   ? "st"
	       : day % 10 == 2 ? "nd"
	       : day % 10 == 3 ? "rd"
			       : "th";
}

/* "2 May 2026", "May 2nd, 2026": word by word. */
static void add_worded(struct rel_buf *out, const struct tm *day,
		       struct rel_str like)
{
	for (size_t i = 0; i < like.len;) {
		size_t end = i;
		struct rel_str word;

		while (end < like.len && !strchr(" ,.-/", like.ptr[end]))
			end++;
		word = rel_str_sub(like, i, end);
		if (word.len == 0)
			rel_buf_add_char(out, like.ptr[end++]);
		else if (rel_changelog_is_month(word))
			add_month(out, day, word);
		else if (word.len == 4 && rel_is_digit(word.ptr[3]))
			rel_buf_printf(out, "%04d", day->tm_year + 1900);
		else
			rel_buf_printf(
			    out, word.ptr[0] == '0' ? "%02d%s" : "%d%s",
			    day->tm_mday,
			    word.len > 2 ? ordinal(day->tm_mday) : "");
		i = end;
	}
}

/* "2026-01-02", "2026/1/2", "02.01.2026", "20260102".  false: not clear. */
static bool add_numbers(struct rel_buf *out, const struct tm *day,
			struct rel_str like)
{
	int year = day->tm_year + 1900, month = day->tm_mon + 1;
	struct rel_str rest = like, parts[3];
	char sep = '\0';
	bool pad;

	for (size_t i = 0; i < like.len && !sep; i++)
		sep = rel_is_digit(like.ptr[i]) ? '\0' : like.ptr[i];
	if (!sep && like.len == 8)
		rel_buf_printf(out, "%04d%02d%02d", year, month, day->tm_mday);
	if (!sep)
		return like.len == 8;
	for (size_t i = 0; i < 3; i++)
		parts[i] = rest.ptr ? rel_str_cut(&rest, sep) : REL_STR("");
	if (rest.ptr || !strchr("-/.", sep))
		return false;
	if (parts[0].len == 4 && parts[1].len && parts[2].len) {
		pad = parts[1].len == 2 && parts[2].len == 2;
		rel_buf_printf(out, pad ? "%04d%c%02d%c%02d" : "%04d%c%d%c%d",
			       year, sep, month, sep, day->tm_mday);
		return true;
	}
	/* which of the two is the month? */
	if (parts[2].len == 4 &&
	    (to_number(parts[0]) > 12 || to_number(parts[1]) > 12)) {
		bool first = to_number(parts[0]) > 12;

		pad = parts[0].len == 2 && parts[1].len == 2;
		rel_buf_printf(out, pad ? "%02d%c%02d%c%04d" : "%d%c%d%c%04d",
			       first ? day->tm_mday : month, sep,
			       first ? month : day->tm_mday, sep, year);
		return true;
	}
	return false;
}

/* The day as `like` is written; empty = as most do. */
static void add_date(struct rel_buf *out, const struct tm *day,
		     struct rel_str like)
{
	bool words = false;

	for (size_t i = 0; i < like.len; i++)
		words = words || (!rel_is_digit(like.ptr[i]) &&
				  (like.ptr[i] | 32) >= 'a');
	if (words)
		add_worded(out, day, like);
	else if (like.len == 0 || !add_numbers(out, day, like))
		add_iso(out, day);
}

/* Another heading, whose form the new one takes. */
struct model {
	struct rel_str title;
	struct rel_changelog_places places;
	bool found;
};

/* Has the title nothing but a version, a date and punctuation? */
static bool is_bare(struct rel_str title, struct rel_changelog_places *places)
{
	return rel_changelog_places(places, title) && places->others == 0;
}

static bool has_word(struct rel_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((text.ptr[i] | 32) >= 'a' || rel_is_digit(text.ptr[i]))
			return true;
	}
	return false;
}

/*
 * The next release that has a date, of those that are nothing but version and
 * date; else the next one without.  *dated: the next date of any.
 */
static struct model find_model(const struct rel_changelog_outline *o,
			       uint32_t at, struct rel_str *dated)
{
	struct model best = {.title = REL_STR("")};

	*dated = REL_STR("");
	for (uint32_t i = at + 1; i < o->count; i++) {
		struct model m = {.title = o->items[i].title, .found = true};
		struct rel_changelog_unreleased mark;

		if (rel_changelog_kind(m.title) != REL_CHANGELOG_RELEASE ||
		    rel_changelog_unreleased(&mark, m.title) ||
		    !rel_changelog_places(&m.places, m.title))
			continue;
		if (dated->len == 0 && m.places.date_end)
			*dated = rel_str_sub(m.title, m.places.date,
					     m.places.date_end);
		if (m.places.others)
			continue;
		if (!best.found || (m.places.date_end && !best.places.date_end))
			best = m;
		if (best.places.date_end)
			break;
	}
	return best;
}

/* Append a part of a model's title, without the link that the version of that
 * one was. */
static void add_part(struct rel_buf *out, struct rel_str part, bool linked)
{
	for (size_t i = 0; i < part.len; i++) {
		if (linked && part.ptr[i] == '[')
			continue;
		if (linked && part.ptr[i] == ']') {
			struct rel_str rest =
			    rel_str_sub(part, i + 1, part.len);

			if (rest.len && rest.ptr[0] == '(')
				i += rel_str_find(rest, ')') + 1;
			continue;
		}
		rel_buf_add_char(out, part.ptr[i]);
	}
}

static bool has_v(struct rel_str title, size_t version)
{
	return version < title.len && strchr("vV", title.ptr[version]) &&
	       title.ptr[version];
}

static void add_version(struct rel_buf *out, struct rel_str version, bool v)
{
	if (v && version.len && rel_is_digit(version.ptr[0]))
		rel_buf_add_char(out, 'v');
	rel_buf_add_str(out, version);
}

/* As the model, with another version and day. */
static void add_as_model(struct rel_buf *out, const struct model *m,
			 struct rel_str version, const struct tm *day)
{
	const struct rel_changelog_places *p = &m->places;
	struct rel_str title = m->title;
	bool linked = memmem(title.ptr, title.len, "](", 2) != NULL;
	bool first = p->date_end && p->date < p->version;
	size_t behind = p->version_end;
	struct rel_str rest;

	if (first) {
		add_part(out, rel_str_sub(title, 0, p->date), linked);
		add_date(out, day, rel_str_sub(title, p->date, p->date_end));
	}
	add_part(out, rel_str_sub(title, first ? p->date_end : 0, p->version),
		 linked);
	add_version(out, version, has_v(title, p->version));
	if (p->date_end && !first) {
		add_part(out, rel_str_sub(title, behind, p->date), linked);
		add_date(out, day, rel_str_sub(title, p->date, p->date_end));
		behind = p->date_end;
	}
	rest = rel_str_sub(title, behind, title.len);
	if (!p->date_end) {
		bool bracket = !linked && rest.len && rest.ptr[0] == ']';

		rel_buf_add_cstr(out, bracket ? "] - " : " (");
		add_iso(out, day);
		rel_buf_add_cstr(out, bracket ? "" : ")");
		rest = rel_str_sub(rest, bracket ? 1 : 0, rest.len);
	}
	/* "[YANKED]" is the model's own */
	if (memchr(rest.ptr, '[', rest.len))
		rest.len = 0;
	add_part(out, rest, linked);
}

/* The title, of what stands in it and in others. */
static void add_title(struct rel_buf *out,
		      const struct rel_changelog_outline *o, uint32_t at,
		      const struct rel_changelog_unreleased *mark,
		      struct rel_str version, const struct tm *day)
{
	struct rel_str title = o->items[at].title, dated;
	struct model model = find_model(o, at, &dated);
	struct rel_changelog_places own;
	bool versioned = rel_changelog_places(&own, title);
	size_t end = mark->end;

	/* a name of its own, which stays: only the mark goes */
	if (versioned && !mark->leads &&
	    (!model.found || !model.places.date_end ||
	     has_word(rel_str_sub(title, end, title.len)) ||
	     !is_bare(rel_str_sub(title, 0, mark->start), &own))) {
		rel_buf_add_str(out, rel_str_sub(title, 0, mark->start));
		if (mark->suffix)
			rel_buf_add_cstr(out, " (");
		add_date(out, day, dated);
		if (mark->suffix)
			rel_buf_add_char(out, ')');
		rel_buf_add_str(out, rel_str_sub(title, end, title.len));
		return;
	}
	if (model.found) {
		add_as_model(out, &model, version, day);
		return;
	}
	if (title.ptr[0] == '[') {
		rel_buf_printf(out, "[%.*s] - ", REL_STR_ARG(version));
		add_date(out, day, dated);
		return;
	}
	add_version(out, version, versioned && has_v(title, own.version));
	rel_buf_add_cstr(out, " (");
	add_date(out, day, dated);
	rel_buf_add_char(out, ')');
	if (title.ptr[title.len - 1] == ':')
		rel_buf_add_char(out, ':');
}

static size_t count_runes(struct rel_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return n;
}

/* Append a line of the heading: a rule as long as the title, if it was. */
static void add_rule(struct rel_buf *out, struct rel_str line, size_t was,
		     size_t now)
{
	struct rel_str rule = rel_str_trim(line);
	size_t same = 0;

	while (same < rule.len && rule.ptr[same] == rule.ptr[0])
		same++;
	if (rule.len < 2 || same < rule.len ||
	    (rule.len != was && rule.len >= now)) {
		rel_buf_add_str(out, line);
		return;
	}
	for (size_t i = 0; i < now; i++)
		rel_buf_add_char(out, rule.ptr[0]);
	if (rel_str_ends(line, REL_STR("\r")))
		rel_buf_add_char(out, '\r');
}

/* Append what stands before or behind the title; its own line as it is. */
static void add_around(struct rel_buf *out, struct rel_str text, bool behind,
		       size_t was, size_t now)
{
	bool own = behind;

	while (text.ptr) {
		struct rel_str line = rel_str_cut(&text, '\n');

		own = own || (!behind && !text.ptr);
		if (own)
			rel_buf_add_str(out, line);
		else
			add_rule(out, line, was, now);
		if (text.ptr)
			rel_buf_add_char(out, '\n');
		own = false;
	}
}

int rel_changelog_date(struct rel_changelog_undated *out,
		       const struct rel_changelog_outline *outline, uint32_t at,
		       const struct rel_changelog_unreleased *mark,
		       struct rel_str version, int64_t time,
		       struct rel_arena *arena, struct rel_error *err)
{
	const struct rel_changelog_heading *h = &outline->items[at];
	size_t start = (size_t)(h->title.ptr - outline->text.ptr);
	size_t end = start + h->title.len, was, now;
	time_t seconds = (time_t)time;
	struct rel_buf title, text;
	struct tm day;
	char *a, *b;
	int rc;

	gmtime_r(&seconds, &day);
	rel_buf_init(&title, REL_CHANGELOG_TITLE_MAX);
	rel_buf_init(&text, REL_LIMIT_CHANGELOG_BYTES);
	add_title(&title, outline, at, mark, version, &day);
	/* from an overline to an underline, but not an anchor before */
	out->start = h->start;
	out->end = h->body;
	was = count_runes(h->title);
	now = count_runes(rel_buf_str(&title));
	add_around(&text, rel_str_sub(outline->text, out->start, start), false,
		   was, now);
	rel_buf_add_str(&text, rel_buf_str(&title));
	add_around(&text, rel_str_sub(outline->text, end, out->end), true, was,
		   now);
	a = rel_arena_copy(arena, rel_buf_str(&title));
	b = rel_arena_copy(arena, rel_buf_str(&text));
	out->dated = rel_str_n(a, title.len);
	out->text = rel_str_n(b, text.len);
	rc = rel_buf_status(&title, "heading", err);
	if (!rc)
		rc = rel_buf_status(&text, "heading", err);
	if (!rc && (!a || !b))
		rc = rel_fail_nomem(err);
	rel_buf_free(&title);
	rel_buf_free(&text);
	return rc;
}
