/* A git repository on disk, and what is read of it. */
#ifndef REL_GIT_OBJECTS_H
#define REL_GIT_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

/*
 * rel_git_store: one git repository on disk, for reading; git/write.h writes.
 *
 * May use  lib/base.  Sole owner of libgit2; no libgit2 type or header is
 *          visible outside lib/git.
 * Owns     the repository handle, its object caches and memory maps.
 * Threads  one handle per thread: rel_git_store_clone().  Different handles
 *          may be used at the same time.
 * Errors   name the repository, the revision and what to do next.
 *
 * libgit2 is initialised with the first handle and shut down with the last;
 * it counts by itself, so no state of ours is global.
 */

/* Bytes of an object id.  libgit2 reads SHA-1 repositories only; one with
 * SHA-256 ids is refused by rel_git_store_open() with a clear text. */
#define REL_GIT_ID_BYTES 20
/* Hexadecimal digits and the NUL. */
#define REL_GIT_ID_TEXT (2 * REL_GIT_ID_BYTES + 1)

/* The id of a commit, tree or blob: raw bytes, so that two ids are equal
 * exactly when memcmp() says so. */
struct rel_git_id {
	unsigned char bytes[REL_GIT_ID_BYTES];
};

struct rel_git_store;

/*
 * Open the repository at `path`: a bare repository, the work tree of a normal
 * one (a directory with .git), or a .git directory.  Parents are not
 * searched.  Files of another owner are read all the same (git's "dubious
 * ownership" refusal protects against running hooks and configured programs
 * of strangers; a store runs nothing, and obeys of the repository's
 * configuration only how objects and references are kept).
 * Errors  REL_ENOTFOUND nothing there or not a git repository; REL_EPARSE a
 *         repository format that libgit2 cannot read; REL_EIO.
 */
REL_MUST_CHECK int rel_git_store_open(struct rel_git_store **out,
				      const char *path, struct rel_error *err);

/* A second handle on the same repository, for another thread. */
REL_MUST_CHECK int rel_git_store_clone(struct rel_git_store **out,
				       const struct rel_git_store *store,
				       struct rel_error *err);

void rel_git_store_free(struct rel_git_store *store);

/* Is there a git repository that rel_git_store_open() would look into?
 * Cheap: looks at file names only. */
bool rel_git_is_repository(const char *path);

/* The git directory, without trailing slash; lives as long as the store. */
const char *rel_git_store_path(const struct rel_git_store *store);

/* History is cut off: revisions before the fetched ones may be missing. */
bool rel_git_store_is_shallow(const struct rel_git_store *store);

/* Nothing was ever committed: there is no reference at all. */
bool rel_git_store_is_empty(const struct rel_git_store *store);

/*
 * Read the repository's files anew: packs and references that another
 * process (or a fetch) added since it was opened.
 */
REL_MUST_CHECK int rel_git_store_refresh(struct rel_git_store *store,
					 struct rel_error *err);

/*
 * Resolve a revision to the id of a commit.
 * revision  what `git rev-parse` takes: a branch, tag, (abbreviated) commit
 *           id, HEAD, rev~1, rev^, …; NULL or "" = HEAD.  Remote-tracking
 *           branches of `origin` are found by their bare name.  Annotated
 *           tags are followed.
 * Errors    REL_ENOTFOUND: no such revision (the text offers near names or
 *           tells which branches exist), an empty repository, or a parent
 *           that a shallow history lacks; REL_EPARSE: not a commit (or
 *           damaged); REL_EIO: pack damaged or cut short.
 */
REL_MUST_CHECK int rel_git_resolve(struct rel_git_id *commit,
				   struct rel_git_store *store,
				   const char *revision, struct rel_error *err);

/*
 * The same with `tip` in the place of HEAD and "@": "HEAD~1" is the parent of
 * `tip`.  For stores in which HEAD is not what the user calls HEAD.
 */
REL_MUST_CHECK int rel_git_resolve_from(struct rel_git_id *commit,
					struct rel_git_store *store,
					const struct rel_git_id *tip,
					const char *revision,
					struct rel_error *err);

/*
 * The tree of a commit, or of a directory in it.
 * subdir  relative path with slashes; NULL or "" = the whole tree
 * Errors  REL_ENOTFOUND: no such directory (or it is a file); REL_EIO.
 */
REL_MUST_CHECK int rel_git_commit_tree(struct rel_git_id *tree,
				       struct rel_git_store *store,
				       const struct rel_git_id *commit,
				       const char *subdir,
				       struct rel_error *err);

/* Name and e-mail address of the author, appended and NUL-terminated.  Errors
 * as above. */
REL_MUST_CHECK int rel_git_commit_author(struct rel_buf *name,
					 struct rel_buf *email,
					 struct rel_git_store *store,
					 const struct rel_git_id *commit,
					 struct rel_error *err);

/* Committer's time, UTC seconds since 1970.  Errors as above. */
REL_MUST_CHECK int rel_git_commit_time(int64_t *seconds,
				       struct rel_git_store *store,
				       const struct rel_git_id *commit,
				       struct rel_error *err);

/*
 * Is `old` the commit `fresh` or one of those behind it?
 * Returns 1 or 0 (an `old` that the store does not have, too); or REL_ENOTFOUND
 * a history that is cut short, REL_EPARSE, REL_EIO.
 */
REL_MUST_CHECK int rel_git_is_ancestor(struct rel_git_store *store,
				       const struct rel_git_id *old,
				       const struct rel_git_id *fresh,
				       struct rel_error *err);

/* Hexadecimal text of an id, NUL-terminated.  Returns `out`. */
char *rel_git_id_format(char out[REL_GIT_ID_TEXT], const struct rel_git_id *id);

static inline bool rel_git_id_eq(const struct rel_git_id *a,
				 const struct rel_git_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Exactly 40 hexadecimal digits; false otherwise. */
bool rel_git_id_parse(struct rel_git_id *out, struct rel_str hex);

/*
 * Trees and blobs of a store, read straight from packs.
 *
 * Tree objects are scanned in place (git's Documentation/
 * gitformat-pack and "git cat-file tree": mode in octal, blank, name, NUL,
 * raw id), which costs a third of libgit2's parsed trees.
 */

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

/*
 * What differs between two commits: files, and their lines.
 */

enum rel_git_delta {
	REL_GIT_ADDED,
	REL_GIT_CHANGED, /* a renamed file is one removed and one added */
	REL_GIT_REMOVED,
};

/* Lines of the new file that the old one does not have; or, `count` 0, the
 * line behind which some are gone, 0 = at the beginning. */
struct rel_git_lines {
	uint32_t first, count; /* first: from 1 */
};

struct rel_git_file_diff {
	const char *path; /* from the directory that was compared */
	enum rel_git_delta delta;
	struct rel_git_id old, fresh; /* blobs; zero when there is none */
	/* in order; none of a removed file, nor of one that is no text */
	const struct rel_git_lines *lines;
	uint32_t n_lines;
};

struct rel_git_diff {
	const struct rel_git_file_diff *files; /* in order of their paths */
	uint32_t n_files;
};

/*
 * Compare the directory `subdir` ("" = all) of two commits.  One that does
 * not have it counts as empty.
 * Owner   everything is in `arena`
 * Errors  REL_ENOTFOUND no such commit; REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_diff(struct rel_git_diff *out,
				struct rel_git_store *store,
				const struct rel_git_id *old,
				const struct rel_git_id *fresh,
				const char *subdir, struct rel_arena *arena,
				struct rel_error *err);

/* The file at `path`, or NULL. */
const struct rel_git_file_diff *rel_git_diff_find(
    const struct rel_git_diff *diff, const char *path);

/* A file that is new or changed, as `git diff --binary` shows it. */

/*
 * Append what `git apply` makes the file `path` with `content` of; what is no
 * text in git's binary form.
 * Errors  REL_ENOMEM; out->status; REL_EIO what libgit2 says
 */
REL_MUST_CHECK int rel_git_patch_new_file(struct rel_buf *out, const char *path,
					  struct rel_str content,
					  struct rel_error *err);

/* The same of a file that was `was` before. */
REL_MUST_CHECK int rel_git_patch_file(struct rel_buf *out, const char *path,
				      struct rel_str was,
				      struct rel_str content,
				      struct rel_error *err);

#endif
