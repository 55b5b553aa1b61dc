/*
 * Which packages exclude each other: versions of one name, `conflicts:` of
 * either side, a common conflict-class.
 */
#ifndef REL_CHECK_CONFLICTS_H
#define REL_CHECK_CONFLICTS_H

#include "solve/universe.h"

/* The conflict-class groups that a package is in. */
struct rel_conflicts {
	const struct rel_universe *universe; /* borrowed */
	uint32_t *first;		     /* [size + 1] → classes */
	uint32_t *classes;		     /* groups, ascending */
};

/* *out  released with rel_conflicts_free().  Errors  REL_ENOMEM. */
REL_MUST_CHECK int rel_conflicts_init(struct rel_conflicts *out,
				      const struct rel_universe *universe,
				      struct rel_error *err);
void rel_conflicts_free(struct rel_conflicts *conflicts);

/* False for a package and itself. */
bool rel_conflicts_between(const struct rel_conflicts *conflicts, rel_pkg_id a,
			   rel_pkg_id b);

#endif
