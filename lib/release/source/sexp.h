/*
 * S-expressions as dune writes them: text → tree whose nodes know the bytes
 * they stand for, so that an edit changes only its own.
 *
 * Source  dune src/dune_sexp/lexer.mll (the language of dune files, not that
 *         of jbuild files: comments start with `;` only)
 * Limits  REL_LIMIT_SEXP_BYTES, REL_LIMIT_NESTING
 */
#ifndef REL_RELEASE_SEXP_H
#define REL_RELEASE_SEXP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct rel_sexp {
	bool is_list;
	struct rel_str text;	/* atom: decoded, in the source or the arena */
	bool quoted;		/* atom: was a string */
	uint32_t start, end;	/* bytes of the source, [start, end) */
	uint32_t line, column;	/* from 1, column in bytes */
	struct rel_sexp *first; /* list: its members */
	struct rel_sexp *next;	/* sibling */
};

/*
 * Parse `source` (which must outlive the tree).
 * *out    the first expression at the top; NULL when there is none
 * path    for messages
 * Errors  REL_EPARSE and REL_ELIMIT with path, line and column; REL_ENOMEM
 */
REL_MUST_CHECK int rel_sexp_parse(struct rel_sexp **out,
				  struct rel_arena *arena,
				  struct rel_str source, const char *path,
				  struct rel_error *err);

/* Is it a list whose head is the atom `name`? */
bool rel_sexp_is(const struct rel_sexp *item, const char *name);

/* The first list among the siblings from `items` whose head is the atom
 * `name`; NULL when there is none. */
const struct rel_sexp *rel_sexp_field(const struct rel_sexp *items,
				      const char *name);

/* The atom behind the head of a field, when it is the only member there;
 * else NULL: (version 1.2). */
const struct rel_sexp *rel_sexp_atom(const struct rel_sexp *field);

#endif
