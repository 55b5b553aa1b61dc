/* What a heading of a change log is about. */
#include "opam/version.h"
#include "release/source/source_private.h"

/* Words of a title that are looked at; more stand in no heading that is one. */
#define WORDS_MAX 64

enum kind {
	OTHER,
	VERSION,
	DATE,
	LEAD, /* "Version", "Changes in" */
};

struct word {
	struct rel_str text;   /* without the marks around it */
	struct rel_str number; /* of a VERSION: without name and "v" */
	size_t start, end;     /* in the title, with them */
	enum kind kind;
	char next; /* what stands right behind it, 0 at the end */
};

struct words {
	struct rel_str title;
	struct word items[WORDS_MAX];
	size_t count;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A character of a version or a name. */
static bool is_word_char(char c)
{
	return is_digit(c) || is_letter(c) || (c && strchr("_+.~-", c));
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
	    (is_letter(rest.ptr[1]) || rest.ptr[1] == '/')) {
		end = rel_str_find(rest, '>');
		if (end == rest.len ||
		    rel_str_find(rel_str_sub(rest, 0, end), '@') < end)
			return 0;
		return end + 1;
	}
	if (rest.len > 2 && rest.ptr[0] == ':' && is_letter(rest.ptr[1])) {
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
static bool next_word(struct rel_str title, size_t *at, struct word *word)
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
	*word = (struct word){.start = from,
			      .end = to,
			      .next = to < title.len ? title.ptr[to] : '\0'};
	/* emphasis, and the full stop of a sentence */
	text = rel_str_sub(title, from, to);
	while (text.len && strchr("_.~-", text.ptr[text.len - 1]))
		text.len--;
	while (text.len && strchr("_.~-+", text.ptr[0]))
		text = rel_str_sub(text, 1, text.len);
	word->text = text;
	return true;
}

static struct rel_str without_v(struct rel_str word)
{
	bool has = word.len > 1 && (word.ptr[0] == 'v' || word.ptr[0] == 'V') &&
		   is_digit(word.ptr[1]);

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

static bool is_one_of(struct rel_str word, const char *const *words)
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
		if (form[i] == 'd' ? !is_digit(word.ptr[i])
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

	return is_one_of(word, months);
}

/* A day or a year: "2", "02", "2nd", "2026". */
static bool is_day_or_year(struct rel_str word)
{
	static const char *const ordinals[] = {"st", "nd", "rd", "th", NULL};
	size_t n = 0;

	while (n < word.len && is_digit(word.ptr[n]))
		n++;
	if (n == word.len)
		return n == 1 || n == 2 || n == 4;
	return (n == 1 || n == 2) &&
	       is_one_of(rel_str_sub(word, n, word.len), ordinals);
}

/* "1.0" of "name.1.0" and "name-v1.0"; empty = none. */
static struct rel_str behind_name(struct rel_str word)
{
	for (size_t i = 1; i + 1 < word.len; i++) {
		struct rel_str tail =
		    without_v(rel_str_sub(word, i + 1, word.len));

		if ((word.ptr[i] == '.' || word.ptr[i] == '-') &&
		    is_digit(tail.ptr[0]) && rel_str_find(tail, '.') < tail.len)
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

	return is_one_of(word, words);
}

/* Does the version before "->", or behind "from", mean what was before? */
static bool is_past(const struct words *w, size_t i)
{
	static const char *const words[] = {"from", "since", "between", NULL};
	const struct word *word = &w->items[i];
	size_t end = (size_t)(word->text.ptr - w->title.ptr) + word->text.len;
	struct rel_str behind =
	    rel_str_trim(rel_str_sub(w->title, end, w->title.len));

	return (i > 0 && is_one_of(w->items[i - 1].text, words)) ||
	       rel_str_starts(behind, REL_STR("->")) ||
	       rel_str_starts(behind, REL_STR("=>")) ||
	       rel_str_starts(behind, REL_STR("\xe2\x86\x92"));
}

static void mark_months(struct words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (!rel_changelog_is_month(w->items[i].text))
			continue;
		if (i > 0 && is_day_or_year(w->items[i - 1].text))
			w->items[i - 1].kind = DATE;
		for (size_t k = i + 1; k < w->count && k < i + 3 &&
				       is_day_or_year(w->items[k].text);
		     k++)
			w->items[k].kind = w->items[i].kind = DATE;
		if (i > 0 && w->items[i - 1].kind == DATE)
			w->items[i].kind = DATE;
	}
}

static void read_words(struct words *w, struct rel_str title)
{
	bool in_date = false;
	size_t at = 0;

	w->title = title;
	w->count = 0;
	while (w->count < WORDS_MAX &&
	       next_word(title, &at, &w->items[w->count])) {
		/* a dash is no word */
		if (w->items[w->count].text.len)
			w->count++;
	}
	mark_months(w);
	for (size_t i = 0; i < w->count; i++) {
		struct word *word = &w->items[i];
		struct rel_str number = without_v(word->text);

		if (word->kind == DATE)
			continue;
		in_date = in_date || is_date(word->text, word->next);
		if (number.len == 0 || !is_digit(number.ptr[0]))
			number = behind_name(word->text);
		if (in_date) {
			word->kind = DATE;
			in_date = word->next == '/';
		} else if (is_lead_word(word->text)) {
			word->kind = LEAD;
		} else if (number.len && !is_past(w, i)) {
			word->kind = VERSION;
			word->number = number;
		}
	}
}

/* Index of the first word of the kind; count when there is none. */
static size_t find_kind(const struct words *w, enum kind kind)
{
	size_t i = 0;

	while (i < w->count && w->items[i].kind != kind)
		i++;
	return i;
}

struct rel_str rel_changelog_version(struct rel_str title)
{
	struct words w;
	size_t i;

	read_words(&w, title);
	i = find_kind(&w, VERSION);
	if (i < w.count)
		return w.items[i].number;
	for (i = 0; i < w.count; i++) {
		if (w.items[i].kind == DATE && w.items[i].next != '/' &&
		    !rel_changelog_is_month(w.items[i].text))
			return without_v(w.items[i].text);
	}
	return REL_STR("");
}

/* Index behind the versions that are listed from `first` on: "1.1, 1.0.1". */
static size_t behind_versions(const struct words *w, size_t first)
{
	size_t i = first + 1;

	while (i < w->count) {
		size_t k = i + (i + 1 < w->count &&
				rel_str_is(w->items[i].text, "and"));

		if (w->items[k].kind != VERSION)
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
	struct rel_str wanted = without_v(version);
	bool numbered = wanted.len && is_digit(wanted.ptr[0]);
	struct words w;
	size_t first, end;

	if (is_same_number(rel_changelog_version(title), wanted, loose))
		return true;
	read_words(&w, title);
	first = find_kind(&w, VERSION);
	end = first < w.count ? behind_versions(&w, first) : 0;
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str word = w.items[i].text;

		if (!numbered && rel_str_eq(word, version))
			return true;
		if (i >= first && i < end && w.items[i].kind == VERSION &&
		    is_same_number(w.items[i].number, wanted, loose))
			return true;
		/* only behind a name: 2.1.0 does not mean 1.0 */
		if (numbered && word.len && !is_digit(without_v(word).ptr[0]) &&
		    ends_with(word, wanted))
			return true;
	}
	return false;
}

bool rel_changelog_has_name(struct rel_str title, struct rel_str name,
			    bool *alone)
{
	bool found = false, whole = false;
	struct words w;

	read_words(&w, title);
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str word = w.items[i].text;
		struct rel_str tail = rel_str_sub(word, name.len, word.len);

		if (!rel_str_starts(word, name))
			continue;
		if (tail.len == 0)
			whole = true;
		if (tail.len &&
		    ((tail.ptr[0] != '.' && tail.ptr[0] != '-') ||
		     !is_digit(
			 without_v(rel_str_sub(tail, 1, tail.len)).ptr[0])))
			continue;
		found = true;
	}
	*alone = whole && w.count == 1;
	return found;
}

/* What stands between word `i` and the next one. */
static struct rel_str gap_behind(const struct words *w, size_t i)
{
	size_t end = i + 1 < w->count ? w->items[i + 1].start : w->title.len;

	return rel_str_trim(rel_str_sub(w->title, w->items[i].end, end));
}

/* "1." and "1)" of "1. Install": the number of a section. */
static bool is_number_of_section(const struct words *w, size_t i)
{
	const struct word *word = &w->items[i];
	bool whole = rel_str_find(word->number, '.') == word->number.len;
	struct rel_str gap = gap_behind(w, i);

	if (i > 0 || i + 1 == w->count || w->items[1].kind == DATE ||
	    rel_str_find(w->title, '[') < w->items[1].start ||
	    word->number.len < word->text.len)
		return false;
	return word->end > word->start + word->text.len ||
	       (gap.len && gap.ptr[0] == ')') || (whole && gap.len == 0);
}

/* Words before the version: leads, dates, and one name at most. */
static bool are_leads(const struct words *w, size_t version, size_t *names)
{
	*names = w->items[version].number.len + 1 < w->items[version].text.len;
	for (size_t i = 0; i < version; i++) {
		if (w->items[i].kind != OTHER)
			continue;
		if (!rel_package_name_is_valid(w->items[i].text))
			return false;
		(*names)++;
	}
	return *names <= 1;
}

static bool is_tail_word(struct rel_str word)
{
	static const char *const words[] = {
	    "release", "released", "final", "stable", "on", "lts", NULL};

	return is_one_of(word, words);
}

/* Words that, all of a title or between its punctuation, mean that the
 * version is not released. */
static const char *const unreleased[] = {"unreleased",
					 "not yet released",
					 "not released yet",
					 "not released",
					 "to be released",
					 "unreleased changes",
					 "unreleased version",
					 "tbd",
					 "tba",
					 "tbr",
					 "wip",
					 "work in progress",
					 "in development",
					 "under development",
					 "in progress",
					 "unpublished",
					 "upcoming",
					 "upcoming release",
					 "upcoming version",
					 "coming soon",
					 "pending",
					 "not published",
					 "not yet published",
					 "release date tbd",
					 "soon",
					 "draft",
					 NULL};
/* All of a title, or in front of the version. */
static const char *const ahead[] = {"next", "next release", "next version",
				    "future release", NULL};
/* All of a title. */
static const char *const alone[] = {"vnext",
				    "head",
				    "master",
				    "main",
				    "trunk",
				    "dev",
				    "devel",
				    "development",
				    "development version",
				    "working version",
				    "dev version",
				    "current",
				    "future",
				    "git",
				    "git master",
				    "in master",
				    "in git",
				    NULL};
/* Behind a version, with one of "-+~." before it. */
static const char *const suffixes[] = {"dev",	   "dev0", "unreleased", "wip",
				       "snapshot", "git",  NULL};

/* Are the words [from, to) one of the phrases? */
static bool is_phrase(const struct words *w, size_t from, size_t to,
		      const char *const *phrases)
{
	for (; *phrases; phrases++) {
		struct rel_str rest = rel_str_of(*phrases);
		size_t i = from;

		while (i < to && rest.ptr) {
			struct rel_str want = rel_str_cut(&rest, ' ');
			char lower[32];

			if (want.len >= sizeof(lower))
				break;
			memcpy(lower, want.ptr, want.len);
			lower[want.len] = '\0';
			if (!rel_changelog_same_letters(w->items[i].text,
							lower))
				break;
			i++;
		}
		if (i == to && !rest.ptr)
			return true;
	}
	return false;
}

enum rel_changelog_kind rel_changelog_kind(struct rel_str title)
{
	struct rel_changelog_unreleased mark;
	struct words w;
	struct rel_str gap;
	size_t i, names, last;

	read_words(&w, title);
	/* "Development" is more often a section */
	if (rel_changelog_unreleased(&mark, title) &&
	    (mark.version.len || is_phrase(&w, 0, w.count, unreleased)))
		return REL_CHANGELOG_RELEASE;
	i = find_kind(&w, VERSION);
	if (i == w.count) {
		for (i = 0; i < w.count; i++) {
			if (w.items[i].kind == OTHER)
				return REL_CHANGELOG_NONE;
		}
		return find_kind(&w, DATE) < w.count ? REL_CHANGELOG_RELEASE
						     : REL_CHANGELOG_NONE;
	}
	if (!are_leads(&w, i, &names) || is_number_of_section(&w, i))
		return REL_CHANGELOG_NONE;
	last = behind_versions(&w, i) - 1;
	gap = gap_behind(&w, last);
	if (last + 1 == w.count || gap.len || w.items[last + 1].kind == DATE ||
	    is_tail_word(w.items[last + 1].text))
		return names ? REL_CHANGELOG_NAMED : REL_CHANGELOG_RELEASE;
	/* a name of its own, then the date */
	for (i = last + 1; i < w.count && !names; i++) {
		if (w.items[i].kind == DATE)
			return REL_CHANGELOG_RELEASE;
	}
	return names ? REL_CHANGELOG_NONE : REL_CHANGELOG_LOOSE;
}

/* Does nothing but a version or punctuation stand before word `i`? */
static bool is_apart_before(const struct words *w, size_t i)
{
	return i == 0 || gap_behind(w, i - 1).len ||
	       w->items[i - 1].kind == VERSION || w->items[i - 1].kind == LEAD;
}

static bool is_apart_behind(const struct words *w, size_t i)
{
	return i + 1 == w->count || gap_behind(w, i).len ||
	       w->items[i + 1].kind == VERSION || w->items[i + 1].kind == DATE;
}

/* "XXXX-XX-XX", "2026-??-??", "YYYY/MM/DD": a date that is to be put in;
 * its length, 0 = none. */
static size_t blank_date_length(struct rel_str rest)
{
	bool blank = false;

	if (rest.len < 10 || (rest.ptr[4] != '-' && rest.ptr[4] != '/') ||
	    rest.ptr[7] != rest.ptr[4] ||
	    (rest.len > 10 &&
	     (is_letter(rest.ptr[10]) || is_digit(rest.ptr[10]))))
		return 0;
	for (size_t i = 0; i < 10; i++) {
		char c = rest.ptr[i];

		if (i == 4 || i == 7 || is_digit(c))
			continue;
		if (!c || !strchr("XxYyMmDd?_", c))
			return 0;
		blank = true;
	}
	return blank ? 10 : 0;
}

static bool find_blank(struct rel_changelog_unreleased *out,
		       struct rel_str title)
{
	for (size_t i = 0; i < title.len; i++) {
		struct rel_str rest = rel_str_sub(title, i, title.len);
		size_t length = blank_date_length(rest);

		if (length == 0 && i > 0 && strchr("([", title.ptr[i - 1]) &&
		    rest.ptr[0] == '?') {
			while (length < rest.len && rest.ptr[length] == '?')
				length++;
			if (length < rest.len &&
			    !strchr(")]", rest.ptr[length]))
				length = 0;
		}
		if (length) {
			out->start = i;
			out->end = i + length;
			return true;
		}
	}
	return false;
}

/* "1.1-dev" */
static bool find_suffix(struct rel_changelog_unreleased *out,
			const struct words *w, size_t version)
{
	const struct word *word = &w->items[version];
	struct rel_str number = word->number;

	for (size_t i = 1; i + 1 < number.len; i++) {
		if (!strchr("-+~.", number.ptr[i]) ||
		    !is_one_of(rel_str_sub(number, i + 1, number.len),
			       suffixes))
			continue;
		out->version = rel_str_sub(number, 0, i);
		out->start = (size_t)(number.ptr - w->title.ptr) + i;
		out->end = out->start + number.len - i;
		out->suffix = true;
		return true;
	}
	return false;
}

bool rel_changelog_unreleased(struct rel_changelog_unreleased *out,
			      struct rel_str title)
{
	struct words w;
	size_t version;
	bool found = false;

	*out = (struct rel_changelog_unreleased){.version = REL_STR("")};
	read_words(&w, title);
	version = find_kind(&w, VERSION);
	if (version < w.count) {
		out->version = w.items[version].number;
		found = find_blank(out, title) || find_suffix(out, &w, version);
	}
	for (size_t i = 0; i < w.count && !found; i++) {
		for (size_t k = i + 1; k <= w.count && k <= i + 3 && !found;
		     k++) {
			bool whole = i == 0 && k == w.count;

			if (!is_apart_before(&w, i) ||
			    !is_apart_behind(&w, k - 1))
				continue;
			found = is_phrase(&w, i, k, unreleased) ||
				((whole || k == version) && i == 0 &&
				 is_phrase(&w, i, k, ahead)) ||
				(whole && is_phrase(&w, i, k, alone));
			out->start = w.items[i].start;
			out->end = w.items[k - 1].end;
			out->leads = k <= version;
		}
	}
	return found;
}

/* Behind the version: "", "(date)", ": what", but not "is a version". */
static bool ends_release_line(struct rel_str rest, bool strict)
{
	rest = rel_str_trim(rest);
	if (rest.len == 0)
		return true;
	if (strict)
		return strchr(":([-,", rest.ptr[0]) || is_digit(rest.ptr[0]);
	return rest.ptr[0] < 'a' || rest.ptr[0] > 'z';
}

static bool is_version_word(struct rel_str word)
{
	static const char *const words[] = {"version", "release", NULL};

	return is_one_of(word, words);
}

bool rel_changelog_is_release_line(struct rel_str line)
{
	bool named = false, dated = false;
	struct rel_changelog_unreleased mark;
	struct words w;

	/* "**1.1** (2026-11-30)", where people set titles in bold */
	if (line.len > 2 && rel_str_starts(line, REL_STR("**")))
		line = rel_str_sub(line, 2, line.len);
	if (line.len == 0 || strchr(" \t-*+#", line.ptr[0]))
		return false;
	read_words(&w, line);
	if (rel_changelog_unreleased(&mark, line) && w.count <= 4 &&
	    (mark.version.len || is_phrase(&w, 0, w.count, unreleased)))
		return true;
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str number = without_v(w.items[i].text);

		if (w.items[i].kind == DATE ||
		    is_version_word(w.items[i].text)) {
			dated = dated || w.items[i].kind == DATE;
			continue;
		}
		if (number.len && is_digit(number.ptr[0]))
			return ends_release_line(
			    rel_str_sub(line, w.items[i].end, line.len),
			    named || rel_str_find(number, '.') == number.len);
		if (named || !rel_package_name_is_valid(w.items[i].text))
			return false;
		named = true;
	}
	return dated && !named;
}

/* Where the first version and the first date of a title stand. */
bool rel_changelog_places(struct rel_changelog_places *out,
			  struct rel_str title)
{
	struct words w;
	size_t version, date;

	read_words(&w, title);
	*out = (struct rel_changelog_places){.others = 0};
	version = find_kind(&w, VERSION);
	date = find_kind(&w, DATE);
	if (version == w.count)
		return false;
	out->version = (size_t)(w.items[version].number.ptr - title.ptr);
	out->version_end = out->version + w.items[version].number.len;
	if (out->version && strchr("vV", title.ptr[out->version - 1]) &&
	    out->version - 1 == w.items[version].start)
		out->version--;
	if (date < w.count) {
		size_t end = date;

		out->date = w.items[date].start;
		while (end < w.count && w.items[end].kind == DATE)
			out->date_end = w.items[end++].end;
	}
	for (size_t i = 0; i < w.count; i++)
		out->others += w.items[i].kind == OTHER ||
			       (w.items[i].kind == VERSION && i != version);
	return true;
}
