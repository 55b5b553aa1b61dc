/*
 * From remotes to the stacks that a command compares: as it is, as it was
 * (--since), and the upstream remotes alone.
 */
#ifndef REL_CMD_STACKS_H
#define REL_CMD_STACKS_H

#include "repo/stack.h"
#include "setup.h"

/* What the options say about it; all may be empty. */
struct rel_stacks_request {
	const struct rel_list *since;	/* REV or NAME@REV */
	const struct rel_list *with;	/* manifests laid on top */
	const struct rel_list *without; /* PKG[.VER]s left out */
	bool compare;			/* read what `alone` needs */
};

struct rel_stacks {
	/* with the manifests of --with and without those of --without */
	struct rel_stack *now;
	/* the upstream remotes as they are; NULL unless there are both roles */
	struct rel_stack *alone;
	/* the remotes as they were, untouched by --with and --without; NULL
	 * without --since */
	struct rel_stack *before;
	const char **since; /* by layer of `now`: the old revision, or NULL */
	/* the rest is private */
	struct rel_remote with;
	struct rel_stack_layer *layers; /* of `now` */
	uint32_t n_layers;
	struct rel_snapshot **snapshots, **old; /* by layer, owned */
};

/*
 * Read the remotes and build the stacks.
 * Errors  those of rel_remote_read(); REL_EUSAGE: --since or --without name
 *         what is not there.
 * Owner   rel_stacks_free(), also after a failure; borrows the setup
 */
REL_MUST_CHECK int rel_stacks_read(struct rel_stacks *stacks,
				   const struct rel_setup *setup,
				   const struct rel_stacks_request *request,
				   struct rel_error *err);
void rel_stacks_free(struct rel_stacks *stacks);

#endif
