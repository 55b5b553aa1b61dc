#include "opam/ident.h"

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
