/*
 * The opam file format: text → lossless tree.
 *
 * The tree keeps the source and, for every node, the bytes it stands for, so
 * that printing an unedited file gives the same bytes and an edit (edit.h)
 * changes only its own.  Purely syntactic: what fields mean is manifest.h's.
 *
 * Format  opam manual, "Common file format"; opam-file-format
 *         src/opamLexer.mll and src/opamBaseParser.mly.
 * Bytes   any byte may stand in a string or a comment, NUL and what is no
 *         UTF-8 included, as opam has it; elsewhere only printable ASCII,
 *         blanks and line ends (LF or CRLF).  A CRLF in a string is one "\n".
 * Limits  REL_LIMIT_MANIFEST_BYTES, REL_LIMIT_NESTING,
 *         REL_LIMIT_EXPRESSION_HEIGHT.
 * Threads a tree is immutable; different threads may parse at once.
 */
#ifndef REL_OPAM_TREE_H
#define REL_OPAM_TREE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* Index into rel_opam_tree.nodes. */
typedef uint32_t rel_node_id;
#define REL_NODE_NONE UINT32_MAX

enum rel_node_kind {
	/* items of a file or section */
	REL_NODE_FIELD,	  /* name: value; text = name, child = the value */
	REL_NODE_SECTION, /* kind "name"? { items }; text = kind,
			   * text2 = name (ptr NULL when absent),
			   * children = items */
	/* values */
	REL_NODE_BOOL,	 /* number = 0 or 1 */
	REL_NODE_INT,	 /* number; text = the digits as written */
	REL_NODE_STRING, /* text = decoded content */
	REL_NODE_IDENT,	 /* text = as written, "a+b:var" included */
	REL_NODE_LIST,	 /* [ … ]: children */
	REL_NODE_GROUP,	 /* ( … ): children */
	REL_NODE_OPTION, /* value { … }: first child = value, rest = content */
	REL_NODE_AND,	 /* two children */
	REL_NODE_OR,	 /* two children */
	REL_NODE_RELOP,	 /* a op b: two children; op */
	REL_NODE_PREFIX_RELOP, /* op a: one child; op */
	REL_NODE_NOT,	       /* ! a */
	REL_NODE_DEFINED,      /* ? a */
	REL_NODE_ENV, /* a op b, op one of += =+ := =: =+= : two children;
		       * text = the operator as written */
};

/* `~`, the former "matches" operator, is read as `>=`, as opam reads it. */
enum rel_relop {
	REL_OP_EQ,
	REL_OP_NEQ,
	REL_OP_GEQ,
	REL_OP_GT,
	REL_OP_LEQ,
	REL_OP_LT,
};

/* "=", "!=", ">=", ">", "<=", "<" */
const char *rel_relop_text(enum rel_relop op);
/* The operator that holds exactly when `op` does not. */
enum rel_relop rel_relop_negate(enum rel_relop op);

struct rel_node {
	uint8_t kind;	     /* enum rel_node_kind */
	uint8_t op;	     /* enum rel_relop */
	uint32_t start, end; /* bytes of the source, [start, end) */
	uint32_t line;	     /* from 1 */
	uint32_t column;     /* from 1, in bytes */
	rel_node_id child;   /* first child */
	rel_node_id next;    /* next sibling */
	int64_t number;
	struct rel_str text, text2; /* in the source or in the arena */
};

struct rel_opam_tree {
	struct rel_str source; /* borrowed from the caller of parse */
	const char *path;      /* borrowed; for messages */
	struct rel_node *nodes;
	uint32_t count;
	rel_node_id items; /* first item of the file */
};

/*
 * Parse `source` (which must outlive the tree) into nodes allocated in
 * `arena`.  `path` is used in errors only.
 * Errors  REL_EPARSE or REL_ELIMIT with path, line and column; REL_ENOMEM.
 *         A second `opam-version:` is a syntax error where opam's parser has
 *         one, and with a first one over 2.2 the text of a syntax error
 *         starts with that.  On failure the tree must not be used.
 */
REL_MUST_CHECK int rel_opam_parse(struct rel_opam_tree *out,
				  struct rel_arena *arena,
				  struct rel_str source, const char *path,
				  struct rel_error *err);

/* The first field called `name` among the siblings that start at `items`. */
rel_node_id rel_opam_field(const struct rel_opam_tree *tree, rel_node_id items,
			   const char *name);

/* The first section of kind `kind` (and `name`, unless NULL). */
rel_node_id rel_opam_section(const struct rel_opam_tree *tree,
			     rel_node_id items, const char *kind,
			     const char *name);

/* The bytes a node stands for. */
struct rel_str rel_opam_source_of(const struct rel_opam_tree *tree,
				  rel_node_id node);

#endif
