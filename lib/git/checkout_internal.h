/* What the files about checkouts share. */
#ifndef REL_GIT_CHECKOUT_INTERNAL_H
#define REL_GIT_CHECKOUT_INTERNAL_H

#include "git/checkout.h"
#include "git/run.h"

struct rel_git_checkout {
	char *root, *prefix, *git_dir, *common_dir;
	struct rel_git_store *store;
	bool named; /* its owner does not matter */
};

/* For runs of git at the root of the work tree.  It is found from there; only
 * one whose owner does not matter is named, which escapes git's check. */
void rel_git_checkout_run_init(struct rel_git_run *run,
			       const struct rel_git_checkout *checkout,
			       const struct rel_git_fetch_options *options,
			       size_t out_max);

#endif
