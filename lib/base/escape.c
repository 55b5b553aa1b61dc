#include "base/escape.h"

static const char *markdown(char c)
{
	static const char escaped[][3] = {"\\\\", "\\`", "\\*", "\\_", "\\[",
					  "\\]",  "\\|", "\\~", "\\$"};

	if (c == '&' || c == '<' || c == '>')
		return c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;";
	for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
		if (c == escaped[i][1])
			return escaped[i];
	}
	return NULL;
}

/* How `kind` writes the byte `c` of a visible text; NULL = as it is. */
static const char *replacement(enum rel_escape kind, char c)
{
	switch (kind) {
	case REL_ESCAPE_XML:
		switch (c) {
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\'':
			return "&apos;";
		}
		return NULL;
	case REL_ESCAPE_MARKDOWN:
		return markdown(c);
	case REL_ESCAPE_CSV:
		return c == '"' ? "\"\"" : NULL;
	case REL_ESCAPE_DOT:
		return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
	case REL_ESCAPE_GITHUB_PROPERTY:
		if (c == ':' || c == ',')
			return c == ':' ? "%3A" : "%2C";
		return c == '%' ? "%25" : NULL;
	case REL_ESCAPE_GITHUB_DATA:
		return c == '%' ? "%25" : NULL;
	case REL_ESCAPE_TEXT:
		break;
	}
	return NULL;
}

static void add(struct rel_buf *out, enum rel_escape kind, const char *ptr,
		size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *other = replacement(kind, ptr[i]);

		if (other)
			rel_buf_add_cstr(out, other);
		else
			rel_buf_add_char(out, ptr[i]);
	}
}

static void add_visible(struct rel_buf *out, enum rel_escape kind,
			unsigned rune, bool byte)
{
	char text[16];
	int n;

	if (rune == '\n' || rune == '\r' || rune == '\t')
		n = snprintf(text, sizeof(text), "\\%c",
			     rune == '\n'   ? 'n'
			     : rune == '\r' ? 'r'
					    : 't');
	else
		n = snprintf(text, sizeof(text), byte ? "\\x%02x" : "\\u{%04x}",
			     rune);
	add(out, kind, text, (size_t)n);
}

/* Unicode's White_Space, without controls (UCD, PropList.txt). */
static bool is_space(uint32_t rune)
{
	return rune == ' ' || rune == 0xa0 || rune == 0x1680 ||
	       (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
	       rune == 0x2029 || rune == 0x202f || rune == 0x205f ||
	       rune == 0x3000;
}

bool rel_escape_is_hash(struct rel_str s, size_t at)
{
	size_t to = at + 1;

	if (at == 0 || s.ptr[at] != '#' || s.ptr[at - 1] != '#')
		return false;
	while (to < s.len && (s.ptr[to] | 0x20) >= 'a' &&
	       (s.ptr[to] | 0x20) <= 'z')
		to++;
	return to < s.len && s.ptr[to] == '[';
}

/* The last ':' in "::" at the start of a word? */
static bool starts_command(struct rel_str s, size_t at)
{
	uint32_t before = ' ';
	size_t from;

	if (at == 0 || s.ptr[at] != ':' || s.ptr[at - 1] != ':')
		return false;
	for (from = at - 1; from > 0;) {
		from--;
		if ((s.ptr[from] & 0xc0) != 0x80)
			break;
	}
	if (at > 1)
		rel_str_rune(s, from, &before);
	return is_space(before);
}

static int escape(struct rel_buf *out, enum rel_escape kind, struct rel_str s)
{
	uint32_t rune;

	for (size_t at = 0, n; at < s.len; at += n) {
		n = rel_str_rune(s, at, &rune);
		if (rune == REL_STR_NO_RUNE)
			add_visible(out, kind, (unsigned char)s.ptr[at], true);
		else if (rel_rune_is_control(rune))
			add_visible(out, kind, rune, rune < 0x80);
		else if (rel_escape_is_hash(s, at) && kind == REL_ESCAPE_XML)
			rel_buf_add_cstr(out, "&#35;");
		else if (rel_escape_is_hash(s, at) ||
			 (kind == REL_ESCAPE_TEXT && starts_command(s, at)))
			add_visible(out, kind, rune, true);
		else
			add(out, kind, s.ptr + at, n);
	}
	return out->status;
}

int rel_escape(struct rel_buf *out, enum rel_escape kind, const char *text)
{
	return escape(out, kind, rel_str_of(text));
}

int rel_escape_lines(struct rel_buf *out, const char *text)
{
	struct rel_str rest = rel_str_of(text);

	while (rest.len > 0) {
		size_t before = rest.len;
		struct rel_str line = rel_str_cut(&rest, '\n');

		escape(out, REL_ESCAPE_TEXT, line);
		if (line.len < before)
			rel_buf_add_char(out, '\n');
	}
	return out->status;
}

int rel_escape_quote(struct rel_buf *out, struct rel_str text)
{
	rel_buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'' || text.ptr[i] == '!')
			rel_buf_printf(out, "'\\%c'", text.ptr[i]);
		else
			rel_buf_add_char(out, text.ptr[i]);
	}
	return rel_buf_add_char(out, '\'');
}

int rel_escape_word(struct rel_buf *out, struct rel_str text)
{
	/* "#" begins a comment and "~" a home directory only at the start. */
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789@%+=:,./-_#~";
	bool bare = text.len > 0 && text.ptr[0] != '#' && text.ptr[0] != '~';

	for (size_t i = 0; bare && i < text.len; i++)
		bare = text.ptr[i] && strchr(safe, text.ptr[i]);
	return bare ? rel_buf_add_str(out, text) : rel_escape_quote(out, text);
}

int rel_escape_uri(struct rel_buf *out, struct rel_str text, char kept)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c && (strchr(unreserved, c) || c == kept))
			rel_buf_add_char(out, c);
		else
			rel_buf_printf(out, "%%%02X", (unsigned char)c);
	}
	return out->status;
}
