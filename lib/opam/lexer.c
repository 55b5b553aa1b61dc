#include "opam/opam_private.h"

enum char_class {
	ALPHA = 1,
	DIGIT = 2,
	WORD = 4, /* letters, digits, `_` and `-` */
	HEX = 8,
	PLAIN = 16, /* needs no look inside a string */
};

#define LETTER (ALPHA | WORD | PLAIN)

static const uint8_t class_of[256] = {
    [0 ... '\n' - 1] = PLAIN,
    ['\n' + 1 ... '\r' - 1] = PLAIN,
    ['\r' + 1 ... '"' - 1] = PLAIN,
    ['"' + 1 ... ','] = PLAIN,
    ['-'] = WORD | PLAIN,
    ['.'] = PLAIN,
    ['/'] = PLAIN,
    ['0' ... '9'] = DIGIT | WORD | HEX | PLAIN,
    [':' ... '@'] = PLAIN,
    ['A' ... 'F'] = LETTER | HEX,
    ['G' ... 'Z'] = LETTER,
    ['['] = PLAIN,
    [']' ... '^'] = PLAIN,
    ['_'] = WORD | PLAIN,
    ['`'] = PLAIN,
    ['a' ... 'f'] = LETTER | HEX,
    ['g' ... 'z'] = LETTER,
    ['{' ... 255] = PLAIN,
};

static inline uint8_t class_at(const char *p)
{
	return class_of[(unsigned char)*p];
}

void rel_lexer_init(struct rel_lexer *lexer, struct rel_str source,
		    const char *path, struct rel_arena *arena)
{
	const char *begin = source.ptr ? source.ptr : "";

	*lexer = (struct rel_lexer){
	    .begin = begin,
	    .at = begin,
	    .end = begin + source.len,
	    .line_start = begin,
	    .line = 1,
	    .arena = arena,
	    .path = path,
	};
}

static void locate(const struct rel_lexer *lexer, const char *p,
		   struct rel_error *err)
{
	rel_error_at(err, lexer->path, lexer->line,
		     (uint32_t)(p - lexer->line_start) + 1);
}

static int fail_at(const struct rel_lexer *lexer, const char *p,
		   const char *text, struct rel_error *err)
{
	int rc = rel_fail(err, REL_EPARSE, "%s", text);

	locate(lexer, p, err);
	return rc;
}

static void new_line(struct rel_lexer *lexer, const char *after)
{
	lexer->line++;
	lexer->line_start = after;
}

static bool is_in_version(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("+-_.~", c));
}

/* The version that stands there without quotes, as 4.08, when the lexer is at
 * its first dot; else empty. */
static struct rel_str bare_version(const struct rel_lexer *lexer)
{
	const char *from = lexer->at, *to = lexer->at;

	while (from > lexer->line_start && from[-1] >= '0' && from[-1] <= '9')
		from--;
	while (to < lexer->end && to - from < 40 && is_in_version(*to))
		to++;
	if (*lexer->at != '.' || from == lexer->at || to == lexer->at + 1 ||
	    (from > lexer->line_start && is_in_version(from[-1])))
		return rel_str_n("", 0);
	return rel_str_n(from, (size_t)(to - from));
}

static int fail_character(const struct rel_lexer *lexer, struct rel_error *err)
{
	unsigned char c = (unsigned char)*lexer->at;
	struct rel_str version = bare_version(lexer);
	int rc;

	if (version.len > 0)
		rc = rel_fail(err, REL_EPARSE,
			      "unexpected character '.': a version is put in "
			      "quotes, \"%.*s\"",
			      REL_STR_ARG(version));
	else if (c > ' ' && c < 0x7f)
		rc = rel_fail(err, REL_EPARSE, "unexpected character '%c'", c);
	else
		rc = rel_fail(err, REL_EPARSE, "unexpected byte 0x%02x", c);
	locate(lexer, lexer->at, err);
	return rc;
}

static int skip_comment(struct rel_lexer *lexer, struct rel_error *err)
{
	const char *p = lexer->at + 2;
	unsigned long depth = 1;
	struct rel_lexer opened = *lexer;

	while (lexer->end - p >= 2) {
		if (p[0] == '*' && p[1] == ')') {
			p += 2;
			if (--depth == 0) {
				lexer->at = p;
				return 0;
			}
		} else if (p[0] == '(' && p[1] == '*') {
			p += 2;
			depth++;
		} else {
			if (*p++ == '\n')
				new_line(lexer, p);
		}
	}
	return fail_at(&opened, opened.at, "unterminated comment", err);
}

/* Blanks, line ends and comments. */
static int skip_blank(struct rel_lexer *lexer, struct rel_error *err)
{
	const char *end = lexer->end;

	while (lexer->at < end) {
		const char *p = lexer->at;

		if (*p == ' ' || *p == '\t') {
			lexer->at++;
		} else if (*p == '\n') {
			new_line(lexer, ++lexer->at);
		} else if (*p == '\r' && p + 1 < end && p[1] == '\n') {
			lexer->at += 2;
			new_line(lexer, lexer->at);
		} else if (*p == '#') {
			const char *eol = memchr(p, '\n', (size_t)(end - p));

			lexer->at = eol ? eol : end;
		} else if (*p == '(' && p + 1 < end && p[1] == '*') {
			int rc = skip_comment(lexer, err);

			if (rc != 0)
				return rc;
		} else {
			break;
		}
	}
	return 0;
}

/*
 * Length of the escape at p (which points at the backslash), 0 when it is
 * none.  A backslash before a line end stands for nothing, and so do the
 * blanks that follow; those are left to the caller.
 */
static size_t escape_length(const char *p, const char *end)
{
	if (end - p < 2)
		return 0;
	switch (p[1]) {
	case '\\':
	case '"':
	case '\'':
	case 'n':
	case 'r':
	case 't':
	case 'b':
	case ' ':
	case '\n':
		return 2;
	case '\r':
		return end - p >= 3 && p[2] == '\n' ? 3 : 0;
	case 'x':
		return end - p >= 4 && (class_at(p + 2) & HEX) &&
			       (class_at(p + 3) & HEX)
			   ? 4
			   : 0;
	default:
		break;
	}
	if (end - p < 4 || !(class_at(p + 1) & DIGIT) ||
	    !(class_at(p + 2) & DIGIT) || !(class_at(p + 3) & DIGIT))
		return 0;
	return memcmp(p + 1, "255", 3) <= 0 ? 4 : 0;
}

static unsigned hex_value(char c)
{
	if (c >= 'a')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A')
		return (unsigned)(c - 'A') + 10;
	return (unsigned)(c - '0');
}

/* Write what the escape of `len` bytes at p stands for; returns the count. */
static size_t decode_escape(char *out, const char *p, size_t len)
{
	if (p[1] == '\n' || p[1] == '\r')
		return 0;
	if (len == 2) {
		switch (p[1]) {
		case 'n':
			*out = '\n';
			break;
		case 'r':
			*out = '\r';
			break;
		case 't':
			*out = '\t';
			break;
		case 'b':
			*out = '\b';
			break;
		default:
			*out = p[1];
		}
	} else if (p[1] == 'x') {
		*out = (char)(hex_value(p[2]) * 16 + hex_value(p[3]));
	} else {
		*out = (char)((p[1] - '0') * 100 + (p[2] - '0') * 10 +
			      (p[3] - '0'));
	}
	return 1;
}

/* The content of a string whose escapes are known to be good. */
static int decode(struct rel_lexer *lexer, struct rel_str raw,
		  struct rel_str *out, struct rel_error *err)
{
	const char *p = raw.ptr, *end = raw.ptr + raw.len;
	char *text = rel_arena_alloc(lexer->arena, raw.len);
	size_t n = 0;

	if (text == NULL)
		return rel_fail_nomem(err);
	while (p < end) {
		if (*p == '\\') {
			size_t len = escape_length(p, end);

			n += decode_escape(text + n, p, len);
			p += len;
			if (p[-1] != '\n')
				continue;
			while (p < end && (*p == ' ' || *p == '\t'))
				p++;
		} else if (*p == '\r' && p + 1 < end && p[1] == '\n') {
			p++;
		} else {
			text[n++] = *p++;
		}
	}
	*out = rel_str_n(text, n);
	return 0;
}

/* A string; `quotes` is 1 or 3. */
static int read_string(struct rel_lexer *lexer, struct rel_token *token,
		       size_t quotes, struct rel_error *err)
{
	const char *first = lexer->at + quotes, *p = first, *end = lexer->end;
	struct rel_lexer opened = *lexer;
	bool escapes = false;

	for (;;) {
		while (p < end && (class_at(p) & PLAIN))
			p++;
		if (p == end)
			return fail_at(&opened, opened.at,
				       "unterminated string", err);
		if (*p == '"') {
			if (quotes == 1 ||
			    (end - p >= 3 && p[1] == '"' && p[2] == '"'))
				break;
			p++;
		} else if (*p == '\n') {
			new_line(lexer, ++p);
		} else if (*p == '\r') {
			escapes |= end - p >= 2 && p[1] == '\n';
			p++;
		} else {
			size_t len = escape_length(p, end);

			if (len == 0)
				return fail_at(lexer, p,
					       "illegal escape sequence", err);
			escapes = true;
			p += len;
			if (p[-1] == '\n')
				new_line(lexer, p);
		}
	}
	token->kind = REL_TOKEN_STRING;
	token->text = rel_str_n(first, (size_t)(p - first));
	lexer->at = p + quotes;
	return escapes ? decode(lexer, token->text, &token->text, err) : 0;
}

/* The end of the run of word characters at p; *alpha: has it a letter? */
static const char *word_end(const char *p, const char *end, bool *alpha)
{
	uint8_t seen = 0;

	while (p < end && (class_at(p) & WORD))
		seen |= class_at(p++);
	*alpha = (seen & ALPHA) != 0;
	return p;
}

/* The end of "+word" parts and ":word" that belong to the identifier whose
 * first part ends at p. */
static const char *ident_end(const char *p, const char *end)
{
	const char *q;
	bool alpha;

	while (p < end && *p == '+') {
		q = word_end(p + 1, end, &alpha);
		if (!alpha && !(q > p + 1 && p[1] == '_'))
			break;
		p = alpha ? q : p + 2;
	}
	if (p < end && *p == ':') {
		q = word_end(p + 1, end, &alpha);
		if (alpha)
			p = q;
	}
	return p;
}

/*
 * OCaml's int_of_string on -?[0-9_]+: 63 bits, and the first character after
 * the sign must be a digit.
 */
static int read_int(struct rel_lexer *lexer, struct rel_token *token,
		    struct rel_error *err)
{
	const char *p = lexer->at, *end = lexer->end;
	bool negative = *p == '-';
	uint64_t max = ((uint64_t)1 << 62) - (negative ? 0 : 1), n = 0;

	p += negative;
	if (p == end || !((class_at(p) & DIGIT) || *p == '_'))
		return fail_character(lexer, err);
	if (*p == '_')
		return fail_at(lexer, lexer->at, "'_' is not a number", err);
	for (; p < end && ((class_at(p) & DIGIT) || *p == '_'); p++) {
		if (*p == '_')
			continue;
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (max - digit) / 10)
			return fail_at(lexer, lexer->at, "number out of range",
				       err);
		n = n * 10 + digit;
	}
	token->kind = REL_TOKEN_INT;
	token->number = negative ? -(int64_t)n : (int64_t)n;
	token->text = rel_str_n(lexer->at, (size_t)(p - lexer->at));
	lexer->at = p;
	return 0;
}

/* An identifier, a boolean or a number. */
static int read_word(struct rel_lexer *lexer, struct rel_token *token,
		     struct rel_error *err)
{
	const char *start = lexer->at, *p;
	bool alpha;

	p = word_end(start, lexer->end, &alpha);
	if (alpha) {
		p = ident_end(p, lexer->end);
	} else {
		if (p != start + 1 || *start != '_')
			return read_int(lexer, token, err);
		p = ident_end(p, lexer->end);
		if (p == start + 1)
			return read_int(lexer, token, err);
	}
	token->kind = REL_TOKEN_IDENT;
	token->text = rel_str_n(start, (size_t)(p - start));
	lexer->at = p;
	if (rel_str_eq(token->text, REL_STR("true")) ||
	    rel_str_eq(token->text, REL_STR("false"))) {
		token->kind = REL_TOKEN_BOOL;
		token->number = *start == 't';
	}
	return 0;
}

static void take(struct rel_lexer *lexer, struct rel_token *token,
		 enum rel_token_kind kind, size_t len)
{
	token->kind = (uint8_t)kind;
	token->text = rel_str_n(lexer->at, len);
	lexer->at += len;
}

static void take_relop(struct rel_lexer *lexer, struct rel_token *token,
		       enum rel_relop op, size_t len)
{
	take(lexer, token, REL_TOKEN_RELOP, len);
	token->op = (uint8_t)op;
}

/* What starts with `=`: a relop or an environment update. */
static int read_equals(struct rel_lexer *lexer, struct rel_token *token,
		       char second, struct rel_error *err)
{
	const char *p = lexer->at;
	bool third = lexer->end - p >= 3 && p[2] == '=';

	if (second != '+' && second != ':')
		take_relop(lexer, token, REL_OP_EQ, 1);
	else if (!third)
		take(lexer, token, REL_TOKEN_ENVOP, 2);
	else if (second == '+')
		take(lexer, token, REL_TOKEN_ENVOP, 3);
	else
		return fail_at(lexer, p,
			       "'=:=' is not an environment update operator",
			       err);
	return 0;
}

static int read_operator(struct rel_lexer *lexer, struct rel_token *token,
			 struct rel_error *err)
{
	const char *p = lexer->at;
	char second = lexer->end - p >= 2 ? p[1] : '\0';
	size_t len = second == '=' ? 2 : 1;

	switch (*p) {
	case ':':
		take(lexer, token, len == 2 ? REL_TOKEN_ENVOP : REL_TOKEN_COLON,
		     len);
		return 0;
	case '+':
		if (len != 2)
			return fail_character(lexer, err);
		take(lexer, token, REL_TOKEN_ENVOP, 2);
		return 0;
	case '=':
		return read_equals(lexer, token, second, err);
	case '!':
		if (len == 2)
			take_relop(lexer, token, REL_OP_NEQ, 2);
		else
			take(lexer, token, REL_TOKEN_NOT, 1);
		return 0;
	case '<':
		take_relop(lexer, token, len == 2 ? REL_OP_LEQ : REL_OP_LT,
			   len);
		return 0;
	case '>':
		take_relop(lexer, token, len == 2 ? REL_OP_GEQ : REL_OP_GT,
			   len);
		return 0;
	case '~':
		take_relop(lexer, token, REL_OP_GEQ, 1);
		return 0;
	default:
		return fail_character(lexer, err);
	}
}

/* Tokens of one byte that start no longer one; 0 = not one of them. */
static const uint8_t single[256] = {
    ['{'] = REL_TOKEN_LBRACE,	['}'] = REL_TOKEN_RBRACE,
    ['['] = REL_TOKEN_LBRACKET, [']'] = REL_TOKEN_RBRACKET,
    ['('] = REL_TOKEN_LPAREN,	[')'] = REL_TOKEN_RPAREN,
    ['&'] = REL_TOKEN_AND,	['|'] = REL_TOKEN_OR,
    ['?'] = REL_TOKEN_DEFINED,
};

static int read_token(struct rel_lexer *lexer, struct rel_token *token,
		      struct rel_error *err)
{
	const char *p = lexer->at;
	uint8_t kind = single[(unsigned char)*p];

	if (class_at(p) & WORD)
		return read_word(lexer, token, err);
	if (*p == '"') {
		bool triple = lexer->end - p >= 3 && p[1] == '"' && p[2] == '"';

		return read_string(lexer, token, triple ? 3 : 1, err);
	}
	if (kind != 0) {
		take(lexer, token, (enum rel_token_kind)kind, 1);
		return 0;
	}
	return read_operator(lexer, token, err);
}

int rel_lexer_next(struct rel_lexer *lexer, struct rel_token *token,
		   struct rel_error *err)
{
	int rc = skip_blank(lexer, err);

	if (rc != 0)
		return rc;
	*token = (struct rel_token){
	    .start = (uint32_t)(lexer->at - lexer->begin),
	    .line = lexer->line,
	    .column = (uint32_t)(lexer->at - lexer->line_start) + 1,
	};
	if (lexer->at == lexer->end) {
		token->kind = REL_TOKEN_EOF;
		token->end = token->start;
		return 0;
	}
	rc = read_token(lexer, token, err);
	token->end = (uint32_t)(lexer->at - lexer->begin);
	return rc;
}
