/*
 * What a source revision holds to be released: a project of one or more
 * packages, read from a commit's tree, never from the work tree.
 *
 * Where opam files are looked for, as opam itself does (opam 2.1.2
 * src/state/opamPinned.ml, possible_definition_filenames), at the top of the
 * tree only:
 *	PKG.opam, PKG.opam/opam, opam/PKG.opam, opam/PKG.opam/opam
 *	opam, opam/opam		one package, called as its `name:` says
 * Deeper down, where opam does not look, PKG.opam is found as well when the top
 * has no package, but not below directories that are hidden, dune's own ("_…")
 * or of foreign code (vendor, duniverse, …); and when `release: packages:` of
 * relctl.yml matches it.
 *
 * dune-project adds the project's name and version, and the packages whose
 * opam file dune writes.
 */
#ifndef REL_RELEASE_PROJECT_H
#define REL_RELEASE_PROJECT_H

#include "base/arena.h"
#include "conf/conf.h"
#include "git/objects.h"

/* All text lives in the project's arena and is NUL-terminated too. */
struct rel_project_package {
	struct rel_str name;
	/* of the opam file, from the top; empty when only dune-project knows
	 * the package */
	struct rel_str path;
	struct rel_str text;	/* of the opam file */
	struct rel_str version; /* its `version:`; empty when absent */
	bool generated;		/* written by dune from dune-project */
	/* why it is not for release; NULL = it is */
	const char *internal;
	/* only its name says so ("foo-bench"), not relctl.yml */
	bool presumed;
};

struct rel_project {
	/* Of archives and joint tags: see rel_project_scan(). */
	struct rel_str name;
	struct rel_project_package *packages; /* by bytes of the name */
	size_t n_packages;		      /* at least 1 */
	struct rel_str dune_project; /* its text; ptr NULL when absent */
	/* dune-project's (version …) of the whole project; empty = absent */
	struct rel_str dune_version;
	bool generates_opam; /* (generate_opam_files) */
	struct rel_git_id tree;
	struct rel_git_store *store; /* borrowed */
	struct rel_arena arena;
};

/*
 * Read the project in the tree of `commit`.
 * release NULL = nothing is configured.  The project's name is its `name`;
 *         else dune-project's (name …); else the only package's; else that
 *         of the package that all others' names begin with; else the last
 *         part of their `dev-repo:`.  Its `packages` and `exclude` say which
 *         are internal; without either, those called like benchmarks or tests
 *         beside others are presumed to be.
 * Errors  REL_ENOTFOUND no package;
 *         REL_EPARSE two opam files or two stanzas of one package;
 *         REL_EPARSE with path, line and column: an opam file or dune-project
 *         that is no such file, an opam file whose `name:` is not the file's,
 *         names that are no package's; REL_ENOTFOUND no name for the project
 *         can be told; REL_ELIMIT; REL_EIO; REL_ENOMEM
 * Owner   the caller frees *out with rel_project_free(); `store` is borrowed
 *         for as long
 */
REL_MUST_CHECK int rel_project_scan(struct rel_project **out,
				    struct rel_git_store *store,
				    const struct rel_git_id *commit,
				    const struct rel_conf_release *release,
				    struct rel_error *err);
void rel_project_free(struct rel_project *project);

/*
 * The packages to release: those called names[0 … n), or all but the internal
 * ones when n is 0.
 * *out    indices into project->packages, ascending, no doubles; in the
 *         project's arena
 * Errors  REL_ENOTFOUND no such package (offers a near name), or one without
 *         an opam file in the tree (how to have dune write it); REL_EUSAGE all
 *         are internal; REL_ENOMEM
 */
REL_MUST_CHECK int rel_project_select(const size_t **out, size_t *count,
				      struct rel_project *project,
				      const char *const names[], size_t n,
				      struct rel_error *err);

/* The directory of its opam file where that is one in which opam does not look,
 * with a slash at its end: "src/foo/"; else empty. */
struct rel_str rel_project_place(const struct rel_project_package *package);

/* Are these all that are for release? */
bool rel_project_is_whole(const struct rel_project *project,
			  const size_t *packages, size_t n);

/*
 * The content of the file `path` of the tree, in the project's arena.
 * Errors  REL_ENOTFOUND nothing there, or no regular file; REL_ELIMIT over
 *         `max` bytes; REL_EIO
 */
REL_MUST_CHECK int rel_project_read(struct rel_str *out,
				    struct rel_project *project,
				    struct rel_str path, size_t max,
				    struct rel_error *err);

/* `pattern` with each "{name}" replaced, in the project's arena. */
REL_MUST_CHECK int rel_project_expand(const char **out,
				      struct rel_project *project,
				      const char *pattern, struct rel_str name,
				      struct rel_error *err);

/* The first of the patterns that matches; NULL = none.  One with a slash is
 * about `path` or a directory of it, where wildcards match no slash, others are
 * about `name`. */
const char *rel_project_match(const struct rel_conf_globs *globs,
			      struct rel_str name, struct rel_str path);

#endif
