/*
 * rel_sat_ask against exhaustive search on small random problems: is there a
 * model, is it the preferred one as far as that is promised, is the core
 * minimal, is no larger part of the goals possible.
 */
#include "sat/question.h"
#include "toy.h"

#define MAX_GOALS   4
#define MAX_MEMBERS 4

struct request {
	struct toy toy;
	uint8_t status[MAX_VARS], avoid[MAX_VARS];
	uint32_t members[MAX_GOALS][MAX_MEMBERS];
	struct rel_sat_goal goals[MAX_GOALS];
	struct rel_sat_question q;
};

static void make_request(struct request *r, uint64_t seed)
{
	memset(r, 0, sizeof(*r));
	make_toy(&r->toy, seed);
	for (uint32_t v = 0; v < r->toy.p.n_vars; v++) {
		if (!below(8))
			r->status[v] = REL_SAT_NO;
		r->avoid[v] = !below(4);
	}
	r->q = (struct rel_sat_question){.problem = &r->toy.p,
					 .status = r->status,
					 .avoid = seed % 3 ? r->avoid : NULL,
					 .goals = r->goals,
					 .n_goals = 1 + below(MAX_GOALS)};
	r->q.n_required = below(3) ? 0 : 1;
	for (uint32_t i = 0; i < r->q.n_goals; i++) {
		uint32_t n = below(MAX_MEMBERS + 1);

		for (uint32_t k = 0; k < n; k++)
			r->members[i][k] = below(r->toy.p.n_vars);
		r->goals[i] = (struct rel_sat_goal){r->members[i], n};
	}
}

static bool goal_holds(const struct request *r, uint32_t goal,
		       const uint32_t *value)
{
	for (uint32_t k = 0; k < r->goals[goal].n_vars; k++) {
		uint32_t v = r->goals[goal].vars[k];

		if (value[r->toy.var_group[v]] == v)
			return true;
	}
	return false;
}

/* What the exhaustive search finds. */
struct truth {
	bool any;	 /* a model with the goals of the mask */
	bool unavoiding; /* one without what is to be avoided */
	uint32_t newest; /* of the first goal's first group, of the best */
};

/* facts  what counts; given: do the statuses too? */
static struct truth exhaust(const struct request *r, const struct subset *facts,
			    bool given, uint32_t mask)
{
	uint32_t value[MAX_GROUPS];
	struct truth truth = {false, false, 0};

	memset(value, 0xff, sizeof(value));
	do {
		bool ok = is_model(&r->toy, value, facts), avoids = true;

		for (uint32_t g = 0; ok && g < r->toy.p.n_groups; g++) {
			if (value[g] == UINT32_MAX)
				continue;
			if (given && r->status[value[g]] == REL_SAT_NO)
				ok = false;
			if (r->q.avoid && r->avoid[value[g]])
				avoids = false;
		}
		for (uint32_t i = 0; ok && i < r->q.n_goals; i++)
			ok = !(mask & 1u << i) || goal_holds(r, i, value);
		if (!ok)
			continue;
		if (avoids && !truth.unavoiding)
			truth.newest = 0;
		truth.any = true;
		truth.unavoiding = truth.unavoiding || avoids;
		if (r->goals[0].n_vars == 0 || avoids < truth.unavoiding)
			continue;

		uint32_t g = r->toy.var_group[r->goals[0].vars[0]];

		if (value[g] != UINT32_MAX && value[g] >= truth.newest)
			truth.newest = value[g];
	} while (next_value(&r->toy, value));
	return truth;
}

static const struct subset everything = {.facts = NULL};

static void check_model(const struct request *r,
			const struct rel_sat_answer *answer, uint32_t mask)
{
	uint32_t value[MAX_GROUPS];

	memset(value, 0xff, sizeof(value));
	for (uint32_t i = 0; i < answer->n_vars; i++) {
		uint32_t v = answer->vars[i], g = r->toy.var_group[v];

		assert_true(i == 0 || answer->vars[i - 1] < v);
		assert_int_equal(value[g], UINT32_MAX);
		assert_int_not_equal(r->status[v], REL_SAT_NO);
		value[g] = v;
	}
	assert_true(is_model(&r->toy, value, &everything));
	for (uint32_t i = 0; i < r->q.n_goals; i++)
		assert_true(!(mask & 1u << i) || goal_holds(r, i, value));
}

static bool one_group(const struct request *r, uint32_t goal)
{
	const struct rel_sat_goal *g = &r->goals[goal];

	for (uint32_t k = 1; k < g->n_vars; k++) {
		if (r->toy.var_group[g->vars[k]] !=
		    r->toy.var_group[g->vars[0]])
			return false;
	}
	return g->n_vars > 0;
}

/* Nothing to avoid where there is a way, and the first goal's newest. */
static void check_preference(const struct request *r,
			     const struct rel_sat_answer *answer,
			     const struct truth *truth)
{
	bool avoids = true, newest = !one_group(r, 0);

	for (uint32_t i = 0; i < answer->n_vars; i++) {
		uint32_t v = answer->vars[i];

		avoids = avoids && !(r->q.avoid && r->avoid[v]);
		newest = newest || v == truth->newest;
	}
	assert_int_equal(avoids, truth->unavoiding);
	if (truth->unavoiding)
		assert_true(newest);
}

static void check_core(const struct request *r,
		       const struct rel_sat_answer *answer)
{
	assert_false(answer->whole);
	/* left out: none, then one after the other */
	for (uint32_t out = 0; out <= answer->n_facts; out++) {
		struct subset facts = {answer->facts, answer->n_facts,
				       out < answer->n_facts ? out
							     : UINT32_MAX};
		uint32_t mask = 0;

		for (uint32_t i = 0; i < answer->n_facts; i++) {
			if (i != out && answer->facts[i].var == REL_SAT_GOAL)
				mask |= 1u << answer->facts[i].index;
		}
		for (uint32_t i = 0; i < answer->n_facts; i++) {
			if (answer->facts[i].var == REL_SAT_GOAL)
				assert_in_range(answer->facts[i].index, 0,
						r->q.n_goals - 1);
		}

		/* a goal is no fact of the problem */
		struct rel_sat_fact own[MAX_FACTS * 2 + MAX_VARS];
		uint32_t n = 0;

		for (uint32_t i = 0; i < answer->n_facts; i++) {
			if (i != facts.skip &&
			    answer->facts[i].var != REL_SAT_GOAL)
				own[n++] = answer->facts[i];
		}
		facts = (struct subset){own, n, UINT32_MAX};
		assert_int_equal(exhaust(r, &facts, false, mask).any,
				 out < answer->n_facts);
	}
}

static uint32_t largest(const struct request *r)
{
	uint32_t most = 0;

	for (uint32_t mask = 0; mask < 1u << r->q.n_goals; mask++) {
		uint32_t n = (uint32_t)__builtin_popcount(mask);

		if (r->q.n_required && !(mask & 1))
			continue;
		if (n > most && exhaust(r, &everything, true, mask).any)
			most = n;
	}
	return most;
}

static void check_part(const struct request *r,
		       const struct rel_sat_answer *answer)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < answer->n_part; i++)
		mask |= 1u << answer->part[i];
	assert_true(answer->part_is_largest);
	assert_int_equal(answer->n_part, largest(r));
	check_model(r, answer, mask);
}

static void test_against_exhaustive_search(void **state)
{
	uint32_t n_no = 0, n_yes = 0, n_parts = 0;
	struct rel_error err = {0};

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct request r;
		struct rel_sat_answer answer;
		struct truth truth;

		make_request(&r, seed);
		truth = exhaust(&r, &everything, true, (1u << r.q.n_goals) - 1);
		assert_int_equal(rel_sat_ask(&answer, &r.q, NULL, &err), 0);
		if (answer.status != (truth.any ? REL_SAT_YES : REL_SAT_NO))
			fail_msg("seed %lu: %d", (unsigned long)seed,
				 answer.status);
		if (truth.any) {
			check_model(&r, &answer, (1u << r.q.n_goals) - 1);
			check_preference(&r, &answer, &truth);
			n_yes++;
		} else {
			check_core(&r, &answer);
			check_part(&r, &answer);
			n_no++;
			n_parts += answer.n_part > 0;
		}
		rel_sat_answer_free(&answer);
	}
	/* neither all easy nor all hopeless */
	assert_in_range(n_yes, 250, 750);
	assert_in_range(n_no, 250, 750);
	assert_in_range(n_parts, 150, 750);
}

/*
 * Pigeons: n + 1 goals, n holes.  Any n of them go together, and the last is
 * left out; that takes a core, and a hitting set of one.
 */
#define HOLES 5

static void test_pigeons(void **state)
{
	enum { GOALS = HOLES + 1, VARS = HOLES * GOALS };
	/* group = hole, its values: the pigeon in it */
	uint32_t var_group[VARS], group_first[HOLES + 1], words[HOLES + 1];
	uint32_t none[VARS + 1] = {0}, members[GOALS][HOLES];
	uint8_t status[VARS] = {0};
	struct rel_sat_goal goals[GOALS];
	struct rel_sat_problem p = {.n_vars = VARS,
				    .n_groups = HOLES,
				    .var_group = var_group,
				    .group_first = group_first,
				    .group_word = words,
				    .clause_first = none,
				    .need_first = none,
				    .conflict_first = none};
	struct rel_sat_question q = {
	    .problem = &p, .status = status, .goals = goals, .n_goals = GOALS};
	struct rel_sat_answer answer;
	struct rel_error err = {0};

	(void)state;
	for (uint32_t g = 0; g <= HOLES; g++) {
		group_first[g] = g * GOALS;
		words[g] = g;
	}
	for (uint32_t v = 0; v < VARS; v++) {
		var_group[v] = v / GOALS;
		members[v % GOALS][v / GOALS] = v;
	}
	for (uint32_t i = 0; i < GOALS; i++)
		goals[i] = (struct rel_sat_goal){members[i], HOLES};
	assert_int_equal(rel_sat_ask(&answer, &q, NULL, &err), 0);
	assert_int_equal(answer.status, REL_SAT_NO);
	assert_int_equal(answer.n_facts, GOALS);
	assert_int_equal(answer.n_part, HOLES);
	assert_true(answer.part_is_largest);
	for (uint32_t i = 0; i < HOLES; i++)
		assert_int_equal(answer.part[i], i);
	assert_int_equal(answer.n_vars, HOLES);
	rel_sat_answer_free(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_exhaustive_search),
	    cmocka_unit_test(test_pigeons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
