#include <stdlib.h>

#include "git/remote.h"
#include "repo/repo_private.h"

/* A commit of an opened repository → snapshot. */
static int read_commit(struct rel_snapshot **out,
		       const struct rel_remote *remote,
		       struct rel_git_store *store,
		       const struct rel_git_id *commit, const char *place,
		       const struct rel_remote_options *options,
		       struct rel_error *err)
{
	const char *subdir = remote->location.subdir;
	char text[REL_GIT_ID_TEXT];
	struct rel_reading r = {.remote = remote,
				.options = options,
				.revision = rel_git_id_format(text, commit),
				.key.kind = REL_IMAGE_KEY_TREE,
				.repository =
				    rel_reading_repository(place, subdir)};
	struct rel_git_id tree;
	struct rel_source_git git = {NULL};
	struct rel_source source = rel_source_git(&git);
	int rc;

	rc = rel_git_commit_tree(&tree, store, commit, subdir, err);
	if (rc == 0)
		rc = rel_git_commit_time(&r.time, store, commit, err);
	if (rc)
		return rc;
	memcpy(r.key.bytes, tree.bytes, sizeof(tree.bytes));
	rc = rel_reading_cached(out, &r, err);
	if (rc || *out)
		return rc;
	rc = rel_source_git_open(&git, store, &tree,
				 options->jobs > 0 ? options->jobs : 1, err);
	if (rc == 0)
		rc = rel_reading_parse(out, &r, &source, err);
	rel_source_git_close(&git);
	return rc;
}

/* An empty repository has no revision yet: no packages. */
static int read_nothing(struct rel_snapshot **out,
			const struct rel_remote *remote,
			const struct rel_remote_options *options,
			struct rel_error *err)
{
	struct rel_reading r = {
	    .remote = remote, .options = options, .revision = ""};
	struct rel_source source = rel_source_nothing();

	return rel_reading_parse(out, &r, &source, err);
}

static int read_local(struct rel_snapshot **out,
		      const struct rel_remote *remote, const char *revision,
		      const struct rel_remote_options *options,
		      struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	const char *wanted = revision ? revision : l->revision;
	struct rel_git_store *store = NULL;
	struct rel_git_id commit, tip;
	char *place;
	int rc = rel_git_store_open(&store, l->url, err);

	if (rc)
		return rc;
	place = realpath(rel_git_store_path(store), NULL);
	if (!place) {
		rc = rel_fail_nomem(err);
	} else if (wanted[0] == '\0' && rel_git_store_is_empty(store)) {
		rc = read_nothing(out, remote, options, err);
	} else {
		/* "HEAD~1" counts from the remote's own revision. */
		rc = rel_git_resolve(&tip, store, l->revision, err);
		if (rc == 0)
			rc = rel_git_resolve_from(&commit, store, &tip, wanted,
						  err);
		if (rc == 0)
			rc = read_commit(out, remote, store, &commit, place,
					 options, err);
	}
	free(place);
	rel_git_store_free(store);
	return rc;
}

static int read_remote(struct rel_snapshot **out,
		       const struct rel_remote *remote, const char *revision,
		       const struct rel_remote_options *options,
		       struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	struct rel_git_fetch_options fetch = {
	    .revision = l->revision[0] != '\0' ? l->revision : NULL,
	    .cache_dir = options->cache_dir,
	    /* An earlier revision counts from the tip that this run has
	     * already fetched, not from one that came after it. */
	    .offline = options->offline || revision,
	    .interactive = options->interactive,
	    .progress = options->progress,
	    .cancel = options->cancel};
	struct rel_git_store *store = NULL;
	struct rel_git_id commit, tip;
	int rc = rel_git_fetch(&store, &tip, l->url, &fetch, err);

	if (rc == REL_ENOTFOUND && fetch.offline && !options->offline) {
		fetch.offline = false;
		rc = rel_git_fetch(&store, &tip, l->url, &fetch, err);
	}
	if (rc)
		return rc;
	fetch.offline = options->offline;
	commit = tip;
	if (revision)
		rc = rel_git_fetch_since(&commit, store, &tip, revision, l->url,
					 &fetch, err);
	if (rc == 0)
		rc = read_commit(out, remote, store, &commit, l->text, options,
				 err);
	rel_git_store_free(store);
	return rc;
}

int rel_remote_read_git(struct rel_snapshot **out,
			const struct rel_remote *remote, const char *revision,
			const struct rel_remote_options *options,
			struct rel_error *err)
{
	return remote->location.kind == REL_LOCATION_GIT_LOCAL
		   ? read_local(out, remote, revision, options, err)
		   : read_remote(out, remote, revision, options, err);
}
