/* Development remotes that are work trees: what is not committed there. */
#include "git/worktree.h"
#include "base/limits.h"
#include "context_private.h"

/* Its checkout, where it is one that is read at HEAD; else NULL. */
static struct rel_git_worktree *checkout_of(const struct rel_remote *remote)
{
	const struct rel_location *location = &remote->location;
	struct rel_git_worktree *checkout = NULL;
	struct rel_error why = {0};

	if (remote->role != REL_ROLE_DEVELOPMENT ||
	    location->kind != REL_LOCATION_GIT_LOCAL || location->revision[0] ||
	    rel_git_worktree_open(&checkout, location->url, NULL, &why) != 0)
		return NULL;
	return checkout;
}

static int warn(const struct rel_context *context,
		const struct rel_remote *remote,
		struct rel_git_worktree *checkout)
{
	const struct rel_remote_options *reading = &context->reading;
	const char *subdir = remote->location.subdir;
	struct rel_error why = {0};
	char text[REL_ERROR_TEXT_MAX];
	size_t n = 0;
	int rc = rel_git_worktree_changes(
	    &n, checkout, subdir[0] ? subdir : ".", reading->cancel, &why);

	/* a hint only: the remote itself says what is wrong with it */
	if (rc == REL_ECANCELLED || rc == REL_ENOMEM)
		return rc;
	if (rc || n == 0 || !reading->warn)
		return 0;
	snprintf(text, sizeof(text),
		 "remote %.80s: %zu changed file%s not committed and not read; "
		 "--worktree reads %s",
		 remote->name, n, n == 1 ? " is" : "s are",
		 n == 1 ? "it" : "them");
	reading->warn(reading->warn_context, text);
	return 0;
}

int rel_context_worktrees(struct rel_context *context,
			  const struct rel_stacks_request *request,
			  struct rel_error *err)
{
	uint32_t found = 0;
	int rc = 0;

	if (!request->worktree && !request->uncommitted)
		return 0;
	for (uint32_t i = 0; rc == 0 && i < context->n_remotes; i++) {
		struct rel_remote *remote = &context->remotes[i];
		struct rel_git_worktree *checkout = checkout_of(remote);

		if (!checkout)
			continue;
		found++;
		remote->worktree = request->worktree;
		if (!request->worktree)
			rc = warn(context, remote, checkout);
		rel_git_worktree_free(checkout);
	}
	if (rc == REL_ECANCELLED)
		return rel_fail_cancelled(err);
	if (rc)
		return rel_fail_nomem(err);
	if (request->worktree && found == 0)
		return rel_fail(err, REL_EUSAGE,
				"--worktree: no development remote is a work "
				"tree that is read at HEAD");
	return 0;
}
