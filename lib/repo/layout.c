#include "repo/repo_private.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "digest/digest.h"
#include "opam/repofile.h"
#include "opam/version.h"
#include "repo/walk.h"

/* One thread's means: what the walk finds becomes rows of a part. */
struct taker {
	struct rel_walker walk;
	struct rel_part *part;
	struct rel_buf opam, url, descr;
	struct rel_sha1 sha1; /* begun when a source has no ids */
};

struct read {
	const struct rel_source *source;
	const struct rel_layout_options *options;
	struct taker *takers;
	struct rel_part *parts;
	unsigned n_workers;
	struct rel_source_list top; /* directories of packages/ … */
	struct rel_arena top_names;
	uint32_t *items; /* … that have to be read, as indexes into it */
	uint32_t n_items;
	uint32_t *base_groups;
	uint32_t n_base_groups;
};

/* The git id of a file's content. */
static int blob_id(struct taker *t, uint8_t id[REL_IMAGE_TREE],
		   const struct rel_source_entry *file,
		   const struct rel_buf *content, struct rel_error *err)
{
	int rc;

	if (t->walk.source->has_ids) {
		memcpy(id, file->id, REL_IMAGE_TREE);
		return 0;
	}
	rc = t->sha1.context ? 0 : rel_sha1_init(&t->sha1, err);
	if (rc)
		return rc;
	rel_sha1_begin_blob(&t->sha1, content->len);
	rel_sha1_update(&t->sha1, content->ptr, content->len);
	return rel_sha1_finish(id, &t->sha1, err);
}

/* With legacy files the content is all of them: a digest of their ids. */
static int content_id(struct taker *t, struct rel_content_id *out,
		      const struct rel_source_entry *opam,
		      const struct rel_source_entry *url,
		      const struct rel_source_entry *descr,
		      struct rel_error *err)
{
	uint8_t ids[3 * REL_IMAGE_TREE] = {0};
	struct rel_digest digest;
	int rc = blob_id(t, ids, opam, &t->opam, err);

	*out = (struct rel_content_id){{0}};
	if (rc == 0 && url)
		rc = blob_id(t, ids + REL_IMAGE_TREE, url, &t->url, err);
	if (rc == 0 && descr)
		rc =
		    blob_id(t, ids + 2 * REL_IMAGE_TREE, descr, &t->descr, err);
	if (rc)
		return rc;
	if (!url && !descr) {
		memcpy(out->bytes, ids, REL_IMAGE_TREE);
		return 0;
	}
	rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
			   rel_str_n((const char *)ids, sizeof(ids)), err);
	if (rc == 0)
		memcpy(out->bytes, digest.bytes, sizeof(out->bytes));
	return rc;
}

static const struct rel_source_entry *regular(
    const struct rel_source_entry *entry)
{
	return entry && entry->kind == REL_SOURCE_FILE ? entry : NULL;
}

/* Read a manifest's files and add its row. */
static int take(struct rel_walker *w, const struct rel_walk_manifest *m,
		struct rel_error *err)
{
	struct taker *t = w->context;
	struct rel_part_file file = {
	    .name = m->name, .version = m->version, .path = m->path};
	const struct rel_source_entry *url =
	    regular(rel_walk_find(w, m->dir, "url"));
	const struct rel_source_entry *descr =
	    regular(rel_walk_find(w, m->dir, "descr"));
	struct rel_error why = {0};
	int rc = rel_walk_read(w, &t->opam, m->opam, &why);

	if (rc == 0 && url)
		rc = rel_walk_read(w, &t->url, url, &why);
	if (rc == 0 && descr && !w->source->has_ids)
		rc = rel_walk_read(w, &t->descr, descr, &why);
	if (rc == REL_ELIMIT || rc == REL_EPARSE) {
		memcpy(file.content.bytes, m->opam->id, sizeof(m->opam->id));
		return rel_part_add_unreadable(t->part, &file, &why, err);
	}
	if (rc) {
		if (err)
			*err = why;
		return rc;
	}
	rc = content_id(t, &file.content, m->opam, url, descr, err);
	if (rc == 0 && m->opam->executable)
		rc = rel_part_notice(t->part, REL_NOTICE_MODE, file.path, err,
				     "executable; a manifest has mode 0644");
	if (rc)
		return rc;
	return rel_part_add(
	    t->part, &file, rel_buf_str(&t->opam),
	    url ? rel_buf_str(&t->url) : (struct rel_str){NULL, 0}, err);
}

static int notice(struct rel_walker *w, enum rel_notice_kind kind,
		  struct rel_str path, const char *text, struct rel_error *err)
{
	struct taker *t = w->context;

	return rel_part_notice(t->part, kind, path, err, "%s", text);
}

/* Read the directory packages/`top`. */
static int read_group(void *context, unsigned worker, size_t item,
		      struct rel_error *err)
{
	struct read *r = context;
	struct taker *t = &r->takers[worker];
	const struct rel_source_entry *top = &r->top.items[r->items[item]];
	int rc;

	rel_progress(r->options->progress, r->options->name, item, r->n_items);
	rc = rel_part_begin_group(t->part, top->name,
				  r->source->has_ids ? top->id : NULL, err);
	if (rc == 0)
		rc = rel_walk_group(&t->walk, top, err);
	if (rc == 0)
		rel_part_end_group(t->part, !t->walk.followed);
	return rc;
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
 * knows. */
static int plan(struct read *r, bool *found, struct rel_error *err)
{
	struct rel_walker *w = &r->takers[0].walk;
	uint32_t at = 0;
	int rc = rel_walk_top(w, found, err);

	/* The walkers need their own lists and arenas from here on. */
	r->top = w->list;
	r->top_names = w->names;
	w->list = (struct rel_source_list){0};
	rel_arena_init(&w->names, REL_LIMIT_ARENA);
	if (rc)
		return rc;
	r->items = calloc((size_t)r->top.count + 1, sizeof(*r->items));
	r->base_groups = calloc((size_t)r->top.count + 1, sizeof(*r->items));
	if (!r->items || !r->base_groups)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < r->top.count; i++) {
		const struct rel_source_entry *top = &r->top.items[i];

		if (rel_walk_is_own(top) && find_base_group(r, top, &at))
			r->base_groups[r->n_base_groups++] = at;
		else
			r->items[r->n_items++] = i;
	}
	return 0;
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
	struct taker *t = &r->takers[0];
	enum rel_upgrade_mode mode = REL_UPGRADE_CONVERT;
	struct rel_source_entry entry;
	struct rel_error why = {0};
	struct rel_repofile repo;
	struct rel_str path = REL_STR("repo");
	int rc = source->find(source->context, 0, &entry, path, &why);

	rel_buf_clear(&t->opam);
	if (rc == 0 && entry.kind == REL_SOURCE_FILE)
		rc = rel_source_read(source, 0, &t->opam, path, &entry, &why);
	if (rc == 0)
		rc = rel_repofile_read(&repo, rel_buf_str(&t->opam), "repo",
				       &none, &t->walk.names, &why);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc == 0 && repo.opam_version.len > 0 &&
	    rel_version_compare(repo.opam_version, REL_STR("2.0~")) >= 0)
		mode = REL_UPGRADE_AS_READ;
	for (unsigned i = 0; i < r->n_workers; i++)
		r->parts[i].mode = mode;
	if (rc == REL_EPARSE || rc == REL_ELIMIT)
		return rel_part_notice(&r->parts[0], REL_NOTICE_STRAY, path,
				       err, "ignored: %s", why.text);
	if (rc && rc != REL_ENOTFOUND && err)
		*err = why;
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static int init_read(struct read *r, struct rel_error *err)
{
	r->n_workers = r->options->jobs > 0 ? r->options->jobs : 1;
	r->parts = calloc(r->n_workers, sizeof(*r->parts));
	r->takers = calloc(r->n_workers, sizeof(*r->takers));
	if (!r->parts || !r->takers)
		return rel_fail_nomem(err);
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct taker *t = &r->takers[i];

		rel_part_init(&r->parts[i]);
		rel_walker_init(&t->walk, r->source, i);
		t->walk.cancel = r->options->cancel;
		t->walk.take = take;
		t->walk.notice = notice;
		t->walk.context = t;
		t->part = &r->parts[i];
		rel_buf_init(&t->opam, REL_LIMIT_MANIFEST_BYTES);
		rel_buf_init(&t->url, REL_LIMIT_MANIFEST_BYTES);
		rel_buf_init(&t->descr, REL_LIMIT_MANIFEST_BYTES);
	}
	return 0;
}

static void free_read(struct read *r)
{
	for (unsigned i = 0; r->parts && r->takers && i < r->n_workers; i++) {
		struct taker *t = &r->takers[i];

		rel_part_free(&r->parts[i]);
		rel_walker_free(&t->walk);
		rel_buf_free(&t->opam);
		rel_buf_free(&t->url);
		rel_buf_free(&t->descr);
		rel_sha1_free(&t->sha1);
	}
	free(r->parts);
	free(r->takers);
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
	bool found = false;
	int rc;

	*image = NULL;
	rc = init_read(&r, err);
	if (rc == 0)
		rc = read_format(&r, err);
	if (rc == 0 && r.parts[0].mode == REL_UPGRADE_CONVERT)
		rc = rel_compilers_read(&r.parts[0], source, err);
	if (rc == 0)
		rc = plan(&r, &found, err);
	if (rc == 0)
		rc = rel_parallel(r.n_workers, r.n_items, read_group, &r, err);
	if (rc == 0)
		rc = assemble(image, &r, err);
	free_read(&r);
	return rc;
}
