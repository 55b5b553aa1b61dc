#include "repo/repo_private.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/lru.h"
#include "base/path.h"

#define DIRECTORY  "snapshots"
#define SUFFIX	   ".snap"
#define PATH_LIMIT (64 * REL_KIB)

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
	int rc = rel_map_open(&map, path, &ignored);

	*out = NULL;
	if (rc == 0)
		rc = rel_image_open(out, &map, revision, time, &ignored);
	return rc == REL_ENOMEM ? rel_fail_nomem(err) : 0;
}

int rel_snapcache_load(struct rel_snapshot **out, const char *cache_dir,
		       const struct rel_image_key *key, const char *revision,
		       int64_t time, struct rel_error *err)
{
	struct rel_buf path;
	int rc = add_file(&path, cache_dir, key, err);

	*out = NULL;
	if (rc == 0)
		rc = open_file(out, path.ptr, revision, time, err);
	if (*out && memcmp(&(*out)->store->header->key, key, sizeof(*key))) {
		/* A file under another file's name. */
		rel_snapshot_free(*out);
		*out = NULL;
	}
	/* Mark as used; a cache that may only be read works all the same. */
	if (*out)
		rel_lru_touch(path.ptr);
	rel_buf_free(&path);
	return rc;
}

/* Does this file's header say that it is ours and for this repository? */
static bool is_for(const char *directory, const struct rel_lru_file *item,
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
	struct rel_lru listing = {0};
	struct rel_buf directory, path;
	int rc;

	*out = NULL;
	add_directory(&directory, cache_dir);
	rel_buf_init(&path, PATH_LIMIT);
	rc = rel_buf_status(&directory, "path", err);
	if (rc == 0)
		rc = rel_lru_list(&listing, directory.ptr, SUFFIX, err);
	for (uint32_t i = listing.count; i-- > 0 && rc == 0 && !*out;) {
		if (!is_for(directory.ptr, &listing.items[i], repository))
			continue;
		rel_buf_clear(&path);
		rel_path_join(&path, rel_buf_str(&directory),
			      rel_str_of(listing.items[i].name));
		rc = rel_buf_status(&path, "path", err);
		if (rc == 0)
			rc = open_file(out, path.ptr, "", 0, err);
	}
	rel_lru_free(&listing);
	rel_buf_free(&directory);
	rel_buf_free(&path);
	return rc;
}

int rel_snapcache_store(const char *cache_dir,
			const struct rel_snapshot *snapshot, uint64_t max_bytes,
			struct rel_error *err)
{
	const struct rel_image_header *header = snapshot->store->header;
	struct rel_buf directory, path;
	int rc;

	/* Images of our own making lie in memory and are sealed only now. */
	if (snapshot->store->block)
		rel_image_seal(snapshot->store->block);
	add_directory(&directory, cache_dir);
	rc = add_file(&path, cache_dir, &header->key, err);
	if (rc == 0)
		rc = rel_buf_status(&directory, "path", err);
	if (rc == 0)
		rc = rel_lru_put(directory.ptr,
				 rel_path_base(rel_buf_str(&path)).ptr, SUFFIX,
				 header, (size_t)header->total, max_bytes, err);
	rel_buf_free(&directory);
	rel_buf_free(&path);
	return rc;
}

void rel_reading_warn(const struct rel_remote_options *options, const char *fmt,
		      ...)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];
	va_list args;

	if (!options->warn)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	options->warn(options->warn_context, text);
}

uint64_t rel_reading_repository(const char *place, const char *subdir)
{
	uint64_t number = rel_checksum(place, strlen(place)) * 31 +
			  rel_checksum(subdir, strlen(subdir));

	return number != 0 ? number : 1;
}

static bool uses_cache(const struct rel_reading *r)
{
	return r->options->cache_dir && !r->options->no_snapshot_cache &&
	       r->key.kind != REL_IMAGE_KEY_NONE;
}

int rel_reading_cached(struct rel_snapshot **out, const struct rel_reading *r,
		       struct rel_error *err)
{
	*out = NULL;
	if (!uses_cache(r))
		return 0;
	return rel_snapcache_load(out, r->options->cache_dir, &r->key,
				  r->revision, r->time, err);
}

static void store(const struct rel_reading *r,
		  const struct rel_snapshot *snapshot)
{
	struct rel_error err = {0};
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];

	if (rel_snapcache_store(r->options->cache_dir, snapshot,
				REL_LIMIT_CACHE_BYTES, &err) == 0)
		return;
	rel_error_format(&err, text, sizeof(text));
	rel_reading_warn(r->options,
			 "the parsed remote is not cached, so that the next "
			 "run parses it again: %s",
			 text);
}

int rel_reading_parse(struct rel_snapshot **out, const struct rel_reading *r,
		      const struct rel_source *source, struct rel_error *err)
{
	struct rel_snapshot *base = NULL;
	struct rel_buf what;
	void *image = NULL;
	int rc = 0;

	*out = NULL;
	rel_buf_init(&what, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&what, "reading %s", r->remote->name);
	rc = rel_buf_status(&what, "name", err);
	if (rc == 0 && uses_cache(r) && source->has_ids)
		rc = rel_snapcache_newest(&base, r->options->cache_dir,
					  r->repository, err);
	if (rc == 0) {
		struct rel_layout_options options = {
		    .name = what.ptr,
		    .jobs = r->options->jobs,
		    .base = base ? base->store : NULL,
		    .key = r->key,
		    .repository = r->repository,
		    .progress = r->options->progress,
		    .cancel = r->options->cancel};

		rc = rel_layout_read(&image, source, &options, err);
	}
	if (rc == 0)
		rc = rel_image_adopt(out, image, r->revision, r->time, err);
	if (rc == 0 && uses_cache(r))
		store(r, *out);
	rel_snapshot_free(base);
	rel_buf_free(&what);
	return rc;
}
