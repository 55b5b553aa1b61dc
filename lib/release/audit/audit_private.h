/* What the checks of published releases share.  Internal to
 * lib/release/audit. */
#ifndef REL_RELEASE_AUDIT_PRIVATE_H
#define REL_RELEASE_AUDIT_PRIVATE_H

#include "base/cancel.h"
#include "release/audit/archives.h"
#include "release/audit/freeze.h"
#include "repo/texts.h"

/* A remote at an earlier revision. */
struct rel_freeze_then {
	struct rel_snapshot *snapshot;
	struct rel_texts *texts;
};

/* Checking a remote against its ledger. */
struct rel_freeze_work {
	const struct rel_freeze_options *options;
	struct rel_freeze_result *result;
	struct rel_writable *remote; /* NULL: only read */
	struct rel_texts *texts;
	struct rel_snapshot *snapshot;
	struct rel_arena arena;	  /* ledger, subjects of new entries */
	struct rel_arena scratch; /* one manifest */
	struct rel_buf text;	  /* the ledger as it is */
	struct rel_buf opam, url; /* the manifest at hand */
	struct rel_ledger ledger;
	uint8_t *named; /* entries of the ledger that a manifest has */
	struct rel_ledger_entry *fresh;
	uint32_t n_fresh, fresh_cap;
	bool has_ledger;
	struct rel_freeze_then then; /* with options->since */
	/* the archives then of the package at hand, if it was another one */
	struct rel_archive_of *was;
	uint32_t n_was;
};

/* freeze.c: the text of a file of the remote, in place of what is in `out`. */
REL_MUST_CHECK int rel_freeze_read(struct rel_buf *out,
				   struct rel_freeze_work *f, const char *path,
				   struct rel_error *err);
/* The version that `snapshot` has of a package, else one that compares equal,
 * or NULL. */
const struct rel_snapshot_package *rel_freeze_find_version(
    const struct rel_snapshot *snapshot, struct rel_str name,
    struct rel_str version);
/*
 * freeze_package.c: what package `at` of the snapshot has published, against
 * the ledger and the mirror.
 * Errors  as rel_freeze()
 */
REL_MUST_CHECK int rel_freeze_package(struct rel_freeze_work *f, uint32_t at,
				      struct rel_error *err);

/* index_walk.c: what an index holds, in the order of the archive. */
struct rel_index_item {
	const char *path; /* from the root; in the arena */
	bool directory;
	bool executable;
};

struct rel_index_items {
	struct rel_index_item *items; /* malloc'd */
	uint32_t count, cap;
	struct rel_arena *arena;
};

/*
 * Append `name` of `root` and all below; nothing when it is not there.
 * Errors  as rel_index_write()
 */
REL_MUST_CHECK int rel_index_walk(struct rel_index_items *out, const char *root,
				  const char *name,
				  const struct rel_cancel *cancel,
				  struct rel_error *err);

#endif
