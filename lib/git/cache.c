#include "git/git_private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"

/* Bytes of the readable part of a directory's name; NAME_MAX is 255. */
#define READABLE_MAX 80
#define WAIT_STEP_MS 100
/* An orphan ends soon: it gets SIGTERM, its own children find a pipe closed.
 * On a busy machine that takes a while. */
#define ORPHAN_WAIT_MS 15000

/* Host and path with everything but letters, digits and dots as '-'. */
static void add_readable(struct rel_buf *out, const struct rel_git_url *url)
{
	const struct rel_str parts[] = {url->host, REL_STR("-"), url->path};
	size_t start = out->len;
	char last = '-';

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < parts[i].len; j++) {
			char c = parts[i].ptr[j];

			if (!isalnum((unsigned char)c) && c != '.' && c != '_')
				c = '-';
			if ((c == '-' || c == '.') && last == '-')
				continue;
			if (out->len - start < READABLE_MAX)
				rel_buf_add_char(out, c);
			last = c;
		}
	}
}

static int add_hash(struct rel_buf *out, const struct rel_git_url *url,
		    struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	struct rel_git_id id;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_git_url_clean(&text, url);
	rc = rel_buf_status(&text, "the address of a remote", err);
	if (rc == 0)
		rc =
		    rel_git_hash(&id, rel_buf_str(&text), GIT_OBJECT_BLOB, err);
	rel_buf_free(&text);
	if (rc < 0)
		return rc;
	rel_git_id_format(hex, &id);
	rel_buf_printf(out, "-%s", hex);
	return 0;
}

int rel_git_cache_init(struct rel_git_cache *cache, const char *cache_dir,
		       const struct rel_git_url *url, struct rel_error *err)
{
	int rc = 0;

	rel_buf_init(&cache->dir, REL_LIMIT_CONFIG_BYTES);
	if (cache_dir != NULL)
		rel_buf_add_cstr(&cache->dir, cache_dir);
	else
		rc = rel_cache_root(&cache->dir, err);
	if (rc < 0)
		return rc;
	rel_buf_add_cstr(&cache->dir, "/git/");
	add_readable(&cache->dir, url);
	rc = add_hash(&cache->dir, url, err);
	return rc < 0 ? rc : rel_buf_status(&cache->dir, "cache path", err);
}

void rel_git_cache_free(struct rel_git_cache *cache)
{
	rel_git_cache_reclaim(cache);
	rel_lock_drop(&cache->lock);
	rel_buf_free(&cache->dir);
}

/* dir + suffix, or NULL when out of memory. */
static char *sibling(const struct rel_git_cache *cache, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s%s", cache->dir.ptr, suffix) < 0)
		return NULL;
	return path;
}

static void pause_ms(long ms)
{
	const struct timespec step = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&step, NULL);
}

/* Waits in steps, so that it can be cancelled and shows that it waits. */
static int take_lock(struct rel_git_cache *cache, const char *title,
		     const struct rel_progress *progress,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	char *path = sibling(cache, ".lock");
	char what[REL_ERROR_TEXT_MAX];
	int rc;

	if (path == NULL)
		return rel_fail_nomem(err);
	snprintf(what, sizeof(what), "waiting for another run that fetches %s",
		 title);
	for (;;) {
		rc = rel_lock_take(&cache->lock, path, false, err);
		if (rc != REL_EEXISTS)
			break;
		if (rel_cancelled(cancel)) {
			rc = rel_fail_cancelled(err);
			break;
		}
		rel_progress(progress, what, 0, 0);
		pause_ms(WAIT_STEP_MS);
	}
	free(path);
	return rc;
}

/* Names that git gives to files they have not finished. */
static bool is_leftover(const char *name)
{
	struct rel_str s = rel_str_of(name);

	return rel_str_ends(s, REL_STR(".lock")) ||
	       rel_str_starts(s, REL_STR("tmp_")) ||
	       rel_str_starts(s, REL_STR(".tmp-")) ||
	       rel_str_starts(s, REL_STR("shallow_"));
}

/* Count, or remove, the left-overs in one directory of the repository. */
static unsigned leftovers(const char *dir, const char *sub, bool remove_them)
{
	char path[4096];
	struct dirent *entry;
	unsigned count = 0;
	DIR *handle;

	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	handle = opendir(path);
	if (handle == NULL)
		return 0;
	while ((entry = readdir(handle)) != NULL) {
		if (!is_leftover(entry->d_name))
			continue;
		count++;
		if (remove_them)
			unlinkat(dirfd(handle), entry->d_name, 0);
	}
	closedir(handle);
	return count;
}

static unsigned all_leftovers(const char *dir, bool remove_them)
{
	static const char *const places[] = {
	    "",		  "objects",   "objects/pack",	     "refs/relctl",
	    "refs/heads", "refs/tags", "refs/remotes/origin"};
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		count += leftovers(dir, places[i], remove_them);
	return count;
}

static int create(struct rel_git_cache *cache, const char *about,
		  struct rel_error *err)
{
	git_repository_init_options options;
	git_repository *repo = NULL;
	char *fresh = sibling(cache, ".new");
	int status, rc = 0;

	if (fresh == NULL)
		return rel_fail_nomem(err);
	/* a run that was killed here leaves its locks */
	all_leftovers(fresh, true);
	git_repository_init_options_init(&options,
					 GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
	options.description = about;
	options.initial_head = "main";
	status = git_repository_init_ext(&repo, fresh, &options);
	git_repository_free(repo);
	if (status < 0) {
		rc = rel_git_library_fail(
		    err, status, "cannot create the cache of %s", about);
		rel_error_at(err, fresh, 0, 0);
	} else if (rename(fresh, cache->dir.ptr) != 0) {
		rc = rel_fail_errno(err, errno, cache->dir.ptr,
				    "cannot create the cache");
	}
	free(fresh);
	return rc;
}

static int clean(struct rel_git_cache *cache, const struct rel_cancel *cancel,
		 struct rel_error *err)
{
	struct rel_lock child = {.fd = -1};
	char *path = sibling(cache, ".child");
	int rc = REL_EEXISTS;

	if (path == NULL)
		return rel_fail_nomem(err);
	for (int ms = 0; rc == REL_EEXISTS && ms < ORPHAN_WAIT_MS;
	     ms += WAIT_STEP_MS) {
		if (rel_cancelled(cancel))
			break;
		if (all_leftovers(cache->dir.ptr, false) == 0)
			break;
		rc = rel_lock_take(&child, path, false, NULL);
		if (rc == REL_EEXISTS)
			pause_ms(WAIT_STEP_MS);
	}
	if (rc == 0)
		all_leftovers(cache->dir.ptr, true);
	rel_lock_drop(&child);
	free(path);
	return rel_cancelled(cancel) ? rel_fail_cancelled(err) : 0;
}

int rel_git_cache_prepare(struct rel_git_cache *cache, const char *title,
			  const char *about,
			  const struct rel_progress *progress,
			  const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	struct rel_str parent = rel_path_dir(rel_buf_str(&cache->dir));
	char *dir = strndup(parent.ptr, parent.len);
	int rc = dir ? rel_mkdirs_private(dir, err) : rel_fail_nomem(err);

	free(dir);
	if (rc == 0)
		rc = take_lock(cache, title, progress, cancel, err);
	if (rc == REL_ENOTFOUND || rc == REL_EEXISTS)
		rc = REL_EIO;
	if (rc < 0) {
		rel_error_prefix(err,
				 "the cache cannot be written (--offline uses "
				 "it as it is, XDG_CACHE_HOME moves it)");
		if (err != NULL)
			err->code = rc;
		return rc;
	}
	if (access(cache->dir.ptr, F_OK) != 0)
		return create(cache, about, err);
	return clean(cache, cancel, err);
}

void rel_git_cache_lend(struct rel_git_cache *cache)
{
	struct rel_lock child = {.fd = -1};
	char *path = sibling(cache, ".child");

	/* Without it an orphan goes unnoticed: no reason to fail. */
	if (path != NULL && rel_lock_take(&child, path, false, NULL) == 0)
		cache->child_fd = fcntl(child.fd, F_DUPFD, 3);
	rel_lock_drop(&child);
	free(path);
}

void rel_git_cache_reclaim(struct rel_git_cache *cache)
{
	if (cache->child_fd >= 0)
		close(cache->child_fd);
	cache->child_fd = -1;
}

/* One flat directory, so that "a" and "a/b" do not exclude each other. */
int rel_git_cache_ref(struct rel_buf *out, const char *revision)
{
	rel_buf_add_cstr(out, "refs/relctl/");
	for (const char *p = revision; *p; p++) {
		if (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
			rel_buf_add_char(out, *p);
		else
			rel_buf_printf(out, "%%%02X", (unsigned char)*p);
	}
	return out->status;
}
