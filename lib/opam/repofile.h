/*
 * The `repo` file at the root of a package repository.
 * Source  opam src/format/opamFile.ml, RepoSyntax; FIELD notes on redirects.
 */
#ifndef REL_OPAM_REPOFILE_H
#define REL_OPAM_REPOFILE_H

#include "opam/filter.h"

/* All text lives in the arena given to read. */
struct rel_repofile {
	struct rel_str opam_version; /* len 0 = absent */
	struct rel_str browse, upstream, stamp;
	/* URL or path relative to the root, those whose filter holds; opam
	 * follows the last of them (src/state/opamUpdate.ml, eval_redirect) */
	struct rel_str *redirects;
	uint32_t n_redirects;
	bool has_redirect; /* there is one, whatever its filter says */
	struct rel_str *archive_mirrors; /* URL or path relative to the root */
	uint32_t n_archive_mirrors;
};

/*
 * Read `source`.  Unknown and repeated fields are ignored, as opam ignores
 * them.
 * variables  for the filters of `redirect:`; what is undefined is false
 * Errors     REL_EPARSE with path, line and column: syntax, a known field of
 *            the wrong form, an opam-version over 2.2; REL_ELIMIT; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_repofile_read(struct rel_repofile *out,
				     struct rel_str source, const char *path,
				     const struct rel_variables *variables,
				     struct rel_arena *arena,
				     struct rel_error *err);

#endif
