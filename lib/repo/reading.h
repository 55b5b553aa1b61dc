/*
 * What the kinds of remotes share while they are read.  Internal to lib/repo.
 */
#ifndef REL_REPO_READING_H
#define REL_REPO_READING_H

#include "repo/image.h"
#include "repo/remote.h"
#include "repo/source.h"

struct rel_git_store;
struct rel_git_id;

/* One tree that is to become a snapshot. */
struct rel_reading {
	const struct rel_remote *remote;
	const struct rel_remote_options *options;
	const char *revision; /* as struct rel_snapshot */
	int64_t time;	      /* as there */
	/* for the cache; kind NONE = not cached */
	struct rel_image_key key;
	uint64_t repository;
};

/* options->warn, printf-style. */
void rel_reading_warn(const struct rel_remote_options *options, const char *fmt,
		      ...) REL_PRINTF(2, 3);

/* A number that stands for a repository in the headers of images. */
uint64_t rel_reading_repository(const char *place, const char *subdir);

/*
 * The snapshot of r->key from the cache.
 * *out    NULL when it is not there, or the cache is not to be used
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_reading_cached(struct rel_snapshot **out,
				      const struct rel_reading *r,
				      struct rel_error *err);

/*
 * Read `source` into a snapshot and put it into the cache.
 * Errors  as rel_layout_read()
 */
REL_MUST_CHECK int rel_reading_parse(struct rel_snapshot **out,
				     const struct rel_reading *r,
				     const struct rel_source *source,
				     struct rel_error *err);

/* The kinds; each as rel_remote_read(). */
REL_MUST_CHECK int rel_remote_read_git(struct rel_snapshot **out,
				       const struct rel_remote *remote,
				       const char *revision,
				       const struct rel_remote_options *options,
				       struct rel_error *err);
REL_MUST_CHECK int rel_remote_read_http(
    struct rel_snapshot **out, const struct rel_remote *remote,
    const struct rel_remote_options *options, struct rel_error *err);

#endif
