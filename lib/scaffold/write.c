/* Putting the files in place, all or none. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "scaffold/scaffold.h"

/* One file on its way. */
struct place {
	const struct rel_scaffold_file *file;
	const char *root;
	struct rel_buf path, old;
	struct rel_atomic_file fresh;
	bool existed, placed, made_dir;
};

static void place_free(struct place *place)
{
	rel_buf_free(&place->path);
	rel_buf_free(&place->old);
}

/* Make the new content beside the place, and remember the old one. */
static int prepare(struct place *place, const char *root,
		   const struct rel_scaffold_file *file, struct rel_error *err)
{
	struct rel_str dir;
	char *parent;
	int rc;

	place->root = root;
	place->file = file;
	place->existed = file->exists;
	rel_buf_init(&place->path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&place->old, REL_LIMIT_MANIFEST_BYTES);
	rel_path_join(&place->path, rel_str_of(root), rel_str_of(file->path));
	rc = rel_buf_status(&place->path, "path", err);
	/* Before anything is made, or read for the way back. */
	if (rc == 0)
		rc = rel_check_below(root, file->path, err);
	if (rc)
		return rc;
	dir = rel_path_dir(rel_buf_str(&place->path));
	parent = strndup(dir.ptr, dir.len);
	if (!parent)
		return rel_fail_nomem(err);
	place->made_dir = access(parent, F_OK) != 0;
	free(parent);
	if (file->exists)
		rc = rel_file_read(&place->old, place->path.ptr, err);
	if (rc == 0)
		rc =
		    rel_atomic_open_below(&place->fresh, root, file->path, err);
	if (rc == 0)
		/* a failure is reported by commit */
		rel_atomic_write(&place->fresh, file->text.ptr, file->text.len);
	return rc;
}

/* Back to what was there. */
static int undo(struct place *place, struct rel_error *err)
{
	if (!place->existed)
		return unlink(place->path.ptr) == 0
			   ? 0
			   : rel_fail_errno(err, errno, place->path.ptr,
					    "cannot remove");
	return rel_file_put_below(place->root, place->file->path,
				  rel_buf_str(&place->old), err);
}

/* Directories that were made for nothing, up to the root. */
static void remove_made(const struct place *place, const char *root)
{
	struct rel_str dir = rel_path_dir(rel_buf_str(&place->path));

	while (place->made_dir && dir.len > strlen(root)) {
		char *path = strndup(dir.ptr, dir.len);
		bool removed = path && rmdir(path) == 0;

		free(path);
		if (!removed)
			return;
		dir = rel_path_dir(dir);
	}
}

static int put_all(struct place *places, size_t n, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = rel_atomic_commit(&places[i].fresh, err);
		places[i].placed = rc == 0;
	}
	for (size_t i = 0; rc && i < n; i++) {
		if (places[i].placed && undo(&places[i], NULL))
			rel_error_prefix(err, "%.200s is new, but",
					 places[i].file->path);
	}
	return rc;
}

static int refuse(const struct rel_scaffold_plan *plan, struct rel_error *err)
{
	for (size_t i = 0; i < plan->n_files; i++) {
		const struct rel_scaffold_file *file = &plan->files[i];

		if (!file->exists)
			continue;
		rel_fail(err, REL_EEXISTS,
			 "is there already, nothing is written; --force "
			 "replaces it");
		rel_error_at(err, file->path, 0, 0);
		return REL_EEXISTS;
	}
	return 0;
}

int rel_scaffold_write(const struct rel_scaffold_plan *plan, const char *root,
		       bool force, struct rel_error *err)
{
	struct place places[REL_SCAFFOLD_FILES];
	size_t n = 0;
	int rc = force ? 0 : refuse(plan, err);

	for (size_t i = 0; rc == 0 && i < plan->n_files; i++) {
		if (plan->files[i].same)
			continue;
		places[n] = (struct place){.fresh = {.fd = -1}};
		rc = prepare(&places[n++], root, &plan->files[i], err);
	}
	if (rc == 0)
		rc = put_all(places, n, err);
	for (size_t i = 0; i < n; i++) {
		rel_atomic_abort(&places[i].fresh);
		if (rc)
			remove_made(&places[i], root);
		place_free(&places[i]);
	}
	return rc;
}
