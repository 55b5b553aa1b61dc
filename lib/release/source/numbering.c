#include "release/source/numbering.h"

#include <string.h>
#include <strings.h>

#include "opam/version.h"
#include "release/source/source_private.h"

#define SEPARATORS "-+._"
#define PARTS	   3
/* Dates ("20260131") count days, not releases. */
#define DIGITS_MAX  7
#define YEAR_DIGITS 4
/* What git shortens the id of a commit to. */
#define SHORT_ID 7

/* From `at` on, how many are of the kind. */
static size_t run_of(struct rel_str s, size_t at, bool (*is)(char))
{
	size_t n = 0;

	while (at + n < s.len && is(s.ptr[at + n]))
		n++;
	return n;
}

static bool is_early(struct rel_str word)
{
	static const char *const words[] = {
	    "alpha", "beta",	 "rc",	    "pre",     "prerelease",
	    "dev",   "devel",	 "preview", "nightly", "experimental",
	    "next",  "snapshot", "canary",  "wip",     "unstable"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word.len == strlen(words[i]) &&
		    strncasecmp(word.ptr, words[i], word.len) == 0)
			return true;
	return false;
}

bool rel_numbering_is_misplaced(struct rel_buf *out, struct rel_str version)
{
	size_t at = 0;

	while (at < version.len && version.ptr[at] != '~') {
		size_t len = run_of(version, at, rel_is_letter), end = at;

		if (len == 0) {
			at++;
			continue;
		}
		while (end > 0 && strchr(SEPARATORS, version.ptr[end - 1]))
			end--;
		if (end > 0 && rel_is_digit(version.ptr[end - 1]) &&
		    is_early(rel_str_sub(version, at, at + len))) {
			rel_buf_add_str(out, rel_str_sub(version, 0, end));
			rel_buf_add_char(out, '~');
			rel_buf_add_str(out,
					rel_str_sub(version, at, version.len));
			return true;
		}
		at += len;
	}
	return false;
}

enum rel_numbering_part rel_numbering_part_of(const char *word)
{
	static const char *const words[] = {[REL_NUMBERING_MAJOR] = "major",
					    [REL_NUMBERING_MINOR] = "minor",
					    [REL_NUMBERING_PATCH] = "patch",
					    [REL_NUMBERING_PRERELEASE] =
						"prerelease"};

	for (size_t i = 1; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum rel_numbering_part)i;
	return REL_NUMBERING_NONE;
}

struct number {
	struct rel_str head; /* "v", or nothing */
	unsigned long parts[PARTS];
	size_t n;
	/* "~beta." and 3 of "1.0~beta.3"; empty = a release */
	struct rel_str tail;
	unsigned long tail_number; /* 1 when there is none */
};

/* A number without zeros in front. */
static bool read_number(unsigned long *out, struct rel_str s, size_t *at)
{
	size_t n = run_of(s, *at, rel_is_digit);
	struct rel_str digits = rel_str_sub(s, *at, *at + n);

	*at += n;
	return n > 0 && n <= DIGITS_MAX && (n == 1 || digits.ptr[0] != '0') &&
	       rel_str_to_uint(digits, 9999999, out);
}

/* "~rc1", "~beta.2", "~dev" */
static bool read_tail(struct number *out, struct rel_str s, size_t at)
{
	size_t start = at++, len = run_of(s, at, rel_is_letter);

	at += len;
	if (len == 0)
		return false;
	if (at < s.len && s.ptr[at] == '.')
		at++;
	out->tail = rel_str_sub(s, start, at);
	out->tail_number = 1;
	if (at == s.len)
		return s.ptr[at - 1] != '.';
	return read_number(&out->tail_number, s, &at) && at == s.len;
}

static bool read_version(struct number *out, struct rel_str s)
{
	size_t at = run_of(s, 0, rel_is_letter);

	*out = (struct number){.head = rel_str_sub(s, 0, at)};
	do {
		if (out->n == PARTS ||
		    !read_number(&out->parts[out->n++], s, &at))
			return false;
	} while (at < s.len && s.ptr[at] == '.' && ++at);
	if (at == s.len)
		return true;
	return s.ptr[at] == '~' && read_tail(out, s, at);
}

/* Count up the part at `i`, unless a pre-release of just that is there. */
static void step(struct number *v, size_t i)
{
	bool there = v->tail.len > 0;

	for (size_t k = i + 1; k < PARTS; k++)
		there = there && v->parts[k] == 0;
	v->tail.len = 0;
	if (there)
		return;
	v->parts[i]++;
	for (size_t k = i + 1; k < PARTS; k++)
		v->parts[k] = 0;
	if (v->n < i + 1)
		v->n = i + 1;
}

static void write_version(struct rel_buf *out, const struct number *v)
{
	rel_buf_add_str(out, v->head);
	for (size_t i = 0; i < v->n; i++)
		rel_buf_printf(out, "%s%lu", i ? "." : "", v->parts[i]);
	if (v->tail.len == 0)
		return;
	rel_buf_add_str(out, v->tail);
	rel_buf_printf(out, "%lu", v->tail_number);
}

int rel_numbering_next(struct rel_buf *out, struct rel_str newest,
		       enum rel_numbering_part part, struct rel_error *err)
{
	struct number v;

	if (!read_version(&v, newest))
		return rel_fail(err, REL_EUSAGE,
				"%.*s is not of the form 1.2.3 or 1.2~rc1, so "
				"the version after it is not certain",
				REL_STR_ARG(newest));
	switch (part) {
	case REL_NUMBERING_MAJOR:
		step(&v, 0);
		break;
	case REL_NUMBERING_MINOR:
		step(&v, 1);
		break;
	case REL_NUMBERING_PATCH:
		step(&v, 2);
		break;
	case REL_NUMBERING_PRERELEASE:
		if (v.tail.len) {
			v.tail_number++;
			break;
		}
		step(&v, 1);
		v.tail = REL_STR("~rc");
		v.tail_number = 1;
		break;
	case REL_NUMBERING_NONE:
		break;
	}
	write_version(out, &v);
	return rel_buf_status(out, "version", err);
}

/* How many digits the first number of the version has. */
static size_t first_digits(struct rel_str version)
{
	return run_of(version, run_of(version, 0, rel_is_letter), rel_is_digit);
}

bool rel_numbering_is_date(struct rel_str version, struct rel_str newest)
{
	size_t usual = first_digits(newest);

	return first_digits(version) >= YEAR_DIGITS && usual > 0 &&
	       usual < YEAR_DIGITS;
}

bool rel_numbering_is_commit(struct rel_str version)
{
	size_t letters = 0;

	for (size_t i = 0; i < version.len; i++) {
		if (!rel_is_digit(version.ptr[i]) &&
		    (version.ptr[i] < 'a' || version.ptr[i] > 'f'))
			return false;
		letters += rel_is_letter(version.ptr[i]);
	}
	return letters > 0 && version.len >= SHORT_ID;
}

char rel_numbering_start(struct rel_str version)
{
	if (version.len > 0 && rel_is_digit(version.ptr[0]))
		return '0';
	if (version.len > 1 && rel_is_letter(version.ptr[0]) &&
	    rel_is_digit(version.ptr[1]))
		return version.ptr[0];
	return '\0';
}
