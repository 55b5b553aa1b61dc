/*
 * The parsed-snapshot cache: images in files, so that what has been parsed
 * once is mapped back.  Internal to lib/repo.
 *
 *	<cache_dir>/snapshots/tree-<git tree id>.snap
 *	<cache_dir>/snapshots/index-<sha256 of index.tar.gz>.snap
 *
 * A file is replaced by rename only, so any number of runs may read and
 * write at once and be killed at any instruction.  It is not forced to disk:
 * what a power cut leaves is found out by its checksum, and made anew.  A
 * file that is damaged, or was written by another version of relctl, counts
 * as absent.  Each reading marks the file as used; when all files together
 * exceed REL_LIMIT_CACHE_BYTES, those go that were not used for longest.
 */
#ifndef REL_REPO_CACHE_H
#define REL_REPO_CACHE_H

#include "repo/image.h"

/*
 * The cached snapshot for `key`.
 * *out    NULL when there is none
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_snapcache_load(struct rel_snapshot **out,
				      const char *cache_dir,
				      const struct rel_image_key *key,
				      const char *revision, int64_t time,
				      struct rel_error *err);

/*
 * The newest cached snapshot that was made for `repository` (the number in
 * the images' headers), whatever its revision.
 * *out    NULL when there is none
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_snapcache_newest(struct rel_snapshot **out,
					const char *cache_dir,
					uint64_t repository,
					struct rel_error *err);

/*
 * Write a snapshot into the cache under the key in its image, and make room.
 * max_bytes  of all files together; REL_LIMIT_CACHE_BYTES
 * Errors     REL_EIO and others: nothing depends on it, so a warning
 */
REL_MUST_CHECK int rel_snapcache_store(const char *cache_dir,
				       const struct rel_snapshot *snapshot,
				       uint64_t max_bytes,
				       struct rel_error *err);

#endif
