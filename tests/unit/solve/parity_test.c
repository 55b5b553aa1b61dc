/*
 * Verdicts on real repositories against the lists that other programs made
 * of them: shared/data/expected, whose README tells who said what.
 */
#include "real.h"

#define BROKEN	    BIT(REL_BROKEN)
#define UNAVAILABLE BIT(REL_UNAVAILABLE)

/* A list of shared/data/expected behind a newline. */
static void add_list(struct rel_buf *out, const char *name)
{
	char *path = rel_test_text("%s/expected/%s", rel_test_data_dir(), name);
	char *text = rel_test_read(path, NULL);

	if (!text)
		fail_msg("no %s", path);
	if (out->len == 0)
		rel_buf_add_char(out, '\n');
	rel_buf_add_cstr(out, text);
	free(text);
	free(path);
}

/*
 * The packages whose verdict is in the set must be those of the lists (the
 * second may be NULL), but for the lines of `tie`: "+" what only relctl says,
 * "-" what only the list says.
 */
static void compare(const struct outcome *o, unsigned verdicts,
		    const char *list, const char *second, const char *tie)
{
	struct rel_buf ours, theirs, difference;

	outcome_list(&ours, o, verdicts);
	rel_buf_init(&theirs, 16 * REL_MIB);
	rel_buf_init(&difference, 16 * REL_MIB);
	add_list(&theirs, list);
	if (second)
		add_list(&theirs, second);
	rel_buf_add_cstr(&difference, "");
	add_missing_lines(&difference, ours.ptr, theirs.ptr, '+');
	add_missing_lines(&difference, theirs.ptr, ours.ptr, '-');
	if (!rel_str_is(rel_buf_str(&difference), tie))
		fail_msg("against %s:\n%.*s", list,
			 REL_STR_ARG(rel_buf_str(&difference)));
	rel_buf_free(&ours);
	rel_buf_free(&theirs);
	rel_buf_free(&difference);
}

static void check(const struct world *w,
		  const struct rel_environment *environment, const char *broken,
		  const char *unavailable)
{
	struct outcome o;

	outcome_of(&o, w, environment);
	compare(&o, BROKEN, broken, NULL, "");
	if (unavailable)
		compare(&o, UNAVAILABLE, unavailable, NULL, "");
	outcome_free(&o);
}

/*
 * +introcaml and +introcaml0 compare equal: relctl keeps both, opam merges
 * them and lists one text of each.
 */
static const char tie_of_equal_versions[] =
    "-ocaml-compiler.5.5.0+introcaml\n"
    "-ocaml-variants.5.5.0+introcaml0\n";

/*
 * What an upgraded repository has more than the lists' solver looked at: the
 * upgrade itself makes ocaml-system, which is available where
 * sys-ocaml-version has a value.  `available: switch = "4.02.0+…"` is false in
 * a switch of unknown name, where that solver took the compiler's.
 */
static const char tie_of_upgrade[] = "+camlp4.4.02.0-1modular-implicits\n"
				     "+ocaml-system.3.11.2\n"
				     "+ocaml-system.3.12.1\n"
				     "+ocaml-system.4.00.0\n"
				     "+ocaml-system.4.00.1\n"
				     "+ocaml-system.4.01.0\n"
				     "+ocaml-system.4.02.0\n";

static void test_2026(void **state)
{
	struct outcome o;
	struct world w;

	(void)state;
	world_init(&w);
	read_world(&w, BUNDLE_OPAM, "2026-08");
	world_stack(&w);
	check(&w, &env, "2026-08.env.txt", "2026-08.env.unavailable.txt");
	check(&w, &opam_2_1, "2026-08.opam-2.1.txt", NULL);
	check(&w, &opam_2_1_i, "2026-08.opam-2.1.no-test-doc.txt", NULL);
	outcome_of(&o, &w, &env_opam_2_1);
	compare(&o, BROKEN | UNAVAILABLE,
		"2026-08.opam-list.not-installable.txt", NULL,
		tie_of_equal_versions);
	outcome_free(&o);
	world_free(&w);
}

static void test_xs_opam(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	read_world(&w, BUNDLE_XS, "HEAD");
	read_world(&w, BUNDLE_OPAM, "2026-08");
	world_stack(&w);
	check(&w, &env, "xs-opam-over-2026-08.env.txt",
	      "xs-opam-over-2026-08.env.unavailable.txt");
	world_free(&w);
}

static void test_2014(void **state)
{
	struct outcome o;
	struct world w;

	(void)state;
	world_init(&w);
	read_world(&w, BUNDLE_OPAM, "2014-10-14");
	world_stack(&w);
	check(&w, &opam_2_1, "2014-10-14.opam-2.1.upgraded.txt", NULL);
	outcome_of(&o, &w, &env);
	compare(&o, BROKEN | UNAVAILABLE, "2014-10-14.legacy-env.txt",
		"2014-10-14.legacy-env.unavailable.txt", tie_of_upgrade);
	outcome_free(&o);
	world_free(&w);
}

/*
 * opam admin check of opam 2.1 does not convert: it reads a file of format
 * 1.x as it reads one of 2.0 (`ocaml-version` and `os` become part of
 * `available:`, which it does not look at) and knows no compilers/.  relctl
 * converts, as opam does with a repository before it uses it: hence the two
 * lists.  The recorded one comes out of the same files when they say 2.0.
 */
static void test_2014_unconverted(void **state)
{
	char *files = rel_test_text("%s/unconverted", dir);
	struct world w;

	(void)state;
	free(rel_test_sh(
	    "mkdir %s; cd %s; git --git-dir=%s archive 2014-10-14 packages |"
	    "tar x; find packages -name opam -exec sed -i "
	    "'s/^opam-version: *\"1[.0-9]*\"/opam-version: \"2.0\"/' {} +; "
	    "echo 'opam-version: \"2.0\"' >repo",
	    files, files, clone_of(BUNDLE_OPAM)));
	world_init(&w);
	world_add(&w, files);
	world_stack(&w);
	check(&w, &opam_2_1, "2014-10-14.opam-2.1.raw.txt", NULL);
	world_free(&w);
	free(files);
}

static void test_mirage_dev(void **state)
{
	struct outcome o;
	struct world w;

	(void)state;
	world_init(&w);
	read_world(&w, BUNDLE_MIRAGE, "2014-10-14");
	read_world(&w, BUNDLE_OPAM, "2014-10-14");
	world_stack(&w);
	outcome_of(&o, &w, &env);
	compare(&o, BROKEN | UNAVAILABLE,
		"2014-10-14.mirage-dev-over-upstream.legacy-env.txt",
		"2014-10-14.legacy-env.unavailable.txt", tie_of_upgrade);
	outcome_free(&o);
	world_free(&w);
}

/* Each revision decided from the one before it, as --since does, and the way
 * back; both must say what deciding it alone says. */
static void step(const struct outcome *known, const struct world *w,
		 const struct outcome *truth)
{
	const struct rel_decide_options options = {.jobs = 2};
	struct rel_error err = {0};
	struct outcome o;

	outcome_build(&o, w, &env);
	if (rel_decide_from(o.u, o.verdicts, known->u, known->verdicts,
			    &options, &err))
		fail_msg("%s", err.text);
	assert_memory_equal(o.verdicts, truth->verdicts,
			    rel_universe_size(o.u));
	outcome_free(&o);
}

static void test_revisions(void **state)
{
	static const char *const revisions[] = {"2026-08~59", "2026-08~58",
						"2026-08~20", "2026-08~19",
						"2026-08~1",  "2026-08"};
	struct world w[COUNT(revisions)];
	struct outcome o[COUNT(revisions)];

	(void)state;
	for (unsigned i = 0; i < COUNT(revisions); i++) {
		world_init(&w[i]);
		read_world(&w[i], BUNDLE_OPAM, revisions[i]);
		world_stack(&w[i]);
		outcome_of(&o[i], &w[i], &env);
		if (i > 0) {
			step(&o[i - 1], &w[i], &o[i]);
			step(&o[i], &w[i - 1], &o[i - 1]);
		}
	}
	for (unsigned i = 0; i < COUNT(revisions); i++) {
		outcome_free(&o[i]);
		world_free(&w[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_2026),
	    cmocka_unit_test(test_xs_opam),
	    cmocka_unit_test(test_2014),
	    cmocka_unit_test(test_2014_unconverted),
	    cmocka_unit_test(test_mirage_dev),
	    cmocka_unit_test(test_revisions),
	};

	return real_run(tests);
}
