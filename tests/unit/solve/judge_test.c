/*
 * PicoSAT as judge on real repositories.  Of every verdict: each broken
 * package is refuted, each installable one occurs in a model that PicoSAT
 * found.  And of every reason: its facts alone refute the package, and with
 * one of them left out they do not.  $RELCTL_TEST_REVISION for one more
 * revision of opam-repository (2025-01-01).
 */
#include "cnf.h"
#include "real.h"
#include "replay.h"

/* The whole universe as clauses. */
static void load(struct cnf *c, const struct rel_universe *u)
{
	cnf_init(c, &u->problem);
	for (uint32_t v = 0; v < u->problem.n_vars; v++) {
		if (v < u->n_packages && u->state[v] != REL_PACKAGE_READY) {
			picosat_add(c->sat, -cnf_lit(v));
			picosat_add(c->sat, 0);
		} else {
			cnf_add_facts(c, v);
		}
	}
}

/* All packages of the model are installable: nothing to prove of them any
 * more. */
static void note_model(struct cnf *c, const struct rel_universe *u,
		       uint8_t *truth)
{
	for (uint32_t v = 0; v < u->n_packages; v++) {
		if (truth[v] == REL_INSTALLABLE ||
		    picosat_deref(c->sat, cnf_lit(v)) <= 0)
			continue;
		truth[v] = REL_INSTALLABLE;
		picosat_set_default_phase_lit(c->sat, cnf_lit(v), 0);
		picosat_set_less_important_lit(c->sat, cnf_lit(v));
	}
	picosat_reset_phases(c->sat);
}

/*
 * What is unproven is tried first, and true: a model then has hundreds of
 * packages that no model had before.
 */
static void prefer_unproven(struct cnf *c, const struct rel_universe *u)
{
	for (uint32_t v = 0; v < u->n_packages; v++)
		picosat_set_default_phase_lit(c->sat, cnf_lit(v), 1);
	for (int lit = cnf_lit(u->n_packages); lit <= picosat_variables(c->sat);
	     lit++)
		picosat_set_less_important_lit(c->sat, lit);
}

/* The judge's own verdict on each package. */
static void judge(struct cnf *c, const struct rel_universe *u, uint8_t *truth)
{
	memset(truth, REL_BROKEN, u->n_packages);
	prefer_unproven(c, u);
	for (uint32_t v = u->n_packages; v-- > 0;) {
		if (u->state[v] != REL_PACKAGE_READY) {
			truth[v] = u->state[v] == REL_PACKAGE_UNAVAILABLE
				       ? REL_UNAVAILABLE
				       : REL_UNREADABLE;
			continue;
		}
		if (truth[v] == REL_INSTALLABLE)
			continue;
		picosat_assume(c->sat, cnf_lit(v));
		if (picosat_sat(c->sat, -1) == PICOSAT_SATISFIABLE) {
			note_model(c, u, truth);
			continue;
		}
		picosat_add(c->sat, -cnf_lit(v));
		picosat_add(c->sat, 0);
	}
}

static void check_verdicts(const struct outcome *o)
{
	const struct rel_universe *u = o->u;
	uint8_t *truth = malloc((size_t)u->n_packages + 1);
	struct cnf c;

	assert_non_null(truth);
	load(&c, u);
	judge(&c, u, truth);
	for (uint32_t v = 0; v < u->n_packages; v++) {
		if (o->verdicts[v] == truth[v])
			continue;
		fail_msg("%.*s.%.*s is %s, not %s",
			 REL_STR_ARG(rel_universe_name(u, v)),
			 REL_STR_ARG(rel_universe_version(u, v)),
			 rel_verdict_text((enum rel_verdict)o->verdicts[v]),
			 rel_verdict_text((enum rel_verdict)truth[v]));
	}
	cnf_free(&c);
	free(truth);
}

/* Some facts as clauses, and no variable but those of packages in them. */
struct extract {
	PicoSAT *sat;
	const struct rel_sat_problem *p;
	int *lits;	/* [n_vars], 0 = not in it */
	uint32_t *vars; /* those that are */
	uint32_t n_vars;
};

static int lit_of(struct extract *x, uint32_t var)
{
	if (!x->lits[var]) {
		x->lits[var] = picosat_inc_max_var(x->sat);
		x->vars[x->n_vars++] = var;
	}
	return x->lits[var];
}

static void add_need(struct extract *x, const struct rel_fact *f)
{
	const struct rel_sat_problem *p = x->p;
	uint32_t clause = p->needs[f->index];

	picosat_add(x->sat, -lit_of(x, f->package));
	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i], g = p->set_group[set];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (cnf_is_member(p, set, v))
				picosat_add(x->sat, lit_of(x, v));
		}
	}
	picosat_add(x->sat, 0);
}

static void add_conflict(struct extract *x, const struct rel_fact *f)
{
	const struct rel_sat_problem *p = x->p;
	uint32_t set = p->conflicts[f->index], g = p->set_group[set];

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		if (!cnf_is_member(p, set, v))
			continue;
		picosat_add(x->sat, -lit_of(x, f->package));
		picosat_add(x->sat, -lit_of(x, v));
		picosat_add(x->sat, 0);
	}
}

static void add_fact(struct extract *x, const struct rel_fact *f)
{
	switch (f->kind) {
	case REL_FACT_NEEDS:
	case REL_FACT_CLASS:
		add_need(x, f);
		return;
	case REL_FACT_CONFLICTS:
		add_conflict(x, f);
		return;
	case REL_FACT_CIRCLE:
		fail_msg("the snapshots have no circle that matters");
		return;
	case REL_FACT_BROKEN:
	case REL_FACT_UNAVAILABLE:
	case REL_FACT_UNREADABLE:
	case REL_FACT_PINNED:
		picosat_add(x->sat, -lit_of(x, f->package));
		picosat_add(x->sat, 0);
		return;
	}
}

/* Of each group at most one; every pair, for there are few. */
static void add_groups(struct extract *x)
{
	for (uint32_t i = 0; i < x->n_vars; i++) {
		for (uint32_t k = 0; k < i; k++) {
			uint32_t a = x->vars[i], b = x->vars[k];

			if (x->p->var_group[a] != x->p->var_group[b])
				continue;
			picosat_add(x->sat, -x->lits[a]);
			picosat_add(x->sat, -x->lits[b]);
			picosat_add(x->sat, 0);
		}
	}
}

static bool allows(const struct replay *r, rel_pkg_id pkg,
		   const struct rel_fact *facts, uint32_t n, uint32_t skip)
{
	struct extract *x = r->judge;
	int answer;

	x->sat = picosat_init();
	x->n_vars = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (i != skip)
			add_fact(x, &facts[i]);
	}
	picosat_assume(x->sat, lit_of(x, pkg));
	add_groups(x);
	answer = picosat_sat(x->sat, -1);
	picosat_reset(x->sat);
	for (uint32_t i = 0; i < x->n_vars; i++)
		x->lits[x->vars[i]] = 0;
	return answer == PICOSAT_SATISFIABLE;
}

static void check_reasons(const struct outcome *o)
{
	const struct rel_sat_problem *p = &o->u->problem;
	struct extract x = {.p = p};
	struct replay r = {.o = o, .allows = allows, .judge = &x};

	x.lits = calloc((size_t)p->n_vars + 1, sizeof(*x.lits));
	x.vars = malloc(((size_t)p->n_vars + 1) * sizeof(*x.vars));
	assert_true(x.lits && x.vars);
	replay_with(&r);
	free(x.lits);
	free(x.vars);
}

static void check(const struct world *w,
		  const struct rel_environment *environment)
{
	struct outcome o;

	outcome_of(&o, w, environment);
	check_verdicts(&o);
	check_reasons(&o);
	outcome_free(&o);
}

static void check_revision(const char *revision)
{
	struct world w;

	world_init(&w);
	read_world(&w, BUNDLE_OPAM, revision);
	world_stack(&w);
	check(&w, &env);
	check(&w, &opam_2_1);
	check(&w, &opam_2_1_i);
	world_free(&w);
}

static void test_2014(void **state)
{
	(void)state;
	check_revision("2014-10-14");
}

static void test_2026(void **state)
{
	(void)state;
	check_revision("2026-08");
}

static void test_given(void **state)
{
	const char *revision = getenv("RELCTL_TEST_REVISION");

	(void)state;
	if (!revision)
		skip();
	check_revision(revision);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_2014),
	    cmocka_unit_test(test_2026),
	    cmocka_unit_test(test_given),
	};

	return real_run(tests);
}
