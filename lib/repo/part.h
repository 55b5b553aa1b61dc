/*
 * Part: what one thread has read of a remote, in growing tables of its own,
 * so that threads share nothing.  assemble.h makes one image of all parts.
 * Internal to lib/repo.
 */
#ifndef REL_REPO_PART_H
#define REL_REPO_PART_H

#include "opam/upgrade.h"
#include "repo/image.h"

struct rel_part_row {
	/* ids and indexes are the part's own */
	struct rel_snapshot_package package;
	uint32_t expr_first, expr_end; /* its nodes in tables.exprs */
};

/* Rows and notices of one directory below packages/. */
struct rel_part_group {
	rel_string_id name; /* of the directory */
	bool reusable;	    /* depends on nothing outside its git tree */
	uint8_t tree[REL_IMAGE_TREE];
	uint32_t first, end;		   /* in rows */
	uint32_t first_notice, end_notice; /* in notices */
};

struct rel_part {
	struct rel_manifest_tables tables;
	struct rel_part_row *rows;
	uint32_t n_rows, rows_cap;
	struct rel_snapshot_problem *problems;
	uint32_t n_problems, problems_cap;
	struct rel_snapshot_notice *notices;
	uint32_t n_notices, notices_cap;
	struct rel_part_group *groups;
	uint32_t n_groups, groups_cap;
	struct rel_arena scratch;   /* for one manifest's tree */
	struct rel_buf converted;   /* for one manifest of format 1.x … */
	enum rel_upgrade_mode mode; /* … and how it is converted */
};

void rel_part_init(struct rel_part *part);
void rel_part_free(struct rel_part *part);

/* What is known of a manifest before it is read. */
struct rel_part_file {
	struct rel_str name, version;
	struct rel_str path; /* from the root of the remote */
	struct rel_content_id content;
};

/*
 * Read a manifest and append its row.  One that cannot be read becomes a row
 * with a problem; that is no error.
 * url     content of the legacy `url` file beside it, or {NULL, 0}
 * Errors  REL_ENOMEM; REL_ELIMIT: more than REL_LIMIT_PACKAGES
 */
REL_MUST_CHECK int rel_part_add(struct rel_part *part,
				const struct rel_part_file *file,
				struct rel_str source, struct rel_str url,
				struct rel_error *err);

/*
 * The same for a text that stands in no file: a compiler's package.  Its nodes
 * get no lines.
 */
REL_MUST_CHECK int rel_part_add_generated(struct rel_part *part,
					  const struct rel_part_file *file,
					  struct rel_str source,
					  struct rel_error *err);

/* Append the row of a manifest that could not even be got at. */
REL_MUST_CHECK int rel_part_add_unreadable(struct rel_part *part,
					   const struct rel_part_file *file,
					   const struct rel_error *why,
					   struct rel_error *err);

/* Append a notice about `path`.  Errors  REL_ENOMEM */
REL_MUST_CHECK int rel_part_notice(struct rel_part *part,
				   enum rel_notice_kind kind,
				   struct rel_str path, struct rel_error *err,
				   const char *fmt, ...) REL_PRINTF(5, 6);

/*
 * Rows and notices from here to rel_part_end_group() belong to the directory
 * packages/`name`.  `tree` is its git tree id, or NULL.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_part_begin_group(struct rel_part *part,
					struct rel_str name,
					const uint8_t *tree,
					struct rel_error *err);
/* `reusable` as in struct rel_part_group; false without a tree id. */
void rel_part_end_group(struct rel_part *part, bool reusable);

#endif
