#include "repo/walk.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "digest/digest.h"
#include "opam/version.h"

void rel_walker_init(struct rel_walker *w, const struct rel_source *source,
		     unsigned worker, struct rel_part *part)
{
	*w = (struct rel_walker){
	    .source = source, .worker = worker, .part = part};
	rel_arena_init(&w->names, REL_LIMIT_ARENA);
	rel_buf_init(&w->opam, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&w->url, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&w->descr, REL_LIMIT_MANIFEST_BYTES);
}

void rel_walker_free(struct rel_walker *w)
{
	free(w->list.items);
	rel_arena_free(&w->names);
	rel_buf_free(&w->opam);
	rel_buf_free(&w->url);
	rel_buf_free(&w->descr);
	rel_sha1_free(&w->sha1);
}

int rel_walk_join(struct rel_str *out, struct rel_walker *w, struct rel_str dir,
		  struct rel_str name, struct rel_error *err)
{
	size_t len = dir.len + (dir.len > 0) + name.len;
	int code = rel_source_spend_path(w->source, len, err);
	char *text;

	if (code != 0)
		return code;
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
	static const char *const texts[] = {
	    [REL_FOLLOW_OK] = "symbolic link to %.*s, followed",
	    [REL_FOLLOW_DANGLING] = "symbolic link to %.*s, which is not there",
	    [REL_FOLLOW_LOOP] = "symbolic link to %.*s, which leads back here",
	    [REL_FOLLOW_OUTSIDE] = "symbolic link to %.*s, outside of the "
				   "repository: not followed",
	};
	struct rel_error text = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	rel_fail(&text, REL_EIO, texts[how], REL_STR_ARG(target));
#pragma GCC diagnostic pop
	return rel_part_notice(w->part, REL_NOTICE_SYMLINK, shown, err, "%s",
			       text.text);
}

/* Replace a link among the entries by what it leads to; what leads nowhere
 * becomes REL_SOURCE_LINK with an empty name, to be passed over. */
static int follow(struct rel_walker *w, const struct rel_walk_frame *frame,
		  uint32_t i, struct rel_error *err)
{
	struct rel_source_entry link = w->list.items[i], end = {0};
	struct rel_str shown, actual, target;
	enum rel_source_follow how;
	int code;

	w->reusable = false;
	code = rel_walk_join(&shown, w, frame->shown, link.name, err);
	if (code == 0)
		code = rel_walk_join(&actual, w, frame->actual, link.name, err);
	if (code == 0)
		code =
		    rel_source_follow(&how, &end, &target, w->source, w->worker,
				      &w->names, actual, &link, err);
	if (code != 0)
		return code;
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
		w->list.items[i].name.len = 0;
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
	int code;

	if (rel_cancelled(w->cancel))
		return rel_fail_cancelled(err);
	frame->first = w->list.count;
	code = rel_source_list(w->source, w->worker, &w->list, &w->names,
			       frame->actual, dir, err);
	if (code != 0)
		return code;
	frame->end = w->list.count;
	if (frame->end - frame->first > 1)
		qsort(w->list.items + frame->first, frame->end - frame->first,
		      sizeof(*w->list.items), compare_entries);
	for (uint32_t i = frame->first; i < frame->end && code == 0; i++) {
		struct rel_source_entry *entry = &w->list.items[i];

		if (entry->kind == REL_SOURCE_LINK)
			code = follow(w, frame, i, err);
		else
			code = rel_walk_join(&entry->path, w, frame->actual,
					     entry->name, err);
	}
	return code;
}

const struct rel_source_entry *rel_walk_find(const struct rel_walker *w,
					     const struct rel_walk_frame *frame,
					     const char *name)
{
	for (uint32_t i = frame->first; i < frame->end; i++)
		if (rel_str_is(w->list.items[i].name, name))
			return &w->list.items[i];
	return NULL;
}

static int read_file(struct rel_walker *w, struct rel_buf *out,
		     const struct rel_source_entry *file, struct rel_error *err)
{
	rel_buf_clear(out);
	if (file->kind == REL_SOURCE_LINK)
		return rel_fail(err, REL_EPARSE,
				"a symbolic link that leaves the repository");
	if (file->kind == REL_SOURCE_OTHER)
		return rel_fail(err, REL_EPARSE, "not a regular file");
	return rel_source_read(w->source, w->worker, out, file->path, file,
			       err);
}

/* The git id of a file's content. */
static int blob_id(struct rel_walker *w, uint8_t id[REL_IMAGE_TREE],
		   const struct rel_source_entry *file,
		   const struct rel_buf *content, struct rel_error *err)
{
	int code;

	if (w->source->has_ids) {
		memcpy(id, file->id, REL_IMAGE_TREE);
		return 0;
	}
	code = w->sha1.context ? 0 : rel_sha1_init(&w->sha1, err);
	if (code != 0)
		return code;
	rel_sha1_begin_blob(&w->sha1, content->len);
	rel_sha1_update(&w->sha1, content->ptr, content->len);
	return rel_sha1_finish(id, &w->sha1, err);
}

/* With legacy files the content is all of them: a digest of their ids. */
static int content_id(struct rel_walker *w, struct rel_content_id *out,
		      const struct rel_source_entry *opam,
		      const struct rel_source_entry *url,
		      const struct rel_source_entry *descr,
		      struct rel_error *err)
{
	uint8_t ids[3 * REL_IMAGE_TREE] = {0};
	struct rel_digest digest;
	int code = blob_id(w, ids, opam, &w->opam, err);

	*out = (struct rel_content_id){{0}};
	if (code == 0 && url)
		code = blob_id(w, ids + REL_IMAGE_TREE, url, &w->url, err);
	if (code == 0 && descr)
		code =
		    blob_id(w, ids + 2 * REL_IMAGE_TREE, descr, &w->descr, err);
	if (code != 0)
		return code;
	if (!url && !descr) {
		memcpy(out->bytes, ids, REL_IMAGE_TREE);
		return 0;
	}
	code = rel_digest_of(&digest, REL_DIGEST_SHA256,
			     rel_str_n((const char *)ids, sizeof(ids)), err);
	if (code == 0)
		memcpy(out->bytes, digest.bytes, sizeof(out->bytes));
	return code;
}

static const struct rel_source_entry *regular(
    const struct rel_source_entry *entry)
{
	return entry && entry->kind == REL_SOURCE_FILE ? entry : NULL;
}

static int say_modes(struct rel_walker *w, const struct rel_part_file *file,
		     const struct rel_source_entry *opam, struct rel_error *err)
{
	if (!opam->executable)
		return 0;
	return rel_part_notice(w->part, REL_NOTICE_MODE, file->path, err,
			       "executable; a manifest has mode 0644");
}

/* Read a manifest's files and add its row. */
static int add_manifest(struct rel_walker *w, struct rel_part_file *file,
			const struct rel_walk_frame *frame,
			const struct rel_source_entry *opam,
			struct rel_error *err)
{
	const struct rel_source_entry *url =
	    regular(rel_walk_find(w, frame, "url"));
	const struct rel_source_entry *descr =
	    regular(rel_walk_find(w, frame, "descr"));
	struct rel_error why = {0};
	int code = read_file(w, &w->opam, opam, &why);

	if (code == 0 && url)
		code = read_file(w, &w->url, url, &why);
	if (code == 0 && descr && !w->source->has_ids)
		code = read_file(w, &w->descr, descr, &why);
	if (code == REL_ELIMIT || code == REL_EPARSE) {
		memcpy(file->content.bytes, opam->id, sizeof(opam->id));
		return rel_part_add_unreadable(w->part, file, &why, err);
	}
	if (code != 0) {
		if (err)
			*err = why;
		return code;
	}
	code = content_id(w, &file->content, opam, url, descr, err);
	if (code != 0)
		return code;
	code = say_modes(w, file, opam, err);
	if (code != 0)
		return code;
	return rel_part_add(
	    w->part, file, rel_buf_str(&w->opam),
	    url ? rel_buf_str(&w->url) : (struct rel_str){NULL, 0}, err);
}

int rel_walk_manifest(struct rel_walker *w, struct rel_walk_frame *frame,
		      const struct rel_source_entry *opam,
		      struct rel_error *err)
{
	struct rel_part_file file = {.name = {NULL, 0}};
	int code =
	    rel_walk_join(&file.path, w, frame->shown, REL_STR("opam"), err);

	if (code != 0)
		return code;
	if (opam->kind == REL_SOURCE_DIR)
		return rel_part_notice(
		    w->part, REL_NOTICE_STRAY, file.path, err,
		    "a directory where the manifest should be");
	if (!rel_package_split(rel_path_base(frame->shown), &file.name,
			       &file.version))
		return rel_part_notice(
		    w->part, REL_NOTICE_BAD_NAME, file.path, err,
		    "not a package: its directory is not called NAME.VERSION");
	if (frame->in_package) {
		code = rel_part_notice(
		    w->part, REL_NOTICE_NESTED, file.path, err,
		    "a manifest inside another package's directory, where "
		    "opam's clients do not see it");
		if (code != 0)
			return code;
	}
	frame->in_package = true;
	return add_manifest(w, &file, frame, opam, err);
}

/* Files that belong into a repository, below packages/. */
static bool is_known_file(struct rel_str name)
{
	return rel_str_starts(name, REL_STR(".")) || rel_str_is(name, "opam") ||
	       rel_str_is(name, "url") || rel_str_is(name, "descr");
}

int rel_walk_entry(struct rel_walker *w, const struct rel_walk_frame *frame,
		   uint32_t i, struct rel_error *err)
{
	struct rel_source_entry entry = w->list.items[i];
	struct rel_walk_frame below = {.up = frame,
				       .actual = entry.path,
				       .depth = frame->depth + 1,
				       .in_package = frame->in_package,
				       .in_files = frame->in_files};
	int code;

	if (entry.name.len == 0)
		return 0;
	code = rel_walk_join(&below.shown, w, frame->shown, entry.name, err);
	if (code != 0)
		return code;
	if (entry.kind != REL_SOURCE_DIR)
		return is_known_file(entry.name) || frame->in_files
			   ? 0
			   : rel_part_notice(w->part, REL_NOTICE_STRAY,
					     below.shown, err,
					     "not a file of a package");
	if (frame->in_package && rel_str_is(entry.name, "files"))
		below.in_files = true;
	if (below.depth > REL_LIMIT_TREE_DEPTH)
		return rel_part_notice(w->part, REL_NOTICE_STRAY, below.shown,
				       err, "more than %d directories deep",
				       REL_LIMIT_TREE_DEPTH);
	return rel_walk_dir(w, &below, &entry, err);
}

int rel_walk_dir(struct rel_walker *w, struct rel_walk_frame *frame,
		 const struct rel_source_entry *dir, struct rel_error *err)
{
	uint32_t list = w->list.count, rows = w->part->n_rows;
	const struct rel_source_entry *opam;
	struct rel_str name, version;
	int code = rel_walk_open(w, frame, dir, err);

	if (code != 0)
		return code;
	opam = rel_walk_find(w, frame, "opam");
	if (opam) {
		code = rel_walk_manifest(w, frame, opam, err);
	}
	for (uint32_t i = frame->first; i < frame->end && code == 0; i++)
		code = rel_walk_entry(w, frame, i, err);
	w->list.count = list;
	if (code == 0 && !opam && rows == w->part->n_rows &&
	    !frame->in_package &&
	    rel_package_split(rel_path_base(frame->shown), &name, &version))
		code = rel_part_notice(w->part, REL_NOTICE_STRAY, frame->shown,
				       err, "no package: it has no opam file");
	return code;
}
