/* Trees, blobs, and how they differ. */
#include "git/objects.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "git/git_private.h"

/* What is left of a raw tree object. */
struct scan {
	const char *p, *end;
};

static bool kind_of(enum rel_git_kind *out, unsigned mode)
{
	switch (mode & 0170000) {
	case 0100000:
		*out = mode & 0100 ? REL_GIT_EXECUTABLE : REL_GIT_BLOB;
		return true;
	case 0120000:
		*out = REL_GIT_SYMLINK;
		return true;
	case 0040000:
		*out = REL_GIT_TREE;
		return true;
	case 0160000:
		*out = REL_GIT_COMMIT;
		return true;
	default:
		return false;
	}
}

/* Names that no git writes and that would lead a reader astray. */
static bool name_ok(struct rel_str name)
{
	return name.len > 0 && memchr(name.ptr, '/', name.len) == NULL &&
	       !rel_str_is(name, ".") && !rel_str_is(name, "..") &&
	       !rel_str_is(name, ".git");
}

/* The next entry: 1, 0 at the end, -1 when the bytes are no tree. */
static int scan_next(struct rel_git_entry *out, struct scan *scan)
{
	const char *nul, *p = scan->p;
	unsigned mode = 0;

	if (p == scan->end)
		return 0;
	for (int digits = 0; p < scan->end && *p != ' '; p++, digits++) {
		if (*p < '0' || *p > '7' || digits == 6)
			return -1;
		mode = mode << 3 | (unsigned)(*p - '0');
	}
	if (p == scan->end)
		return -1;
	p++;
	nul = memchr(p, '\0', (size_t)(scan->end - p));
	if (nul == NULL || scan->end - nul <= REL_GIT_ID_BYTES)
		return -1;
	out->name = rel_str_n(p, (size_t)(nul - p));
	memcpy(out->id.bytes, nul + 1, REL_GIT_ID_BYTES);
	scan->p = nul + 1 + REL_GIT_ID_BYTES;
	return kind_of(&out->kind, mode) && name_ok(out->name) ? 1 : -1;
}

static int fail_tree(const struct rel_git_store *store,
		     const struct rel_git_id *id, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];

	rel_fail(err, REL_EPARSE,
		 "tree object %s is malformed; look with git fsck",
		 rel_git_id_format(hex, id));
	rel_error_at(err, store->path, 0, 0);
	return REL_EPARSE;
}

struct walk {
	struct rel_git_store *store;
	rel_git_entry_fn fn;
	void *context;
	bool recursive;
	uint64_t entries;
	struct rel_buf path;
};

static int walk_tree(struct walk *walk, const struct rel_git_id *id,
		     unsigned depth, struct rel_error *err);

static int walk_entry(struct walk *walk, const struct rel_git_entry *entry,
		      unsigned depth, struct rel_error *err)
{
	size_t parent = walk->path.len;
	int rc;

	if (++walk->entries > REL_LIMIT_GIT_TREE_ENTRIES)
		return rel_fail(err, REL_ELIMIT,
				"the tree has more than %u files and "
				"directories",
				REL_LIMIT_GIT_TREE_ENTRIES);

	if (parent > 0)
		rel_buf_add_char(&walk->path, '/');
	rel_buf_add_str(&walk->path, entry->name);
	rc = rel_buf_status(&walk->path, "path in a git tree", err);
	if (rc < 0)
		return rc;
	rc = walk->fn(walk->context, rel_buf_str(&walk->path), depth, entry,
		      err);
	if (rc == 0 && walk->recursive && entry->kind == REL_GIT_TREE)
		rc = walk_tree(walk, &entry->id, depth + 1, err);
	walk->path.len = parent;
	return rc < 0 ? rc : 0;
}

static int walk_tree(struct walk *walk, const struct rel_git_id *id,
		     unsigned depth, struct rel_error *err)
{
	git_odb_object *object = NULL;
	struct rel_git_entry entry;
	struct scan scan;
	int rc, more;

	if (depth > REL_LIMIT_TREE_DEPTH)
		return rel_fail(err, REL_ELIMIT,
				"%.*s: over %d directory levels",
				REL_STR_ARG(rel_buf_str(&walk->path)),
				REL_LIMIT_TREE_DEPTH);
	rc = rel_git_object_read(&object, walk->store, id, GIT_OBJECT_TREE,
				 REL_LIMIT_GIT_TREE_BYTES, err);
	if (rc < 0)
		return rc;
	scan.p = git_odb_object_data(object);
	scan.end = scan.p + git_odb_object_size(object);
	while ((more = scan_next(&entry, &scan)) > 0) {
		rc = walk_entry(walk, &entry, depth, err);
		if (rc < 0)
			break;
	}
	if (more < 0)
		rc = fail_tree(walk->store, id, err);
	git_odb_object_free(object);
	return rc;
}

static int walk_start(struct rel_git_store *store,
		      const struct rel_git_id *tree, bool recursive,
		      rel_git_entry_fn fn, void *context, struct rel_error *err)
{
	struct walk walk = {.store = store,
			    .fn = fn,
			    .context = context,
			    .recursive = recursive};
	int rc;

	rel_buf_init(&walk.path, REL_LIMIT_GIT_PATH_BYTES);
	rc = walk_tree(&walk, tree, 0, err);
	rel_buf_free(&walk.path);
	return rc;
}

int rel_git_tree_list(struct rel_git_store *store,
		      const struct rel_git_id *tree, rel_git_entry_fn fn,
		      void *context, struct rel_error *err)
{
	return walk_start(store, tree, false, fn, context, err);
}

int rel_git_tree_walk(struct rel_git_store *store,
		      const struct rel_git_id *tree, rel_git_entry_fn fn,
		      void *context, struct rel_error *err)
{
	return walk_start(store, tree, true, fn, context, err);
}

/* One level of rel_git_tree_find(): 1 found, 0 not, or an error. */
static int find_name(struct rel_git_entry *out, struct rel_git_store *store,
		     const struct rel_git_id *tree, struct rel_str name,
		     struct rel_error *err)
{
	git_odb_object *object = NULL;
	struct rel_git_entry entry;
	struct scan scan;
	int more;
	int rc = rel_git_object_read(&object, store, tree, GIT_OBJECT_TREE,
				     REL_LIMIT_GIT_TREE_BYTES, err);

	if (rc < 0)
		return rc;
	scan.p = git_odb_object_data(object);
	scan.end = scan.p + git_odb_object_size(object);
	while ((more = scan_next(&entry, &scan)) > 0) {
		if (!rel_str_eq(entry.name, name))
			continue;
		*out = entry;
		out->name = name;
		break;
	}
	git_odb_object_free(object);
	return more < 0 ? fail_tree(store, tree, err) : more;
}

int rel_git_tree_find(struct rel_git_entry *entry, struct rel_git_store *store,
		      const struct rel_git_id *tree, struct rel_str path,
		      struct rel_error *err)
{
	struct rel_git_id at = *tree;
	struct rel_str name, rest = path;
	int rc = 0;

	entry->kind = REL_GIT_TREE;
	while (rest.ptr != NULL) {
		name = rel_str_cut(&rest, '/');
		rc = entry->kind == REL_GIT_TREE
			 ? find_name(entry, store, &at, name, err)
			 : 0;
		if (rc <= 0)
			break;
		at = entry->id;
	}
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return rel_fail(err, REL_ENOTFOUND, "no %.*s in the repository",
			REL_STR_ARG(path));
}

int rel_git_blob_read(struct rel_buf *out, struct rel_git_store *store,
		      const struct rel_git_id *blob, struct rel_error *err)
{
	git_odb_object *object = NULL;
	int rc = out->status ? rel_buf_status(out, "buffer", err) : 0;

	if (rc < 0)
		return rc;
	rc = rel_git_object_read(&object, store, blob, GIT_OBJECT_BLOB,
				 out->max - out->len, err);
	if (rc < 0)
		return rc;
	rel_buf_add(out, git_odb_object_data(object),
		    git_odb_object_size(object));
	git_odb_object_free(object);
	return rel_buf_status(out, "file in git", err);
}

int rel_git_blob_arena(struct rel_str *out, struct rel_arena *arena, size_t max,
		       struct rel_git_store *store,
		       const struct rel_git_id *blob, struct rel_error *err)
{
	git_odb_object *object = NULL;
	char *copy;
	int rc = rel_git_object_read(&object, store, blob, GIT_OBJECT_BLOB, max,
				     err);

	if (rc < 0)
		return rc;
	copy = rel_arena_copy(arena, rel_str_n(git_odb_object_data(object),
					       git_odb_object_size(object)));
	out->ptr = copy;
	out->len = git_odb_object_size(object);
	git_odb_object_free(object);
	return copy ? 0 : rel_fail_nomem(err);
}

int rel_git_blob_size(uint64_t *size, struct rel_git_store *store,
		      const struct rel_git_id *id, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	git_object_t type;
	git_oid oid;
	size_t bytes = 0;
	int status;

	rel_git_id_to_oid(&oid, id);
	status = git_odb_read_header(&bytes, &type, store->odb, &oid);
	*size = bytes;
	if (status == 0)
		return 0;
	if (status == GIT_ENOTFOUND)
		return rel_git_fail_missing(store, id, err);
	return rel_git_library_fail(err, status, "cannot read object %s",
				    rel_git_id_format(hex, id));
}

int rel_git_blob_id(struct rel_git_id *out, struct rel_str content,
		    struct rel_error *err)
{
	return rel_git_hash(out, content, GIT_OBJECT_BLOB, err);
}

/* 1 with the first parent, 0: there is none, or it is not at hand. */
static int step_back(struct rel_git_id *at, struct rel_git_store *store)
{
	git_commit *commit = NULL;
	const git_oid *parent;
	git_oid oid;
	int found = 0;

	rel_git_id_to_oid(&oid, at);
	if (git_commit_lookup(&commit, store->repo, &oid) < 0)
		return 0;
	parent = git_commit_parentcount(commit) > 0
		     ? git_commit_parent_id(commit, 0)
		     : NULL;
	if (parent != NULL && git_odb_exists(store->odb, parent)) {
		rel_git_id_of_oid(at, parent);
		found = 1;
	}
	git_commit_free(commit);
	return found;
}

int rel_git_last_with(struct rel_git_id *commit, struct rel_git_store *store,
		      const struct rel_git_id *start, const char *path,
		      const struct rel_git_id *but, unsigned max,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_git_id at = *start, tree;
	struct rel_git_entry entry;

	do {
		if (rel_cancelled(cancel))
			return rel_fail_cancelled(err);
		if (rel_git_commit_tree(&tree, store, &at, NULL, NULL) == 0 &&
		    rel_git_tree_find(&entry, store, &tree, rel_str_of(path),
				      NULL) == 0 &&
		    (!but || memcmp(&entry.id, but, sizeof(*but)) != 0)) {
			*commit = at;
			return 1;
		}
	} while (--max > 0 && step_back(&at, store) > 0);
	return 0;
}

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

/* `was` NULL: the file is new. */
static int add_patch(struct rel_buf *out, const char *path,
		     const struct rel_str *was, struct rel_str content,
		     struct rel_error *err)
{
	git_diff_options options;
	git_buf text = {0};
	git_patch *patch = NULL;
	int status, rc = rel_git_library_open(err);

	if (rc)
		return rc;
	status = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_SHOW_BINARY;
	options.id_abbrev = GIT_OID_HEXSZ; /* git wants all of a binary's */
	if (status == 0)
		status = git_patch_from_buffers(
		    &patch, was ? was->ptr : NULL, was ? was->len : 0,
		    was ? path : NULL, content.ptr ? content.ptr : "",
		    content.len, path, &options);
	if (status == 0)
		status = git_patch_to_buf(&text, patch);
	if (status < 0)
		rc = rel_git_library_fail(err, status, "cannot show %s", path);
	else
		rel_buf_add(out, text.ptr, text.size);
	git_buf_dispose(&text);
	git_patch_free(patch);
	rel_git_library_close();
	return rc ? rc : rel_buf_status(out, "the files", err);
}

int rel_git_patch_new_file(struct rel_buf *out, const char *path,
			   struct rel_str content, struct rel_error *err)
{
	return add_patch(out, path, NULL, content, err);
}

int rel_git_patch_file(struct rel_buf *out, const char *path,
		       struct rel_str was, struct rel_str content,
		       struct rel_error *err)
{
	if (!was.ptr)
		was = REL_STR("");
	return add_patch(out, path, &was, content, err);
}
