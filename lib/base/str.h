/*
 * rel_str: borrowed text, a pointer and a length.  Not NUL-terminated, may
 * contain NUL bytes, owns nothing; valid as long as what it points into.
 */
#ifndef REL_BASE_STR_H
#define REL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rel_str {
	const char *ptr;
	size_t len; /* bytes */
};

/* A literal: REL_STR("depends").  Arrays only, not pointers. */
#define REL_STR(literal) ((struct rel_str){"" literal, sizeof(literal) - 1})

/* For printf("%.*s", REL_STR_ARG(s)); lengths over INT_MAX are cut. */
#define REL_STR_ARG(s) rel_str_printable_len(s), (s).ptr

int rel_str_printable_len(struct rel_str s);

static inline struct rel_str rel_str_of(const char *cstr)
{
	return (struct rel_str){cstr, strlen(cstr)};
}

static inline struct rel_str rel_str_n(const char *ptr, size_t len)
{
	return (struct rel_str){ptr, len};
}

static inline bool rel_str_eq(struct rel_str a, struct rel_str b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool rel_str_is(struct rel_str a, const char *cstr)
{
	return rel_str_eq(a, rel_str_of(cstr));
}

/* Byte order (memcmp, then length): < 0, 0, > 0. */
int rel_str_cmp(struct rel_str a, struct rel_str b);

bool rel_str_starts(struct rel_str s, struct rel_str prefix);
bool rel_str_ends(struct rel_str s, struct rel_str suffix);

/* Index of the first (last) byte `c`, or s.len when there is none. */
size_t rel_str_find(struct rel_str s, char c);
size_t rel_str_rfind(struct rel_str s, char c);

/* s[from, to), both clamped to the length. */
struct rel_str rel_str_sub(struct rel_str s, size_t from, size_t to);

/* Without leading and trailing blanks, tabs, CR and LF. */
struct rel_str rel_str_trim(struct rel_str s);

/*
 * Cut the part before the next `sep` off the front of *rest and return it;
 * when there is no `sep`, everything, and *rest becomes {NULL, 0}.
 * Loop: while (rest.ptr) part = rel_str_cut(&rest, '/');
 */
struct rel_str rel_str_cut(struct rel_str *rest, char sep);

/* A decimal number without sign, at most `max`; false when it is not one. */
bool rel_str_to_uint(struct rel_str s, unsigned long max, unsigned long *out);

/* Well-formed UTF-8 (RFC 3629)?  On false *bad is the offset. */
bool rel_str_is_utf8(struct rel_str s, size_t *bad);

#define REL_STR_NO_RUNE UINT32_MAX

/*
 * The code point at offset `at` < s.len, in *rune.  Returns its length in
 * bytes; 1 with REL_STR_NO_RUNE where no well-formed sequence starts.
 */
size_t rel_str_rune(struct rel_str s, size_t at, uint32_t *rune);

/*
 * Is `rune` one that changes how the text around it is shown: C0 and C1
 * controls, DEL, bidirectional controls, line and paragraph separators,
 * zero-width characters, noncharacters?  Terminals obey some of them (UTR #36,
 * section 2.5; ECMA-48), so outside text that holds them is shown escaped.
 */
bool rel_rune_is_control(uint32_t rune);

#endif
