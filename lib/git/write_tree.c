/* Trees that differ from others in some paths; see git/write.h. */
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"
#include "git/write.h"

/* Sorted so that what is below one directory stands together. */
struct editor {
	struct rel_git_store *store;
	const struct rel_git_change **changes;
	struct rel_error *err;
};

/* A run of the changes, all below one directory. */
struct range {
	size_t from, to;
	size_t offset; /* bytes of the directory's path with its slash */
};

/* '/' before all other bytes, so that "a/b" stands before "a-b". */
static int rank(char c)
{
	if (c == '\0')
		return 0;
	return c == '/' ? 1 : (unsigned char)c + 1;
}

static int compare_changes(const void *a, const void *b)
{
	const struct rel_git_change *x =
	    *(const struct rel_git_change *const *)a;
	const struct rel_git_change *y =
	    *(const struct rel_git_change *const *)b;
	const char *p = x->path, *q = y->path;

	while (*p == *q && *p != '\0') {
		p++;
		q++;
	}
	if (*p != *q)
		return rank(*p) - rank(*q);
	return (int)y->remove - (int)x->remove;
}

/*
 * What fsck refuses as a second ".git": other case, with the code points that
 * HFS+ leaves out, or with NTFS's short name and trailing blanks and dots
 * (git's fsck.c, "hasDotgit").
 */
static bool is_dot_git(struct rel_str name)
{
	char plain[8];
	size_t n = 0, at = 0;

	while (at < name.len && n < sizeof(plain) - 1) {
		uint32_t rune;
		size_t len = rel_str_rune(name, at, &rune);

		if (!rel_rune_is_control(rune))
			plain[n++] = rune < 0x80 ? (char)rune : '?';
		at += len;
	}
	plain[n] = '\0';
	if (strncasecmp(plain, "git~1", 5) == 0)
		n = 5;
	else if (strncasecmp(plain, ".git", 4) == 0)
		n = 4;
	else
		return false;
	n += strspn(plain + n, " .");
	return plain[n] == '\0' || plain[n] == ':' || plain[n] == '\\';
}

static int check_change(const struct rel_git_change *change,
			struct rel_error *err)
{
	struct rel_str rest = rel_str_of(change->path);
	bool by_id = change->id != NULL;

	if (!rel_path_is_safe(rest))
		return rel_fail(err, REL_EUSAGE,
				"'%.200s' is no path below the root",
				change->path);
	while (rest.ptr != NULL)
		if (is_dot_git(rel_str_cut(&rest, '/')))
			return rel_fail(err, REL_EUSAGE,
					"'%.200s' has a part that is git's own",
					change->path);
	if (!change->remove && !by_id && change->kind > REL_GIT_SYMLINK)
		return rel_fail(err, REL_EUSAGE,
				"'%.200s' can only be given by its id",
				change->path);
	return 0;
}

static git_filemode_t mode_of(enum rel_git_kind kind)
{
	static const git_filemode_t modes[] = {
	    [REL_GIT_BLOB] = GIT_FILEMODE_BLOB,
	    [REL_GIT_EXECUTABLE] = GIT_FILEMODE_BLOB_EXECUTABLE,
	    [REL_GIT_SYMLINK] = GIT_FILEMODE_LINK,
	    [REL_GIT_TREE] = GIT_FILEMODE_TREE,
	    [REL_GIT_COMMIT] = GIT_FILEMODE_COMMIT};

	return modes[kind];
}

static bool is_tree(const git_tree_entry *entry)
{
	return entry != NULL &&
	       git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE;
}

static int check_object(struct editor *e, const struct rel_git_change *change)
{
	git_object_t want =
	    change->kind == REL_GIT_TREE ? GIT_OBJECT_TREE : GIT_OBJECT_BLOB;
	char hex[REL_GIT_ID_TEXT];
	git_object_t found;
	git_oid oid;
	size_t size;

	/* A submodule's commit is elsewhere. */
	if (change->kind == REL_GIT_COMMIT)
		return 0;
	rel_git_id_to_oid(&oid, change->id);
	rel_git_id_format(hex, change->id);
	if (git_odb_read_header(&size, &found, e->store->odb, &oid) < 0)
		return rel_fail(e->err, REL_ENOTFOUND, "object %s is missing",
				hex);
	if (found != want)
		return rel_fail(e->err, REL_EUSAGE, "object %s is a %s", hex,
				git_object_type2string(found));
	return 0;
}

/* The object of a written path. */
static int make_object(struct rel_git_id *id, struct editor *e,
		       const struct rel_git_change *change)
{
	if (change->id != NULL) {
		*id = *change->id;
		return check_object(e, change);
	}
	if (change->file != NULL)
		return rel_git_write_blob_file(id, e->store, change->file,
					       e->err);
	return rel_git_write_blob(id, e->store, change->content, e->err);
}

static int fail_there(struct editor *e, const struct rel_git_change *change,
		      size_t len, const char *what)
{
	return rel_fail(e->err, REL_EEXISTS, "'%.*s' is %s",
			(int)(len < 200 ? len : 200), change->path, what);
}

static int put(struct editor *e, git_treebuilder *builder, const char *name,
	       const struct rel_git_id *id, git_filemode_t mode)
{
	git_oid oid;
	int status;

	rel_git_id_to_oid(&oid, id);
	status = git_treebuilder_insert(NULL, builder, name, &oid, mode);
	return status < 0 ? rel_git_library_fail(e->err, status,
						 "cannot add '%.200s'", name)
			  : 0;
}

static int write_entry(struct editor *e, git_treebuilder *builder,
		       const char *name, const struct rel_git_change *change)
{
	const git_tree_entry *entry = git_treebuilder_get(builder, name);
	git_filemode_t mode = mode_of(change->kind), old;
	size_t len = strlen(change->path);
	struct rel_git_id id;
	int rc;

	if (is_tree(entry) && change->kind != REL_GIT_TREE)
		return fail_there(e, change, len, "a directory");
	if (entry != NULL && !is_tree(entry) && change->kind == REL_GIT_TREE)
		return fail_there(e, change, len, "no directory");
	if (entry != NULL && change->keep_kind) {
		old = git_tree_entry_filemode(entry);
		if (old == GIT_FILEMODE_LINK || old == GIT_FILEMODE_COMMIT)
			return fail_there(e, change, len, "no ordinary file");
		mode = old;
	}
	rc = make_object(&id, e, change);
	return rc < 0 ? rc : put(e, builder, name, &id, mode);
}

static int remove_entry(struct editor *e, git_treebuilder *builder,
			const char *name, const struct rel_git_change *change)
{
	int status;

	if (git_treebuilder_get(builder, name) == NULL)
		return rel_fail(e->err, REL_ENOTFOUND,
				"'%.200s' is not there to be removed",
				change->path);
	status = git_treebuilder_remove(builder, name);
	return status < 0 ? rel_git_library_fail(e->err, status,
						 "cannot remove '%.200s'",
						 change->path)
			  : 0;
}

static int edit_tree(struct rel_git_id *out, bool *empty, struct editor *e,
		     const struct rel_git_id *base, const struct range *range);

/* The changes below the entry `name`. */
static int edit_below(struct editor *e, git_treebuilder *builder,
		      const char *name, const struct range *range)
{
	const git_tree_entry *entry = git_treebuilder_get(builder, name);
	const struct rel_git_change *first = e->changes[range->from];
	struct rel_git_id old, fresh;
	bool empty;
	int rc;

	if (entry != NULL && !is_tree(entry))
		return fail_there(e, first, range->offset - 1,
				  "a file, not a directory");
	if (entry != NULL)
		rel_git_id_of_oid(&old, git_tree_entry_id(entry));
	rc = edit_tree(&fresh, &empty, e, entry ? &old : NULL, range);
	if (rc < 0)
		return rc;
	if (!empty)
		return put(e, builder, name, &fresh, GIT_FILEMODE_TREE);
	return entry ? remove_entry(e, builder, name, first) : 0;
}

/* All changes of one entry and below it. */
static int edit_entry(struct editor *e, git_treebuilder *builder,
		      struct range range)
{
	const char *start = e->changes[range.from]->path + range.offset;
	size_t len = strcspn(start, "/");
	char *name = strndup(start, len);
	bool removed = false;
	int rc = name ? 0 : rel_fail_nomem(e->err);

	while (rc == 0 && range.from < range.to) {
		const struct rel_git_change *change = e->changes[range.from];

		if (change->path[range.offset + len] != '\0') {
			range.offset += len + 1;
			rc = edit_below(e, builder, name, &range);
			break;
		}
		range.from++;
		if (change->remove && !removed)
			rc = remove_entry(e, builder, name, change);
		else if (change->remove || range.from < range.to)
			rc =
			    rel_fail(e->err, REL_EUSAGE,
				     "'%.200s' is changed twice", change->path);
		else
			rc = write_entry(e, builder, name, change);
		removed = true;
	}
	free(name);
	return rc;
}

/* Is the first part behind the offset the same? */
static bool same_entry(const struct editor *e, size_t a, size_t b,
		       size_t offset)
{
	const char *p = e->changes[a]->path + offset;
	const char *q = e->changes[b]->path + offset;
	size_t len = strcspn(p, "/");

	return strcspn(q, "/") == len && memcmp(p, q, len) == 0;
}

static int open_builder(git_treebuilder **out, struct editor *e,
			const struct rel_git_id *base)
{
	git_odb_object *raw = NULL;
	git_tree *tree = NULL;
	git_oid oid;
	int status = 0, rc;

	if (base != NULL) {
		/* For its checks of type, size and presence. */
		rc = rel_git_object_read(&raw, e->store, base, GIT_OBJECT_TREE,
					 REL_LIMIT_GIT_TREE_BYTES, e->err);
		git_odb_object_free(raw);
		if (rc < 0)
			return rc;
		rel_git_id_to_oid(&oid, base);
		status = git_tree_lookup(&tree, e->store->repo, &oid);
	}
	if (status == 0)
		status = git_treebuilder_new(out, e->store->repo, tree);
	git_tree_free(tree);
	return status < 0
		   ? rel_git_library_fail(e->err, status, "cannot read a tree")
		   : 0;
}

static int edit_tree(struct rel_git_id *out, bool *empty, struct editor *e,
		     const struct rel_git_id *base, const struct range *range)
{
	git_treebuilder *builder = NULL;
	struct range part = *range;
	git_oid oid;
	int status = 0, rc = open_builder(&builder, e, base);

	for (size_t i = range->from; rc == 0 && i < range->to; i = part.to) {
		part.from = i;
		part.to = i + 1;
		while (part.to < range->to &&
		       same_entry(e, i, part.to, range->offset))
			part.to++;
		rc = edit_entry(e, builder, part);
	}
	if (rc == 0) {
		*empty = git_treebuilder_entrycount(builder) == 0;
		status = git_treebuilder_write(&oid, builder);
		if (status < 0)
			rc = rel_git_library_fail(e->err, status,
						  "cannot write a tree");
		else
			rel_git_id_of_oid(out, &oid);
	}
	git_treebuilder_free(builder);
	return rc;
}

int rel_git_write_tree(struct rel_git_id *tree, struct rel_git_store *store,
		       const struct rel_git_id *base,
		       const struct rel_git_change *changes, size_t n_changes,
		       struct rel_error *err)
{
	struct editor e = {.store = store, .err = err};
	const struct range all = {.to = n_changes};
	bool empty;
	int rc = 0;

	e.changes = calloc(n_changes + 1, sizeof(*e.changes));
	if (e.changes == NULL)
		return rel_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < n_changes; i++) {
		e.changes[i] = &changes[i];
		rc = check_change(&changes[i], err);
	}
	if (rc == 0 && n_changes > 0)
		qsort(e.changes, n_changes, sizeof(*e.changes),
		      compare_changes);
	if (rc == 0)
		rc = edit_tree(tree, &empty, &e, base, &all);
	free(e.changes);
	return rc;
}
