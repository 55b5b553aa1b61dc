/*
 * A tree of files → the image of a snapshot: walk.h says what is a manifest,
 * the file `repo` how those of format 1.x are read.  Internal to lib/repo.
 */
#ifndef REL_REPO_LAYOUT_H
#define REL_REPO_LAYOUT_H

#include "base/cancel.h"
#include "base/progress.h"
#include "repo/assemble.h"
#include "repo/source.h"

struct rel_layout_options {
	const char *name; /* of the remote, for progress */
	unsigned jobs;	  /* threads; the source has as many workers */
	/* an earlier image whose unchanged directories are taken over; NULL */
	const struct rel_snapshot_store *base;
	struct rel_image_key key; /* for the image's header, as … */
	uint64_t repository;	  /* … this */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/*
 * Read the tree into an image (malloc'd) for rel_image_adopt().
 * Errors  REL_EPARSE: not a package repository; REL_ECANCELLED; the
 *         source's; REL_ELIMIT; REL_ENOMEM
 */
REL_MUST_CHECK int rel_layout_read(void **image,
				   const struct rel_source *source,
				   const struct rel_layout_options *options,
				   struct rel_error *err);

#endif
