/*
 * Which variables can be true?  A SAT solver for one shape of problem:
 *
 *  - variables stand in groups; of each group at most one is true;
 *  - a set is some variables of one group; it is true when one of them is;
 *  - a clause is a disjunction of sets;
 *  - a variable may need clauses and conflict with sets:
 *	v needs c          : !v | s1 | s2 | …     for the sets s_i of c
 *	v conflicts with s : !v | !m        for each member m of s
 *
 * The empty assignment is always a model, so the question is never whether
 * there is one, but which variables occur in some.  Knows nothing of opam.
 *
 * The search is conflict-driven clause learning over *domains*: the state of
 * a group is the bit set of members still possible, a literal is "the group's
 * value is (not) in this set", and learned clauses are made of such literals,
 * so that a thousand versions of one name cost a few words and not a
 * thousand variables.  docs/internals/solver.md has the details.
 *
 * Threads  a problem is read-only and may be shared; rel_sat_decide starts
 *          its own threads.
 */
#ifndef REL_SAT_SAT_H
#define REL_SAT_SAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"

/*
 * Plain arrays, owned by the caller, unchanged while in use.  Lists are in
 * compressed form: the elements of x are list[first[x]] … list[first[x+1]-1].
 */
struct rel_sat_problem {
	uint32_t n_vars, n_groups, n_sets, n_clauses;
	const uint32_t *var_group;   /* [n_vars] */
	const uint32_t *group_first; /* [n_groups + 1]: first variable */
	const uint32_t *group_word;  /* [n_groups + 1]: see sat_words() */
	const uint32_t *set_group;   /* [n_sets] */
	/* members of set s: a bit for each variable of its group, in 64-bit
	 * words starting at set_words[set_word[s]] */
	const uint32_t *set_word;
	const uint64_t *set_words;
	const uint32_t *clause_first; /* [n_clauses + 1] → clause_sets */
	const uint32_t *clause_sets;
	const uint32_t *need_first;	/* [n_vars + 1] → needs */
	const uint32_t *needs;		/* clauses */
	const uint32_t *conflict_first; /* [n_vars + 1] → conflicts */
	const uint32_t *conflicts; /* sets, never of the variable's own group */
};

/* Words of 64 bits that hold a set of a group with `count` variables;
 * group_word[] are the running sums of this over the groups. */
static inline uint32_t rel_sat_words(uint32_t count)
{
	return (count + 63) / 64;
}

enum rel_sat_status {
	REL_SAT_UNKNOWN, /* to be decided; afterwards, over the budget */
	REL_SAT_YES,	 /* occurs in a model */
	REL_SAT_NO,	 /* occurs in none */
};

struct rel_sat_stats {
	uint64_t passes, selections, conflicts, learned;
};

/*
 * Models that were found, each a list of the variables that are true in it.
 * Zeroed is empty.
 */
struct rel_sat_models {
	uint32_t *vars;
	uint32_t *ends; /* [n]: model i ends before vars[ends[i]] */
	uint32_t n_vars, vars_cap, n, ends_cap;
};

void rel_sat_models_free(struct rel_sat_models *models);

/*
 * Decide every variable whose status is REL_SAT_UNKNOWN; the others are
 * taken as given (REL_SAT_NO must be true of every model).
 * status  [n_vars], in and out
 *         Those that the search does not decide within its budgets
 *         (REL_LIMIT_SAT_…) stay REL_SAT_UNKNOWN.
 * jobs    threads, 0 = 1; the result does not depend on it
 * found   the models found are added to it; may be NULL
 * stats   may be NULL
 * Errors  REL_ENOMEM, REL_ECANCELLED; the status decided so far is valid.
 */
REL_MUST_CHECK int rel_sat_decide(const struct rel_sat_problem *problem,
				  uint8_t *status, unsigned jobs,
				  struct rel_sat_models *found,
				  const struct rel_cancel *cancel,
				  struct rel_sat_stats *stats,
				  struct rel_error *err);

/*
 * Set the unknown variables to REL_SAT_YES that stand in models of another
 * problem with the same variables: each model is checked here, and what does
 * not hold here is taken out of it first.  Any list of variables will do as a
 * model; one that fits badly proves little.
 * status  [n_vars], in and out
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_sat_replay(const struct rel_sat_problem *problem,
				  uint8_t *status,
				  const struct rel_sat_models *models,
				  struct rel_error *err);

enum rel_sat_fact_kind {
	REL_SAT_NEED,	  /* index into needs */
	REL_SAT_CONFLICT, /* index into conflicts */
	REL_SAT_NEVER,	  /* index = a variable whose status is REL_SAT_NO */
};

/* One fact of a core, with the variable it belongs to. */
struct rel_sat_fact {
	enum rel_sat_fact_kind kind;
	uint32_t var;
	uint32_t index;
};

/* Explains variables of one problem, one after the other: what that takes is
 * made once.  Not for use by two threads at a time. */
struct rel_sat_explainer;

/* *out  freed by the caller; borrows the problem.  Errors  REL_ENOMEM. */
REL_MUST_CHECK int rel_sat_explainer_new(struct rel_sat_explainer **out,
					 const struct rel_sat_problem *problem,
					 struct rel_error *err);
void rel_sat_explainer_free(struct rel_sat_explainer *explainer);

/*
 * Why is `var` (status REL_SAT_NO) in no model?  A set of facts that
 * excludes it, and unless a budget (REL_LIMIT_SAT_…) ended first none can be
 * left out; the at-most-one of groups is understood.  Other variables of status
 * NO may be taken as given (REL_SAT_NEVER), so that reasons build on each
 * other.
 * status  [n_vars], of the explainer's problem; may differ from call to call
 * *facts  malloc'd; the caller frees it
 * *whole  may some be needless?  Then they are what the last search within the
 *         budget rests on, or all that `var` leads to
 * Errors  REL_ENOMEM, REL_ECANCELLED; REL_EUSAGE when `var` is in a model
 */
REL_MUST_CHECK int rel_sat_core(struct rel_sat_explainer *explainer,
				const uint8_t *status, uint32_t var,
				struct rel_sat_fact **facts, uint32_t *n_facts,
				bool *whole, const struct rel_cancel *cancel,
				struct rel_error *err);

#endif
