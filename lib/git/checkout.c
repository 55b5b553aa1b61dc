/* What state a checkout is in; opening it is in checkout_open.c, commits on it
 * are in edits.c. */
#include "git/checkout.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/checkout_internal.h"
#include "git/internal.h"
#include "git/run.h"
#include "git/user.h"

void rel_git_checkout_free(struct rel_git_checkout *checkout)
{
	if (checkout == NULL)
		return;
	if (!checkout->foreign)
		rel_git_store_free(checkout->store);
	rel_git_scratch_close(&checkout->scratch);
	free(checkout->root);
	free(checkout->prefix);
	free(checkout->git_dir);
	free(checkout->common_dir);
	free(checkout);
}

const char *rel_git_checkout_root(const struct rel_git_checkout *checkout)
{
	return checkout->root;
}

const char *rel_git_checkout_prefix(const struct rel_git_checkout *checkout)
{
	return checkout->prefix;
}

const char *rel_git_checkout_git_dir(const struct rel_git_checkout *checkout)
{
	return checkout->git_dir;
}

const char *rel_git_checkout_common_dir(const struct rel_git_checkout *checkout)
{
	return checkout->common_dir;
}

struct rel_git_store *rel_git_checkout_store(struct rel_git_checkout *checkout)
{
	return checkout->store;
}

void rel_git_checkout_run_init(struct rel_git_run *run,
			       const struct rel_git_checkout *checkout,
			       const struct rel_git_fetch_options *options,
			       size_t out_max)
{
	rel_git_run_init(run, options, out_max);
	if (checkout->foreign) {
		run->git_dir = checkout->store->path;
		run->work_tree = checkout->root;
		run->made = true;
	}
	run->cwd = checkout->root;
	run->clean = checkout->root;
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

static const char *busy_with(const struct rel_git_checkout *checkout)
{
	static const char *const signs[][2] = {
	    {"MERGE_HEAD", "merge"},	{"rebase-merge", "rebase"},
	    {"rebase-apply", "rebase"}, {"CHERRY_PICK_HEAD", "cherry-pick"},
	    {"REVERT_HEAD", "revert"},	{"BISECT_LOG", "bisect"}};
	struct stat st;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		char *path = NULL;
		bool there;

		if (asprintf(&path, "%s/%s", checkout->git_dir, signs[i][0]) <
		    0)
			return NULL;
		there = stat(path, &st) == 0;
		free(path);
		if (there)
			return signs[i][1];
	}
	return NULL;
}

static int read_head(struct rel_git_head *out,
		     struct rel_git_checkout *checkout, struct rel_error *err)
{
	git_reference *head = NULL;
	bool failed = false;
	int r = git_reference_lookup(&head, checkout->store->repo, "HEAD");

	if (r < 0) {
		rel_git_library_fail(err, r, "cannot read HEAD");
		rel_error_at(err, checkout->git_dir, 0, 0);
		return REL_EIO;
	}
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC)
		out->branch = copy(
		    rel_str_of(git_reference_symbolic_target(head)), &failed);
	git_reference_free(head);
	if (failed)
		return rel_fail_nomem(err);
	r = rel_git_ref_read(&out->commit, checkout->store, "HEAD", err);
	out->unborn = r == 0;
	return r < 0 ? r : 0;
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
	int r = rel_git_run_ok(run, args, err);

	if (r < 0)
		return r;
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
	int r = rel_git_run_ok(run, args, err);

	if (r < 0)
		return r;
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
	int r = 0;

	if (out->branch != NULL)
		r = ask_branch(run, out->branch, parts, err);
	if (r < 0)
		return r;
	out->remote = copy(parts[0].len > 0 ? parts[0] : parts[1], &failed);
	if (out->branch != NULL && out->remote != NULL &&
	    rel_str_is(parts[1], out->remote) && parts[2].len > 0)
		out->upstream = copy(parts[2], &failed);
	else if (out->branch != NULL)
		out->upstream = copy(rel_str_of(out->branch), &failed);
	if (failed)
		return rel_fail_nomem(err);
	if (out->remote == NULL)
		r = ask_default(&out->remote, run, err);
	if (r < 0 || out->remote == NULL)
		return r;
	args[4] = out->remote;
	r = rel_git_run(run, args, err);
	if (r < 0)
		return r;
	url = rel_buf_str(&run->out);
	/* A remote may be a URL that stands in the branch's settings. */
	out->url = run->status == 0 ? copy(rel_str_cut(&url, '\n'), &failed)
				    : copy(rel_str_of(out->remote), &failed);
	return failed ? rel_fail_nomem(err) : 0;
}

int rel_git_checkout_head(struct rel_git_head *out,
			  struct rel_git_checkout *checkout,
			  struct rel_error *err)
{
	struct rel_git_run run;
	int r;

	memset(out, 0, sizeof(*out));
	rel_git_checkout_run_init(&run, checkout, NULL, REL_LIMIT_CONFIG_BYTES);
	out->busy = busy_with(checkout);
	r = read_head(out, checkout, err);
	if (r == 0)
		r = fill_remote(out, &run, err);
	rel_git_run_free(&run);
	if (r < 0)
		rel_git_head_free(out);
	return r;
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

int rel_git_checkout_dirty(struct rel_buf *paths, size_t *n,
			   struct rel_git_checkout *checkout,
			   const struct rel_cancel *cancel,
			   struct rel_error *err)
{
	const char *args[] = {"status",
			      "--porcelain=v2",
			      "-z",
			      "--untracked-files=no",
			      "--ignore-submodules=dirty",
			      "--no-renames",
			      NULL};
	const struct rel_git_fetch_options options = {.cancel = cancel};
	struct rel_git_run run;
	struct rel_str rest;
	int r;

	*n = 0;
	rel_git_checkout_run_init(&run, checkout, &options,
				  REL_LIMIT_GIT_REFS_BYTES);
	r = rel_git_run_ok(&run, args, err);
	rest = rel_buf_str(&run.out);
	while (r == 0 && rest.ptr != NULL) {
		struct rel_str path = path_of(rel_str_cut(&rest, '\0'));

		if (path.len == 0)
			continue;
		add_path(paths, path);
		r = rel_buf_status(paths, "changed files", err);
		if (r == 0)
			++*n;
	}
	rel_git_run_free(&run);
	return r;
}

int rel_git_checkout_identity(struct rel_buf *name, struct rel_buf *email,
			      int64_t *seconds, int *offset,
			      struct rel_git_checkout *checkout,
			      enum rel_git_role role, struct rel_error *err)
{
	return rel_git_user_at(name, email, seconds, offset, checkout->root,
			       role == REL_GIT_AUTHOR ? "AUTHOR" : "COMMITTER",
			       err);
}
