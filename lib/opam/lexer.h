/*
 * The tokens of the opam file format; private to lib/opam.
 * Source  opam-file-format src/opamLexer.mll: the longest match wins, ties go
 *         to the earlier rule.
 */
#ifndef REL_OPAM_LEXER_H
#define REL_OPAM_LEXER_H

#include "opam/tree.h"

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

#endif
