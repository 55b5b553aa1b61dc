/*
 * Random small repositories: the real opam and relctl must agree on what can
 * be installed, under `opam admin check` with and without -i and in an empty
 * switch; and all that opam lists as members of cycles, relctl lists too.  In
 * the switch `opam list` ignores the order of the builds, and relctl does not:
 * what it leaves out must be what `opam install` refuses.  Many repositories
 * whose names differ stand in one, so that opam has to start only once for a
 * few hundred of them.
 *
 * $RELCTL_TEST_COUNT repositories from $RELCTL_TEST_SEED on;
 * tests/e2e/differential is the long run.
 */
#include "support/world.h"

#include "base/process.h"
#include "check/cycles.h"
#include "support/chance.h"
#include "support/shell.h"

#define BATCH 200

static struct rel_chance chance;

#define ONE_OF(...) REL_CHANCE_OF(&chance, __VA_ARGS__)

static uint32_t below(uint32_t n)
{
	return rel_chance_below(&chance, n);
}

/*
 * Spellings of the same version stand in one row: a repository has one of
 * them, for opam merges versions that compare equal; constraints name all.
 */
static const char *const versions[][3] = {
    {"1~rc1", "1~rc1-0", "1~rc01"}, {"1", "01", "1-0"},
    {"1.0", "1.00", "1.0-0"},	    {"2+a", "2+a0", "02+a"},
    {"2.10", "2.010", "2.10-0"},    {"v3", "v03", "v3-0"},
};
#define N_VERSIONS (sizeof(versions) / sizeof(versions[0]))
#define MAX_NAMES  6

/* The repository that is being written. */
struct mini {
	const char *dir;
	uint32_t id, n_names;
};

/* "p17c"; sometimes a name that no package has */
static void add_name(struct rel_buf *out, const struct mini *m)
{
	uint32_t name = below(25) ? below(m->n_names) : MAX_NAMES;

	rel_buf_printf(out, "\"p%u%c\"", m->id, 'a' + (char)name);
}

static const char *some_version(void)
{
	return versions[below(N_VERSIONS)][below(3)];
}

static void add_version(struct rel_buf *out)
{
	switch (below(12)) {
	case 0:
		rel_buf_add_cstr(out, ONE_OF("version", "_:version"));
		break;
	case 1:
		rel_buf_add_cstr(
		    out, ONE_OF("\"%{version}%\"", "\"%{version}%.0\"",
				"\"2%{_:version}%\"", "\"%{opam-version}%\"",
				"\"%{foo?1:2}%\"", "\"1%{name}%\""));
		break;
	case 2:
		rel_buf_add_cstr(out, ONE_OF("\"0\"", "\"3\"", "\"99\""));
		break;
	default:
		rel_buf_printf(out, "\"%s\"", some_version());
	}
}

static void add_relop(struct rel_buf *out)
{
	rel_buf_printf(out, "%s ",
		       ONE_OF("=", "=", "!=", "<", "<=", ">", ">="));
	add_version(out);
}

static void add_comparison(struct rel_buf *out)
{
	rel_buf_printf(out, "%s %s %s",
		       ONE_OF("os", "os", "arch", "os-distribution",
			      "opam-version", "version", "name", "_:version",
			      "foo", "with-test", "\"%{os}%-%{arch}%\"",
			      "\"%{foo}%\"", "\"%{with-test?a:b}%\"",
			      "\"%{os?a:b}%\"", "\"%{foo:bar}%\""),
		       ONE_OF("=", "!=", "<", "<=", ">", ">="),
		       ONE_OF("\"linux\"", "\"win32\"", "\"x86_64\"", "\"2.1\"",
			      "\"2.1.2\"", "\"debian\"", "\"1\"", "\"true\"",
			      "\"\"", "\"a\"", "\"linux-x86_64\"", "version",
			      "os"));
}

static void add_filter(struct rel_buf *out, unsigned depth)
{
	uint32_t pick = below(20);

	if (pick < 8 || depth == 0) {
		rel_buf_add_cstr(
		    out,
		    ONE_OF("build", "post", "with-test", "with-doc", "dev",
			   "foo", "?foo", "!foo", "?os", "!with-test", "!build",
			   "!post", "?with-doc", "?build", "true", "false",
			   "foo:installed", "!dev", "\"true\"", "\"x\"", "os"));
	} else if (pick < 14) {
		add_comparison(out);
	} else if (pick < 16) {
		rel_buf_add_cstr(out, ONE_OF("!(", "?("));
		add_filter(out, depth - 1);
		rel_buf_add_char(out, ')');
	} else {
		rel_buf_add_char(out, '(');
		add_filter(out, depth - 1);
		rel_buf_add_cstr(out, ONE_OF(" & ", " | "));
		add_filter(out, depth - 1);
		rel_buf_add_char(out, ')');
	}
}

static void add_constraint(struct rel_buf *out, unsigned depth)
{
	uint32_t pick = below(20);

	if (pick < 9 || depth == 0) {
		add_relop(out);
	} else if (pick < 13) {
		add_filter(out, 2);
	} else if (pick < 17) {
		rel_buf_add_cstr(out, ONE_OF("(", "!(", "("));
		add_constraint(out, depth - 1);
		rel_buf_add_cstr(out, ONE_OF(" & ", " | "));
		add_constraint(out, depth - 1);
		rel_buf_add_char(out, ')');
	} else {
		add_constraint(out, depth - 1);
		rel_buf_add_cstr(out, ONE_OF(" & ", " | "));
		add_constraint(out, depth - 1);
	}
}

static void add_atom(struct rel_buf *out, const struct mini *m)
{
	add_name(out, m);
	if (below(5) < 2)
		return;
	rel_buf_add_cstr(out, " {");
	add_constraint(out, 2);
	rel_buf_add_char(out, '}');
}

static void add_formula(struct rel_buf *out, const struct mini *m,
			unsigned depth)
{
	if (below(10) < 6 || depth == 0) {
		add_atom(out, m);
		return;
	}
	rel_buf_add_char(out, '(');
	add_formula(out, m, depth - 1);
	rel_buf_add_cstr(out, ONE_OF(" & ", " | ", " | ", " "));
	add_formula(out, m, depth - 1);
	rel_buf_add_char(out, ')');
}

static void add_field(struct rel_buf *out, const struct mini *m,
		      const char *field, uint32_t most, unsigned depth)
{
	rel_buf_printf(out, "%s: [", field);
	for (uint32_t n = below(most + 1); n > 0; n--) {
		add_formula(out, m, depth);
		rel_buf_add_char(out, '\n');
	}
	rel_buf_add_cstr(out, "]\n");
}

static void add_manifest(struct rel_buf *out, const struct mini *m)
{
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\n");
	add_field(out, m, "depends", 3, 2);
	if (below(3) == 0)
		add_field(out, m, "depopts", 2, 1);
	if (below(3) == 0)
		add_field(out, m, "conflicts", 2, 1);
	if (below(5) == 0)
		rel_buf_printf(out, "conflict-class: \"k%u%s\"\n", m->id,
			       ONE_OF("x", "y"));
	if (below(6) == 0) {
		rel_buf_add_cstr(out, "available: ");
		add_filter(out, 2);
		rel_buf_add_char(out, '\n');
	}
	if (below(6) == 0)
		rel_buf_printf(out, "flags: %s\n",
			       ONE_OF("compiler", "conf", "plugin",
				      "avoid-version", "deprecated"));
	if (below(4) == 0)
		rel_buf_printf(out, "url { src: \"%s\" }\n",
			       ONE_OF("git+https://example.org/x.git",
				      "https://example.org/x.tbz",
				      "git+https://example.org/x.git#v1",
				      "file:///x"));
}

static void write_mini(const struct mini *m)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_MIB);
	for (uint32_t name = 0; name < m->n_names; name++) {
		for (uint32_t v = 0; v < N_VERSIONS; v++) {
			if (below(5) >= 2)
				continue;

			char *path = rel_test_text(
			    "packages/p%u%c/p%u%c.%s/opam", m->id,
			    'a' + (char)name, m->id, 'a' + (char)name,
			    versions[v][below(3)]);

			rel_buf_clear(&text);
			add_manifest(&text, m);
			rel_test_write(m->dir, path, text.ptr, text.len);
			free(path);
		}
	}
	rel_buf_free(&text);
}

static void write_batch(const char *dir, uint32_t first, uint32_t count)
{
	rel_test_write_text(dir, "repo", "opam-version: \"2.0\"\n");
	rel_test_write_text(dir, "packages/.keep", "");
	for (uint32_t i = first; i < first + count; i++) {
		struct mini m = {.dir = dir, .id = i};

		rel_chance_seed(&chance, i);
		m.n_names = 2 + below(MAX_NAMES - 1);
		write_mini(&m);
	}
}

/* opam's exit status; what it says on stderr is appended to `said`. */
static int run_opam(struct rel_buf *out, struct rel_buf *said, const char *dir,
		    const char *const argv[])
{
	char *root = rel_test_text("OPAMROOT=%s.root", dir);
	const char *const env[] = {root,
				   "OPAMYES=1",
				   "OPAMVAR_os=linux",
				   "OPAMVAR_arch=x86_64",
				   "OPAMVAR_os_distribution=debian",
				   NULL};
	struct rel_error err = {0};
	int status;

	if (rel_process_run(argv, dir, env, REL_STR(""), out, said, &status,
			    NULL, &err) != 0)
		fail_msg("%s", err.text);
	free(root);
	return status;
}

static void run(struct rel_buf *out, const char *dir, const char *const argv[])
{
	struct rel_buf said;
	int status;

	rel_buf_init(&said, REL_MIB);
	if (out) {
		rel_buf_clear(out);
		rel_buf_add_char(out, '\n');
	}
	status = run_opam(out, &said, dir, argv);
	/* 1  something is broken */
	if (status > 1)
		fail_msg("opam %s: %d\n%s", argv[1], status, said.ptr);
	rel_buf_free(&said);
}

/* The manifests of the repository that the line "+p17c.1" is about. */
static void show_mini(const char *dir, const char *line)
{
	int digits = (int)strspn(line + 2, "0123456789");

	rel_test_sh_status("cd '%s/packages' && grep '' p%.*s[a-z]/*/opam", dir,
			   digits, line + 2);
}

struct tally {
	uint32_t packages, listed, differences;
};

/* Say what differs, and go on: one difference must not hide others.
 * more  ours may list more than theirs */
static uint32_t compare(const char *dir, const char *what, const char *ours,
			const char *theirs, bool more)
{
	struct rel_buf difference;
	uint32_t n;

	rel_buf_init(&difference, 16 * REL_MIB);
	n = add_missing_lines(&difference, theirs, ours, '-');
	if (!more)
		n += add_missing_lines(&difference, ours, theirs, '+');
	if (n > 0) {
		show_mini(dir, difference.ptr);
		fprintf(stderr, "%s, + relctl only, - opam only:\n%s", what,
			difference.ptr);
	}
	rel_buf_free(&difference);
	return n;
}

static uint32_t count_lines(const char *text)
{
	uint32_t n = 0;

	for (text++; *text; text++)
		n += *text == '\n';
	return n;
}

static void judge(const char *dir, const struct rel_environment *environment,
		  unsigned verdicts, const char *theirs, struct tally *tally)
{
	struct rel_buf ours;
	struct outcome o;
	struct world w;

	world_init(&w);
	world_add(&w, dir);
	world_stack(&w);
	outcome_of(&o, &w, environment);
	outcome_list(&ours, &o, verdicts);
	tally->differences +=
	    compare(dir, environment->name, ours.ptr, theirs, false);
	tally->packages += rel_universe_size(o.u);
	tally->listed += count_lines(ours.ptr);
	rel_buf_free(&ours);
	outcome_free(&o);
	world_free(&w);
}

static void list_cycles(struct rel_buf *out, struct rel_universe *u)
{
	struct rel_error err = {0};
	struct rel_cycles *cycles;

	rel_buf_init(out, 16 * REL_MIB);
	rel_buf_add_char(out, '\n');
	if (rel_cycles_find(&cycles, u, NULL, &err))
		fail_msg("%s", err.text);
	for (uint32_t i = 0; i < cycles->n_items; i++) {
		for (uint32_t k = 0; k < cycles->items[i].n_members; k++) {
			rel_pkg_id pkg = cycles->items[i].members[k];
			struct rel_str name = rel_universe_name(u, pkg);
			struct rel_str version = rel_universe_version(u, pkg);

			rel_buf_printf(out, "%.*s.%.*s\n", REL_STR_ARG(name),
				       REL_STR_ARG(version));
		}
	}
	assert_int_equal(out->status, 0);
	rel_cycles_free(cycles);
}

static void judge_cycles(const char *dir,
			 const struct rel_environment *environment,
			 const char *theirs, struct tally *tally)
{
	struct rel_buf ours;
	struct outcome o;
	struct world w;

	world_init(&w);
	world_add(&w, dir);
	world_stack(&w);
	outcome_build(&o, &w, environment);
	list_cycles(&ours, o.u);
	/* opam's check does not find every cycle */
	tally->differences +=
	    compare(dir, environment->name, ours.ptr, theirs, true);
	tally->packages += rel_universe_size(o.u);
	tally->listed += count_lines(ours.ptr);
	rel_buf_free(&ours);
	outcome_free(&o);
	world_free(&w);
}

static bool refused_for_circle(const char *dir, const char *package)
{
	const char *const argv[] = {
	    "opam",  "install", "--switch=none", "--dry-run", "--no-depexts",
	    package, NULL};
	struct rel_buf said;
	bool refused;

	rel_buf_init(&said, REL_MIB);
	refused = run_opam(&said, &said, dir, argv) != 0 &&
		  (strstr(said.ptr, "cyclic dependencies") ||
		   strstr(said.ptr, "Cycles found"));
	if (!refused)
		fprintf(stderr, "opam install %s:\n%s", package, said.ptr);
	rel_buf_free(&said);
	return refused;
}

/* Starting opam takes its time: one in so many is asked about. */
#define SAMPLE 8

static void judge_switch(const char *dir,
			 const struct rel_environment *environment,
			 const char *theirs, struct tally *tally)
{
	struct rel_buf left_out, ours;
	struct rel_str rest;
	struct outcome o;
	struct world w;
	uint32_t n = 0;

	world_init(&w);
	world_add(&w, dir);
	world_stack(&w);
	outcome_of(&o, &w, environment);
	outcome_list(&ours, &o, BIT(REL_INSTALLABLE));
	tally->differences +=
	    compare(dir, environment->name, theirs, ours.ptr, true);
	rel_buf_init(&left_out, 16 * REL_MIB);
	add_missing_lines(&left_out, theirs, ours.ptr, '-');
	rest = rel_str_of(left_out.ptr);
	while (rest.ptr) {
		struct rel_str line = rel_str_cut(&rest, '\n');
		char package[64];

		if (line.len == 0 || n++ % SAMPLE != 0)
			continue;
		snprintf(package, sizeof(package), "%.*s", (int)line.len - 1,
			 line.ptr + 1);
		if (!refused_for_circle(dir, package)) {
			show_mini(dir, line.ptr);
			tally->differences++;
		}
	}
	tally->packages += rel_universe_size(o.u);
	tally->listed += count_lines(ours.ptr);
	printf("%u of opam list's left out, 1 in %u asked about\n", n, SAMPLE);
	rel_buf_free(&left_out);
	rel_buf_free(&ours);
	outcome_free(&o);
	world_free(&w);
}

static void admin_check(const char *dir, const char *what, bool ignore_test_doc,
			struct tally *tally)
{
	const struct rel_environment environment = {
	    .name = what,
	    .profile = REL_PROFILE_OPAM_2_1,
	    .ignore_test_doc = ignore_test_doc,
	};
	const char *const argv[] = {
	    "opam", "admin", "check", what, "-s", ignore_test_doc ? "-i" : NULL,
	    NULL};
	struct rel_buf out;

	rel_buf_init(&out, 16 * REL_MIB);
	run(&out, dir, argv);
	if (strcmp(what, "--cycles") == 0)
		judge_cycles(dir, &environment, out.ptr, tally);
	else
		judge(dir, &environment, BIT(REL_BROKEN), out.ptr, tally);
	rel_buf_free(&out);
}

static void empty_switch(const char *dir, struct tally *tally)
{
	static const struct rel_variable_value values[] = {
	    {"os", "linux"},
	    {"arch", "x86_64"},
	    {"os-distribution", "debian"},
	    {"opam-version", "2.1.2"},
	};
	const struct rel_environment environment = {
	    .name = "opam list --installable",
	    .values = values,
	    .n_values = sizeof(values) / sizeof(values[0]),
	};
	const char *const init[] = {
	    "opam",	  "init", "--bare", "--disable-sandboxing",
	    "--no-setup", "-k",	  "local",  dir,
	    NULL};
	const char *const option[] = {"opam", "option", "--global",
				      "depext=false", NULL};
	const char *const create[] = {
	    "opam", "switch", "create", "--empty", "--no-switch", "none", NULL};
	const char *const list[] = {"opam",
				    "list",
				    "--switch=none",
				    "--all-versions",
				    "--installable",
				    "--short",
				    NULL};
	struct rel_buf out;

	rel_buf_init(&out, 16 * REL_MIB);
	run(NULL, dir, init);
	run(NULL, dir, option);
	run(NULL, dir, create);
	run(&out, dir, list);
	judge_switch(dir, &environment, out.ptr, tally);
	rel_buf_free(&out);
}

enum {
	CHECK_ALL,
	CHECK_I,
	CYCLES,
	CYCLES_I,
	LIST,
	N_RUNS,
};

static void check_batch(const char *base, uint32_t first, uint32_t count,
			struct tally tally[N_RUNS])
{
	char *dir = rel_test_text("%s/%u", base, first);

	write_batch(dir, first, count);
	admin_check(dir, "--installability", false, &tally[CHECK_ALL]);
	admin_check(dir, "--installability", true, &tally[CHECK_I]);
	admin_check(dir, "--cycles", false, &tally[CYCLES]);
	admin_check(dir, "--cycles", true, &tally[CYCLES_I]);
	empty_switch(dir, &tally[LIST]);
	free(dir);
}

static void test_agreement(void **state)
{
	uint32_t count = (uint32_t)rel_test_number("RELCTL_TEST_COUNT", 100);
	uint32_t seed = (uint32_t)rel_test_number("RELCTL_TEST_SEED", 1400);
	static const char *const names[] = {
	    "--installability", "--installability -i", "--cycles",
	    "--cycles -i", "list --installable"};
	struct tally tally[N_RUNS] = {{0}};

	/* 1451 once had us and opam walk a cycle in different orders */
	(void)state;
	for (uint32_t done = 0; done < count; done += BATCH) {
		uint32_t n = count - done < BATCH ? count - done : BATCH;
		char *base = rel_test_dir_new();

		check_batch(base, seed + done, n, tally);
		rel_test_dir_free(base);
	}
	for (unsigned i = 0; i < N_RUNS; i++)
		printf("%s: %u repositories, %u versions, %u listed, "
		       "%u differences\n",
		       names[i], count, tally[i].packages, tally[i].listed,
		       tally[i].differences);
	for (unsigned i = 0; i < N_RUNS; i++) {
		assert_int_equal(tally[i].differences, 0);
		/* else nothing was compared */
		assert_in_range(tally[i].listed, tally[i].packages / 20,
				tally[i].packages * 9 / 10);
	}
}

/* Is opam 2.1 here?  Later ones know no -i. */
static bool have_judge(void)
{
	const char *const argv[] = {"opam", "--version", NULL};
	struct rel_error err;
	struct rel_buf out;
	int status;
	bool have;

	rel_buf_init(&out, REL_KIB);
	have = rel_process_run(argv, NULL, NULL, REL_STR(""), &out, NULL,
			       &status, NULL, &err) == 0 &&
	       rel_str_starts(rel_buf_str(&out), REL_STR("2.1."));
	rel_buf_free(&out);
	return have;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_agreement),
	};

	world_in_memory();
	if (!have_judge()) {
		fprintf(stderr, "skipped: no opam 2.1\n");
		return REL_TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
