#include "repo/remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "repo/cache.h"
#include "repo/checksum.h"
#include "repo/layout.h"
#include "repo/reading.h"
#include "repo/source_dir.h"

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
	int code = 0;

	*out = NULL;
	rel_buf_init(&what, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&what, "reading %s", r->remote->name);
	code = rel_buf_status(&what, "name", err);
	if (code == 0 && uses_cache(r) && source->has_ids)
		code = rel_snapcache_newest(&base, r->options->cache_dir,
					    r->repository, err);
	if (code == 0) {
		struct rel_layout_options options = {
		    .name = what.ptr,
		    .jobs = r->options->jobs,
		    .base = base ? base->store : NULL,
		    .key = r->key,
		    .repository = r->repository,
		    .progress = r->options->progress,
		    .cancel = r->options->cancel};

		code = rel_layout_read(&image, source, &options, err);
	}
	if (code == 0)
		code = rel_image_adopt(out, image, r->revision, r->time, err);
	if (code == 0 && uses_cache(r))
		store(r, *out);
	rel_snapshot_free(base);
	rel_buf_free(&what);
	return code;
}

static int read_directory(struct rel_snapshot **out,
			  const struct rel_remote *remote,
			  const struct rel_remote_options *options,
			  struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	struct rel_reading r = {
	    .remote = remote, .options = options, .revision = ""};
	struct rel_source_dir dir = {.root = NULL};
	struct rel_source source = rel_source_dir(&dir);
	struct rel_buf path;
	struct stat st;
	int code;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	if (l->subdir[0] != '\0')
		rel_path_join(&path, rel_str_of(l->url), rel_str_of(l->subdir));
	else
		rel_buf_add_cstr(&path, l->url);
	code = rel_buf_status(&path, "path", err);
	if (code == 0 && stat(path.ptr, &st) != 0) {
		code = rel_fail(err, REL_ENOTFOUND, "no such directory");
		rel_error_at(err, path.ptr, 0, 0);
	} else if (code == 0 && !S_ISDIR(st.st_mode)) {
		code = rel_fail(err, REL_EPARSE, "not a directory");
		rel_error_at(err, path.ptr, 0, 0);
	}
	dir.root = path.ptr;
	if (code == 0)
		code = rel_reading_parse(out, &r, &source, err);
	rel_buf_free(&path);
	return code;
}

static int read_kind(struct rel_snapshot **out, const struct rel_remote *remote,
		     const char *revision,
		     const struct rel_remote_options *options,
		     struct rel_error *err)
{
	bool git = remote->location.kind == REL_LOCATION_GIT_LOCAL ||
		   remote->location.kind == REL_LOCATION_GIT_REMOTE;

	if (git)
		return rel_remote_read_git(out, remote, revision, options, err);
	if (revision)
		return rel_fail(err, REL_EUSAGE,
				"it has no revisions; --since needs a git "
				"repository");
	if (remote->location.kind == REL_LOCATION_HTTP)
		return rel_remote_read_http(out, remote, options, err);
	return read_directory(out, remote, options, err);
}

int rel_remote_read(struct rel_snapshot **out, const struct rel_remote *remote,
		    const char *revision,
		    const struct rel_remote_options *options,
		    struct rel_error *err)
{
	int code;

	*out = NULL;
	code = read_kind(out, remote, revision, options, err);
	if (code != 0 && code != REL_ENOMEM && code != REL_ECANCELLED)
		rel_error_prefix(err, "remote %s (%s)", remote->name,
				 remote->location.text);
	return code;
}

int rel_remote_development(const struct rel_remote **out,
			   const struct rel_remote *remotes, size_t n_remotes,
			   const char *who, struct rel_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < n_remotes; i++) {
		if (remotes[i].role != REL_ROLE_DEVELOPMENT && n_remotes > 1)
			continue;
		*out = &remotes[i];
		n++;
	}
	if (n == 1)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"there are %zu development remotes; %s looks at one: "
			"--remote NAME=LOCATION,development",
			n, who);
}
