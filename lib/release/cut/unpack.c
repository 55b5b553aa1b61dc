#include "release/cut/cut_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/read.h"
#include "base/file.h"
#include "base/limits.h"

/* Nothing is there yet, and a tree of git has no name twice: whatever is met
 * is not ours. */
static int write_file(const char *path, const struct rel_archive_member *member,
		      struct rel_archive *archive, struct rel_error *err)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 member->mode & 0777);
	struct rel_str chunk;
	int rc;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot create");
	do {
		rc = rel_archive_chunk(&chunk, archive, err);
		if (rc == 1 && rel_file_write_all(fd, chunk.ptr, chunk.len,
						  path, err) != 0)
			rc = REL_EIO;
	} while (rc == 1);
	if (close(fd) != 0 && rc == 0)
		rc = rel_fail_errno(err, errno, path, "cannot write");
	return rc;
}

static int write_link(const char *path, struct rel_str target,
		      struct rel_error *err)
{
	char *text = strndup(target.ptr, target.len);
	int rc = 0;

	if (!text)
		return rel_fail_nomem(err);
	if (symlink(text, path) != 0)
		rc = rel_fail_errno(err, errno, path, "cannot create");
	free(text);
	return rc;
}

static int make_parent(const char *path, struct rel_error *err)
{
	size_t len = rel_str_rfind(rel_str_of(path), '/');
	char *parent = strndup(path, len);
	int rc = parent ? rel_mkdirs(parent, err) : rel_fail_nomem(err);

	free(parent);
	return rc;
}

static int take(void *context, const struct rel_archive_member *member,
		struct rel_archive *archive, struct rel_error *err)
{
	const char *dir = context;
	struct rel_buf path;
	int rc;

	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_printf(&path, "%s/%.*s", dir, REL_STR_ARG(member->path));
	rc = rel_buf_status(&path, "path", err);
	if (rc == 0)
		rc = make_parent(path.ptr, err);
	if (rc == 0 && member->kind == REL_ARCHIVE_DIR)
		rc = rel_mkdirs(path.ptr, err);
	else if (rc == 0 && member->kind == REL_ARCHIVE_FILE)
		rc = write_file(path.ptr, member, archive, err);
	else if (rc == 0 && member->kind == REL_ARCHIVE_SYMLINK)
		rc = write_link(path.ptr, member->target, err);
	else if (rc == 0)
		rc = rel_fail(err, REL_EPARSE, "%.*s is no file of a release",
			      REL_STR_ARG(member->path));
	rel_buf_free(&path);
	return rc;
}

int rel_unpack(const char *path, const char *dir,
	       const struct rel_cancel *cancel, struct rel_error *err)
{
	static const struct rel_archive_limits limits = {
	    .max_bytes = REL_LIMIT_ARCHIVE_UNPACKED, .max_ratio = UINT32_MAX};
	struct rel_archive *archive = NULL;
	int rc = rel_archive_open_path(&archive, path, &limits, cancel, err);

	if (rc == 0)
		rc = rel_archive_each(archive, take, (void *)(uintptr_t)dir,
				      err);
	rel_archive_close(archive);
	return rc;
}
