#include "base/lru.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

/* What a killed run leaves; nobody writes one file for that long. */
#define STRAY_SUFFIX  ".tmp"
#define STRAY_SECONDS 3600
#define PATH_LIMIT    (64 * REL_KIB)

static bool is_older(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec
				    : a.tv_nsec < b.tv_nsec;
}

static int compare_age(const void *left, const void *right)
{
	const struct rel_lru_file *a = left, *b = right;

	return is_older(a->used, b->used) ? -1 : is_older(b->used, a->used);
}

/* A temporary file of a run that was killed? */
static bool is_stray(struct rel_str name, const struct stat *st, time_t now)
{
	return rel_str_starts(name, REL_STR(".relctl-")) &&
	       rel_str_ends(name, REL_STR(STRAY_SUFFIX)) &&
	       st->st_mtime < now - STRAY_SECONDS;
}

int rel_lru_list(struct rel_lru *out, const char *directory, const char *suffix,
		 struct rel_error *err)
{
	DIR *handle = opendir(directory);
	time_t now = time(NULL);
	struct dirent *found;
	struct stat st;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	while (handle && rc == 0 && (found = readdir(handle))) {
		struct rel_str name = rel_str_of(found->d_name);
		struct rel_lru_file *item;

		if (fstatat(dirfd(handle), found->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (is_stray(name, &st, now))
			(void)unlinkat(dirfd(handle), found->d_name, 0);
		if (!rel_str_ends(name, rel_str_of(suffix)) ||
		    name.len >= sizeof(item->name))
			continue;
		rc = rel_array_reserve(&out->items, &out->cap,
				       (uint64_t)out->count + 1,
				       sizeof(*out->items));
		if (rc)
			break;
		item = &out->items[out->count++];
		memcpy(item->name, name.ptr, name.len + 1);
		item->used = st.st_mtim;
		item->bytes = (uint64_t)st.st_size;
		out->bytes += item->bytes;
	}
	if (handle)
		closedir(handle);
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), compare_age);
	return rc == 0 ? 0 : rel_fail_nomem(err);
}

void rel_lru_free(struct rel_lru *lru)
{
	free(lru->items);
	memset(lru, 0, sizeof(*lru));
}

void rel_lru_touch(const char *path)
{
	(void)utimensat(AT_FDCWD, path, NULL, 0);
}

/* Remove what was not used for longest until `max_bytes` suffice. */
static int make_room(const char *directory, const char *suffix,
		     uint64_t max_bytes, struct rel_error *err)
{
	struct rel_lru listing;
	struct rel_buf path;
	int rc = rel_lru_list(&listing, directory, suffix, err);

	rel_buf_init(&path, PATH_LIMIT);
	/* The last one is the one just written: it stays. */
	for (uint32_t i = 0;
	     rc == 0 && i + 1 < listing.count && listing.bytes > max_bytes;
	     i++) {
		rel_buf_clear(&path);
		rel_path_join(&path, rel_str_of(directory),
			      rel_str_of(listing.items[i].name));
		rc = rel_buf_status(&path, "path", err);
		if (rc == 0)
			(void)unlink(path.ptr);
		listing.bytes -= listing.items[i].bytes;
	}
	rel_lru_free(&listing);
	rel_buf_free(&path);
	return rc;
}

int rel_lru_put(const char *directory, const char *name, const char *suffix,
		const void *bytes, size_t len, uint64_t max_bytes,
		struct rel_error *err)
{
	struct rel_buf path;
	int rc;

	if (len > max_bytes)
		return rel_fail(err, REL_ELIMIT,
				"%zu bytes are more than the whole cache may "
				"hold",
				len);
	rel_buf_init(&path, PATH_LIMIT);
	rel_path_join(&path, rel_str_of(directory), rel_str_of(name));
	rc = rel_buf_status(&path, "path", err);
	if (rc == 0)
		rc = rel_mkdirs_private(directory, err);
	if (rc == 0)
		rc = rel_file_put_cache(path.ptr, rel_str_n(bytes, len), err);
	if (rc == 0)
		rc = make_room(directory, suffix, max_bytes, err);
	rel_buf_free(&path);
	return rc;
}
