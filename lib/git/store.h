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
#ifndef REL_GIT_STORE_H
#define REL_GIT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

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

#endif
