/*
 * Manifest: the part of one package version's opam file that decides what
 * can be installed, in flat form.  Everything else stays in the file.
 * Source  opam src/format/opamFile.ml, OPAMSyntax.
 */
#ifndef REL_OPAM_MANIFEST_H
#define REL_OPAM_MANIFEST_H

#include "opam/expr.h"

enum rel_manifest_flags {
	REL_MANIFEST_COMPILER = 1 << 0,	     /* flags: compiler */
	REL_MANIFEST_CONF = 1 << 1,	     /* flags: conf */
	REL_MANIFEST_AVOID_VERSION = 1 << 2, /* flags: avoid-version */
	REL_MANIFEST_DEPRECATED = 1 << 3,    /* flags: deprecated */
	REL_MANIFEST_PLUGIN = 1 << 4,	     /* flags: plugin */
	/* the source is under version control and has no checksum: the
	 * variable `dev` is true */
	REL_MANIFEST_DEV = 1 << 5,
	REL_MANIFEST_HAS_URL = 1 << 6,
	/* set by lib/repo: read from a format before 2.0, or generated; its
	 * nodes have line 0, as they are in no file */
	REL_MANIFEST_CONVERTED = 1 << 7,
};

struct rel_manifest {
	rel_expr_id depends, depopts, conflicts, available;
	/* string ids in rel_manifest_tables.lists: conflict-class names */
	uint32_t conflict_class_first, conflict_class_count;
	uint32_t flags; /* enum rel_manifest_flags */
	/* the members of `maintainer`, one a line; REL_STRING_NONE = none */
	rel_string_id maintainers;
};

/* What many manifests share; all grow. */
struct rel_manifest_tables {
	struct rel_intern strings;
	struct rel_expr_table exprs;
	rel_string_id *lists;
	uint32_t n_lists, lists_cap;
};

void rel_manifest_tables_init(struct rel_manifest_tables *tables);
void rel_manifest_tables_free(struct rel_manifest_tables *tables);

/*
 * Read the manifest in `source`.
 * url      content of the legacy `url` file beside it, or {NULL, 0}
 * scratch  for the tree; reset by the caller between manifests
 * Errors   REL_EPARSE (syntax; a deciding field of the wrong form; an
 *          opam-version newer than 2.2, which the text says clearly; not
 *          UTF-8 outside comments and strings is syntax), REL_ELIMIT: with
 *          `path`, line and column; then nothing has been added to a table
 *          but unused strings and nodes.  REL_ENOMEM.
 * Files of format 1.x are converted first: upgrade.h.
 */
REL_MUST_CHECK int rel_manifest_read(struct rel_manifest *out,
				     struct rel_manifest_tables *tables,
				     struct rel_str source, struct rel_str url,
				     const char *path,
				     struct rel_arena *scratch,
				     struct rel_error *err);

#endif
