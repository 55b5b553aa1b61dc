/*
 * The user's own checkout: what state it is in, and one commit on it.
 *
 * Everything here is done by the installed git, because a checkout may have
 * what libgit2 lacks (sparse or split index, filters, linked work trees), and
 * because git's refusals are to hold (safe.directory: a checkout of another
 * user is REL_EIO).  Looking writes nothing, not even the
 * refreshed index.  Errors  without git: REL_EIO.
 */
#ifndef REL_GIT_CHECKOUT_H
#define REL_GIT_CHECKOUT_H

#include "base/cancel.h"
#include "git/remote.h"
#include "git/write.h"

struct rel_git_worktree;

/*
 * Open the checkout that `dir` is in; any directory of it, a linked work tree
 * or a submodule will do.  GIT_DIR and the like in the environment are not
 * obeyed.
 * trusted  NULL; or a directory in and below which a checkout may belong to
 *          another user, in whole or in part, as where a CI system checks out.
 *          It is looked at through a scratch repository, which obeys nothing
 *          that is configured there and takes what is fetched; nothing can be
 *          committed to it
 * Errors   REL_ENOTFOUND not in a checkout, or no such directory;
 *          REL_EUSAGE a bare repository or inside .git; REL_EIO git's words
 * Owner    the caller frees *out with rel_git_worktree_free()
 */
REL_MUST_CHECK int rel_git_worktree_open(struct rel_git_worktree **out,
					 const char *dir, const char *trusted,
					 struct rel_error *err);
void rel_git_worktree_free(struct rel_git_worktree *checkout);

/* All live as long as the checkout.  Paths are absolute, with symbolic links
 * resolved, no trailing slash. */

/* Of the work tree. */
const char *rel_git_worktree_root(const struct rel_git_worktree *checkout);
/* The git directory of this work tree alone (of a linked one
 * ".git/worktrees/NAME"): the place for a journal of this checkout. */
const char *rel_git_worktree_git_dir(const struct rel_git_worktree *checkout);
/* The one that all work trees share. */
const char *rel_git_worktree_common_dir(
    const struct rel_git_worktree *checkout);
/* Objects and references; call rel_git_store_refresh() after foreign
 * changes. */
struct rel_git_store *rel_git_worktree_store(struct rel_git_worktree *checkout);

/*
 * Have git fetch what a partial clone lacks of the tree of `commit`; does
 * nothing in other clones, and in another user's.
 * fetched  how many objects
 * Returns  1 it is a partial clone, 0 it is not
 * options  silence_seconds, interactive, progress, cancel
 * Errors   as rel_git_fetch(); the text says how to make the clone whole
 */
REL_MUST_CHECK int rel_git_worktree_complete(
    size_t *fetched, struct rel_git_worktree *checkout,
    const struct rel_git_id *commit,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/*
 * The commit that a tag is of.  A tag that the clone lacks, as the shallow
 * ones of CI systems may, is fetched from the remote of `git fetch`, that one
 * and no more history than it takes.
 * tag      without refs/tags/
 * fetched  whether it was
 * Errors   REL_ENOTFOUND no such tag here or there; REL_EPARSE it is of no
 *          commit; as rel_git_fetch()
 */
REL_MUST_CHECK int rel_git_worktree_tag(
    struct rel_git_id *commit, bool *fetched, struct rel_git_worktree *checkout,
    const char *tag, const struct rel_git_fetch_options *options,
    struct rel_error *err);

/* Zero-initialise; release with rel_git_head_free(). */
struct rel_git_head {
	bool unborn; /* nothing committed yet; `commit` is unset */
	struct rel_git_id commit;
	char *branch; /* "refs/heads/main"; NULL = detached */
	/* Where `git push` would push the branch: its push remote
	 * (branch.NAME.pushRemote, remote.pushDefault, branch.NAME.remote),
	 * else "origin", else the only remote; NULL = none. */
	char *remote;
	char *url; /* of it, for pushing, insteadOf applied */
	/* The branch there, "refs/heads/main": its upstream when that is on
	 * the same remote, else of the same name. */
	char *upstream;
	/* What git is in the middle of: "merge", "rebase", "cherry-pick",
	 * "revert", "bisect"; NULL = nothing. */
	const char *busy;
};

/* Errors  REL_EIO.  `out` must be fresh or freed. */
REL_MUST_CHECK int rel_git_worktree_head(struct rel_git_head *out,
					 struct rel_git_worktree *checkout,
					 struct rel_error *err);
void rel_git_head_free(struct rel_git_head *head);

/*
 * Paths whose content is not what HEAD has, relative to the root.
 * What counts: tracked files changed, removed or of another mode in the work
 * tree; anything staged, additions too; unmerged paths; a submodule checked
 * out at another commit than recorded.  What does not: untracked and ignored
 * files, and changes inside submodules.  (An archive is made from the commit,
 * so only what the user may believe to be in the commit is counted.)
 * paths   each is followed by a newline; control characters in it are '?'
 * n       how many; 0 = clean
 * Errors  REL_ELIMIT more than paths->max bytes (then *n counts what was
 *         listed); REL_EIO
 */
REL_MUST_CHECK int rel_git_worktree_dirty(struct rel_buf *paths, size_t *n,
					  struct rel_git_worktree *checkout,
					  const struct rel_cancel *cancel,
					  struct rel_error *err);

/*
 * How many files at and below `path` (relative to the root) are not what HEAD
 * has, untracked ones too, ignored ones not.
 * Errors  REL_ELIMIT, REL_EIO
 */
REL_MUST_CHECK int rel_git_worktree_changes(size_t *n,
					    struct rel_git_worktree *checkout,
					    const char *path,
					    const struct rel_cancel *cancel,
					    struct rel_error *err);

enum rel_git_role { REL_GIT_AUTHOR, REL_GIT_COMMITTER };

/*
 * Who the user is to git: GIT_AUTHOR_NAME and the like, else user.name and
 * user.email of the configuration; nothing is guessed from the host's name.
 * name, email  appended; NUL-terminated
 * seconds, offset  GIT_AUTHOR_DATE and the like, else now and the local zone;
 *                  either may be NULL
 * Errors  REL_ENOTFOUND neither is set; the text says how to
 */
REL_MUST_CHECK int rel_git_worktree_identity(struct rel_buf *name,
					     struct rel_buf *email,
					     int64_t *seconds, int *offset,
					     struct rel_git_worktree *checkout,
					     enum rel_git_role role,
					     struct rel_error *err);

/* New content of one file, as git stores it (line ends and filters of the
 * work tree are applied when it is written there).  An executable stays one;
 * a path that is not tracked yet becomes an ordinary file. */
struct rel_git_edit {
	const char *path; /* relative to the root */
	struct rel_str content;
};

struct rel_git_edit_request {
	const char *branch;	  /* in full; what HEAD must name */
	struct rel_git_id parent; /* what it must be at */
	const struct rel_git_edit *edits;
	size_t n_edits; /* at least one */
	struct rel_git_identity author, committer;
	const char *message;
	struct rel_str signature; /* as of struct rel_git_commit */
};

/*
 * One commit with the edits on the branch; then index and work tree have them
 * too and are as clean as before.  What else is staged or changed stays, and
 * is not in the commit.  Order: objects, the branch (compare-and-swap), files
 * (each atomically), index.  No hooks run, and the commit is signed by
 * request->signature alone.
 * Idempotent: the same request after a crash at any instruction gives the
 * same commit and finishes what was left.
 * Errors  REL_ESTALE HEAD is on another branch, or that is neither at the
 *         parent nor at our commit; nothing was changed.  REL_EREFUSED an
 *         edited file has uncommitted changes (or is untracked there with
 *         other content); nothing was changed.  REL_EUSAGE an edit of a
 *         symbolic link, submodule or directory, no difference at all, an
 *         identity, detached or unborn HEAD, git is busy; REL_EIO (index
 *         locked by another git, disk full): call again when it is mended.
 */
REL_MUST_CHECK int rel_git_worktree_commit(
    struct rel_git_id *commit, struct rel_git_worktree *checkout,
    const struct rel_git_edit_request *request, struct rel_error *err);

/*
 * Take back exactly that commit: the branch goes from `commit` to its parent,
 * and index and work tree have the old content of the edited files again (a
 * file that the commit added is removed).  The same
 * request as then.  Fine when it was never finished, or is undone already.
 * Errors  REL_ESTALE the branch is at neither, or HEAD is elsewhere: it was
 *         built upon, nothing is changed; REL_EREFUSED a file of ours was
 *         changed since: nothing is changed; others as above
 */
REL_MUST_CHECK int rel_git_worktree_undo(
    struct rel_git_worktree *checkout,
    const struct rel_git_edit_request *request, struct rel_error *err);

#endif
