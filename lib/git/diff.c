#include "git/diff.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "git/internal.h"

struct gathering {
	struct rel_arena *arena;
	struct rel_git_file_diff *files; /* malloc'd */
	uint32_t n_files, files_cap;
	struct rel_git_lines *lines; /* of the last file; malloc'd */
	uint32_t n_lines, lines_cap;
	bool failed; /* out of memory */
};

/* Give the last file its lines. */
static int close_file(struct gathering *g)
{
	struct rel_git_lines *kept;

	if (g->n_files == 0 || g->n_lines == 0)
		return 0;
	kept = rel_arena_array(g->arena, g->n_lines, sizeof(*kept));
	if (!kept)
		return REL_ENOMEM;
	memcpy(kept, g->lines, g->n_lines * sizeof(*kept));
	g->files[g->n_files - 1].lines = kept;
	g->files[g->n_files - 1].n_lines = g->n_lines;
	g->n_lines = 0;
	return 0;
}

static enum rel_git_delta delta_of(const git_diff_delta *delta)
{
	return delta->status == GIT_DELTA_ADDED	    ? REL_GIT_ADDED
	       : delta->status == GIT_DELTA_DELETED ? REL_GIT_REMOVED
						    : REL_GIT_CHANGED;
}

static int add_file(const git_diff_delta *delta, float progress, void *context)
{
	struct gathering *g = context;
	struct rel_git_file_diff *file;
	const char *path = delta->status == GIT_DELTA_DELETED
			       ? delta->old_file.path
			       : delta->new_file.path;

	(void)progress;
	if (close_file(g) ||
	    rel_array_reserve(&g->files, &g->files_cap,
			      (uint64_t)g->n_files + 1, sizeof(*g->files))) {
		g->failed = true;
		return -1;
	}
	file = &g->files[g->n_files];
	*file = (struct rel_git_file_diff){
	    .path = rel_arena_copy(g->arena, rel_str_of(path)),
	    .delta = delta_of(delta)};
	rel_git_id_of_oid(&file->old, &delta->old_file.id);
	rel_git_id_of_oid(&file->fresh, &delta->new_file.id);
	g->failed = !file->path;
	g->n_files += !g->failed;
	return g->failed ? -1 : 0;
}

static int add_lines(const git_diff_delta *delta, const git_diff_hunk *hunk,
		     void *context)
{
	struct gathering *g = context;

	if (delta->status == GIT_DELTA_DELETED)
		return 0;
	if (rel_array_reserve(&g->lines, &g->lines_cap,
			      (uint64_t)g->n_lines + 1, sizeof(*g->lines))) {
		g->failed = true;
		return -1;
	}
	g->lines[g->n_lines++] = (struct rel_git_lines){
	    (uint32_t)hunk->new_start, (uint32_t)hunk->new_lines};
	return 0;
}

/* The tree of the directory; *out is NULL when the commit has none. */
static int open_tree(git_tree **out, struct rel_git_store *store,
		     const struct rel_git_id *commit, const char *subdir,
		     struct rel_error *err)
{
	struct rel_git_id id;
	git_oid oid;
	int rc = rel_git_commit_tree(&id, store, commit, NULL, err);

	*out = NULL;
	if (rc)
		return rc;
	rc = rel_git_commit_tree(&id, store, commit, subdir, err);
	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc)
		return rc;
	rel_git_id_to_oid(&oid, &id);
	rc = git_tree_lookup(out, store->repo, &oid);
	return rc == 0 ? 0
		       : rel_git_library_fail(err, rc, "cannot read a tree");
}

static int compare(struct gathering *g, struct rel_git_store *store,
		   git_tree *old, git_tree *fresh, struct rel_error *err)
{
	git_diff_options options;
	git_diff *diff = NULL;
	int rc = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);

	options.context_lines = 0;
	options.max_size = (git_off_t)REL_LIMIT_MANIFEST_BYTES;
	if (rc == 0)
		rc = git_diff_tree_to_tree(&diff, store->repo, old, fresh,
					   &options);
	if (rc == 0)
		rc = git_diff_foreach(diff, add_file, NULL, add_lines, NULL, g);
	git_diff_free(diff);
	if (g->failed || (rc == 0 && close_file(g)))
		return rel_fail_nomem(err);
	return rc == 0 ? 0
		       : rel_git_library_fail(err, rc,
					      "cannot compare two commits");
}

/* Paths of git are in the order of bytes, but for what is a directory. */
static int by_path(const void *a, const void *b)
{
	const struct rel_git_file_diff *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int keep(struct rel_git_diff *out, const struct gathering *g,
		struct rel_error *err)
{
	struct rel_git_file_diff *files =
	    rel_arena_array(g->arena, (size_t)g->n_files + 1, sizeof(*files));

	if (!files)
		return rel_fail_nomem(err);
	if (g->n_files > 0) {
		memcpy(files, g->files, g->n_files * sizeof(*files));
		qsort(files, g->n_files, sizeof(*files), by_path);
	}
	*out = (struct rel_git_diff){files, g->n_files};
	return 0;
}

int rel_git_diff(struct rel_git_diff *out, struct rel_git_store *store,
		 const struct rel_git_id *old, const struct rel_git_id *fresh,
		 const char *subdir, struct rel_arena *arena,
		 struct rel_error *err)
{
	struct gathering g = {.arena = arena};
	git_tree *before = NULL, *after = NULL;
	int rc = open_tree(&before, store, old, subdir, err);

	if (rc == 0)
		rc = open_tree(&after, store, fresh, subdir, err);
	if (rc == 0 && (before || after))
		rc = compare(&g, store, before, after, err);
	if (rc == 0)
		rc = keep(out, &g, err);
	git_tree_free(before);
	git_tree_free(after);
	free(g.files);
	free(g.lines);
	return rc;
}

const struct rel_git_file_diff *rel_git_diff_find(
    const struct rel_git_diff *diff, const char *path)
{
	const struct rel_git_file_diff key = {.path = path};

	return diff->n_files > 0 ? bsearch(&key, diff->files, diff->n_files,
					   sizeof(key), by_path)
				 : NULL;
}
