/*
 * Writing to a remote repository: push, and the branch that is written to.
 *
 * Needs the installed git; without it REL_EIO says so.  Receiving
 * repositories are never written directly, local ones neither: `git push`
 * does it, so that their hooks, protected branches and quarantine apply, and a
 * program killed at any instruction leaves them before or behind the push.
 * Credentials, proxies and ssh are as for fetching (git/fetch.h).
 *
 * The usual sequence, on an outcome of REL_GIT_RACED again from refresh:
 *	rel_git_target_open()        tip of the branch, and a scratch store
 *	rel_git_write_tree(), rel_git_write_commit()     into that store
 *	rel_git_target_push()        the commit, expecting the tip
 */
#ifndef REL_GIT_TARGET_H
#define REL_GIT_TARGET_H

#include "git/fetch.h"
#include "git/write.h"

enum rel_git_outcome {
	REL_GIT_DONE,	  /* every reference is at its new id there */
	REL_GIT_RACED,	  /* one is not at its expected id: nothing changed */
	REL_GIT_REJECTED, /* the server refused: nothing changed */
};

/* One reference of the remote. */
struct rel_git_push_ref {
	const char *name; /* there, in full: "refs/heads/main" */
	/* What it becomes: an object of the store; all zero = delete it. */
	struct rel_git_id id;
	/* Must it be at `old` now (true), or not be there (false)?  A
	 * reference that is at `id` already is fine in either case. */
	bool has_old;
	struct rel_git_id old;
	/* Taking back an own push: a branch may go from exactly `old` to what
	 * it was before. */
	bool back;
};

/* Zero-initialise; release with rel_git_push_result_free(). */
struct rel_git_push_result {
	enum rel_git_outcome outcome;
	/* All references changed at once.  False when the server cannot do
	 * that: they were pushed one by one in their order, and on a failure
	 * those before it are there. */
	bool atomic;
	/* REJECTED, RACED: the reference it is about; "" = not known. */
	struct rel_buf ref;
	/* REJECTED: what the server said, its own words, its lines parted by
	 * "; ", without control characters.  DONE: what its hooks printed. */
	struct rel_buf text;
};

void rel_git_push_result_free(struct rel_git_push_result *result);

/*
 * Push objects and references of a store, all or nothing.  Never forces: a
 * branch is moved from exactly `old`, and to a descendant of it.
 * location  URL or path
 * remote    name of a remote configured in the store's repository, whose URL
 *           `location` is: its remote-tracking branches follow.  NULL = none
 * refs      at least one
 * options   as for fetching: ca_file, silence_seconds, interactive, progress,
 *           cancel are obeyed; NULL = all defaults.  `offline` is
 *           REL_EUSAGE.
 * Errors    only when it is not known that the server decided anything:
 *           REL_EAUTH; REL_ENOTFOUND no such repository;
 *           REL_EIO network, disk, connection lost; REL_EUSAGE a location or
 *           a branch that would not move forward; REL_ECANCELLED.  After
 *           one of them the references may have moved: calling again finds
 *           out (and is DONE when they have).
 */
REL_MUST_CHECK int rel_git_push(struct rel_git_push_result *result,
				struct rel_git_store *store,
				const char *location, const char *remote,
				const struct rel_git_push_ref *refs,
				size_t n_refs,
				const struct rel_git_fetch_options *options,
				struct rel_error *err);

/*
 * May these references be pushed, as far as the remote says so before it is
 * sent anything?  Nothing is changed, and no hook runs on either side.
 * Errors  as rel_git_push(); REL_EIO it would be refused, REL_ESTALE one is
 *         not at its expected id
 */
REL_MUST_CHECK int rel_git_push_try(struct rel_git_store *store,
				    const char *location, const char *remote,
				    const struct rel_git_push_ref *refs,
				    size_t n_refs,
				    const struct rel_git_fetch_options *options,
				    struct rel_error *err);

/*
 * What a reference of a remote is now, asked of the remote.
 * name     in full; "HEAD" gives its commit
 * Returns  1 and *id; 0 it is not there; or as rel_git_fetch()
 */
REL_MUST_CHECK int rel_git_remote_ref(
    struct rel_git_id *id, const char *location, const char *name,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/* A reference by its full name, which no NUL ends.  What it returns, unless 0,
 * ends the listing and is returned. */
typedef int rel_git_remote_ref_fn(void *context, struct rel_str name,
				  const struct rel_git_id *id,
				  struct rel_error *err);

/*
 * Call `each` for every reference of a remote that `pattern` matches as
 * git-ls-remote(1) matches ("refs/heads/" followed by an asterisk: branches).
 * Errors  as rel_git_remote_ref()
 */
REL_MUST_CHECK int rel_git_remote_ref_each(
    const char *location, const char *pattern, rel_git_remote_ref_fn *each,
    void *context, const struct rel_git_fetch_options *options,
    struct rel_error *err);

/* The branch of a remote that is written to, and a scratch repository. */
struct rel_git_target;

/*
 * Fetch the tip and make a scratch repository for new objects, which borrows
 * the cache's (or the local repository's) objects and is removed with the
 * target; what a killed run left of one is removed by the next.  The remote
 * may be empty and the branch not there yet.
 * branch   "main" or "refs/heads/main"; NULL = what the remote's HEAD names,
 *          also when that is unborn (where the server does not tell it, as
 *          without git's protocol version 2: init.defaultBranch)
 * options  as rel_git_push(), cache_dir too; what it points to must outlive
 *          the target; `revision` is ignored
 * Errors   as rel_git_fetch(); REL_EUSAGE a branch name git refuses
 * Owner    the caller frees *out with rel_git_target_free()
 */
REL_MUST_CHECK int rel_git_target_open(
    struct rel_git_target **out, const char *location, const char *branch,
    const struct rel_git_fetch_options *options, struct rel_error *err);
void rel_git_target_free(struct rel_git_target *target);

/* Fetch the tip again; the store stays (and its pointer), with all that was
 * written into it.  Errors as open; then the target is as it was. */
REL_MUST_CHECK int rel_git_target_refresh(struct rel_git_target *target,
					  struct rel_error *err);

/* Read from and write into it; lives as long as the target. */
struct rel_git_store *rel_git_target_store(struct rel_git_target *target);

/* The commit at the branch's tip when last asked; NULL = there is none. */
const struct rel_git_id *rel_git_target_tip(
    const struct rel_git_target *target);

/* "refs/heads/main" */
const char *rel_git_target_branch(const struct rel_git_target *target);

/* rel_git_push_try() with the target's own tip, for a branch of its remote. */
REL_MUST_CHECK int rel_git_target_try(struct rel_git_target *target,
				      const char *branch,
				      struct rel_error *err);

/*
 * rel_git_push() from the target's store.  When it is DONE and moved the
 * target's branch, that is the new tip.
 */
REL_MUST_CHECK int rel_git_target_push(struct rel_git_push_result *result,
				       struct rel_git_target *target,
				       const struct rel_git_push_ref *refs,
				       size_t n_refs, struct rel_error *err);

#endif
