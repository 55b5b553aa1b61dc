/*
 * Several packages together: can one switch have them all, with which
 * versions, and if not, why and how many of them can it have?
 */
#ifndef REL_SOLVE_QUESTION_H
#define REL_SOLVE_QUESTION_H

#include "solve/reason.h"

/* One of these versions is to be installed. */
struct rel_goal {
	const rel_pkg_id *packages;
	uint32_t n_packages;
};

struct rel_together {
	/* YES: they can; NO: they cannot; UNKNOWN: the budget ended first */
	enum rel_sat_status status;
	/* the versions that do it, ascending: those preferred that lib/sat
	 * describes (sat/question.h), versions with the flag avoid-version
	 * where it cannot be helped; of NO and UNKNOWN for the largest part */
	rel_pkg_id *packages;
	uint32_t n_packages;
	/* NO: what excludes them, none of it needless unless `whole`: goals,
	 * facts of the universe in reading order, the pinned compiler */
	uint32_t *clash;
	uint32_t n_clash;
	struct rel_fact *facts;
	uint32_t n_facts;
	bool pin_clashes, whole;
	/* NO and UNKNOWN: a largest part of the goals that can be installed,
	 * or, when the budget ended first, a large one */
	uint32_t *part;
	uint32_t n_part;
	bool part_is_largest;
};

/*
 * With a pinned compiler that compiler is in every answer.
 * *out    freed with rel_together_free(), also after a failure
 * Errors  REL_ENOMEM, REL_ECANCELLED; REL_ELIMIT for too many goals
 */
REL_MUST_CHECK int rel_together_ask(struct rel_together *out,
				    struct rel_universe *universe,
				    const struct rel_goal *goals,
				    uint32_t n_goals,
				    const struct rel_cancel *cancel,
				    struct rel_error *err);
void rel_together_free(struct rel_together *together);

#endif
