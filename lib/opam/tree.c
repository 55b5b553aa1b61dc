#include "opam/tree.h"

#include "base/limits.h"
#include "opam/opam_private.h"

struct parser {
	struct rel_lexer lexer;
	struct rel_token token; /* the next one, not yet used */
	struct rel_node *nodes; /* in the arena */
	uint32_t count, cap;
	uint32_t depth; /* of open brackets and prefix operators */
	struct rel_error *err;
};

/* A value under construction. */
struct value {
	rel_node_id id;
	uint32_t height; /* levels of nodes, 1 for an atom */
};

/* Siblings under construction. */
struct chain {
	rel_node_id first, last;
	uint32_t height; /* of the highest */
};

static int fail_here(struct parser *p, enum rel_code code, const char *text)
{
	int rc = rel_fail(p->err, code, "%s", text);

	rel_error_at(p->err, p->lexer.path, p->token.line, p->token.column);
	return rc;
}

static int fail_expected(struct parser *p, const char *what)
{
	const struct rel_token *t = &p->token;
	size_t len = t->end - t->start;
	int rc;

	if (t->kind == REL_TOKEN_EOF)
		rc = rel_fail(p->err, REL_EPARSE,
			      "expected %s, found the end of the file", what);
	else if (t->kind == REL_TOKEN_STRING)
		rc = rel_fail(p->err, REL_EPARSE, "expected %s, found a string",
			      what);
	else
		rc = rel_fail(p->err, REL_EPARSE, "expected %s, found '%.*s%s'",
			      what, (int)(len < 40 ? len : 40),
			      p->lexer.begin + t->start, len < 40 ? "" : "…");
	rel_error_at(p->err, p->lexer.path, t->line, t->column);
	return rc;
}

static int advance(struct parser *p)
{
	return rel_lexer_next(&p->lexer, &p->token, p->err);
}

static int grow(struct parser *p)
{
	uint32_t cap = p->cap * 2;
	struct rel_node *nodes =
	    rel_arena_array(p->lexer.arena, cap, sizeof(*nodes));

	if (nodes == NULL)
		return rel_fail_nomem(p->err);
	memcpy(nodes, p->nodes, p->count * sizeof(*nodes));
	p->nodes = nodes;
	p->cap = cap;
	return 0;
}

/* A node that starts where the next token does and ends with it. */
static int new_node(struct parser *p, rel_node_id *out, enum rel_node_kind kind)
{
	const struct rel_token *t = &p->token;
	int rc = p->count == p->cap ? grow(p) : 0;

	if (rc != 0)
		return rc;
	p->nodes[p->count] = (struct rel_node){
	    .kind = (uint8_t)kind,
	    .op = t->op,
	    .start = t->start,
	    .end = t->end,
	    .line = t->line,
	    .column = t->column,
	    .child = REL_NODE_NONE,
	    .next = REL_NODE_NONE,
	};
	*out = p->count++;
	return 0;
}

/* A node that starts where `first` does and has it as its only child. */
static int new_parent(struct parser *p, rel_node_id *out,
		      enum rel_node_kind kind, rel_node_id first)
{
	int rc = new_node(p, out, kind);

	if (rc != 0)
		return rc;
	p->nodes[*out].start = p->nodes[first].start;
	p->nodes[*out].line = p->nodes[first].line;
	p->nodes[*out].column = p->nodes[first].column;
	p->nodes[*out].child = first;
	return 0;
}

static void append(struct parser *p, struct chain *chain, struct value v)
{
	if (chain->first == REL_NODE_NONE)
		chain->first = v.id;
	else
		p->nodes[chain->last].next = v.id;
	chain->last = v.id;
	if (v.height > chain->height)
		chain->height = v.height;
}

static int enter(struct parser *p)
{
	if (++p->depth > REL_LIMIT_NESTING)
		return fail_here(p, REL_ELIMIT, "nested too deeply");
	return 0;
}

static int set_height(struct parser *p, struct value *v, uint32_t over)
{
	v->height = over + 1;
	if (v->height > REL_LIMIT_EXPRESSION_HEIGHT)
		return fail_here(p, REL_ELIMIT, "expression too long");
	return 0;
}

static int parse_value(struct parser *p, struct value *out);

/* Values up to the closing token, which is left. */
static int parse_values(struct parser *p, struct chain *out,
			enum rel_token_kind close)
{
	int rc = 0;

	while (rc == 0 && p->token.kind != close) {
		struct value v;

		rc = parse_value(p, &v);
		if (rc == 0)
			append(p, out, v);
	}
	return rc;
}

static int parse_atom(struct parser *p, struct value *out)
{
	static const uint8_t kinds[] = {
	    [REL_TOKEN_STRING] = REL_NODE_STRING,
	    [REL_TOKEN_IDENT] = REL_NODE_IDENT,
	    [REL_TOKEN_BOOL] = REL_NODE_BOOL,
	    [REL_TOKEN_INT] = REL_NODE_INT,
	};
	int rc;

	if (p->token.kind < REL_TOKEN_STRING)
		return fail_expected(p, "a value");
	rc = new_node(p, &out->id, (enum rel_node_kind)kinds[p->token.kind]);
	if (rc != 0)
		return rc;
	p->nodes[out->id].text = p->token.text;
	p->nodes[out->id].number = p->token.number;
	out->height = 1;
	return advance(p);
}

/* The operator is the next token, `left` the atom before it. */
static int parse_binding(struct parser *p, struct value *out, struct value left)
{
	struct value right;
	bool env = p->token.kind == REL_TOKEN_ENVOP;
	int rc;

	rc = new_parent(p, &out->id, env ? REL_NODE_ENV : REL_NODE_RELOP,
			left.id);
	if (rc != 0)
		return rc;
	if (env)
		p->nodes[out->id].text = p->token.text;
	out->height = 2;
	rc = advance(p);
	if (rc == 0)
		rc = parse_atom(p, &right);
	if (rc != 0)
		return rc;
	p->nodes[left.id].next = right.id;
	p->nodes[out->id].end = p->nodes[right.id].end;
	return 0;
}

static int parse_brackets(struct parser *p, struct value *out)
{
	bool list = p->token.kind == REL_TOKEN_LBRACKET;
	struct chain content = {REL_NODE_NONE, REL_NODE_NONE, 0};
	int rc = new_node(p, &out->id, list ? REL_NODE_LIST : REL_NODE_GROUP);

	if (rc == 0)
		rc = enter(p);
	if (rc == 0)
		rc = advance(p);
	if (rc == 0)
		rc = parse_values(p, &content,
				  list ? REL_TOKEN_RBRACKET : REL_TOKEN_RPAREN);
	if (rc == 0)
		rc = set_height(p, out, content.height);
	if (rc != 0)
		return rc;
	p->depth--;
	p->nodes[out->id].child = content.first;
	p->nodes[out->id].end = p->token.end;
	return advance(p);
}

/* Turn *value into `value { … }`; the brace is the next token. */
static int parse_option(struct parser *p, struct value *value)
{
	struct chain content = {value->id, value->id, value->height};
	int rc = new_parent(p, &value->id, REL_NODE_OPTION, value->id);

	if (rc == 0)
		rc = enter(p);
	if (rc == 0)
		rc = advance(p);
	if (rc == 0)
		rc = parse_values(p, &content, REL_TOKEN_RBRACE);
	if (rc == 0)
		rc = set_height(p, value, content.height);
	if (rc != 0)
		return rc;
	p->depth--;
	p->nodes[value->id].end = p->token.end;
	return advance(p);
}

static int parse_operand(struct parser *p, struct value *out);

/* `!` and `?` take an operand with its options, `>=` an atom without. */
static int parse_prefix(struct parser *p, struct value *out)
{
	static const uint8_t kinds[] = {
	    [REL_TOKEN_NOT] = REL_NODE_NOT,
	    [REL_TOKEN_DEFINED] = REL_NODE_DEFINED,
	    [REL_TOKEN_RELOP] = REL_NODE_PREFIX_RELOP,
	};
	bool relop = p->token.kind == REL_TOKEN_RELOP;
	struct value of;
	int rc;

	rc = new_node(p, &out->id, (enum rel_node_kind)kinds[p->token.kind]);
	if (rc == 0)
		rc = enter(p);
	if (rc == 0)
		rc = advance(p);
	if (rc == 0)
		rc = relop ? parse_atom(p, &of) : parse_operand(p, &of);
	if (rc == 0)
		rc = set_height(p, out, of.height);
	if (rc != 0)
		return rc;
	p->depth--;
	p->nodes[out->id].child = of.id;
	p->nodes[out->id].end = p->nodes[of.id].end;
	return 0;
}

static int parse_unit(struct parser *p, struct value *out)
{
	struct value atom;
	int rc;

	switch (p->token.kind) {
	case REL_TOKEN_LPAREN:
	case REL_TOKEN_LBRACKET:
		return parse_brackets(p, out);
	case REL_TOKEN_NOT:
	case REL_TOKEN_DEFINED:
	case REL_TOKEN_RELOP:
		return parse_prefix(p, out);
	default:
		break;
	}
	rc = parse_atom(p, &atom);
	if (rc == 0 && (p->token.kind == REL_TOKEN_RELOP ||
			p->token.kind == REL_TOKEN_ENVOP))
		return parse_binding(p, out, atom);
	*out = atom;
	return rc;
}

/* What `&` and `|` join: a unit and the options after it. */
static int parse_operand(struct parser *p, struct value *out)
{
	int rc = parse_unit(p, out);

	while (rc == 0 && p->token.kind == REL_TOKEN_LBRACE)
		rc = parse_option(p, out);
	return rc;
}

static int parse_conjunction(struct parser *p, struct value *out);

/* `next` joined by `token`, from left to right. */
static int parse_joined(struct parser *p, struct value *out,
			enum rel_token_kind token, enum rel_node_kind kind,
			int (*next)(struct parser *, struct value *))
{
	int rc = next(p, out);

	while (rc == 0 && p->token.kind == token) {
		struct value left = *out, right;

		rc = new_parent(p, &out->id, kind, left.id);
		if (rc == 0)
			rc = advance(p);
		if (rc == 0)
			rc = next(p, &right);
		if (rc == 0)
			rc = set_height(p, out,
					left.height > right.height
					    ? left.height
					    : right.height);
		if (rc != 0)
			return rc;
		p->nodes[left.id].next = right.id;
		p->nodes[out->id].end = p->nodes[right.id].end;
	}
	return rc;
}

static int parse_conjunction(struct parser *p, struct value *out)
{
	return parse_joined(p, out, REL_TOKEN_AND, REL_NODE_AND, parse_operand);
}

static int parse_value(struct parser *p, struct value *out)
{
	return parse_joined(p, out, REL_TOKEN_OR, REL_NODE_OR,
			    parse_conjunction);
}

static int parse_items(struct parser *p, struct chain *out,
		       enum rel_token_kind close);

/* After the kind; `id` is the section. */
static int parse_section(struct parser *p, rel_node_id id)
{
	struct chain items = {REL_NODE_NONE, REL_NODE_NONE, 0};
	int rc = 0;

	if (p->token.kind == REL_TOKEN_STRING) {
		p->nodes[id].text2 = p->token.text;
		rc = advance(p);
		if (rc == 0 && p->token.kind != REL_TOKEN_LBRACE)
			rc = fail_expected(p, "'{'");
	}
	if (rc == 0)
		rc = enter(p);
	if (rc == 0)
		rc = advance(p);
	if (rc == 0)
		rc = parse_items(p, &items, REL_TOKEN_RBRACE);
	if (rc != 0)
		return rc;
	p->depth--;
	p->nodes[id].child = items.first;
	p->nodes[id].end = p->token.end;
	return advance(p);
}

static int parse_item(struct parser *p, rel_node_id *id)
{
	struct value v;
	int rc;

	if (p->token.kind != REL_TOKEN_IDENT)
		return fail_expected(p, "a field or section");
	rc = new_node(p, id, REL_NODE_SECTION);
	if (rc != 0)
		return rc;
	p->nodes[*id].text = p->token.text;
	rc = advance(p);
	if (rc != 0)
		return rc;
	if (p->token.kind == REL_TOKEN_LBRACE ||
	    p->token.kind == REL_TOKEN_STRING)
		return parse_section(p, *id);
	if (p->token.kind != REL_TOKEN_COLON)
		return fail_expected(p, "':' or '{'");
	p->nodes[*id].kind = REL_NODE_FIELD;
	rc = advance(p);
	if (rc == 0)
		rc = parse_value(p, &v);
	if (rc != 0)
		return rc;
	p->nodes[*id].child = v.id;
	p->nodes[*id].end = p->nodes[v.id].end;
	return 0;
}

/* Items up to the closing token, which is left. */
static int parse_items(struct parser *p, struct chain *out,
		       enum rel_token_kind close)
{
	int rc = 0;

	while (rc == 0 && p->token.kind != close) {
		struct value item = {REL_NODE_NONE, 1};

		rc = parse_item(p, &item.id);
		if (rc == 0)
			append(p, out, item);
	}
	return rc;
}

/*
 * The version of the format as a number, major × 1000 + minor; 0 when the
 * text is not a version.  opam-file-format src/opamBaseParser.mly, nopatch.
 */
static unsigned long format_of(struct rel_str version)
{
	struct rel_str rest = version, major, minor;
	unsigned long a, b = 0;
	size_t n = 0;

	major = rel_str_cut(&rest, '.');
	if (rest.ptr) {
		minor = rel_str_cut(&rest, '.');
		/* without a third part, a suffix such as ~beta is cut off */
		while (rest.ptr == NULL && n < minor.len &&
		       minor.ptr[n] >= '0' && minor.ptr[n] <= '9')
			n++;
		if (rest.ptr == NULL)
			minor.len = n;
		if (!rel_str_to_uint(minor, 999, &b))
			return 0;
	}
	return rel_str_to_uint(major, 999, &a) ? a * 1000 + b : 0;
}

/*
 * `opam-version:` above 2.0 must come first, and once 2.1 or later has come
 * first there is no second one.  opam-file-format src/opamBaseParser.mly,
 * main.
 */
static int check_versions(struct parser *p, rel_node_id items)
{
	bool newer = false;

	for (rel_node_id id = items; id != REL_NODE_NONE;
	     id = p->nodes[id].next) {
		const struct rel_node *n = &p->nodes[id];
		unsigned long format;
		int rc;

		if (n->kind != REL_NODE_FIELD ||
		    !rel_str_is(n->text, "opam-version") ||
		    p->nodes[n->child].kind != REL_NODE_STRING)
			continue;
		format = format_of(p->nodes[n->child].text);
		if (id == items) {
			newer = format >= 2001;
			continue;
		}
		if (!newer && format <= 2000)
			continue;
		rc = rel_fail(p->err, REL_EPARSE, "opam-version %s",
			      newer ? "cannot be repeated"
				    : "must be the first field");
		rel_error_at(p->err, p->lexer.path, n->line, n->column);
		return rc;
	}
	return 0;
}

/*
 * A file of a newer format may well hold what this parser does not know:
 * say so in front of a syntax error.
 */
static void explain_newer(struct parser *p, struct rel_str source)
{
	struct rel_error ignored = {0};
	struct rel_token t;

	rel_lexer_init(&p->lexer, source, NULL, p->lexer.arena);
	if (rel_lexer_next(&p->lexer, &t, &ignored) != 0 ||
	    t.kind != REL_TOKEN_IDENT || !rel_str_is(t.text, "opam-version") ||
	    rel_lexer_next(&p->lexer, &t, &ignored) != 0 ||
	    t.kind != REL_TOKEN_COLON ||
	    rel_lexer_next(&p->lexer, &t, &ignored) != 0 ||
	    t.kind != REL_TOKEN_STRING || format_of(t.text) <= 2002)
		return;
	rel_error_prefix(p->err, "opam-version %.*s is newer than 2.2",
			 REL_STR_ARG(t.text));
}

int rel_opam_parse(struct rel_opam_tree *out, struct rel_arena *arena,
		   struct rel_str source, const char *path,
		   struct rel_error *err)
{
	struct parser p = {.err = err};
	struct chain items = {REL_NODE_NONE, REL_NODE_NONE, 0};
	int rc;

	if (source.len > REL_LIMIT_MANIFEST_BYTES) {
		rc = rel_fail(err, REL_ELIMIT, "larger than %zu bytes",
			      REL_LIMIT_MANIFEST_BYTES);
		rel_error_at(err, path, 0, 0);
		return rc;
	}
	rel_lexer_init(&p.lexer, source, path, arena);
	/* a node for every 16 bytes is usual */
	p.cap = (uint32_t)(source.len / 12) + 16;
	p.nodes = rel_arena_array(arena, p.cap, sizeof(*p.nodes));
	if (p.nodes == NULL)
		return rel_fail_nomem(err);
	rc = advance(&p);
	if (rc == 0)
		rc = parse_items(&p, &items, REL_TOKEN_EOF);
	if (rc == 0)
		rc = check_versions(&p, items.first);
	if (rc == REL_EPARSE)
		explain_newer(&p, source);
	*out = (struct rel_opam_tree){
	    .source = source,
	    .path = path,
	    .nodes = p.nodes,
	    .count = p.count,
	    .items = items.first,
	};
	return rc;
}

const char *rel_relop_text(enum rel_relop op)
{
	static const char *const texts[] = {
	    [REL_OP_EQ] = "=", [REL_OP_NEQ] = "!=", [REL_OP_GEQ] = ">=",
	    [REL_OP_GT] = ">", [REL_OP_LEQ] = "<=", [REL_OP_LT] = "<",
	};

	return texts[op];
}

enum rel_relop rel_relop_negate(enum rel_relop op)
{
	static const uint8_t opposites[] = {
	    [REL_OP_EQ] = REL_OP_NEQ, [REL_OP_NEQ] = REL_OP_EQ,
	    [REL_OP_GEQ] = REL_OP_LT, [REL_OP_LT] = REL_OP_GEQ,
	    [REL_OP_GT] = REL_OP_LEQ, [REL_OP_LEQ] = REL_OP_GT,
	};

	return (enum rel_relop)opposites[op];
}

static rel_node_id find_item(const struct rel_opam_tree *tree,
			     rel_node_id items, enum rel_node_kind kind,
			     const char *text, const char *name)
{
	struct rel_str wanted = rel_str_of(text);

	for (rel_node_id id = items; id != REL_NODE_NONE;
	     id = tree->nodes[id].next) {
		const struct rel_node *node = &tree->nodes[id];

		if (node->kind == kind && rel_str_eq(node->text, wanted) &&
		    (name == NULL || (node->text2.ptr != NULL &&
				      rel_str_is(node->text2, name))))
			return id;
	}
	return REL_NODE_NONE;
}

rel_node_id rel_opam_field(const struct rel_opam_tree *tree, rel_node_id items,
			   const char *name)
{
	return find_item(tree, items, REL_NODE_FIELD, name, NULL);
}

rel_node_id rel_opam_section(const struct rel_opam_tree *tree,
			     rel_node_id items, const char *kind,
			     const char *name)
{
	return find_item(tree, items, REL_NODE_SECTION, kind, name);
}

struct rel_str rel_opam_source_of(const struct rel_opam_tree *tree,
				  rel_node_id node)
{
	const struct rel_node *n = &tree->nodes[node];

	return rel_str_sub(tree->source, n->start, n->end);
}
