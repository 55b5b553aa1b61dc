#include "base/glob.h"

#include <stdint.h>

#define NONE SIZE_MAX

/* Where to go on when what follows a star does not match. */
struct glob {
	struct rel_str pattern, text;
	bool pathname;
	size_t star, star_text; /* behind the last `*`; NONE */
	size_t deep, deep_text; /* behind the last `**`, or a `*` for all */
	bool deep_dirs;		/* it stands for whole directories */
};

static bool in_range(unsigned char c, unsigned char from, unsigned char to)
{
	return c >= from && c <= to;
}

/* In the C locale, whatever the process has. */
static int in_class(struct rel_str name, unsigned char c)
{
	bool lower = in_range(c, 'a', 'z'), upper = in_range(c, 'A', 'Z');
	bool digit = in_range(c, '0', '9'), graph = in_range(c, 33, 126);
	bool alnum = lower || upper || digit;
	const struct {
		const char *name;
		bool has;
	} classes[] = {
	    {"alnum", alnum},
	    {"alpha", lower || upper},
	    {"blank", c == ' ' || c == '\t'},
	    {"cntrl", c < 32 || c == 127},
	    {"digit", digit},
	    {"graph", graph},
	    {"lower", lower},
	    {"print", graph || c == ' '},
	    {"punct", graph && !alnum},
	    {"space", c == ' ' || in_range(c, '\t', '\r')},
	    {"upper", upper},
	    {"xdigit", digit || in_range(c, 'a', 'f') || in_range(c, 'A', 'F')},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (rel_str_is(name, classes[i].name))
			return classes[i].has;
	}
	return -1;
}

/* One of the characters in brackets, at *at; -1: the brackets do not end. */
static int next_char(struct rel_str pattern, size_t *at)
{
	if (*at < pattern.len && pattern.ptr[*at] == '\\')
		++*at;
	return *at < pattern.len ? (unsigned char)pattern.ptr[(*at)++] : -1;
}

/* "[:name:]" at `at`: 1 or 0 with *at behind it, -1 malformed, 2 none. */
static int match_class(struct rel_str pattern, size_t *at, unsigned char c)
{
	struct rel_str rest = rel_str_sub(pattern, *at, pattern.len);
	size_t end;
	int has;

	if (!rel_str_starts(rest, REL_STR("[:")))
		return 2;
	end = rel_str_find(rest, ']');
	if (end == rest.len)
		return -1;
	/* "[:" without ":]" is two characters as any. */
	if (end < 3 || rest.ptr[end - 1] != ':')
		return 2;
	has = in_class(rel_str_sub(rest, 2, end - 1), c);
	*at += end + 1;
	return has;
}

/* A character or a range: 1, 0, or -1 malformed. */
static int match_item(struct rel_str pattern, size_t *at, unsigned char c)
{
	int from = next_char(pattern, at), to = from;

	if (from >= 0 && *at + 1 < pattern.len && pattern.ptr[*at] == '-' &&
	    pattern.ptr[*at + 1] != ']') {
		++*at;
		to = next_char(pattern, at);
	}
	if (from < 0 || to < 0)
		return -1;
	return c >= from && c <= to;
}

/* "[…]" whose '[' is before *at: 1, 0, or -1 malformed; *at behind it. */
static int match_brackets(struct rel_str pattern, size_t *at, unsigned char c)
{
	bool negated = *at < pattern.len &&
		       (pattern.ptr[*at] == '!' || pattern.ptr[*at] == '^');
	bool matched = false;
	size_t first;

	*at += negated;
	for (first = *at;
	     *at < pattern.len && (*at == first || pattern.ptr[*at] != ']');) {
		int has = match_class(pattern, at, c);

		if (has == 2)
			has = match_item(pattern, at, c);
		if (has < 0)
			return -1;
		matched = matched || has;
	}
	if (*at >= pattern.len)
		return -1;
	++*at;
	return matched != negated;
}

/* One character against what stands at *at, no star: 1, 0, -1 never. */
static int match_char(const struct glob *glob, size_t *at, unsigned char c)
{
	struct rel_str pattern = glob->pattern;
	bool slash = c == '/' && glob->pathname;
	int has;

	switch (pattern.ptr[(*at)++]) {
	case '?':
		return !slash;
	case '[':
		has = match_brackets(pattern, at, c);
		return has > 0 ? !slash : has;
	case '\\':
		if (*at == pattern.len)
			return -1;
		++*at;
		break;
	default:
		break;
	}
	return (unsigned char)pattern.ptr[*at - 1] == c;
}

/*
 * Stars at *p: note where to come back to.  True: they match all the rest.
 */
static bool pass_stars(struct glob *glob, size_t *p, size_t t)
{
	struct rel_str pattern = glob->pattern;
	size_t from = *p, end = from;
	bool bounded;

	while (end < pattern.len && pattern.ptr[end] == '*')
		end++;
	bounded = end - from > 1 &&
		  (from == 0 || pattern.ptr[from - 1] == '/') &&
		  (end == pattern.len || pattern.ptr[end] == '/' ||
		   rel_str_starts(rel_str_sub(pattern, end, pattern.len),
				  REL_STR("\\/")));
	*p = end;
	if (glob->pathname && !bounded) {
		glob->star = end;
		glob->star_text = t;
		return false;
	}
	glob->star = NONE;
	glob->deep_dirs =
	    glob->pathname && end < pattern.len && pattern.ptr[end] == '/';
	*p += glob->deep_dirs;
	glob->deep = *p;
	glob->deep_text = t;
	return end == pattern.len;
}

/* Let the last star take more: false when none can. */
static bool retry(struct glob *glob, size_t *p, size_t *t)
{
	struct rel_str text = glob->text;

	if (glob->star != NONE && glob->star_text < text.len &&
	    text.ptr[glob->star_text] != '/') {
		*p = glob->star;
		*t = ++glob->star_text;
		return true;
	}
	if (glob->deep == NONE)
		return false;
	while (glob->deep_dirs && glob->deep_text < text.len &&
	       text.ptr[glob->deep_text] != '/')
		glob->deep_text++;
	if (glob->deep_text >= text.len)
		return false;
	glob->star = NONE;
	*p = glob->deep;
	*t = ++glob->deep_text;
	return true;
}

bool rel_glob(struct rel_str pattern, struct rel_str text, bool pathname)
{
	struct glob glob = {.pattern = pattern,
			    .text = text,
			    .pathname = pathname,
			    .star = NONE,
			    .deep = NONE};
	size_t p = 0, t = 0;

	for (;;) {
		int has = 0;

		if (p < pattern.len && pattern.ptr[p] == '*') {
			if (pass_stars(&glob, &p, t))
				return true;
			continue;
		}
		if (p == pattern.len && t == text.len)
			return true;
		if (p < pattern.len && t < text.len)
			has = match_char(&glob, &p, (unsigned char)text.ptr[t]);
		if (has < 0)
			return false;
		if (has > 0)
			t++;
		else if (!retry(&glob, &p, &t))
			return false;
	}
}
