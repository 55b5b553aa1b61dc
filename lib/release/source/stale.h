/*
 * Is an opam file what dune would write of dune-project and the template
 * beside it?  Compared are the fields about the package and its dependencies,
 * as values: order, line breaks, parentheses and comments do not count, nor do
 * the fields that differ between versions of dune (build:, version:).
 *
 * Source  dune src/dune_rules/opam_create.ml, at 2.9.3 and 3.17
 */
#ifndef REL_RELEASE_STALE_H
#define REL_RELEASE_STALE_H

#include "base/cancel.h"
#include "release/source/project.h"

struct rel_stale_options {
	struct rel_project *project;
	const struct rel_project_package *package;
	/* Takes each difference: the file that should be obeyed or changed,
	 * and the line in it. */
	int (*add)(void *context, const char *path, uint32_t line,
		   const char *text, struct rel_error *err);
	void *context;
	/* Ask the dune that is installed what it would write, in an empty
	 * directory with nothing but dune-project and the template.  Without
	 * one, or where it knows the project's language less than we do, they
	 * are read here. */
	bool ask_dune;
	const struct rel_cancel *cancel; /* may be NULL */
};

/*
 * Compare; nothing is found about a package that dune does not write.
 * Errors  REL_EPARSE with path, line and column: a template that is no opam
 *         file; REL_ECANCELLED; REL_ENOMEM
 */
REL_MUST_CHECK int rel_stale_check(const struct rel_stale_options *request,
				   struct rel_error *err);

#endif
