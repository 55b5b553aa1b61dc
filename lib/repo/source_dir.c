#include "repo/source_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

#define PATH_LIMIT (64 * REL_KIB)

/* "root/path" in `out`. */
static int full_path(struct rel_buf *out, const struct rel_source_dir *dir,
		     struct rel_str path, struct rel_error *err)
{
	rel_buf_init(out, PATH_LIMIT);
	if (path.len > 0)
		rel_path_join(out, rel_str_of(dir->root), path);
	else
		rel_buf_add_cstr(out, dir->root);
	return rel_buf_status(out, "path", err);
}

static void set_kind(struct rel_source_entry *entry, mode_t mode)
{
	entry->executable = S_ISREG(mode) && (mode & 0111) != 0;
	entry->kind = S_ISREG(mode)   ? REL_SOURCE_FILE
		      : S_ISDIR(mode) ? REL_SOURCE_DIR
		      : S_ISLNK(mode) ? REL_SOURCE_LINK
				      : REL_SOURCE_OTHER;
}

static int list_open(DIR *handle, bool without_modes,
		     struct rel_source_list *out, struct rel_arena *names,
		     const char *path, struct rel_error *err)
{
	for (;;) {
		struct rel_source_entry entry = {.name = {NULL, 0}};
		struct dirent *found;
		struct stat st;
		int code;

		errno = 0;
		found = readdir(handle);
		if (!found && errno != 0)
			return rel_fail_errno(err, errno, path, "cannot read");
		if (!found)
			return 0;
		entry.name = rel_str_of(found->d_name);
		if (rel_str_is(entry.name, ".") || rel_str_is(entry.name, ".."))
			continue;
		if (found->d_type == DT_DIR) {
			entry.kind = REL_SOURCE_DIR;
		} else if (found->d_type == DT_REG && without_modes) {
			entry.kind = REL_SOURCE_FILE;
		} else if (fstatat(dirfd(handle), found->d_name, &st,
				   AT_SYMLINK_NOFOLLOW) == 0) {
			set_kind(&entry, st.st_mode);
		} else if (errno == ENOENT) {
			continue; /* removed while we were reading */
		} else {
			return rel_fail_errno(err, errno, path, "cannot read");
		}
		code = rel_source_list_add(out, names, &entry, err);
		if (code != 0)
			return code;
	}
}

static int list(void *context, unsigned worker, struct rel_source_list *out,
		struct rel_arena *names, struct rel_str path,
		const struct rel_source_entry *dir, struct rel_error *err)
{
	const struct rel_source_dir *source = context;
	struct rel_buf full;
	DIR *handle = NULL;
	int code = full_path(&full, context, path, err);

	(void)worker;
	(void)dir;
	if (code == 0) {
		handle = opendir(full.ptr);
		code = handle ? list_open(handle, source->without_modes, out,
					  names, full.ptr, err)
			      : rel_fail_errno(err, errno, full.ptr,
					       "cannot read");
	}
	if (handle)
		closedir(handle);
	rel_buf_free(&full);
	return code;
}

static int find(void *context, unsigned worker, struct rel_source_entry *out,
		struct rel_str path, struct rel_error *err)
{
	struct rel_buf full;
	struct stat st;
	int code = full_path(&full, context, path, err);

	(void)worker;
	*out = (struct rel_source_entry){.name = rel_path_base(path)};
	if (code == 0 && lstat(full.ptr, &st) != 0)
		code =
		    errno == ENOTDIR
			? rel_fail(err, REL_ENOTFOUND, "no such file")
			: rel_fail_errno(err, errno, full.ptr, "cannot read");
	if (code == 0)
		set_kind(out, st.st_mode);
	rel_buf_free(&full);
	return code;
}

static int read_link(struct rel_buf *out, const char *path,
		     struct rel_error *err)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		return rel_fail_errno(err, errno, path, "cannot read");
	if ((size_t)n == sizeof(target))
		return rel_fail(err, REL_ELIMIT, "too long a link");
	rel_buf_add(out, target, (size_t)n);
	return rel_buf_status(out, "link", err);
}

static int read_entry(void *context, unsigned worker, struct rel_buf *out,
		      struct rel_str path, const struct rel_source_entry *file,
		      struct rel_error *err)
{
	struct rel_buf full;
	int code = full_path(&full, context, path, err);

	(void)worker;
	if (code == 0 && file->kind == REL_SOURCE_LINK)
		code = read_link(out, full.ptr, err);
	else if (code == 0)
		code = rel_file_read(out, full.ptr, err);
	rel_buf_free(&full);
	/* One file without permission is that file's problem. */
	if ((code == REL_EIO || code == REL_ENOTFOUND) && err)
		err->code = REL_EPARSE;
	return code == REL_EIO || code == REL_ENOTFOUND ? REL_EPARSE : code;
}

struct rel_source rel_source_dir(struct rel_source_dir *dir)
{
	return (struct rel_source){.has_ids = false,
				   .list = list,
				   .find = find,
				   .read = read_entry,
				   .context = dir,
				   .spent = &dir->spent};
}
