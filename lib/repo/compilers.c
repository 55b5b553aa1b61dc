#include "repo/repo_private.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "digest/digest.h"

#define DIRECTORY "compilers"

struct compilers {
	struct rel_part *part;
	const struct rel_source *source;
	struct rel_source_list files; /* the .comp files, by name */
	struct rel_arena arena;
	struct rel_buf comp, descr, text;
};

/* Collect the .comp files of the directory `path`, and below it. */
static int collect(struct compilers *c, struct rel_str path,
		   const struct rel_source_entry *dir, unsigned depth,
		   struct rel_error *err)
{
	struct rel_source_list list = {0};
	int rc =
	    rel_source_list(c->source, 0, &list, &c->arena, path, dir, err);

	for (uint32_t i = 0; i < list.count && rc == 0; i++) {
		struct rel_source_entry *entry = &list.items[i];
		struct rel_buf full;
		char *copy;

		rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
		rel_path_join(&full, path, entry->name);
		copy = rel_arena_copy(&c->arena, rel_buf_str(&full));
		rc = rel_buf_status(&full, "path", err);
		if (rc == 0 && !copy)
			rc = rel_fail_nomem(err);
		entry->path = rel_str_n(copy ? copy : "", full.len);
		rel_buf_free(&full);
		if (rc)
			break;
		if (entry->kind == REL_SOURCE_DIR &&
		    depth < REL_LIMIT_TREE_DEPTH)
			rc = collect(c, entry->path, entry, depth + 1, err);
		else if (entry->kind == REL_SOURCE_FILE &&
			 rel_str_ends(entry->name, REL_STR(".comp")))
			rc = rel_source_list_add(&c->files, &c->arena, entry,
						 err);
	}
	free(list.items);
	return rc;
}

static int compare_files(const void *left, const void *right)
{
	const struct rel_source_entry *a = left, *b = right;
	int order = rel_str_cmp(a->name, b->name);

	return order != 0 ? order : rel_str_cmp(a->path, b->path);
}

/* Sort, and keep the last one of each name. */
static void settle(struct rel_source_list *files)
{
	uint32_t kept = 0;

	if (files->count > 1)
		qsort(files->items, files->count, sizeof(*files->items),
		      compare_files);
	for (uint32_t i = 0; i < files->count; i++) {
		if (kept > 0 && rel_str_eq(files->items[kept - 1].name,
					   files->items[i].name))
			kept--;
		files->items[kept++] = files->items[i];
	}
	files->count = kept;
}

/* Read NAME.comp, and NAME.descr beside it when there is one. */
static int read_files(struct compilers *c, const struct rel_source_entry *file,
		      bool *has_descr, struct rel_error *err)
{
	const struct rel_source *source = c->source;
	struct rel_source_entry descr;
	struct rel_buf path;
	int rc;

	rel_buf_clear(&c->comp);
	rel_buf_clear(&c->descr);
	*has_descr = false;
	rc = rel_source_read(source, 0, &c->comp, file->path, file, err);
	if (rc)
		return rc;
	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_str(&path, rel_str_sub(file->path, 0, file->path.len - 4));
	rel_buf_add_cstr(&path, "descr");
	rc = rel_buf_status(&path, "path", err);
	if (rc == 0)
		rc = source->find(source->context, 0, &descr,
				  rel_buf_str(&path), err);
	*has_descr = rc == 0 && descr.kind == REL_SOURCE_FILE;
	if (*has_descr)
		rc = rel_source_read(source, 0, &c->descr, rel_buf_str(&path),
				     &descr, err);
	if (rc == REL_ENOTFOUND)
		rc = 0;
	rel_buf_free(&path);
	return rc;
}

/* What makes two generated manifests the same: their text. */
static int set_content(struct rel_content_id *out, struct rel_str text,
		       struct rel_error *err)
{
	struct rel_digest digest;
	int rc = rel_digest_of(&digest, REL_DIGEST_SHA256, text, err);

	if (rc == 0)
		memcpy(out->bytes, digest.bytes, sizeof(out->bytes));
	return rc;
}

static int add_package(struct compilers *c, const struct rel_generated *package,
		       struct rel_error *err)
{
	const struct rel_source_entry *entry =
	    &c->files.items[package->compiler];
	struct rel_part_file file = {.name = package->name,
				     .version = package->version,
				     .path = entry->path};
	struct rel_str descr = {NULL, 0};
	struct rel_error why = {0};
	struct rel_arena scratch;
	bool has_descr = false;
	int rc = read_files(c, entry, &has_descr, &why);

	if (has_descr)
		descr = rel_buf_str(&c->descr);
	rel_buf_clear(&c->text);
	rel_arena_init(&scratch, REL_LIMIT_ARENA);
	if (rc == 0)
		rc = rel_upgrade_generate(&c->text, package,
					  rel_buf_str(&c->comp), descr,
					  entry->path.ptr, &scratch, &why);
	rel_arena_free(&scratch);
	if (rc == REL_EPARSE || rc == REL_ELIMIT)
		return rel_part_add_unreadable(c->part, &file, &why, err);
	if (rc) {
		if (err)
			*err = why;
		return rc;
	}
	rc = set_content(&file.content, rel_buf_str(&c->text), err);
	return rc == 0 ? rel_part_add_generated(c->part, &file,
						rel_buf_str(&c->text), err)
		       : rc;
}

static int add_packages(struct compilers *c, struct rel_error *err)
{
	struct rel_str *names = calloc(c->files.count + 1u, sizeof(*names));
	struct rel_generated *packages = NULL;
	uint32_t count = 0;
	int rc = names ? 0 : rel_fail_nomem(err);

	for (uint32_t i = 0; i < c->files.count && rc == 0; i++)
		names[i] =
		    rel_str_sub(c->files.items[i].name, 0,
				c->files.items[i].name.len - strlen(".comp"));
	if (rc == 0)
		rc = rel_upgrade_plan(&packages, &count, names, c->files.count,
				      &c->arena, err);
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = add_package(c, &packages[i], err);
	free(names);
	return rc;
}

int rel_compilers_read(struct rel_part *part, const struct rel_source *source,
		       struct rel_error *err)
{
	struct compilers c = {.part = part, .source = source};
	struct rel_source_entry dir;
	int rc =
	    source->find(source->context, 0, &dir, REL_STR(DIRECTORY), err);

	if (rc || dir.kind != REL_SOURCE_DIR)
		return rc == REL_ENOTFOUND ? 0 : rc;
	rel_arena_init(&c.arena, REL_LIMIT_ARENA);
	rel_buf_init(&c.comp, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&c.descr, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&c.text, REL_LIMIT_MANIFEST_BYTES);
	rc = collect(&c, REL_STR(DIRECTORY), &dir, 0, err);
	if (rc == 0) {
		settle(&c.files);
		rc = add_packages(&c, err);
	}
	free(c.files.items);
	rel_arena_free(&c.arena);
	rel_buf_free(&c.comp);
	rel_buf_free(&c.descr);
	rel_buf_free(&c.text);
	return rc;
}
