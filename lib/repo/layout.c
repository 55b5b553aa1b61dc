#include "repo/layout.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "digest/digest.h"
#include "git/tree.h"
#include "opam/repofile.h"
#include "opam/version.h"
#include "repo/compilers.h"

#define PACKAGES "packages"

/* One thread's means. */
struct walker {
	const struct rel_source *source;
	unsigned worker;
	struct rel_part *part;
	struct rel_source_list list; /* of all open directories, stacked */
	struct rel_arena names;
	struct rel_buf opam, url, descr;
	/* of the group at hand: */
	bool reusable;
	uint32_t linked_dirs;
};

/* An open directory. */
struct frame {
	const struct frame *up;
	struct rel_str shown;  /* path by which it was reached */
	struct rel_str actual; /* path without links */
	unsigned depth;
	bool in_package; /* it, or one above it, has a manifest */
	bool in_files;	 /* below a package\'s files/, which holds anything */
	uint32_t first, end; /* its entries in the list */
};

struct read {
	const struct rel_source *source;
	const struct rel_layout_options *options;
	struct walker *walkers;
	struct rel_part *parts;
	unsigned n_workers;
	struct rel_source_list top; /* what is in packages/ … */
	struct rel_arena top_names;
	uint32_t *items; /* … and has to be read, as indexes into it */
	uint32_t n_items;
	uint32_t *base_groups;
	uint32_t n_base_groups;
};

static int walk_dir(struct walker *w, struct frame *frame,
		    const struct rel_source_entry *dir, struct rel_error *err);

/* "dir/name" in the walker's arena. */
static int join(struct rel_str *out, struct walker *w, struct rel_str dir,
		struct rel_str name, struct rel_error *err)
{
	size_t len = dir.len + (dir.len > 0) + name.len;
	char *text = rel_arena_alloc(&w->names, len + 1);

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
static bool is_circle(const struct frame *frame, struct rel_str actual)
{
	for (; frame; frame = frame->up)
		if (is_inside(frame->actual, actual))
			return true;
	return false;
}

static int say_link(struct walker *w, struct rel_str shown,
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
static int follow(struct walker *w, const struct frame *frame, uint32_t i,
		  struct rel_error *err)
{
	struct rel_source_entry link = w->list.items[i], end = {0};
	struct rel_str shown, actual, target;
	enum rel_source_follow how;
	int code;

	w->reusable = false;
	code = join(&shown, w, frame->shown, link.name, err);
	if (code == 0)
		code = join(&actual, w, frame->actual, link.name, err);
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

/* List `dir` into the frame, in order of names, links followed, each entry
 * with its actual path. */
static int open_dir(struct walker *w, struct frame *frame,
		    const struct rel_source_entry *dir, struct rel_error *err)
{
	int code;

	frame->first = w->list.count;
	code = w->source->list(w->source->context, w->worker, &w->list,
			       &w->names, frame->actual, dir, err);
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
			code = join(&entry->path, w, frame->actual, entry->name,
				    err);
	}
	return code;
}

static const struct rel_source_entry *find_entry(const struct walker *w,
						 const struct frame *frame,
						 const char *name)
{
	for (uint32_t i = frame->first; i < frame->end; i++)
		if (rel_str_is(w->list.items[i].name, name))
			return &w->list.items[i];
	return NULL;
}

static int read_file(struct walker *w, struct rel_buf *out,
		     const struct rel_source_entry *file, struct rel_error *err)
{
	rel_buf_clear(out);
	if (file->kind == REL_SOURCE_LINK)
		return rel_fail(err, REL_EPARSE,
				"a symbolic link that leaves the repository");
	if (file->kind == REL_SOURCE_OTHER)
		return rel_fail(err, REL_EPARSE, "not a regular file");
	return w->source->read(w->source->context, w->worker, out, file->path,
			       file, err);
}

/* The git id of a file's content. */
static int blob_id(const struct walker *w, uint8_t id[REL_IMAGE_TREE],
		   const struct rel_source_entry *file,
		   const struct rel_buf *content, struct rel_error *err)
{
	struct rel_git_id computed;
	int code;

	if (w->source->has_ids) {
		memcpy(id, file->id, REL_IMAGE_TREE);
		return 0;
	}
	code = rel_git_blob_id(&computed, rel_buf_str(content), err);
	if (code == 0)
		memcpy(id, computed.bytes, REL_IMAGE_TREE);
	return code;
}

/* With legacy files the content is all of them: a digest of their ids. */
static int content_id(struct walker *w, struct rel_content_id *out,
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

static int say_modes(struct walker *w, const struct rel_part_file *file,
		     const struct rel_source_entry *opam, struct rel_error *err)
{
	if (!opam->executable)
		return 0;
	return rel_part_notice(w->part, REL_NOTICE_MODE, file->path, err,
			       "executable; a manifest has mode 0644");
}

/* Read a manifest's files and add its row. */
static int add_manifest(struct walker *w, struct rel_part_file *file,
			const struct frame *frame,
			const struct rel_source_entry *opam,
			struct rel_error *err)
{
	const struct rel_source_entry *url =
	    regular(find_entry(w, frame, "url"));
	const struct rel_source_entry *descr =
	    regular(find_entry(w, frame, "descr"));
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

/* The directory at hand has an entry called `opam`. */
static int take_manifest(struct walker *w, struct frame *frame,
			 const struct rel_source_entry *opam,
			 struct rel_error *err)
{
	struct rel_part_file file = {.name = {NULL, 0}};
	int code = join(&file.path, w, frame->shown, REL_STR("opam"), err);

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

static int visit_entry(struct walker *w, const struct frame *frame, uint32_t i,
		       struct rel_error *err)
{
	struct rel_source_entry entry = w->list.items[i];
	struct frame below = {.up = frame,
			      .actual = entry.path,
			      .depth = frame->depth + 1,
			      .in_package = frame->in_package,
			      .in_files = frame->in_files};
	int code;

	if (entry.name.len == 0)
		return 0;
	code = join(&below.shown, w, frame->shown, entry.name, err);
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
	return walk_dir(w, &below, &entry, err);
}

static int walk_dir(struct walker *w, struct frame *frame,
		    const struct rel_source_entry *dir, struct rel_error *err)
{
	uint32_t list = w->list.count, rows = w->part->n_rows;
	const struct rel_source_entry *opam;
	struct rel_str name, version;
	int code = open_dir(w, frame, dir, err);

	if (code != 0)
		return code;
	opam = find_entry(w, frame, "opam");
	if (opam) {
		code = take_manifest(w, frame, opam, err);
	}
	for (uint32_t i = frame->first; i < frame->end && code == 0; i++)
		code = visit_entry(w, frame, i, err);
	w->list.count = list;
	if (code == 0 && !opam && rows == w->part->n_rows &&
	    !frame->in_package &&
	    rel_package_split(rel_path_base(frame->shown), &name, &version))
		code = rel_part_notice(w->part, REL_NOTICE_STRAY, frame->shown,
				       err, "no package: it has no opam file");
	return code;
}

/* Does this entry of packages/ stand there itself, not by a link? */
static bool is_own(const struct rel_source_entry *top)
{
	return rel_str_is(rel_path_dir(top->path), PACKAGES) &&
	       rel_str_eq(rel_path_base(top->path), top->name);
}

/* Read the directory packages/`top`. */
static int read_group(void *context, unsigned worker, size_t item,
		      struct rel_error *err)
{
	struct read *r = context;
	struct walker *w = &r->walkers[worker];
	const struct rel_source_entry *top = &r->top.items[r->items[item]];
	struct frame root = {.shown = REL_STR(PACKAGES),
			     .actual = REL_STR(PACKAGES)};
	struct frame frame = {.up = &root, .depth = 1};
	int code;

	if (rel_cancelled(r->options->cancel))
		return rel_fail_cancelled(err);
	rel_progress(r->options->progress, r->options->name, item, r->n_items);
	rel_arena_reset(&w->names);
	w->reusable = is_own(top);
	w->linked_dirs = 0;
	frame.actual = top->path;
	code = join(&frame.shown, w, root.shown, top->name, err);
	if (code == 0)
		code = rel_part_begin_group(w->part, top->name,
					    r->source->has_ids ? top->id : NULL,
					    err);
	if (code == 0)
		code = walk_dir(w, &frame, top, err);
	if (code == 0)
		rel_part_end_group(w->part, w->reusable);
	return code;
}

/* Is there a group of the base that says what is in this directory? */
static bool find_base_group(const struct read *r,
			    const struct rel_source_entry *top, uint32_t *at)
{
	const struct rel_snapshot_store *base = r->options->base;
	const struct rel_image_group *groups;
	uint32_t n;

	if (!base || !r->source->has_ids ||
	    base->header->mode != r->parts[0].mode)
		return false;
	groups = base->groups;
	n = base->header->counts[REL_IMAGE_GROUPS];
	while (*at < n && rel_str_cmp(rel_snapshot_string(&base->snapshot,
							  groups[*at].name),
				      top->name) < 0)
		(*at)++;
	return *at < n &&
	       rel_str_eq(
		   rel_snapshot_string(&base->snapshot, groups[*at].name),
		   top->name) &&
	       memcmp(groups[*at].tree, top->id, REL_IMAGE_TREE) == 0;
}

/* Sort what is in packages/ into what has to be read and what the base
 * knows; tell about the rest. */
static int plan(struct read *r, const struct rel_source_entry *packages,
		struct rel_error *err)
{
	struct walker *w = &r->walkers[0];
	struct frame frame = {.shown = REL_STR(PACKAGES),
			      .actual = packages->path};
	uint32_t at = 0;
	int code = open_dir(w, &frame, packages, err);

	if (code == 0 && find_entry(w, &frame, "opam"))
		code = take_manifest(w, &frame, find_entry(w, &frame, "opam"),
				     err);
	r->items = calloc((size_t)frame.end + 1, sizeof(*r->items));
	r->base_groups = calloc((size_t)frame.end + 1, sizeof(*r->items));
	if (!r->items || !r->base_groups)
		return rel_fail_nomem(err);
	for (uint32_t i = frame.first; i < frame.end && code == 0; i++) {
		const struct rel_source_entry *top = &w->list.items[i];

		if (top->kind != REL_SOURCE_DIR || top->name.len == 0)
			code = visit_entry(w, &frame, i, err);
		else if (is_own(top) && find_base_group(r, top, &at))
			r->base_groups[r->n_base_groups++] = at;
		else
			r->items[r->n_items++] = i;
	}
	/* The walkers need their own lists and arenas from here on. */
	r->top = w->list;
	r->top_names = w->names;
	w->list = (struct rel_source_list){0};
	rel_arena_init(&w->names, REL_LIMIT_ARENA);
	return code;
}

/* The entry `packages`, links followed. */
static int resolve_packages(struct read *r, struct rel_source_entry *out,
			    struct rel_error *err)
{
	struct rel_str path = REL_STR(PACKAGES), target;
	enum rel_source_follow how = REL_FOLLOW_OK;
	struct rel_source_entry link = *out;
	int code = 0;

	out->path = path;
	if (out->kind == REL_SOURCE_LINK)
		code =
		    rel_source_follow(&how, out, &target, r->source, 0,
				      &r->walkers[0].names, path, &link, err);
	if (code == 0 && (how != REL_FOLLOW_OK || out->kind != REL_SOURCE_DIR))
		code = rel_fail(err, REL_EPARSE,
				"not a package repository: `packages` is not "
				"a directory");
	return code;
}

/*
 * Look at the root: *found tells whether there is a directory packages/.
 * A tree without one is an empty repository when it says by a file `repo`
 * that it is a repository, or when it holds nothing but hidden files.
 */
static int look_at_root(struct read *r, bool *found,
			struct rel_source_entry *packages,
			struct rel_error *err)
{
	struct walker *w = &r->walkers[0];
	bool is_repository = false, is_empty = true;
	int code = r->source->list(r->source->context, 0, &w->list, &w->names,
				   REL_STR(""), NULL, err);

	*found = false;
	if (code != 0)
		return code;
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
	w->list.count = 0;
	if (*found)
		return resolve_packages(r, packages, err);
	if (is_repository || is_empty)
		return 0;
	return rel_fail(err, REL_EPARSE,
			"not a package repository: neither a directory "
			"`packages` nor a file `repo`");
}

static void undefined(const void *context, struct rel_str package,
		      struct rel_str name, struct rel_value *out)
{
	(void)context;
	(void)package;
	(void)name;
	*out = (struct rel_value){.kind = REL_VALUE_UNDEFINED};
}

/*
 * What the file `repo` says of the format decides how old manifests are read:
 * in a repository that calls itself 2.0 nobody would run `opam admin upgrade`,
 * and opam reads them as they are.
 */
static int read_format(struct read *r, struct rel_error *err)
{
	static const struct rel_variables none = {undefined, NULL};
	const struct rel_source *source = r->source;
	struct walker *w = &r->walkers[0];
	enum rel_upgrade_mode mode = REL_UPGRADE_CONVERT;
	struct rel_source_entry entry;
	struct rel_error why = {0};
	struct rel_repofile repo;
	struct rel_str path = REL_STR("repo");
	int code = source->find(source->context, 0, &entry, path, &why);

	rel_buf_clear(&w->opam);
	if (code == 0 && entry.kind == REL_SOURCE_FILE)
		code = source->read(source->context, 0, &w->opam, path, &entry,
				    &why);
	if (code == 0)
		code = rel_repofile_read(&repo, rel_buf_str(&w->opam), "repo",
					 &none, &w->names, &why);
	if (code == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (code == 0 && repo.opam_version.len > 0 &&
	    rel_version_compare(repo.opam_version, REL_STR("2.0~")) >= 0)
		mode = REL_UPGRADE_AS_READ;
	for (unsigned i = 0; i < r->n_workers; i++)
		r->parts[i].mode = mode;
	if (code == REL_EPARSE || code == REL_ELIMIT)
		return rel_part_notice(&r->parts[0], REL_NOTICE_STRAY, path,
				       err, "ignored: %s", why.text);
	if (code != 0 && code != REL_ENOTFOUND && err)
		*err = why;
	return code == REL_ENOTFOUND ? 0 : code;
}

static int init_read(struct read *r, struct rel_error *err)
{
	r->n_workers = r->options->jobs > 0 ? r->options->jobs : 1;
	r->parts = calloc(r->n_workers, sizeof(*r->parts));
	r->walkers = calloc(r->n_workers, sizeof(*r->walkers));
	if (!r->parts || !r->walkers)
		return rel_fail_nomem(err);
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct walker *w = &r->walkers[i];

		rel_part_init(&r->parts[i]);
		*w = (struct walker){
		    .source = r->source, .worker = i, .part = &r->parts[i]};
		rel_arena_init(&w->names, REL_LIMIT_ARENA);
		rel_buf_init(&w->opam, REL_LIMIT_MANIFEST_BYTES);
		rel_buf_init(&w->url, REL_LIMIT_MANIFEST_BYTES);
		rel_buf_init(&w->descr, REL_LIMIT_MANIFEST_BYTES);
	}
	return 0;
}

static void free_read(struct read *r)
{
	for (unsigned i = 0; r->parts && r->walkers && i < r->n_workers; i++) {
		struct walker *w = &r->walkers[i];

		rel_part_free(&r->parts[i]);
		free(w->list.items);
		rel_arena_free(&w->names);
		rel_buf_free(&w->opam);
		rel_buf_free(&w->url);
		rel_buf_free(&w->descr);
	}
	free(r->parts);
	free(r->walkers);
	free(r->items);
	free(r->base_groups);
	free(r->top.items);
	rel_arena_free(&r->top_names);
}

static int assemble(void **image, const struct read *r, struct rel_error *err)
{
	const struct rel_layout_options *options = r->options;
	struct rel_assembly assembly = {
	    .parts = r->parts,
	    .n_parts = r->n_workers,
	    .base = r->n_base_groups > 0 ? options->base : NULL,
	    .base_groups = r->base_groups,
	    .n_base_groups = r->n_base_groups,
	    .key = options->key,
	    .repository = options->repository};

	return rel_assemble(image, &assembly, err);
}

int rel_layout_read(void **image, const struct rel_source *source,
		    const struct rel_layout_options *options,
		    struct rel_error *err)
{
	struct read r = {.source = source, .options = options};
	struct rel_source_entry packages = {.name = {NULL, 0}};
	bool found = false;
	int code;

	*image = NULL;
	code = init_read(&r, err);
	if (code == 0)
		code = look_at_root(&r, &found, &packages, err);
	if (code == 0)
		code = read_format(&r, err);
	if (code == 0 && r.parts[0].mode == REL_UPGRADE_CONVERT)
		code = rel_compilers_read(&r.parts[0], source, err);
	if (code == 0 && found)
		code = plan(&r, &packages, err);
	if (code == 0)
		code =
		    rel_parallel(r.n_workers, r.n_items, read_group, &r, err);
	if (code == 0)
		code = assemble(image, &r, err);
	free_read(&r);
	return code;
}
