/*
 * Replaying reasons: every broken package must follow from the facts that its
 * reason lists, and from packages that have been shown broken before it.
 */
#ifndef REL_TESTS_SOLVE_REPLAY_H
#define REL_TESTS_SOLVE_REPLAY_H

#include "solve/circles.h"
#include "support/world.h"

struct replay {
	const struct outcome *o;
	const struct rel_reasons *reasons;
	uint8_t *certain; /* [n_packages]: cannot be installed, shown */
	/* Is there a choice of one version or none of every name, with `pkg`,
	 * that all facts but `skip` allow? */
	bool (*allows)(const struct replay *r, rel_pkg_id pkg,
		       const struct rel_fact *facts, uint32_t n, uint32_t skip);
	void *judge; /* for `allows` */
};

/* How often what was replayed, over the whole test. */
static struct {
	unsigned long chains, cores, facts, circles;
} replayed;

static inline bool replay_clause_holds(const struct replay *r, uint32_t clause,
				       const rel_pkg_id *chosen)
{
	const struct rel_sat_problem *p = &r->o->u->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i];

		if (chosen[p->set_group[set]] != REL_PKG_NONE &&
		    rel_universe_in_set(r->o->u, set,
					chosen[p->set_group[set]]))
			return true;
	}
	return false;
}

/* Are all members of the clause in the set? */
static inline bool replay_is_within(const struct replay *r, uint32_t clause,
				    uint32_t set)
{
	const struct rel_sat_problem *p = &r->o->u->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t g = p->set_group[p->clause_sets[i]];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (rel_universe_in_set(r->o->u, p->clause_sets[i],
						v) &&
			    !rel_universe_in_set(r->o->u, set, v))
				return false;
		}
	}
	return true;
}

/* A step of a circle stands for the need that makes it, of its version and of
 * those that are likewise, and with the others says that not all of them are
 * chosen. */
static inline bool replay_step_holds(const struct replay *r,
				     const struct rel_fact *f,
				     const rel_pkg_id *chosen)
{
	const struct rel_universe *u = r->o->u;
	const struct rel_sat_problem *p = &u->problem;
	struct rel_circle_step step = rel_circles_step(u, f->index);
	rel_pkg_id now = chosen[p->set_group[step.from_set]];
	bool depopts, all = true;
	rel_expr_id expr = rel_circles_expr(u, step, &depopts);

	assert_int_equal(step.from, f->package);
	if (now == REL_PKG_NONE || !rel_universe_in_set(u, step.from_set, now))
		return true;
	for (uint32_t i = p->need_first[now]; i < p->need_first[now + 1]; i++) {
		if (((now == step.from && u->need_expr[i] == expr) ||
		     replay_is_within(r, p->needs[i], step.to_set)) &&
		    !replay_clause_holds(r, p->needs[i], chosen))
			return false;
	}
	for (uint32_t i = 0; i < step.n; i++) {
		struct rel_circle_step one =
		    rel_circles_step(u, step.first + i);

		now = chosen[p->set_group[one.from_set]];
		all = all && now != REL_PKG_NONE &&
		      rel_universe_in_set(u, one.from_set, now);
	}
	return !all;
}

/* May each name's chosen version (REL_PKG_NONE: none) stand beside this? */
static inline bool replay_fact_holds(const struct replay *r,
				     const struct rel_fact *f,
				     const rel_pkg_id *chosen)
{
	const struct rel_sat_problem *p = &r->o->u->problem;
	bool here = chosen[p->var_group[f->package]] == f->package;
	uint32_t set;

	switch (f->kind) {
	case REL_FACT_NEEDS:
		return !here ||
		       replay_clause_holds(r, p->needs[f->index], chosen);
	case REL_FACT_CONFLICTS:
		set = p->conflicts[f->index];
		return !here || chosen[p->set_group[set]] == REL_PKG_NONE ||
		       !rel_universe_in_set(r->o->u, set,
					    chosen[p->set_group[set]]);
	case REL_FACT_CLASS:
		return true; /* says something only in pairs */
	case REL_FACT_CIRCLE:
		return replay_step_holds(r, f, chosen);
	case REL_FACT_BROKEN:
	case REL_FACT_UNAVAILABLE:
	case REL_FACT_UNREADABLE:
	case REL_FACT_PINNED:
		return !here;
	}
	return true;
}

/* The set of a class fact: one name in one class. */
static inline uint32_t replay_class_set(const struct rel_sat_problem *p,
					const struct rel_fact *f)
{
	return p->clause_sets[p->clause_first[p->needs[f->index]]];
}

static inline bool replay_classes_clash(const struct rel_sat_problem *p,
					const struct rel_fact *a,
					const struct rel_fact *b,
					const rel_pkg_id *chosen)
{
	if (a->kind != REL_FACT_CLASS || b->kind != REL_FACT_CLASS ||
	    chosen[p->var_group[a->package]] != a->package ||
	    chosen[p->var_group[b->package]] != b->package)
		return false;

	uint32_t x = replay_class_set(p, a), y = replay_class_set(p, b);

	return x != y && p->set_group[x] == p->set_group[y];
}

/* Do the facts but `skip` allow this choice? */
static inline bool replay_facts_hold(const struct replay *r,
				     const struct rel_fact *facts, uint32_t n,
				     uint32_t skip, const rel_pkg_id *chosen)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i != skip && !replay_fact_holds(r, &facts[i], chosen))
			return false;
		for (uint32_t k = i + 1; k < n; k++) {
			if (i != skip && k != skip &&
			    replay_classes_clash(&r->o->u->problem, &facts[i],
						 &facts[k], chosen))
				return false;
		}
	}
	return true;
}

/* The next choice of one version or none of every name; false at the end. */
static inline bool replay_next(const struct rel_sat_problem *p,
			       uint32_t n_names, rel_pkg_id *chosen)
{
	for (uint32_t g = 0; g < n_names; g++) {
		if (chosen[g] == REL_PKG_NONE) {
			chosen[g] = p->group_first[g];
			return true;
		}
		if (++chosen[g] < p->group_first[g + 1])
			return true;
		chosen[g] = REL_PKG_NONE;
	}
	return false;
}

/* Where there are few names: go through all choices. */
static inline bool replay_exhaust(const struct replay *r, rel_pkg_id pkg,
				  const struct rel_fact *facts, uint32_t n,
				  uint32_t skip)
{
	const struct rel_sat_problem *p = &r->o->u->problem;
	uint32_t n_names = r->o->u->stack->n_names;
	rel_pkg_id chosen[16];

	assert_in_range(n_names, 1, 16);
	for (uint32_t g = 0; g < n_names; g++)
		chosen[g] = REL_PKG_NONE;
	do {
		if (chosen[p->var_group[pkg]] == pkg &&
		    replay_facts_hold(r, facts, n, skip, chosen))
			return true;
	} while (replay_next(p, n_names, chosen));
	return false;
}

/* Are all members of the need known not to be installable? */
static inline bool replay_need_is_dead(const struct replay *r,
				       const struct rel_fact *f)
{
	const struct rel_sat_problem *p = &r->o->u->problem;
	uint32_t clause = p->needs[f->index];

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i], g = p->set_group[set];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (rel_universe_in_set(r->o->u, set, v) &&
			    !(v < r->o->u->n_packages && r->certain[v]))
				return false;
		}
	}
	return true;
}

/* What is given in a core must have been shown before, or be no package. */
static inline bool replay_givens_are_certain(const struct replay *r,
					     const struct rel_fact *facts,
					     uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t verdict = r->o->verdicts[facts[i].package];

		switch (facts[i].kind) {
		case REL_FACT_BROKEN:
			if (!r->certain[facts[i].package])
				return false;
			assert_int_equal(verdict, REL_BROKEN);
			break;
		case REL_FACT_UNAVAILABLE:
			assert_int_equal(verdict, REL_UNAVAILABLE);
			break;
		case REL_FACT_UNREADABLE:
			assert_int_equal(verdict, REL_UNREADABLE);
			break;
		default:
			break;
		}
	}
	return true;
}

static inline void replay_minimality(const struct replay *r, rel_pkg_id pkg,
				     const struct rel_fact *facts, uint32_t n)
{
	/* a need that a circle's step shows may be shown once more */
	for (uint32_t i = 0; i < n; i++) {
		if (facts[i].kind == REL_FACT_CIRCLE) {
			replayed.circles++;
			return;
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!r->allows(r, pkg, facts, n, i))
			fail_msg("fact %u of %u is not needed", i, n);
	}
	replayed.cores++;
	replayed.facts += n;
}

static inline bool replay_owns_need(const struct replay *r,
				    const struct rel_fact *f)
{
	const struct rel_sat_problem *p = &r->o->u->problem;

	return f->kind == REL_FACT_NEEDS &&
	       f->index >= p->need_first[f->package] &&
	       f->index < p->need_first[f->package + 1];
}

/* Does the reason show its package broken, with what is certain so far? */
static inline bool replay_reason(const struct replay *r,
				 const struct rel_reason *reason)
{
	const struct rel_root *root = &r->reasons->roots[reason->root];
	const struct rel_fact *facts = r->reasons->facts + reason->first_fact;

	assert_true(reason->n_facts >= root->n_facts && root->n_facts > 0);
	assert_int_equal(reason->kind, root->kind);
	if (reason->n_facts > root->n_facts ||
	    (reason->kind != REL_BROKEN_CONFLICT &&
	     reason->kind != REL_BROKEN_CYCLE)) {
		assert_int_equal(facts[0].package, reason->package);
		assert_true(replay_owns_need(r, &facts[0]));
		if (replay_need_is_dead(r, &facts[0])) {
			replayed.chains++;
			return true;
		}
		/* or it is led into the root's circle, by this need alone */
		return reason->kind == REL_BROKEN_CYCLE &&
		       reason->n_facts == root->n_facts + 1 &&
		       !r->allows(r, reason->package, facts, reason->n_facts,
				  UINT32_MAX);
	}
	if (!replay_givens_are_certain(r, facts, reason->n_facts))
		return false;
	if (r->allows(r, reason->package, facts, reason->n_facts, UINT32_MAX))
		fail_msg("the facts do not exclude the package");
	replay_minimality(r, reason->package, facts, reason->n_facts);
	return true;
}

static inline bool replay_offers(const struct replay *r, uint32_t clause,
				 rel_pkg_id pkg)
{
	const struct rel_sat_problem *p = &r->o->u->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		if (rel_universe_in_set(r->o->u, p->clause_sets[i], pkg))
			return true;
	}
	return false;
}

/* Does the clause offer a version that is in the circle of a root? */
static inline bool replay_is_step(const struct replay *r, uint32_t clause,
				  const struct rel_root *root)
{
	const struct rel_universe *u = r->o->u;

	for (uint32_t i = root->first_fact;
	     i < root->first_fact + root->n_facts; i++) {
		const struct rel_fact *f = &r->reasons->facts[i];

		for (uint32_t v = 0;
		     f->kind == REL_FACT_CIRCLE && v < u->n_packages; v++) {
			if (rel_universe_in_set(
				u, rel_circles_step(u, f->index).from_set, v) &&
			    replay_offers(r, clause, v))
				return true;
		}
	}
	return false;
}

/* Each fact of a chain leads to a broken package that its need allows, the
 * last to the root's own facts. */
static inline void replay_chain(const struct replay *r,
				const struct rel_reason *reason)
{
	const struct rel_sat_problem *p = &r->o->u->problem;
	const struct rel_root *root = &r->reasons->roots[reason->root];
	const struct rel_fact *facts = r->reasons->facts + reason->first_fact;

	for (uint32_t i = 0; i + root->n_facts < reason->n_facts; i++) {
		uint32_t clause = p->needs[facts[i].index];
		bool last = i + 1 + root->n_facts == reason->n_facts;
		rel_pkg_id next = facts[i + 1].package;
		bool leads = false;

		assert_true(replay_owns_need(r, &facts[i]));
		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			leads |= rel_universe_in_set(r->o->u, p->clause_sets[k],
						     next) ||
				 (last && replay_is_step(r, clause, root));
		assert_true(leads);
	}
}

static inline void replay_all(struct replay *r)
{
	uint32_t left = r->reasons->n_items, before;

	do {
		before = left;
		for (uint32_t i = 0; i < r->reasons->n_items; i++) {
			const struct rel_reason *reason = &r->reasons->items[i];

			if (r->certain[reason->package] ||
			    !replay_reason(r, reason))
				continue;
			r->certain[reason->package] = 1;
			left--;
		}
	} while (left < before);
	if (left > 0)
		fail_msg("%u reasons go in circles", left);
}

/* Explain all that is broken, and replay it: r->o and r->allows are set. */
static inline void replay_with(struct replay *r)
{
	const struct outcome *o = r->o;
	uint32_t n = rel_universe_size(o->u), broken = 0, blocks = 0;
	struct rel_reasons *reasons;
	struct rel_error err = {0};

	r->certain = calloc((size_t)n + 1, 1);
	assert_non_null(r->certain);
	if (rel_explain(&reasons, o->u, o->verdicts, NULL, &err))
		fail_msg("%s", err.text);
	r->reasons = reasons;
	for (uint32_t v = 0; v < n; v++) {
		broken += o->verdicts[v] == REL_BROKEN;
		r->certain[v] = o->verdicts[v] == REL_UNAVAILABLE ||
				o->verdicts[v] == REL_UNREADABLE;
	}
	assert_int_equal(reasons->n_items, broken);
	for (uint32_t i = 0; i < reasons->n_roots; i++)
		blocks += reasons->roots[i].blocks;
	assert_int_equal(blocks, broken);
	for (uint32_t i = 0; i < reasons->n_items; i++)
		replay_chain(r, &reasons->items[i]);
	replay_all(r);
	rel_reasons_free(reasons);
	free(r->certain);
}

static inline void replay_reasons(const struct outcome *o)
{
	struct replay r = {.o = o, .allows = replay_exhaust};

	replay_with(&r);
}

#endif
