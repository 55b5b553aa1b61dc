/*
 * Writing objects and references into a repository, without a work tree.
 *
 * Where    objects go loose into the store's own object directory, never into
 *          its alternates, and are synced to disk.  An object nobody refers
 *          to is invisible: until a reference moves, nothing has happened.
 * Stores   any that rel_git_store_open() opens; a remote's own repository
 *          should be written by rel_git_push() only (git/remote.h), so that
 *          its hooks are run.
 * Same in, same out: ids depend on the arguments alone, not on the clock, the
 *          user, the configuration or the order of the changes.
 */
#ifndef REL_GIT_WRITE_H
#define REL_GIT_WRITE_H

#include "git/objects.h"

/*
 * One path that becomes different.  Zero-initialise; exactly one of content,
 * file, id and remove says how (content is taken when the others are unset;
 * an empty content is an empty file).
 */
struct rel_git_change {
	/* Relative, with slashes; NUL-terminated.  rel_path_is_safe(), and no
	 * part that git takes for ".git" on any file system. */
	const char *path;
	/* What it becomes; zero = REL_GIT_BLOB.  Of a symlink, the content is
	 * the target.  REL_GIT_TREE and REL_GIT_COMMIT only with `id`. */
	enum rel_git_kind kind;
	/* REL_GIT_BLOB and REL_GIT_EXECUTABLE: a file that is there already
	 * keeps the kind it has, whatever `kind` says. */
	bool keep_kind;
	/* Remove the file, or the directory with all below; directories that
	 * become empty go with it. */
	bool remove;
	struct rel_str content;
	/* Bytes of this file on disk, taken as they are and streamed. */
	const char *file;
	/* An object that the store has. */
	const struct rel_git_id *id;
};

/*
 * A tree that is `base` with the changes.
 * base     tree id; NULL = the empty tree
 * changes  borrowed, in any order.  A path may be removed and written anew
 *          below (a file that becomes a directory, or the other way round)
 *          in one call; without the removal that is REL_EEXISTS.
 * Errors   REL_EUSAGE an unsafe path, one path twice, or a path below a
 *          written file; REL_ENOTFOUND a removed path that is not there, or a
 *          missing `file` or object; REL_EEXISTS a file where a directory
 *          would be or the other way round; REL_ELIMIT; REL_EIO (disk full).
 */
REL_MUST_CHECK int rel_git_write_tree(struct rel_git_id *tree,
				      struct rel_git_store *store,
				      const struct rel_git_id *base,
				      const struct rel_git_change *changes,
				      size_t n_changes, struct rel_error *err);

/* A blob of these bytes; of a file's, streamed. */
REL_MUST_CHECK int rel_git_write_blob(struct rel_git_id *blob,
				      struct rel_git_store *store,
				      struct rel_str content,
				      struct rel_error *err);
REL_MUST_CHECK int rel_git_write_blob_file(struct rel_git_id *blob,
					   struct rel_git_store *store,
					   const char *path,
					   struct rel_error *err);

/* Who and when, as commits and tags record it. */
struct rel_git_identity {
	const char *name, *email;
	int64_t seconds; /* UTC, since 1970; not below 0 */
	int offset;	 /* minutes east of UTC, as shown; 0 = +0000 */
};

struct rel_git_commit {
	struct rel_git_id tree;
	const struct rel_git_id *parents; /* borrowed */
	size_t n_parents;
	struct rel_git_identity author, committer;
	/* UTF-8; blanks at its end become one newline. */
	const char *message;
	/* Of what rel_git_commit_format() gives without one, armoured
	 * (git/sign.h); empty = unsigned. */
	struct rel_str signature;
};

/*
 * Append the text of a commit object, its signature as the header "gpgsig".
 * Source  git's commit.c, add_header_signature()
 * Errors  as rel_git_write_commit()
 */
REL_MUST_CHECK int rel_git_commit_format(struct rel_buf *out,
					 struct rel_git_store *store,
					 const struct rel_git_commit *request,
					 struct rel_error *err);

/*
 * Write a commit object; no reference moves.
 * Errors  REL_EUSAGE a name or e-mail address that is empty or holds '<', '>',
 *         or a line break, an empty message, a time before 1970;
 *         REL_ENOTFOUND tree or parent missing; REL_EIO.
 */
REL_MUST_CHECK int rel_git_write_commit(struct rel_git_id *commit,
					struct rel_git_store *store,
					const struct rel_git_commit *request,
					struct rel_error *err);

struct rel_git_tag {
	struct rel_git_id target; /* a commit */
	const char *name;	  /* without "refs/tags/" */
	struct rel_git_identity tagger;
	const char *message; /* as a commit's */
};

/*
 * Append the text of an annotated tag without signature, for
 * rel_git_write_tag() or, before it, rel_git_sign() (git/sign.h).
 * Source  git's Documentation of mktag(1)
 * Errors  REL_EUSAGE as for commits, and a name that `git check-ref-format`
 *         refuses; REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_tag_format(struct rel_buf *out,
				      const struct rel_git_tag *tag,
				      struct rel_error *err);

/*
 * Write a tag object; no reference is made.
 * text  of rel_git_tag_format(), the signature behind it when it is signed
 */
REL_MUST_CHECK int rel_git_write_tag(struct rel_git_id *tag,
				     struct rel_git_store *store,
				     struct rel_str text,
				     struct rel_error *err);

/*
 * Read a reference as it is on disk now.
 * name  in full: "refs/heads/main"; symbolic references are followed
 * Returns 1 and *id (of the tag object, for an annotated tag); 0 when there is
 *         none; or REL_EIO, REL_EUSAGE a name git refuses
 */
REL_MUST_CHECK int rel_git_ref_read(struct rel_git_id *id,
				    struct rel_git_store *store,
				    const char *name, struct rel_error *err);

/*
 * Call `each` with the full name of every reference that `pattern` matches, a
 * glob ("refs/heads/v*"), in no order.  What `each` returns, unless 0, ends
 * it and is returned.
 * Errors  REL_EIO
 */
REL_MUST_CHECK int rel_git_ref_each(struct rel_git_store *store,
				    const char *pattern,
				    int (*each)(void *context, const char *name,
						struct rel_error *err),
				    void *context, struct rel_error *err);

/*
 * Move, make or delete a reference, compare-and-swap under git's own lock.
 * name      in full; "HEAD" is REL_EUSAGE
 * old       what it must be now; NULL = it must not be there
 * fresh     what it becomes; NULL = delete it
 * log       line for its reflog, if it has one; NULL = an empty one
 * Errors    REL_ESTALE it is something else now; nothing was changed.
 *           REL_EEXISTS another git holds its lock; REL_EUSAGE the name;
 *           REL_EIO.  When it already is `fresh` that is success.
 */
REL_MUST_CHECK int rel_git_ref_update(struct rel_git_store *store,
				      const char *name,
				      const struct rel_git_id *old,
				      const struct rel_git_id *fresh,
				      const char *log, struct rel_error *err);

/* The id of a tree without entries, which need not be in the store. */
extern const struct rel_git_id REL_GIT_EMPTY_TREE;

/*
 * Remove the lock of a reference ("refs/tags/1.0") or of the "index" that a
 * run that was killed has left.  Only for who knows that there was such a run
 * and that it is over: a lock that is younger than two seconds is waited for.
 * Should it be a living git's all the same, that one fails and says so.
 * Errors  REL_EIO
 */
REL_MUST_CHECK int rel_git_unlock(struct rel_git_store *store, const char *name,
				  struct rel_error *err);

#endif
