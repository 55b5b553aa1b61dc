#include "git/origin.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "git/internal.h"
#include "git/place.h"
#include "git/run.h"

/* From another user's configuration, which is read and not obeyed. */
static int read_foreign(struct rel_buf *out, const struct rel_git_place *place,
			struct rel_error *err)
{
	const char *args[] = {"config", "--file",
			      "-",	"--no-includes",
			      "--get",	"remote.origin.url",
			      NULL};
	struct rel_git_run run;
	struct rel_buf text;
	char *path = NULL;
	int r;

	if (asprintf(&path, "%s/config", place->common_dir) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_git_run_init(&run, NULL, REL_LIMIT_CONFIG_BYTES);
	run.git_dir = REL_GIT_NOWHERE;
	run.cwd = "/";
	run.what = "cannot read its configuration";
	run.clean = path;
	r = rel_file_read(&text, path, err);
	run.input = rel_buf_str(&text);
	if (r == 0)
		r = rel_git_run(&run, args, err);
	if (r == 0 && run.status > 1)
		r = rel_git_run_fail(&run, err);
	if (r == 0 && run.status == 0) {
		rel_buf_add_str(out, rel_str_trim(rel_buf_str(&run.out)));
		r = rel_buf_status(out, "address of origin", err);
		r = r < 0 ? r : 1;
	}
	rel_git_run_free(&run);
	rel_buf_free(&text);
	free(path);
	return r;
}

int rel_git_origin(struct rel_buf *out, const struct rel_git_store *store,
		   struct rel_error *err)
{
	struct rel_git_place place;
	int r;

	if (git_repository_is_bare(store->repo))
		return 0;
	r = rel_git_place_of(&place, store->path, err);
	if (r < 0)
		return r;
	r = place.foreign ? read_foreign(out, &place, err)
			  : rel_git_config_get(out, store->path, NULL,
					       "remote.origin.url", err);
	rel_git_place_free(&place);
	return r;
}
