#include "repo/texts.h"

#include "base/limits.h"
#include "base/path.h"
#include "git/remote.h"
#include "net/http.h"
#include "repo/repo_private.h"

struct rel_texts {
	struct rel_source source;
	struct rel_git_store *store;
	struct rel_source_git git;
	struct rel_source_dir dir;
	struct rel_source_index index;
	struct rel_git_id commit; /* with has_git */
	const char *subdir;	  /* the remote's */
	bool has_git, has_index;
	char *root;
	struct rel_buf body; /* of the index */
	struct rel_arena arena;
};

static int open_git(struct rel_texts *texts, const struct rel_remote *remote,
		    const struct rel_snapshot *snapshot,
		    const struct rel_remote_options *options,
		    struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	const struct rel_git_fetch_options fetch = {
	    .revision = l->revision[0] != '\0' ? l->revision : NULL,
	    .cache_dir = options->cache_dir,
	    .offline = true, /* it was fetched for the snapshot */
	    .progress = options->progress,
	    .cancel = options->cancel};
	struct rel_git_id commit, tree;
	int rc;

	if (snapshot->revision[0] == '\0') {
		texts->source = rel_source_nothing();
		return 0;
	}
	if (l->kind == REL_LOCATION_GIT_LOCAL)
		rc = rel_git_store_open(&texts->store, l->url, err);
	else
		rc = rel_git_fetch(&texts->store, &commit, l->url, &fetch, err);
	if (rc == 0)
		rc = rel_git_resolve(&commit, texts->store, snapshot->revision,
				     err);
	if (rc == 0)
		rc = rel_git_commit_tree(&tree, texts->store, &commit,
					 l->subdir, err);
	if (rc)
		return rc;
	texts->commit = commit;
	texts->subdir = l->subdir;
	texts->has_git = true;
	texts->source = rel_source_git(&texts->git);
	return rel_source_git_open(&texts->git, texts->store, &tree, 1, err);
}

static int open_dir(struct rel_texts *texts, const struct rel_remote *remote,
		    struct rel_error *err)
{
	const struct rel_location *l = &remote->location;

	if (asprintf(&texts->root, "%s%s%s", l->url,
		     l->subdir[0] != '\0' ? "/" : "", l->subdir) < 0) {
		texts->root = NULL;
		return rel_fail_nomem(err);
	}
	texts->dir.root = texts->root;
	texts->source = rel_source_dir(&texts->dir);
	return 0;
}

/* The index that the cache holds, if there is one. */
static int load_index(bool *found, struct rel_texts *texts,
		      const struct rel_remote *remote,
		      const struct rel_remote_options *options,
		      struct rel_error *err)
{
	const char *url = remote->location.url;
	struct rel_http_state state;
	int rc;

	*found = false;
	if (!options->cache_dir)
		return 0;
	rc = rel_http_state_load(&state, found, options->cache_dir, url,
				 &texts->arena, err);
	if (rc == 0 && *found)
		rc = rel_http_state_body(&texts->body, found, &state,
					 options->cache_dir, url, err);
	return rc;
}

static int fetch_index(struct rel_texts *texts, const struct rel_remote *remote,
		       const struct rel_remote_options *options,
		       struct rel_error *err)
{
	struct rel_http_answer answer = {0};
	struct rel_http_request request = {.max_bytes = REL_LIMIT_INDEX_BYTES,
					   .progress = options->progress,
					   .cancel = options->cancel};
	struct rel_http *http = NULL;
	char *url = NULL;
	int rc;

	if (asprintf(&url, "%s/index.tar.gz", remote->location.url) < 0)
		return rel_fail_nomem(err);
	request.url = url;
	rc = rel_http_new(&http, err);
	if (rc == 0)
		rc = rel_http_get_buf(&answer, &texts->body, http, &request,
				      err);
	rel_http_answer_free(&answer);
	rel_http_free(http);
	free(url);
	return rc;
}

static int open_index(struct rel_texts *texts, const struct rel_remote *remote,
		      const struct rel_snapshot *snapshot,
		      const struct rel_remote_options *options,
		      struct rel_error *err)
{
	char text[REL_DIGEST_TEXT_MAX];
	struct rel_digest digest;
	bool found;
	int rc = load_index(&found, texts, remote, options, err);

	if (rc == 0 && !found)
		rc = fetch_index(texts, remote, options, err);
	if (rc == 0)
		rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
				   rel_buf_str(&texts->body), err);
	if (rc)
		return rc;
	rel_digest_format(text, &digest);
	if (strcmp(text, snapshot->revision) != 0)
		return rel_fail(err, REL_ESTALE,
				"%s has another index by now, or redirects; "
				"run again, or name the place it redirects to",
				remote->name);
	texts->has_index = true;
	rc = rel_source_index_open(&texts->index, rel_buf_str(&texts->body),
				   "index.tar.gz", options->cancel, err);
	if (rc == 0 && remote->location.subdir[0] != '\0')
		rc = rel_source_index_enter(
		    &texts->index, rel_str_of(remote->location.subdir), err);
	texts->source = rel_source_index(&texts->index);
	return rc;
}

int rel_texts_open(struct rel_texts **out, const struct rel_remote *remote,
		   const struct rel_snapshot *snapshot,
		   const struct rel_remote_options *options,
		   struct rel_error *err)
{
	struct rel_texts *texts = calloc(1, sizeof(*texts));
	int rc = REL_EUSAGE;

	*out = NULL;
	if (!texts)
		return rel_fail_nomem(err);
	rel_arena_init(&texts->arena, REL_LIMIT_ARENA);
	rel_buf_init(&texts->body, REL_LIMIT_INDEX_BYTES);
	switch (remote->location.kind) {
	case REL_LOCATION_GIT_LOCAL:
	case REL_LOCATION_GIT_REMOTE:
		rc = open_git(texts, remote, snapshot, options, err);
		break;
	case REL_LOCATION_DIRECTORY:
		rc = open_dir(texts, remote, err);
		break;
	case REL_LOCATION_HTTP:
		rc = open_index(texts, remote, snapshot, options, err);
		break;
	}
	if (rc == 0)
		*out = texts;
	else
		rel_texts_close(texts);
	return rc;
}

void rel_texts_close(struct rel_texts *texts)
{
	if (!texts)
		return;
	if (texts->has_git)
		rel_source_git_close(&texts->git);
	if (texts->has_index)
		rel_source_index_close(&texts->index);
	rel_git_store_free(texts->store);
	rel_buf_free(&texts->body);
	rel_arena_free(&texts->arena);
	free(texts->root);
	free(texts);
}

int rel_texts_read(struct rel_buf *out, struct rel_texts *texts,
		   struct rel_str path, struct rel_error *err)
{
	const struct rel_source *source = &texts->source;
	struct rel_source_entry entry;
	enum rel_source_follow how;
	struct rel_arena names;
	int rc;

	rel_arena_init(&names, REL_LIMIT_CONF_ARENA);
	rc = rel_source_resolve(&how, &entry, source, 0, &names, path, err);
	if (rc == 0 && how == REL_FOLLOW_DANGLING)
		rc = rel_fail(err, REL_ENOTFOUND, "%.*s is not there",
			      REL_STR_ARG(path));
	else if (rc == 0 && how != REL_FOLLOW_OK)
		rc = rel_fail(err, REL_EPARSE,
			      "%.*s is a symbolic link that leaves the "
			      "repository, or goes round in a circle",
			      REL_STR_ARG(path));
	else if (rc == 0 && entry.kind != REL_SOURCE_FILE)
		rc = rel_fail(err, REL_EIO, "%.*s is not a file",
			      REL_STR_ARG(path));
	if (rc == 0)
		rc = rel_source_read(source, 0, out, entry.path, &entry, err);
	rel_arena_free(&names);
	return rc;
}

int rel_texts_last_with(char commit[REL_GIT_ID_TEXT], struct rel_texts *texts,
			const char *path, struct rel_str but,
			const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_git_id id, other;
	struct rel_buf whole;
	int rc;

	if (!texts->has_git)
		return 0;
	rel_buf_init(&whole, REL_LIMIT_GIT_PATH_BYTES);
	rel_path_join(&whole, rel_str_of(texts->subdir), rel_str_of(path));
	rc = rel_buf_status(&whole, path, err);
	if (rc == 0 && but.ptr)
		rc = rel_git_blob_id(&other, but, err);
	if (rc == 0)
		rc = rel_git_last_with(&id, texts->store, &texts->commit,
				       whole.ptr, but.ptr ? &other : NULL,
				       REL_LIMIT_LEDGER_COMMITS, cancel, err);
	rel_buf_free(&whole);
	if (rc == 1)
		rel_git_id_format(commit, &id);
	return rc;
}
