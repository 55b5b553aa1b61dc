/*
 * What a universe owns, and the steps of making one; private to lib/solve.
 * All return 0, REL_ENOMEM or what they say.
 */
#ifndef REL_SOLVE_UNIVERSE_STORE_H
#define REL_SOLVE_UNIVERSE_STORE_H

#include "solve/resolver.h"
#include "solve/universe.h"

/* One name in one conflict-class, and its variable. */
struct rel_class_name {
	rel_string_id class;
	uint32_t group;
	uint32_t var, clause; /* REL_NO_ID when the class has one name only */
};

struct rel_universe_store {
	struct rel_resolver resolver;
	struct rel_arena scratch;
	uint32_t *group_first, *group_word, *var_group;
	uint32_t n_groups, n_vars;
	bool *post; /* [n_packages]: may `post` change what it depends on? */
	uint32_t *need_first, *needs;
	uint32_t n_needs, needs_cap, need_expr_cap;
	uint32_t *conflict_first, *conflicts;
	uint32_t n_conflicts, conflicts_cap, conflict_expr_cap;
	uint32_t *pinned_first, *pinned_needs;
	/* conflict-classes that more than one name is in */
	struct rel_intern classes;
	struct rel_class_name *class_names; /* by class, then group */
	uint32_t n_class_names, class_names_cap;
};

/* groups.c: names become groups of their versions, conflict-classes groups of
 * the names in them. */
REL_MUST_CHECK int rel_universe_make_groups(struct rel_universe *u);
/* The clauses "this name has the class"; the resolver is ready. */
REL_MUST_CHECK int rel_universe_make_class_clauses(struct rel_universe *u);
/* The needs of an entry that come from its conflict-classes. */
REL_MUST_CHECK int rel_universe_add_class_needs(struct rel_universe *u,
						uint32_t entry);

/* universe.c */
REL_MUST_CHECK int rel_universe_add_need(struct rel_universe *u,
					 uint32_t clause, rel_expr_id expr);
struct rel_environment_scope rel_universe_scope(const struct rel_universe *u,
						uint32_t entry);
/* Point the problems at the arrays, which are where they stay now. */
void rel_universe_publish(struct rel_universe *u);

/* pin.c: everybody needs the pinned compiler, if there is one.  REL_ENOTFOUND
 * when no version of it exists. */
REL_MUST_CHECK int rel_universe_pin_compiler(struct rel_universe *u);

#endif
