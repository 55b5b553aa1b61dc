/*
 * Snapshot: the manifests of one remote at one revision, immutable, in flat
 * tables whose rows refer to each other by index, so that the parsed-snapshot
 * cache is these tables written to disk and mapped back.
 *
 * Packages stand in order of name, then version (rel_version_compare, then
 * bytes).  Nothing found in the tree is dropped silently: what is not a
 * readable manifest is a package with a `problem`, or a `notice`.
 */
#ifndef REL_REPO_SNAPSHOT_H
#define REL_REPO_SNAPSHOT_H

#include "base/progress.h"
#include "opam/manifest.h"
#include "repo/location.h"

#define REL_CONTENT_ID_MAX 32
/* What makes two manifests the same: git blob id of `opam` (combined with
 * those of legacy `url` and `descr` where they exist), zero-padded. */
struct rel_content_id {
	uint8_t bytes[REL_CONTENT_ID_MAX];
};

struct rel_snapshot_package {
	rel_string_id name, version;
	rel_string_id path; /* of the manifest, from the root of the remote */
	struct rel_manifest manifest;
	/* index into problems when the manifest is unreadable, else
	 * UINT32_MAX; then `manifest` is empty */
	uint32_t problem;
	struct rel_content_id content;
};

struct rel_snapshot_problem {
	rel_string_id text;    /* one sentence */
	uint32_t line, column; /* 0 = not known */
};

/* Things that are no manifest's fault but that a keeper wants to know. */
enum rel_notice_kind {
	REL_NOTICE_EQUAL_VERSIONS, /* 1.0 and 1.00 in one remote */
	REL_NOTICE_DUPLICATE,	   /* one name.version at two paths */
	REL_NOTICE_NESTED,	   /* a manifest inside a package directory */
	REL_NOTICE_STRAY,	   /* neither manifest nor known file */
	REL_NOTICE_BAD_NAME,	   /* directory name is no package name */
	REL_NOTICE_MODE,	   /* odd file mode */
	REL_NOTICE_SYMLINK,	   /* followed, dangling or looping */
	REL_NOTICE_CONVERTED,	   /* 1.x format read as upgrade would */
};

struct rel_snapshot_notice {
	uint32_t kind; /* enum rel_notice_kind */
	rel_string_id path;
	rel_string_id text; /* one sentence */
};

struct rel_snapshot {
	const struct rel_snapshot_package *packages;
	uint32_t n_packages;
	struct rel_exprs exprs;
	const rel_string_id *lists; /* conflict-class names */
	uint32_t n_lists;
	const struct rel_snapshot_problem *problems;
	uint32_t n_problems;
	const struct rel_snapshot_notice *notices;
	uint32_t n_notices;
	uint32_t n_strings;
	/* "1f302af…" (git commit), "sha256=…" (index), "" (directory) */
	const char *revision;
	int64_t time; /* UTC seconds of the commit; 0 = not known */
	struct rel_snapshot_store *store; /* owns everything above */
};

void rel_snapshot_free(struct rel_snapshot *snapshot);

/* How manifests of format 1.x were read (enum rel_upgrade_mode): one content
 * means different things in repositories of different formats. */
uint32_t rel_snapshot_mode(const struct rel_snapshot *snapshot);

struct rel_str rel_snapshot_string(const struct rel_snapshot *snapshot,
				   rel_string_id id);

/* First package called `name`; *count of them, 0 when there is none. */
const struct rel_snapshot_package *rel_snapshot_find(
    const struct rel_snapshot *snapshot, struct rel_str name, uint32_t *count);

#endif
