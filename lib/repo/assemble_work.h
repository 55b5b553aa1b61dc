/*
 * The two halves of rel_assemble(): assemble.c collects and settles rows,
 * write_image.c numbers and writes them.  Internal to lib/repo.
 */
#ifndef REL_REPO_ASSEMBLE_WORK_H
#define REL_REPO_ASSEMBLE_WORK_H

#include "repo/repo_private.h"

#define NO_GROUP UINT32_MAX

/*
 * Where rows come from: a part, or the earlier image.  Strings have three
 * numbers: the piece's own; the merged one, the same for equal texts of all
 * pieces; the final one, given at first use while the image is written.
 */
struct piece {
	const struct rel_expr *exprs;
	const rel_string_id *lists;
	const struct rel_snapshot_problem *problems;
	const struct rel_intern *strings;	/* a part's … */
	const struct rel_snapshot_store *image; /* … or an image's */
	uint32_t n_strings;
	rel_string_id *merged; /* by own id */
};

/* A row of a piece. */
struct row {
	struct rel_str name, version, path;
	const struct rel_snapshot_package *package;
	uint32_t expr_first, expr_end;
	uint32_t piece;
	uint32_t group; /* index into groups, or NO_GROUP */
};

struct notice {
	struct rel_str path, text;
	const struct rel_snapshot_notice *notice;
	uint32_t piece;
	uint32_t group;
};

struct group {
	struct rel_str dir;
	uint32_t piece;
	rel_string_id name;
	const uint8_t *tree; /* NULL = not reusable */
	uint32_t n_rows;     /* that it came with */
	/* in final order; count is what was kept */
	uint32_t first, last, count;
	uint32_t first_notice, n_notices;
};

struct work {
	const struct rel_assembly *in;
	struct piece *pieces; /* the parts, then the base */
	uint32_t n_pieces;
	struct row *rows;
	uint32_t n_rows;
	struct notice *notices;
	uint32_t n_notices;
	struct group *groups;
	uint32_t n_groups;
	/* merged strings: the text, and the final id or REL_STRING_NONE */
	struct rel_str *merged_text;
	rel_string_id *final;
	uint32_t n_merged;
	/* final strings, as merged ids */
	uint32_t *order;
	uint32_t n_final;
	uint64_t text_bytes;
	/* the image under construction */
	char *block;
	struct rel_image_header header;
	uint32_t n_exprs, n_lists, n_problems;
};

static inline struct rel_str piece_string(const struct piece *piece,
					  rel_string_id id)
{
	return piece->image ? rel_snapshot_string(&piece->image->snapshot, id)
			    : rel_intern_get(piece->strings, id);
}

/* Number the strings and write the image of the settled rows into w->block.
 * Errors  REL_ENOMEM; REL_ELIMIT */
REL_MUST_CHECK int rel_assemble_write(struct work *w, struct rel_error *err);

#endif
