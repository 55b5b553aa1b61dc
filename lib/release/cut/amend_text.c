#include "release/cut/amend.h"
#include "release/cut/cut_private.h"

#include "base/limits.h"
#include "opam/edit.h"
#include "opam/upgrade.h"

struct amend {
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_arena arena;
	struct rel_error *err;
};

/* What a version is made of, and what it is called. */
static bool is_fixed(struct rel_str name)
{
	static const char *const names[] = {
	    "opam-version", "name",	    "version",	  "url",
	    "extra-source", "extra-files",  "build",	  "install",
	    "remove",	    "run-test",	    "build-test", "build-doc",
	    "substs",	    "patches",	    "build-env",  "x-commit-hash",
	    "x-withdrawn",  "ocaml-version"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (rel_str_is(name, names[i]))
			return true;
	return false;
}

/* The first item from `id` on that must stay. */
static rel_node_id next_fixed(const struct rel_opam_tree *tree, rel_node_id id)
{
	while (id != REL_NODE_NONE && !is_fixed(tree->nodes[id].text))
		id = tree->nodes[id].next;
	return id;
}

static int fail_fixed(const struct rel_opam_tree *tree, rel_node_id id,
		      struct rel_str name, struct rel_error *err)
{
	rel_fail(err, REL_EREFUSED,
		 "%.*s must stay as it was published; what a version is made "
		 "of changes with a new version only",
		 REL_STR_ARG(name));
	rel_error_at(err, tree->path,
		     id == REL_NODE_NONE ? 0 : tree->nodes[id].line,
		     id == REL_NODE_NONE ? 0 : tree->nodes[id].column);
	return REL_EREFUSED;
}

static int check_fixed(const struct rel_opam_tree *old, struct rel_str text,
		       const char *path, struct rel_error *err)
{
	struct rel_opam_tree fresh;
	struct rel_arena arena;
	rel_node_id a = REL_NODE_NONE, b = REL_NODE_NONE;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_PROJECT_ARENA);
	rc = rel_opam_parse(&fresh, &arena, text, path, err);
	if (rc == 0) {
		a = next_fixed(old, old->items);
		b = next_fixed(&fresh, fresh.items);
	}
	while (rc == 0 && a != REL_NODE_NONE && b != REL_NODE_NONE &&
	       rel_str_eq(rel_opam_source_of(old, a),
			  rel_opam_source_of(&fresh, b))) {
		a = next_fixed(old, old->nodes[a].next);
		b = next_fixed(&fresh, fresh.nodes[b].next);
	}
	if (rc == 0 && (a != REL_NODE_NONE || b != REL_NODE_NONE))
		rc = fail_fixed(&fresh, b,
				b != REL_NODE_NONE ? fresh.nodes[b].text
						   : old->nodes[a].text,
				err);
	rel_arena_free(&arena);
	return rc;
}

static int set(struct amend *a, const char *name, const struct rel_buf *value)
{
	char *copy = rel_arena_copy(&a->arena, rel_buf_str(value));

	if (!copy || value->status)
		return rel_fail_nomem(a->err);
	return rel_edit_set_field(&a->edit, name, rel_str_n(copy, value->len),
				  a->err);
}

/* Append the flags that are there, each followed by a blank; *there: one of
 * them is "deprecated". */
static void add_flags(struct rel_buf *out, bool *there,
		      const struct rel_opam_tree *tree)
{
	rel_node_id field = rel_opam_field(tree, tree->items, "flags"), id;

	*there = false;
	if (field == REL_NODE_NONE)
		return;
	id = tree->nodes[field].child;
	if (id != REL_NODE_NONE && tree->nodes[id].kind == REL_NODE_LIST)
		id = tree->nodes[id].child;
	for (; id != REL_NODE_NONE; id = tree->nodes[id].next) {
		struct rel_str flag = rel_opam_source_of(tree, id);

		*there |= rel_str_is(flag, "deprecated");
		rel_buf_add_str(out, flag);
		rel_buf_add_char(out, ' ');
	}
}

static int set_flag(struct amend *a)
{
	struct rel_buf value;
	bool there;
	int rc = 0;

	rel_buf_init(&value, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add_char(&value, '[');
	add_flags(&value, &there, &a->tree);
	rel_buf_add_cstr(&value, "deprecated]");
	if (!there)
		rc = set(a, "flags", &value);
	rel_buf_free(&value);
	return rc;
}

static bool is_withdrawn(const struct rel_opam_tree *tree)
{
	return rel_opam_field(tree, tree->items, "x-withdrawn") !=
	       REL_NODE_NONE;
}

static int withdraw(struct amend *a, const char *reason)
{
	struct rel_buf value;
	int rc;

	if (is_withdrawn(&a->tree))
		return 0;
	rc =
	    rel_edit_set_field(&a->edit, "available", REL_STR("false"), a->err);
	if (rc == 0)
		rc = set_flag(a);
	rel_buf_init(&value, REL_LIMIT_MANIFEST_BYTES);
	rel_opam_quote(&value, rel_str_of(reason));
	if (rc == 0)
		rc = set(a, "x-withdrawn", &value);
	rel_buf_free(&value);
	return rc;
}

static int set_one(struct amend *a, const struct rel_amend_field *field)
{
	struct rel_error why;
	int rc;

	if (is_fixed(rel_str_of(field->name)))
		return fail_fixed(
		    &a->tree,
		    rel_opam_field(&a->tree, a->tree.items, field->name),
		    rel_str_of(field->name), a->err);
	if (field->value[0] == '\0')
		return rel_edit_remove_field(&a->edit, field->name, a->err);
	rc = rel_edit_set_field(&a->edit, field->name, rel_str_of(field->value),
				a->err);
	if (rc != REL_EPARSE)
		return rc;
	why = *a->err;
	return rel_fail(a->err, REL_EUSAGE,
			"--set %.60s: %.300s; the value is in the syntax of "
			"opam files, a text in quotes",
			field->name, why.text);
}

static int revise(struct amend *a, const struct rel_amend_options *options)
{
	int rc = 0;

	if (is_withdrawn(&a->tree)) {
		rc = rel_fail(a->err, REL_EREFUSED,
			      "this version is withdrawn, and stays as it is");
		rel_error_at(a->err, a->tree.path, 0, 0);
	}
	for (size_t i = 0; rc == 0 && i < options->n_fields; i++)
		rc = set_one(a, &options->fields[i]);
	return rc;
}

static int make(struct rel_buf *out, struct amend *a,
		const struct rel_amend_options *options)
{
	int rc = options->withdraw ? withdraw(a, options->reason)
				   : revise(a, options);

	if (rc)
		return rc;
	if (options->text.ptr && !options->withdraw) {
		rel_buf_add_str(out, options->text);
		rc = rel_buf_status(out, "manifest", a->err);
	} else {
		rc = rel_edit_apply(&a->edit, out, a->err);
	}
	if (rc == 0 && !options->withdraw)
		rc = check_fixed(&a->tree, rel_buf_str(out),
				 options->text.ptr ? options->text_path
						   : a->tree.path,
				 a->err);
	return rc;
}

int rel_amend_text(struct rel_buf *out, struct rel_str old, const char *path,
		   const struct rel_amend_options *options,
		   struct rel_error *err)
{
	struct amend a = {.err = err};
	int rc;

	rel_arena_init(&a.arena, REL_LIMIT_PROJECT_ARENA);
	rc = rel_opam_parse(&a.tree, &a.arena, old, path, err);
	if (rc == 0 && rel_upgrade_is_old(&a.tree)) {
		rc = rel_fail(err, REL_EPARSE,
			      "a format before 2.0; convert the remote first: "
			      "opam admin upgrade");
		rel_error_at(err, path, 1, 0);
	}
	if (rc == 0) {
		rel_edit_init(&a.edit, &a.tree, &a.arena);
		rc = make(out, &a, options);
		rel_edit_free(&a.edit);
	}
	rel_arena_free(&a.arena);
	return rc;
}
