#include "base/limits.h"
#include "opam/opam_private.h"
#include "opam/version.h"

/* Cut at the last `sep`; false when there is none. */
static bool cut_last(struct rel_str s, char sep, struct rel_str *before,
		     struct rel_str *after)
{
	size_t at = rel_str_rfind(s, sep);

	if (at == s.len)
		return false;
	*before = rel_str_sub(s, 0, at);
	*after = rel_str_sub(s, at + 1, s.len);
	return true;
}

void rel_ident_parse(struct rel_ident *out, struct rel_str text)
{
	struct rel_str before, last;

	*out = (struct rel_ident){.name = text};
	if (!cut_last(text, ':', &before, &last))
		return;
	out->packages = before;
	out->name = last;
	if (cut_last(before, '?', &before, &out->if_true)) {
		out->converts = true;
		out->if_false = last;
		out->packages = REL_STR("");
		out->name = before;
		cut_last(before, ':', &out->packages, &out->name);
	} else if (before.len > 0 && rel_str_is(last, "enable")) {
		out->name = REL_STR("installed");
		out->converts = true;
		out->if_true = REL_STR("enable");
		out->if_false = REL_STR("disable");
	}
}

bool rel_ident_next_package(struct rel_str *rest, struct rel_str *package)
{
	while (rest->ptr) {
		*package = rel_str_cut(rest, '+');
		if (package->len > 0)
			return true;
	}
	return false;
}

/*
 * The end of what follows "%{": the offset of a closing "}%", or where the
 * match stops without one.  A '}' swallows the character after it, as in
 * opam's regular expression.
 */
static size_t variable_end(struct rel_str s, size_t at)
{
	while (at < s.len && s.ptr[at] != '\n') {
		if (s.ptr[at] != '}')
			at++;
		else if (at + 1 == s.len)
			return s.len;
		else if (s.ptr[at + 1] == '%' || s.ptr[at + 1] == '\n')
			break;
		else
			at += 2;
	}
	return at;
}

static struct rel_str take(struct rel_str *rest, size_t skip, size_t end,
			   size_t next)
{
	struct rel_str piece = rel_str_sub(*rest, skip, end);

	*rest = rel_str_sub(*rest, next, rest->len);
	return piece;
}

enum rel_piece_kind rel_piece_next(struct rel_str *rest, struct rel_str *piece)
{
	size_t at, end;
	char second;

	if (rest->len == 0)
		return REL_PIECE_END;
	for (at = 0; at + 1 < rest->len; at++) {
		second = rest->ptr[at + 1];
		if (rest->ptr[at] == '%' && (second == '%' || second == '{'))
			break;
	}
	if (at + 1 >= rest->len) {
		*piece = take(rest, 0, rest->len, rest->len);
		return REL_PIECE_TEXT;
	}
	if (at > 0) {
		*piece = take(rest, 0, at, at);
		return REL_PIECE_TEXT;
	}
	if (rest->ptr[1] == '%') {
		*piece = take(rest, 0, 1, 2);
		return REL_PIECE_TEXT;
	}
	end = variable_end(*rest, 2);
	if (end + 1 < rest->len && rest->ptr[end] == '}' &&
	    rest->ptr[end + 1] == '%') {
		*piece = take(rest, 2, end, end + 2);
		return REL_PIECE_VARIABLE;
	}
	/* opam looks at the end of what its expression matched */
	if (rel_str_ends(rel_str_sub(*rest, 2, end), REL_STR("}%"))) {
		*piece = take(rest, 2, end - 2, end);
		return REL_PIECE_VARIABLE;
	}
	*piece = take(rest, 0, end, end);
	return REL_PIECE_TEXT;
}

bool rel_ident_next_closed(struct rel_str s, size_t *from,
			   struct rel_str *inside)
{
	for (; *from + 1 < s.len; (*from)++) {
		size_t end;

		if (s.ptr[*from] != '%' || s.ptr[*from + 1] != '{')
			continue;
		end = variable_end(s, *from + 2);
		if (end + 1 >= s.len || s.ptr[end] != '}' ||
		    s.ptr[end + 1] != '%') {
			/* what begins before `end` would end there too */
			*from = end - 1;
			continue;
		}
		*inside = rel_str_sub(s, *from + 2, end);
		*from = end + 2;
		return true;
	}
	return false;
}

static const struct rel_value undefined = {.kind = REL_VALUE_UNDEFINED};

static struct rel_value value_of_bool(bool b)
{
	return (struct rel_value){.kind = REL_VALUE_BOOL, .boolean = b};
}

static struct rel_value value_of_string(struct rel_str s)
{
	return (struct rel_value){.kind = REL_VALUE_STRING, .string = s};
}

struct rel_str rel_value_text(const struct rel_value *value)
{
	if (value->kind == REL_VALUE_STRING)
		return value->string;
	if (value->kind == REL_VALUE_BOOL)
		return value->boolean ? REL_STR("true") : REL_STR("false");
	return REL_STR("");
}

bool rel_value_truth(const struct rel_value *value, bool *out)
{
	if (value->kind == REL_VALUE_BOOL) {
		*out = value->boolean;
		return true;
	}
	if (value->kind != REL_VALUE_STRING)
		return false;
	*out = rel_str_is(value->string, "true");
	return *out || rel_str_is(value->string, "false");
}

static struct rel_value look_up(const struct rel_variables *variables,
				struct rel_str package, struct rel_str name)
{
	struct rel_value value = undefined;

	variables->lookup(variables->context, package, name, &value);
	return value;
}

/* One package's variable, or whether it is true for all of "a+b". */
static struct rel_value look_up_all(const struct rel_variables *variables,
				    struct rel_str packages,
				    struct rel_str name)
{
	struct rel_value all = value_of_bool(true), one;
	struct rel_str package;
	bool truth, any = false;

	while (rel_ident_next_package(&packages, &package)) {
		one = look_up(variables, package, name);
		if (!any && !packages.ptr)
			return one;
		any = true;
		if (one.kind == REL_VALUE_BOOL && one.boolean)
			continue;
		if (!rel_value_truth(&one, &truth)) {
			all = undefined;
			continue;
		}
		all = value_of_bool(truth);
		if (!truth)
			break;
	}
	return any ? all : look_up(variables, REL_STR(""), name);
}

/* The value of a reference; `converts` = also when it is undefined. */
static struct rel_value ident_value(const struct rel_filter_eval *eval,
				    struct rel_str text, bool converts)
{
	struct rel_ident ident;
	struct rel_value value;
	bool truth;

	rel_ident_parse(&ident, text);
	value = look_up_all(eval->first, ident.packages, ident.name);
	if (value.kind == REL_VALUE_UNDEFINED && eval->second)
		value = look_up_all(eval->second, ident.packages, ident.name);
	if (!ident.converts)
		return value;
	if (rel_value_truth(&value, &truth))
		return value_of_string(truth ? ident.if_true : ident.if_false);
	return converts ? value_of_string(ident.if_false) : value;
}

static struct rel_value expand_into(struct rel_buf *buf,
				    struct rel_filter_eval *eval,
				    struct rel_str text)
{
	struct rel_value value;
	enum rel_piece_kind kind;
	struct rel_str piece;
	char *copy;

	while ((kind = rel_piece_next(&text, &piece)) != REL_PIECE_END) {
		if (kind == REL_PIECE_TEXT) {
			rel_buf_add_str(buf, piece);
			continue;
		}
		value = ident_value(eval, piece, true);
		if (value.kind == REL_VALUE_UNDEFINED && eval->partial)
			return undefined;
		rel_buf_add_str(buf, rel_value_text(&value));
	}
	eval->status = rel_buf_status(buf, "a string", eval->err);
	if (eval->status != 0)
		return undefined;
	copy = rel_arena_copy(eval->scratch, rel_buf_str(buf));
	if (!copy) {
		eval->status = rel_fail_nomem(eval->err);
		return undefined;
	}
	return value_of_string(rel_str_n(copy, buf->len));
}

struct rel_value rel_filter_expand(struct rel_filter_eval *eval,
				   struct rel_str text)
{
	struct rel_value value;
	struct rel_buf buf;

	if (eval->status != 0 || rel_str_find(text, '%') == text.len)
		return value_of_string(text);
	rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
	value = expand_into(&buf, eval, text);
	rel_buf_free(&buf);
	return value;
}

static bool holds(enum rel_relop op, int order)
{
	switch (op) {
	case REL_OP_EQ:
		return order == 0;
	case REL_OP_NEQ:
		return order != 0;
	case REL_OP_GEQ:
		return order >= 0;
	case REL_OP_GT:
		return order > 0;
	case REL_OP_LEQ:
		return order <= 0;
	case REL_OP_LT:
		return order < 0;
	}
	return false;
}

/* `absorb` (false for &, true for |) wins over everything, then undefined. */
static struct rel_value logic(const struct rel_value *a,
			      const struct rel_value *b, bool absorb)
{
	bool x, y;

	if ((a->kind == REL_VALUE_BOOL && a->boolean == absorb) ||
	    (b->kind == REL_VALUE_BOOL && b->boolean == absorb))
		return value_of_bool(absorb);
	if (!rel_value_truth(a, &x) || !rel_value_truth(b, &y))
		return undefined;
	return value_of_bool(absorb ? x || y : x && y);
}

static struct rel_value defined_value(struct rel_filter_eval *eval,
				      rel_expr_id id)
{
	struct rel_filter_eval first_step = *eval;
	struct rel_value value;

	if (!eval->second) {
		value = rel_filter_value(eval, id);
	} else {
		first_step.second = NULL;
		first_step.partial = true;
		value = rel_filter_value(&first_step, id);
		eval->status = first_step.status;
	}
	return value_of_bool(value.kind != REL_VALUE_UNDEFINED);
}

static struct rel_value binary_value(struct rel_filter_eval *eval,
				     const struct rel_expr *node)
{
	struct rel_value a = rel_filter_value(eval, node->a);
	struct rel_value b = rel_filter_value(eval, node->b);

	if (node->kind != REL_EXPR_COMPARE)
		return logic(&a, &b, node->kind == REL_EXPR_OR);
	if (a.kind == REL_VALUE_UNDEFINED || b.kind == REL_VALUE_UNDEFINED)
		return undefined;
	return value_of_bool(
	    holds((enum rel_relop)node->op,
		  rel_version_compare(rel_value_text(&a), rel_value_text(&b))));
}

struct rel_value rel_filter_value(struct rel_filter_eval *eval, rel_expr_id id)
{
	const struct rel_exprs *exprs = eval->exprs;
	const struct rel_expr *node = &exprs->nodes[id];
	struct rel_value value;
	bool truth;

	switch ((enum rel_expr_kind)node->kind) {
	case REL_EXPR_BOOL:
		return value_of_bool(node->a != 0);
	case REL_EXPR_STRING:
		return rel_filter_expand(
		    eval, exprs->string(exprs->context, node->a));
	case REL_EXPR_IDENT:
		value =
		    ident_value(eval, exprs->string(exprs->context, node->a),
				!eval->partial);
		if (value.kind == REL_VALUE_STRING)
			value = rel_filter_expand(eval, value.string);
		return value;
	case REL_EXPR_NOT:
		value = rel_filter_value(eval, node->a);
		return rel_value_truth(&value, &truth) ? value_of_bool(!truth)
						       : undefined;
	case REL_EXPR_DEFINED:
		return defined_value(eval, node->a);
	case REL_EXPR_AND:
	case REL_EXPR_OR:
	case REL_EXPR_COMPARE:
		return binary_value(eval, node);
	case REL_EXPR_PACKAGE:
	case REL_EXPR_VERSION:
		break;
	}
	return undefined;
}

int rel_filter_reduce(struct rel_value *out, const struct rel_exprs *exprs,
		      rel_expr_id id, const struct rel_variables *variables,
		      struct rel_arena *scratch, struct rel_error *err)
{
	struct rel_filter_eval eval = {
	    .exprs = exprs, .first = variables, .scratch = scratch, .err = err};

	*out = id == REL_EXPR_NONE ? value_of_bool(true)
				   : rel_filter_value(&eval, id);
	return eval.status;
}

int rel_filter_eval(bool *out, const struct rel_exprs *exprs, rel_expr_id id,
		    const struct rel_variables *variables, bool fallback,
		    struct rel_arena *scratch, struct rel_error *err)
{
	struct rel_value value;
	int rc = rel_filter_reduce(&value, exprs, id, variables, scratch, err);

	if (rc == 0 && !rel_value_truth(&value, out))
		*out = fallback;
	return rc;
}
