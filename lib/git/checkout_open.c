/* Finding the checkout that a directory is in. */
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/checkout_internal.h"
#include "git/internal.h"
#include "git/place.h"

static bool is_below(const char *path, const char *top)
{
	char *real = realpath(top, NULL);
	bool below = real && rel_path_is_below(path, real);

	free(real);
	return below;
}

/* git's own refusal, of what else it may find wrong. */
static int ask_git(const char *root, struct rel_error *err)
{
	const char *args[] = {"rev-parse", "--is-inside-work-tree", NULL};
	struct rel_git_run run;
	int r;

	rel_git_run_init(&run, NULL, REL_LIMIT_GIT_PATH_BYTES);
	run.cwd = root;
	run.clean = root;
	run.what = "cannot look at the checkout";
	r = rel_git_run_ok(&run, args, err);
	if (r == 0 && !rel_str_is(rel_str_trim(rel_buf_str(&run.out)), "true"))
		r = rel_fail(err, REL_EUSAGE,
			     "has no work tree; go to a checkout of it");
	if (r < 0)
		rel_error_at(err, root, 0, 0);
	rel_git_run_free(&run);
	return r;
}

/* In a repository of ours that shows what that of another user has. */
static int open_foreign(struct rel_git_checkout *checkout,
			const struct rel_git_place *place,
			struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int r = rel_git_place_check(place, err);

	if (r == 0)
		r = rel_git_store_open(&store, place->root, err);
	if (r == 0)
		r = rel_git_scratch_open(&checkout->scratch, NULL, err);
	if (r == 0)
		r = rel_git_scratch_view(&checkout->scratch, place, store, err);
	checkout->foreign = true;
	checkout->store = checkout->scratch.store;
	rel_git_store_free(store);
	return r;
}

static int open_place(struct rel_git_checkout *checkout, const char *dir,
		      const char *trusted, struct rel_git_place *place,
		      struct rel_error *err)
{
	char *full = realpath(dir, NULL);
	const char *rest;
	int r;

	if (full == NULL)
		return rel_fail_errno(err, errno, dir, "cannot enter");
	rest = full + strlen(place->root);
	checkout->prefix = strdup(*rest == '/' ? rest + 1 : rest);
	checkout->root = strdup(place->root);
	checkout->git_dir = strdup(place->git_dir);
	checkout->common_dir = strdup(place->common_dir);
	free(full);
	if (!checkout->prefix || !checkout->root || !checkout->git_dir ||
	    !checkout->common_dir)
		return rel_fail_nomem(err);
	if (place->foreign == NULL) {
		r = ask_git(place->root, err);
		return r < 0 ? r
			     : rel_git_store_open(&checkout->store,
						  checkout->git_dir, err);
	}
	return trusted && is_below(place->root, trusted)
		   ? open_foreign(checkout, place, err)
		   : rel_git_place_fail(place, err);
}

int rel_git_checkout_open(struct rel_git_checkout **out, const char *dir,
			  const char *trusted, struct rel_error *err)
{
	struct rel_git_checkout *checkout = calloc(1, sizeof(*checkout));
	struct rel_git_place place = {0};
	int r;

	*out = NULL;
	if (checkout == NULL)
		return rel_fail_nomem(err);
	checkout->scratch.lock.fd = -1;
	r = rel_git_place_find(&place, dir, err);
	if (r == 0 && place.root == NULL)
		r = rel_fail(err, REL_EUSAGE,
			     "has no work tree; go to a checkout of it");
	if (r == 0)
		r = open_place(checkout, dir, trusted, &place, err);
	rel_git_place_free(&place);
	if (r < 0) {
		rel_git_checkout_free(checkout);
		return r;
	}
	*out = checkout;
	return 0;
}
