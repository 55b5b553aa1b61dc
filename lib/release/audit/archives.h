/*
 * The archives that a manifest names: of its url section (or of the legacy
 * file `url` beside it) and of its extra-source sections.
 * Source  opam src/format/opamFile.ml, URLSyntax; opam manual, "url"
 */
#ifndef REL_RELEASE_ARCHIVES_H
#define REL_RELEASE_ARCHIVES_H

#include "base/arena.h"
#include "digest/digest.h"

struct rel_archive_of {
	/* of an extra-source, or in files/; ptr NULL = the url's */
	struct rel_str file;
	bool beside; /* an entry of extra-files: it has no src */
	struct rel_str src, subpath;
	struct rel_str *mirrors;
	uint32_t n_mirrors;
	/* in the order of the manifest; none: nothing can be compared */
	struct rel_digest digests[REL_DIGEST_ALGOS];
	uint32_t n_digests;
	uint32_t line; /* of its section, from 1 */
};

/*
 * Read `text`.  What cannot be understood inside a section (a checksum of an
 * unknown kind, a second one of the same kind) is left out, as lint tells it.
 * url     the file `url` beside the manifest; ptr NULL = there is none
 * *out    in the arena, as are all texts
 * Errors  REL_EPARSE with path, line and column: no opam file; REL_ELIMIT;
 *         REL_ENOMEM
 */
REL_MUST_CHECK int rel_archives_of(struct rel_archive_of **out, uint32_t *n,
				   struct rel_str text, struct rel_str url,
				   const char *path, struct rel_arena *arena,
				   struct rel_error *err);

/* The same, and behind them what extra-files: names; line: of that field. */
REL_MUST_CHECK int rel_archives_and_files(struct rel_archive_of **out,
					  uint32_t *n, struct rel_str text,
					  struct rel_str url, const char *path,
					  struct rel_arena *arena,
					  struct rel_error *err);

/* Is one of them that of the package itself? */
bool rel_archives_have_url(const struct rel_archive_of *archives, uint32_t n);

#endif
