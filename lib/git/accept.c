/* Would a repository on this disk take a push?  What its receive-pack would
 * refuse only after all has been sent. */
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/internal.h"
#include "git/listing.h"

/* receive.denyCurrentBranch as builtin/receive-pack.c reads it: unset, a true
 * value and "refuse" refuse. */
static bool denies_current(git_repository *repo)
{
	git_config *config = NULL;
	const char *text = NULL;
	int truth = 1;
	bool denies = true;

	if (git_repository_config_snapshot(&config, repo) == 0 &&
	    git_config_get_string(&text, config, "receive.denycurrentbranch") ==
		0)
		denies = strcasecmp(text, "refuse") == 0 ||
			 (git_config_parse_bool(&truth, text) == 0 && truth);
	git_config_free(config);
	return denies;
}

static bool is_checked_out(git_repository *repo, const char *name)
{
	git_reference *head = NULL;
	bool is = false;

	if (git_repository_is_bare(repo) ||
	    git_reference_lookup(&head, repo, "HEAD") < 0)
		return false;
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC)
		is = strcmp(git_reference_symbolic_target(head), name) == 0;
	git_reference_free(head);
	return is;
}

static int check_access(const struct rel_git_store *store,
			struct rel_error *err)
{
	static const char *const parts[] = {"objects", "refs"};
	struct rel_buf path;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]);
	     i++) {
		rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
		rel_buf_printf(&path, "%s/%s", store->path, parts[i]);
		r = rel_buf_status(&path, "path", err);
		if (r == 0 && access(path.ptr, W_OK | X_OK) != 0)
			r = rel_fail_errno(err, errno, path.ptr,
					   "cannot write to it");
		rel_buf_free(&path);
	}
	return r;
}

int rel_git_remote_accepts(const struct rel_git_remote *remote,
			   const char *name, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int r;

	if (remote->url.transport != REL_GIT_LOCAL)
		return 0;
	r = rel_git_store_open(&store, remote->place.ptr, err);
	if (r == 0)
		r = check_access(store, err);
	if (r == 0 && is_checked_out(store->repo, name) &&
	    denies_current(store->repo)) {
		r = rel_fail(err, REL_EIO,
			     "%s is checked out there, and git refuses pushes "
			     "to it; make the repository bare, or let it "
			     "follow: git -C %s config "
			     "receive.denyCurrentBranch updateInstead",
			     name, remote->place.ptr);
		rel_error_at(err, remote->place.ptr, 0, 0);
	}
	rel_git_store_free(store);
	return r;
}
