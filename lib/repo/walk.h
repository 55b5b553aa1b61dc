/*
 * Walking the directories below packages/ and taking what is a manifest; the
 * rules are in layout.h.  Internal to lib/repo.
 */
#ifndef REL_REPO_WALK_H
#define REL_REPO_WALK_H

#include "base/cancel.h"
#include "digest/sha1.h"
#include "repo/part.h"
#include "repo/source.h"

/* One thread's means. */
struct rel_walker {
	const struct rel_source *source;
	unsigned worker;
	struct rel_part *part;
	const struct rel_cancel *cancel; /* may be NULL */
	struct rel_source_list list;	 /* of all open directories, stacked */
	struct rel_arena names;
	struct rel_buf opam, url, descr;
	struct rel_sha1 sha1; /* begun when a source has no ids */
	/* of the group at hand: */
	bool reusable;
	uint32_t linked_dirs;
};

/* An open directory. */
struct rel_walk_frame {
	const struct rel_walk_frame *up;
	struct rel_str shown;  /* path by which it was reached */
	struct rel_str actual; /* path without links */
	unsigned depth;
	bool in_package; /* it, or one above it, has a manifest */
	bool in_files;	 /* below a package's files/, which holds anything */
	uint32_t first, end; /* its entries in the list */
};

/* Errors of all: REL_ENOMEM, the source's. */

void rel_walker_init(struct rel_walker *w, const struct rel_source *source,
		     unsigned worker, struct rel_part *part);
void rel_walker_free(struct rel_walker *w);

/* "dir/name", or `name` when `dir` is empty, in the walker's arena. */
REL_MUST_CHECK int rel_walk_join(struct rel_str *out, struct rel_walker *w,
				 struct rel_str dir, struct rel_str name,
				 struct rel_error *err);

/*
 * List `dir` (found at frame->actual) into the frame, in order of names, with
 * links followed and each entry's actual path set.  A link that leads nowhere
 * has its notice and becomes an entry without a name.
 */
REL_MUST_CHECK int rel_walk_open(struct rel_walker *w,
				 struct rel_walk_frame *frame,
				 const struct rel_source_entry *dir,
				 struct rel_error *err);

/* The entry called `name` of an open frame, or NULL. */
const struct rel_source_entry *rel_walk_find(const struct rel_walker *w,
					     const struct rel_walk_frame *frame,
					     const char *name);

/* Take the frame's entry `opam`: a row, or a notice that it is none. */
REL_MUST_CHECK int rel_walk_manifest(struct rel_walker *w,
				     struct rel_walk_frame *frame,
				     const struct rel_source_entry *opam,
				     struct rel_error *err);

/* Look at entry `i` of the walker's list, which is in `frame`: walk it when
 * it is a directory. */
REL_MUST_CHECK int rel_walk_entry(struct rel_walker *w,
				  const struct rel_walk_frame *frame,
				  uint32_t i, struct rel_error *err);

/* Open `dir`, take what is in it and below. */
REL_MUST_CHECK int rel_walk_dir(struct rel_walker *w,
				struct rel_walk_frame *frame,
				const struct rel_source_entry *dir,
				struct rel_error *err);

#endif
