/*
 * A pull or merge request as a CI system checks it out: which commit is to be
 * merged, and from which one it departs.
 *
 * The checkout may be shallow, detached, of another user, or the merge of
 * both sides that the CI system made; nothing is written into it.  History
 * that it lacks is fetched, as little as will do, into a scratch repository
 * (git/scratch.h) that borrows the checkout's objects and is removed with the
 * request; git runs there alone.  That fetch obeys the configuration of a
 * checkout that is the user's own, all of it, as credentials of a job may be
 * in it; of another's it has what names no program.
 */
#ifndef REL_GIT_REQUEST_H
#define REL_GIT_REQUEST_H

#include "git/fetch.h"

struct rel_git_request_options {
	/* The checkout: its root or .git. */
	const char *directory;
	/* What CI knows of it; any may be NULL, but not both target and
	 * base. */
	const char *target; /* branch that it is to be merged into */
	const char *base;   /* a full commit id on that branch */
	const char *head;   /* full id of the request's own last commit */
	/* cache_dir, interactive, progress, cancel; `offline`: what is here
	 * must do.  NULL = all defaults. */
	const struct rel_git_fetch_options *fetch;
};

struct rel_git_request;

/*
 * Find out.
 * fresh  what is checked out: with the request merged, or its last commit
 * base   where it departs from the target: of a merge made by the CI system
 *        its first parent, else the best common ancestor of `fresh` and
 *        options->base or the target branch
 * Errors REL_ENOTFOUND no repository, no remote `origin` to fetch from, or no
 *        common history; REL_EUSAGE neither target nor base is known; those
 *        of rel_git_fetch()
 * Owner  rel_git_request_free()
 */
REL_MUST_CHECK int rel_git_request_open(
    struct rel_git_request **out, struct rel_git_id *base,
    struct rel_git_id *fresh, const struct rel_git_request_options *options,
    struct rel_error *err);
/* Fine on NULL. */
void rel_git_request_free(struct rel_git_request *request);

/* Has both commits; lives as long as the request. */
struct rel_git_store *rel_git_request_store(struct rel_git_request *request);

/* The address of the checkout's remote `origin`, "" = none; likewise. */
const char *rel_git_request_origin(const struct rel_git_request *request);

#endif
