#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/objects.h"
#include "opam/version.h"
#include "repo/remote.h"
#include "repo/repo_private.h"

#define NO_VERSION "dev"

/* What the fields `name:` and `version:` say; empty when they say nothing
 * usable or the file does not parse.  Errors  REL_ENOMEM */
static int names_from_fields(struct rel_part_file *file, struct rel_str source,
			     struct rel_arena *arena, struct rel_error *err)
{
	struct rel_error ignored = {0};
	struct rel_opam_tree tree;
	const char *const fields[] = {"name", "version"};
	struct rel_str *const values[] = {&file->name, &file->version};
	int rc = rel_opam_parse(&tree, arena, source, "", &ignored);

	if (rc)
		return rc == REL_ENOMEM ? rel_fail_nomem(err) : 0;
	for (size_t i = 0; i < 2; i++) {
		rel_node_id field =
		    rel_opam_field(&tree, tree.items, fields[i]);
		const struct rel_node *value;

		if (field == REL_NODE_NONE ||
		    tree.nodes[field].child == REL_NODE_NONE)
			continue;
		value = &tree.nodes[tree.nodes[field].child];
		if (value->kind == REL_NODE_STRING)
			*values[i] = value->text;
	}
	if (!rel_package_name_is_valid(file->name))
		file->name.len = 0;
	if (!rel_version_is_valid(file->version))
		file->version.len = 0;
	return 0;
}

/* NAME.opam, NAME.VERSION.opam, …/NAME.VERSION/opam, …/NAME/opam */
static void names_from_path(struct rel_part_file *file, struct rel_str path)
{
	struct rel_str base = rel_path_base(path), name, version;

	if (rel_str_is(base, "opam"))
		base = rel_path_base(rel_path_dir(path));
	else if (rel_str_ends(base, REL_STR(".opam")))
		base.len -= strlen(".opam");
	if (!rel_package_split(base, &name, &version)) {
		name = base;
		version = (struct rel_str){NULL, 0};
	}
	if (file->name.len == 0 && rel_package_name_is_valid(name))
		file->name = name;
	if (file->version.len == 0)
		file->version = version;
}

static int add_file(struct rel_part *part, const char *path,
		    struct rel_buf *content, struct rel_arena *arena,
		    struct rel_error *err)
{
	struct rel_part_file file = {.path = rel_str_of(path)};
	struct rel_git_id id;
	int rc;

	rel_buf_clear(content);
	rc = rel_file_read(content, path, err);
	if (rc == 0)
		rc = rel_git_blob_id(&id, rel_buf_str(content), err);
	if (rc)
		return rc;
	memcpy(file.content.bytes, id.bytes, sizeof(id.bytes));
	rel_arena_reset(arena);
	rc = names_from_fields(&file, rel_buf_str(content), arena, err);
	if (rc)
		return rc;
	names_from_path(&file, file.path);
	if (file.name.len == 0) {
		rel_fail(err, REL_EUSAGE,
			 "cannot tell which package this is: no field `name:`, "
			 "and the file is not called NAME.opam");
		rel_error_at(err, path, 0, 0);
		return REL_EUSAGE;
	}
	if (file.version.len == 0)
		file.version = REL_STR(NO_VERSION);
	return rel_part_add(part, &file, rel_buf_str(content),
			    (struct rel_str){NULL, 0}, err);
}

/* Add each of `n` items by `add`, and make a snapshot of them. */
static int snapshot_of(struct rel_snapshot **out,
		       int (*add)(struct rel_part *part, const void *items,
				  size_t i, struct rel_error *err),
		       const void *items, size_t n, struct rel_error *err)
{
	struct rel_part part;
	struct rel_assembly assembly = {.parts = &part, .n_parts = 1};
	void *image = NULL;
	int rc = 0;

	*out = NULL;
	rel_part_init(&part);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(&part, items, i, err);
	if (rc == 0)
		rc = rel_assemble(&image, &assembly, err);
	if (rc == 0)
		rc = rel_image_adopt(out, image, "", 0, err);
	rel_part_free(&part);
	return rc;
}

static int add_path(struct rel_part *part, const void *items, size_t i,
		    struct rel_error *err)
{
	const char *const *paths = items;
	struct rel_arena arena;
	struct rel_buf content;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(&content, REL_LIMIT_MANIFEST_BYTES);
	rc = add_file(part, paths[i], &content, &arena, err);
	rel_buf_free(&content);
	rel_arena_free(&arena);
	return rc;
}

int rel_remote_read_files(struct rel_snapshot **out, const char *const paths[],
			  size_t n_paths, struct rel_error *err)
{
	return snapshot_of(out, add_path, paths, n_paths, err);
}

static int add_text(struct rel_part *part, const void *items, size_t i,
		    struct rel_error *err)
{
	const struct rel_loose_manifest *item =
	    (const struct rel_loose_manifest *)items + i;
	struct rel_part_file file = {
	    .name = item->name, .version = item->version, .path = item->path};
	struct rel_git_id id;
	int rc = rel_git_blob_id(&id, item->text, err);

	if (rc)
		return rc;
	memcpy(file.content.bytes, id.bytes, sizeof(id.bytes));
	return rel_part_add(part, &file, item->text, (struct rel_str){NULL, 0},
			    err);
}

int rel_remote_read_texts(struct rel_snapshot **out,
			  const struct rel_loose_manifest *items, size_t n,
			  struct rel_error *err)
{
	return snapshot_of(out, add_text, items, n, err);
}
