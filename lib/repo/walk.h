/*
 * Walking packages/ of a repository: which files of a tree are manifests.
 * Who reads a snapshot and who lints walk by this alone.
 *
 * A manifest is a file `opam`, at any depth below packages/, in a directory
 * called NAME.VERSION; nothing else says what it is called.  So reads `opam
 * admin check` (opam src/format/opamPackage.ml, prefixes and of_filename); a
 * client of opam does not look below a directory that has an `opam`
 * (src/state/opamRepositoryState.ml, load_opams_from_dir), which is why a
 * manifest there has a notice.  What is below the files/ of a package is its
 * own and never a manifest, whatever it is called.  Links are followed as far
 * as they stay inside; a package that is a link is called by the link's name,
 * as for a client.
 */
#ifndef REL_REPO_WALK_H
#define REL_REPO_WALK_H

#include "base/cancel.h"
#include "repo/snapshot.h"
#include "repo/source.h"

/* An open directory. */
struct rel_walk_frame {
	const struct rel_walk_frame *up;
	struct rel_str shown;  /* path by which it was reached */
	struct rel_str actual; /* path without links */
	unsigned depth;
	bool in_package;     /* it, or one above it, has a manifest */
	bool in_files;	     /* below a package's files/ */
	uint32_t first, end; /* its entries in the walker's list */
};

struct rel_walk_manifest {
	struct rel_str name, version;
	struct rel_str path; /* by which it was reached; NUL-terminated */
	const struct rel_source_entry *opam; /* a file, or what is none */
	const struct rel_walk_frame *dir;    /* what is beside it */
};

/* One thread's means.  Set the calls after rel_walker_init(). */
struct rel_walker {
	const struct rel_source *source;
	unsigned worker;
	const struct rel_cancel *cancel; /* may be NULL */
	/* Take a manifest. */
	int (*take)(struct rel_walker *w, const struct rel_walk_manifest *m,
		    struct rel_error *err);
	/* Something that is no manifest, or odd; one sentence.  May be NULL. */
	int (*notice)(struct rel_walker *w, enum rel_notice_kind kind,
		      struct rel_str path, const char *text,
		      struct rel_error *err);
	void *context;		     /* of the calls */
	struct rel_source_list list; /* of all open directories, stacked */
	struct rel_arena names;	     /* of one directory of packages/ */
	bool followed; /* a link, in or to the directory at hand */
	uint32_t linked_dirs, n_taken;
};

/* Errors of all: REL_ECANCELLED, REL_ENOMEM, the source's, the calls'. */

void rel_walker_init(struct rel_walker *w, const struct rel_source *source,
		     unsigned worker);
/* Fine on a zeroed struct. */
void rel_walker_free(struct rel_walker *w);

/*
 * What is in packages/: its directories, links followed, sorted, are left in
 * w->list; what else is there has its notices.
 * *found  false: an empty repository, which says by a file `repo` that it is
 *         one, or holds nothing but hidden files
 * Errors  REL_EPARSE: not a package repository
 */
REL_MUST_CHECK int rel_walk_top(struct rel_walker *w, bool *found,
				struct rel_error *err);

/* Does this entry of packages/ stand there itself, not by a link? */
bool rel_walk_is_own(const struct rel_source_entry *top);

/* Walk the directory packages/`top`. */
REL_MUST_CHECK int rel_walk_group(struct rel_walker *w,
				  const struct rel_source_entry *top,
				  struct rel_error *err);

/* "dir/name", or `name` when `dir` is empty, in the walker's arena. */
REL_MUST_CHECK int rel_walk_join(struct rel_str *out, struct rel_walker *w,
				 struct rel_str dir, struct rel_str name,
				 struct rel_error *err);

/*
 * List `dir` (found at frame->actual) into the frame, in order of names, with
 * links followed and each entry's actual path set.  A link that leads nowhere
 * has its notice and becomes REL_SOURCE_NOWHERE.
 */
REL_MUST_CHECK int rel_walk_open(struct rel_walker *w,
				 struct rel_walk_frame *frame,
				 const struct rel_source_entry *dir,
				 struct rel_error *err);

/* The entry called `name` of an open frame, or NULL. */
const struct rel_source_entry *rel_walk_find(const struct rel_walker *w,
					     const struct rel_walk_frame *frame,
					     const char *name);

/*
 * Read a file that the walk has found into `out`, cleared before.
 * Errors  also REL_EPARSE, REL_ELIMIT: this one cannot be read
 */
REL_MUST_CHECK int rel_walk_read(struct rel_walker *w, struct rel_buf *out,
				 const struct rel_source_entry *file,
				 struct rel_error *err);

#endif
