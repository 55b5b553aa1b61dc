#include "repo/layout.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "opam/repofile.h"
#include "opam/version.h"
#include "repo/compilers.h"
#include "repo/walk.h"

#define PACKAGES "packages"

struct read {
	const struct rel_source *source;
	const struct rel_layout_options *options;
	struct rel_walker *walkers;
	struct rel_part *parts;
	unsigned n_workers;
	struct rel_source_list top; /* what is in packages/ … */
	struct rel_arena top_names;
	uint32_t *items; /* … and has to be read, as indexes into it */
	uint32_t n_items;
	uint32_t *base_groups;
	uint32_t n_base_groups;
};

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
	struct rel_walker *w = &r->walkers[worker];
	const struct rel_source_entry *top = &r->top.items[r->items[item]];
	struct rel_walk_frame root = {.shown = REL_STR(PACKAGES),
				      .actual = REL_STR(PACKAGES)};
	struct rel_walk_frame frame = {.up = &root, .depth = 1};
	int code;

	if (rel_cancelled(r->options->cancel))
		return rel_fail_cancelled(err);
	rel_progress(r->options->progress, r->options->name, item, r->n_items);
	rel_arena_reset(&w->names);
	w->reusable = is_own(top);
	w->linked_dirs = 0;
	frame.actual = top->path;
	code = rel_walk_join(&frame.shown, w, root.shown, top->name, err);
	if (code == 0)
		code = rel_part_begin_group(w->part, top->name,
					    r->source->has_ids ? top->id : NULL,
					    err);
	if (code == 0)
		code = rel_walk_dir(w, &frame, top, err);
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
	struct rel_walker *w = &r->walkers[0];
	struct rel_walk_frame frame = {.shown = REL_STR(PACKAGES),
				       .actual = packages->path};
	uint32_t at = 0;
	int code = rel_walk_open(w, &frame, packages, err);

	if (code == 0 && rel_walk_find(w, &frame, "opam"))
		code = rel_walk_manifest(w, &frame,
					 rel_walk_find(w, &frame, "opam"), err);
	r->items = calloc((size_t)frame.end + 1, sizeof(*r->items));
	r->base_groups = calloc((size_t)frame.end + 1, sizeof(*r->items));
	if (!r->items || !r->base_groups)
		return rel_fail_nomem(err);
	for (uint32_t i = frame.first; i < frame.end && code == 0; i++) {
		const struct rel_source_entry *top = &w->list.items[i];

		if (top->kind != REL_SOURCE_DIR || top->name.len == 0)
			code = rel_walk_entry(w, &frame, i, err);
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
	struct rel_walker *w = &r->walkers[0];
	bool is_repository = false, is_empty = true;
	int code = rel_source_list(r->source, 0, &w->list, &w->names,
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
	struct rel_walker *w = &r->walkers[0];
	enum rel_upgrade_mode mode = REL_UPGRADE_CONVERT;
	struct rel_source_entry entry;
	struct rel_error why = {0};
	struct rel_repofile repo;
	struct rel_str path = REL_STR("repo");
	int code = source->find(source->context, 0, &entry, path, &why);

	rel_buf_clear(&w->opam);
	if (code == 0 && entry.kind == REL_SOURCE_FILE)
		code = rel_source_read(source, 0, &w->opam, path, &entry, &why);
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
		rel_part_init(&r->parts[i]);
		rel_walker_init(&r->walkers[i], r->source, i, &r->parts[i]);
		r->walkers[i].cancel = r->options->cancel;
	}
	return 0;
}

static void free_read(struct read *r)
{
	for (unsigned i = 0; r->parts && r->walkers && i < r->n_workers; i++) {
		rel_part_free(&r->parts[i]);
		rel_walker_free(&r->walkers[i]);
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
