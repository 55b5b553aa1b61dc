/*
 * Verdicts and reasons on small random universes, against a search through
 * all choices of versions.  $RELCTL_TEST_SEED and $RELCTL_TEST_COUNT for more.
 */
#include "support/world.h"

#include "model.h"
#include "replay.h"

static const struct rel_variable_value values[] = {{"os", "linux"},
						   {"arch", "x86_64"}};
static const struct rel_environment env = {
    .name = "env", .values = values, .n_values = 2};

static void write_model(const char *dir, const struct model *m)
{
	struct rel_buf text;
	char path[64];

	rel_buf_init(&text, REL_MIB);
	rel_test_write_text(dir, "packages/.keep", "");
	for (int n = 0; n < MODEL_NAMES; n++) {
		for (int v = 0; v < MODEL_VERSIONS; v++) {
			if (!m->packages[n][v].exists)
				continue;
			snprintf(path, sizeof(path), "packages/n%d/n%d.%d/opam",
				 n, n, v + 1);
			rel_buf_clear(&text);
			model_print(&text, &m->packages[n][v]);
			rel_test_write(dir, path, text.ptr, text.len);
		}
	}
	rel_buf_free(&text);
}

static void open_model(struct world *w, const struct model *m)
{
	char *dir = rel_test_dir_new();

	write_model(dir, m);
	world_init(w);
	world_add(w, dir);
	world_stack(w);
	rel_test_dir_free(dir);
}

static unsigned long where; /* the seed of the universe at hand */
static uint32_t seen[REL_UNREADABLE + 1];

static void check_package(const struct outcome *o, const struct model *m,
			  int name, int version, bool yes)
{
	const struct model_package *p = &m->packages[name][version];
	enum rel_verdict truth = !model_is_available(p) ? REL_UNAVAILABLE
				 : yes			? REL_INSTALLABLE
							: REL_BROKEN;
	char texts[2][16];
	rel_pkg_id pkg;

	snprintf(texts[0], sizeof(texts[0]), "n%d", name);
	snprintf(texts[1], sizeof(texts[1]), "%d", version + 1);
	pkg =
	    rel_universe_find(o->u, rel_str_of(texts[0]), rel_str_of(texts[1]));
	if (!p->exists) {
		assert_int_equal(pkg, REL_PKG_NONE);
		return;
	}
	assert_int_not_equal(pkg, REL_PKG_NONE);
	if (o->verdicts[pkg] != truth)
		fail_msg("seed %lu: %s.%s is %s, not %s", where, texts[0],
			 texts[1],
			 rel_verdict_text((enum rel_verdict)o->verdicts[pkg]),
			 rel_verdict_text(truth));
	seen[truth]++;
}

static void check_model(const struct outcome *o, const struct model *m)
{
	bool yes[MODEL_NAMES][MODEL_VERSIONS];

	model_solve(m, yes);
	for (int n = 0; n < MODEL_NAMES; n++) {
		for (int v = 0; v < MODEL_VERSIONS; v++)
			check_package(o, m, n, v, yes[n][v]);
	}
}

static void test_verdicts(void **state)
{
	unsigned long seed = rel_test_number("RELCTL_TEST_SEED", 0);
	unsigned long count = rel_test_number("RELCTL_TEST_COUNT", 400);

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (unsigned long i = seed; i < seed + count; i++) {
		struct rel_chance chance;
		struct outcome o;
		struct model m;
		struct world w;

		rel_chance_seed(&chance, i);
		model_make(&m, &chance);
		where = i;
		open_model(&w, &m);
		outcome_of(&o, &w, &env);
		check_model(&o, &m);
		replay_reasons(&o);
		outcome_free(&o);
		world_free(&w);
	}
	/* neither all easy nor all hopeless */
	assert_in_range(seen[REL_INSTALLABLE], count, count * 15);
	assert_in_range(seen[REL_BROKEN], count, count * 15);
	assert_in_range(seen[REL_UNAVAILABLE], count / 10, count * 15);
	assert_true(replayed.chains > count / 10);
	assert_true(replayed.cores > count / 10);
	assert_true(replayed.circles > count / 20);
}

/* Change some packages, take some away, add some. */
static void change_model(struct model *m, struct rel_chance *chance)
{
	for (int n = 0; n < m->n_names; n++) {
		for (int v = 0; v < MODEL_VERSIONS; v++) {
			if (rel_chance_below(chance, 6) == 0)
				model_make_package(&m->packages[n][v], m,
						   chance);
		}
	}
}

/* Decide again with the models of before, some of which do not hold now. */
static void check_known_models(const struct outcome *before,
			       const struct outcome *after,
			       const struct model *m)
{
	struct rel_sat_models models = {0};
	const struct rel_decide_options first = {.jobs = 2, .found = &models},
					second = {.jobs = 1, .known = &models};
	struct rel_error err = {0};

	if (rel_decide(before->u, before->verdicts, &first, &err) ||
	    rel_decide(after->u, after->verdicts, &second, &err))
		fail_msg("%s", err.text);
	check_model(after, m);
	rel_sat_models_free(&models);
}

static void test_decide_from(void **state)
{
	unsigned long seed = rel_test_number("RELCTL_TEST_SEED", 0);
	unsigned long count = rel_test_number("RELCTL_TEST_COUNT", 200);
	const struct rel_decide_options options = {.jobs = 1};
	struct rel_error err = {0};

	(void)state;
	for (unsigned long i = seed; i < seed + count; i++) {
		struct rel_chance chance;
		struct outcome before, after;
		struct model m;
		struct world old, new;

		rel_chance_seed(&chance, i ^ 0xfeed0000);
		model_make(&m, &chance);
		where = i;
		open_model(&old, &m);
		outcome_of(&before, &old, &env);
		change_model(&m, &chance);
		open_model(&new, &m);
		outcome_build(&after, &new, &env);
		if (rel_decide_from(after.u, after.verdicts, before.u,
				    before.verdicts, &options, &err))
			fail_msg("%s", err.text);
		check_model(&after, &m);
		check_known_models(&before, &after, &m);
		outcome_free(&before);
		outcome_free(&after);
		world_free(&old);
		world_free(&new);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_decide_from),
	};

	world_in_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
