/*
 * Edits that change only their own bytes: a list of splices on a parsed
 * tree, applied at the end.
 */
#ifndef REL_OPAM_EDIT_H
#define REL_OPAM_EDIT_H

#include "base/buf.h"
#include "opam/tree.h"

struct rel_splice {
	uint32_t start, end; /* bytes of the source that are replaced */
	struct rel_str text; /* in the arena */
};

struct rel_opam_edit {
	const struct rel_opam_tree *tree;
	struct rel_arena *arena;
	struct rel_splice *splices; /* malloc'd */
	uint32_t count, cap;
};

/* `tree` and `arena` must outlive the edit. */
void rel_edit_init(struct rel_opam_edit *edit, const struct rel_opam_tree *tree,
		   struct rel_arena *arena);
void rel_edit_free(struct rel_opam_edit *edit);

/*
 * Replace the value of the top-level field `name` (opam syntax in `value`),
 * or add the field as a line of its own at the end of the file.  New text
 * gets the line ends of the file.
 * Errors  REL_EPARSE when `value` is not one value; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_edit_set_field(struct rel_opam_edit *edit,
				      const char *name, struct rel_str value,
				      struct rel_error *err);
/* Replace one node's bytes; what they become is not checked. */
REL_MUST_CHECK int rel_edit_set_node(struct rel_opam_edit *edit,
				     rel_node_id node, struct rel_str text,
				     struct rel_error *err);
/* Remove a top-level field, with its line and the comment at the end of it
 * unless another field shares them; nothing when it is absent. */
REL_MUST_CHECK int rel_edit_remove_field(struct rel_opam_edit *edit,
					 const char *name,
					 struct rel_error *err);
/* Replace or add a top-level section's whole text, e.g. `url { … }`.
 * Errors  REL_EPARSE when `text` is not one section of that kind. */
REL_MUST_CHECK int rel_edit_set_section(struct rel_opam_edit *edit,
					const char *kind, struct rel_str text,
					struct rel_error *err);

/* Append the edited file; overlapping splices are REL_EUSAGE. */
REL_MUST_CHECK int rel_edit_apply(const struct rel_opam_edit *edit,
				  struct rel_buf *out, struct rel_error *err);

/* Append `s` as an opam string literal with the escapes it needs. */
int rel_opam_quote(struct rel_buf *out, struct rel_str s);

#endif
