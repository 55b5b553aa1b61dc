#include "check/rdeps.h"
#include "world.h"

static const char *const repository =
    "base.1 \n"
    "base.2 \n"
    "direct.1 depends: [\"base\"]\n"
    "old.1 depends: [\"base\" {< \"2\"}]\n"
    "range.1 depends: [\"base\" {>= \"1\" & < \"2\"}]\n"
    /* two conjuncts about one name: only what satisfies both */
    "twice.1 depends: [\"base\" {>= \"1\"} \"base\" {< \"2\"}]\n"
    "choice.1 depends: [\"nope\" | \"base\" {>= \"2\"}]\n"
    "far.1 depends: [\"direct\"]\n"
    "far.2 depends: [\"old\"]\n"
    /* can never be installed with base.2, and yet needs it */
    "torn.1 depends: [\"base\" \"old\"]\n"
    "option.1 depopts: [\"base\"]\n"
    "tested.1 depends: [\"base\" {with-test}]\n"
    "posted.1 depends: [\"base\" {post}]\n"
    "windows.1 depends: [\"base\" {os = \"win32\"}]\n"
    "beyond.1 depends: [\"tested\"]\n"
    "itself.1 depends: [\"itself\"]\n";

/* Those that need `target` under the flags, as "a.1 b.2". */
static char *rdeps(struct world *w, const char *target, unsigned flags,
		   bool recursive)
{
	uint8_t *targets = world_marks(w), *out = world_marks(w);
	struct rel_edges edges;
	char *text;

	assert_int_equal(rel_packages_mark(targets, w->universe, target, NULL),
			 0);
	assert_int_equal(
	    rel_universe_edges(&edges, w->universe, flags, NULL, NULL), 0);
	assert_int_equal(
	    rel_rdeps(out, w->universe, &edges, targets, recursive, NULL), 0);
	text = world_marked(w, out);
	rel_edges_free(&edges);
	free(targets);
	free(out);
	return text;
}

static void expect(struct world *w, const char *target, unsigned flags,
		   bool recursive, const char *expected)
{
	char *found = rdeps(w, target, flags, recursive);

	assert_string_equal(found, expected);
	free(found);
}

static void test_by_hand(void **state)
{
	unsigned no_post = REL_EDGE_NO_POST;
	struct world w;

	(void)state;
	world_new(&w, repository, REL_PROFILE_ENV);
	expect(&w, "base.2", no_post, false, "choice.1 direct.1 torn.1");
	expect(&w, "base.1", no_post, false,
	       "direct.1 old.1 range.1 torn.1 twice.1");
	expect(&w, "base.2", no_post, true, "choice.1 direct.1 far.1 torn.1");
	expect(&w, "base", no_post, true,
	       "choice.1 direct.1 far.1 far.2 old.1 range.1 torn.1 twice.1");
	expect(&w, "base.2", 0, false, "choice.1 direct.1 posted.1 torn.1");
	expect(&w, "base.2", no_post | REL_EDGE_DEPOPTS, false,
	       "choice.1 direct.1 option.1 torn.1");
	/* this is with-test for everybody: rel_rdeps() takes the edges given */
	expect(&w, "base.2", no_post | REL_EDGE_WITH_TEST, false,
	       "choice.1 direct.1 tested.1 torn.1");
	expect(&w, "itself", no_post, false, "itself.1");
	expect(&w, "posted", no_post, true, "");
	world_free(&w);
}

static void test_marks(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
	    {"bsae", REL_ENOTFOUND, "is it base?"},
	    {"quite-another", REL_ENOTFOUND, "no remote has a package"},
	    {"base.1.5", REL_ENOTFOUND, "nearest are 1 and 2"},
	    {"base.0", REL_ENOTFOUND, "nearest is 1"},
	    {"base.9", REL_ENOTFOUND, "nearest is 2"},
	    {"ba se", REL_EUSAGE, "neither"},
	    {"", REL_EUSAGE, "neither"},
	    {"base>2", REL_ENOTFOUND, "newest version is 2"},
	    {"bsae>2", REL_ENOTFOUND, "is it base?"},
	    {"base>=", REL_EUSAGE, "neither"},
	    {"base==2", REL_EUSAGE, "neither"},
	    {">2", REL_EUSAGE, "neither"},
	};
	struct rel_error err;
	struct world w;
	uint8_t *marks;
	char *text;

	(void)state;
	world_new(&w, repository, REL_PROFILE_ENV);
	marks = world_marks(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    rel_packages_mark(marks, w.universe, cases[i].text, &err),
		    cases[i].code);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	assert_int_equal(rel_packages_mark(marks, w.universe, "far", &err), 0);
	assert_int_equal(rel_packages_mark(marks, w.universe, "base.2", &err),
			 0);
	text = world_marked(&w, marks);
	assert_string_equal(text, "base.2 far.1 far.2");
	free(text);
	free(marks);
	world_free(&w);
}

static void test_bounds(void **state)
{
	static const struct {
		const char *text, *marked;
	} cases[] = {
	    {"base>=2", "base.2"},	 {"base > 1", "base.2"},
	    {"base<2", "base.1"},	 {"base<=2", "base.1 base.2"},
	    {"base!=1", "base.2"},	 {"base=1", "base.1"},
	    {"base>0", "base.1 base.2"},
	};
	struct rel_error err;
	struct world w;

	(void)state;
	world_new(&w, repository, REL_PROFILE_ENV);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *marks = world_marks(&w);
		char *text;

		assert_int_equal(
		    rel_packages_mark(marks, w.universe, cases[i].text, &err),
		    0);
		text = world_marked(&w, marks);
		assert_string_equal(text, cases[i].marked);
		free(text);
		free(marks);
	}
	world_free(&w);
}

/* The same question put to opam; with --recursive its answer holds the target
 * itself. */
static char *ask_opam(const struct world *w, const char *target,
		      const char *options)
{
	return rel_test_sh("cd %s/0 && HOME=%s opam admin list --all-versions "
			   "--short --depends-on %s %s | LC_ALL=C sort | tr "
			   "'\\n' ' ' | sed 's/ $//'",
			   w->dir, w->dir, target, options);
}

static void compare(struct world *w, const char *target, unsigned flags,
		    bool recursive, const char *options)
{
	char *ours = rdeps(w, target, flags | REL_EDGE_NO_POST, recursive);
	char *opams = ask_opam(w, target, options);
	char *with_target = rel_test_sh(
	    "printf '%%s\\n' %s %s | LC_ALL=C sort -u | tr '\\n' ' ' "
	    "| sed 's/ $//'",
	    ours, recursive ? target : "");

	assert_string_equal(with_target, opams);
	free(ours);
	free(opams);
	free(with_target);
}

static void test_against_opam(void **state)
{
	static const char *const targets[] = {"base.1", "base.2", "old.1",
					      "direct.1", "itself.1"};
	struct world w;

	(void)state;
	if (!world_has_opam())
		skip();
	world_new(&w, repository, REL_PROFILE_ENV);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		compare(&w, targets[i], 0, false, "");
		compare(&w, targets[i], 0, true, "--recursive");
		compare(&w, targets[i], REL_EDGE_DEPOPTS, true,
			"--recursive --depopts");
	}
	world_free(&w);
}

/* What leads from `from` to `to`, one path a line: "a.1 b.2". */
static char *paths(struct world *w, const char *from, const char *to,
		   uint32_t max)
{
	uint8_t *sources = world_marks(w), *targets = world_marks(w);
	struct rel_edges edges;
	struct rel_path *found;
	struct rel_buf out;
	uint32_t n;

	assert_int_equal(rel_packages_mark(sources, w->universe, from, NULL),
			 0);
	assert_int_equal(rel_packages_mark(targets, w->universe, to, NULL), 0);
	assert_int_equal(rel_universe_edges(&edges, w->universe, 0, NULL, NULL),
			 0);
	assert_int_equal(rel_paths_find(&found, &n, w->universe, &edges,
					sources, targets, max, NULL),
			 0);
	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < found[i].count; k++)
			world_add_package(&out, w, found[i].packages[k],
					  k == 0 ? "\n" : " ");
	rel_paths_free(found, n);
	rel_edges_free(&edges);
	free(sources);
	free(targets);
	return rel_buf_detach(&out, NULL);
}

static void expect_paths(struct world *w, const char *from, const char *to,
			 uint32_t max, const char *expected)
{
	char *found = paths(w, from, to, max);

	assert_string_equal(found, expected);
	free(found);
}

static void test_paths(void **state)
{
	struct world w;

	(void)state;
	world_new(&w,
		  "vchan.1 depends: [\"lwt\" \"xen\"]\n"
		  "vchan.2 depends: [\"lwt\" \"xen\" {>= \"2\"} \"net\"]\n"
		  "lwt.1 \n"
		  "xen.1 depends: [\"tcpip\"]\n"
		  "xen.2 depends: [\"stack\"]\n"
		  "xen.3 depends: [\"stack\"]\n"
		  "stack.1 depends: [\"tcpip\" {= \"1\"}]\n"
		  "net.1 depends: [\"xen\" {= \"2\"}]\n"
		  "tcpip.1 \n"
		  "tcpip.2 depends: [\"lwt\"]\n",
		  REL_PROFILE_ENV);
	/* of a name's versions the one that is nearest, else the newest */
	expect_paths(&w, "vchan", "tcpip", 9,
		     "vchan.1 xen.1 tcpip.2\n"
		     "vchan.2 net.1 xen.2 stack.1 tcpip.1");
	expect_paths(&w, "vchan.2", "tcpip", 9,
		     "vchan.2 xen.3 stack.1 tcpip.1\n"
		     "vchan.2 net.1 xen.2 stack.1 tcpip.1");
	expect_paths(&w, "vchan.2", "tcpip", 1,
		     "vchan.2 xen.3 stack.1 tcpip.1");
	expect_paths(&w, "stack", "tcpip.2", 9, "");
	expect_paths(&w, "lwt", "tcpip", 9, "");
	expect_paths(&w, "net", "xen", 9, "net.1 xen.2");
	world_free(&w);
}

/* From a package to itself there is a way only round a cycle. */
static void test_path_back(void **state)
{
	struct world w;

	(void)state;
	world_new(&w,
		  "a.1 depends: [\"b\"]\nb.1 depends: [\"a\"]\n"
		  "c.1 depends: [\"b\"]\n",
		  REL_PROFILE_ENV);
	expect_paths(&w, "a", "a", 9, "a.1 b.1 a.1");
	expect_paths(&w, "c", "c", 9, "");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_hand), cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_bounds),  cmocka_unit_test(test_against_opam),
	    cmocka_unit_test(test_paths),   cmocka_unit_test(test_path_back),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
