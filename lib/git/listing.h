/* References of a remote, asked of the remote with the installed git. */
#ifndef REL_GIT_LISTING_H
#define REL_GIT_LISTING_H

#include "git/target.h"
#include "git/url.h"

/* A location, and how it is handed to git. */
struct rel_git_remote {
	struct rel_git_url url; /* borrows the location */
	/* URL without credentials, or an absolute path: what git is told, and
	 * what texts show. */
	struct rel_buf place;
	/* Whose configuration of git is obeyed; NULL = the user's only. */
	const char *git_dir;
	bool made; /* by us (git/run.h) */
};

/*
 * Check that it can be written to: git is there, and the options allow it.
 * Errors  REL_EUSAGE; REL_ENOTFOUND no git, or no such directory
 */
REL_MUST_CHECK int rel_git_remote_open(
    struct rel_git_remote *out, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);
/* Fine on a zeroed one, and after a failure. */
void rel_git_remote_close(struct rel_git_remote *remote);

/*
 * Would a push to the reference `name` be taken, as far as that can be seen of
 * a repository on this disk?  (0 for one elsewhere.)
 * Errors  REL_EIO it would not, with what to do; those of rel_git_store_open()
 */
REL_MUST_CHECK int rel_git_remote_accepts(const struct rel_git_remote *remote,
					  const char *name,
					  struct rel_error *err);

#define REL_GIT_LISTING_MAX 24

struct rel_git_listing {
	const char *wanted[REL_GIT_LISTING_MAX]; /* borrowed */
	struct rel_git_id ids[REL_GIT_LISTING_MAX];
	bool found[REL_GIT_LISTING_MAX];
	size_t n;
	struct rel_buf head; /* the branch HEAD names, "" = not known */
	/* Called for every reference that git lists, also for names that are
	 * wanted by a pattern; NULL = by nobody. */
	rel_git_remote_ref_fn *each;
	void *context;
};

void rel_git_listing_init(struct rel_git_listing *listing);
void rel_git_listing_free(struct rel_git_listing *listing);
/* Ask for one more, by its full name or "HEAD". */
void rel_git_listing_want(struct rel_git_listing *listing, const char *name);

/* Ask.  Errors as rel_git_fetch(). */
REL_MUST_CHECK int rel_git_remote_list(
    struct rel_git_listing *listing, const struct rel_git_remote *remote,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/* What a wanted one is; NULL = it is not there. */
const struct rel_git_id *rel_git_listing_find(
    const struct rel_git_listing *listing, const char *name);

#endif
