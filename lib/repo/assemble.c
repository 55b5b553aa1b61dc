#include "repo/repo_private.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/version.h"
#include "repo/assemble_work.h"

/* A notice that rel_assemble() itself makes, anew each time. */
static bool is_global(uint32_t kind)
{
	return kind == REL_NOTICE_EQUAL_VERSIONS ||
	       kind == REL_NOTICE_DUPLICATE || kind == REL_NOTICE_CONVERTED;
}

static void init_pieces(struct work *w)
{
	for (uint32_t i = 0; i < w->in->n_parts; i++) {
		const struct rel_part *part = &w->in->parts[i];

		w->pieces[i] = (struct piece){.exprs = part->tables.exprs.nodes,
					      .lists = part->tables.lists,
					      .problems = part->problems,
					      .strings = &part->tables.strings};
	}
	if (w->in->base) {
		const struct rel_snapshot *s = &w->in->base->snapshot;

		w->pieces[w->in->n_parts] =
		    (struct piece){.exprs = s->exprs.nodes,
				   .lists = s->lists,
				   .problems = s->problems,
				   .image = w->in->base,
				   .n_strings = s->n_strings};
	}
}

static void add_row(struct work *w, uint32_t piece, uint32_t group,
		    const struct rel_snapshot_package *package,
		    uint32_t expr_first, uint32_t expr_end)
{
	const struct piece *p = &w->pieces[piece];

	w->rows[w->n_rows++] =
	    (struct row){.name = piece_string(p, package->name),
			 .version = piece_string(p, package->version),
			 .path = piece_string(p, package->path),
			 .package = package,
			 .expr_first = expr_first,
			 .expr_end = expr_end,
			 .piece = piece,
			 .group = group};
}

static void add_notice(struct work *w, uint32_t piece, uint32_t group,
		       const struct rel_snapshot_notice *notice)
{
	w->notices[w->n_notices++] = (struct notice){
	    .path = piece_string(&w->pieces[piece], notice->path),
	    .text = piece_string(&w->pieces[piece], notice->text),
	    .notice = notice,
	    .piece = piece,
	    .group = group};
}

static uint32_t add_group(struct work *w, uint32_t piece, rel_string_id name,
			  const uint8_t *tree, uint32_t n_rows)
{
	w->groups[w->n_groups] =
	    (struct group){.dir = piece_string(&w->pieces[piece], name),
			   .piece = piece,
			   .name = name,
			   .tree = tree,
			   .n_rows = n_rows,
			   .first = UINT32_MAX};
	return w->n_groups++;
}

static void collect_part_rows(struct work *w, uint32_t piece)
{
	const struct rel_part *part = &w->in->parts[piece];
	uint32_t at = 0;

	for (uint32_t g = 0; g < part->n_groups; g++) {
		const struct rel_part_group *from = &part->groups[g];
		uint32_t group = add_group(w, piece, from->name,
					   from->reusable ? from->tree : NULL,
					   from->end - from->first);

		for (; at < from->first; at++)
			add_row(w, piece, NO_GROUP, &part->rows[at].package,
				part->rows[at].expr_first,
				part->rows[at].expr_end);
		for (; at < from->end; at++)
			add_row(w, piece, group, &part->rows[at].package,
				part->rows[at].expr_first,
				part->rows[at].expr_end);
	}
	for (; at < part->n_rows; at++)
		add_row(w, piece, NO_GROUP, &part->rows[at].package,
			part->rows[at].expr_first, part->rows[at].expr_end);
}

static void collect_base_rows(struct work *w, uint32_t piece)
{
	const struct rel_snapshot_store *base = w->in->base;

	for (uint32_t i = 0; i < w->in->n_base_groups; i++) {
		const struct rel_image_group *from =
		    &base->groups[w->in->base_groups[i]];
		uint32_t group =
		    add_group(w, piece, from->name, from->tree, from->count);

		for (uint32_t j = 0; j < from->count; j++) {
			uint32_t first, end, at = from->first + j;

			rel_image_nodes(base, at, &first, &end);
			add_row(w, piece, group, &base->snapshot.packages[at],
				first, end);
		}
	}
}

/* The groups of a piece were numbered when its rows were collected, from
 * `group` on, in the same order. */
static void collect_part_notices(struct work *w, uint32_t piece, uint32_t group)
{
	const struct rel_part *part = &w->in->parts[piece];
	uint32_t at = 0;

	for (uint32_t g = 0; g < part->n_groups; g++) {
		const struct rel_part_group *from = &part->groups[g];

		for (; at < from->first_notice; at++)
			add_notice(w, piece, NO_GROUP, &part->notices[at]);
		for (; at < from->end_notice; at++)
			add_notice(w, piece, group + g, &part->notices[at]);
	}
	for (; at < part->n_notices; at++)
		add_notice(w, piece, NO_GROUP, &part->notices[at]);
}

static void collect_base_notices(struct work *w, uint32_t piece, uint32_t group)
{
	const struct rel_snapshot_store *base = w->in->base;

	for (uint32_t i = 0; i < w->in->n_base_groups; i++) {
		const struct rel_image_group *from =
		    &base->groups[w->in->base_groups[i]];

		for (uint32_t j = 0; j < from->n_notices; j++) {
			const struct rel_snapshot_notice *notice =
			    &base->snapshot.notices[from->first_notice + j];

			if (!is_global(notice->kind))
				add_notice(w, piece, group + i, notice);
		}
	}
}

static int collect_rows(struct work *w, struct rel_error *err)
{
	const struct rel_assembly *in = w->in;
	uint64_t rows = 0, groups = in->n_base_groups;

	for (uint32_t i = 0; i < in->n_parts; i++) {
		rows += in->parts[i].n_rows;
		groups += in->parts[i].n_groups;
	}
	for (uint32_t i = 0; i < in->n_base_groups; i++)
		rows += in->base->groups[in->base_groups[i]].count;
	if (rows > REL_LIMIT_PACKAGES)
		return rel_fail(err, REL_ELIMIT, "more than %u manifests",
				REL_LIMIT_PACKAGES);
	w->rows = calloc((size_t)rows + 1, sizeof(*w->rows));
	w->groups = calloc((size_t)groups + 1, sizeof(*w->groups));
	if (!w->rows || !w->groups)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < in->n_parts; i++)
		collect_part_rows(w, i);
	if (in->base)
		collect_base_rows(w, in->n_parts);
	return 0;
}

/* Compare paths so that a directory stands before what is in it and siblings
 * are in order of bytes: '/' counts as the lowest byte. */
static int compare_paths(struct rel_str a, struct rel_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a.ptr[i];
		unsigned char y = (unsigned char)b.ptr[i];

		if (x == y)
			continue;
		if (x == '/')
			return -1;
		if (y == '/')
			return 1;
		return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Does a path lead through a directory called NAME.VERSION before it comes to
 * the manifest's own? */
static bool is_nested(struct rel_str path)
{
	struct rel_str rest = rel_path_dir(rel_path_dir(path)), name, version;

	while (rest.ptr)
		if (rel_package_split(rel_str_cut(&rest, '/'), &name, &version))
			return true;
	return false;
}

/* Was this made of a compiler of format 1.x? */
static bool is_generated(struct rel_str path)
{
	return rel_str_starts(path, REL_STR("compilers/"));
}

/* Of two manifests of one name.version, which one counts?  It comes first. */
static int compare_doubles(const struct row *a, const struct row *b)
{
	bool nested = is_nested(a->path), generated = is_generated(a->path);

	if (generated != is_generated(b->path))
		return generated ? -1 : 1;
	if (nested != is_nested(b->path))
		return nested ? 1 : -1;
	return compare_paths(rel_path_dir(b->path), rel_path_dir(a->path));
}

static int compare_rows(const struct row *a, const struct row *b)
{
	int order = rel_str_cmp(a->name, b->name);

	if (order == 0)
		order = rel_version_compare(a->version, b->version);
	if (order == 0)
		order = rel_str_cmp(a->version, b->version);
	if (order == 0)
		order = compare_doubles(a, b);
	return order;
}

static int compare_rows_for_qsort(const void *a, const void *b)
{
	return compare_rows(a, b);
}

static int say_double(struct rel_part *part, const struct row *kept,
		      const struct row *dropped, struct rel_error *err)
{
	struct rel_str dir = rel_path_dir(kept->path);

	/* One inside the other has its notice from the reader. */
	if (rel_str_starts(dropped->path, dir) &&
	    dropped->path.ptr[dir.len] == '/')
		return 0;
	return rel_part_notice(
	    part, REL_NOTICE_DUPLICATE, dropped->path, err,
	    "%.*s.%.*s is also at %.*s, which is the one that counts",
	    REL_STR_ARG(kept->name), REL_STR_ARG(kept->version),
	    REL_STR_ARG(kept->path));
}

static int say_equal(struct rel_part *part, const struct row *a,
		     const struct row *b, struct rel_error *err)
{
	return rel_part_notice(
	    part, REL_NOTICE_EQUAL_VERSIONS, b->path, err,
	    "%.*s.%.*s and %.*s.%.*s are the same version to opam, which "
	    "keeps only one of them",
	    REL_STR_ARG(a->name), REL_STR_ARG(a->version), REL_STR_ARG(b->name),
	    REL_STR_ARG(b->version));
}

/* One notice for all: an old remote has thousands. */
static int say_converted(struct work *w, struct rel_error *err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_rows; i++)
		n += (w->rows[i].package->manifest.flags &
		      REL_MANIFEST_CONVERTED) != 0;
	if (n == 0)
		return 0;
	return rel_part_notice(
	    &w->in->parts[0], REL_NOTICE_CONVERTED, REL_STR("packages"), err,
	    "%u manifests are in a format before 2.0 and "
	    "were read as `opam admin upgrade` converts them",
	    (unsigned)n);
}

/* Sort the rows, drop double ones, tell about those and about versions that
 * compare equal. */
static int settle_rows(struct work *w, struct rel_error *err)
{
	struct rel_part *part = &w->in->parts[0];
	uint32_t kept = 0;
	int rc = 0;

	qsort(w->rows, w->n_rows, sizeof(*w->rows), compare_rows_for_qsort);
	for (uint32_t i = 0; i < w->n_rows && rc == 0; i++) {
		const struct row *row = &w->rows[i];
		const struct row *last = kept > 0 ? &w->rows[kept - 1] : NULL;

		if (last && rel_str_eq(last->name, row->name)) {
			if (rel_str_eq(last->version, row->version)) {
				rc = say_double(part, last, row, err);
				continue;
			}
			if (rel_version_compare(last->version, row->version) ==
			    0)
				rc = say_equal(part, last, row, err);
		}
		w->rows[kept++] = *row;
	}
	w->n_rows = kept;
	return rc;
}

static int compare_notices(const void *left, const void *right)
{
	const struct notice *a = left, *b = right;
	int order = compare_paths(a->path, b->path);

	if (order == 0 && a->notice->kind != b->notice->kind)
		order = a->notice->kind < b->notice->kind ? -1 : 1;
	return order != 0 ? order : rel_str_cmp(a->text, b->text);
}

static int collect_notices(struct work *w, struct rel_error *err)
{
	const struct rel_assembly *in = w->in;
	uint32_t group = 0;
	uint64_t n = 0;

	for (uint32_t i = 0; i < in->n_parts; i++)
		n += in->parts[i].n_notices;
	for (uint32_t i = 0; i < in->n_base_groups; i++)
		n += in->base->groups[in->base_groups[i]].n_notices;
	if (n >= UINT32_MAX)
		return rel_fail(err, REL_ELIMIT, "too many notices");
	w->notices = calloc((size_t)n + 1, sizeof(*w->notices));
	if (!w->notices)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < in->n_parts; i++) {
		collect_part_notices(w, i, group);
		group += in->parts[i].n_groups;
	}
	if (in->base)
		collect_base_notices(w, in->n_parts, group);
	qsort(w->notices, w->n_notices, sizeof(*w->notices), compare_notices);
	return 0;
}

static int compare_groups(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	return rel_str_cmp(a->dir, b->dir);
}

/*
 * Keep the groups whose rows still stand together and complete, in order of
 * name.  What has lost a row to a double elsewhere, or has rows of another
 * group between its own, must be read again next time.
 */
static void settle_groups(struct work *w)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->n_rows; i++) {
		struct group *group;

		if (w->rows[i].group == NO_GROUP)
			continue;
		group = &w->groups[w->rows[i].group];
		if (group->first == UINT32_MAX)
			group->first = i;
		group->last = i;
		group->count++;
	}
	for (uint32_t i = 0; i < w->n_notices; i++) {
		struct group *group;

		if (w->notices[i].group == NO_GROUP)
			continue;
		group = &w->groups[w->notices[i].group];
		if (group->n_notices == 0)
			group->first_notice = i;
		group->n_notices = i + 1 - group->first_notice;
	}
	for (uint32_t i = 0; i < w->n_groups; i++) {
		struct group *group = &w->groups[i];

		if (group->count == 0)
			group->first = group->last = 0;
		if (group->tree && group->count == group->n_rows &&
		    (group->count == 0 ||
		     group->last - group->first + 1 == group->count))
			w->groups[kept++] = *group;
	}
	w->n_groups = kept;
	qsort(w->groups, w->n_groups, sizeof(*w->groups), compare_groups);
}

static void work_free(struct work *w)
{
	for (uint32_t i = 0; w->pieces && i < w->n_pieces; i++)
		free(w->pieces[i].merged);
	free(w->pieces);
	free(w->rows);
	free(w->notices);
	free(w->groups);
	free(w->merged_text);
	free(w->final);
	free(w->order);
	free(w->block);
}

int rel_assemble(void **out, const struct rel_assembly *assembly,
		 struct rel_error *err)
{
	struct work w = {.in = assembly};
	int rc;

	*out = NULL;
	w.n_pieces = assembly->n_parts + (assembly->base != NULL);
	w.pieces = calloc(w.n_pieces, sizeof(*w.pieces));
	if (!w.pieces)
		return rel_fail_nomem(err);
	init_pieces(&w);
	rc = collect_rows(&w, err);
	if (rc == 0)
		rc = settle_rows(&w, err);
	if (rc == 0)
		rc = say_converted(&w, err);
	if (rc == 0)
		rc = collect_notices(&w, err);
	if (rc)
		goto out;
	settle_groups(&w);
	rc = rel_assemble_write(&w, err);
	if (rc == 0) {
		*out = w.block;
		w.block = NULL;
	}
out:
	work_free(&w);
	return rc;
}
