#include "repo/files.h"

#include <stdlib.h>

#include "git/remote.h"
#include "repo/repo_private.h"

struct rel_files {
	struct rel_source source;
	struct rel_source_dir dir;
	struct rel_source_git git;
	struct rel_git_store *store;
	char *root;
};

static int open_directory(struct rel_files *files, const struct rel_location *l,
			  struct rel_error *err)
{
	if (asprintf(&files->root, "%s%s%s", l->url, l->subdir[0] ? "/" : "",
		     l->subdir) < 0) {
		files->root = NULL;
		return rel_fail_nomem(err);
	}
	files->dir.root = files->root;
	files->source = rel_source_dir(&files->dir);
	return 0;
}

static int open_git(struct rel_files *files, const struct rel_location *l,
		    const struct rel_remote_options *options,
		    struct rel_error *err)
{
	struct rel_git_fetch_options fetch = {
	    .revision = l->revision[0] != '\0' ? l->revision : NULL,
	    .cache_dir = options->cache_dir,
	    .offline = options->offline,
	    .interactive = options->interactive,
	    .progress = options->progress,
	    .cancel = options->cancel};
	struct rel_git_id commit, tree;
	int rc;

	if (l->kind == REL_LOCATION_GIT_LOCAL) {
		rc = rel_git_store_open(&files->store, l->url, err);
		if (rc == 0)
			rc = rel_git_resolve(&commit, files->store, l->revision,
					     err);
	} else {
		rc = rel_git_fetch(&files->store, &commit, l->url, &fetch, err);
	}
	if (rc == 0)
		rc = rel_git_commit_tree(&tree, files->store, &commit,
					 l->subdir, err);
	if (rc == 0)
		rc = rel_source_git_open(&files->git, files->store, &tree,
					 options->jobs > 0 ? options->jobs : 1,
					 err);
	files->source = rel_source_git(&files->git);
	return rc;
}

int rel_files_open(struct rel_files **out, const struct rel_remote *remote,
		   const struct rel_remote_options *options, bool modes,
		   struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	struct rel_files *files = calloc(1, sizeof(*files));
	int rc;

	*out = NULL;
	if (!files)
		return rel_fail_nomem(err);
	files->dir.without_modes = !modes;
	if (l->kind == REL_LOCATION_DIRECTORY)
		rc = open_directory(files, l, err);
	else if (l->kind == REL_LOCATION_HTTP)
		rc = rel_fail(err, REL_EUSAGE,
			      "its files cannot be read one by one; name a "
			      "directory or a git repository");
	else
		rc = open_git(files, l, options, err);
	if (rc == 0) {
		*out = files;
		return 0;
	}
	if (rc != REL_ENOMEM && rc != REL_ECANCELLED)
		rel_error_prefix(err, "remote %s (%s)", remote->name, l->text);
	rel_files_free(files);
	return rc;
}

void rel_files_free(struct rel_files *files)
{
	if (!files)
		return;
	rel_source_git_close(&files->git);
	rel_git_store_free(files->store);
	free(files->root);
	free(files);
}

const struct rel_source *rel_files_source(const struct rel_files *files)
{
	return &files->source;
}
