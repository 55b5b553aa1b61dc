#include "repo/repo_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

int rel_change_dir_path(struct rel_buf *out, const struct rel_change_dir *dir,
			const char *path, struct rel_error *err)
{
	int rc;

	rel_path_join(out, rel_str_of(dir->root), rel_str_of(path));
	rc = rel_buf_status(out, "path", err);
	return rc ? rc : rel_check_below(dir->root, path, err);
}

static int exists(bool *out, void *self, const char *path,
		  struct rel_error *err)
{
	struct rel_buf full;
	struct stat st;
	int rc;

	rel_buf_init(&full, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_change_dir_path(&full, self, path, err);
	if (rc == 0 && lstat(full.ptr, &st) == 0)
		*out = true;
	else if (rc == 0 && errno != ENOENT && errno != ENOTDIR)
		rc = rel_fail_errno(err, errno, full.ptr, "cannot look at");
	rel_buf_free(&full);
	return rc;
}

/* The nearest that exists above `path` must be a directory to write into. */
static int ready(void *self, const char *path, struct rel_error *err)
{
	struct rel_buf full;
	struct stat st;
	char *slash;
	int rc;

	rel_buf_init(&full, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_change_dir_path(&full, self, path, err);
	while (rc == 0 && (slash = strrchr(full.ptr, '/')) != NULL) {
		slash[slash == full.ptr] = '\0';
		if (stat(full.ptr, &st) != 0 && errno == ENOENT)
			continue;
		if (access(full.ptr, W_OK | X_OK) != 0)
			rc = rel_fail_errno(err, errno, full.ptr,
					    "cannot write to it");
		else if (!S_ISDIR(st.st_mode))
			rc = rel_fail_errno(err, ENOTDIR, full.ptr,
					    "cannot write to it");
		break;
	}
	rel_buf_free(&full);
	return rc;
}

static int stream(uint64_t *size, void *self, const char *path,
		  const struct rel_sink *sink, struct rel_error *err)
{
	const struct rel_change_dir *dir = self;
	struct rel_buf full;
	struct stat st;
	int fd = -1, rc;

	rel_buf_init(&full, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_change_dir_path(&full, dir, path, err);
	if (rc == 0) {
		fd = open(full.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY |
					O_NONBLOCK | O_NOFOLLOW);
		if (fd < 0)
			rc = rel_fail_errno(err,
					    errno == ENOTDIR ? ENOENT : errno,
					    full.ptr, "cannot open");
	}
	if (rc == 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		rc = rel_fail(err, REL_EIO, "not a regular file");
		rel_error_at(err, full.ptr, 0, 0);
	}
	if (rc == 0)
		rc = rel_sink_pour(size, sink, fd, full.ptr, dir->cancel, err);
	if (fd >= 0)
		close(fd);
	rel_buf_free(&full);
	return rc;
}

static const char *nothing(const void *self)
{
	(void)self;
	return "";
}

static int refresh(void *self, struct rel_error *err)
{
	(void)self;
	(void)err;
	return 0;
}

static int apply(struct rel_change_result *out, struct rel_writable *remote,
		 const struct rel_change *changes, size_t n_changes,
		 const char *message, const struct rel_change_author *author,
		 struct rel_error *err)
{
	(void)message;
	(void)author;
	return rel_change_dir_apply(out, remote, changes, n_changes, err);
}

static void release(void *self)
{
	struct rel_change_dir *dir = self;

	free(dir->root);
	free(dir);
}

static const struct rel_writable_kind kind = {.is_git = false,
					      .tip = nothing,
					      .branch = nothing,
					      .refresh = refresh,
					      .exists = exists,
					      .ready = ready,
					      .stream = stream,
					      .apply = apply,
					      .release = release};

/* The root is there, or its parent is. */
static int check_root(const char *root, struct rel_error *err)
{
	char *parent = strdup(root), *slash;
	struct stat st;
	int rc = 0;

	if (!parent)
		return rel_fail_nomem(err);
	if (stat(root, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rc = rel_fail_errno(err, ENOTDIR, root, "cannot write");
	} else {
		slash = strrchr(parent, '/');
		if (slash)
			*(slash == parent ? slash + 1 : slash) = '\0';
		if (stat(slash ? parent : ".", &st) != 0)
			rc = rel_fail_errno(err, errno, root, "cannot write");
	}
	free(parent);
	return rc;
}

int rel_writable_open_dir(struct rel_writable *remote,
			  const struct rel_location *location,
			  const struct rel_writable_options *options,
			  struct rel_error *err)
{
	struct rel_change_dir *dir;
	struct rel_buf root;
	int rc;

	if (options->branch)
		return rel_fail(err, REL_EUSAGE,
				"%s is a plain directory and has no branch "
				"\"%s\"",
				location->text, options->branch);
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return rel_fail_nomem(err);
	rel_buf_init(&root, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_add_cstr(&root, location->url);
	if (location->subdir[0] != '\0')
		rel_buf_printf(&root, "/%s", location->subdir);
	rc = rel_buf_status(&root, "path", err);
	while (root.len > 1 && root.ptr[root.len - 1] == '/')
		root.ptr[--root.len] = '\0';
	dir->root = rel_buf_detach(&root, NULL);
	dir->cancel = options->remote ? options->remote->cancel : NULL;
	remote->kind = &kind;
	remote->self = dir;
	if (rc == 0 && !dir->root)
		rc = rel_fail_nomem(err);
	return rc ? rc : check_root(dir->root, err);
}
