#include <ctype.h>
#include <strings.h>

#include "net/internal.h"

/* Bytes; enough for a sentence. */
#define WORDS_MAX 200

static bool is_html(struct rel_str text)
{
	static const char *const starts[] = {"<!doctype html", "<html"};

	text = rel_str_trim(text);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);

		if (text.len >= len &&
		    strncasecmp(text.ptr, starts[i], len) == 0)
			return true;
	}
	return false;
}

static bool holds(struct rel_str text, const char *secret)
{
	return secret && *secret &&
	       memmem(text.ptr, text.len, secret, strlen(secret)) != NULL;
}

/* The token of "Bearer token". */
static const char *last_word(const char *text)
{
	const char *blank = text ? strrchr(text, ' ') : NULL;

	return blank ? blank + 1 : text;
}

static bool repeats_secret(struct rel_str text,
			   const struct rel_http_auth *auth)
{
	/* A server that shows the request shows more than the words of which
	 * we know. */
	if (memmem(text.ptr, text.len, "uthorization", 12))
		return true;
	return auth && (holds(text, auth->password) ||
			holds(text, last_word(auth->header.value)) ||
			holds(text, auth->aws.secret) ||
			holds(text, auth->aws.session));
}

/* "<" before a name, as of XML; not that of a comparison. */
static bool starts_tag(struct rel_str text, size_t at)
{
	char next = at + 1 < text.len ? text.ptr[at + 1] : ' ';

	return text.ptr[at] == '<' &&
	       (isalpha((unsigned char)next) || strchr("/?!", next) != NULL);
}

static void add_blank(struct rel_buf *out, size_t start)
{
	if (out->len > start && out->ptr[out->len - 1] != ' ')
		rel_buf_add_char(out, ' ');
}

int rel_http_words(struct rel_buf *out, struct rel_str reply,
		   const struct rel_http_auth *auth)
{
	size_t start = out->len, i, n;
	bool tag = false;
	uint32_t rune;

	if (is_html(reply) || repeats_secret(reply, auth))
		return out->status;
	for (i = 0; i < reply.len && out->len - start < WORDS_MAX; i += n) {
		n = rel_str_rune(reply, i, &rune);
		tag = tag || starts_tag(reply, i);
		if (rune == REL_STR_NO_RUNE)
			rel_buf_add_char(out, '?');
		else if (tag || rune == ' ' || rel_rune_is_control(rune))
			add_blank(out, start);
		else
			rel_buf_add(out, reply.ptr + i, n);
		tag = tag && rune != '>';
		if (out->status)
			return out->status;
	}
	if (i < reply.len)
		return rel_buf_add_cstr(out, "…");
	if (out->len > start && out->ptr[out->len - 1] == ' ')
		out->ptr[--out->len] = '\0';
	return out->status;
}
