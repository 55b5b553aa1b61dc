/* What a checkout lacks, fetched: a tag, objects of a partial clone. */
#include "git/worktree.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "git/git_private.h"

/* Returns 1, 0 for a tag that is not here, or a negative code. */
static int look(struct rel_git_id *commit, struct rel_git_worktree *checkout,
		const char *ref, struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];
	struct rel_git_id tag;
	int rc = rel_git_ref_read(&tag, checkout->store, ref, err);

	if (rc <= 0)
		return rc;
	rc = rel_git_resolve(commit, checkout->store,
			     rel_git_id_format(id, &tag), err);
	return rc < 0 ? rc : 1;
}

/* Where `git fetch NAME` goes. */
static int fetch_url(struct rel_buf *out, struct rel_git_worktree *checkout,
		     const char *name, struct rel_error *err)
{
	const char *args[] = {"remote", "get-url", "--", name, NULL};
	struct rel_git_run run;
	struct rel_str text;
	int rc;

	rel_git_worktree_run_init(&run, checkout, NULL, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_run_ok(&run, args, err);
	text = rel_buf_str(&run.out);
	if (rc == 0)
		rel_buf_add_str(out, rel_str_cut(&text, '\n'));
	rel_git_run_free(&run);
	return rc < 0 ? rc : rel_buf_status(out, "address of a remote", err);
}

static int run_fetch(struct rel_git_worktree *checkout, const char *name,
		     const char *location, const char *ref,
		     const struct rel_git_fetch_options *options,
		     struct rel_error *err)
{
	char *spec = NULL;
	const char *args[] = {"fetch", "--quiet", "--no-tags", "--",
			      name,    NULL,	  NULL};
	struct rel_git_url url;
	struct rel_git_run run;
	struct rel_buf clean;
	int rc = rel_git_url_parse(&url, location, err);

	if (rc < 0)
		return rc;
	if (asprintf(&spec, "%s:%s", ref, ref) < 0)
		return rel_fail_nomem(err);
	args[5] = spec;
	rel_buf_init(&clean, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&clean, location);
	rc = rel_buf_status(&clean, "address of a remote", err);
	rel_git_worktree_run_init(&run, checkout, options, 0);
	run.url = &url;
	run.clean = clean.ptr;
	run.what = "cannot fetch the tag";
	if (rc == 0)
		rc = rel_git_run_ok(&run, args, err);
	rel_git_run_free(&run);
	rel_buf_free(&clean);
	free(spec);
	return rc < 0 ? rc : rel_git_store_refresh(checkout->store, err);
}

static int fetch(struct rel_git_worktree *checkout, const char *ref,
		 const struct rel_git_fetch_options *options,
		 struct rel_error *err)
{
	struct rel_git_head head;
	struct rel_buf location;
	int rc = rel_git_worktree_head(&head, checkout, err);

	if (rc < 0)
		return rc;
	rel_buf_init(&location, REL_LIMIT_CONFIG_BYTES);
	if (head.remote == NULL)
		rc = rel_fail(err, REL_ENOTFOUND,
			      "is not in this checkout, which has no remote to "
			      "fetch it from");
	if (rc == 0)
		rc = fetch_url(&location, checkout, head.remote, err);
	if (rc == 0)
		rc = run_fetch(checkout, head.remote, location.ptr, ref,
			       options, err);
	rel_buf_free(&location);
	rel_git_head_free(&head);
	return rc;
}

int rel_git_worktree_tag(struct rel_git_id *commit, bool *fetched,
			 struct rel_git_worktree *checkout, const char *tag,
			 const struct rel_git_fetch_options *options,
			 struct rel_error *err)
{
	char *ref = NULL;
	int rc;

	*fetched = false;
	if (asprintf(&ref, "refs/tags/%s", tag) < 0)
		return rel_fail_nomem(err);
	rc = look(commit, checkout, ref, err);
	if (rc == 0) {
		*fetched = true;
		rc = fetch(checkout, ref, options, err);
		if (rc == 0)
			rc = look(commit, checkout, ref, err);
		if (rc == 0)
			rc = rel_fail(err, REL_ENOTFOUND, "cannot be found");
	}
	if (rc < 0)
		rel_error_prefix(err, "the tag %s", tag);
	free(ref);
	return rc < 0 ? rc : 0;
}

/* Clones that left a part of their objects with a remote ("git clone
 * --filter"): libgit2 fetches nothing, so git does, all at once. */

/* Trees that were left out hide what is below them: each round brings at
 * least one level, and with "tree:0" all of them. */
#define ROUNDS REL_LIMIT_TREE_DEPTH

/* Has a git directory packs that a remote promised to complete? */
static bool has_promised(const char *git_dir)
{
	static const char suffix[] = ".promisor";
	struct dirent *entry;
	bool found = false;
	char path[4096];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/objects/pack", git_dir);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)) != NULL)
		found =
		    rel_str_ends(rel_str_of(entry->d_name), rel_str_of(suffix));
	if (dir)
		closedir(dir);
	return found;
}

bool rel_git_store_is_partial(const struct rel_git_store *store)
{
	struct rel_git_place place;
	/* A linked work tree says where the objects are. */
	bool found = rel_git_place_locate(&place, store->path, NULL) == 0 &&
		     has_promised(place.common_dir);

	rel_git_place_free(&place);
	return found;
}

/* The remote that has the rest: 1, 0 none is configured. */
static int find_remote(struct rel_buf *out, const struct rel_git_run *run,
		       struct rel_error *err)
{
	static const char key[] = "remote.";
	const char *args[] = {"config", "--name-only", "--get-regexp",
			      "^remote\\..*\\.(promisor|partialclonefilter)$",
			      NULL};
	struct rel_git_run ask = *run;
	struct rel_str line;
	int rc;

	rel_buf_init(&ask.out, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&ask.err_out, REL_LIMIT_CHILD_TEXT);
	rc = rel_git_run(&ask, args, err);
	line = rel_buf_str(&ask.out);
	line = rel_str_sub(line, 0, rel_str_find(line, '\n'));
	if (rc == 0 && ask.status == 0 && rel_str_starts(line, rel_str_of(key)))
		rel_buf_add_str(out, rel_str_sub(line, strlen(key),
						 rel_str_rfind(line, '.')));
	rel_git_run_free(&ask);
	if (rc == 0)
		rc = rel_buf_status(out, "remote", err);
	return rc ? rc : out->len > 0;
}

/* The ids of what the tree of a commit needs and is not here, one a line. */
static int list_missing(struct rel_buf *out, struct rel_git_run *run,
			const char *commit, struct rel_error *err)
{
	char tree[REL_GIT_ID_TEXT + 8];
	const char *args[] = {
	    "rev-list",	       "--objects", "--no-object-names",
	    "--missing=print", tree,	    NULL};
	struct rel_str rest;
	int rc;

	snprintf(tree, sizeof(tree), "%s^{tree}", commit);
	rel_buf_clear(out);
	rc = rel_git_run_ok(run, args, err);
	rest = rel_buf_str(&run->out);
	while (rc == 0 && rest.ptr && rest.len > 0) {
		struct rel_str line = rel_str_cut(&rest, '\n');

		if (!rel_str_starts(line, REL_STR("?")))
			continue;
		rel_buf_add_str(out, rel_str_sub(line, 1, line.len));
		rel_buf_add_char(out, '\n');
	}
	return rc ? rc : rel_buf_status(out, "missing objects", err);
}

static int fail_fetch(const char *remote, struct rel_error *err)
{
	char why[REL_ERROR_TEXT_MAX];

	if (!err || err->code == REL_ECANCELLED)
		return err ? err->code : REL_EIO;
	snprintf(why, sizeof(why), "%s", err->text);
	return rel_fail(err, err->code,
			"this is a partial clone, and what it lacks cannot be "
			"fetched from %s: %.300s; when %s can be reached, `git "
			"fetch --refetch --no-filter %s` makes the clone whole",
			remote, why, remote, remote);
}

/* As git does it itself, but for all objects in one go. */
static int fetch_objects(struct rel_git_run *run, const char *remote,
			 struct rel_str ids, struct rel_error *err)
{
	const char *args[] = {"-c",
			      "fetch.negotiationAlgorithm=noop",
			      "fetch",
			      "--no-tags",
			      "--no-write-fetch-head",
			      "--recurse-submodules=no",
			      "--filter=blob:none",
			      "--stdin",
			      "--",
			      remote,
			      NULL};
	int rc;

	run->input = ids;
	rc = rel_git_run_ok(run, args, err);
	run->input = (struct rel_str){NULL, 0};
	return rc ? fail_fetch(remote, err) : 0;
}

int rel_git_worktree_complete(size_t *fetched,
			      struct rel_git_worktree *checkout,
			      const struct rel_git_id *commit,
			      const struct rel_git_fetch_options *options,
			      struct rel_error *err)
{
	struct rel_buf remote, missing;
	char id[REL_GIT_ID_TEXT];
	struct rel_git_run run;
	size_t before = 0;
	int rc;

	*fetched = 0;
	/* A checkout of another user names no remote that git is to run. */
	if (checkout->place.foreign ||
	    !rel_git_store_is_partial(checkout->store))
		return 0;
	rel_buf_init(&remote, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&missing, REL_LIMIT_GIT_REFS_BYTES);
	rel_git_worktree_run_init(&run, checkout, options,
				  REL_LIMIT_GIT_REFS_BYTES);
	run.what = "cannot complete the clone";
	rel_git_id_format(id, commit);
	rc = find_remote(&remote, &run, err);
	for (unsigned i = 0; rc > 0 && i < ROUNDS; i++) {
		rc = list_missing(&missing, &run, id, err);
		/* the same again: the remote does not have it either */
		if (rc < 0 || missing.len == 0 || missing.len == before)
			break;
		before = missing.len;
		*fetched += missing.len / (2 * REL_GIT_ID_BYTES + 1);
		rc =
		    fetch_objects(&run, remote.ptr, rel_buf_str(&missing), err);
		if (rc == 0)
			rc = rel_git_store_refresh(checkout->store, err);
		rc = rc ? rc : 1;
	}
	rel_git_run_free(&run);
	rel_buf_free(&missing);
	rel_buf_free(&remote);
	return rc < 0 ? rc : 1;
}
