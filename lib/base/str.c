#include "base/str.h"

#include <limits.h>
#include <stdint.h>

int rel_str_printable_len(struct rel_str s)
{
	return s.len > INT_MAX ? INT_MAX : (int)s.len;
}

int rel_str_cmp(struct rel_str a, struct rel_str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool rel_str_starts(struct rel_str s, struct rel_str prefix)
{
	return s.len >= prefix.len &&
	       rel_str_eq(rel_str_n(s.ptr, prefix.len), prefix);
}

bool rel_str_ends(struct rel_str s, struct rel_str suffix)
{
	return s.len >= suffix.len &&
	       rel_str_eq(rel_str_sub(s, s.len - suffix.len, s.len), suffix);
}

size_t rel_str_find(struct rel_str s, char c)
{
	const char *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;

	return at ? (size_t)(at - s.ptr) : s.len;
}

size_t rel_str_rfind(struct rel_str s, char c)
{
	const char *at = s.len > 0 ? memrchr(s.ptr, c, s.len) : NULL;

	return at ? (size_t)(at - s.ptr) : s.len;
}

struct rel_str rel_str_sub(struct rel_str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	if (!s.ptr)
		return s;
	return rel_str_n(s.ptr + from, to - from);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct rel_str rel_str_trim(struct rel_str s)
{
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	return s;
}

struct rel_str rel_str_cut(struct rel_str *rest, char sep)
{
	struct rel_str part = *rest;
	size_t at = rel_str_find(part, sep);

	if (at == part.len) {
		*rest = rel_str_n(NULL, 0);
		return part;
	}
	*rest = rel_str_n(part.ptr + at + 1, part.len - at - 1);
	return rel_str_n(part.ptr, at);
}

bool rel_str_to_uint(struct rel_str s, unsigned long max, unsigned long *out)
{
	unsigned long value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned long digit = (unsigned long)(s.ptr[i] - '0');

		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/* The first bytes that are surely ASCII, counted eight at a time. */
static size_t ascii_run(const unsigned char *p, size_t len)
{
	size_t n = 0;
	uint64_t word;

	while (len - n >= sizeof(word)) {
		memcpy(&word, p + n, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
		n += sizeof(word);
	}
	return n;
}

/* Length of the well-formed sequence at p, 0 when there is none (RFC 3629,
 * section 4, which bounds the second byte to bar overlong forms, surrogates
 * and what is above U+10FFFF). */
static size_t sequence_len(const unsigned char *p, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

bool rel_str_is_utf8(struct rel_str s, size_t *bad)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t at = 0;

	while (at < s.len) {
		size_t n = ascii_run(p + at, s.len - at);

		if (n == 0)
			n = sequence_len(p + at, s.len - at);
		if (n == 0) {
			if (bad)
				*bad = at;
			return false;
		}
		at += n;
	}
	return true;
}

size_t rel_str_rune(struct rel_str s, size_t at, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;
	size_t n = sequence_len(p, s.len - at);

	if (n == 0) {
		*rune = REL_STR_NO_RUNE;
		return 1;
	}
	/* The lead byte of n > 1 bytes carries 7 - n bits. */
	*rune = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*rune = *rune << 6 | (p[i] & 0x3fu);
	return n;
}

bool rel_rune_is_control(uint32_t rune)
{
	return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0xad ||
	       rune == 0x061c || (rune >= 0x200b && rune <= 0x200f) ||
	       (rune >= 0x2028 && rune <= 0x202e) ||
	       (rune >= 0x2060 && rune <= 0x206f) || rune == 0xfeff ||
	       (rune >= 0xfff9 && rune <= 0xfffb) ||
	       (rune >= 0xe0000 && rune <= 0xe007f) ||
	       (rune & 0xfffe) == 0xfffe;
}
