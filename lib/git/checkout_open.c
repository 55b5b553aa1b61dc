/* Finding the checkout that a directory is in. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "git/checkout_internal.h"
#include "git/internal.h"
#include "git/user.h"

static bool says(const struct rel_git_run *run, const char *phrase)
{
	return run->complaint.len > 0 && strstr(run->complaint.ptr, phrase);
}

/* In a work tree at all? */
static int ask_inside(struct rel_git_run *run, const char *dir,
		      struct rel_error *err)
{
	const char *args[] = {"rev-parse", "--is-inside-work-tree", NULL};
	int r = rel_git_run(run, args, err);

	if (r < 0)
		return r;
	if (run->status != 0 && says(run, "not a git repository"))
		r = rel_fail(err, REL_ENOTFOUND,
			     "is not in a checkout of a git repository");
	else if (run->status != 0)
		r = rel_git_run_fail(run, err);
	else if (!rel_str_is(rel_str_trim(rel_buf_str(&run->out)), "true"))
		r = rel_fail(err, REL_EUSAGE,
			     "has no work tree; go to a checkout of it");
	if (r < 0)
		rel_error_at(err, dir, 0, 0);
	return r;
}

/* Absolute, of a path that git gave relative to `dir` or absolute. */
static char *resolve(const char *dir, struct rel_str path)
{
	char *text = NULL, *full;

	if (asprintf(&text, "%s%s%.*s",
		     path.len > 0 && path.ptr[0] == '/' ? "" : dir,
		     path.len > 0 && path.ptr[0] == '/' ? "" : "/",
		     REL_STR_ARG(path)) < 0)
		return NULL;
	full = realpath(text, NULL);
	free(text);
	return full;
}

static int ask_places(struct rel_git_checkout *checkout,
		      struct rel_git_run *run, const char *dir,
		      struct rel_error *err)
{
	const char *args[] = {"rev-parse",	    "--show-toplevel",
			      "--absolute-git-dir", "--git-common-dir",
			      "--show-prefix",	    NULL};
	struct rel_str rest, prefix;
	int r = rel_git_run_ok(run, args, err);

	if (r < 0)
		return r;
	rest = rel_buf_str(&run->out);
	checkout->root = resolve(dir, rel_str_cut(&rest, '\n'));
	checkout->git_dir = resolve(dir, rel_str_cut(&rest, '\n'));
	checkout->common_dir = resolve(dir, rel_str_cut(&rest, '\n'));
	prefix = rel_str_cut(&rest, '\n');
	if (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	checkout->prefix = strndup(prefix.ptr ? prefix.ptr : "", prefix.len);
	if (checkout->prefix == NULL)
		return rel_fail_nomem(err);
	if (checkout->root == NULL || checkout->git_dir == NULL ||
	    checkout->common_dir == NULL) {
		r = rel_fail(err, REL_EIO,
			     "has a place that cannot be found again");
		rel_error_at(err, dir, 0, 0);
	}
	return r;
}

static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/' || len == 1);
}

/* ".git" of the checkout that `path` is in, looked for no higher than `top`;
 * `path` becomes the root. */
static char *find_below(char *path, const char *top)
{
	struct stat st;

	while (is_below(path, top)) {
		char *slash = strrchr(path, '/'), *git = NULL;

		if (asprintf(&git, "%s/.git", path) < 0)
			return NULL;
		if (lstat(git, &st) == 0)
			return git;
		free(git);
		if (slash == NULL || slash == path)
			return NULL;
		*slash = '\0';
	}
	return NULL;
}

static int open_places(struct rel_git_checkout *checkout,
		       struct rel_git_run *run, const char *dir,
		       struct rel_error *err)
{
	int r;

	run->cwd = dir;
	r = ask_inside(run, dir, err);
	if (r == 0)
		r = ask_places(checkout, run, dir, err);
	return r;
}

/* As open_places(), with the repository named where that is allowed. */
static int open_trusted(struct rel_git_checkout *checkout,
			struct rel_git_run *run, const char *dir,
			const char *trusted, struct rel_error *err)
{
	char *path = realpath(dir, NULL), *top = realpath(trusted, NULL);
	char *root = path ? strdup(path) : NULL;
	char *git = root && top ? find_below(root, top) : NULL;
	int r;

	checkout->named = git != NULL;
	run->git_dir = git;
	r = open_places(checkout, run, git ? root : dir, err);
	if (r == 0 && git && strlen(path) > strlen(root)) {
		free(checkout->prefix);
		checkout->prefix = strdup(path + strlen(root) + 1);
		r = checkout->prefix ? 0 : rel_fail_nomem(err);
	}
	run->git_dir = NULL;
	free(git);
	free(root);
	free(top);
	free(path);
	return r;
}

int rel_git_checkout_open(struct rel_git_checkout **out, const char *dir,
			  const char *trusted, struct rel_error *err)
{
	struct rel_git_checkout *checkout = calloc(1, sizeof(*checkout));
	struct rel_git_run run;
	int r;

	*out = NULL;
	if (checkout == NULL)
		return rel_fail_nomem(err);
	rel_git_run_init(&run, NULL, REL_LIMIT_GIT_PATH_BYTES);
	run.clean = dir;
	run.what = "cannot look at the checkout";
	r = rel_git_program_need("cannot look at the checkout", err);
	if (r == 0 && trusted)
		r = open_trusted(checkout, &run, dir, trusted, err);
	else if (r == 0)
		r = open_places(checkout, &run, dir, err);
	if (r == 0)
		r = rel_git_store_open(&checkout->store, checkout->git_dir,
				       err);
	rel_git_run_free(&run);
	if (r < 0) {
		rel_git_checkout_free(checkout);
		return r;
	}
	*out = checkout;
	return 0;
}
