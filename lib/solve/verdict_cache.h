/*
 * Verdicts kept on disk, so that a run on what an earlier run decided only
 * reads them:
 *
 *	<cache_dir>/verdicts/<sha256 of what they follow from>.verdicts
 *
 * What verdicts follow from is every package's name, version and manifest
 * content in the order of the universe, how its repository's format has them
 * read, the environment, and the sources of the program that decide; so a hit
 * is never out of date.  A damaged file counts as absent.
 */
#ifndef REL_SOLVE_VERDICT_CACHE_H
#define REL_SOLVE_VERDICT_CACHE_H

#include "digest/digest.h"
#include "solve/verdict.h"

/* Identifies lib/sat and lib/solve as built; made by CMake. */
extern const uint8_t rel_solver_id[16];

struct rel_verdict_key {
	struct rel_digest digest;
};

/*
 * Of the verdicts on the universe of `stack` under `environment`, which need
 * not have been built.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_verdict_key_of(struct rel_verdict_key *out,
				      const struct rel_stack *stack,
				      const struct rel_environment *environment,
				      struct rel_error *err);

/*
 * Read the verdicts of a universe of `n` packages; false when there are none.
 */
bool rel_verdict_cache_load(uint8_t *verdicts, uint32_t n,
			    const char *cache_dir,
			    const struct rel_verdict_key *key);

/*
 * Keep them.
 * Errors  REL_EIO and others: nothing depends on it, so a warning
 */
REL_MUST_CHECK int rel_verdict_cache_store(const uint8_t *verdicts, uint32_t n,
					   const char *cache_dir,
					   const struct rel_verdict_key *key,
					   struct rel_error *err);

#endif
