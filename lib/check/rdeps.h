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

/*
 * Mark every package that names `name` where no dependency of it accepts
 * name.version, which is in the universe: bounds alone, no solving.  A choice
 * that the version would be one way of counts by that way.
 * out     [rel_universe_size()]
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_rdeps_excluding(uint8_t *out,
				       const struct rel_universe *universe,
				       const struct rel_edges *edges,
				       const char *name, const char *version,
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

/* What there is where there is no path. */
struct rel_no_path {
	/* another version of the target's name that a source reaches, another
	 * version of the source's name that reaches a target: the newest, or
	 * REL_PKG_NONE */
	rel_pkg_id other_target, other_source;
	/* there is one through optional dependencies, those of tests */
	bool depopts, with_test;
	rel_pkg_id backwards; /* a target that reaches a source */
};

/*
 * flags    of the walk that found no path
 * Errors   REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_no_path_find(struct rel_no_path *out,
				    struct rel_universe *universe,
				    const uint8_t *sources,
				    const uint8_t *targets, unsigned flags,
				    const struct rel_cancel *cancel,
				    struct rel_error *err);

#endif
