#include "release/audit/audit_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"

/* A directory on the way down. */
struct frame {
	const struct frame *up;
	dev_t device;
	ino_t inode;
	unsigned depth;
};

struct walk {
	struct rel_index_items *out;
	const char *root;
	char *real_root;
	const struct rel_cancel *cancel;
	struct rel_error *err;
};

static int fail_at(const struct walk *w, const char *path, const char *what)
{
	rel_fail(w->err, REL_EIO, "%s", what);
	rel_error_at(w->err, path, 0, 0);
	return REL_EIO;
}

static int add(struct walk *w, const char *path, const struct stat *st)
{
	struct rel_index_items *out = w->out;
	int rc =
	    rel_array_reserve(&out->items, &out->cap, (uint64_t)out->count + 1,
			      sizeof(*out->items));

	if (rc)
		return rel_fail_nomem(w->err);
	if (out->count >= REL_LIMIT_INDEX_MEMBERS)
		return rel_fail(w->err, REL_ELIMIT, "more than %u files",
				REL_LIMIT_INDEX_MEMBERS);
	out->items[out->count++] = (struct rel_index_item){
	    .path = path,
	    .directory = S_ISDIR(st->st_mode),
	    .executable = S_ISREG(st->st_mode) && (st->st_mode & S_IXUSR)};
	return 0;
}

/* A link that is followed stays inside the root. */
static int check_link(const struct walk *w, const char *full)
{
	char *real = realpath(full, NULL);
	size_t n = strlen(w->real_root);
	bool inside = real && strncmp(real, w->real_root, n) == 0 &&
		      (real[n] == '/' || real[n] == '\0');
	int rc = 0;

	if (!real)
		rc = rel_fail_errno(w->err, errno, full,
				    "cannot follow the link");
	else if (!inside && strcmp(w->real_root, "/") != 0)
		rc = fail_at(w, full,
			     "a symbolic link leads out of the repository; "
			     "put the file there instead");
	free(real);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* opam's --exclude=.git* */
static bool is_hidden(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strncmp(name, ".git", 4) == 0 ||
	       (strncmp(name, ".relctl-", 8) == 0 &&
		rel_str_ends(rel_str_of(name), REL_STR(".tmp")));
}

static int list(char ***out, uint32_t *n, const struct walk *w,
		const char *full)
{
	DIR *handle = opendir(full);
	struct dirent *entry;
	uint32_t cap = 0;
	int rc = 0;

	*out = NULL;
	*n = 0;
	if (!handle)
		return rel_fail_errno(w->err, errno, full, "cannot read");
	while (rc == 0 && (errno = 0, entry = readdir(handle)) != NULL) {
		if (is_hidden(entry->d_name))
			continue;
		rc = rel_array_reserve(out, &cap, (uint64_t)*n + 1,
				       sizeof(**out));
		if (rc == 0)
			(*out)[*n] = strdup(entry->d_name);
		if (rc || !(*out)[*n])
			rc = rel_fail_nomem(w->err);
		else
			(*n)++;
	}
	if (rc == 0 && errno != 0)
		rc = rel_fail_errno(w->err, errno, full, "cannot read");
	closedir(handle);
	if (*n > 1)
		qsort(*out, *n, sizeof(**out), by_name);
	return rc;
}

static int visit(struct walk *w, const struct frame *up, const char *path);

static int visit_dir(struct walk *w, const struct frame *up, const char *path,
		     const char *full, const struct stat *st)
{
	struct frame frame = {up, st->st_dev, st->st_ino,
			      up ? up->depth + 1 : 0};
	char **names = NULL;
	uint32_t n = 0;
	int rc;

	for (const struct frame *f = up; f; f = f->up)
		if (f->inode == frame.inode && f->device == frame.device)
			return fail_at(w, full,
				       "a symbolic link leads in a circle");
	if (frame.depth > REL_LIMIT_TREE_DEPTH)
		return rel_fail(w->err, REL_ELIMIT, "%s: nested too deep",
				full);
	rc = list(&names, &n, w, full);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		struct rel_buf child;
		const char *kept = NULL;

		rel_buf_init(&child, REL_LIMIT_GIT_PATH_BYTES);
		rel_path_join(&child, rel_str_of(path), rel_str_of(names[i]));
		rc = rel_buf_status(&child, "path", w->err);
		if (rc == 0)
			kept =
			    rel_arena_copy(w->out->arena, rel_buf_str(&child));
		if (rc == 0 && !kept)
			rc = rel_fail_nomem(w->err);
		rel_buf_free(&child);
		if (rc == 0)
			rc = visit(w, &frame, kept);
	}
	free_names(names, n);
	return rc;
}

/* `path` lives in the arena. */
static int visit(struct walk *w, const struct frame *up, const char *path)
{
	struct stat st;
	char *full = NULL;
	int rc = 0;

	if (rel_cancelled(w->cancel))
		return rel_fail_cancelled(w->err);
	if (asprintf(&full, "%s/%s", w->root, path) < 0)
		return rel_fail_nomem(w->err);
	if (lstat(full, &st) != 0)
		rc = rel_fail_errno(w->err, errno, full, "cannot look at");
	if (rc == 0 && S_ISLNK(st.st_mode)) {
		rc = check_link(w, full);
		if (rc == 0 && stat(full, &st) != 0)
			rc = rel_fail_errno(w->err, errno, full,
					    "cannot follow the link");
	}
	if (rc == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		rc = fail_at(w, full, "neither a file nor a directory");
	if (rc == 0)
		rc = add(w, path, &st);
	if (rc == 0 && S_ISDIR(st.st_mode))
		rc = visit_dir(w, up, path, full, &st);
	free(full);
	return rc;
}

int rel_index_walk(struct rel_index_items *out, const char *root,
		   const char *name, const struct rel_cancel *cancel,
		   struct rel_error *err)
{
	struct walk w = {out, root, realpath(root, NULL), cancel, err};
	struct stat st;
	char *full = NULL;
	int rc = 0;

	if (!w.real_root)
		return rel_fail_errno(err, errno, root, "cannot look at");
	if (asprintf(&full, "%s/%s", root, name) < 0) {
		full = NULL;
		rc = rel_fail_nomem(err);
	} else if (lstat(full, &st) == 0) {
		rc = visit(&w, NULL, name);
	} else if (errno != ENOENT) {
		rc = rel_fail_errno(err, errno, full, "cannot look at");
	}
	free(full);
	free(w.real_root);
	return rc;
}
