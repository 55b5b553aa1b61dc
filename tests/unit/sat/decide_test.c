/*
 * rel_sat_decide and rel_sat_core against exhaustive search on small random
 * problems: every group takes each of its values or none.
 */
#include "toy.h"

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
