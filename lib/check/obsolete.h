/*
 * Obsolete versions: those that the next version of the same package replaces
 * whoever needs it, so that nobody would miss them.
 *
 * Versions that go with one version of each other alone (a package and its
 * libraries) are looked at together.  Such a set is obsolete when the next
 * versions of its packages need no more than it does, and whatever depends on
 * it may have the next versions instead.  Versions of compilers are not.
 *
 * Source  opam src/client/opamAdminCheck.ml, get_obsolete; in the profiles
 *         opam-2.1 and opam-2.4 what opam admin check --obsolete lists.
 */
#ifndef REL_CHECK_OBSOLETE_H
#define REL_CHECK_OBSOLETE_H

#include "solve/universe.h"

struct rel_obsolete {
	rel_pkg_id package, next; /* the version that replaces it */
	/* versions that depend on the set, and on the next versions */
	uint32_t dependents, next_dependents;
	uint32_t together; /* versions in the set; 1 = it is alone */
};

/*
 * A dependency whose filter no variable decides counts.
 * *out    malloc'd, ascending; the caller frees it
 * Errors  REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_obsolete_find(struct rel_obsolete **out, uint32_t *n,
				     struct rel_universe *universe,
				     const struct rel_cancel *cancel,
				     struct rel_error *err);

#endif
