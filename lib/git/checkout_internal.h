/* What the files about checkouts share. */
#ifndef REL_GIT_CHECKOUT_INTERNAL_H
#define REL_GIT_CHECKOUT_INTERNAL_H

#include "git/checkout.h"
#include "git/run.h"
#include "git/scratch.h"

struct rel_git_checkout {
	char *root, *prefix, *git_dir, *common_dir;
	struct rel_git_store *store;
	/* Of a checkout that is not the user's own: what git runs in; `store`
	 * is its. */
	struct rel_git_scratch scratch;
	bool foreign;
};

/* For runs of git at the root of the work tree, in the scratch repository
 * when it is not the user's own. */
void rel_git_checkout_run_init(struct rel_git_run *run,
			       const struct rel_git_checkout *checkout,
			       const struct rel_git_fetch_options *options,
			       size_t out_max);

#endif
