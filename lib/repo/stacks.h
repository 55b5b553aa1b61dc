/*
 * Remotes → stacks: the remotes of a run are read once, and every stack of
 * it is made here: as they are, as they were, the upstream ones alone, and
 * with virtual layers, which answer "what if".
 */
#ifndef REL_REPO_STACKS_H
#define REL_REPO_STACKS_H

#include "repo/stack.h"

/* Virtual layers: what a stack has more or less than the remotes.  All may be
 * empty. */
struct rel_overlay {
	/* laid on top, as layer 0; NULL = nothing */
	const struct rel_snapshot *manifests;
	const char *name;	    /* of the layer; with `manifests` */
	const char *text;	    /* where they come from, for people */
	const char *const *without; /* PKG[.VER] left out */
	uint32_t n_without;
};

/* What is read; all may be empty. */
struct rel_stacks_request {
	const char *const *since; /* REV or NAME@REV */
	uint32_t n_since;
	const char *const *with; /* paths of manifests laid on top of `now` */
	uint32_t n_with;
	const char *const *without; /* PKG[.VER]s left out of `now` */
	uint32_t n_without;
	bool compare; /* build `alone` */
	bool before;  /* build `before` also without `since` */
	/* rel_context_read(): read the work trees of development remotes as
	 * they lie there; else say what of them is not read */
	bool worktree, uncommitted;
};

/* Zero-initialise; rel_stacks_free() is fine then. */
struct rel_stacks {
	/* with the manifests of `with` and without those of `without` */
	struct rel_stack *now;
	/* the upstream remotes as they are; NULL unless there are both roles */
	struct rel_stack *alone;
	/* the remotes as they were, untouched by `with` and `without`; NULL
	 * unless there is `since` or `before` is asked for */
	struct rel_stack *before;
	const char **since; /* by layer of `now`: the old revision, or NULL */
	/* the rest is private */
	const struct rel_remote *remotes; /* borrowed */
	uint32_t n_remotes;
	struct rel_snapshot **snapshots, **old; /* by remote, owned */
	struct rel_snapshot *with;		/* owned; NULL = none */
};

/*
 * Read the remotes and build the stacks.
 * Errors  those of rel_remote_read() and rel_remote_read_files();
 *         REL_EUSAGE: `since` or `without` name what is not there
 * Owner   rel_stacks_free(), also after a failure; borrows `remotes`
 */
REL_MUST_CHECK int rel_stacks_read(struct rel_stacks *stacks,
				   const struct rel_remote *remotes,
				   size_t n_remotes,
				   const struct rel_stacks_request *request,
				   const struct rel_remote_options *reading,
				   struct rel_error *err);
void rel_stacks_free(struct rel_stacks *stacks);

/*
 * The remotes as they are, with virtual layers.
 * *out    freed by the caller with rel_stack_free(); borrows the stacks and
 *         the overlay's manifests
 * Errors  REL_EUSAGE: `without` names what is not there; REL_ENOMEM,
 *         REL_ELIMIT
 */
REL_MUST_CHECK int rel_stacks_simulate(struct rel_stack **out,
				       const struct rel_stacks *stacks,
				       const struct rel_overlay *overlay,
				       struct rel_error *err);

#endif
