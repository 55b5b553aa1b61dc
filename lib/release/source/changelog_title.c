/* What a heading of a change log is about. */
#include "opam/version.h"
#include "release/source/source_private.h"

/* What stands between word `i` and the next one. */
static struct rel_str gap_behind(const struct rel_title *w, size_t i)
{
	size_t end = i + 1 < w->count ? w->items[i + 1].start : w->title.len;

	return rel_str_trim(rel_str_sub(w->title, w->items[i].end, end));
}

/* "1." and "1)" of "1. Install": the number of a section. */
static bool is_number_of_section(const struct rel_title *w, size_t i)
{
	const struct rel_title_word *word = &w->items[i];
	bool whole = rel_str_find(word->number, '.') == word->number.len;
	struct rel_str gap = gap_behind(w, i);

	if (i > 0 || i + 1 == w->count || w->items[1].kind == REL_TITLE_DATE ||
	    rel_str_find(w->title, '[') < w->items[1].start ||
	    word->number.len < word->text.len)
		return false;
	return word->end > word->start + word->text.len ||
	       (gap.len && gap.ptr[0] == ')') || (whole && gap.len == 0);
}

/* Words before the version: leads, dates, and one name at most. */
static bool are_leads(const struct rel_title *w, size_t version, size_t *names)
{
	*names = w->items[version].number.len + 1 < w->items[version].text.len;
	for (size_t i = 0; i < version; i++) {
		if (w->items[i].kind != REL_TITLE_OTHER)
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

	return rel_title_is_one_of(word, words);
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
static bool is_phrase(const struct rel_title *w, size_t from, size_t to,
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
	struct rel_title w;
	struct rel_str gap;
	size_t i, names, last;

	rel_title_read(&w, title);
	/* "Development" is more often a section */
	if (rel_changelog_unreleased(&mark, title) &&
	    (mark.version.len || is_phrase(&w, 0, w.count, unreleased)))
		return REL_CHANGELOG_RELEASE;
	i = rel_title_find(&w, REL_TITLE_VERSION);
	if (i == w.count) {
		for (i = 0; i < w.count; i++) {
			if (w.items[i].kind == REL_TITLE_OTHER)
				return REL_CHANGELOG_NONE;
		}
		return rel_title_find(&w, REL_TITLE_DATE) < w.count
			   ? REL_CHANGELOG_RELEASE
			   : REL_CHANGELOG_NONE;
	}
	if (!are_leads(&w, i, &names) || is_number_of_section(&w, i))
		return REL_CHANGELOG_NONE;
	last = rel_title_behind_versions(&w, i) - 1;
	gap = gap_behind(&w, last);
	if (last + 1 == w.count || gap.len ||
	    w.items[last + 1].kind == REL_TITLE_DATE ||
	    is_tail_word(w.items[last + 1].text))
		return names ? REL_CHANGELOG_NAMED : REL_CHANGELOG_RELEASE;
	/* a name of its own, then the date */
	for (i = last + 1; i < w.count && !names; i++) {
		if (w.items[i].kind == REL_TITLE_DATE)
			return REL_CHANGELOG_RELEASE;
	}
	return names ? REL_CHANGELOG_NONE : REL_CHANGELOG_LOOSE;
}

/* Does nothing but a version or punctuation stand before word `i`? */
static bool is_apart_before(const struct rel_title *w, size_t i)
{
	return i == 0 || gap_behind(w, i - 1).len ||
	       w->items[i - 1].kind == REL_TITLE_VERSION ||
	       w->items[i - 1].kind == REL_TITLE_LEAD;
}

static bool is_apart_behind(const struct rel_title *w, size_t i)
{
	return i + 1 == w->count || gap_behind(w, i).len ||
	       w->items[i + 1].kind == REL_TITLE_VERSION ||
	       w->items[i + 1].kind == REL_TITLE_DATE;
}

/* "XXXX-XX-XX", "2026-??-??", "YYYY/MM/DD": a date that is to be put in;
 * its length, 0 = none. */
static size_t blank_date_length(struct rel_str rest)
{
	bool blank = false;

	if (rest.len < 10 || (rest.ptr[4] != '-' && rest.ptr[4] != '/') ||
	    rest.ptr[7] != rest.ptr[4] ||
	    (rest.len > 10 &&
	     (rel_is_letter(rest.ptr[10]) || rel_is_digit(rest.ptr[10]))))
		return 0;
	for (size_t i = 0; i < 10; i++) {
		char c = rest.ptr[i];

		if (i == 4 || i == 7 || rel_is_digit(c))
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
			const struct rel_title *w, size_t version)
{
	const struct rel_title_word *word = &w->items[version];
	struct rel_str number = word->number;

	for (size_t i = 1; i + 1 < number.len; i++) {
		if (!strchr("-+~.", number.ptr[i]) ||
		    !rel_title_is_one_of(rel_str_sub(number, i + 1, number.len),
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
	struct rel_title w;
	size_t version;
	bool found = false;

	*out = (struct rel_changelog_unreleased){.version = REL_STR("")};
	rel_title_read(&w, title);
	version = rel_title_find(&w, REL_TITLE_VERSION);
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
		return strchr(":([-,", rest.ptr[0]) ||
		       rel_is_digit(rest.ptr[0]);
	return rest.ptr[0] < 'a' || rest.ptr[0] > 'z';
}

static bool is_version_word(struct rel_str word)
{
	static const char *const words[] = {"version", "release", NULL};

	return rel_title_is_one_of(word, words);
}

bool rel_changelog_is_release_line(struct rel_str line)
{
	bool named = false, dated = false;
	struct rel_changelog_unreleased mark;
	struct rel_title w;

	/* "**1.1** (2026-11-30)", where people set titles in bold */
	if (line.len > 2 && rel_str_starts(line, REL_STR("**")))
		line = rel_str_sub(line, 2, line.len);
	if (line.len == 0 || strchr(" \t-*+#", line.ptr[0]))
		return false;
	rel_title_read(&w, line);
	if (rel_changelog_unreleased(&mark, line) && w.count <= 4 &&
	    (mark.version.len || is_phrase(&w, 0, w.count, unreleased)))
		return true;
	for (size_t i = 0; i < w.count; i++) {
		struct rel_str number = rel_title_without_v(w.items[i].text);

		if (w.items[i].kind == REL_TITLE_DATE ||
		    is_version_word(w.items[i].text)) {
			dated = dated || w.items[i].kind == REL_TITLE_DATE;
			continue;
		}
		if (number.len && rel_is_digit(number.ptr[0]))
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
	struct rel_title w;
	size_t version, date;

	rel_title_read(&w, title);
	*out = (struct rel_changelog_places){.others = 0};
	version = rel_title_find(&w, REL_TITLE_VERSION);
	date = rel_title_find(&w, REL_TITLE_DATE);
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
		while (end < w.count && w.items[end].kind == REL_TITLE_DATE)
			out->date_end = w.items[end++].end;
	}
	for (size_t i = 0; i < w.count; i++)
		out->others +=
		    w.items[i].kind == REL_TITLE_OTHER ||
		    (w.items[i].kind == REL_TITLE_VERSION && i != version);
	return true;
}
