/* Cycles of random repositories; small ones are in tests/cases. */
#include "check/cycles.h"
#include "world.h"

/* Members of all cycles, "a.1 b.2". */
static char *members(const struct world *w, const struct rel_cycles *cycles)
{
	uint8_t *marks = world_marks(w);
	char *text;

	for (uint32_t i = 0; i < cycles->n_items; i++)
		for (uint32_t k = 0; k < cycles->items[i].n_members; k++)
			marks[cycles->items[i].members[k]] = 1;
	text = world_marked(w, marks);
	free(marks);
	return text;
}

/* A little generator, so that the repositories are the same everywhere. */
static uint32_t next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static const char *const random_names[] = {"a", "b",   "c_d", "c-d", "c1",
					   "q", "x+y", "Ab",  "z"};
static const char *const random_versions[] = {"1", "1.0", "2~rc",
					      "2", "3",	  "10"};
static const char *const random_operators[] = {">=", "<", "=", "!=", "<=", ">"};
static const char *const random_filters[] = {"post", "build", "with-test",
					     "os = \"linux\"", "dev"};

#define PICK(seed, array) \
	(array)[next(seed, (uint32_t)(sizeof(array) / sizeof((array)[0])))]

static void add_atom(struct rel_buf *out, uint32_t *seed)
{
	uint32_t bounds = next(seed, 3);

	rel_buf_printf(out, "\"%s\"", PICK(seed, random_names));
	rel_buf_add_cstr(out, " {");
	for (uint32_t i = 0; i < bounds; i++)
		rel_buf_printf(out, "%s%s \"%s\"", i ? " & " : "",
			       PICK(seed, random_operators),
			       PICK(seed, random_versions));
	if (next(seed, 6) == 0 || bounds == 0)
		rel_buf_printf(out, "%s%s", bounds ? " & " : "",
			       next(seed, 3) ? "build"
					     : PICK(seed, random_filters));
	rel_buf_add_cstr(out, "} ");
}

static void add_formula(struct rel_buf *out, uint32_t *seed)
{
	for (uint32_t i = next(seed, 4); i > 0; i--) {
		bool choice = next(seed, 3) == 0;

		rel_buf_add_cstr(out, choice ? "(" : "");
		add_atom(out, seed);
		if (choice) {
			rel_buf_add_cstr(out, "| ");
			add_atom(out, seed);
			if (next(seed, 2)) {
				rel_buf_add_cstr(out, "& ");
				add_atom(out, seed);
			}
			rel_buf_add_cstr(out, ") ");
		}
	}
}

static char *random_repository(uint32_t seed)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (size_t i = 0; i < sizeof(random_names) / sizeof(char *); i++) {
		for (size_t v = 0; v < sizeof(random_versions) / sizeof(char *);
		     v++) {
			if (next(&seed, 2))
				continue;
			rel_buf_printf(&out, "%s.%s depends: [",
				       random_names[i], random_versions[v]);
			add_formula(&out, &seed);
			rel_buf_add_cstr(&out, "]");
			if (next(&seed, 3) == 0) {
				rel_buf_add_cstr(&out, " depopts: [");
				add_atom(&out, &seed);
				rel_buf_add_cstr(&out, "]");
			}
			if (next(&seed, 3) == 0) {
				rel_buf_add_cstr(&out, " conflicts: [");
				add_atom(&out, &seed);
				rel_buf_add_cstr(&out, "]");
			}
			rel_buf_add_char(&out, '\n');
		}
	}
	return rel_buf_detach(&out, NULL);
}

static void compare(const char *repository, bool ignore_test_doc)
{
	struct rel_cycles *cycles;
	char *ours, *sorted, *opams, *missing;
	struct world w;

	world_init(&w);
	w.environment.profile = REL_PROFILE_OPAM_2_1;
	w.environment.ignore_test_doc = ignore_test_doc;
	world_add(&w, repository, REL_ROLE_UPSTREAM);
	world_build(&w);
	assert_int_equal(rel_cycles_find(&cycles, w.universe, NULL, NULL), 0);
	ours = members(&w, cycles);
	sorted = rel_test_sh("printf '%%s\\n' %s | LC_ALL=C sort", ours);
	opams = rel_test_sh("cd %s/0 && HOME=%s && export HOME && "
			    "(opam admin check --cycles -s %s || test $? = 1) "
			    "2>/dev/null | LC_ALL=C sort",
			    w.dir, w.dir, ignore_test_doc ? "-i" : "");
	missing = rel_test_sh("printf '%%s' '%s' >%s/ours; "
			      "printf '%%s' '%s' | LC_ALL=C comm -23 - "
			      "%s/ours",
			      sorted, w.dir, opams, w.dir);
	if (*missing)
		fail_msg("of\n%s\nopam lists\n%s\nand we lack\n%s", repository,
			 opams, missing);
	free(missing);
	free(ours);
	free(sorted);
	free(opams);
	rel_cycles_free(cycles);
	world_free(&w);
}

static void test_against_opam(void **state)
{
	(void)state;
	if (!world_has_opam())
		skip();
	for (uint32_t seed = 1; seed <= 24; seed++) {
		char *repository = random_repository(seed);

		compare(repository, seed % 2 == 0);
		free(repository);
	}
}

/* --- every cycle, by trying --- */

#define NODES 8

struct digraph {
	bool edge[NODES][NODES], excludes[NODES][NODES];
	uint32_t shortest[NODES]; /* cycle that fits through it; 0 = none */
	bool reach[NODES][NODES];
};

static bool edge(const struct digraph *g, uint32_t a, uint32_t b)
{
	return g->edge[a][b] && !g->excludes[a][b] && !g->excludes[b][a];
}

/* Every way on from path[n - 1]. */
static void try_ways(struct digraph *g, uint32_t *path, uint32_t n)
{
	for (uint32_t to = 0; to < NODES; to++) {
		bool open = edge(g, path[n - 1], to);

		if (open && to == path[0] &&
		    (!g->shortest[to] || n < g->shortest[to]))
			g->shortest[to] = n;
		for (uint32_t i = 0; i < n; i++)
			open = open && path[i] != to &&
			       !g->excludes[path[i]][to] &&
			       !g->excludes[to][path[i]];
		if (!open)
			continue;
		path[n] = to;
		try_ways(g, path, n + 1);
	}
}

static void close_over(struct digraph *g)
{
	for (uint32_t a = 0; a < NODES; a++)
		for (uint32_t b = 0; b < NODES; b++)
			g->reach[a][b] = edge(g, a, b);
	for (uint32_t k = 0; k < NODES; k++)
		for (uint32_t a = 0; a < NODES; a++)
			for (uint32_t b = 0; b < NODES; b++)
				g->reach[a][b] |=
				    g->reach[a][k] && g->reach[k][b];
}

static char *random_digraph(struct digraph *g, uint32_t seed)
{
	struct rel_buf out;

	memset(g, 0, sizeof(*g));
	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (uint32_t a = 0; a < NODES; a++) {
		rel_buf_printf(&out, "%c.1 depends: [", 'a' + (char)a);
		for (uint32_t b = 0; b < NODES; b++) {
			g->edge[a][b] = a != b && next(&seed, 5) == 0;
			if (g->edge[a][b])
				rel_buf_printf(&out, "\"%c\" ", 'a' + (char)b);
		}
		rel_buf_add_cstr(&out, "] conflicts: [");
		for (uint32_t b = 0; b < NODES; b++) {
			g->excludes[a][b] = a != b && next(&seed, 9) == 0;
			if (g->excludes[a][b])
				rel_buf_printf(&out, "\"%c\" ", 'a' + (char)b);
		}
		rel_buf_add_cstr(&out, "]\n");
	}
	return rel_buf_detach(&out, NULL);
}

/* The component of `a`, as it should be reported. */
static void check_component(const struct digraph *g, uint32_t a,
			    const struct world *w,
			    const struct rel_cycles *cycles)
{
	uint32_t shortest = 0, size = 0;
	const struct rel_cycle *found = NULL;

	for (uint32_t b = 0; b < NODES; b++) {
		if (!g->reach[a][b] || !g->reach[b][a])
			continue;
		size++;
		if (g->shortest[b] && (!shortest || g->shortest[b] < shortest))
			shortest = g->shortest[b];
	}
	for (uint32_t i = 0; i < cycles->n_items; i++)
		for (uint32_t k = 0; k < cycles->items[i].n_members; k++)
			if (rel_universe_name(w->universe,
					      cycles->items[i].members[k])
				.ptr[0] == 'a' + (char)a)
				found = &cycles->items[i];
	assert_int_equal(found ? found->n_members : 0, shortest ? size : 0);
	assert_int_equal(found ? found->n_path : 0, shortest);
}

static void test_every_cycle(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 100; seed++) {
		struct rel_cycles *cycles;
		struct digraph g;
		struct world w;
		uint32_t path[NODES + 1];
		char *repository = random_digraph(&g, seed);

		for (uint32_t a = 0; a < NODES; a++) {
			path[0] = a;
			try_ways(&g, path, 1);
		}
		close_over(&g);
		world_new(&w, repository, REL_PROFILE_ENV);
		assert_int_equal(
		    rel_cycles_find(&cycles, w.universe, NULL, NULL), 0);
		for (uint32_t a = 0; a < NODES; a++)
			check_component(&g, a, &w, cycles);
		rel_cycles_free(cycles);
		world_free(&w);
		free(repository);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_cycle),
	    cmocka_unit_test(test_against_opam),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
