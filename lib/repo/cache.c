#include "repo/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"

#define DIRECTORY "snapshots"
#define SUFFIX	  ".snap"
/* What a killed run leaves; nobody writes one file for that long. */
#define STRAY_SUFFIX  ".tmp"
#define STRAY_SECONDS 3600
#define PATH_LIMIT    (64 * REL_KIB)

static int add_directory(struct rel_buf *out, const char *cache_dir)
{
	rel_buf_init(out, PATH_LIMIT);
	return rel_path_join(out, rel_str_of(cache_dir), REL_STR(DIRECTORY));
}

/* The file of a key: out is initialised here and freed by the caller. */
static int add_file(struct rel_buf *out, const char *cache_dir,
		    const struct rel_image_key *key, struct rel_error *err)
{
	bool tree = key->kind == REL_IMAGE_KEY_TREE;
	size_t n = tree ? REL_IMAGE_TREE : REL_IMAGE_KEY_BYTES;

	add_directory(out, cache_dir);
	rel_buf_add_cstr(out, tree ? "/tree-" : "/index-");
	for (size_t i = 0; i < n; i++)
		rel_buf_printf(out, "%02x", (unsigned)key->bytes[i]);
	rel_buf_add_cstr(out, SUFFIX);
	return rel_buf_status(out, "path", err);
}

/* Open the image at `path`; anything wrong with it but memory is NULL. */
static int open_file(struct rel_snapshot **out, const char *path,
		     const char *revision, int64_t time, struct rel_error *err)
{
	struct rel_error ignored = {0};
	struct rel_map map;
	int code = rel_map_open(&map, path, &ignored);

	*out = NULL;
	if (code == 0)
		code = rel_image_open(out, &map, revision, time, &ignored);
	return code == REL_ENOMEM ? rel_fail_nomem(err) : 0;
}

int rel_snapcache_load(struct rel_snapshot **out, const char *cache_dir,
		       const struct rel_image_key *key, const char *revision,
		       int64_t time, struct rel_error *err)
{
	struct rel_buf path;
	int code = add_file(&path, cache_dir, key, err);

	*out = NULL;
	if (code == 0)
		code = open_file(out, path.ptr, revision, time, err);
	if (*out && memcmp(&(*out)->store->header->key, key, sizeof(*key))) {
		/* A file under another file's name. */
		rel_snapshot_free(*out);
		*out = NULL;
	}
	/* Mark as used; a cache that may only be read works all the same. */
	if (*out)
		(void)utimensat(AT_FDCWD, path.ptr, NULL, 0);
	rel_buf_free(&path);
	return code;
}

struct cached {
	char name[96];
	struct timespec used;
	uint64_t bytes;
};

struct listing {
	struct cached *items;
	uint32_t count, cap;
	uint64_t bytes;
};

static bool is_older(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec
				    : a.tv_nsec < b.tv_nsec;
}

static int compare_age(const void *left, const void *right)
{
	const struct cached *a = left, *b = right;

	return is_older(a->used, b->used) ? -1 : is_older(b->used, a->used);
}

/* A temporary file of a run that was killed? */
static bool is_stray(struct rel_str name, const struct stat *st, time_t now)
{
	return rel_str_starts(name, REL_STR(".relctl-")) &&
	       rel_str_ends(name, REL_STR(STRAY_SUFFIX)) &&
	       st->st_mtime < now - STRAY_SECONDS;
}

/* What is in the cache, least recently used first; clears strays away.
 * Nothing at all when the directory cannot be read. */
static int list_cache(struct listing *out, const char *directory,
		      struct rel_error *err)
{
	DIR *handle = opendir(directory);
	time_t now = time(NULL);
	struct dirent *found;
	struct stat st;
	int code = 0;

	while (handle && code == 0 && (found = readdir(handle))) {
		struct rel_str name = rel_str_of(found->d_name);
		struct cached *item;

		if (fstatat(dirfd(handle), found->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (is_stray(name, &st, now))
			(void)unlinkat(dirfd(handle), found->d_name, 0);
		if (!rel_str_ends(name, REL_STR(SUFFIX)) ||
		    name.len >= sizeof(item->name))
			continue;
		code = rel_array_reserve(&out->items, &out->cap,
					 (uint64_t)out->count + 1,
					 sizeof(*out->items));
		if (code != 0)
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
	return code == 0 ? 0 : rel_fail_nomem(err);
}

/* Does this file's header say that it is ours and for this repository? */
static bool is_for(const char *directory, const struct cached *item,
		   uint64_t repository)
{
	struct rel_image_header header;
	struct rel_buf path;
	int fd = -1;
	ssize_t n = 0;

	rel_buf_init(&path, PATH_LIMIT);
	if (rel_path_join(&path, rel_str_of(directory),
			  rel_str_of(item->name)) == 0)
		fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, &header, sizeof(header));
		close(fd);
	}
	rel_buf_free(&path);
	return n == (ssize_t)sizeof(header) &&
	       memcmp(header.reader, rel_reader_id, sizeof(rel_reader_id)) ==
		   0 &&
	       header.repository == repository;
}

int rel_snapcache_newest(struct rel_snapshot **out, const char *cache_dir,
			 uint64_t repository, struct rel_error *err)
{
	struct listing listing = {0};
	struct rel_buf directory, path;
	int code;

	*out = NULL;
	add_directory(&directory, cache_dir);
	rel_buf_init(&path, PATH_LIMIT);
	code = rel_buf_status(&directory, "path", err);
	if (code == 0)
		code = list_cache(&listing, directory.ptr, err);
	for (uint32_t i = listing.count; i-- > 0 && code == 0 && !*out;) {
		if (!is_for(directory.ptr, &listing.items[i], repository))
			continue;
		rel_buf_clear(&path);
		rel_path_join(&path, rel_buf_str(&directory),
			      rel_str_of(listing.items[i].name));
		code = rel_buf_status(&path, "path", err);
		if (code == 0)
			code = open_file(out, path.ptr, "", 0, err);
	}
	free(listing.items);
	rel_buf_free(&directory);
	rel_buf_free(&path);
	return code;
}

/* Remove what was not used for longest until `max_bytes` suffice. */
static int make_room(const char *directory, uint64_t max_bytes,
		     struct rel_error *err)
{
	struct listing listing = {0};
	struct rel_buf path;
	int code = list_cache(&listing, directory, err);

	rel_buf_init(&path, PATH_LIMIT);
	/* The last one is the one just written: it stays. */
	for (uint32_t i = 0;
	     code == 0 && i + 1 < listing.count && listing.bytes > max_bytes;
	     i++) {
		rel_buf_clear(&path);
		rel_path_join(&path, rel_str_of(directory),
			      rel_str_of(listing.items[i].name));
		code = rel_buf_status(&path, "path", err);
		if (code == 0)
			(void)unlink(path.ptr);
		listing.bytes -= listing.items[i].bytes;
	}
	free(listing.items);
	rel_buf_free(&path);
	return code;
}

static int write_file(const char *path, const void *bytes, size_t len,
		      struct rel_error *err)
{
	struct rel_atomic_file file;
	int code = rel_atomic_open(&file, path, err);

	if (code != 0)
		return code;
	file.fleeting = true;
	rel_atomic_write(&file, bytes, len);
	return rel_atomic_commit(&file, err);
}

int rel_snapcache_store(const char *cache_dir,
			const struct rel_snapshot *snapshot, uint64_t max_bytes,
			struct rel_error *err)
{
	const struct rel_image_header *header = snapshot->store->header;
	struct rel_buf directory, path;
	int code;

	if (header->total > max_bytes)
		return rel_fail(err, REL_ELIMIT,
				"a snapshot of %llu bytes is larger than the "
				"whole cache may be",
				(unsigned long long)header->total);
	/* Images of our own making lie in memory and are sealed only now. */
	if (snapshot->store->block)
		rel_image_seal(snapshot->store->block);
	add_directory(&directory, cache_dir);
	code = add_file(&path, cache_dir, &header->key, err);
	if (code == 0)
		code = rel_buf_status(&directory, "path", err);
	if (code == 0)
		code = rel_mkdirs(directory.ptr, err);
	if (code == 0)
		code = write_file(path.ptr, header, (size_t)header->total, err);
	if (code == 0)
		code = make_room(directory.ptr, max_bytes, err);
	rel_buf_free(&directory);
	rel_buf_free(&path);
	return code;
}
