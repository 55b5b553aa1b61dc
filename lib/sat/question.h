/*
 * Several goals together: a model that reaches all of them, or why there is
 * none and how many of them there can be.
 *
 * The model is chosen in the order of the criteria that opam's solvers are
 * given for an installation: as few variables to avoid as possible, the
 * newest versions of what was asked for, the newest of the rest, nothing that
 * nobody needs.  Where opam minimises sums over all packages this chooses one
 * package after the other: the goals in their order, then what these need
 * breadth first, what only some alternatives need last.  So the newest version
 * of an earlier goal counts more than those of all later ones, and what
 * exceeds a budget stays as the search came upon it.
 *
 * Source  opam src/solver/opamBuiltinMccs.real.ml, default_criteria.
 */
#ifndef REL_SAT_QUESTION_H
#define REL_SAT_QUESTION_H

#include "sat/sat.h"

/* One of these variables, of any groups, is to be true. */
struct rel_sat_goal {
	const uint32_t *vars;
	uint32_t n_vars;
};

struct rel_sat_question {
	const struct rel_sat_problem *problem;
	const uint8_t *status; /* [n_vars]: REL_SAT_NO is taken as given */
	const uint8_t *avoid;  /* [n_vars]: not where it can be helped; NULL */
	const struct rel_sat_goal *goals;
	uint32_t n_goals;    /* at most REL_LIMIT_GOALS */
	uint32_t n_required; /* so many of the first are in every part */
};

/* In rel_sat_fact.var: the fact is goal number `index`. */
#define REL_SAT_GOAL UINT32_MAX

struct rel_sat_answer {
	/* YES: there is a model; NO: none; UNKNOWN: the budget ended first */
	enum rel_sat_status status;
	/* what is true in the model, ascending, each reached from the goals;
	 * of NO and UNKNOWN: in the model of the largest part */
	uint32_t *vars;
	uint32_t n_vars;
	/* NO: goals and facts that exclude each other, as of rel_sat_core() */
	struct rel_sat_fact *facts;
	uint32_t n_facts;
	bool whole; /* some of them may be needless */
	/* NO and UNKNOWN: a largest part of the goals that has a model,
	 * ascending, of several rather one that leaves out later goals; empty
	 * when those required exclude each other */
	uint32_t *part;
	uint32_t n_part;
	bool part_is_largest; /* false: the budget ended first */
};

/*
 * *out    freed with rel_sat_answer_free(), also after a failure
 * Errors  REL_ENOMEM, REL_ECANCELLED; REL_ELIMIT for too many goals
 */
REL_MUST_CHECK int rel_sat_ask(struct rel_sat_answer *out,
			       const struct rel_sat_question *question,
			       const struct rel_cancel *cancel,
			       struct rel_error *err);
void rel_sat_answer_free(struct rel_sat_answer *answer);

#endif
