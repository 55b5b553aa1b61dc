/*
 * The archive of a release: a commit's tree as git archives it (git/archive.h)
 * as a tar below "name-version/", owner 0, times of the commit, entries sorted
 * by path, directories and executables 0775, other files 0664 (as `git archive`
 * and dune-release have them), links 0777.  The same bytes on every machine
 * that has the same compressor library (archive/write.h).
 */
#ifndef REL_RELEASE_PACK_H
#define REL_RELEASE_PACK_H

#include "archive/write.h"
#include "base/cancel.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "git/archive.h"
#include "git/objects.h"
#include "release/source/watermark.h"

struct rel_pack_options {
	struct rel_git_store *store;
	struct rel_git_id commit; /* the tagged one */
	struct rel_str name, version;
	const char *tag; /* for export-subst; may be NULL */
	enum rel_archive_format format;
	/* What %%VERSION%% stands for (release/source/watermark.h); len 0 =
	 * watermarks stay as they are. */
	struct rel_str watermarks;
	/* Archives of other tools: a submodule is an empty directory. */
	bool empty_submodules;
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

/*
 * What the commit's tree is read with.
 * marks, arena  live as long as *out
 * Errors        of rel_watermarks_read()
 */
REL_MUST_CHECK int rel_pack_archive_options(
    struct rel_git_archive_options *out, struct rel_watermarks *marks,
    struct rel_arena *arena, const struct rel_pack_options *request,
    struct rel_error *err);

struct rel_pack_result {
	struct rel_digest sha256, sha512; /* of the archive */
	struct rel_digest tar_sha256;	  /* of the tar inside */
	uint64_t size;			  /* of the archive, in bytes */
	uint64_t tar_size;		  /* of the tar inside */
	uint64_t entries;		  /* files, links, directories */
};

/*
 * Write the archive to `path`, atomically and in one pass with its digests.
 * path    replaced when it exists; its directory must exist.  NULL: nothing is
 *         written, the result is told all the same (for a dry run).
 * Errors  of rel_git_archive_each(); REL_EUSAGE a name or version that cannot
 *         be part of a path; REL_EIO with the path (disk full, …);
 *         REL_ECANCELLED.  After an error `path` is as before.
 */
REL_MUST_CHECK int rel_pack_write(struct rel_pack_result *out,
				  const struct rel_pack_options *request,
				  const char *path, struct rel_error *err);

/* The same into a sink, which may be NULL. */
REL_MUST_CHECK int rel_pack_stream(struct rel_pack_result *out,
				   const struct rel_pack_options *request,
				   const struct rel_sink *sink,
				   struct rel_error *err);

enum rel_pack_change {
	REL_PACK_MISSING, /* in the tag, not in the archive */
	REL_PACK_EXTRA,	  /* in the archive, not in the tag */
	REL_PACK_KIND,	  /* file, link or directory */
	REL_PACK_MODE,	  /* executable or not */
	REL_PACK_CONTENT, /* other bytes */
	REL_PACK_TARGET,  /* a link to elsewhere */
	REL_PACK_TWICE,	  /* more than once in the archive */
	REL_PACK_UNSURE,  /* readers of tar disagree about it */
};

struct rel_pack_difference {
	enum rel_pack_change change;
	/* below the prefix; escaped for a terminal; "." = the archive */
	char *path;
	const char *why; /* of UNSURE (archive/scan.h); static */
};

/* "missing from the archive", … */
const char *rel_pack_difference_text(
    const struct rel_pack_difference *difference);

#define REL_PACK_DIFFERENCES 20 /* that are kept; all are counted */

struct rel_pack_report {
	/* Top directory of the archive without slash; "" = there is no single
	 * one.  Need not be "name-version" (forges name it otherwise). */
	char *top;
	uint64_t compared;	/* entries of the tag */
	uint64_t n_differences; /* 0 = the archive holds the tag's tree */
	struct rel_pack_difference items[REL_PACK_DIFFERENCES];
	uint32_t n_items; /* sorted by path */
};

/* Fine on a zeroed struct. */
void rel_pack_report_free(struct rel_pack_report *report);

/*
 * Read the archive at `path` (any tar, however it is packed) and compare it
 * with the commit's exported tree: names, kinds, executable bits, bytes, link
 * targets.  What not every tar unpacks to the same is a difference too.  Times,
 * owners and empty directories do not count, nor does what the compressor did.
 * request->format is not looked at.  A difference is no error.
 * Errors  REL_ENOTFOUND, REL_EIO, REL_EPARSE (no or a damaged archive),
 *         REL_ELIMIT; of rel_git_archive_each(); REL_ECANCELLED
 * Owner   rel_pack_report_free(), also after an error
 */
REL_MUST_CHECK int rel_pack_check(struct rel_pack_report *out,
				  const struct rel_pack_options *request,
				  const char *path, struct rel_error *err);

/*
 * rel_pack_check() for an archive that must be right: differences are
 * REL_ECHECKSUM with the first of them in the text, as is another top
 * directory than "name-version".
 */
REL_MUST_CHECK int rel_pack_expect(const struct rel_pack_options *request,
				   const char *path, struct rel_error *err);

#endif
