#include "repo/walk.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/version.h"

#define PACKAGES "packages"

void rel_walker_init(struct rel_walker *w, const struct rel_source *source,
		     unsigned worker)
{
	*w = (struct rel_walker){.source = source, .worker = worker};
	rel_arena_init(&w->names, REL_LIMIT_ARENA);
}

void rel_walker_free(struct rel_walker *w)
{
	free(w->list.items);
	rel_arena_free(&w->names);
}

static int say(struct rel_walker *w, enum rel_notice_kind kind,
	       struct rel_str path, struct rel_error *err, const char *text)
{
	return w->notice ? w->notice(w, kind, path, text, err) : 0;
}

int rel_walk_join(struct rel_str *out, struct rel_walker *w, struct rel_str dir,
		  struct rel_str name, struct rel_error *err)
{
	size_t len = dir.len + (dir.len > 0) + name.len;
	int rc = rel_source_spend_path(w->source, len, err);
	char *text;

	if (rc)
		return rc;
	text = rel_arena_alloc(&w->names, len + 1);
	if (!text)
		return rel_fail_nomem(err);
	if (dir.len > 0) {
		memcpy(text, dir.ptr, dir.len);
		text[dir.len] = '/';
	}
	memcpy(text + len - name.len, name.ptr, name.len);
	*out = rel_str_n(text, len);
	return 0;
}

static bool is_inside(struct rel_str path, struct rel_str dir)
{
	return dir.len == 0 || rel_str_eq(path, dir) ||
	       (rel_str_starts(path, dir) && path.ptr[dir.len] == '/');
}

/* Would going from `frame` to the directory `actual` go round in a circle? */
static bool is_circle(const struct rel_walk_frame *frame, struct rel_str actual)
{
	for (; frame; frame = frame->up)
		if (is_inside(frame->actual, actual))
			return true;
	return false;
}

static int say_link(struct rel_walker *w, struct rel_str shown,
		    enum rel_source_follow how, struct rel_str target,
		    struct rel_error *err)
{
	static const char *const ends[] = {
	    [REL_FOLLOW_OK] = "followed",
	    [REL_FOLLOW_DANGLING] = "which is not there",
	    [REL_FOLLOW_LOOP] = "which leads back here",
	    [REL_FOLLOW_OUTSIDE] = "outside of the repository: not followed",
	};
	struct rel_error text = {0};

	rel_fail(&text, REL_EIO, "symbolic link to %.*s, %s",
		 REL_STR_ARG(target), ends[how]);
	return say(w, REL_NOTICE_SYMLINK, shown, err, text.text);
}

/* Replace a link among the entries by what it leads to; what leads nowhere
 * becomes REL_SOURCE_NOWHERE, to be passed over. */
static int follow(struct rel_walker *w, const struct rel_walk_frame *frame,
		  uint32_t i, struct rel_error *err)
{
	struct rel_source_entry link = w->list.items[i], end = {0};
	struct rel_str shown, actual, target;
	enum rel_source_follow how;
	int rc;

	w->followed = true;
	rc = rel_walk_join(&shown, w, frame->shown, link.name, err);
	if (rc == 0)
		rc = rel_walk_join(&actual, w, frame->actual, link.name, err);
	if (rc == 0)
		rc =
		    rel_source_follow(&how, &end, &target, w->source, w->worker,
				      &w->names, actual, &link, err);
	if (rc)
		return rc;
	if (how == REL_FOLLOW_OK && end.kind == REL_SOURCE_DIR &&
	    (is_circle(frame, end.path) ||
	     ++w->linked_dirs > REL_LIMIT_LINKED_DIRS))
		how = REL_FOLLOW_LOOP;
	if (how == REL_FOLLOW_OK) {
		end.name = link.name;
		w->list.items[i] = end;
	} else if (how == REL_FOLLOW_OUTSIDE && rel_str_is(link.name, "opam")) {
		/* told as the manifest's problem */
		return 0;
	} else {
		w->list.items[i].kind = REL_SOURCE_NOWHERE;
	}
	return say_link(w, shown, how, target, err);
}

static int compare_entries(const void *left, const void *right)
{
	const struct rel_source_entry *a = left, *b = right;

	return rel_str_cmp(a->name, b->name);
}

int rel_walk_open(struct rel_walker *w, struct rel_walk_frame *frame,
		  const struct rel_source_entry *dir, struct rel_error *err)
{
	int rc;

	if (rel_cancelled(w->cancel))
		return rel_fail_cancelled(err);
	frame->first = w->list.count;
	rc = rel_source_list(w->source, w->worker, &w->list, &w->names,
			     frame->actual, dir, err);
	if (rc)
		return rc;
	frame->end = w->list.count;
	if (frame->end - frame->first > 1)
		qsort(w->list.items + frame->first, frame->end - frame->first,
		      sizeof(*w->list.items), compare_entries);
	for (uint32_t i = frame->first; i < frame->end && rc == 0; i++) {
		struct rel_source_entry *entry = &w->list.items[i];

		if (entry->kind == REL_SOURCE_LINK)
			rc = follow(w, frame, i, err);
		else
			rc = rel_walk_join(&entry->path, w, frame->actual,
					   entry->name, err);
	}
	return rc;
}

const struct rel_source_entry *rel_walk_find(const struct rel_walker *w,
					     const struct rel_walk_frame *frame,
					     const char *name)
{
	for (uint32_t i = frame->first; i < frame->end; i++) {
		const struct rel_source_entry *entry = &w->list.items[i];

		if (entry->kind != REL_SOURCE_NOWHERE &&
		    rel_str_is(entry->name, name))
			return entry;
	}
	return NULL;
}

int rel_walk_read(struct rel_walker *w, struct rel_buf *out,
		  const struct rel_source_entry *file, struct rel_error *err)
{
	rel_buf_clear(out);
	if (file->kind == REL_SOURCE_LINK)
		return rel_fail(err, REL_EPARSE,
				"a symbolic link that leaves the repository");
	if (file->kind != REL_SOURCE_FILE)
		return rel_fail(err, REL_EPARSE, "not a regular file");
	return rel_source_read(w->source, w->worker, out, file->path, file,
			       err);
}

/* The entry `opam` of the frame: a manifest, or a notice that it is none. */
static int take(struct rel_walker *w, struct rel_walk_frame *frame,
		const struct rel_source_entry *opam, struct rel_error *err)
{
	struct rel_walk_manifest m = {.opam = opam, .dir = frame};
	int rc = rel_walk_join(&m.path, w, frame->shown, REL_STR("opam"), err);

	if (rc)
		return rc;
	if (opam->kind == REL_SOURCE_DIR)
		return say(w, REL_NOTICE_STRAY, m.path, err,
			   "a directory where the manifest should be");
	if (!rel_package_split(rel_path_base(frame->shown), &m.name,
			       &m.version))
		return say(w, REL_NOTICE_BAD_NAME, m.path, err,
			   "not a package: its directory is not called "
			   "NAME.VERSION");
	if (frame->in_package) {
		rc = say(w, REL_NOTICE_NESTED, m.path, err,
			 "a manifest inside another package's directory, "
			 "where opam's clients do not see it");
		if (rc)
			return rc;
	}
	frame->in_package = true;
	w->n_taken++;
	return w->take(w, &m, err);
}

/* Files that belong into a repository, below packages/. */
static bool is_known_file(struct rel_str name)
{
	return rel_str_starts(name, REL_STR(".")) || rel_str_is(name, "opam") ||
	       rel_str_is(name, "url") || rel_str_is(name, "descr");
}

static int walk_dir(struct rel_walker *w, struct rel_walk_frame *frame,
		    const struct rel_source_entry *dir, struct rel_error *err);

/* Entry `i` of the walker's list, which is in `frame`: walk it when it is a
 * directory. */
static int walk_entry(struct rel_walker *w, const struct rel_walk_frame *frame,
		      uint32_t i, struct rel_error *err)
{
	struct rel_source_entry entry = w->list.items[i];
	struct rel_walk_frame below = {.up = frame,
				       .actual = entry.path,
				       .depth = frame->depth + 1,
				       .in_package = frame->in_package,
				       .in_files = frame->in_files};
	struct rel_error text = {0};
	int rc;

	if (entry.kind == REL_SOURCE_NOWHERE)
		return 0;
	rc = rel_walk_join(&below.shown, w, frame->shown, entry.name, err);
	if (rc)
		return rc;
	if (entry.kind != REL_SOURCE_DIR)
		return is_known_file(entry.name) || frame->in_files
			   ? 0
			   : say(w, REL_NOTICE_STRAY, below.shown, err,
				 "not a file of a package");
	if (frame->in_package && rel_str_is(entry.name, "files"))
		below.in_files = true;
	if (below.depth <= REL_LIMIT_TREE_DEPTH)
		return walk_dir(w, &below, &entry, err);
	rel_fail(&text, REL_ELIMIT, "more than %d directories deep",
		 REL_LIMIT_TREE_DEPTH);
	return say(w, REL_NOTICE_STRAY, below.shown, err, text.text);
}

/* Open `dir`, take what is in it and below. */
static int walk_dir(struct rel_walker *w, struct rel_walk_frame *frame,
		    const struct rel_source_entry *dir, struct rel_error *err)
{
	uint32_t list = w->list.count, taken = w->n_taken;
	const struct rel_source_entry *opam;
	struct rel_str name, version;
	int rc = rel_walk_open(w, frame, dir, err);

	if (rc)
		return rc;
	opam = frame->in_files ? NULL : rel_walk_find(w, frame, "opam");
	if (opam)
		rc = take(w, frame, opam, err);
	for (uint32_t i = frame->first; i < frame->end && rc == 0; i++)
		rc = walk_entry(w, frame, i, err);
	w->list.count = list;
	if (rc == 0 && !opam && taken == w->n_taken && !frame->in_package &&
	    rel_package_split(rel_path_base(frame->shown), &name, &version))
		rc = say(w, REL_NOTICE_STRAY, frame->shown, err,
			 "no package: it has no opam file");
	return rc;
}

bool rel_walk_is_own(const struct rel_source_entry *top)
{
	return rel_str_is(rel_path_dir(top->path), PACKAGES) &&
	       rel_str_eq(rel_path_base(top->path), top->name);
}

int rel_walk_group(struct rel_walker *w, const struct rel_source_entry *top,
		   struct rel_error *err)
{
	struct rel_walk_frame root = {.shown = REL_STR(PACKAGES),
				      .actual = REL_STR(PACKAGES)};
	struct rel_walk_frame frame = {
	    .up = &root, .actual = top->path, .depth = 1};
	int rc;

	rel_arena_reset(&w->names);
	w->list.count = 0;
	w->followed = !rel_walk_is_own(top);
	w->linked_dirs = 0;
	rc = rel_walk_join(&frame.shown, w, root.shown, top->name, err);
	return rc ? rc : walk_dir(w, &frame, top, err);
}

/* The entry `packages`, links followed. */
static int resolve_packages(struct rel_walker *w, struct rel_source_entry *out,
			    struct rel_error *err)
{
	struct rel_str path = REL_STR(PACKAGES), target;
	enum rel_source_follow how = REL_FOLLOW_OK;
	struct rel_source_entry link = *out;
	int rc = 0;

	out->path = path;
	if (out->kind == REL_SOURCE_LINK)
		rc = rel_source_follow(&how, out, &target, w->source, w->worker,
				       &w->names, path, &link, err);
	if (rc == 0 && (how != REL_FOLLOW_OK || out->kind != REL_SOURCE_DIR))
		rc = rel_fail(err, REL_EPARSE,
			      "not a package repository: `packages` is not "
			      "a directory");
	return rc;
}

/* Add the directories of the list, which are those of the root, that have a
 * directory packages/. */
static int find_below(struct rel_walker *w, struct rel_buf *out,
		      struct rel_error *err)
{
	uint32_t end = w->list.count, shown = 0;
	int rc = 0;

	if (end > REL_LIMIT_SUBDIRS_TRIED)
		end = REL_LIMIT_SUBDIRS_TRIED;
	for (uint32_t i = 0; i < end && rc == 0 && shown < 3; i++) {
		struct rel_str dir = w->list.items[i].name, path;
		struct rel_source_entry e;

		if (w->list.items[i].kind != REL_SOURCE_DIR)
			continue;
		rc = rel_walk_join(&path, w, dir, REL_STR(PACKAGES), err);
		if (rc == 0)
			rc = w->source->find(w->source->context, w->worker, &e,
					     path, err);
		if (rc == REL_ENOTFOUND) {
			rc = 0;
		} else if (rc == 0 && e.kind == REL_SOURCE_DIR) {
			rel_buf_printf(out, "%s//%.*s", shown ? ", " : "",
				       REL_STR_ARG(dir));
			shown++;
		}
	}
	return rc ? rc : rel_buf_status(out, "directories", err);
}

/* The list is what is in the root. */
static int fail_root(struct rel_walker *w, struct rel_error *err)
{
	struct rel_buf below;
	int rc;

	if (w->list.count > 1)
		qsort(w->list.items, w->list.count, sizeof(*w->list.items),
		      compare_entries);
	rel_buf_init(&below, REL_LIMIT_CONFIG_BYTES);
	rc = find_below(w, &below, err);
	if (rc == 0)
		rc = rel_fail(err, REL_EPARSE,
			      "not a package repository: neither a directory "
			      "`packages` nor a file `repo`%s%s%s",
			      below.len ? "; write LOCATION" : "",
			      below.len ? below.ptr : "",
			      below.len ? " for a repository below it" : "");
	rel_buf_free(&below);
	return rc;
}

/* The directory packages/ of the root. */
static int find_packages(struct rel_walker *w, bool *found,
			 struct rel_source_entry *packages,
			 struct rel_error *err)
{
	bool is_repository = false, is_empty = true;
	int rc = rel_source_list(w->source, w->worker, &w->list, &w->names,
				 REL_STR(""), NULL, err);

	*found = false;
	if (rc)
		return rc;
	for (uint32_t i = 0; i < w->list.count; i++) {
		const struct rel_source_entry *entry = &w->list.items[i];

		if (rel_str_is(entry->name, PACKAGES)) {
			*packages = *entry;
			*found = true;
		}
		if (rel_str_is(entry->name, "repo"))
			is_repository = true;
		if (!rel_str_starts(entry->name, REL_STR(".")))
			is_empty = false;
	}
	if (!*found && !is_repository && !is_empty)
		rc = fail_root(w, err);
	w->list.count = 0;
	return *found ? resolve_packages(w, packages, err) : rc;
}

int rel_walk_top(struct rel_walker *w, bool *found, struct rel_error *err)
{
	struct rel_source_entry packages = {.name = {NULL, 0}};
	struct rel_walk_frame frame = {.shown = REL_STR(PACKAGES)};
	const struct rel_source_entry *opam;
	uint32_t kept = 0;
	int rc = find_packages(w, found, &packages, err);

	if (rc || !*found)
		return rc;
	frame.actual = packages.path;
	rc = rel_walk_open(w, &frame, &packages, err);
	opam = rc == 0 ? rel_walk_find(w, &frame, "opam") : NULL;
	if (opam)
		rc = take(w, &frame, opam, err);
	for (uint32_t i = frame.first; i < frame.end && rc == 0; i++) {
		if (w->list.items[i].kind == REL_SOURCE_DIR)
			w->list.items[kept++] = w->list.items[i];
		else
			rc = walk_entry(w, &frame, i, err);
	}
	w->list.count = kept;
	return rc;
}
