/*
 * Walks over the dependency graph: reverse dependencies, and the paths by
 * which one package reaches another.
 * Source  opam src/client/opamListCommand.ml (Depends_on, Required_by).
 */
#ifndef REL_CHECK_RDEPS_H
#define REL_CHECK_RDEPS_H

#include "solve/universe.h"

/*
 * "PKG" (every version), "PKG.VER", or a name with a bound as opam's command
 * line has it ("PKG>=VER", also = != > <= <) → marks[pkg] = 1 for each.
 * Errors  REL_ENOTFOUND with the nearest names, or the newest version when none
 *         is within the bound; REL_EUSAGE when the text is neither.
 */
REL_MUST_CHECK int rel_packages_mark(uint8_t *marks,
				     const struct rel_universe *universe,
				     const char *text, struct rel_error *err);

/*
 * Mark every package that has an edge into a marked one (walk.h says what an
 * edge is); recursive: and so on.  The targets themselves are marked in `out`
 * only when they are reached.
 * targets, out  [rel_universe_size()]
 */
REL_MUST_CHECK int rel_rdeps(uint8_t *out, const struct rel_universe *universe,
			     const struct rel_edges *edges,
			     const uint8_t *targets, bool recursive,
			     struct rel_error *err);

/* A path a → b → …, each needing the next. */
struct rel_path {
	rel_pkg_id *packages; /* malloc'd */
	uint32_t count, cap;
};

/*
 * A shortest path from a marked source to a marked target, one for each name
 * that a first step can have, at most `max_paths`; shortest first.  Where
 * several versions serve the newest is taken.
 * *out  malloc'd; freed with rel_paths_free()
 */
REL_MUST_CHECK int rel_paths_find(struct rel_path **out, uint32_t *n_out,
				  const struct rel_universe *universe,
				  const struct rel_edges *edges,
				  const uint8_t *sources,
				  const uint8_t *targets, uint32_t max_paths,
				  struct rel_error *err);
void rel_paths_free(struct rel_path *paths, uint32_t n_paths);

#endif
