/*
 * Scope: which packages of a universe a report speaks of.
 * Source  DESIGN, "What broken means".
 */
#ifndef REL_CHECK_SCOPE_H
#define REL_CHECK_SCOPE_H

#include "solve/universe.h"

struct rel_scope_options {
	/* everything; else every version in a development remote and every
	 * upstream version that reaches one (a lone remote: everything) */
	bool all;
	bool latest; /* of these, the newest version of each name */
	/* of these, the reverse dependencies of "PKG" or "PKG.VER"s, and
	 * those packages themselves */
	const char *const *packages;
	size_t n_packages;
	bool direct; /* with packages: only direct ones */
	/* of these, those with a maintainer that this POSIX extended regular
	 * expression matches, in whatever case; NULL = all */
	const char *maintainer;
};

/* Does the selection walk over dependencies? */
bool rel_scope_walks(const struct rel_stack *stack,
		     const struct rel_scope_options *options);

/*
 * selected  [rel_universe_size()], 0 or 1, written
 * edges     dependencies of the universe; unused unless rel_scope_walks()
 * formerly  [rel_universe_size()] what the development remotes touched at
 *           another time and still counts as touched; NULL = nothing
 * Errors    REL_ENOTFOUND: no such package, with the nearest names;
 *           REL_EUSAGE: neither a name nor a version, or no regular
 *           expression; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_scope_select(uint8_t *selected,
				    const struct rel_universe *universe,
				    const struct rel_edges *edges,
				    const uint8_t *formerly,
				    const struct rel_scope_options *options,
				    struct rel_error *err);

#endif
