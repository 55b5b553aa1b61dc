/* A remote repository, and its references as the remote lists them. */
#ifndef REL_GIT_LISTING_H
#define REL_GIT_LISTING_H

#include "git/cache.h"
#include "git/run.h"
#include "git/target.h"
#include "git/url.h"

/* One remote, as one call talks to it. */
struct rel_git_remote {
	struct rel_git_url url; /* borrows the location */
	/* URL without credentials, or an absolute path: what git is given, and
	 * what texts show. */
	struct rel_buf place;
	struct rel_buf title; /* short, for progress */
	struct rel_git_fetch_options options;
	/* Its directory in the cache, of one that is fetched. */
	struct rel_git_cache cache;
	/* Whose configuration of git is obeyed; NULL = the user's only. */
	const char *git_dir;
	bool made; /* by us (git/run.h) */
};

/*
 * Parse a location, for fetching; a path on this disk has no `place` yet.
 * options  NULL = all defaults; copied
 * Errors   REL_EUSAGE
 */
REL_MUST_CHECK int rel_git_remote_init(
    struct rel_git_remote *out, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/*
 * The same for writing, or for asking now.
 * Errors  REL_EUSAGE, offline too; REL_ENOTFOUND no such directory
 */
REL_MUST_CHECK int rel_git_remote_open(
    struct rel_git_remote *out, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);
/* Fine after a failure. */
void rel_git_remote_close(struct rel_git_remote *remote);

/* For a run of git that talks to the remote.
 * what  as struct rel_git_run */
void rel_git_remote_run_init(struct rel_git_run *run,
			     struct rel_git_remote *remote, const char *what,
			     size_t out_max);

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
REL_MUST_CHECK int rel_git_remote_list(struct rel_git_listing *listing,
				       struct rel_git_remote *remote,
				       struct rel_error *err);

/* What a wanted one is; NULL = it is not there. */
const struct rel_git_id *rel_git_listing_find(
    const struct rel_git_listing *listing, const char *name);

#endif
