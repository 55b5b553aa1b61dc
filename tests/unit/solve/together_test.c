/*
 * Packages together, on the real opam-repository: PicoSAT says whether there is
 * an installation; the facts and goals of a refusal are refuted by it alone,
 * and with any one left out they are not; every version of an answer has what
 * it needs, and nothing that it conflicts with.
 */
#include "cnf.h"
#include "real.h"
#include "solve/question.h"

#define SETS	80
#define MAX_SET 4

static uint64_t random_state = 20261130;

static uint32_t below(uint32_t n)
{
	random_state =
	    random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* A set of names, some of them with a version. */
struct set {
	rel_pkg_id packages[MAX_SET][4096];
	struct rel_goal goals[MAX_SET];
	uint32_t n;
};

static void make_set(struct set *set, const struct rel_universe *u)
{
	set->n = 2 + below(MAX_SET - 1);
	for (uint32_t i = 0; i < set->n; i++) {
		rel_pkg_id pkg = below(u->n_packages);
		uint32_t g = u->problem.var_group[pkg], n = 0;

		if (below(2)) {
			set->packages[i][n++] = pkg;
		} else {
			for (uint32_t v = u->problem.group_first[g];
			     v < u->problem.group_first[g + 1] && n < 4096; v++)
				set->packages[i][n++] = v;
		}
		set->goals[i] = (struct rel_goal){set->packages[i], n};
	}
}

static void add_goal(const struct cnf *c, const struct rel_goal *goal, int on)
{
	picosat_add(c->sat, -on);
	for (uint32_t k = 0; k < goal->n_packages; k++)
		picosat_add(c->sat, cnf_lit(goal->packages[k]));
	picosat_add(c->sat, 0);
}

static void add_fact(struct cnf *c, const struct rel_fact *f, int on)
{
	const struct rel_sat_problem *p = c->p;
	uint32_t clause;

	if (f->kind == REL_FACT_CONFLICTS) {
		int set = cnf_set(c, p->conflicts[f->index]);

		picosat_add(c->sat, -on);
		cnf_add_binary(c, -cnf_lit(f->package), -set);
		return;
	}
	if (f->kind == REL_FACT_NEEDS || f->kind == REL_FACT_CLASS) {
		clause = p->needs[f->index];
		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			cnf_set(c, p->clause_sets[k]);
		picosat_add(c->sat, -on);
		picosat_add(c->sat, -cnf_lit(f->package));
		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			picosat_add(c->sat, cnf_set(c, p->clause_sets[k]));
		picosat_add(c->sat, 0);
		return;
	}
	cnf_add_binary(c, -on, -cnf_lit(f->package));
}

/* The clash alone: with a switch for each part of it. */
static void check_clash(const struct rel_universe *u, const struct set *set,
			const struct rel_together *t)
{
	uint32_t n = t->n_clash + t->n_facts;
	int *on = calloc((size_t)n + 1, sizeof(*on));
	struct cnf c;

	assert_non_null(on);
	cnf_init(&c, &u->problem);
	for (uint32_t i = 0; i < n; i++)
		on[i] = picosat_inc_max_var(c.sat);
	for (uint32_t i = 0; i < t->n_clash; i++)
		add_goal(&c, &set->goals[t->clash[i]], on[i]);
	for (uint32_t i = 0; i < t->n_facts; i++)
		add_fact(&c, &t->facts[i], on[t->n_clash + i]);
	for (uint32_t out = 0; out <= n; out++) {
		for (uint32_t i = 0; i < n; i++)
			picosat_assume(c.sat, i == out ? -on[i] : on[i]);
		assert_int_equal(picosat_sat(c.sat, -1),
				 out < n ? PICOSAT_SATISFIABLE
					 : PICOSAT_UNSATISFIABLE);
	}
	cnf_free(&c);
	free(on);
}

static bool has(const struct rel_universe *u, const struct rel_together *t,
		uint32_t set)
{
	for (uint32_t i = 0; i < t->n_packages; i++) {
		if (rel_universe_in_set(u, set, t->packages[i]))
			return true;
	}
	return false;
}

static void check_versions(const struct rel_universe *u,
			   const struct rel_together *t)
{
	const struct rel_sat_problem *p = &u->problem;

	for (uint32_t i = 0; i < t->n_packages; i++) {
		rel_pkg_id v = t->packages[i];

		assert_int_equal(u->state[v], REL_PACKAGE_READY);
		assert_true(i == 0 || p->var_group[v] !=
					  p->var_group[t->packages[i - 1]]);
		for (uint32_t k = p->need_first[v]; k < p->need_first[v + 1];
		     k++) {
			uint32_t c = p->needs[k];
			bool held = u->need_expr[k] == REL_NEED_CLASS;

			for (uint32_t s = p->clause_first[c];
			     s < p->clause_first[c + 1]; s++)
				held = held || has(u, t, p->clause_sets[s]);
			assert_true(held);
		}
		for (uint32_t k = p->conflict_first[v];
		     k < p->conflict_first[v + 1]; k++)
			assert_false(has(u, t, p->conflicts[k]));
	}
}

static bool goal_held(const struct rel_goal *goal, const struct rel_together *t)
{
	for (uint32_t k = 0; k < goal->n_packages; k++) {
		for (uint32_t i = 0; i < t->n_packages; i++) {
			if (t->packages[i] == goal->packages[k])
				return true;
		}
	}
	return false;
}

/* PicoSAT on the whole universe; mask: which of the goals. */
static bool possible(struct cnf *c, const struct set *set, uint32_t mask)
{
	for (uint32_t i = 0; i < set->n; i++) {
		int on = picosat_inc_max_var(c->sat);

		if (!(mask & 1u << i))
			continue;
		add_goal(c, &set->goals[i], on);
		picosat_assume(c->sat, on);
	}
	return picosat_sat(c->sat, -1) == PICOSAT_SATISFIABLE;
}

static uint32_t largest(struct cnf *c, const struct set *set)
{
	uint32_t most = 0;

	for (uint32_t mask = 1; mask < 1u << set->n; mask++) {
		uint32_t n = (uint32_t)__builtin_popcount(mask);

		if (n > most && possible(c, set, mask))
			most = n;
	}
	return most;
}

static void check_set(struct rel_universe *u, struct cnf *c,
		      const struct set *set, uint32_t *n_no)
{
	struct rel_together t;
	struct rel_error err = {0};
	bool truth = possible(c, set, (1u << set->n) - 1);

	assert_int_equal(
	    rel_together_ask(&t, u, set->goals, set->n, NULL, &err), 0);
	assert_int_equal(t.status, truth ? REL_SAT_YES : REL_SAT_NO);
	check_versions(u, &t);
	if (truth) {
		for (uint32_t i = 0; i < set->n; i++)
			assert_true(goal_held(&set->goals[i], &t));
	} else {
		assert_false(t.whole);
		check_clash(u, set, &t);
		assert_true(t.part_is_largest);
		assert_int_equal(t.n_part, largest(c, set));
		for (uint32_t i = 0; i < t.n_part; i++)
			assert_true(goal_held(&set->goals[t.part[i]], &t));
		++*n_no;
	}
	rel_together_free(&t);
}

static void test_tip(void **state)
{
	static struct set set;
	struct rel_error err = {0};
	struct rel_universe *u;
	struct world w;
	struct cnf c;
	uint32_t n_no = 0;

	(void)state;
	world_init(&w);
	read_world(&w, BUNDLE_OPAM, "2026-08");
	world_stack(&w);
	assert_int_equal(rel_universe_build(&u, w.stack, &env, NULL, &err), 0);
	cnf_init(&c, &u->problem);
	for (uint32_t v = 0; v < u->problem.n_vars; v++) {
		if (v < u->n_packages && u->state[v] != REL_PACKAGE_READY) {
			picosat_add(c.sat, -cnf_lit(v));
			picosat_add(c.sat, 0);
		} else {
			cnf_add_facts(&c, v);
		}
	}
	for (uint32_t i = 0; i < SETS; i++) {
		make_set(&set, u);
		check_set(u, &c, &set, &n_no);
	}
	/* neither all easy nor all hopeless */
	assert_in_range(n_no, SETS / 5, SETS - SETS / 5);
	cnf_free(&c);
	rel_universe_free(u);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tip),
	};

	return real_run(tests);
}
