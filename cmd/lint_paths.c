#include "lint_paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "opam/version.h"

void rel_lint_paths_init(struct rel_lint_paths *paths)
{
	*paths = (struct rel_lint_paths){0};
	rel_arena_init(&paths->names, REL_LIMIT_ARENA);
}

void rel_lint_paths_free(struct rel_lint_paths *paths)
{
	for (uint32_t i = 0; i < paths->count; i++)
		rel_buf_free(&paths->texts[i]);
	free(paths->texts);
	free(paths->files);
	rel_arena_free(&paths->names);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *join(const char *dir, const char *name)
{
	char *path;

	if (strcmp(dir, ".") == 0)
		return strdup(name);
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

bool rel_lint_is_repository(const char *path)
{
	char *packages = join(path, "packages");
	bool is = packages && is_directory(packages);

	free(packages);
	return is;
}

/* NAME.opam, NAME.VERSION.opam, NAME.VERSION/opam. */
static void set_names(struct rel_lint_file_request *file)
{
	struct rel_str path = rel_str_of(file->path);
	struct rel_str base = rel_path_base(path);

	if (rel_str_is(base, "opam"))
		base = rel_path_base(rel_path_dir(path));
	else if (rel_str_ends(base, REL_STR(".opam")))
		base.len -= 5;
	else
		return;
	if (rel_package_split(base, &file->name, &file->version))
		return;
	if (rel_str_ends(path, REL_STR(".opam")) &&
	    rel_package_name_is_valid(base))
		file->name = base;
}

static int add_file(struct rel_lint_paths *paths, const char *path,
		    struct rel_error *err)
{
	uint64_t need = (uint64_t)paths->count + 1;
	struct rel_lint_file_request *file;
	struct rel_buf *text;
	int rc = rel_array_reserve(&paths->files, &paths->files_cap, need,
				   sizeof(*paths->files));

	if (rc == 0)
		rc = rel_array_reserve(&paths->texts, &paths->texts_cap, need,
				       sizeof(*paths->texts));
	if (rc != 0)
		return rel_fail(err, rc, "too many manifests");
	text = &paths->texts[paths->count];
	file = &paths->files[paths->count];
	rel_buf_init(text, REL_LIMIT_MANIFEST_BYTES);
	*file = (struct rel_lint_file_request){
	    .path = rel_arena_copy(&paths->names, rel_str_of(path))};
	if (!file->path)
		return rel_fail_nomem(err);
	rc = rel_file_read(text, path, err);
	if (rc != 0) {
		rel_buf_free(text);
		return rc;
	}
	file->text = rel_buf_str(text);
	set_names(file);
	paths->count++;
	return 0;
}

static int is_manifest(const struct dirent *entry)
{
	struct rel_str name = rel_str_of(entry->d_name);

	return rel_str_is(name, "opam") ||
	       (name.len > 5 && rel_str_ends(name, REL_STR(".opam")));
}

/* The manifests that are files in `dir`, by name. */
static int add_directory(struct rel_lint_paths *paths, const char *dir,
			 struct rel_error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_manifest, alphasort), rc = 0;

	if (n < 0)
		return rel_fail_errno(err, errno, dir, "cannot read");
	for (int i = 0; i < n; i++) {
		char *path = join(dir, entries[i]->d_name);

		free(entries[i]);
		if (rc == 0 && !path)
			rc = rel_fail_nomem(err);
		if (rc == 0 && !is_directory(path))
			rc = add_file(paths, path, err);
		free(path);
	}
	free(entries);
	return rc;
}

int rel_lint_paths_add(struct rel_lint_paths *paths, const char *path,
		       struct rel_error *err)
{
	uint32_t before = paths->count;
	char *inner;
	int rc;

	if (!is_directory(path))
		return add_file(paths, path, err);
	rc = add_directory(paths, path, err);
	inner = join(path, "opam");
	if (rc == 0 && !inner)
		rc = rel_fail_nomem(err);
	if (rc == 0 && is_directory(inner))
		rc = add_directory(paths, inner, err);
	free(inner);
	if (rc != 0 || paths->count > before)
		return rc;
	return rel_fail(err, REL_ENOTFOUND,
			"%s has neither packages/ nor *.opam files", path);
}
