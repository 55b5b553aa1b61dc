#include "repo/tip_files.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"

static int add(void *context, struct rel_str path, unsigned depth,
	       const struct rel_git_entry *entry, struct rel_error *err)
{
	struct rel_tip_files *files = context;
	char *kept = rel_arena_copy(&files->arena, path);
	int rc = kept ? rel_array_reserve(&files->items, &files->cap,
					  (uint64_t)files->count + 1,
					  sizeof(*files->items))
		      : REL_ENOMEM;

	(void)depth;
	if (rc)
		return rel_fail_nomem(err);
	files->items[files->count++] = (struct rel_tip_file){
	    rel_str_n(kept, path.len), entry->kind, entry->id};
	return 0;
}

/* Git's own order takes a directory's name with a slash behind it. */
static int by_path(const void *a, const void *b)
{
	const struct rel_tip_file *x = a, *y = b;

	return rel_str_cmp(x->path, y->path);
}

int rel_tip_files_read(struct rel_tip_files *out, struct rel_git_store *store,
		       const struct rel_git_id *tree, struct rel_error *err)
{
	int rc;

	rel_tip_files_free(out);
	rel_arena_init(&out->arena, REL_LIMIT_ARENA);
	rc = rel_git_tree_walk(store, tree, add, out, err);
	if (rc == 0 && out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), by_path);
	return rc;
}

void rel_tip_files_free(struct rel_tip_files *files)
{
	free(files->items);
	rel_arena_free(&files->arena);
	*files = (struct rel_tip_files){NULL};
}

const struct rel_tip_file *rel_tip_files_find(const struct rel_tip_files *files,
					      struct rel_str path)
{
	const struct rel_tip_file key = {.path = path};

	return files->count == 0 ? NULL
				 : bsearch(&key, files->items, files->count,
					   sizeof(key), by_path);
}
