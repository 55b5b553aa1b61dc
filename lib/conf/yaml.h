/*
 * A YAML document as a tree, with the place of every node.  Only what
 * relctl.yml needs: scalars as text, lists, mappings with unique text keys.
 */
#ifndef REL_CONF_YAML_H
#define REL_CONF_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum rel_yaml_kind {
	REL_YAML_TEXT,
	REL_YAML_LIST,
	REL_YAML_MAPPING,
};

struct rel_yaml {
	enum rel_yaml_kind kind;
	uint32_t line, column;	/* from 1, column in bytes */
	const char *text;	/* TEXT: no control characters in it */
	bool plain;		/* TEXT: neither quoted nor a block */
	struct rel_yaml *first; /* LIST, MAPPING: members in order */
	uint32_t count;		/* of members */
	struct rel_yaml *next;	/* the next member of what holds this */
	struct rel_yaml *key;	/* member of a MAPPING: its key, a TEXT */
};

/*
 * Parse `text`.  *out is NULL when it holds no document; nodes live in
 * `arena`.
 * Errors  REL_EPARSE and REL_ELIMIT with line and column; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_yaml_parse(struct rel_yaml **out, struct rel_str text,
				  struct rel_arena *arena,
				  struct rel_error *err);

#endif
