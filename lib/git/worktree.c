/* Finding the checkout that a directory is in, and its state; commits on it are
 * in worktree_commit.c. */
#include "git/worktree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"
#include "git/run.h"

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
	int rc;

	rel_git_run_init(&run, NULL, REL_LIMIT_GIT_PATH_BYTES);
	run.cwd = root;
	run.clean = root;
	run.what = "cannot look at the checkout";
	rc = rel_git_run_ok(&run, args, err);
	if (rc == 0 && !rel_str_is(rel_str_trim(rel_buf_str(&run.out)), "true"))
		rc = rel_fail(err, REL_EUSAGE,
			      "has no work tree; go to a checkout of it");
	if (rc < 0)
		rel_error_at(err, root, 0, 0);
	rel_git_run_free(&run);
	return rc;
}

/* In a repository of ours that shows what that of another user has. */
static int open_foreign(struct rel_git_worktree *checkout,
			struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int rc = rel_git_place_check(&checkout->place, err);

	if (rc == 0)
		rc = rel_git_store_open(&store, checkout->place.root, err);
	if (rc == 0)
		rc = rel_git_scratch_open(&checkout->scratch, NULL, err);
	if (rc == 0)
		rc = rel_git_scratch_view(&checkout->scratch, &checkout->place,
					  store, err);
	checkout->store = checkout->scratch.store;
	rel_git_store_free(store);
	return rc;
}

static int open_place(struct rel_git_worktree *checkout, const char *trusted,
		      struct rel_error *err)
{
	const struct rel_git_place *place = &checkout->place;
	int rc;

	if (place->foreign == NULL) {
		rc = ask_git(place->root, err);
		return rc < 0 ? rc
			      : rel_git_store_open(&checkout->store,
						   place->git_dir, err);
	}
	return trusted && is_below(place->root, trusted)
		   ? open_foreign(checkout, err)
		   : rel_git_place_fail(place, err);
}

int rel_git_worktree_open(struct rel_git_worktree **out, const char *dir,
			  const char *trusted, struct rel_error *err)
{
	struct rel_git_worktree *checkout = calloc(1, sizeof(*checkout));
	int rc;

	*out = NULL;
	if (checkout == NULL)
		return rel_fail_nomem(err);
	checkout->scratch.lock.fd = -1;
	rc = rel_git_place_find(&checkout->place, dir, err);
	if (rc == 0 && checkout->place.root == NULL)
		rc = rel_fail(err, REL_EUSAGE,
			      "has no work tree; go to a checkout of it");
	if (rc == 0)
		rc = open_place(checkout, trusted, err);
	if (rc < 0) {
		rel_git_worktree_free(checkout);
		return rc;
	}
	*out = checkout;
	return 0;
}

void rel_git_worktree_free(struct rel_git_worktree *checkout)
{
	if (checkout == NULL)
		return;
	if (!checkout->place.foreign)
		rel_git_store_free(checkout->store);
	rel_git_scratch_close(&checkout->scratch);
	rel_git_place_free(&checkout->place);
	free(checkout);
}

const char *rel_git_worktree_root(const struct rel_git_worktree *checkout)
{
	return checkout->place.root;
}

const char *rel_git_worktree_git_dir(const struct rel_git_worktree *checkout)
{
	return checkout->place.git_dir;
}

const char *rel_git_worktree_common_dir(const struct rel_git_worktree *checkout)
{
	return checkout->place.common_dir;
}

struct rel_git_store *rel_git_worktree_store(struct rel_git_worktree *checkout)
{
	return checkout->store;
}

void rel_git_worktree_run_init(struct rel_git_run *run,
			       const struct rel_git_worktree *checkout,
			       const struct rel_git_fetch_options *options,
			       size_t out_max)
{
	rel_git_run_init(run, options, out_max);
	if (checkout->place.foreign) {
		run->git_dir = checkout->store->path;
		run->work_tree = checkout->place.root;
		run->made = true;
	}
	run->cwd = checkout->place.root;
	run->clean = checkout->place.root;
	run->what = "git refuses";
}

/* A copy for the caller; NULL for an empty text or when out of memory, which
 * *failed tells. */
static char *copy(struct rel_str text, bool *failed)
{
	char *out = text.len > 0 ? strndup(text.ptr, text.len) : NULL;

	if (text.len > 0 && out == NULL)
		*failed = true;
	return out;
}

static const char *busy_with(const struct rel_git_worktree *checkout)
{
	static const char *const signs[][2] = {
	    {"MERGE_HEAD", "merge"},	{"rebase-merge", "rebase"},
	    {"rebase-apply", "rebase"}, {"CHERRY_PICK_HEAD", "cherry-pick"},
	    {"REVERT_HEAD", "revert"},	{"BISECT_LOG", "bisect"}};
	struct stat st;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		char *path = NULL;
		bool there;

		if (asprintf(&path, "%s/%s", checkout->place.git_dir,
			     signs[i][0]) < 0)
			return NULL;
		there = stat(path, &st) == 0;
		free(path);
		if (there)
			return signs[i][1];
	}
	return NULL;
}

static int read_head(struct rel_git_head *out,
		     struct rel_git_worktree *checkout, struct rel_error *err)
{
	git_reference *head = NULL;
	bool failed = false;
	int rc = git_reference_lookup(&head, checkout->store->repo, "HEAD");

	if (rc < 0) {
		rel_git_library_fail(err, rc, "cannot read HEAD");
		rel_error_at(err, checkout->place.git_dir, 0, 0);
		return REL_EIO;
	}
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC)
		out->branch = copy(
		    rel_str_of(git_reference_symbolic_target(head)), &failed);
	git_reference_free(head);
	if (failed)
		return rel_fail_nomem(err);
	rc = rel_git_ref_read(&out->commit, checkout->store, "HEAD", err);
	out->unborn = rc == 0;
	return rc < 0 ? rc : 0;
}

/* What the branch's own settings say: push remote, upstream's remote and
 * branch there. */
static int ask_branch(struct rel_git_run *run, const char *branch,
		      struct rel_str parts[3], struct rel_error *err)
{
	static const char format[] =
	    "--format=%(push:remotename)%00"
	    "%(upstream:remotename)%00%(upstream:remoteref)";
	const char *args[] = {"for-each-ref", format, "--count=1", branch,
			      NULL};
	struct rel_str rest;
	int rc = rel_git_run_ok(run, args, err);

	if (rc < 0)
		return rc;
	rest = rel_str_trim(rel_buf_str(&run->out));
	for (size_t i = 0; i < 3; i++) {
		parts[i] = rest.ptr ? rel_str_cut(&rest, '\0') : REL_STR("");
		/* The repository itself, for a branch that follows another. */
		if (rel_str_is(parts[i], "."))
			parts[i] = REL_STR("");
	}
	return 0;
}

/* "origin", or the only one. */
static int ask_default(char **remote, struct rel_git_run *run,
		       struct rel_error *err)
{
	const char *args[] = {"remote", NULL};
	struct rel_str rest, line, chosen = {"", 0};
	bool failed = false;
	size_t n = 0;
	int rc = rel_git_run_ok(run, args, err);

	if (rc < 0)
		return rc;
	rest = rel_buf_str(&run->out);
	while (rest.ptr != NULL) {
		line = rel_str_cut(&rest, '\n');
		if (line.len == 0)
			continue;
		n++;
		if (n == 1 || rel_str_is(line, "origin"))
			chosen = line;
	}
	if (n > 1 && !rel_str_is(chosen, "origin"))
		chosen = REL_STR("");
	*remote = copy(chosen, &failed);
	return failed ? rel_fail_nomem(err) : 0;
}

static int fill_remote(struct rel_git_head *out, struct rel_git_run *run,
		       struct rel_error *err)
{
	const char *args[] = {"remote", "get-url", "--push", "--", NULL, NULL};
	struct rel_str parts[3] = {{"", 0}, {"", 0}, {"", 0}}, url;
	bool failed = false;
	int rc = 0;

	if (out->branch != NULL)
		rc = ask_branch(run, out->branch, parts, err);
	if (rc < 0)
		return rc;
	out->remote = copy(parts[0].len > 0 ? parts[0] : parts[1], &failed);
	if (out->branch != NULL && out->remote != NULL &&
	    rel_str_is(parts[1], out->remote) && parts[2].len > 0)
		out->upstream = copy(parts[2], &failed);
	else if (out->branch != NULL)
		out->upstream = copy(rel_str_of(out->branch), &failed);
	if (failed)
		return rel_fail_nomem(err);
	if (out->remote == NULL)
		rc = ask_default(&out->remote, run, err);
	if (rc < 0 || out->remote == NULL)
		return rc;
	args[4] = out->remote;
	rc = rel_git_run(run, args, err);
	if (rc < 0)
		return rc;
	url = rel_buf_str(&run->out);
	/* A remote may be a URL that stands in the branch's settings. */
	out->url = run->status == 0 ? copy(rel_str_cut(&url, '\n'), &failed)
				    : copy(rel_str_of(out->remote), &failed);
	return failed ? rel_fail_nomem(err) : 0;
}

int rel_git_worktree_head(struct rel_git_head *out,
			  struct rel_git_worktree *checkout,
			  struct rel_error *err)
{
	struct rel_git_run run;
	int rc;

	memset(out, 0, sizeof(*out));
	rel_git_worktree_run_init(&run, checkout, NULL, REL_LIMIT_CONFIG_BYTES);
	out->busy = busy_with(checkout);
	rc = read_head(out, checkout, err);
	if (rc == 0)
		rc = fill_remote(out, &run, err);
	rel_git_run_free(&run);
	if (rc < 0)
		rel_git_head_free(out);
	return rc;
}

void rel_git_head_free(struct rel_git_head *head)
{
	free(head->branch);
	free(head->remote);
	free(head->url);
	free(head->upstream);
	memset(head, 0, sizeof(*head));
}

/* The path of one entry of git-status(1), "Porcelain Format Version 2". */
static struct rel_str path_of(struct rel_str entry)
{
	unsigned fields = entry.len > 0 && entry.ptr[0] == 'u' ? 10 : 8;

	if (entry.len == 0 || !strchr("1u", entry.ptr[0]))
		return REL_STR("");
	while (fields-- > 0)
		rel_str_cut(&entry, ' ');
	return entry.ptr ? entry : REL_STR("");
}

static void add_path(struct rel_buf *out, struct rel_str path)
{
	size_t at = 0;

	while (at < path.len) {
		uint32_t rune;
		size_t len = rel_str_rune(path, at, &rune);

		if (rune == REL_STR_NO_RUNE || rel_rune_is_control(rune))
			rel_buf_add_char(out, '?');
		else
			rel_buf_add(out, path.ptr + at, len);
		at += len;
	}
	rel_buf_add_char(out, '\n');
}

/* git-status(1) of `path`, with or without untracked files: entries in
 * run->out, a NUL behind each. */
static int status(struct rel_git_run *run, bool untracked, const char *path,
		  struct rel_error *err)
{
	const char *args[] = {"status",
			      "--porcelain=v2",
			      "-z",
			      untracked ? "--untracked-files=all"
					: "--untracked-files=no",
			      "--ignore-submodules=dirty",
			      "--no-renames",
			      path ? "--" : NULL,
			      path,
			      NULL};

	return rel_git_run_ok(run, args, err);
}

int rel_git_worktree_dirty(struct rel_buf *paths, size_t *n,
			   struct rel_git_worktree *checkout,
			   const struct rel_cancel *cancel,
			   struct rel_error *err)
{
	const struct rel_git_fetch_options options = {.cancel = cancel};
	struct rel_git_run run;
	struct rel_str rest;
	int rc;

	*n = 0;
	rel_git_worktree_run_init(&run, checkout, &options,
				  REL_LIMIT_GIT_REFS_BYTES);
	rc = status(&run, false, NULL, err);
	rest = rel_buf_str(&run.out);
	while (rc == 0 && rest.ptr != NULL) {
		struct rel_str path = path_of(rel_str_cut(&rest, '\0'));

		if (path.len == 0)
			continue;
		add_path(paths, path);
		rc = rel_buf_status(paths, "changed files", err);
		if (rc == 0)
			++*n;
	}
	rel_git_run_free(&run);
	return rc;
}

int rel_git_worktree_changes(size_t *n, struct rel_git_worktree *checkout,
			     const char *path, const struct rel_cancel *cancel,
			     struct rel_error *err)
{
	const struct rel_git_fetch_options options = {.cancel = cancel};
	struct rel_git_run run;
	struct rel_str rest;
	int rc;

	*n = 0;
	rel_git_worktree_run_init(&run, checkout, &options,
				  REL_LIMIT_GIT_REFS_BYTES);
	rc = status(&run, true, path, err);
	rest = rel_buf_str(&run.out);
	while (rc == 0 && rest.ptr != NULL) {
		struct rel_str entry = rel_str_cut(&rest, '\0');

		*n += entry.len > 0 && strchr("1u?", entry.ptr[0]) != NULL;
	}
	rel_git_run_free(&run);
	return rc;
}

int rel_git_worktree_identity(struct rel_buf *name, struct rel_buf *email,
			      int64_t *seconds, int *offset,
			      struct rel_git_worktree *checkout,
			      enum rel_git_role role, struct rel_error *err)
{
	return rel_git_user_at(
	    name, email, seconds, offset, checkout->place.root,
	    role == REL_GIT_AUTHOR ? "AUTHOR" : "COMMITTER", err);
}
