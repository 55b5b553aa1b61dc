#include "release/source/source_private.h"

#include "base/buf.h"
#include "base/limits.h"

struct lexer {
	struct rel_str source;
	const char *path;
	size_t at;
	uint32_t line;
	size_t line_start;
	struct rel_arena *arena;
	struct rel_buf *scratch; /* of the string being read */
	struct rel_error *err;
};

static int fail_at(struct lexer *l, size_t at, const char *text)
{
	int rc = rel_fail(l->err, REL_EPARSE, "%s", text);

	rel_error_at(l->err, l->path, l->line,
		     (uint32_t)(at - l->line_start) + 1);
	return rc;
}

static int peek(const struct lexer *l)
{
	return l->at < l->source.len ? (unsigned char)l->source.ptr[l->at] : -1;
}

static bool looking_at(const struct lexer *l, const char *text)
{
	return rel_str_starts(rel_str_sub(l->source, l->at, l->source.len),
			      rel_str_of(text));
}

static void step_line(struct lexer *l)
{
	l->at++;
	l->line++;
	l->line_start = l->at;
}

static void skip_blanks(struct lexer *l)
{
	for (int c = peek(l); c >= 0; c = peek(l)) {
		if (c == ';') {
			while (peek(l) >= 0 && peek(l) != '\n')
				l->at++;
		} else if (c == '\n') {
			step_line(l);
		} else if (c == ' ' || c == '\t' || c == '\f' || c == '\r') {
			l->at++;
		} else {
			return;
		}
	}
}

static int digit(int c, int base)
{
	int value = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10
					   : base;

	return value < base ? value : -1;
}

/* \065 or \x41: `count` digits from `at`. */
static int read_code(struct lexer *l, size_t at, unsigned count, int base)
{
	int value = 0;

	for (size_t i = at; i < at + count; i++) {
		int d = i < l->source.len
			    ? digit((unsigned char)l->source.ptr[i], base)
			    : -1;

		if (d < 0)
			return fail_at(l, l->at,
				       "a numeric escape needs three decimal "
				       "or, behind x, two hexadecimal digits");
		value = value * base + d;
	}
	if (value > 255)
		return fail_at(l, l->at, "a numeric escape is over 255");
	rel_buf_add_char(l->scratch, (char)value);
	l->at = at + count;
	return 0;
}

/* At a backslash.  *newline: it hid the end of a line. */
static int read_escape(struct lexer *l, bool *newline)
{
	static const char from[] = "\\'\"%ntbr", to[] = "\\'\"%\n\t\b\r";
	int c = l->at + 1 < l->source.len
		    ? (unsigned char)l->source.ptr[l->at + 1]
		    : -1;
	const char *known = c > 0 ? strchr(from, c) : NULL;

	*newline = false;
	if (known) {
		rel_buf_add_char(l->scratch, to[known - from]);
		l->at += 2;
		return 0;
	}
	if (c >= '0' && c <= '9')
		return read_code(l, l->at + 1, 3, 10);
	if (c == 'x')
		return read_code(l, l->at + 2, 2, 16);
	if (c != '\n' && !looking_at(l, "\\\r\n"))
		return fail_at(l, l->at, "unknown escape sequence");
	l->at += c == '\n' ? 1 : 2;
	step_line(l);
	*newline = true;
	return 0;
}

/* Behind the opening quote. */
static int read_string(struct lexer *l)
{
	size_t start = l->at - 1, line_start = l->line_start;
	uint32_t line = l->line;

	while (peek(l) != '"') {
		bool newline = false;
		int rc = 0;

		if (peek(l) < 0) {
			l->line = line;
			l->line_start = line_start;
			return fail_at(l, start, "this string has no end");
		}
		if (peek(l) == '\\') {
			rc = read_escape(l, &newline);
			while (newline && (peek(l) == ' ' || peek(l) == '\t'))
				l->at++;
			if (rc)
				return rc;
			continue;
		}
		rel_buf_add_char(l->scratch, (char)peek(l));
		if (peek(l) == '\n')
			step_line(l);
		else
			l->at++;
	}
	l->at++;
	return 0;
}

/* Past the blanks of the next line when it goes on with a part of the same
 * block string. */
static bool next_block_line(struct lexer *l)
{
	size_t start = l->at;

	while (peek(l) == ' ' || peek(l) == '\t' || peek(l) == '\f')
		l->at++;
	if (looking_at(l, "\"\\|") || looking_at(l, "\"\\>"))
		return true;
	l->at = start;
	return false;
}

/* One line behind "\| or "\>; with its end.  *more: another may follow. */
static int read_block_line(struct lexer *l, bool raw, bool *more)
{
	*more = false;
	if (peek(l) == ' ')
		l->at++;
	else if (peek(l) >= 0 && peek(l) != '\n' && !looking_at(l, "\r\n"))
		return fail_at(l, l->at,
			       "a line of a block string starts with a blank");
	while (peek(l) >= 0) {
		if (peek(l) == '\n') {
			rel_buf_add_char(l->scratch, '\n');
			step_line(l);
			*more = true;
			return 0;
		}
		if (peek(l) == '\\' && !raw) {
			int rc = read_escape(l, more);

			if (rc || *more)
				return rc;
			continue;
		}
		rel_buf_add_char(l->scratch, (char)peek(l));
		l->at++;
	}
	return 0;
}

/* At the "\| or "\> of the first line. */
static int read_block(struct lexer *l)
{
	bool more = true;
	int rc = 0;

	do {
		bool raw = looking_at(l, "\"\\>");

		l->at += 3;
		rc = read_block_line(l, raw, &more);
	} while (!rc && more && next_block_line(l));
	return rc;
}

static int read_quoted(struct lexer *l, struct rel_sexp *node)
{
	char *copy;
	int rc;

	rel_buf_clear(l->scratch);
	if (looking_at(l, "\"\\|") || looking_at(l, "\"\\>")) {
		rc = read_block(l);
	} else {
		l->at++;
		rc = read_string(l);
	}
	if (!rc)
		rc = rel_buf_status(l->scratch, "string", l->err);
	if (rc)
		return rc;
	copy = rel_arena_copy(l->arena, rel_buf_str(l->scratch));
	if (!copy)
		return rel_fail_nomem(l->err);
	node->quoted = true;
	node->text = rel_str_n(copy, l->scratch->len);
	return 0;
}

/* Newer versions of dune take bytes over 127 in atoms. */
static bool is_atom_char(int c)
{
	return c > ' ' && c != 127 && !strchr(";()\"", c);
}

static int read_atom(struct lexer *l, struct rel_sexp *node)
{
	size_t start = l->at;

	while (is_atom_char(peek(l)))
		l->at++;
	if (l->at == start)
		return fail_at(l, start,
			       "this character cannot be in a dune file");
	node->text = rel_str_sub(l->source, start, l->at);
	return 0;
}

static struct rel_sexp *new_node(struct lexer *l)
{
	struct rel_sexp *node = rel_arena_alloc(l->arena, sizeof(*node));

	if (node) {
		node->start = (uint32_t)l->at;
		node->line = l->line;
		node->column = (uint32_t)(l->at - l->line_start) + 1;
	}
	return node;
}

/* Lists that are open, outermost first, with where the next member goes. */
struct open_list {
	struct rel_sexp *list, **tail;
};

static int open_list(struct lexer *l, struct open_list *open, unsigned *depth,
		     struct rel_sexp *node)
{
	if (*depth == REL_LIMIT_NESTING) {
		fail_at(l, l->at, "nested too deeply");
		if (l->err)
			l->err->code = REL_ELIMIT;
		return REL_ELIMIT;
	}
	node->is_list = true;
	(*depth)++;
	open[*depth] = (struct open_list){node, &node->first};
	l->at++;
	return 0;
}

static int close_list(struct lexer *l, struct open_list *open, unsigned *depth)
{
	if (*depth == 0)
		return fail_at(l, l->at, "this parenthesis closes nothing");
	l->at++;
	open[*depth].list->end = (uint32_t)l->at;
	(*depth)--;
	return 0;
}

static int read_member(struct lexer *l, struct open_list *open, unsigned *depth)
{
	struct rel_sexp *node = new_node(l);
	int rc;

	if (!node)
		return rel_fail_nomem(l->err);
	*open[*depth].tail = node;
	open[*depth].tail = &node->next;
	if (peek(l) == '(')
		return open_list(l, open, depth, node);
	rc = peek(l) == '"' ? read_quoted(l, node) : read_atom(l, node);
	node->end = (uint32_t)l->at;
	return rc;
}

static int read_all(struct lexer *l, struct rel_sexp **out)
{
	struct open_list open[REL_LIMIT_NESTING + 1] = {{NULL, out}};
	unsigned depth = 0;
	int rc = 0;

	for (skip_blanks(l); !rc && peek(l) >= 0; skip_blanks(l))
		rc = peek(l) == ')' ? close_list(l, open, &depth)
				    : read_member(l, open, &depth);
	if (rc || depth == 0)
		return rc;
	rc = rel_fail(l->err, REL_EPARSE, "this parenthesis is not closed");
	rel_error_at(l->err, l->path, open[depth].list->line,
		     open[depth].list->column);
	return rc;
}

int rel_sexp_parse(struct rel_sexp **out, struct rel_arena *arena,
		   struct rel_str source, const char *path,
		   struct rel_error *err)
{
	struct rel_buf scratch;
	struct lexer l = {
	    .source = source,
	    .path = path,
	    .line = 1,
	    .arena = arena,
	    .scratch = &scratch,
	    .err = err,
	};
	int rc;

	*out = NULL;
	if (source.len > REL_LIMIT_SEXP_BYTES) {
		rc = rel_fail(err, REL_ELIMIT, "a dune file of over %zu KiB",
			      REL_LIMIT_SEXP_BYTES / REL_KIB);
		rel_error_at(err, path, 0, 0);
		return rc;
	}
	rel_buf_init(&scratch, REL_LIMIT_SEXP_BYTES);
	rc = read_all(&l, out);
	rel_buf_free(&scratch);
	return rc;
}

bool rel_sexp_is(const struct rel_sexp *item, const char *name)
{
	const struct rel_sexp *head = item->first;

	return item->is_list && head && !head->is_list &&
	       rel_str_is(head->text, name);
}

const struct rel_sexp *rel_sexp_field(const struct rel_sexp *items,
				      const char *name)
{
	while (items && !rel_sexp_is(items, name))
		items = items->next;
	return items;
}

const struct rel_sexp *rel_sexp_atom(const struct rel_sexp *field)
{
	const struct rel_sexp *atom =
	    field && field->first ? field->first->next : NULL;

	return atom && !atom->is_list && !atom->next ? atom : NULL;
}
