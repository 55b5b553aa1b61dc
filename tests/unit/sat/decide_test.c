/*
 * rel_sat_decide and rel_sat_core against exhaustive search on small random
 * problems: every group takes each of its values or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sat/sat.h"

#define MAX_GROUPS 5
#define MAX_VARS   20
#define MAX_SETS   40
#define MAX_FACTS  80

struct toy {
	struct rel_sat_problem p;
	uint32_t var_group[MAX_VARS], group_first[MAX_GROUPS + 1];
	uint32_t group_word[MAX_GROUPS + 1];
	uint32_t set_group[MAX_SETS], set_word[MAX_SETS];
	uint64_t set_words[MAX_SETS];
	uint32_t clause_first[MAX_FACTS + 1], clause_sets[MAX_FACTS * 3];
	uint32_t need_first[MAX_VARS + 1], needs[MAX_FACTS];
	uint32_t bar_first[MAX_VARS + 1], bars[MAX_FACTS];
};

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	random_state =
	    random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

static void make_groups(struct toy *t)
{
	t->p.n_groups = 1 + below(MAX_GROUPS);
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		uint32_t count = 1 + below(MAX_VARS / MAX_GROUPS);

		t->group_first[g] = t->p.n_vars;
		t->group_word[g] = g;
		for (uint32_t i = 0; i < count; i++)
			t->var_group[t->p.n_vars++] = g;
	}
	t->group_first[t->p.n_groups] = t->p.n_vars;
	t->group_word[t->p.n_groups] = t->p.n_groups;
}

static void make_sets(struct toy *t)
{
	t->p.n_sets = 1 + below(MAX_SETS);
	for (uint32_t s = 0; s < t->p.n_sets; s++) {
		uint32_t g = below(t->p.n_groups);
		uint32_t n = t->group_first[g + 1] - t->group_first[g];

		t->set_group[s] = g;
		t->set_word[s] = s;
		t->set_words[s] = below(1u << n);
	}
}

static void make_facts(struct toy *t, uint32_t density)
{
	uint32_t needs = 0, bars = 0, members = 0;

	for (uint32_t v = 0; v < t->p.n_vars; v++) {
		t->need_first[v] = needs;
		t->bar_first[v] = bars;
		while (below(density) && needs < MAX_FACTS) {
			uint32_t size = below(20) ? 1 + below(3) : 0;

			t->clause_first[needs] = members;
			while (size--)
				t->clause_sets[members++] = below(t->p.n_sets);
			t->needs[needs] = needs;
			needs++;
		}
		while (!below(density) && bars < MAX_FACTS) {
			uint32_t set = below(t->p.n_sets);

			if (t->set_group[set] != t->var_group[v])
				t->bars[bars++] = set;
		}
	}
	t->p.n_clauses = needs;
	t->clause_first[needs] = members;
	t->need_first[t->p.n_vars] = needs;
	t->bar_first[t->p.n_vars] = bars;
}

static void make_toy(struct toy *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	random_state = seed * 7919 + 17;
	make_groups(t);
	make_sets(t);
	make_facts(t, 2 + below(3));
	t->p.var_group = t->var_group;
	t->p.group_first = t->group_first;
	t->p.group_word = t->group_word;
	t->p.set_group = t->set_group;
	t->p.set_word = t->set_word;
	t->p.set_words = t->set_words;
	t->p.clause_first = t->clause_first;
	t->p.clause_sets = t->clause_sets;
	t->p.need_first = t->need_first;
	t->p.needs = t->needs;
	t->p.bar_first = t->bar_first;
	t->p.bars = t->bars;
}

/* What counts in an exhaustive search: all facts, or those listed. */
struct subset {
	const struct rel_sat_fact *facts; /* NULL = everything */
	uint32_t n, skip;
};

static bool counts(const struct subset *in, enum rel_sat_fact_kind kind,
		   uint32_t index)
{
	if (!in->facts)
		return kind != REL_SAT_NEVER;
	for (uint32_t i = 0; i < in->n; i++) {
		if (i != in->skip && in->facts[i].kind == kind &&
		    in->facts[i].index == index)
			return true;
	}
	return false;
}

static bool set_true(const struct toy *t, uint32_t set, const uint32_t *value)
{
	uint32_t g = t->set_group[set];

	return value[g] != UINT32_MAX &&
	       ((t->set_words[set] >> (value[g] - t->group_first[g])) & 1);
}

static bool need_holds(const struct toy *t, uint32_t c, const uint32_t *value)
{
	for (uint32_t i = t->clause_first[c]; i < t->clause_first[c + 1]; i++) {
		if (set_true(t, t->clause_sets[i], value))
			return true;
	}
	return false;
}

static bool is_model(const struct toy *t, const uint32_t *value,
		     const struct subset *in)
{
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		uint32_t v = value[g];

		if (v == UINT32_MAX)
			continue;
		if (counts(in, REL_SAT_NEVER, v))
			return false;
		for (uint32_t i = t->need_first[v]; i < t->need_first[v + 1];
		     i++)
			if (counts(in, REL_SAT_NEED, i) &&
			    !need_holds(t, t->needs[i], value))
				return false;
		for (uint32_t i = t->bar_first[v]; i < t->bar_first[v + 1]; i++)
			if (counts(in, REL_SAT_BAR, i) &&
			    set_true(t, t->bars[i], value))
				return false;
	}
	return true;
}

static bool next_value(const struct toy *t, uint32_t *value)
{
	for (uint32_t g = 0; g < t->p.n_groups; g++) {
		if (value[g] == UINT32_MAX) {
			value[g] = t->group_first[g];
			return true;
		}
		if (++value[g] < t->group_first[g + 1])
			return true;
		value[g] = UINT32_MAX;
	}
	return false;
}

/* Mark every variable of every model. */
static void exhaust(const struct toy *t, const struct subset *in, uint8_t *out)
{
	uint32_t value[MAX_GROUPS];

	memset(out, REL_SAT_NO, MAX_VARS);
	memset(value, 0xff, sizeof(value));
	do {
		if (!is_model(t, value, in))
			continue;
		for (uint32_t g = 0; g < t->p.n_groups; g++)
			if (value[g] != UINT32_MAX)
				out[value[g]] = REL_SAT_YES;
	} while (next_value(t, value));
}

static void check_core(const struct toy *t, struct rel_sat_explainer *explainer,
		       const uint8_t *status, uint32_t var)
{
	struct rel_sat_fact *facts = NULL;
	uint32_t n = 0;
	uint8_t truth[MAX_VARS];
	struct rel_error err = {0};
	bool whole;

	assert_int_equal(rel_sat_core(explainer, status, var, &facts, &n,
				      &whole, NULL, &err),
			 0);
	assert_false(whole);

	struct subset in = {facts, n, UINT32_MAX};
	exhaust(t, &in, truth);
	assert_int_equal(truth[var], REL_SAT_NO);
	for (in.skip = 0; in.skip < n; in.skip++) {
		exhaust(t, &in, truth);
		assert_int_equal(truth[var], REL_SAT_YES);
	}
	free(facts);
}

/* Whatever the models are of, they prove nothing that is not true; those of
 * the problem itself prove all. */
static void check_replay(const struct toy *t, const uint8_t *truth,
			 const struct rel_sat_models *models, bool own)
{
	uint8_t status[MAX_VARS] = {0};
	struct rel_error err = {0};

	assert_int_equal(rel_sat_replay(&t->p, status, models, &err), 0);
	for (uint32_t v = 0; v < t->p.n_vars; v++) {
		if (status[v] == REL_SAT_YES)
			assert_int_equal(truth[v], REL_SAT_YES);
		else if (own)
			assert_int_equal(truth[v], REL_SAT_NO);
	}
}

/* models  of the seed before, replaced by this one's */
static void check_seed(uint64_t seed, struct rel_sat_models *models,
		       uint32_t *n_no, uint32_t *n_yes)
{
	struct toy t;
	uint8_t status[MAX_VARS] = {0}, truth[MAX_VARS];
	struct subset everything = {.facts = NULL};
	struct rel_sat_explainer *explainer;
	struct rel_error err = {0};

	make_toy(&t, seed);
	assert_int_equal(rel_sat_explainer_new(&explainer, &t.p, &err), 0);
	exhaust(&t, &everything, truth);
	check_replay(&t, truth, models, false);
	rel_sat_models_free(models);
	assert_int_equal(rel_sat_decide(&t.p, status, 1 + seed % 2, models,
					NULL, NULL, &err),
			 0);
	check_replay(&t, truth, models, true);
	for (uint32_t v = 0; v < t.p.n_vars; v++) {
		if (status[v] != truth[v])
			fail_msg("seed %lu variable %u: %d, not %d",
				 (unsigned long)seed, v, status[v], truth[v]);
		*n_no += status[v] == REL_SAT_NO;
		*n_yes += status[v] == REL_SAT_YES;
		if (status[v] == REL_SAT_NO)
			check_core(&t, explainer, status, v);
	}
	rel_sat_explainer_free(explainer);
}

static void test_against_exhaustive_search(void **state)
{
	struct rel_sat_models models = {0};
	uint32_t n_no = 0, n_yes = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 4000; seed++)
		check_seed(seed, &models, &n_no, &n_yes);
	rel_sat_models_free(&models);
	/* The problems must be neither all easy nor all hopeless. */
	assert_in_range(n_no, 5000, 100000);
	assert_in_range(n_yes, 5000, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_exhaustive_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
