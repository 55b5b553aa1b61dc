/* Extensible Markup Language 1.0, the parts that xml.h names. */
#include "publish/publish_private.h"

#include <ctype.h>
#include <stdio.h>

struct scan {
	const struct rel_xml_reader *reader;
	struct rel_str text;
	size_t at;
	struct rel_str names[REL_XML_DEPTH_MAX + 1]; /* [0] is nobody's */
	size_t depth;
	char value[REL_XML_VALUE_MAX];
	size_t len;
};

static int fail_at(const struct scan *s, const char *what,
		   struct rel_error *err)
{
	return rel_fail(err, REL_EPARSE,
			"no XML that is understood: %s, at byte %zu", what,
			s->at);
}

static struct rel_str rest_of(const struct scan *s)
{
	return rel_str_sub(s->text, s->at, s->text.len);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.:", c) != NULL;
}

static struct rel_str read_name(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->text.len && s->text.ptr[s->at] != '\0' &&
	       is_name_char(s->text.ptr[s->at]))
		s->at++;
	return rel_str_sub(s->text, start, s->at);
}

static struct rel_str without_prefix(struct rel_str name)
{
	size_t colon = rel_str_find(name, ':');

	return colon < name.len ? rel_str_sub(name, colon + 1, name.len) : name;
}

static int add_byte(struct scan *s, char c, struct rel_error *err)
{
	if (s->len == sizeof(s->value))
		return rel_fail(err, REL_ELIMIT,
				"XML with a text of more than %d bytes",
				REL_XML_VALUE_MAX);
	s->value[s->len++] = c;
	return 0;
}

/* A character reference, in ASCII: more, no field of ours can hold. */
static bool decode_number(struct rel_str name, char *out)
{
	unsigned long value = 0;
	unsigned base = 10;

	name = rel_str_sub(name, 1, name.len);
	if (rel_str_starts(name, REL_STR("x"))) {
		base = 16;
		name = rel_str_sub(name, 1, name.len);
	}
	if (name.len == 0 || name.len > 6)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c >= '0' && c <= '9')
			value = value * base + (unsigned long)(c - '0');
		else if (base == 16 && isxdigit((unsigned char)c))
			value = value * base +
				(unsigned long)(tolower((unsigned char)c) -
						'a' + 10);
		else
			return false;
	}
	*out = (char)value;
	return value >= 0x20 && value < 0x7f;
}

static int read_entity(struct scan *s, struct rel_error *err)
{
	static const struct {
		const char *name;
		char is;
	} known[] = {
	    {"amp", '&'},  {"lt", '<'},	   {"gt", '>'},
	    {"quot", '"'}, {"apos", '\''},
	};
	struct rel_str rest = rel_str_sub(s->text, s->at + 1, s->at + 12);
	size_t end = rel_str_find(rest, ';');
	struct rel_str name = rel_str_sub(rest, 0, end);
	char c = '\0';

	if (end == rest.len)
		return fail_at(s, "\"&\" without \";\"", err);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (rel_str_is(name, known[i].name))
			c = known[i].is;
	if (c == '\0' &&
	    !(rel_str_starts(name, REL_STR("#")) && decode_number(name, &c)))
		return fail_at(s, "an unknown entity", err);
	s->at += end + 2;
	return add_byte(s, c, err);
}

/* Behind the end of `mark`. */
static int skip_to(struct scan *s, const char *mark, struct rel_error *err)
{
	struct rel_str rest = rest_of(s);
	const char *end = memmem(rest.ptr, rest.len, mark, strlen(mark));

	if (!end)
		return fail_at(s, "it ends too early", err);
	s->at += (size_t)(end - rest.ptr) + strlen(mark);
	return 0;
}

/* An element's text is what directly precedes its end. */
static int end_element(struct scan *s, struct rel_error *err)
{
	struct rel_str value = rel_str_trim(rel_str_n(s->value, s->len));
	int rc = s->reader->end(
	    s->reader->context, without_prefix(s->names[s->depth]),
	    without_prefix(s->names[s->depth - 1]), value, err);

	s->depth--;
	s->len = 0;
	return rc;
}

/* Attributes, up to ">" or "/>". */
static int skip_attributes(struct scan *s, bool *empty, struct rel_error *err)
{
	char quote = '\0';

	for (; s->at < s->text.len; s->at++) {
		char c = s->text.ptr[s->at];

		if (quote != '\0') {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			*empty = s->text.ptr[s->at - 1] == '/';
			s->at++;
			return 0;
		} else if (c == '<') {
			break;
		}
	}
	return fail_at(s, "a tag without end", err);
}

static int read_start(struct scan *s, struct rel_error *err)
{
	struct rel_str name;
	bool empty = false;
	int rc;

	s->at++;
	name = read_name(s);
	if (name.len == 0)
		return fail_at(s, "a tag without name", err);
	if (s->depth == REL_XML_DEPTH_MAX)
		return rel_fail(err, REL_ELIMIT, "XML nested too deeply");
	s->names[++s->depth] = name;
	s->len = 0;
	rc = skip_attributes(s, &empty, err);
	return rc == 0 && empty ? end_element(s, err) : rc;
}

static int read_end(struct scan *s, struct rel_error *err)
{
	struct rel_str name;

	s->at += 2;
	name = read_name(s);
	if (s->depth == 0 || !rel_str_eq(name, s->names[s->depth]))
		return fail_at(s, "an end that has no start", err);
	if (s->at == s->text.len || s->text.ptr[s->at++] != '>')
		return fail_at(s, "a tag without end", err);
	return end_element(s, err);
}

static int read_markup(struct scan *s, struct rel_error *err)
{
	struct rel_str rest = rest_of(s);

	if (rel_str_starts(rest, REL_STR("<!--")))
		return skip_to(s, "-->", err);
	if (rel_str_starts(rest, REL_STR("<?")))
		return skip_to(s, "?>", err);
	if (rel_str_starts(rest, REL_STR("<!")))
		return fail_at(s, "a document type", err);
	if (rel_str_starts(rest, REL_STR("</")))
		return read_end(s, err);
	return read_start(s, err);
}

int rel_xml_read(const struct rel_xml_reader *reader, struct rel_str text,
		 struct rel_error *err)
{
	struct scan s = {.reader = reader, .text = text};
	bool seen = false;
	size_t bad;
	int rc = 0;

	s.names[0] = REL_STR("");
	if (!rel_str_is_utf8(text, &bad))
		return rel_fail(err, REL_EPARSE, "XML that is not UTF-8");
	while (rc == 0 && s.at < text.len) {
		char c = text.ptr[s.at];

		if (c == '<') {
			rc = read_markup(&s, err);
			seen = seen || s.depth > 0;
		} else if (s.depth == 0 && !isspace((unsigned char)c)) {
			rc = fail_at(&s, "text outside of elements", err);
		} else if (c == '&') {
			rc = read_entity(&s, err);
		} else {
			rc = s.depth > 0 ? add_byte(&s, c, err) : 0;
			s.at++;
		}
	}
	if (rc == 0 && (s.depth > 0 || !seen))
		rc = fail_at(&s, "it ends too early", err);
	return rc;
}
