/* ident and line ends.  Source: git convert.c (ident_to_worktree,
 * crlf_to_worktree, convert_attrs, gather_stats). */
#include "git/convert.h"

enum ends {
	ENDS_KEPT,
	ENDS_CRLF,	/* a text, always */
	ENDS_CRLF_AUTO, /* if it looks like a text with LF */
};

static bool value_is(const struct rel_git_attribute_value *value,
		     const char *text)
{
	return value->state == REL_GIT_VALUE && rel_str_is(value->text, text);
}

/* The old `crlf` counts where `text` says nothing that git knows. */
static bool says_something(const struct rel_git_attribute_value *value)
{
	return value->state == REL_GIT_SET || value->state == REL_GIT_UNSET ||
	       value_is(value, "input") || value_is(value, "auto");
}

static enum ends ends_of(
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES])
{
	const struct rel_git_attribute_value *text = &values[REL_GIT_TEXT];

	if (!says_something(text))
		text = &values[REL_GIT_CRLF];
	if (text->state == REL_GIT_UNSET ||
	    !value_is(&values[REL_GIT_EOL], "crlf"))
		return ENDS_KEPT;
	return value_is(text, "auto") ? ENDS_CRLF_AUTO : ENDS_CRLF;
}

bool rel_git_convert_may(
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES])
{
	return ends_of(values) != ENDS_KEPT ||
	       values[REL_GIT_IDENT].state == REL_GIT_SET ||
	       values[REL_GIT_EXPORT_SUBST].state == REL_GIT_SET;
}

struct counts {
	size_t nul, lone_cr, lone_lf, crlf, printable, other;
};

static struct counts count_bytes(struct rel_str s)
{
	struct counts n = {0};

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n') {
			n.crlf++;
			i++;
		} else if (c == '\r') {
			n.lone_cr++;
		} else if (c == '\n') {
			n.lone_lf++;
		} else if (c == '\0') {
			n.nul++;
			n.other++;
		} else if (c == 127 ||
			   (c < 32 && memchr("\b\t\033\014", c, 4) == NULL)) {
			n.other++;
		} else {
			n.printable++;
		}
	}
	/* The end mark of old systems. */
	if (s.len > 0 && s.ptr[s.len - 1] == '\032')
		n.other--;
	return n;
}

static bool gets_crlf(struct rel_str s, enum ends ends)
{
	struct counts n;

	if (ends == ENDS_KEPT)
		return false;
	n = count_bytes(s);
	if (n.lone_lf == 0)
		return false;
	return ends == ENDS_CRLF || (n.lone_cr == 0 && n.crlf == 0 &&
				     n.nul == 0 && n.printable >> 7 >= n.other);
}

static int add_crlf(struct rel_buf *out, struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\n' && (i == 0 || s.ptr[i - 1] != '\r'))
			rel_buf_add_char(out, '\r');
		rel_buf_add_char(out, s.ptr[i]);
	}
	return out->status;
}

/* Length of "Id$" or "Id: …$" in front of `s`; 0: there is none. */
static size_t keyword_length(struct rel_str s)
{
	struct rel_str value;
	size_t blank;

	if (rel_str_starts(s, REL_STR("Id$")))
		return 3;
	if (!rel_str_starts(s, REL_STR("Id:")))
		return 0;
	s.len = rel_str_find(s, '$') < s.len ? rel_str_find(s, '$') + 1 : 0;
	if (s.len == 0 || memchr(s.ptr, '\n', s.len))
		return 0;
	/* More than one word: another system's keyword. */
	value = rel_str_sub(s, 4, s.len - 1);
	blank = rel_str_find(value, ' ');
	return blank + 1 < value.len ? 0 : s.len;
}

static int add_ident(struct rel_buf *out, struct rel_str s,
		     const struct rel_git_id *blob)
{
	char hex[REL_GIT_ID_TEXT];

	rel_git_id_format(hex, blob);
	while (s.len > 0) {
		size_t dollar = rel_str_find(s, '$'), skip;

		rel_buf_add_str(out, rel_str_sub(s, 0, dollar + 1));
		s = rel_str_sub(s, dollar + 1, s.len);
		skip = keyword_length(s);
		if (skip > 0)
			rel_buf_printf(out, "Id: %s $", hex);
		s = rel_str_sub(s, skip, s.len);
	}
	return out->status;
}

int rel_git_convert(
    struct rel_buf *out,
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    const struct rel_git_subst *subst, const struct rel_git_id *blob,
    struct rel_str content, struct rel_error *err)
{
	struct rel_buf first, second;
	int r = 0;

	rel_buf_init(&first, out->max);
	rel_buf_init(&second, out->max);
	if (values[REL_GIT_IDENT].state == REL_GIT_SET) {
		add_ident(&first, content, blob);
		content = rel_buf_str(&first);
	}
	if (gets_crlf(content, ends_of(values))) {
		add_crlf(&second, content);
		content = rel_buf_str(&second);
	}
	r = rel_buf_status(&first, "file with $Id$", err);
	if (r == 0)
		r = rel_buf_status(&second, "file with eol=crlf", err);
	if (r == 0 && values[REL_GIT_EXPORT_SUBST].state == REL_GIT_SET)
		r = rel_git_subst_expand(out, subst, content, err);
	else if (r == 0)
		rel_buf_add_str(out, content);
	if (r == 0)
		r = rel_buf_status(out, "converted file", err);
	rel_buf_free(&second);
	rel_buf_free(&first);
	return r;
}
