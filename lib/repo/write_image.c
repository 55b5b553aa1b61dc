#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "repo/assemble_work.h"

/*
 * Give equal strings of all pieces one number.  The first part's own table
 * serves as the merged one; strings of the last piece need only be looked up
 * in it, and new ones get numbers behind it.
 */
static int merge_strings(struct work *w, struct rel_error *err)
{
	struct rel_intern *table = &w->in->parts[0].tables.strings;
	uint32_t last = w->n_pieces - 1, extra = 0;

	for (uint32_t i = 0; i < w->n_pieces; i++) {
		struct piece *piece = &w->pieces[i];

		if (piece->strings)
			piece->n_strings = piece->strings->count;
		piece->merged = malloc(sizeof(*piece->merged) *
				       ((size_t)piece->n_strings + 1));
		if (!piece->merged)
			return rel_fail_nomem(err);
	}
	for (uint32_t i = 0; i < w->n_pieces; i++) {
		struct piece *piece = &w->pieces[i];

		extra = table->count;
		for (rel_string_id id = 0; id < piece->n_strings; id++) {
			struct rel_str s = piece_string(piece, id);
			rel_string_id found = i == 0 ? id
					      : i == last
						  ? rel_intern_find(table, s)
						  : rel_intern_add(table, s);

			if (found == REL_STRING_NONE && i == last)
				found = extra++;
			if (found == REL_STRING_NONE)
				return rel_fail_nomem(err);
			piece->merged[id] = found;
		}
	}
	w->n_merged = extra;
	return 0;
}

/* Texts and free final numbers for all merged strings. */
static int init_merged(struct work *w, struct rel_error *err)
{
	const struct rel_intern *table = &w->in->parts[0].tables.strings;
	const struct piece *last = &w->pieces[w->n_pieces - 1];
	size_t n = (size_t)w->n_merged + 1;

	w->merged_text = malloc(n * sizeof(*w->merged_text));
	w->final = malloc(n * sizeof(*w->final));
	w->order = malloc(n * sizeof(*w->order));
	if (!w->merged_text || !w->final || !w->order)
		return rel_fail_nomem(err);
	memset(w->final, 0xff, n * sizeof(*w->final));
	if (table->count > 0)
		memcpy(w->merged_text, table->items,
		       table->count * sizeof(*w->merged_text));
	for (rel_string_id id = 0; id < last->n_strings; id++)
		if (last->merged[id] >= table->count)
			w->merged_text[last->merged[id]] =
			    piece_string(last, id);
	return 0;
}

/* The final number of a piece's string. */
static rel_string_id put_string(struct work *w, const struct piece *piece,
				rel_string_id id)
{
	uint32_t merged = piece->merged[id];

	if (w->final[merged] == REL_STRING_NONE) {
		w->final[merged] = w->n_final;
		w->order[w->n_final++] = merged;
		w->text_bytes += w->merged_text[merged].len;
	}
	return w->final[merged];
}

static void *section(struct work *w, enum rel_image_section which)
{
	return w->block + rel_image_offset(&w->header, which);
}

/* Nodes [first, end) of a piece become those from n_exprs on. */
static void put_exprs(struct work *w, const struct row *row)
{
	struct rel_expr *out = section(w, REL_IMAGE_EXPRS);
	const struct piece *piece = &w->pieces[row->piece];
	uint32_t shift = w->n_exprs - row->expr_first;

	for (uint32_t i = row->expr_first; i < row->expr_end; i++) {
		struct rel_expr e = piece->exprs[i];

		switch ((enum rel_expr_kind)e.kind) {
		case REL_EXPR_AND:
		case REL_EXPR_OR:
		case REL_EXPR_COMPARE:
			e.a += shift;
			e.b += shift;
			break;
		case REL_EXPR_PACKAGE:
			e.a = put_string(w, piece, e.a);
			if (e.b != REL_EXPR_NONE)
				e.b += shift;
			break;
		case REL_EXPR_VERSION:
		case REL_EXPR_NOT:
		case REL_EXPR_DEFINED:
			e.a += shift;
			break;
		case REL_EXPR_STRING:
		case REL_EXPR_IDENT:
			e.a = put_string(w, piece, e.a);
			break;
		case REL_EXPR_BOOL:
			break;
		}
		out[w->n_exprs++] = e;
	}
}

static rel_expr_id move_root(rel_expr_id id, uint32_t shift)
{
	return id == REL_EXPR_NONE ? id : id + shift;
}

static void put_row(struct work *w, uint32_t i)
{
	const struct row *row = &w->rows[i];
	const struct piece *piece = &w->pieces[row->piece];
	struct rel_snapshot_package *out = section(w, REL_IMAGE_PACKAGES);
	uint32_t *ends = section(w, REL_IMAGE_EXPR_ENDS);
	rel_string_id *lists = section(w, REL_IMAGE_LISTS);
	struct rel_snapshot_problem *problems = section(w, REL_IMAGE_PROBLEMS);
	uint32_t shift = w->n_exprs - row->expr_first;
	struct rel_snapshot_package p = *row->package;
	struct rel_manifest *m = &p.manifest;
	uint32_t list = m->conflict_class_first;

	p.name = put_string(w, piece, p.name);
	p.version = put_string(w, piece, p.version);
	p.path = put_string(w, piece, p.path);
	m->depends = move_root(m->depends, shift);
	m->depopts = move_root(m->depopts, shift);
	m->conflicts = move_root(m->conflicts, shift);
	m->available = move_root(m->available, shift);
	if (m->maintainers != REL_STRING_NONE)
		m->maintainers = put_string(w, piece, m->maintainers);
	m->conflict_class_first = m->conflict_class_count ? w->n_lists : 0;
	for (uint32_t k = 0; k < m->conflict_class_count; k++)
		lists[w->n_lists++] =
		    put_string(w, piece, piece->lists[list + k]);
	if (p.problem != UINT32_MAX) {
		struct rel_snapshot_problem problem =
		    piece->problems[p.problem];

		problem.text = put_string(w, piece, problem.text);
		p.problem = w->n_problems;
		problems[w->n_problems++] = problem;
	}
	put_exprs(w, row);
	ends[i] = w->n_exprs;
	out[i] = p;
}

static void put_notices(struct work *w)
{
	struct rel_snapshot_notice *out = section(w, REL_IMAGE_NOTICES);

	for (uint32_t i = 0; i < w->n_notices; i++) {
		const struct notice *n = &w->notices[i];
		const struct piece *piece = &w->pieces[n->piece];

		out[i] = (struct rel_snapshot_notice){
		    n->notice->kind, put_string(w, piece, n->notice->path),
		    put_string(w, piece, n->notice->text)};
	}
}

static void put_groups(struct work *w)
{
	struct rel_image_group *out = section(w, REL_IMAGE_GROUPS);

	for (uint32_t i = 0; i < w->n_groups; i++) {
		const struct group *g = &w->groups[i];

		out[i] = (struct rel_image_group){
		    .name = put_string(w, &w->pieces[g->piece], g->name),
		    .first = g->first,
		    .count = g->count,
		    .first_notice = g->first_notice,
		    .n_notices = g->n_notices};
		memcpy(out[i].tree, g->tree, sizeof(out[i].tree));
	}
}

/* The strings come last, when it is known which are used. */
static void put_strings(struct work *w)
{
	uint32_t *ends = section(w, REL_IMAGE_STRING_ENDS);
	char *text = section(w, REL_IMAGE_TEXT);
	uint32_t at = 0;

	for (uint32_t i = 0; i < w->n_final; i++) {
		struct rel_str s = w->merged_text[w->order[i]];

		if (s.len > 0)
			memcpy(text + at, s.ptr, s.len);
		at += (uint32_t)s.len;
		ends[i] = at;
	}
}

/* Numbers of elements that are known before anything is written. */
static int count_sections(struct work *w, struct rel_error *err)
{
	uint64_t exprs = 0, lists = 0, problems = 0;
	uint32_t *counts = w->header.counts;

	for (uint32_t i = 0; i < w->n_rows; i++) {
		const struct row *row = &w->rows[i];

		exprs += row->expr_end - row->expr_first;
		lists += row->package->manifest.conflict_class_count;
		problems += row->package->problem != UINT32_MAX;
	}
	if (exprs >= UINT32_MAX || lists >= UINT32_MAX)
		return rel_fail(err, REL_ELIMIT,
				"the manifests are too large together");
	counts[REL_IMAGE_PACKAGES] = counts[REL_IMAGE_EXPR_ENDS] = w->n_rows;
	counts[REL_IMAGE_EXPRS] = (uint32_t)exprs;
	counts[REL_IMAGE_LISTS] = (uint32_t)lists;
	counts[REL_IMAGE_PROBLEMS] = (uint32_t)problems;
	counts[REL_IMAGE_NOTICES] = w->n_notices;
	counts[REL_IMAGE_GROUPS] = w->n_groups;
	return 0;
}

/* Grow the image to the sections counted so far; new bytes are zero. */
static int resize(struct work *w, uint64_t used, struct rel_error *err)
{
	uint64_t size = rel_image_offset(&w->header, REL_IMAGE_SECTIONS);
	char *block = used == 0 ? calloc(1, (size_t)size)
				: realloc(w->block, (size_t)size);

	if (!block)
		return rel_fail_nomem(err);
	rel_memory_populate(block + used, (size_t)(size - used));
	if (used != 0)
		memset(block + used, 0, (size_t)(size - used));
	w->block = block;
	return 0;
}

static int write_image(struct work *w, struct rel_error *err)
{
	uint64_t used;
	int rc = count_sections(w, err);

	if (rc == 0)
		rc = resize(w, 0, err);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < w->n_rows; i++)
		put_row(w, i);
	put_notices(w);
	put_groups(w);
	if (w->text_bytes > REL_LIMIT_STRINGS)
		return rel_fail(err, REL_ELIMIT, "more than %zu bytes of names",
				REL_LIMIT_STRINGS);
	used = rel_image_offset(&w->header, REL_IMAGE_STRING_ENDS);
	w->header.counts[REL_IMAGE_STRING_ENDS] = w->n_final;
	w->header.counts[REL_IMAGE_TEXT] = (uint32_t)w->text_bytes;
	rc = resize(w, used, err);
	if (rc)
		return rc;
	put_strings(w);
	rel_image_stamp(&w->header);
	w->header.key = w->in->key;
	w->header.repository = w->in->repository;
	w->header.mode = w->in->parts[0].mode;
	w->header.total = rel_image_offset(&w->header, REL_IMAGE_SECTIONS);
	memcpy(w->block, &w->header, sizeof(w->header));
	return 0;
}

int rel_assemble_write(struct work *w, struct rel_error *err)
{
	int rc = merge_strings(w, err);

	if (rc == 0)
		rc = init_merged(w, err);
	return rc == 0 ? write_image(w, err) : rc;
}
