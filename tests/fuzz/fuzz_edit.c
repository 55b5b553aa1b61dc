/* Edits of whatever parses: the result parses and has what was asked for. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "opam/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Set the field (or remove it, value NULL) and look whether it worked. */
static void edit_field(const struct rel_opam_tree *tree, const char *name,
		       const char *value, enum rel_node_kind kind)
{
	struct rel_opam_tree result;
	struct rel_opam_edit edit;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_buf out;
	rel_node_id id;
	int rc;

	rel_arena_init(&arena, REL_GIB);
	rel_buf_init(&out, 2 * REL_LIMIT_MANIFEST_BYTES);
	rel_edit_init(&edit, tree, &arena);
	rc = value ? rel_edit_set_field(&edit, name, rel_str_of(value), &err)
		   : rel_edit_remove_field(&edit, name, &err);
	if (rc != 0 || rel_edit_apply(&edit, &out, &err) != 0 ||
	    rel_opam_parse(&result, &arena, rel_buf_str(&out), "opam", &err))
		__builtin_trap();
	id = rel_opam_field(&result, result.items, name);
	if (value && (id == REL_NODE_NONE ||
		      result.nodes[result.nodes[id].child].kind != kind))
		__builtin_trap();
	rel_edit_free(&edit);
	rel_buf_free(&out);
	rel_arena_free(&arena);
}

static void quote(struct rel_str s)
{
	struct rel_opam_tree tree;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_buf out;

	rel_arena_init(&arena, REL_GIB);
	rel_buf_init(&out, 8 * REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add_cstr(&out, "a:");
	if (rel_opam_quote(&out, s) != 0 ||
	    rel_opam_parse(&tree, &arena, rel_buf_str(&out), "opam", &err) ||
	    !rel_str_eq(tree.nodes[tree.nodes[tree.items].child].text, s))
		__builtin_trap();
	rel_buf_free(&out);
	rel_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str source = rel_str_n((const char *)data, size);
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;
	int fields = 0;

	if (size > 64 * REL_KIB)
		return 0;
	quote(source);
	rel_arena_init(&arena, REL_GIB);
	if (rel_opam_parse(&tree, &arena, source, "opam", &err) != 0)
		goto out;
	edit_field(&tree, "x-fuzz", "[]", REL_NODE_LIST);
	for (rel_node_id id = tree.items; id != REL_NODE_NONE && fields < 8;
	     id = tree.nodes[id].next, fields++) {
		char *name;

		if (tree.nodes[id].kind != REL_NODE_FIELD)
			continue;
		name = rel_arena_copy(&arena, tree.nodes[id].text);
		if (!name)
			abort();
		edit_field(&tree, name, "[\n1\n]", REL_NODE_LIST);
		edit_field(&tree, name, "y", REL_NODE_IDENT);
		edit_field(&tree, name, "= y", REL_NODE_PREFIX_RELOP);
		edit_field(&tree, name, NULL, REL_NODE_LIST);
	}
out:
	rel_arena_free(&arena);
	return 0;
}
