#include "repo/repo_private.h"

#include <stdlib.h>

static const enum rel_source_kind kinds[] = {
    [REL_GIT_BLOB] = REL_SOURCE_FILE,	 [REL_GIT_EXECUTABLE] = REL_SOURCE_FILE,
    [REL_GIT_SYMLINK] = REL_SOURCE_LINK, [REL_GIT_TREE] = REL_SOURCE_DIR,
    [REL_GIT_COMMIT] = REL_SOURCE_OTHER,
};

static void set_entry(struct rel_source_entry *out,
		      const struct rel_git_entry *entry)
{
	*out = (struct rel_source_entry){.name = entry->name,
					 .kind = kinds[entry->kind],
					 .executable =
					     entry->kind == REL_GIT_EXECUTABLE};
	memcpy(out->id, entry->id.bytes, sizeof(out->id));
}

/* An object that a tree names but the repository lacks is damage, not
 * absence. */
static int fail_missing(int rc, struct rel_error *err)
{
	if (rc != REL_ENOTFOUND)
		return rc;
	rel_error_prefix(err, "the repository is incomplete");
	if (err)
		err->code = REL_EIO;
	return REL_EIO;
}

struct listing {
	struct rel_source_list *out;
	struct rel_arena *names;
};

static int list_entry(void *context, struct rel_str path, unsigned depth,
		      const struct rel_git_entry *entry, struct rel_error *err)
{
	struct listing *listing = context;
	struct rel_source_entry item;

	(void)path;
	(void)depth;
	set_entry(&item, entry);
	return rel_source_list_add(listing->out, listing->names, &item, err);
}

static int list(void *context, unsigned worker, struct rel_source_list *out,
		struct rel_arena *names, struct rel_str path,
		const struct rel_source_entry *dir, struct rel_error *err)
{
	struct rel_source_git *git = context;
	struct listing listing = {out, names};
	struct rel_git_id id = git->tree;

	if (path.len > 0)
		memcpy(id.bytes, dir->id, sizeof(id.bytes));
	return fail_missing(rel_git_tree_list(git->stores[worker], &id,
					      list_entry, &listing, err),
			    err);
}

static int find(void *context, unsigned worker, struct rel_source_entry *out,
		struct rel_str path, struct rel_error *err)
{
	struct rel_source_git *git = context;
	struct rel_git_entry entry;
	int rc = rel_git_tree_find(&entry, git->stores[worker], &git->tree,
				   path, err);

	if (rc == 0)
		set_entry(out, &entry);
	return rc;
}

static int read_entry(void *context, unsigned worker, struct rel_buf *out,
		      struct rel_str path, const struct rel_source_entry *file,
		      struct rel_error *err)
{
	struct rel_source_git *git = context;
	struct rel_git_id id;

	(void)path;
	memcpy(id.bytes, file->id, sizeof(id.bytes));
	return fail_missing(
	    rel_git_blob_read(out, git->stores[worker], &id, err), err);
}

int rel_source_git_open(struct rel_source_git *git, struct rel_git_store *store,
			const struct rel_git_id *tree, unsigned jobs,
			struct rel_error *err)
{
	int rc = 0;

	*git = (struct rel_source_git){.tree = *tree};
	git->stores =
	    calloc(jobs > 0 ? jobs : 1, sizeof(struct rel_git_store *));
	if (!git->stores)
		return rel_fail_nomem(err);
	git->stores[0] = store;
	git->n_stores = 1;
	while (git->n_stores < jobs && rc == 0) {
		rc = rel_git_store_clone(&git->stores[git->n_stores], store,
					 err);
		git->n_stores += rc == 0;
	}
	return rc;
}

void rel_source_git_close(struct rel_source_git *git)
{
	for (unsigned i = 1; i < git->n_stores; i++)
		rel_git_store_free(git->stores[i]);
	free(git->stores);
	*git = (struct rel_source_git){0};
}

struct rel_source rel_source_git(struct rel_source_git *git)
{
	return (struct rel_source){.has_ids = true,
				   .list = list,
				   .find = find,
				   .read = read_entry,
				   .context = git,
				   .spent = &git->spent};
}
