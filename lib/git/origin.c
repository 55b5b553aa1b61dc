#include "git/origin.h"

#include "git/internal.h"
#include "git/run.h"

int rel_git_origin(struct rel_buf *out, const struct rel_git_store *store,
		   struct rel_error *err)
{
	if (git_repository_is_bare(store->repo))
		return 0;
	return rel_git_config_get(out, store->path, NULL, "remote.origin.url",
				  err);
}
