/*
 * What the files of lib/opam share: tokens, references to variables, the
 * evaluator, expressions under conversion and license expressions.
 */
#ifndef REL_OPAM_OPAM_PRIVATE_H
#define REL_OPAM_OPAM_PRIVATE_H

#include "base/str.h"
#include "opam/filter.h"
#include "opam/tree.h"

/*
 * lexer.c: the tokens of the opam file format.
 * Source  opam-file-format src/opamLexer.mll: the longest match wins, ties go
 *         to the earlier rule.
 */

enum rel_token_kind {
	REL_TOKEN_EOF,
	REL_TOKEN_COLON,
	REL_TOKEN_LBRACE,
	REL_TOKEN_RBRACE,
	REL_TOKEN_LBRACKET,
	REL_TOKEN_RBRACKET,
	REL_TOKEN_LPAREN,
	REL_TOKEN_RPAREN,
	REL_TOKEN_AND,
	REL_TOKEN_OR,
	REL_TOKEN_NOT,
	REL_TOKEN_DEFINED,
	REL_TOKEN_RELOP,  /* op */
	REL_TOKEN_ENVOP,  /* text */
	REL_TOKEN_STRING, /* text = decoded */
	REL_TOKEN_IDENT,  /* text */
	REL_TOKEN_BOOL,	  /* number; text */
	REL_TOKEN_INT,	  /* number; text */
};

struct rel_token {
	uint8_t kind;	     /* enum rel_token_kind */
	uint8_t op;	     /* enum rel_relop */
	uint32_t start, end; /* bytes of the source, [start, end) */
	uint32_t line, column;
	int64_t number;
	struct rel_str text; /* in the source or in the arena */
};

struct rel_lexer {
	const char *begin, *at, *end;
	const char *line_start;
	uint32_t line;		 /* of `at`, from 1 */
	struct rel_arena *arena; /* for strings with escapes */
	const char *path;	 /* for messages */
};

/* `source` must outlive the tokens. */
void rel_lexer_init(struct rel_lexer *lexer, struct rel_str source,
		    const char *path, struct rel_arena *arena);

/*
 * Read the next token; at the end REL_TOKEN_EOF, again and again.
 * Errors  REL_EPARSE with path, line and column; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_lexer_next(struct rel_lexer *lexer,
				  struct rel_token *token,
				  struct rel_error *err);

/*
 * filter.c: variable references and interpolation.
 * Source  opam src/format/opamTypesBase.ml, filter_ident_of_string;
 *         src/format/opamFilter.ml, string_interp_regex.
 */

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

/*
 * filter.c: the evaluator behind filter.h, with the settings that formula.c
 * needs.
 * Source  opam src/format/opamFilter.ml: reduce, partial_eval.
 */

/*
 * A plain evaluation has `first` only.  opam's two-step evaluation is asked
 * for with `partial` (first step: what is undefined stays undefined, also a
 * string with it in; but a converter in a string has the last word) and with
 * `second` (last step: variables that `first` does not have; `?x` stays what it
 * was in the first step).
 */
struct rel_filter_eval {
	const struct rel_exprs *exprs;
	const struct rel_variables *first, *second; /* second may be NULL */
	bool partial;
	struct rel_arena *scratch;
	int status; /* 0 or the first failure; values mean nothing then */
	struct rel_error *err;
};

struct rel_value rel_filter_value(struct rel_filter_eval *eval, rel_expr_id id);

/* Replace %{…}% in `text`; UNDEFINED only when partial. */
struct rel_value rel_filter_expand(struct rel_filter_eval *eval,
				   struct rel_str text);

/* What a value is as text: "true", "false", "" for undefined. */
struct rel_str rel_value_text(const struct rel_value *value);

/* A boolean or "true" or "false"?  Then *out is which. */
bool rel_value_truth(const struct rel_value *value, bool *out);

/*
 * upgrade_*.c: expressions under conversion.
 * Source  opam 2.1.2 src/state/opamFormatUpgrade.ml,
 *         opam_file_from_1_2_to_2_0.
 */

/* A scratch table.  After a failure the functions below do nothing and
 * return REL_EXPR_NONE; look at `status` at the end. */
struct rel_upgrade_exprs {
	struct rel_expr_table table;
	struct rel_intern strings;
	const struct rel_opam_tree *tree;
	struct rel_error *err;
	int status; /* 0 or the first failure */
};

void rel_upgrade_exprs_init(struct rel_upgrade_exprs *x,
			    const struct rel_opam_tree *tree,
			    struct rel_error *err);
void rel_upgrade_exprs_free(struct rel_upgrade_exprs *x);

rel_expr_id rel_upgrade_add(struct rel_upgrade_exprs *x, struct rel_expr expr);
rel_expr_id rel_upgrade_add_text(struct rel_upgrade_exprs *x,
				 enum rel_expr_kind kind, struct rel_str text);
/* a & b, a | b; NONE on one side gives the other. */
rel_expr_id rel_upgrade_join(struct rel_upgrade_exprs *x,
			     enum rel_expr_kind kind, rel_expr_id a,
			     rel_expr_id b);
struct rel_str rel_upgrade_text(const struct rel_upgrade_exprs *x,
				rel_expr_id id);

/* The value of the field `name` as a formula or filter; NONE when absent. */
rel_expr_id rel_upgrade_read_formula(struct rel_upgrade_exprs *x,
				     const char *name, bool disjunction);

/*
 * The condition under which the package is available: `available:` and, in
 * front of it, `os:` and `ocaml-version:`.  NONE = always.
 */
rel_expr_id rel_upgrade_read_available(struct rel_upgrade_exprs *x);

/* Packages that conditions on the compiler turn into, in opam's order. */
enum rel_upgrade_package {
	REL_UPGRADE_OCAML,
	REL_UPGRADE_BASE,
	REL_UPGRADE_SYSTEM,
	REL_UPGRADE_VARIANTS,
	REL_UPGRADE_PACKAGES,
};
extern const char *const rel_upgrade_package_names[REL_UPGRADE_PACKAGES];

struct rel_upgrade_atoms {
	bool has[REL_UPGRADE_PACKAGES];
	rel_expr_id constraint[REL_UPGRADE_PACKAGES]; /* NONE = any version */
};

/* What became of an availability condition. */
struct rel_upgrade_split {
	struct rel_upgrade_atoms depends, conflicts;
	rel_expr_id rest; /* NONE = always available */
};

/* Split a condition; its nodes are changed in place. */
void rel_upgrade_split(struct rel_upgrade_split *out,
		       struct rel_upgrade_exprs *x, rel_expr_id available);

/*
 * Add the atoms to a formula: to the first atom of the same package among its
 * top-level terms, else in front.  kind AND for depends, OR for conflicts.
 */
rel_expr_id rel_upgrade_merge(struct rel_upgrade_exprs *x,
			      enum rel_expr_kind kind, rel_expr_id formula,
			      const struct rel_upgrade_atoms *atoms);

/* Rename `test` and `doc` in the nodes [from, to). */
void rel_upgrade_rename_flags(struct rel_upgrade_exprs *x, uint32_t from,
			      uint32_t to);
/* Rename the variables that are the compiler package's now, and the values
 * of `os` and `arch`, in all nodes. */
void rel_upgrade_rename_globals(struct rel_upgrade_exprs *x);

/* Append "[", the terms of a formula (joined by `kind`) one per line, "]". */
void rel_upgrade_print(struct rel_buf *out, const struct rel_upgrade_exprs *x,
		       enum rel_expr_kind kind, rel_expr_id formula);
/* Append an expression on one line. */
void rel_upgrade_print_filter(struct rel_buf *out,
			      const struct rel_upgrade_exprs *x,
			      rel_expr_id filter);

/*
 * spdx.c: license expressions of SPDX, as far as opam judges them.
 * Source  opam src/state/opamFileTools.ml, is_valid_license_id; since 2.2
 *         the OCaml library spdx_licenses (src/lexer.mll, src/parser.mly),
 *         after SPDX 3.0.1, annex "SPDX license expressions".
 * The identifiers are in spdx_licenses.txt and spdx_exceptions.txt, which say
 * where they come from.
 */

/* Which opam's list of identifiers, and rules. */
enum rel_spdx_list {
	REL_SPDX_OPAM_2_1, /* "ID" or "ID with EXCEPTION" only */
	REL_SPDX_OPAM_2_2, /* list 3.19, and 2.3 */
	REL_SPDX_OPAM_2_4, /* list 3.27, and later */
};

/* Is `text` a license expression?  Case does not matter in identifiers. */
bool rel_spdx_is_valid(struct rel_str text, enum rel_spdx_list list);

/* The table, ordered by strcasecmp(); private to spdx.c. */
struct rel_spdx_id {
	const char *id;
	uint8_t lists; /* bits 1 << enum rel_spdx_list */
};
extern const struct rel_spdx_id rel_spdx_licenses[];
extern const size_t rel_spdx_n_licenses;
extern const struct rel_spdx_id rel_spdx_exceptions[];
extern const size_t rel_spdx_n_exceptions;

#endif
