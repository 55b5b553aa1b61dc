/* The words of a heading of a change log: versions, dates, names. */
#include "opam/version.h"
#include "release/source/source_private.h"

/* A character of a version or a name. */
static bool is_word_char(char c)
{
	return rel_is_digit(c) || rel_is_letter(c) || (c && strchr("_+.~-", c));
}

/* What is no text: the address of a link, an HTML tag, an emoji's name. */
static size_t markup_length(struct rel_str rest)
{
	size_t end;

	if (rel_str_starts(rest, REL_STR("]("))) {
		end = rel_str_find(rest, ')');
		return end < rest.len ? end + 1 : 0;
	}
	if (rest.len > 1 && rest.ptr[0] == '<' &&
	    (rel_is_letter(rest.ptr[1]) || rest.ptr[1] == '/')) {
		end = rel_str_find(rest, '>');
		if (end == rest.len ||
		    rel_str_find(rel_str_sub(rest, 0, end), '@') < end)
			return 0;
		return end + 1;
	}
	if (rest.len > 2 && rest.ptr[0] == ':' && rel_is_letter(rest.ptr[1])) {
		for (end = 1; end < rest.len; end++) {
			if (rest.ptr[end] == ':')
				return end + 1;
			if (!is_word_char(rest.ptr[end]))
				return 0;
		}
	}
	return 0;
}

/* The next run of word characters from *at on; false at the end. */
static bool next_word(struct rel_str title, size_t *at,
		      struct rel_title_word *word)
{
	struct rel_str text;
	size_t from = *at, to;

	while (from < title.len && !is_word_char(title.ptr[from])) {
		size_t skip =
		    markup_length(rel_str_sub(title, from, title.len));

		from += skip ? skip : 1;
	}
	if (from >= title.len)
		return false;
	to = from;
	while (to < title.len && is_word_char(title.ptr[to]))
		to++;
	*at = to;
	*word = (struct rel_title_word){.start = from,
					.end = to,
					.next = to < title.len ? title.ptr[to]
							       : '\0'};
	/* emphasis, and the full stop of a sentence */
	text = rel_str_sub(title, from, to);
	while (text.len && strchr("_.~-", text.ptr[text.len - 1]))
		text.len--;
	while (text.len && strchr("_.~-+", text.ptr[0]))
		text = rel_str_sub(text, 1, text.len);
	word->text = text;
	return true;
}

struct rel_str rel_title_without_v(struct rel_str word)
{
	bool has = word.len > 1 && (word.ptr[0] == 'v' || word.ptr[0] == 'V') &&
		   rel_is_digit(word.ptr[1]);

	return has ? rel_str_sub(word, 1, word.len) : word;
}

bool rel_changelog_same_letters(struct rel_str a, const char *lower)
{
	if (a.len != strlen(lower))
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char c = a.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != lower[i])
			return false;
	}
	return true;
}

bool rel_title_is_one_of(struct rel_str word, const char *const *words)
{
	for (; *words; words++) {
		if (rel_changelog_same_letters(word, *words))
			return true;
	}
	return false;
}

/* Is it digits where `form` has "d", and else the same? */
static bool has_form(struct rel_str word, const char *form)
{
	if (word.len != strlen(form))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (form[i] == 'd' ? !rel_is_digit(word.ptr[i])
				   : word.ptr[i] != form[i])
			return false;
	}
	return true;
}

/* A date, or the first part of 2026/01/02 and 01/02/2026. */
static bool is_date(struct rel_str word, char next)
{
	return has_form(word, "dddd-dd-dd") || has_form(word, "dd-dd-dddd") ||
	       has_form(word, "dd.dd.dddd") || has_form(word, "dddddddd") ||
	       (next == '/' && (has_form(word, "dddd") ||
				has_form(word, "dd") || has_form(word, "d")));
}

bool rel_changelog_is_month(struct rel_str word)
{
	static const char *const months[] = {
	    "jan",   "january",	 "feb",	      "february", "mar",
	    "march", "apr",	 "april",     "may",	  "jun",
	    "june",  "jul",	 "july",      "aug",	  "august",
	    "sep",   "sept",	 "september", "oct",	  "october",
	    "nov",   "november", "dec",	      "december", NULL};

	return rel_title_is_one_of(word, months);
}

/* A day or a year: "2", "02", "2nd", "2026". */
static bool is_day_or_year(struct rel_str word)
{
	static const char *const ordinals[] = {"st", "nd", "rd", "th", NULL};
	size_t n = 0;

	while (n < word.len && rel_is_digit(word.ptr[n]))
		n++;
	if (n == word.len)
		return n == 1 || n == 2 || n == 4;
	return (n == 1 || n == 2) &&
	       rel_title_is_one_of(rel_str_sub(word, n, word.len), ordinals);
}

/* "1.0" of "name.1.0" and "name-v1.0"; empty = none. */
static struct rel_str behind_name(struct rel_str word)
{
	for (size_t i = 1; i + 1 < word.len; i++) {
		struct rel_str tail =
		    rel_title_without_v(rel_str_sub(word, i + 1, word.len));

		if ((word.ptr[i] == '.' || word.ptr[i] == '-') &&
		    rel_is_digit(tail.ptr[0]) &&
		    rel_str_find(tail, '.') < tail.len)
			return tail;
	}
	return REL_STR("");
}

static bool is_lead_word(struct rel_str word)
{
	static const char *const words[] = {
	    "version", "release",    "ver",	"rel",	 "changes", "news",
	    "new",     "noteworthy", "notable", "what",	 "s",	    "in",
	    "for",     "of",	     "the",	"notes", NULL};

	return rel_title_is_one_of(word, words);
}

/* Does the version before "->", or behind "from", mean what was before? */
static bool is_past(const struct rel_title *w, size_t i)
{
	static const char *const words[] = {"from", "since", "between", NULL};
	const struct rel_title_word *word = &w->items[i];
	size_t end = (size_t)(word->text.ptr - w->title.ptr) + word->text.len;
	struct rel_str behind =
	    rel_str_trim(rel_str_sub(w->title, end, w->title.len));

	return (i > 0 && rel_title_is_one_of(w->items[i - 1].text, words)) ||
	       rel_str_starts(behind, REL_STR("->")) ||
	       rel_str_starts(behind, REL_STR("=>")) ||
	       rel_str_starts(behind, REL_STR("\xe2\x86\x92"));
}

static void mark_months(struct rel_title *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (!rel_changelog_is_month(w->items[i].text))
			continue;
		if (i > 0 && is_day_or_year(w->items[i - 1].text))
			w->items[i - 1].kind = REL_TITLE_DATE;
		for (size_t k = i + 1; k < w->count && k < i + 3 &&
				       is_day_or_year(w->items[k].text);
		     k++)
			w->items[k].kind = w->items[i].kind = REL_TITLE_DATE;
		if (i > 0 && w->items[i - 1].kind == REL_TITLE_DATE)
			w->items[i].kind = REL_TITLE_DATE;
	}
}

void rel_title_read(struct rel_title *w, struct rel_str title)
{
	bool in_date = false;
	size_t at = 0;

	w->title = title;
	w->count = 0;
	while (w->count < REL_TITLE_WORDS &&
	       next_word(title, &at, &w->items[w->count])) {
		/* a dash is no word */
		if (w->items[w->count].text.len)
			w->count++;
	}
	mark_months(w);
	for (size_t i = 0; i < w->count; i++) {
		struct rel_title_word *word = &w->items[i];
		struct rel_str number = rel_title_without_v(word->text);

		if (word->kind == REL_TITLE_DATE)
			continue;
		in_date = in_date || is_date(word->text, word->next);
		if (number.len == 0 || !rel_is_digit(number.ptr[0]))
			number = behind_name(word->text);
		if (in_date) {
			word->kind = REL_TITLE_DATE;
			in_date = word->next == '/';
		} else if (is_lead_word(word->text)) {
			word->kind = REL_TITLE_LEAD;
		} else if (number.len && !is_past(w, i)) {
			word->kind = REL_TITLE_VERSION;
			word->number = number;
		}
	}
}

size_t rel_title_find(const struct rel_title *w, enum rel_title_kind kind)
{
	size_t i = 0;

	while (i < w->count && w->items[i].kind != kind)
		i++;
	return i;
}

struct rel_str rel_changelog_version(struct rel_str title)
{
	struct rel_title w;
	size_t i;

	rel_title_read(&w, title);
	i = rel_title_find(&w, REL_TITLE_VERSION);
	if (i < w.count)
		return w.items[i].number;
	for (i = 0; i < w.count; i++) {
		if (w.items[i].kind == REL_TITLE_DATE &&
		    w.items[i].next != '/' &&
		    !rel_changelog_is_month(w.items[i].text))
			return rel_title_without_v(w.items[i].text);
	}
	return REL_STR("");
}

size_t rel_title_behind_versions(const struct rel_title *w, size_t first)
{
	size_t i = first + 1;

	while (i < w->count) {
		size_t k = i + (i + 1 < w->count &&
				rel_str_is(w->items[i].text, "and"));

		if (w->items[k].kind != REL_TITLE_VERSION)
			break;
		i = k + 1;
	}
	return i;
}

/* "name.1.0" or "name-1.0" ends with the version. */
static bool ends_with(struct rel_str word, struct rel_str version)
{
	char before;

	if (word.len <= version.len || !rel_str_ends(word, version))
		return false;
	before = word.ptr[word.len - version.len - 1];
	if ((before == 'v' || before == 'V') && word.len > version.len + 1)
		before = word.ptr[word.len - version.len - 2];
	return before == '.' || before == '-';
}

/* The same, but for "1.1-rc1" that opam's users call 1.1~rc1. */
static bool is_same_number(struct rel_str a, struct rel_str b, bool loose)
{
	if (!loose || a.len != b.len)
		return rel_str_eq(a, b);
	for (size_t i = 0; i < a.len; i++) {
		if (a.ptr[i] != b.ptr[i] &&
		    !(a.ptr[i] == '-' && b.ptr[i] == '~'))
			return false;
	}
	return true;
}

bool rel_changelog_has_version(struct rel_str title, struct rel_str version,
			       bool loose)
{
	struct rel_str wanted = rel_title_without_v(version);
	bool numbered = wanted.len && rel_is_digit(wanted.ptr[0]);
	struct rel_title w;
	size_t first, end;

	if (is_same_number(rel_changelog_version(title), wanted, loose))
		return true;
	rel_title_read(&w, title);
	first = rel_title_find(&w, REL_TITLE_VERSION);
	end = first < w.count ? rel_title_behind_versions(&w, first) : 0;
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str word = w.items[i].text;

		if (!numbered && rel_str_eq(word, version))
			return true;
		if (i >= first && i < end &&
		    w.items[i].kind == REL_TITLE_VERSION &&
		    is_same_number(w.items[i].number, wanted, loose))
			return true;
		/* only behind a name: 2.1.0 does not mean 1.0 */
		if (numbered && word.len &&
		    !rel_is_digit(rel_title_without_v(word).ptr[0]) &&
		    ends_with(word, wanted))
			return true;
	}
	return false;
}

bool rel_changelog_has_name(struct rel_str title, struct rel_str name,
			    bool *alone)
{
	bool found = false, whole = false;
	struct rel_title w;

	rel_title_read(&w, title);
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str word = w.items[i].text;
		struct rel_str tail = rel_str_sub(word, name.len, word.len);

		if (!rel_str_starts(word, name))
			continue;
		if (tail.len == 0)
			whole = true;
		if (tail.len &&
		    ((tail.ptr[0] != '.' && tail.ptr[0] != '-') ||
		     !rel_is_digit(
			 rel_title_without_v(rel_str_sub(tail, 1, tail.len))
			     .ptr[0])))
			continue;
		found = true;
	}
	*alone = whole && w.count == 1;
	return found;
}
