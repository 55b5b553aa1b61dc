#include "repo/repo_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"

static const struct rel_manifest no_manifest = {
    REL_EXPR_NONE,  REL_EXPR_NONE, REL_EXPR_NONE, REL_EXPR_NONE, 0, 0, 0,
    REL_STRING_NONE};

void rel_part_init(struct rel_part *part)
{
	*part = (struct rel_part){0};
	rel_manifest_tables_init(&part->tables);
	rel_arena_init(&part->scratch, REL_LIMIT_ARENA);
	rel_buf_init(&part->converted, REL_LIMIT_MANIFEST_BYTES);
}

void rel_part_free(struct rel_part *part)
{
	if (!part)
		return;
	rel_manifest_tables_free(&part->tables);
	rel_arena_free(&part->scratch);
	rel_buf_free(&part->converted);
	free(part->rows);
	free(part->problems);
	free(part->notices);
	free(part->groups);
	*part = (struct rel_part){0};
}

static int intern(rel_string_id *out, struct rel_part *part, struct rel_str s,
		  struct rel_error *err)
{
	*out = rel_intern_add(&part->tables.strings, s);
	return *out == REL_STRING_NONE ? rel_fail_nomem(err) : 0;
}

/* Append a row for `file` without a manifest; *out is valid until the next
 * row is added. */
static int add_row(struct rel_part_row **out, struct rel_part *part,
		   const struct rel_part_file *file, struct rel_error *err)
{
	struct rel_part_row row = {.package.manifest = no_manifest,
				   .package.problem = UINT32_MAX,
				   .package.content = file->content};
	int rc;

	if (part->n_rows >= REL_LIMIT_PACKAGES)
		return rel_fail(err, REL_ELIMIT, "more than %u manifests",
				REL_LIMIT_PACKAGES);
	rc = intern(&row.package.name, part, file->name, err);
	if (rc == 0)
		rc = intern(&row.package.version, part, file->version, err);
	if (rc == 0)
		rc = intern(&row.package.path, part, file->path, err);
	if (rc)
		return rc;
	row.expr_first = row.expr_end = part->tables.exprs.count;
	if (rel_array_reserve(&part->rows, &part->rows_cap,
			      (uint64_t)part->n_rows + 1, sizeof(row)) != 0)
		return rel_fail_nomem(err);
	*out = &part->rows[part->n_rows++];
	**out = row;
	return 0;
}

static int set_problem(struct rel_part *part, struct rel_part_row *row,
		       const struct rel_error *why, struct rel_error *err)
{
	struct rel_snapshot_problem problem = {.line = why->line,
					       .column = why->column};
	int rc = intern(&problem.text, part, rel_str_of(why->text), err);

	if (rc)
		return rc;
	if (rel_array_reserve(&part->problems, &part->problems_cap,
			      (uint64_t)part->n_problems + 1,
			      sizeof(problem)) != 0)
		return rel_fail_nomem(err);
	row->package.problem = part->n_problems;
	part->problems[part->n_problems++] = problem;
	return 0;
}

/* May `source` have an opam-version below 2.0?  A glance that spares parsing
 * nearly every manifest twice. */
static bool may_be_old(struct rel_str source)
{
	struct rel_str field = rel_str_of("opam-version");
	const char *p = source.ptr, *end = source.ptr + source.len;

	while (p && p < end &&
	       (p = memmem(p, (size_t)(end - p), field.ptr, field.len))) {
		for (p += field.len; p < end && memchr(" \t\r\n:\"", *p, 6);
		     p++)
			;
		if (p < end && (*p == '0' || *p == '1'))
			return true;
	}
	return false;
}

/* Convert a manifest of format 1.x into part->converted; *done tells whether
 * it was one. */
static int convert(bool *done, struct rel_part *part, struct rel_str name,
		   struct rel_str source, const char *path,
		   struct rel_error *why)
{
	const struct rel_str none = {NULL, 0};
	struct rel_error ignored = {0};
	struct rel_opam_tree tree;
	int rc;

	*done = false;
	if (!may_be_old(source))
		return 0;
	rc = rel_opam_parse(&tree, &part->scratch, source, path, &ignored);
	/* What does not parse is left to the reader of manifests to tell. */
	if (rc || !rel_upgrade_is_old(&tree))
		return rc == REL_ENOMEM ? rel_fail_nomem(why) : 0;
	*done = true;
	rel_buf_clear(&part->converted);
	rc = rel_upgrade_manifest(&part->converted, &tree, name, none, none,
				  part->mode, &part->scratch, why);
	return rc == 0 ? rel_buf_status(&part->converted, "manifest", why) : rc;
}

/* Nodes of a converted text have lines that no file has. */
static void forget_lines(struct rel_part *part, struct rel_part_row *row)
{
	row->package.manifest.flags |= REL_MANIFEST_CONVERTED;
	for (uint32_t i = row->expr_first; i < row->expr_end; i++) {
		part->tables.exprs.nodes[i].line = 0;
		part->tables.exprs.nodes[i].column = 0;
	}
}

/* Read the row's manifest; what is wrong with it goes into `why`. */
static int read_manifest(struct rel_part *part, struct rel_part_row *row,
			 const struct rel_part_file *file,
			 struct rel_str source, struct rel_str url,
			 struct rel_error *why)
{
	struct rel_manifest_tables *tables = &part->tables;
	const char *path;
	bool old;
	int rc;

	rel_arena_reset(&part->scratch);
	path = rel_arena_copy(&part->scratch, file->path);
	if (!path)
		return rel_fail_nomem(why);
	rc = convert(&old, part, file->name, source, path, why);
	if (rc)
		return rc;
	if (old)
		source = rel_buf_str(&part->converted);
	rc = rel_manifest_read(&row->package.manifest, tables, source, url,
			       path, &part->scratch, why);
	row->expr_end = tables->exprs.count;
	if (rc == 0 && old)
		forget_lines(part, row);
	else if (rc && old)
		rel_error_at(why, NULL, 0, 0);
	return rc;
}

int rel_part_add(struct rel_part *part, const struct rel_part_file *file,
		 struct rel_str source, struct rel_str url,
		 struct rel_error *err)
{
	uint32_t lists = part->tables.n_lists;
	struct rel_error why = {0};
	struct rel_part_row *row;
	int rc = add_row(&row, part, file, err);

	if (rc)
		return rc;
	rc = read_manifest(part, row, file, source, url, &why);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc == 0)
		return 0;
	part->tables.exprs.count = row->expr_end = row->expr_first;
	part->tables.n_lists = lists;
	row->package.manifest = no_manifest;
	return set_problem(part, row, &why, err);
}

int rel_part_add_generated(struct rel_part *part,
			   const struct rel_part_file *file,
			   struct rel_str source, struct rel_error *err)
{
	int rc =
	    rel_part_add(part, file, source, (struct rel_str){NULL, 0}, err);

	if (rc == 0)
		forget_lines(part, &part->rows[part->n_rows - 1]);
	return rc;
}

int rel_part_add_unreadable(struct rel_part *part,
			    const struct rel_part_file *file,
			    const struct rel_error *why, struct rel_error *err)
{
	struct rel_part_row *row;
	int rc = add_row(&row, part, file, err);

	return rc ? rc : set_problem(part, row, why, err);
}

int rel_part_notice(struct rel_part *part, enum rel_notice_kind kind,
		    struct rel_str path, struct rel_error *err, const char *fmt,
		    ...)
{
	struct rel_snapshot_notice notice = {.kind = kind};
	char text[REL_ERROR_TEXT_MAX];
	va_list args;
	int rc;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rc = intern(&notice.path, part, path, err);
	if (rc == 0)
		rc = intern(&notice.text, part, rel_str_of(text), err);
	if (rc)
		return rc;
	if (rel_array_reserve(&part->notices, &part->notices_cap,
			      (uint64_t)part->n_notices + 1,
			      sizeof(notice)) != 0)
		return rel_fail_nomem(err);
	part->notices[part->n_notices++] = notice;
	return 0;
}

int rel_part_begin_group(struct rel_part *part, struct rel_str name,
			 const uint8_t *tree, struct rel_error *err)
{
	struct rel_part_group group = {.first = part->n_rows,
				       .end = part->n_rows,
				       .first_notice = part->n_notices,
				       .end_notice = part->n_notices,
				       .reusable = tree != NULL};
	int rc = intern(&group.name, part, name, err);

	if (rc)
		return rc;
	if (tree)
		memcpy(group.tree, tree, sizeof(group.tree));
	if (rel_array_reserve(&part->groups, &part->groups_cap,
			      (uint64_t)part->n_groups + 1, sizeof(group)) != 0)
		return rel_fail_nomem(err);
	part->groups[part->n_groups++] = group;
	return 0;
}

void rel_part_end_group(struct rel_part *part, bool reusable)
{
	struct rel_part_group *group;

	assert(part->n_groups > 0);
	group = &part->groups[part->n_groups - 1];
	group->end = part->n_rows;
	group->end_notice = part->n_notices;
	group->reusable = group->reusable && reusable;
}
