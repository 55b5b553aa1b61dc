#include "base/arena.h"
#include "base/limits.h"
#include "opam/edit.h"
#include "opam/repofile.h"
#include "publish/publish.h"

/* Paths relative to the root may be written with "./" and slashes. */
static struct rel_str bare(struct rel_str mirror)
{
	while (rel_str_starts(mirror, REL_STR("./")))
		mirror = rel_str_sub(mirror, 2, mirror.len);
	while (mirror.len > 0 && mirror.ptr[mirror.len - 1] == '/')
		mirror.len--;
	return mirror;
}

static bool is_named(const struct rel_repofile *file, const char *mirror)
{
	for (uint32_t i = 0; i < file->n_archive_mirrors; i++)
		if (rel_str_eq(bare(file->archive_mirrors[i]),
			       bare(rel_str_of(mirror))))
			return true;
	return false;
}

/* The field's new value: `mirror` in front of those that stand there. */
static void add_value(struct rel_buf *out, const struct rel_opam_tree *tree,
		      rel_node_id field, const char *mirror)
{
	rel_node_id value;
	struct rel_str old;

	if (field == REL_NODE_NONE) {
		rel_opam_quote(out, rel_str_of(mirror));
		return;
	}
	value = tree->nodes[field].child;
	old = rel_opam_source_of(tree, value);
	rel_buf_add_char(out, '[');
	rel_opam_quote(out, rel_str_of(mirror));
	rel_buf_add_char(out, ' ');
	if (tree->nodes[value].kind == REL_NODE_LIST)
		old = rel_str_sub(old, 1, old.len);
	rel_buf_add_str(out, old);
	if (tree->nodes[value].kind != REL_NODE_LIST)
		rel_buf_add_char(out, ']');
}

static int edit(struct rel_buf *out, struct rel_str old, const char *path,
		const char *mirror, struct rel_arena *arena,
		struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_buf value;
	rel_node_id field;
	int rc = rel_opam_parse(&tree, arena, old, path, err);

	if (rc)
		return rc;
	rel_buf_init(&value, REL_LIMIT_CONFIG_BYTES);
	rel_edit_init(&edit, &tree, arena);
	field = rel_opam_field(&tree, tree.items, "archive-mirrors");
	add_value(&value, &tree, field, mirror);
	rc = rel_buf_status(&value, "repo", err);
	if (rc == 0)
		rc = rel_edit_set_field(&edit, "archive-mirrors",
					rel_buf_str(&value), err);
	if (rc == 0)
		rc = rel_edit_apply(&edit, out, err);
	rel_edit_free(&edit);
	rel_buf_free(&value);
	return rc;
}

int rel_publish_name_mirror(struct rel_buf *out, bool *changed,
			    struct rel_str old, const char *path,
			    const char *mirror, struct rel_error *err)
{
	static const struct rel_variables none;
	struct rel_repofile file;
	struct rel_arena arena;
	int rc;

	*changed = false;
	if (!old.ptr) {
		*changed = true;
		rel_buf_add_cstr(out, "opam-version: \"2.0\"\n"
				      "archive-mirrors: ");
		rel_opam_quote(out, rel_str_of(mirror));
		rel_buf_add_char(out, '\n');
		return rel_buf_status(out, path, err);
	}
	rel_arena_init(&arena, 64 * REL_LIMIT_CONFIG_BYTES);
	rc = rel_repofile_read(&file, old, path, &none, &arena, err);
	if (rc == 0 && is_named(&file, mirror)) {
		rel_buf_add_str(out, old);
		rc = rel_buf_status(out, path, err);
	} else if (rc == 0) {
		*changed = true;
		rc = edit(out, old, path, mirror, &arena, err);
	}
	rel_arena_free(&arena);
	return rc;
}
