/* What the files of lib/sat share. */
#ifndef REL_SAT_PRIVATE_H
#define REL_SAT_PRIVATE_H

#include "sat/sat.h"

/*
 * The search itself, private to lib/sat.
 *
 * A literal says that the value of a group is in a set (or is not).  Literals
 * asserted so far form the trail, a list of steps; each step narrows the
 * domain of one group.  A group whose domain may not be empty any more is
 * `required`; one that is required and has a single value left has selected
 * it, and that variable's needs and conflicts come into force.
 */

#define SAT_NONE UINT32_MAX

/* 2 × atom + negated; atom < n_vars is that one variable, above it are the
 * sets. */
typedef uint32_t sat_lit;

static inline sat_lit sat_lit_negate(sat_lit lit)
{
	return lit ^ 1u;
}

enum sat_value {
	SAT_FALSE,
	SAT_TRUE,
	SAT_OPEN,
};

/* Why a step was taken. */
enum sat_reason {
	SAT_DECISION,
	SAT_BY_NEED, /* var is selected and all other sets of need `fact` are
		      * false: the last one is true */
	SAT_BY_CONFLICT, /* var is selected: the set of conflict `fact` is false
			  */
	SAT_NO_NEED,	 /* every set of need `fact` is false: var is false */
	SAT_NO_CONFLICT, /* the set of conflict `fact` is true: var is false */
	SAT_BY_CLAUSE,	 /* all other literals of learned clause `fact` are
			  * false */
	SAT_LAST,	 /* the only value left of a required group */
};

struct sat_step {
	sat_lit lit;
	uint32_t group;
	uint32_t prev; /* step before on the same group, or SAT_NONE */
	uint32_t level;
	uint32_t var, fact; /* see enum sat_reason */
	uint32_t saved;	    /* where the old domain is kept */
	uint8_t reason;
	bool was_required;
};

struct sat_watch {
	uint32_t clause : 31;
	uint32_t binary : 1; /* then the blocker is the other literal */
	sat_lit blocker; /* some literal of it; when true, look no further */
};

struct sat_watch_list {
	struct sat_watch *items;
	uint32_t count, cap;
};

/* A literal that some clause watches.  It is false when no value of `support`
 * is left and, if it is a negative one, a value is required. */
struct sat_watched {
	uint64_t support; /* only in groups of one word */
	sat_lit lit;
};

struct sat_group {
	uint32_t last;	    /* newest step on it, or SAT_NONE */
	uint32_t unvisited; /* oldest step that sat_propagate has not looked
			     * at, or SAT_NONE */
	uint32_t selected, selected_step;
	uint32_t favourite; /* what it had last, or SAT_NONE */
	bool required;
	struct sat_watched *watched;
	uint32_t n_watched, watched_cap;
};

/* Something that still needs a decision: a required group, or a need with
 * several open sets. */
struct sat_task {
	uint32_t group; /* SAT_NONE for a need */
	uint32_t var, need;
};

struct sat_level {
	uint32_t trail, saved, tasks, task_head;
};

struct sat_solver {
	const struct rel_sat_problem *problem;
	uint64_t *domain; /* now; words of group g from group_word[g] */
	uint64_t *alive;  /* what is not excluded for good */
	uint64_t *wanted; /* tried first when a value is chosen */
	uint32_t *place;  /* by variable: its bit in domain, alive, wanted */
	uint32_t *dead;	  /* the variables that are not alive */
	uint32_t n_dead;
	struct sat_group *groups;
	struct sat_watch_list *watches; /* by literal: clauses to look at when
					 * it becomes false */

	struct sat_step *trail;
	uint32_t n_trail, trail_cap, trail_head;
	uint64_t *saved;
	uint32_t n_saved, saved_cap;
	struct sat_task *tasks;
	uint32_t n_tasks, tasks_cap, task_head;
	struct sat_level *levels; /* levels[0] is unused: nothing is at 0 */
	uint32_t n_levels, levels_cap;

	/* learned clauses: size, then the literals; by offset */
	uint32_t *clauses;
	uint32_t n_clauses, clauses_cap;
	uint32_t n_learned;

	bool has_conflict;
	struct sat_step conflict; /* its literal is implied, and false */

	/* scratch of the analysis */
	uint8_t *seen; /* by step */
	uint32_t seen_cap;
	uint32_t *marked;
	uint32_t n_marked, marked_cap;
	uint32_t *learnt; /* literals under construction */
	uint32_t n_learnt, learnt_cap;
	uint32_t *chain; /* steps of one group in order of time */
	uint32_t n_chain, chain_cap;
	uint64_t *rest; /* widest group's words */

	uint64_t steps;			 /* measure of the work done */
	const struct rel_cancel *cancel; /* may be NULL */

	struct sat_proof *proof; /* NULL unless a core is requested */
	struct rel_sat_stats stats;
	bool nomem;
};

/* A fact or an earlier clause that a learned clause rests on. */
struct sat_link {
	enum sat_link_kind {
		SAT_LINK_NEED,
		SAT_LINK_CONFLICT,
		SAT_LINK_NEVER,
		SAT_LINK_CLAUSE,
	} kind;
	uint32_t var;
	uint32_t index; /* of need, conflict, variable; offset of the clause */
};

struct sat_proof_clause {
	uint32_t offset; /* in sat_solver.clauses; ascending */
	uint32_t first_link;
};

/* Which facts count, and what each learned clause rests on (core.c). */
struct sat_proof {
	uint8_t *need_on, *conflict_on; /* by index: is the fact in force */
	uint32_t *killer;		/* by dead variable: the clause, or
					 * SAT_NONE */
	struct sat_link *links;
	uint32_t n_links, links_cap;
	struct sat_proof_clause *clauses;
	uint32_t n_clauses, clauses_cap;
};

/* search.c */
REL_MUST_CHECK int sat_solver_init(struct sat_solver *s,
				   const struct rel_sat_problem *problem);
void sat_solver_free(struct sat_solver *s);
/* Exclude a variable for good, because of a learned clause or SAT_NONE; the
 * trail must be empty. */
void sat_solver_kill(struct sat_solver *s, uint32_t var, uint32_t clause);
/* Bring all variables back; the trail must be empty. */
void sat_solver_revive(struct sat_solver *s);
/* Forget all learned clauses. */
void sat_solver_forget(struct sat_solver *s);
/* Should it be tried first when its group gets a value? */
void sat_solver_want(struct sat_solver *s, uint32_t var, bool on);

/* domain.c */
uint32_t sat_atom_group(const struct sat_solver *s, uint32_t atom);
enum sat_value sat_value(const struct sat_solver *s, sat_lit lit);

static inline bool sat_excluded(const struct sat_solver *s, uint32_t var)
{
	uint32_t place = s->place[var];

	return !((s->domain[place / 64] >> (place % 64)) & 1);
}

/* Is the literal, of the step's group, false now and was not before the step?
 * May say yes once too often, never too rarely. */
bool sat_turned_false(const struct sat_solver *s, sat_lit lit,
		      const struct sat_step *step);
/* Take out of `words` (of the literal's group) what `lit` excludes. */
void sat_narrow(const struct sat_solver *s, sat_lit lit, uint64_t *words);
/* May `var`, of the literal's group, be the value when `lit` holds? */
bool sat_allows(const struct sat_solver *s, sat_lit lit, uint32_t var);
/* Narrow by `step->lit`; false when it is false: then s->conflict is set. */
bool sat_assert(struct sat_solver *s, const struct sat_step *step);
void sat_new_level(struct sat_solver *s);
/* Undo every step above `level`. */
void sat_backjump(struct sat_solver *s, uint32_t level);
/* Make all steps part of level 1, which is not undone any more. */
void sat_settle(struct sat_solver *s, uint32_t from_step);

/* propagate.c: false on conflict */
bool sat_propagate(struct sat_solver *s);
/* Make a need of a selected variable hold if only one set can; *open when
 * there is still a choice. */
bool sat_enforce_need(struct sat_solver *s, uint32_t var, uint32_t need,
		      bool *open);
/* Would selecting `var` fail at once?  Then *why is the step that says so. */
bool sat_fails(const struct sat_solver *s, uint32_t var, struct sat_step *why);
bool sat_watch_clause(struct sat_solver *s, uint32_t clause);

/* explain.c: mark the steps before `before` that made `step` hold, or `lit`
 * false */
void sat_antecedents(struct sat_solver *s, const struct sat_step *step,
		     uint32_t before);
void sat_explain_false(struct sat_solver *s, sat_lit lit, uint32_t before);

/* explain.c */
struct sat_lesson {
	uint32_t clause; /* offset of the learned clause */
	uint32_t level;	 /* where it makes `lit` true; 0 = for good */
	sat_lit lit;
};
/* Mark what made s->conflict and clear it; returns the highest level. */
uint32_t sat_mark_conflict(struct sat_solver *s);
/* Turn the marks into a learned clause. */
struct sat_lesson sat_learn(struct sat_solver *s, uint32_t level);
/* Or forget them. */
void sat_unmark(struct sat_solver *s);

/* search.c */
enum sat_result {
	SAT_FOUND,	/* the trail is a model that has the variable */
	SAT_IMPOSSIBLE, /* not without undoing level `floor` */
	SAT_GAVE_UP,	/* over the budget, or cancelled */
};

/* How long a search may last. */
struct sat_budget {
	uint64_t conflicts, steps;
};
/* What is left of the budget of one version after others spent so much. */
struct sat_budget sat_budget_after(const struct sat_budget *budget,
				   const struct sat_budget *spent);
/*
 * Assume `var` above level `floor`, which is not undone, and extend the trail
 * until nothing needs a decision.
 */
enum sat_result sat_try(struct sat_solver *s, uint32_t var, uint32_t floor,
			const struct sat_budget *budget);

/* core.c; all do nothing without a proof */
void sat_proof_note_step(struct sat_solver *s, const struct sat_step *step);
void sat_proof_note_dead(struct sat_solver *s, uint32_t var);
void sat_proof_note_kill(struct sat_solver *s, uint32_t var, uint32_t clause);
bool sat_proof_end_clause(struct sat_solver *s, uint32_t clause);

/* largest.c */
/*
 * The largest part of the variables first … first + n - 1 that can be true
 * together, each in a group of its own; the first n_required are in it.
 * in       [n], written: is it in the part?  None when those cannot be.
 * *proved  false when the budget ended first
 * Returns REL_ENOMEM, REL_ECANCELLED.
 */
REL_MUST_CHECK int sat_largest_part(struct sat_solver *s, uint32_t first,
				    uint32_t n, uint32_t n_required,
				    uint8_t *in, bool *proved);

/* Models that were found; private to lib/sat. */

/* Add what is true now.  false when out of memory. */
bool sat_models_add(struct rel_sat_models *models, const struct sat_solver *s);
/* Add those of another list. */
bool sat_models_append(struct rel_sat_models *models,
		       const struct rel_sat_models *more);

#endif
