#include "git/git_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/run.h"

void rel_git_place_free(struct rel_git_place *place)
{
	free(place->root);
	free(place->git_dir);
	free(place->common_dir);
	free(place->foreign);
	*place = (struct rel_git_place){0};
}

/* What was found of a place's owners. */
struct owners {
	char *foreign; /* the first that is not the user's own */
	bool nomem;    /* nothing is known */
};

/* Is it missing, or the user's, and what it links to, too?  Notes it when
 * not. */
static bool check(struct owners *owners, const char *path)
{
	struct stat link, st;

	if (owners->foreign != NULL || owners->nomem)
		return false;
	if (lstat(path, &link) != 0)
		return true;
	if (rel_file_is_own(link.st_uid) &&
	    (stat(path, &st) != 0 || rel_file_is_own(st.st_uid)))
		return true;
	owners->foreign = strdup(path);
	owners->nomem = owners->foreign == NULL;
	return false;
}

static bool check_in(struct owners *owners, const char *dir, const char *name)
{
	char *path = NULL;
	bool fine;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		owners->nomem = true;
		return false;
	}
	fine = check(owners, path);
	free(path);
	return fine;
}

/* A directory and what is in it, one level. */
static void check_level(struct owners *owners, const char *dir,
			const char *name)
{
	struct dirent *entry;
	char *path = NULL;
	DIR *handle;

	if (asprintf(&path, "%s%s%s", dir, *name ? "/" : "", name) < 0) {
		owners->nomem = true;
		return;
	}
	handle = check(owners, path) ? opendir(path) : NULL;
	while (handle != NULL && (entry = readdir(handle)) != NULL)
		if (strcmp(entry->d_name, "..") != 0 &&
		    !check_in(owners, path, entry->d_name))
			break;
	if (handle != NULL)
		closedir(handle);
	free(path);
}

/* Does the user's own git know the place as safe?
 * Source: git-config(1), safe.directory. */
static bool is_safe(const struct rel_git_place *place, struct rel_error *err)
{
	const char *args[] = {"config", "--null", "--get-all", "safe.directory",
			      NULL};
	const char *root = place->root ? place->root : place->git_dir;
	struct rel_git_run run;
	struct rel_str rest;
	bool safe = false;

	rel_git_run_init_nowhere(&run, "cannot read git's configuration",
				 REL_LIMIT_CONFIG_BYTES);
	if (rel_git_run(&run, args, err) < 0 || run.status != 0) {
		rel_git_run_free(&run);
		return false;
	}
	rest = rel_buf_str(&run.out);
	while (rest.ptr != NULL && rest.len > 0) {
		struct rel_str value = rel_str_cut(&rest, '\0');
		bool tree = rel_str_ends(value, REL_STR("/*"));

		/* An empty one forgets those before it. */
		if (value.len == 0)
			safe = false;
		else if (rel_str_is(value, "*") || rel_str_is(value, root))
			safe = true;
		else if (tree && strncmp(root, value.ptr, value.len - 1) == 0)
			safe = true;
	}
	rel_git_run_free(&run);
	return safe;
}

/* All of a git directory that could name a program, or lead elsewhere. */
static void check_git_dir(struct owners *owners, const char *dir)
{
	check_level(owners, dir, "");
	check_level(owners, dir, "hooks");
	check_level(owners, dir, "info");
	check_level(owners, dir, "objects");
	check_level(owners, dir, "objects/info");
	check_level(owners, dir, "objects/pack");
}

static int look_at_owners(struct rel_git_place *place, struct rel_error *err)
{
	struct owners owners = {0};

	if (place->root != NULL) {
		check(&owners, place->root);
		check_in(&owners, place->root, ".git");
	}
	check_git_dir(&owners, place->git_dir);
	if (strcmp(place->git_dir, place->common_dir) != 0)
		check_git_dir(&owners, place->common_dir);
	if (owners.nomem) {
		free(owners.foreign);
		return rel_fail_nomem(err);
	}
	if (owners.foreign != NULL && is_safe(place, NULL)) {
		free(owners.foreign);
		owners.foreign = NULL;
	}
	place->foreign = owners.foreign;
	return 0;
}

/* The path that the file `name` of `dir` holds behind `prefix`, resolved.
 * *out    NULL when there is no such file */
static int follow(char **out, const char *dir, const char *name,
		  const char *prefix, struct rel_error *err)
{
	char *file = NULL, *path = NULL;
	struct rel_buf text;
	struct rel_str target;
	int rc;

	*out = NULL;
	if (asprintf(&file, "%s/%s", dir, name) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_file_read(&text, file, err);
	target = rel_str_trim(rel_buf_str(&text));
	if (rc == 0 && rel_str_starts(target, rel_str_of(prefix))) {
		target = rel_str_trim(
		    rel_str_sub(target, strlen(prefix), target.len));
		if (asprintf(&path, "%s%s%.*s",
			     rel_str_starts(target, REL_STR("/")) ? "" : dir,
			     rel_str_starts(target, REL_STR("/")) ? "" : "/",
			     REL_STR_ARG(target)) < 0)
			path = NULL;
		*out = path ? realpath(path, NULL) : NULL;
		free(path);
	}
	if (rc == 0 && *out == NULL) {
		rc = rel_fail(err, REL_EPARSE,
			      "leads to no git directory; look with git fsck");
		rel_error_at(err, file, 0, 0);
	}
	rel_buf_free(&text);
	free(file);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static bool has(const char *dir, const char *name)
{
	char *path = NULL;
	struct stat st;
	bool there;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	there = lstat(path, &st) == 0;
	free(path);
	return there;
}

/* As git's is_git_directory() has it, but for what HEAD holds. */
static bool is_git_dir(const char *dir)
{
	return has(dir, "HEAD") && (has(dir, "commondir") ||
				    (has(dir, "objects") && has(dir, "refs")));
}

/* A work tree?  git passes over a directory .git that is none. */
static bool has_repository(const char *dir)
{
	char *path = NULL;
	struct stat st;
	bool there;

	if (asprintf(&path, "%s/.git", dir) < 0)
		return false;
	there = stat(path, &st) == 0 ? !S_ISDIR(st.st_mode) || is_git_dir(path)
				     : lstat(path, &st) == 0;
	free(path);
	return there;
}

static int take_git_dir(struct rel_git_place *out, const char *dir,
			struct rel_error *err)
{
	int rc;

	out->git_dir = strdup(dir);
	if (out->git_dir == NULL)
		return rel_fail_nomem(err);
	rc = follow(&out->common_dir, dir, "commondir", "", err);
	if (rc == 0 && out->common_dir == NULL)
		out->common_dir = strdup(dir);
	if (rc == 0 && out->common_dir == NULL)
		rc = rel_fail_nomem(err);
	return rc;
}

static int take_root(struct rel_git_place *out, const char *dir,
		     struct rel_error *err)
{
	char *path = NULL, *real = NULL;
	struct stat st;
	int rc = 0;

	out->root = strdup(dir);
	if (out->root == NULL || asprintf(&path, "%s/.git", dir) < 0)
		return rel_fail_nomem(err);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		real = realpath(path, NULL);
	else
		rc = follow(&real, dir, ".git", "gitdir:", err);
	if (rc == 0 && (real == NULL || !is_git_dir(real))) {
		rc = rel_fail(err, REL_EPARSE,
			      "is no git directory; look with git fsck");
		rel_error_at(err, path, 0, 0);
	}
	if (rc == 0)
		rc = take_git_dir(out, real, err);
	free(real);
	free(path);
	return rc;
}

int rel_git_place_locate(struct rel_git_place *out, const char *path,
			 struct rel_error *err)
{
	char *dir = realpath(path, NULL);
	int rc;

	*out = (struct rel_git_place){0};
	if (dir == NULL)
		return rel_fail_errno(err, errno, path, "cannot enter");
	if (has_repository(dir))
		rc = take_root(out, dir, err);
	else if (is_git_dir(dir))
		rc = take_git_dir(out, dir, err);
	else
		rc = rel_fail(err, REL_ENOTFOUND, "not a git repository");
	if (rc == REL_ENOTFOUND)
		rel_error_at(err, path, 0, 0);
	if (rc < 0)
		rel_git_place_free(out);
	free(dir);
	return rc;
}

int rel_git_place_of(struct rel_git_place *out, const char *path,
		     struct rel_error *err)
{
	int rc = rel_git_place_locate(out, path, err);

	if (rc < 0)
		return rc;
	rc = look_at_owners(out, err);
	if (rc < 0)
		rel_git_place_free(out);
	return rc;
}

int rel_git_place_find(struct rel_git_place *out, const char *dir,
		       struct rel_error *err)
{
	char *at = realpath(dir, NULL), *slash;
	int rc = REL_ENOTFOUND;

	*out = (struct rel_git_place){0};
	if (at == NULL)
		return rel_fail_errno(err, errno, dir, "cannot enter");
	for (;;) {
		if (has_repository(at)) {
			rc = take_root(out, at, err);
			if (rc == 0)
				rc = look_at_owners(out, err);
			break;
		}
		if (is_git_dir(at)) {
			rc =
			    rel_fail(err, REL_EUSAGE,
				     "is in a git directory, which has no work "
				     "tree; go to a checkout of it");
			rel_error_at(err, dir, 0, 0);
			break;
		}
		slash = strrchr(at, '/');
		if (slash == NULL || at[1] == '\0') {
			rel_fail(err, REL_ENOTFOUND,
				 "is not in a checkout of a git repository");
			rel_error_at(err, dir, 0, 0);
			break;
		}
		slash[slash == at] = '\0';
	}
	if (rc < 0)
		rel_git_place_free(out);
	free(at);
	return rc;
}

/* Whoever made the checkout may link to what is his, not to what is ours. */
static int check_owner(const struct rel_git_place *place, const char *path,
		       uid_t owner, struct rel_error *err)
{
	const char *root = place->root ? place->root : place->git_dir;
	struct stat st;

	if (rel_path_is_below(path, root))
		return 0;
	if (stat(path, &st) == 0 && st.st_uid == owner)
		return 0;
	rel_fail(err, REL_EIO,
		 "dubious ownership: the checkout belongs to another user, and "
		 "leads to %s, which does not",
		 path);
	rel_error_at(err, root, 0, 0);
	return REL_EIO;
}

int rel_git_place_alternates(const char *objects, rel_git_alternate_fn *each,
			     void *context, struct rel_error *err)
{
	char *file = NULL;
	struct rel_buf text;
	struct rel_str rest;
	int rc;

	if (asprintf(&file, "%s/info/alternates", objects) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_file_read(&text, file, err);
	free(file);
	rest = rc == 0 ? rel_buf_str(&text) : rel_str_n(NULL, 0);
	rc = rc == REL_ENOTFOUND ? 0 : rc;
	while (rc == 0 && rest.ptr != NULL && rest.len > 0) {
		struct rel_str line = rel_str_cut(&rest, '\n');
		bool whole = rel_str_starts(line, REL_STR("/"));
		char *path = NULL;

		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (asprintf(&path, "%s%s%.*s", whole ? "" : objects,
			     whole ? "" : "/", REL_STR_ARG(line)) < 0)
			rc = rel_fail_nomem(err);
		else
			rc = each(context, path, err);
		free(path);
	}
	rel_buf_free(&text);
	return rc;
}

/* What a place borrows must be its owner's, too. */
struct lender {
	const struct rel_git_place *place;
	uid_t owner;
	unsigned depth;
};

static int check_lender(void *context, const char *objects,
			struct rel_error *err)
{
	const struct lender *was = context;
	struct lender next = {was->place, was->owner, was->depth + 1};
	char *real = realpath(objects, NULL);
	int rc;

	if (real == NULL)
		return 0;
	rc = check_owner(next.place, real, next.owner, err);
	/* Deeper ones git and libgit2 do not follow either. */
	if (rc == 0 && next.depth <= REL_LIMIT_GIT_ALTERNATES_DEPTH)
		rc = rel_git_place_alternates(real, check_lender, &next, err);
	free(real);
	return rc;
}

int rel_git_place_check(const struct rel_git_place *place,
			struct rel_error *err)
{
	const char *root = place->root ? place->root : place->git_dir;
	struct lender lender = {.place = place};
	char *objects = NULL, *real;
	struct stat st;
	int rc;

	if (place->foreign == NULL)
		return 0;
	if (stat(root, &st) != 0)
		return rel_fail_errno(err, errno, root, "cannot look at it");
	rc = check_owner(place, place->git_dir, st.st_uid, err);
	if (rc == 0)
		rc = check_owner(place, place->common_dir, st.st_uid, err);
	if (rc < 0)
		return rc;
	if (asprintf(&objects, "%s/objects", place->common_dir) < 0)
		return rel_fail_nomem(err);
	real = realpath(objects, NULL);
	lender.owner = st.st_uid;
	if (real == NULL)
		rc = rel_fail_errno(err, errno, objects, "cannot look at it");
	else
		rc = check_owner(place, real, st.st_uid, err);
	if (rc == 0)
		rc = rel_git_place_alternates(real, check_lender, &lender, err);
	free(real);
	free(objects);
	return rc;
}

int rel_git_place_fail(const struct rel_git_place *place, struct rel_error *err)
{
	const char *root = place->root ? place->root : place->git_dir;

	rel_fail(err, REL_EIO,
		 "dubious ownership: %s belongs to another user, and git would "
		 "run what is configured there; if it is yours, git config "
		 "--global --add safe.directory %s",
		 place->foreign, root);
	rel_error_at(err, root, 0, 0);
	return REL_EIO;
}
