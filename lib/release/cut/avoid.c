#include "release/cut/avoid.h"

#include "base/limits.h"
#include "opam/edit.h"

#define FLAG	"avoid-version"
#define ENOUGH	"opam-version >= \"2.1.0\""
#define OF_OPAM "opam-version"

struct avoider {
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_arena arena;
	struct rel_error *err;
};

/* The value of a field; NONE when it is not there. */
static rel_node_id value_of(const struct avoider *a, const char *name)
{
	rel_node_id field = rel_opam_field(&a->tree, a->tree.items, name);

	return field == REL_NODE_NONE ? field : a->tree.nodes[field].child;
}

static bool has_word(const struct avoider *a, rel_node_id id, const char *word)
{
	for (; id != REL_NODE_NONE; id = a->tree.nodes[id].next) {
		const struct rel_node *node = &a->tree.nodes[id];

		if (node->kind == REL_NODE_IDENT &&
		    rel_str_is(node->text, word))
			return true;
		if (node->kind != REL_NODE_IDENT &&
		    has_word(a, node->child, word))
			return true;
	}
	return false;
}

static bool is_avoided(const struct avoider *a)
{
	rel_node_id value = value_of(a, "flags");

	return value != REL_NODE_NONE &&
	       (has_word(a, value, FLAG) || has_word(a, value, "deprecated"));
}

/* Replace the source of a node by what `text` holds. */
static int set(struct avoider *a, rel_node_id id, struct rel_buf *text)
{
	int rc = rel_buf_status(text, "manifest", a->err);
	char *copy = rc ? NULL : rel_arena_copy(&a->arena, rel_buf_str(text));

	if (!rc)
		rc = copy
			 ? rel_edit_set_node(&a->edit, id,
					     rel_str_n(copy, text->len), a->err)
			 : rel_fail_nomem(a->err);
	rel_buf_free(text);
	return rc;
}

static struct rel_str source_of(const struct avoider *a, rel_node_id id)
{
	const struct rel_node *node = &a->tree.nodes[id];

	return rel_str_sub(a->tree.source, node->start, node->end);
}

/* "[a b]" gets a third, behind the last in the same way. */
static int add_flag(struct avoider *a)
{
	rel_node_id value = value_of(a, "flags"), last, id;
	struct rel_buf text;
	struct rel_str was;

	if (value == REL_NODE_NONE)
		return rel_edit_set_field(&a->edit, "flags", REL_STR(FLAG),
					  a->err);
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	was = source_of(a, value);
	if (a->tree.nodes[value].kind != REL_NODE_LIST) {
		rel_buf_printf(&text, "[%.*s " FLAG "]", REL_STR_ARG(was));
		return set(a, value, &text);
	}
	last = REL_NODE_NONE;
	for (id = a->tree.nodes[value].child; id != REL_NODE_NONE;
	     id = a->tree.nodes[id].next)
		last = id;
	if (last == REL_NODE_NONE) {
		rel_buf_add_cstr(&text, "[" FLAG "]");
		return set(a, value, &text);
	}
	rel_buf_printf(&text, "%.*s " FLAG, REL_STR_ARG(source_of(a, last)));
	return set(a, last, &text);
}

static int add_available(struct avoider *a)
{
	rel_node_id value = value_of(a, "available");
	struct rel_buf text;
	struct rel_str was;
	const struct rel_node *node;
	bool whole;

	if (value == REL_NODE_NONE)
		return rel_edit_set_field(&a->edit, "available",
					  REL_STR(ENOUGH), a->err);
	if (has_word(a, value, OF_OPAM))
		return 0;
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	node = &a->tree.nodes[value];
	if (node->kind == REL_NODE_LIST && node->child == REL_NODE_NONE) {
		rel_buf_add_cstr(&text, "[" ENOUGH "]");
		return set(a, value, &text);
	}
	/* opam takes a list of one for what is in it */
	if (node->kind == REL_NODE_LIST)
		value = node->child;
	was = source_of(a, value);
	whole = a->tree.nodes[value].kind != REL_NODE_OR;
	rel_buf_printf(&text, "%s%.*s%s & " ENOUGH, whole ? "" : "(",
		       REL_STR_ARG(was), whole ? "" : ")");
	return set(a, value, &text);
}

int rel_release_avoid(struct rel_buf *out, struct rel_str text,
		      const char *path, struct rel_error *err)
{
	struct avoider a = {.err = err};
	int rc;

	rel_arena_init(&a.arena, REL_LIMIT_PROJECT_ARENA);
	rc = rel_opam_parse(&a.tree, &a.arena, text, path, err);
	if (!rc) {
		rel_edit_init(&a.edit, &a.tree, &a.arena);
		if (!is_avoided(&a)) {
			rc = add_flag(&a);
			if (!rc)
				rc = add_available(&a);
		}
		if (!rc)
			rc = rel_edit_apply(&a.edit, out, err);
		rel_edit_free(&a.edit);
	}
	rel_arena_free(&a.arena);
	return rc;
}
