/*
 * The stacks that a survey compares, in one environment, and their verdicts.
 * What earlier runs decided is read and not decided again; a stack that is
 * only compared with needs no universe then.
 */
#ifndef REL_CHECK_SIDES_H
#define REL_CHECK_SIDES_H

#include "check/survey.h"
#include "solve/verdict_cache.h"

enum rel_side_index {
	REL_SIDE_MAIN,	 /* what is reported on; always there */
	REL_SIDE_ALONE,	 /* the upstream remotes only */
	REL_SIDE_BEFORE, /* the stack as it was */
	REL_N_SIDES,
};

struct rel_side {
	const struct rel_stack *stack; /* borrowed; NULL = no such side */
	struct rel_universe *universe; /* NULL until built */
	uint8_t *verdicts;	       /* [stack->n_entries] */
	struct rel_verdict_key key;
	bool known; /* are the verdicts valid? */
};

/*
 * Make room for the verdicts and read those that are kept.
 * The side is freed with rel_side_free(), whatever this returns.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_side_open(struct rel_side *side,
				 const struct rel_environment *environment,
				 const struct rel_survey_options *options,
				 struct rel_error *err);

/* Build the universe of side `index` unless nothing will ask for it. */
REL_MUST_CHECK int rel_side_build(struct rel_side sides[REL_N_SIDES],
				  enum rel_side_index index,
				  const struct rel_environment *environment,
				  const struct rel_survey_options *options,
				  struct rel_error *err);

/*
 * Decide what is not known yet, each side from one that is, and keep it.
 * decide  its models are of the main side
 */
REL_MUST_CHECK int rel_sides_settle(struct rel_side sides[REL_N_SIDES],
				    const struct rel_survey_options *options,
				    const struct rel_decide_options *decide,
				    struct rel_error *err);

/*
 * Say how each package of the main side fares in another.
 * *out  [n_entries of the main side], enum rel_compared; freed by the caller
 */
REL_MUST_CHECK int rel_sides_compare(uint8_t **out,
				     const struct rel_side sides[REL_N_SIDES],
				     enum rel_side_index index,
				     struct rel_error *err);

/*
 * Which packages of the main side were in the default scope before?  Who lost
 * what it needed, because the development remote has it no longer, does not
 * reach that remote any more.
 * result  of the main side, compared with what was before
 * *out    [n_entries of the main side], 0 or 1, freed by the caller; NULL when
 *         nothing fares otherwise than before: then nobody needs to know
 */
REL_MUST_CHECK int rel_sides_formerly(uint8_t **out,
				      struct rel_side sides[REL_N_SIDES],
				      const struct rel_survey_result *result,
				      const struct rel_survey_options *options,
				      struct rel_error *err);

void rel_side_free(struct rel_side *side);

#endif
