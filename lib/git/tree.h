/*
 * Trees and blobs of a store, read straight from packs.
 *
 * Tree objects are scanned in place (git's Documentation/
 * gitformat-pack and "git cat-file tree": mode in octal, blank, name, NUL,
 * raw id), which costs a third of libgit2's parsed trees.
 */
#ifndef REL_GIT_TREE_H
#define REL_GIT_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "git/store.h"

enum rel_git_kind {
	REL_GIT_BLOB,	    /* 100644, and 100664 of old repositories */
	REL_GIT_EXECUTABLE, /* 100755 */
	REL_GIT_SYMLINK,    /* 120000: the blob holds the target */
	REL_GIT_TREE,	    /* 40000 */
	REL_GIT_COMMIT,	    /* 160000: a submodule; the id is not in here */
};

struct rel_git_entry {
	struct rel_str name; /* one path component, in callbacks borrowed */
	enum rel_git_kind kind;
	struct rel_git_id id;
};

/* What a callback may return beside 0 and a negative code. */
#define REL_GIT_SKIP 1 /* do not descend into this tree */

/*
 * path   from the root of the walk, with slashes, ending in entry->name;
 *        NUL-terminated, borrowed until the callback returns
 * depth  0 for entries of the root
 * Returns 0; REL_GIT_SKIP; or a negative code, with `err` set, that ends the
 * walk and becomes its result.  The callback may read from the same store.
 */
typedef int (*rel_git_entry_fn)(void *context, struct rel_str path,
				unsigned depth,
				const struct rel_git_entry *entry,
				struct rel_error *err);

/*
 * Call `fn` for each entry of `tree`, in git's order, not descending.
 * Names with '/', NUL, "." , ".." or ".git" cannot come from git and are
 * REL_EPARSE.
 * Errors  REL_ENOTFOUND the store has no such tree; REL_EPARSE; REL_EIO;
 *         REL_ELIMIT over REL_LIMIT_GIT_TREE_BYTES; the callback's.
 */
REL_MUST_CHECK int rel_git_tree_list(struct rel_git_store *store,
				     const struct rel_git_id *tree,
				     rel_git_entry_fn fn, void *context,
				     struct rel_error *err);

/*
 * The same for the whole tree in depth-first order: a tree's own entry comes
 * before its content.  Symlinks and submodules are told, not followed.
 * Errors  as above; REL_ELIMIT over REL_LIMIT_TREE_DEPTH levels.
 */
REL_MUST_CHECK int rel_git_tree_walk(struct rel_git_store *store,
				     const struct rel_git_id *tree,
				     rel_git_entry_fn fn, void *context,
				     struct rel_error *err);

/*
 * Find one path below `tree`; entry->name points into `path`.
 * Errors  REL_ENOTFOUND no such path (symlinks are not followed).
 */
REL_MUST_CHECK int rel_git_tree_find(struct rel_git_entry *entry,
				     struct rel_git_store *store,
				     const struct rel_git_id *tree,
				     struct rel_str path,
				     struct rel_error *err);

/*
 * How many bytes a blob has, without reading it.
 * Errors  REL_ENOTFOUND; REL_EIO
 */
REL_MUST_CHECK int rel_git_blob_size(uint64_t *size,
				     struct rel_git_store *store,
				     const struct rel_git_id *id,
				     struct rel_error *err);

/*
 * Append a blob's content to `out`.
 * Errors  REL_ELIMIT when it does not fit in out->max (out is unchanged and
 *         may be used on); REL_ENOTFOUND; REL_EPARSE not a blob; REL_EIO.
 */
REL_MUST_CHECK int rel_git_blob_read(struct rel_buf *out,
				     struct rel_git_store *store,
				     const struct rel_git_id *blob,
				     struct rel_error *err);

/*
 * The same into `arena`, with a NUL behind it that is not counted.
 * max  bytes; a bigger blob is REL_ELIMIT
 */
REL_MUST_CHECK int rel_git_blob_arena(struct rel_str *out,
				      struct rel_arena *arena, size_t max,
				      struct rel_git_store *store,
				      const struct rel_git_id *blob,
				      struct rel_error *err);

/*
 * The id that git gives a blob with this content ("git hash-object").
 * No store is needed.  Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_blob_id(struct rel_git_id *out,
				   struct rel_str content,
				   struct rel_error *err);

/*
 * The newest commit, from `start` back along the first parents, that has
 * something at `path`.  Ends where the history is cut short.
 * but     not with this content; NULL: with any
 * max     commits to look at
 * Returns 1, 0 none has, or REL_ECANCELLED, REL_EIO
 */
REL_MUST_CHECK int rel_git_last_with(struct rel_git_id *commit,
				     struct rel_git_store *store,
				     const struct rel_git_id *start,
				     const char *path,
				     const struct rel_git_id *but, unsigned max,
				     const struct rel_cancel *cancel,
				     struct rel_error *err);

#endif
