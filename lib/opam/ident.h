/*
 * Variable references and interpolation, shared by expr.c and filter.c.
 * Source  opam src/format/opamTypesBase.ml, filter_ident_of_string;
 *         src/format/opamFilter.ml, string_interp_regex.
 */
#ifndef REL_OPAM_IDENT_H
#define REL_OPAM_IDENT_H

#include "base/str.h"

/* A reference taken apart: "a+b:installed?yes:no". */
struct rel_ident {
	struct rel_str packages; /* "a+b"; empty for a global variable */
	struct rel_str name;
	bool converts;
	struct rel_str if_true, if_false;
};

/*
 * Take `text` apart; all parts borrow from it.  `pkg:enable` becomes
 * `pkg:installed?enable:disable`.
 */
void rel_ident_parse(struct rel_ident *out, struct rel_str text);

/* The next non-empty name of "a+b+c"; false at the end. */
bool rel_ident_next_package(struct rel_str *rest, struct rel_str *package);

enum rel_piece_kind {
	REL_PIECE_END,
	REL_PIECE_TEXT,	   /* literal; "%%" comes as "%" */
	REL_PIECE_VARIABLE /* the inside of %{…}% */
};

/*
 * Cut the next piece off the front of *rest.  An unclosed "%{" is text.
 */
enum rel_piece_kind rel_piece_next(struct rel_str *rest, struct rel_str *piece);

/*
 * The next closed reference in `s` from offset *from on, which moves behind
 * it; "%%" protects none here.  False when there is no other.
 * Source  opam src/format/opamFilter.ml, string_variables.
 */
bool rel_ident_next_closed(struct rel_str s, size_t *from,
			   struct rel_str *inside);

#endif
