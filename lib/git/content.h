/*
 * The content of blobs, in pieces.  Internal to lib/git.
 *
 * libgit2 unpacks a blob whole and keeps what it maps of the packs; so big
 * blobs, and all of a tree that has shown itself to be big, are read by one
 * `git cat-file --batch`, whose windows are small and which streams what is
 * not a delta (git streaming.c).
 */
#ifndef REL_GIT_CONTENT_H
#define REL_GIT_CONTENT_H

#include "base/cancel.h"
#include "base/process.h"
#include "git/git_private.h"

#define REL_GIT_CONTENT_PIECE (64 * 1024)

/* Initialise with rel_git_content_init(). */
struct rel_git_content {
	struct rel_git_store *store;
	const struct rel_cancel *cancel;
	bool no_git_program;
	uint64_t inlined;	/* bytes of blobs read through libgit2 */
	git_odb_object *object; /* the blob being read, or NULL */
	struct rel_process git; /* pid -1 = not started */
	/* What it runs in, unless the store is the user's own or ours. */
	struct rel_git_scratch scratch;
	uint64_t size, left;	  /* of the blob being read */
	struct rel_error failure; /* sticky, of the process */
	/* What git said and was not yet taken. */
	size_t from, to;
	char piece[REL_GIT_CONTENT_PIECE];
};

void rel_git_content_init(struct rel_git_content *content,
			  struct rel_git_store *store, bool no_git_program,
			  const struct rel_cancel *cancel);
void rel_git_content_free(struct rel_git_content *content);

/* Begin a blob; what is left of the one before is passed over.
 * Errors  REL_ENOTFOUND, REL_EPARSE, REL_EIO, REL_ELIMIT, REL_ECANCELLED */
REL_MUST_CHECK int rel_git_content_begin(uint64_t *size,
					 struct rel_git_content *content,
					 const struct rel_git_id *blob,
					 struct rel_error *err);

/* The next piece: 1, 0 at the end, or an error.  Valid until the next call. */
REL_MUST_CHECK int rel_git_content_next(struct rel_str *out,
					struct rel_git_content *content,
					struct rel_error *err);

#endif
