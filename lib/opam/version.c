#include "opam/version.h"

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool is_name_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '+' || c == '-';
}

/* A byte's place among those that are not digits: '~', letters, the rest. */
static inline int order_of(char c)
{
	unsigned char byte = (unsigned char)c;

	if (c == '~')
		return 0;
	return is_letter(c) ? 0x100 + byte : 0x200 + byte;
}

static const char *skip_zeros(const char *p, const char *end)
{
	while (p < end && *p == '0')
		p++;
	return p;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/*
 * Against an exhausted text: zeros count as nothing, '~' is less than
 * nothing, everything else is more.
 */
static int compare_rest(const char *p, const char *end)
{
	p = skip_zeros(p, end);
	if (p == end)
		return 0;
	return *p == '~' ? -1 : 1;
}

/* Compare the numbers at *a and *b and, when equal, step over both. */
static int compare_numbers(const char **a, const char *a_end, const char **b,
			   const char *b_end)
{
	const char *x = skip_zeros(*a, a_end), *y = skip_zeros(*b, b_end);

	*a = skip_digits(x, a_end);
	*b = skip_digits(y, b_end);
	if (*a - x != *b - y)
		return *a - x < *b - y ? -1 : 1;
	return x < *a ? memcmp(x, y, (size_t)(*a - x)) : 0;
}

static int compare_chunks(struct rel_str left, struct rel_str right)
{
	const char *a = left.ptr, *a_end = left.ptr + left.len;
	const char *b = right.ptr, *b_end = right.ptr + right.len;
	int order;

	while (a < a_end && b < b_end) {
		if (is_digit(*a) && is_digit(*b)) {
			order = compare_numbers(&a, a_end, &b, b_end);
		} else if (is_digit(*a)) {
			return *b == '~' ? 1 : -1;
		} else if (is_digit(*b)) {
			return *a == '~' ? -1 : 1;
		} else {
			order = order_of(*a++) - order_of(*b++);
		}
		if (order != 0)
			return order;
	}
	if (a < a_end)
		return compare_rest(a, a_end);
	return b < b_end ? -compare_rest(b, b_end) : 0;
}

/* Cut `s` at its last '-': what is before, and what follows in *revision. */
static struct rel_str split_revision(struct rel_str s, struct rel_str *revision)
{
	const char *dash = s.len ? memrchr(s.ptr, '-', s.len) : NULL;
	size_t at;

	if (!dash) {
		*revision = rel_str_n("", 0);
		return s;
	}
	at = (size_t)(dash - s.ptr);
	*revision = rel_str_n(dash + 1, s.len - at - 1);
	return rel_str_n(s.ptr, at);
}

int rel_version_compare(struct rel_str a, struct rel_str b)
{
	struct rel_str a_revision, b_revision;
	int order;

	if (rel_str_eq(a, b))
		return 0;
	a = split_revision(a.ptr ? a : REL_STR(""), &a_revision);
	b = split_revision(b.ptr ? b : REL_STR(""), &b_revision);
	order = compare_chunks(a, b);
	return order != 0 ? order : compare_chunks(a_revision, b_revision);
}

bool rel_version_is_valid(struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!is_name_char(c) && c != '.' && c != '~')
			return false;
	}
	return s.len > 0;
}

bool rel_package_name_is_valid(struct rel_str s)
{
	bool letter = false;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_name_char(s.ptr[i]))
			return false;
		letter |= is_letter(s.ptr[i]);
	}
	return letter;
}

bool rel_package_split(struct rel_str s, struct rel_str *name,
		       struct rel_str *version)
{
	size_t dot = rel_str_find(s, '.');

	if (dot == s.len)
		return false;
	*name = rel_str_sub(s, 0, dot);
	*version = rel_str_sub(s, dot + 1, s.len);
	return rel_package_name_is_valid(*name) &&
	       rel_version_is_valid(*version);
}

struct rel_str rel_package_of_path(struct rel_str path)
{
	struct rel_str rest = path, part, name, version;

	if (!rel_str_is(rel_str_cut(&rest, '/'), "packages"))
		return (struct rel_str){NULL, 0};
	while (rest.ptr) {
		part = rel_str_cut(&rest, '/');
		if (rest.ptr && rel_package_split(part, &name, &version))
			return part;
	}
	return (struct rel_str){NULL, 0};
}
