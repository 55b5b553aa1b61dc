#include "opam/opam_private.h"

#include <strings.h>

#include "base/limits.h"

/* `text` against a NUL-terminated identifier, in the order of the table. */
static int compare(struct rel_str text, const char *id)
{
	int cmp = strncasecmp(text.ptr, id, text.len);

	return cmp != 0 ? cmp : -(int)(unsigned char)id[text.len];
}

static bool find(const struct rel_spdx_id *ids, size_t count,
		 struct rel_str text, enum rel_spdx_list list)
{
	size_t low = 0, high = count;

	/* a NUL would end the comparison too early */
	if (text.len == 0 || memchr(text.ptr, '\0', text.len))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int cmp = compare(text, ids[middle].id);

		if (cmp == 0)
			return ids[middle].lists & (1u << list);
		if (cmp < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool is_license(struct rel_str text, enum rel_spdx_list list)
{
	return find(rel_spdx_licenses, rel_spdx_n_licenses, text, list);
}

static bool is_exception(struct rel_str text, enum rel_spdx_list list)
{
	return find(rel_spdx_exceptions, rel_spdx_n_exceptions, text, list);
}

static struct rel_str without_plus(struct rel_str s)
{
	return rel_str_ends(s, REL_STR("+")) ? rel_str_sub(s, 0, s.len - 1) : s;
}

static bool next_word(struct rel_str *rest, struct rel_str *word)
{
	while (rest->ptr) {
		*word = rel_str_cut(rest, ' ');
		if (word->len > 0)
			return true;
	}
	return false;
}

/* "ID", "ID+", "ID with EXCEPTION". */
static bool is_valid_2_1(struct rel_str text)
{
	struct rel_str license, with, exception, more;

	if (!next_word(&text, &license) ||
	    !is_license(without_plus(license), REL_SPDX_OPAM_2_1))
		return false;
	if (!next_word(&text, &with))
		return true;
	return with.len == 4 && strncasecmp(with.ptr, "with", 4) == 0 &&
	       next_word(&text, &exception) && !next_word(&text, &more) &&
	       is_exception(exception, REL_SPDX_OPAM_2_1);
}

enum token {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_WITH,
	TOKEN_JOIN, /* AND, OR */
	TOKEN_LICENSE_REF,
	TOKEN_ADDITION_REF,
	TOKEN_ID,
	TOKEN_ID_PLUS,
	TOKEN_BAD,
};

struct reader {
	struct rel_str rest;
	enum rel_spdx_list list;
	enum token token;
	struct rel_str text; /* of TOKEN_ID and TOKEN_ID_PLUS */
	unsigned depth;
};

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static size_t id_length(struct rel_str s)
{
	size_t len = 0;

	while (len < s.len && is_id_char(s.ptr[len]))
		len++;
	return len;
}

/* PREFIX and at least one character more; what it is made of is one word. */
static bool is_ref(struct rel_str word, struct rel_str prefix)
{
	return word.len > prefix.len && rel_str_starts(word, prefix);
}

static enum token ref_of(struct rel_str word, enum rel_spdx_list list)
{
	if (is_ref(word, REL_STR("LicenseRef-")))
		return TOKEN_LICENSE_REF;
	return list >= REL_SPDX_OPAM_2_4 &&
		       is_ref(word, REL_STR("AdditionRef-"))
		   ? TOKEN_ADDITION_REF
		   : TOKEN_ID;
}

static enum token word_token(struct rel_str word, enum rel_spdx_list list)
{
	if (rel_str_is(word, "WITH") || rel_str_is(word, "with"))
		return TOKEN_WITH;
	if (rel_str_is(word, "AND") || rel_str_is(word, "and") ||
	    rel_str_is(word, "OR") || rel_str_is(word, "or"))
		return TOKEN_JOIN;
	return ref_of(word, list);
}

/* DocumentRef-x:LicenseRef-y; then the rest behind it is set. */
static bool read_document(struct reader *r, struct rel_str word)
{
	struct rel_str after = rel_str_sub(r->rest, word.len, r->rest.len);
	struct rel_str second;
	enum token token;

	if (!is_ref(word, REL_STR("DocumentRef-")) ||
	    !rel_str_starts(after, REL_STR(":")))
		return false;
	after = rel_str_sub(after, 1, after.len);
	second = rel_str_sub(after, 0, id_length(after));
	token = ref_of(second, r->list);
	if (token == TOKEN_ID)
		return false;
	r->token = token;
	r->rest = rel_str_sub(after, second.len, after.len);
	return true;
}

static void advance(struct reader *r)
{
	struct rel_str word;
	char c;

	while (r->rest.len > 0 &&
	       (r->rest.ptr[0] == ' ' || r->rest.ptr[0] == '\t' ||
		r->rest.ptr[0] == '\n'))
		r->rest = rel_str_sub(r->rest, 1, r->rest.len);
	r->token = TOKEN_END;
	if (r->rest.len == 0)
		return;
	c = r->rest.ptr[0];
	word = rel_str_sub(r->rest, 0, id_length(r->rest));
	if (word.len == 0) {
		r->token = c == '('   ? TOKEN_OPEN
			   : c == ')' ? TOKEN_CLOSE
				      : TOKEN_BAD;
		r->rest = rel_str_sub(r->rest, 1, r->rest.len);
		return;
	}
	if (read_document(r, word))
		return;
	r->text = word;
	r->rest = rel_str_sub(r->rest, word.len, r->rest.len);
	if (rel_str_starts(r->rest, REL_STR("+"))) {
		r->token = TOKEN_ID_PLUS;
		r->rest = rel_str_sub(r->rest, 1, r->rest.len);
	} else {
		r->token = word_token(word, r->list);
	}
}

static bool read_body(struct reader *r);

static bool read_unit(struct reader *r)
{
	bool good;

	if (r->token == TOKEN_OPEN) {
		if (++r->depth > REL_LIMIT_NESTING)
			return false;
		advance(r);
		if (!read_body(r) || r->token != TOKEN_CLOSE)
			return false;
		r->depth--;
		advance(r);
		return true;
	}
	good = r->token == TOKEN_LICENSE_REF ||
	       ((r->token == TOKEN_ID || r->token == TOKEN_ID_PLUS) &&
		is_license(r->text, r->list));
	if (!good)
		return false;
	advance(r);
	if (r->token != TOKEN_WITH)
		return true;
	advance(r);
	good = r->token == TOKEN_ADDITION_REF ||
	       (r->token == TOKEN_ID && is_exception(r->text, r->list));
	advance(r);
	return good;
}

/* Units joined by AND and OR; which binds closer does not matter here. */
static bool read_body(struct reader *r)
{
	while (read_unit(r)) {
		if (r->token != TOKEN_JOIN)
			return true;
		advance(r);
	}
	return false;
}

bool rel_spdx_is_valid(struct rel_str text, enum rel_spdx_list list)
{
	struct reader r = {.rest = text, .list = list};

	if (list == REL_SPDX_OPAM_2_1)
		return is_valid_2_1(text);
	advance(&r);
	return read_body(&r) && r.token == TOKEN_END;
}
