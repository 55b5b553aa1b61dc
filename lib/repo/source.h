/*
 * Source: a tree of files, wherever it is: a directory, a git tree, the
 * members of an archive.
 *
 * Paths are relative to the root of the remote, with slashes, never with
 * "." or "..", and never lead through a symbolic link.
 */
#ifndef REL_REPO_SOURCE_H
#define REL_REPO_SOURCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "repo/image.h"

enum rel_source_kind {
	REL_SOURCE_FILE,
	REL_SOURCE_DIR,
	REL_SOURCE_LINK,
	REL_SOURCE_OTHER, /* device, FIFO, submodule, … */
	/* of a walk: a link that leads nowhere; no source says so */
	REL_SOURCE_NOWHERE,
};

struct rel_source_entry {
	struct rel_str name; /* one path component */
	struct rel_str path; /* set by the reader; see layout.c */
	enum rel_source_kind kind;
	bool executable;	    /* of a file */
	uint8_t id[REL_IMAGE_TREE]; /* git's, when the source has ids */
	uint32_t index;		    /* the source's own */
};

/* A growing list; names are in an arena. */
struct rel_source_list {
	struct rel_source_entry *items; /* malloc'd */
	uint32_t count, cap;
};

/* Append a copy of `entry` with its name copied to `names`. */
REL_MUST_CHECK int rel_source_list_add(struct rel_source_list *list,
				       struct rel_arena *names,
				       const struct rel_source_entry *entry,
				       struct rel_error *err);

/* What reading has taken so far, of REL_LIMIT_SOURCE_…; shared by the workers.
 */
struct rel_source_spent {
	uint64_t dirs, entries, paths, bytes;
};

/*
 * `worker` < the number of threads tells the callers apart; one worker is in
 * one function at a time.
 */
struct rel_source {
	/* Entries carry git's ids of their content. */
	bool has_ids;
	/* Append what is in the directory `dir` (found at `path`; NULL and ""
	 * = the root) to `out`, in any order. */
	int (*list)(void *context, unsigned worker, struct rel_source_list *out,
		    struct rel_arena *names, struct rel_str path,
		    const struct rel_source_entry *dir, struct rel_error *err);
	/* The entry at `path`, links not followed.  REL_ENOTFOUND: nothing
	 * there.  Its name borrows from `path`. */
	int (*find)(void *context, unsigned worker,
		    struct rel_source_entry *out, struct rel_str path,
		    struct rel_error *err);
	/* Append the content of a file, or the target of a link, to `out`.
	 * REL_ELIMIT: does not fit in out->max; REL_EPARSE: this one cannot be
	 * read, others may.  Anything else ends the run. */
	int (*read)(void *context, unsigned worker, struct rel_buf *out,
		    struct rel_str path, const struct rel_source_entry *file,
		    struct rel_error *err);
	void *context;
	struct rel_source_spent *spent; /* in what `context` is; may be NULL */
};

/* As the functions above, within the limits: what is beyond ends the run. */
REL_MUST_CHECK int rel_source_list(const struct rel_source *source,
				   unsigned worker, struct rel_source_list *out,
				   struct rel_arena *names, struct rel_str path,
				   const struct rel_source_entry *dir,
				   struct rel_error *err);
REL_MUST_CHECK int rel_source_read(const struct rel_source *source,
				   unsigned worker, struct rel_buf *out,
				   struct rel_str path,
				   const struct rel_source_entry *file,
				   struct rel_error *err);
/* A path of `len` bytes is about to be put together. */
REL_MUST_CHECK int rel_source_spend_path(const struct rel_source *source,
					 size_t len, struct rel_error *err);

/* How following a link went. */
enum rel_source_follow {
	REL_FOLLOW_OK,
	REL_FOLLOW_DANGLING,
	REL_FOLLOW_LOOP,
	REL_FOLLOW_OUTSIDE, /* absolute, or above the root */
};

/*
 * Follow the link at `path` to its end, through further links.
 * out     the entry at the end; its name and path live in `names`
 * target  what the first link says, for messages; in `names`
 * Errors  the source's; a link that leads nowhere is told by *how
 */
REL_MUST_CHECK int rel_source_follow(
    enum rel_source_follow *how, struct rel_source_entry *out,
    struct rel_str *target, const struct rel_source *source, unsigned worker,
    struct rel_arena *names, struct rel_str path,
    const struct rel_source_entry *link, struct rel_error *err);

/*
 * Find the entry at `path`, from the root, by the links on the way and at its
 * end, as the reading of a snapshot follows them.
 * out     as above; not set unless *how is REL_FOLLOW_OK.  What is not there
 *         is REL_FOLLOW_DANGLING
 * Errors  the source's
 */
REL_MUST_CHECK int rel_source_resolve(enum rel_source_follow *how,
				      struct rel_source_entry *out,
				      const struct rel_source *source,
				      unsigned worker, struct rel_arena *names,
				      struct rel_str path,
				      struct rel_error *err);

/* A source with nothing in it. */
struct rel_source rel_source_nothing(void);

#endif
