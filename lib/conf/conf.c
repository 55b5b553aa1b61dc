#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "conf/conf_private.h"
#include "conf/yaml.h"

/* Is there something called `name` in `dir`?  Leaves the path in `path`. */
static int look(struct rel_buf *path, struct rel_str dir, const char *name,
		bool *found, struct rel_error *err)
{
	struct stat st;
	int rc;

	rel_buf_clear(path);
	rel_path_join(path, dir, rel_str_of(name));
	rc = rel_buf_status(path, "path", err);
	if (!rc)
		*found = stat(path->ptr, &st) == 0;
	return rc;
}

static int search_up(struct rel_buf *path, struct rel_str dir, bool *found,
		     struct rel_error *err)
{
	for (;;) {
		bool top = false;
		int rc = look(path, dir, REL_CONF_FILE, found, err);

		if (rc || *found)
			return rc;
		rc = look(path, dir, ".git", &top, err);
		if (rc || top || dir.len <= 1)
			return rc;
		dir = rel_path_dir(dir);
		if (dir.len == 0)
			dir = REL_STR("/");
	}
}

/* Source  git, setup.c, ensure_valid_ownership() and is_path_owned_by(). */
static bool is_own(uid_t owner)
{
	return owner == 0 || rel_file_is_own(owner);
}

static int check_owner(const char *path, struct rel_error *err)
{
	struct stat file, link;
	uid_t owner;

	if (stat(path, &file) != 0 || lstat(path, &link) != 0)
		return 0; /* reading it will say what is wrong */
	owner = is_own(file.st_uid) ? link.st_uid : file.st_uid;
	if (is_own(owner))
		return 0;
	rel_fail(err, REL_EIO,
		 "belongs to user %lu, so that it is not obeyed; give it with "
		 "--config FILE if you trust it, or name the remotes with "
		 "--remote in a directory of your own",
		 (unsigned long)owner);
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

int rel_conf_find(struct rel_buf *out, const char *directory, bool foreign,
		  struct rel_error *err)
{
	struct rel_buf path;
	bool found = false;
	char *real = realpath(directory, NULL);
	int rc;

	if (!real)
		return errno == ENOMEM
			   ? rel_fail_nomem(err)
			   : rel_fail(err, REL_EIO, "cannot enter %.300s: %s",
				      directory, strerror(errno));
	rel_buf_init(&path, out->max);
	rc = search_up(&path, rel_str_of(real), &found, err);
	if (!rc && !found)
		rc = rel_fail(err, REL_ENOTFOUND,
			      "no " REL_CONF_FILE " in %.300s or above it, up "
			      "to the top of its repository; write one, or "
			      "give --remote NAME=LOCATION",
			      real);
	if (!rc && !foreign)
		rc = check_owner(path.ptr, err);
	if (!rc) {
		rel_buf_add_str(out, rel_buf_str(&path));
		rc = rel_buf_status(out, "path", err);
	}
	rel_buf_free(&path);
	free(real);
	return rc;
}

static int fill(struct rel_conf *conf, struct rel_str text, const char *path,
		struct rel_error *err)
{
	struct rel_str dir = rel_path_dir(rel_str_of(path));
	struct rel_yaml *root;
	int rc;

	if (dir.len == 0)
		dir = path[0] == '/' ? REL_STR("/") : REL_STR(".");
	conf->path = rel_arena_copy(&conf->arena, rel_str_of(path));
	conf->directory = rel_arena_copy(&conf->arena, dir);
	if (!conf->path || !conf->directory)
		return rel_fail_nomem(err);
	rc = rel_yaml_parse(&root, text, &conf->arena, err);
	return rc ? rc : rel_conf_fill(conf, root, err);
}

int rel_conf_parse(struct rel_conf *out, struct rel_str text, const char *path,
		   struct rel_error *err)
{
	int rc;

	*out = (struct rel_conf){0};
	rel_arena_init(&out->arena, REL_LIMIT_CONF_ARENA);
	rc = fill(out, text, path, err);
	if (!rc)
		return 0;
	rel_conf_free(out);
	if (err)
		rel_error_at(err, path, err->line, err->column);
	return rc;
}

int rel_conf_read(struct rel_conf *out, const char *path, struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	*out = (struct rel_conf){0};
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_file_read(&text, path, err);
	if (!rc)
		rc = rel_conf_parse(out, rel_buf_str(&text), path, err);
	rel_buf_free(&text);
	return rc;
}

void rel_conf_free(struct rel_conf *conf)
{
	if (!conf)
		return;
	rel_arena_free(&conf->arena);
	*conf = (struct rel_conf){0};
}
