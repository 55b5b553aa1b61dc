/* What a heading of a change log is about. */
#include "opam/version.h"
#include "release/changelog_read.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A character of a version or a name. */
static bool is_word_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("_+.~-", c));
}

/* The next run of word characters; false at the end.  *next: what stands
 * right behind it, 0 at the end. */
static bool next_word(struct rel_str *rest, struct rel_str *word, char *next)
{
	size_t from = 0, to;

	while (from < rest->len && !is_word_char(rest->ptr[from]))
		from++;
	if (from == rest->len)
		return false;
	to = from;
	while (to < rest->len && is_word_char(rest->ptr[to]))
		to++;
	*word = rel_str_sub(*rest, from, to);
	*next = '\0';
	if (to < rest->len)
		*next = rest->ptr[to];
	*rest = rel_str_sub(*rest, to, rest->len);
	/* emphasis, and the full stop of a sentence */
	while (word->len && strchr("_.~-", word->ptr[word->len - 1]))
		word->len--;
	while (word->len && strchr("_.~-+", word->ptr[0]))
		*word = rel_str_sub(*word, 1, word->len);
	return true;
}

static struct rel_str without_v(struct rel_str word)
{
	bool has = word.len > 1 && (word.ptr[0] == 'v' || word.ptr[0] == 'V') &&
		   is_digit(word.ptr[1]);

	return has ? rel_str_sub(word, 1, word.len) : word;
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

struct rel_str rel_changelog_version(struct rel_str title)
{
	struct rel_str rest = title, date = REL_STR(""), word;
	bool in_date = false;
	char next;

	while (next_word(&rest, &word, &next)) {
		struct rel_str version = without_v(word);

		in_date = in_date || is_date(word, next);
		if (in_date) {
			if (date.len == 0 && next != '/')
				date = version;
			in_date = next == '/';
		} else if (version.len && is_digit(version.ptr[0])) {
			return version;
		} else if (behind_name(word).len) {
			return behind_name(word);
		}
	}
	return date;
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

bool rel_changelog_has_version(struct rel_str title, struct rel_str version)
{
	struct rel_str wanted = without_v(version), rest = title, word;
	bool numbered = wanted.len && is_digit(wanted.ptr[0]);
	char next;

	if (rel_str_eq(rel_changelog_version(title), wanted))
		return true;
	while (next_word(&rest, &word, &next)) {
		if (!numbered && rel_str_eq(word, version))
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
	struct rel_str rest = title, word;
	unsigned words = 0;
	bool found = false, whole = false;
	char next;

	while (next_word(&rest, &word, &next)) {
		struct rel_str tail = rel_str_sub(word, name.len, word.len);

		words++;
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
	*alone = whole && words == 1;
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

static bool is_lead_word(struct rel_str word)
{
	static const char *const words[] = {"version", "Version", "VERSION",
					    "release", "Release", "RELEASE"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (rel_str_is(word, words[i]))
			return true;
	}
	return false;
}

bool rel_changelog_is_release_line(struct rel_str line)
{
	struct rel_str rest = line, word;
	bool named = false, dated = false, in_date = false;
	char next;

	if (line.len == 0 || strchr(" \t-*+#", line.ptr[0]))
		return false;
	while (next_word(&rest, &word, &next)) {
		struct rel_str version = without_v(word);

		in_date = in_date || is_date(word, next);
		if (in_date || is_lead_word(word)) {
			dated = dated || in_date;
			in_date = next == '/';
			continue;
		}
		if (version.len && is_digit(version.ptr[0]))
			return ends_release_line(
			    rest,
			    named || rel_str_find(version, '.') == version.len);
		if (named || !rel_package_name_is_valid(word))
			return false;
		named = true;
	}
	return dated && !named;
}
