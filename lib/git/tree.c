#include "git/tree.h"

#include "base/limits.h"
#include "git/internal.h"

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
	int r;

	if (++walk->entries > REL_LIMIT_GIT_TREE_ENTRIES)
		return rel_fail(err, REL_ELIMIT,
				"the tree has more than %u files and "
				"directories",
				REL_LIMIT_GIT_TREE_ENTRIES);

	if (parent > 0)
		rel_buf_add_char(&walk->path, '/');
	rel_buf_add_str(&walk->path, entry->name);
	r = rel_buf_status(&walk->path, "path in a git tree", err);
	if (r < 0)
		return r;
	r = walk->fn(walk->context, rel_buf_str(&walk->path), depth, entry,
		     err);
	if (r == 0 && walk->recursive && entry->kind == REL_GIT_TREE)
		r = walk_tree(walk, &entry->id, depth + 1, err);
	walk->path.len = parent;
	return r < 0 ? r : 0;
}

static int walk_tree(struct walk *walk, const struct rel_git_id *id,
		     unsigned depth, struct rel_error *err)
{
	git_odb_object *object = NULL;
	struct rel_git_entry entry;
	struct scan scan;
	int r, more;

	if (depth > REL_LIMIT_TREE_DEPTH)
		return rel_fail(err, REL_ELIMIT,
				"%.*s: over %d directory levels",
				REL_STR_ARG(rel_buf_str(&walk->path)),
				REL_LIMIT_TREE_DEPTH);
	r = rel_git_object_read(&object, walk->store, id, GIT_OBJECT_TREE,
				REL_LIMIT_GIT_TREE_BYTES, err);
	if (r < 0)
		return r;
	scan.p = git_odb_object_data(object);
	scan.end = scan.p + git_odb_object_size(object);
	while ((more = scan_next(&entry, &scan)) > 0) {
		r = walk_entry(walk, &entry, depth, err);
		if (r < 0)
			break;
	}
	if (more < 0)
		r = fail_tree(walk->store, id, err);
	git_odb_object_free(object);
	return r;
}

static int walk_start(struct rel_git_store *store,
		      const struct rel_git_id *tree, bool recursive,
		      rel_git_entry_fn fn, void *context, struct rel_error *err)
{
	struct walk walk = {.store = store,
			    .fn = fn,
			    .context = context,
			    .recursive = recursive};
	int r;

	rel_buf_init(&walk.path, REL_LIMIT_GIT_PATH_BYTES);
	r = walk_tree(&walk, tree, 0, err);
	rel_buf_free(&walk.path);
	return r;
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
	int r = rel_git_object_read(&object, store, tree, GIT_OBJECT_TREE,
				    REL_LIMIT_GIT_TREE_BYTES, err);

	if (r < 0)
		return r;
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
	int r = 0;

	entry->kind = REL_GIT_TREE;
	while (rest.ptr != NULL) {
		name = rel_str_cut(&rest, '/');
		r = entry->kind == REL_GIT_TREE
			? find_name(entry, store, &at, name, err)
			: 0;
		if (r <= 0)
			break;
		at = entry->id;
	}
	if (r != 0)
		return r < 0 ? r : 0;
	return rel_fail(err, REL_ENOTFOUND, "no %.*s in the repository",
			REL_STR_ARG(path));
}

int rel_git_blob_read(struct rel_buf *out, struct rel_git_store *store,
		      const struct rel_git_id *blob, struct rel_error *err)
{
	git_odb_object *object = NULL;
	int r = out->status ? rel_buf_status(out, "buffer", err) : 0;

	if (r < 0)
		return r;
	r = rel_git_object_read(&object, store, blob, GIT_OBJECT_BLOB,
				out->max - out->len, err);
	if (r < 0)
		return r;
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
	int r = rel_git_object_read(&object, store, blob, GIT_OBJECT_BLOB, max,
				    err);

	if (r < 0)
		return r;
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
