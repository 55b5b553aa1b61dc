#include "repo/source.h"

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
#include "repo/repo_private.h"

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
		int rc;

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
		rc = rel_source_list_add(out, names, &entry, err);
		if (rc)
			return rc;
	}
}

static int list(void *context, unsigned worker, struct rel_source_list *out,
		struct rel_arena *names, struct rel_str path,
		const struct rel_source_entry *dir, struct rel_error *err)
{
	const struct rel_source_dir *source = context;
	struct rel_buf full;
	DIR *handle = NULL;
	int rc = full_path(&full, context, path, err);

	(void)worker;
	(void)dir;
	if (rc == 0) {
		handle = opendir(full.ptr);
		rc = handle
			 ? list_open(handle, source->without_modes, out, names,
				     full.ptr, err)
			 : rel_fail_errno(err, errno, full.ptr, "cannot read");
	}
	if (handle)
		closedir(handle);
	rel_buf_free(&full);
	return rc;
}

static int find(void *context, unsigned worker, struct rel_source_entry *out,
		struct rel_str path, struct rel_error *err)
{
	struct rel_buf full;
	struct stat st;
	int rc = full_path(&full, context, path, err);

	(void)worker;
	*out = (struct rel_source_entry){.name = rel_path_base(path)};
	if (rc == 0 && lstat(full.ptr, &st) != 0)
		rc = errno == ENOTDIR
			 ? rel_fail(err, REL_ENOTFOUND, "no such file")
			 : rel_fail_errno(err, errno, full.ptr, "cannot read");
	if (rc == 0)
		set_kind(out, st.st_mode);
	rel_buf_free(&full);
	return rc;
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
	int rc = full_path(&full, context, path, err);

	(void)worker;
	if (rc == 0 && file->kind == REL_SOURCE_LINK)
		rc = read_link(out, full.ptr, err);
	else if (rc == 0)
		rc = rel_file_read(out, full.ptr, err);
	rel_buf_free(&full);
	/* One file without permission is that file's problem. */
	if ((rc == REL_EIO || rc == REL_ENOTFOUND) && err)
		err->code = REL_EPARSE;
	return rc == REL_EIO || rc == REL_ENOTFOUND ? REL_EPARSE : rc;
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

/* As Linux, path_resolution(7). */
#define LINKS_MAX 40
/* PATH_MAX of Linux; a longer target leads nowhere on any system. */
#define TARGET_MAX 4096

int rel_source_list_add(struct rel_source_list *list, struct rel_arena *names,
			const struct rel_source_entry *entry,
			struct rel_error *err)
{
	char *name = rel_arena_copy(names, entry->name);

	if (!name ||
	    rel_array_reserve(&list->items, &list->cap,
			      (uint64_t)list->count + 1, sizeof(*entry)) != 0)
		return rel_fail_nomem(err);
	list->items[list->count] = *entry;
	list->items[list->count++].name = rel_str_n(name, entry->name.len);
	return 0;
}

/* A walk along the components of paths and link targets. */
struct walk {
	const struct rel_source *source;
	unsigned worker;
	struct rel_buf at;	       /* where we are: a path without links */
	struct rel_buf rest;	       /* what is still to be walked */
	struct rel_source_entry entry; /* what is at `at` */
	unsigned links;
};

/* Put the target of the link at `at` + "/" + `name` before the rest. */
static int expand(struct walk *w, enum rel_source_follow *how,
		  const struct rel_source_entry *link, struct rel_str path,
		  struct rel_str *target, struct rel_arena *names,
		  struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, TARGET_MAX);
	rc = rel_source_read(w->source, w->worker, &text, path, link, err);
	if (rc == REL_ELIMIT || rc == REL_EPARSE) {
		*how = REL_FOLLOW_DANGLING;
		rc = 0;
		goto out;
	}
	if (rc)
		goto out;
	if (!target->ptr) {
		target->len = text.len;
		target->ptr = rel_arena_copy(names, rel_buf_str(&text));
	}
	if (++w->links > LINKS_MAX || w->rest.len > TARGET_MAX)
		*how = REL_FOLLOW_LOOP;
	else if (rel_str_starts(rel_buf_str(&text), REL_STR("/")))
		*how = REL_FOLLOW_OUTSIDE;
	rel_buf_add_char(&text, '/');
	rel_buf_add_str(&text, rel_buf_str(&w->rest));
	rel_buf_clear(&w->rest);
	rel_buf_add_str(&w->rest, rel_buf_str(&text));
	if (!target->ptr || rel_buf_status(&text, "link", NULL) == REL_ENOMEM)
		rc = rel_fail_nomem(err);
	else if (text.status != 0)
		*how = REL_FOLLOW_DANGLING;
out:
	rel_buf_free(&text);
	return rc;
}

/* Go to the component `name` of the directory we are in. */
static int enter(struct walk *w, enum rel_source_follow *how,
		 struct rel_str name, struct rel_str *target,
		 struct rel_arena *names, struct rel_error *err)
{
	size_t here = w->at.len;
	int rc;

	if (name.len == 0 || rel_str_is(name, "."))
		return 0;
	if (rel_str_is(name, "..")) {
		if (here == 0) {
			*how = REL_FOLLOW_OUTSIDE;
			return 0;
		}
		w->at.len = rel_path_dir(rel_buf_str(&w->at)).len;
		w->entry.kind = REL_SOURCE_DIR;
		return 0;
	}
	if (w->entry.kind != REL_SOURCE_DIR) {
		*how = REL_FOLLOW_DANGLING;
		return 0;
	}
	if (here > 0)
		rel_buf_add_char(&w->at, '/');
	if (rel_buf_add_str(&w->at, name) != 0) {
		*how = REL_FOLLOW_DANGLING;
		return 0;
	}
	rc = w->source->find(w->source->context, w->worker, &w->entry,
			     rel_buf_str(&w->at), err);
	if (rc == REL_ENOTFOUND) {
		*how = REL_FOLLOW_DANGLING;
		return 0;
	}
	if (rc == 0 && w->entry.kind == REL_SOURCE_LINK) {
		struct rel_source_entry link = w->entry;

		rc = expand(w, how, &link, rel_buf_str(&w->at), target, names,
			    err);
		w->at.len = here;
		w->entry.kind = REL_SOURCE_DIR;
	}
	return rc;
}

/* Cut the next component off the rest. */
static struct rel_str next_component(struct walk *w, struct rel_buf *scratch)
{
	struct rel_str rest = rel_buf_str(&w->rest);
	size_t n = rel_str_find(rest, '/');

	rel_buf_clear(scratch);
	rel_buf_add_str(scratch, rel_str_sub(rest, 0, n));
	n = n < rest.len ? n + 1 : n;
	memmove(w->rest.ptr, w->rest.ptr + n, rest.len - n);
	w->rest.len -= n;
	return rel_buf_str(scratch);
}

static void begin_walk(struct walk *w, const struct rel_source *source,
		       unsigned worker)
{
	*w = (struct walk){.source = source, .worker = worker};
	rel_buf_init(&w->at, TARGET_MAX);
	rel_buf_init(&w->rest, (size_t)4 * TARGET_MAX);
	w->entry.kind = REL_SOURCE_DIR;
}

/* Walk the rest, and look at what is there. */
static int walk_rest(struct walk *w, enum rel_source_follow *how,
		     struct rel_source_entry *out, struct rel_str *target,
		     struct rel_arena *names, struct rel_error *err)
{
	struct rel_buf component;
	char *copy;
	int rc = 0;

	rel_buf_init(&component, TARGET_MAX);
	while (rc == 0 && *how == REL_FOLLOW_OK && w->rest.len > 0 &&
	       component.status == 0)
		rc = enter(w, how, next_component(w, &component), target, names,
			   err);
	if (rc == 0 && (w->at.status || w->rest.status || component.status)) {
		*how = REL_FOLLOW_DANGLING;
		if (w->at.status == REL_ENOMEM ||
		    w->rest.status == REL_ENOMEM ||
		    component.status == REL_ENOMEM)
			rc = rel_fail_nomem(err);
	}
	rel_buf_free(&component);
	/* After ".." it is not yet known what is here. */
	if (rc == 0 && *how == REL_FOLLOW_OK && w->at.len > 0)
		rc = w->source->find(w->source->context, w->worker, &w->entry,
				     rel_buf_str(&w->at), err);
	if (rc || *how != REL_FOLLOW_OK)
		return rc;
	copy = rel_arena_copy(names, rel_buf_str(&w->at));
	if (!copy)
		return rel_fail_nomem(err);
	*out = w->entry;
	out->path = rel_str_n(copy, w->at.len);
	out->name = rel_path_base(out->path);
	return 0;
}

static void end_walk(struct walk *w)
{
	rel_buf_free(&w->at);
	rel_buf_free(&w->rest);
}

int rel_source_follow(enum rel_source_follow *how, struct rel_source_entry *out,
		      struct rel_str *target, const struct rel_source *source,
		      unsigned worker, struct rel_arena *names,
		      struct rel_str path, const struct rel_source_entry *link,
		      struct rel_error *err)
{
	struct walk w;
	int rc;

	*how = REL_FOLLOW_OK;
	*target = (struct rel_str){NULL, 0};
	begin_walk(&w, source, worker);
	rel_buf_add_str(&w.at, rel_path_dir(path));
	rc = expand(&w, how, link, path, target, names, err);
	if (rc == 0)
		rc = walk_rest(&w, how, out, target, names, err);
	if (rc == 0 && !target->ptr)
		*target = REL_STR("");
	end_walk(&w);
	return rc;
}

int rel_source_resolve(enum rel_source_follow *how,
		       struct rel_source_entry *out,
		       const struct rel_source *source, unsigned worker,
		       struct rel_arena *names, struct rel_str path,
		       struct rel_error *err)
{
	struct rel_str target = {NULL, 0};
	struct walk w;
	int rc;

	*how = REL_FOLLOW_OK;
	begin_walk(&w, source, worker);
	rel_buf_add_str(&w.rest, path);
	rc = walk_rest(&w, how, out, &target, names, err);
	end_walk(&w);
	return rc;
}

static int list_nothing(void *context, unsigned worker,
			struct rel_source_list *out, struct rel_arena *names,
			struct rel_str path, const struct rel_source_entry *dir,
			struct rel_error *err)
{
	(void)context;
	(void)worker;
	(void)out;
	(void)names;
	(void)path;
	(void)dir;
	(void)err;
	return 0;
}

static int find_nothing(void *context, unsigned worker,
			struct rel_source_entry *out, struct rel_str path,
			struct rel_error *err)
{
	(void)context;
	(void)worker;
	(void)out;
	(void)path;
	return rel_fail(err, REL_ENOTFOUND, "nothing there");
}

static bool spend(uint64_t *spent, uint64_t by, uint64_t limit)
{
	return __atomic_add_fetch(spent, by, __ATOMIC_RELAXED) <= limit;
}

int rel_source_list(const struct rel_source *source, unsigned worker,
		    struct rel_source_list *out, struct rel_arena *names,
		    struct rel_str path, const struct rel_source_entry *dir,
		    struct rel_error *err)
{
	uint32_t before = out->count;
	int rc =
	    source->list(source->context, worker, out, names, path, dir, err);

	if (rc || !source->spent)
		return rc;
	if (!spend(&source->spent->dirs, 1, REL_LIMIT_SOURCE_DIRS))
		return rel_fail(err, REL_ELIMIT,
				"the repository has more than %u directories",
				REL_LIMIT_SOURCE_DIRS);
	if (!spend(&source->spent->entries, out->count - before,
		   REL_LIMIT_SOURCE_ENTRIES))
		return rel_fail(err, REL_ELIMIT,
				"the repository has more than %u files and "
				"directories",
				REL_LIMIT_SOURCE_ENTRIES);
	return 0;
}

int rel_source_read(const struct rel_source *source, unsigned worker,
		    struct rel_buf *out, struct rel_str path,
		    const struct rel_source_entry *file, struct rel_error *err)
{
	size_t before = out->len;
	int rc = source->read(source->context, worker, out, path, file, err);

	/* Not REL_ELIMIT, which is about this file. */
	if (rc == 0 && source->spent &&
	    !spend(&source->spent->bytes, out->len - before,
		   REL_LIMIT_SOURCE_BYTES))
		return rel_fail(err, REL_EIO,
				"the files of the repository have more than "
				"%zu MiB together",
				REL_LIMIT_SOURCE_BYTES / REL_MIB);
	return rc;
}

int rel_source_spend_path(const struct rel_source *source, size_t len,
			  struct rel_error *err)
{
	if (source->spent &&
	    !spend(&source->spent->paths, len, REL_LIMIT_SOURCE_PATHS))
		return rel_fail(err, REL_ELIMIT,
				"the paths of the repository have more than "
				"%zu MiB together",
				REL_LIMIT_SOURCE_PATHS / REL_MIB);
	return 0;
}

struct rel_source rel_source_nothing(void)
{
	/* Nothing is found, so nothing is ever read. */
	return (struct rel_source){.list = list_nothing, .find = find_nothing};
}
