/* The directories of fetched repositories; see git/fetch.h. */
#ifndef REL_GIT_CACHE_H
#define REL_GIT_CACHE_H

#include "base/buf.h"
#include "base/cancel.h"
#include "base/file.h"
#include "base/progress.h"
#include "git/url.h"

struct rel_git_cache {
	struct rel_buf dir;   /* the bare repository */
	struct rel_lock lock; /* held by whoever writes to it */
	int child_fd;	      /* inherited by git: see rel_git_cache_lend() */
};

/* Whose directory.  cache_dir  NULL = rel_cache_root() */
REL_MUST_CHECK int rel_git_cache_init(struct rel_git_cache *cache,
				      const char *cache_dir,
				      const struct rel_git_url *url,
				      struct rel_error *err);
/* Drops the lock too. */
void rel_git_cache_free(struct rel_git_cache *cache);

static inline const char *rel_git_cache_path(const struct rel_git_cache *cache)
{
	return cache->dir.ptr;
}

/*
 * Take the lock, waiting for other runs; create the repository when missing,
 * and remove what a killed run left behind.
 * title  what is being fetched, for the progress while waiting
 * about  the URL without credentials, written into `description`
 */
REL_MUST_CHECK int rel_git_cache_prepare(struct rel_git_cache *cache,
					 const char *title, const char *about,
					 const struct rel_progress *progress,
					 const struct rel_cancel *cancel,
					 struct rel_error *err);

/*
 * Mark that a child works in the repository: it inherits a lock that outlives
 * us, so that nobody takes the files of an orphaned git for left-overs.  Call
 * before starting the child, and rel_git_cache_reclaim() behind.
 */
void rel_git_cache_lend(struct rel_git_cache *cache);
void rel_git_cache_reclaim(struct rel_git_cache *cache);

/* The name under which a remote's revision is kept: "refs/relctl/…". */
int rel_git_cache_ref(struct rel_buf *out, const char *revision);

#endif
