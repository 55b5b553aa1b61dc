/*
 * Formulas → sets and clauses of the SAT problem, private to lib/solve.
 *
 * Equal things are made once: a constraint on a name is looked up by its
 * text, a set by its members, a clause by its sets.  On opam-repository
 * 110,000 atoms are 5,300 sets.
 */
#ifndef REL_SOLVE_RESOLVER_H
#define REL_SOLVE_RESOLVER_H

#include "opam/formula.h"
#include "solve/universe.h"

#define REL_NO_ID UINT32_MAX

/* Ids are those of the intern tables. */
struct rel_resolver {
	const struct rel_stack *stack;
	const uint32_t *group_first, *group_word; /* of the problem */
	uint32_t **name_group; /* by layer and string id: group + 1, 0 = not
				* looked up yet, REL_NO_ID = no such name */
	struct rel_intern constraints; /* group and constraint → … */
	uint32_t *constraint_set;      /* … set, or REL_NO_ID when empty */
	uint32_t constraint_cap;
	struct rel_intern sets; /* group and words; the id is the set's */
	uint32_t *set_group, *set_word;
	uint32_t sets_cap;
	uint64_t *set_words;
	uint32_t n_set_words, set_words_cap;
	struct rel_intern clauses; /* sorted sets; the id is the clause's */
	uint32_t *clause_first, *clause_sets;
	uint32_t clauses_cap, n_clause_sets, clause_sets_cap;
	/* scratch */
	struct rel_buf key;
	uint64_t *words, *side; /* widest group */
	uint32_t *members;
	uint32_t n_members, members_cap;
};

/* group_first and group_word must be final and stay alive. */
REL_MUST_CHECK int rel_resolver_init(struct rel_resolver *r,
				     const struct rel_stack *stack,
				     const uint32_t *group_first,
				     const uint32_t *group_word,
				     uint32_t n_groups);
void rel_resolver_free(struct rel_resolver *r);

/* The group of a name in a layer's string table, or REL_NO_ID. */
uint32_t rel_resolver_group(struct rel_resolver *r, uint32_t layer,
			    rel_string_id name);

/* The set with these words, new or old; REL_ENOMEM. */
REL_MUST_CHECK int rel_resolver_add_set(struct rel_resolver *r, uint32_t *set,
					uint32_t group, const uint64_t *words);

/*
 * The set that an atom of a formula of `layer` stands for; REL_NO_ID when it
 * has no member.
 */
REL_MUST_CHECK int rel_resolver_atom(struct rel_resolver *r, uint32_t *set,
				     uint32_t layer,
				     const struct rel_formula_atom *atom);

/* The clause that is the disjunction of `n` atoms (none = false). */
REL_MUST_CHECK int rel_resolver_clause(struct rel_resolver *r, uint32_t *clause,
				       uint32_t layer,
				       const struct rel_formula_atom *atoms,
				       uint32_t n);

/* The same for a walk: a name of which nothing is left keeps its place, as a
 * set without members. */
REL_MUST_CHECK int rel_resolver_edge(struct rel_resolver *r, uint32_t *clause,
				     uint32_t layer,
				     const struct rel_formula_atom *atoms,
				     uint32_t n);

/* The clause that consists of one set, or of none for REL_NO_ID. */
REL_MUST_CHECK int rel_resolver_unit(struct rel_resolver *r, uint32_t *clause,
				     uint32_t set);

#endif
