/*
 * Findings of relctl's own about one manifest: what opam accepts, or stumbles
 * over later, and its keeper hardly means.  All are warnings.
 *
 *   ContradictoryBounds  no version is within the bounds of a dependency
 *   PackageTwice         'depends' or 'depopts' names a package again
 *   UndefinedVariable    a bound is the value of a variable that opam does not
 *                        define; opam 2.1 ends with an assertion then
 */
#ifndef REL_CHECK_ADVICE_H
#define REL_CHECK_ADVICE_H

#include "check/submission.h"

/*
 * Add the findings about the manifest in `text` to *out.  One that cannot be
 * read has none: `opam lint` has them.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_advice_check(struct rel_submission_findings *out,
				    struct rel_str text, const char *path,
				    struct rel_arena *arena,
				    struct rel_error *err);

#endif
