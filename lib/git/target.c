/* The branch of a remote that is written to. */
#include "git/target.h"

#include <stdlib.h>

#include "base/limits.h"
#include "git/internal.h"
#include "git/listing.h"
#include "git/run.h"
#include "git/scratch.h"

struct rel_git_target {
	char *location, *branch;
	bool named; /* the branch was given, not HEAD's */
	struct rel_git_fetch_options options;
	struct rel_git_scratch scratch;
	struct rel_git_id tip;
	bool born;
};

static int set_branch(struct rel_git_target *target, struct rel_str name,
		      struct rel_error *err)
{
	const char *prefix =
	    rel_str_starts(name, REL_STR("refs/heads/")) ? "" : "refs/heads/";

	free(target->branch);
	if (asprintf(&target->branch, "%s%.*s", prefix, REL_STR_ARG(name)) <
	    0) {
		target->branch = NULL;
		return rel_fail_nomem(err);
	}
	if (rel_git_is_ref_name(target->branch) && name.ptr[0] != '-')
		return 0;
	return rel_fail(err, REL_EUSAGE, "git allows no branch named '%.*s'",
			REL_STR_ARG(rel_str_sub(name, 0, 200)));
}

/*
 * The branch that the HEAD of an empty remote names: told to clones only
 * (protocol version 2, "unborn"), so one is made, and forgotten.
 */
static int ask_unborn(struct rel_git_target *target,
		      struct rel_git_remote *remote, struct rel_error *err)
{
	const char *clone[] = {
	    "-c", "protocol.version=2", "clone", "-q", "--bare", "--depth=1",
	    "--", remote->place.ptr,	"head",	 NULL};
	const char *look[] = {"symbolic-ref", "HEAD", NULL};
	struct rel_git_run run;
	char *dir = NULL;
	int r;

	rel_git_remote_run_init(&run, remote, "cannot look at the remote",
				REL_LIMIT_GIT_PATH_BYTES);
	run.cwd = target->scratch.dir;
	r = rel_git_run_ok(&run, clone, err);
	if (r == 0 && asprintf(&dir, "%s/head", target->scratch.dir) < 0)
		r = rel_fail_nomem(err);
	run.git_dir = dir;
	run.made = true;
	run.url = NULL;
	if (r == 0)
		r = rel_git_run_ok(&run, look, err);
	if (r == 0)
		r = set_branch(target, rel_str_trim(rel_buf_str(&run.out)),
			       err);
	free(dir);
	rel_git_run_free(&run);
	return r;
}

static int fail_detached(const struct rel_git_remote *remote,
			 struct rel_error *err)
{
	rel_fail(err, REL_EUSAGE,
		 "the remote's HEAD names no branch; say which one to write "
		 "to");
	rel_error_at(err, remote->place.ptr, 0, 0);
	return REL_EUSAGE;
}

/* What the remote has: which branch, and whether there is a commit on it. */
static int look(struct rel_git_target *target, struct rel_git_id *listed,
		bool *born, struct rel_error *err)
{
	struct rel_git_listing listing;
	struct rel_git_remote remote;
	const char *wanted = target->branch ? target->branch : "HEAD";
	const struct rel_git_id *found;
	int r;

	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, wanted);
	r = rel_git_remote_open(&remote, target->location, &target->options,
				err);
	if (r == 0)
		r = rel_git_remote_list(&listing, &remote, err);
	found = rel_git_listing_find(&listing, wanted);
	*born = found != NULL;
	if (found != NULL)
		*listed = *found;
	if (r == 0 && target->branch == NULL) {
		if (listing.head.len > 0)
			r = set_branch(target, rel_buf_str(&listing.head), err);
		else if (found != NULL)
			r = fail_detached(&remote, err);
		else
			r = ask_unborn(target, &remote, err);
	}
	rel_git_remote_close(&remote);
	rel_git_listing_free(&listing);
	return r;
}

/*
 * Fetch under the name that others use for it too ("HEAD", a branch's short
 * name), because a second name would cost history that is there.  A tag
 * may have the short name as well; then under the full one.
 */
static int fetch(struct rel_git_target *target, struct rel_git_store **store,
		 struct rel_git_id *tip, const struct rel_git_id *listed,
		 struct rel_error *err)
{
	struct rel_git_fetch_options options = target->options;
	int r;

	options.revision =
	    target->named ? target->branch + strlen("refs/heads/") : NULL;
	r = rel_git_fetch(store, tip, target->location, &options, err);
	if (r == 0 && memcmp(tip, listed, sizeof(*tip)) == 0)
		return 0;
	rel_git_store_free(*store);
	options.revision = target->branch;
	return rel_git_fetch(store, tip, target->location, &options, err);
}

int rel_git_target_refresh(struct rel_git_target *target, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	struct rel_git_id listed, tip;
	bool born;
	int r = look(target, &listed, &born, err);

	if (r == 0 && born)
		r = fetch(target, &store, &tip, &listed, err);
	if (r == 0 && born)
		r = rel_git_scratch_borrow(&target->scratch, store, err);
	rel_git_store_free(store);
	if (r < 0)
		return r;
	target->born = born;
	if (born)
		target->tip = tip;
	return 0;
}

int rel_git_target_open(struct rel_git_target **out, const char *location,
			const char *branch,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	struct rel_git_target *target = calloc(1, sizeof(*target));
	int r = 0;

	*out = NULL;
	if (target == NULL)
		return rel_fail_nomem(err);
	if (options != NULL)
		target->options = *options;
	target->options.revision = NULL;
	target->location = strdup(location);
	if (target->location == NULL)
		r = rel_fail_nomem(err);
	if (r == 0 && branch != NULL) {
		target->named = true;
		r = set_branch(target, rel_str_of(branch), err);
	}
	if (r == 0)
		r = rel_git_scratch_open(&target->scratch,
					 target->options.cache_dir, err);
	if (r == 0)
		r = rel_git_target_refresh(target, err);
	if (r < 0) {
		rel_git_target_free(target);
		return r;
	}
	*out = target;
	return 0;
}

void rel_git_target_free(struct rel_git_target *target)
{
	if (target == NULL)
		return;
	rel_git_scratch_close(&target->scratch);
	free(target->branch);
	free(target->location);
	free(target);
}

struct rel_git_store *rel_git_target_store(struct rel_git_target *target)
{
	return target->scratch.store;
}

const struct rel_git_id *rel_git_target_tip(const struct rel_git_target *target)
{
	return target->born ? &target->tip : NULL;
}

const char *rel_git_target_branch(const struct rel_git_target *target)
{
	return target->branch;
}

int rel_git_target_push(struct rel_git_push_result *result,
			struct rel_git_target *target,
			const struct rel_git_push_ref *refs, size_t n_refs,
			struct rel_error *err)
{
	static const struct rel_git_id zero = {{0}};
	int r = rel_git_push(result, target->scratch.store, target->location,
			     NULL, refs, n_refs, &target->options, err);

	if (r < 0 || result->outcome != REL_GIT_DONE)
		return r;
	for (size_t i = 0; i < n_refs; i++) {
		if (strcmp(refs[i].name, target->branch) != 0)
			continue;
		target->tip = refs[i].id;
		target->born = memcmp(&refs[i].id, &zero, sizeof(zero)) != 0;
	}
	return 0;
}

int rel_git_target_try(struct rel_git_target *target, const char *branch,
		       struct rel_error *err)
{
	struct rel_git_push_ref ref = {.name = branch,
				       .id = target->tip,
				       .has_old =
					   strcmp(branch, target->branch) == 0,
				       .old = target->tip};

	/* there is no object yet that could be pushed */
	if (!target->born)
		return 0;
	return rel_git_push_try(target->scratch.store, target->location, NULL,
				&ref, 1, &target->options, err);
}
