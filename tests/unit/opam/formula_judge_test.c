/*
 * Random manifests: the real opam and verdict.h must agree on which of them
 * can be installed.  $RELCTL_TEST_SEED and $RELCTL_TEST_COUNT for more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/process.h"
#include "support/support.h"
#include "verdict.h"

static uint64_t state_of_chance;

/* xorshift64* */
static uint32_t chance(uint32_t n)
{
	state_of_chance ^= state_of_chance >> 12;
	state_of_chance ^= state_of_chance << 25;
	state_of_chance ^= state_of_chance >> 27;
	return (uint32_t)((state_of_chance * 0x2545f4914f6cdd1dull) >> 33) % n;
}

#define ONE_OF(...)                                                 \
	((const char *const[]){__VA_ARGS__}[chance(                 \
	    (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / \
		       sizeof(char *)))])

static void add_operator(struct rel_buf *out)
{
	rel_buf_printf(out, "%s ", ONE_OF("=", "!=", "<", "<=", ">", ">="));
}

static void add_variable(struct rel_buf *out)
{
	rel_buf_add_cstr(out,
			 ONE_OF("build", "post", "with-test", "with-doc", "dev",
				"os", "foo", "_:name", "z:installed",
				"y:enable", "y+z:x", "?build", "?with-test",
				"?os", "!build", "!os", "!with-test", "true",
				"false", "\"true\"", "\"abc\"", "!\"false\""));
}

/* Versions only: names differ between the two programs' universes. */
static void add_comparison(struct rel_buf *out)
{
	rel_buf_printf(out, "%s ",
		       ONE_OF("os", "version", "opam-version", "with-test",
			      "foo", "\"x%{foo}%\"", "\"%{with-test}%\"",
			      "\"%{foo}%\"", "_:version", "\"%{version}}%\"",
			      "\"%%{version}%\"", "\"%{version}% %{os}%\"",
			      "\"%{foo?2:3}%\"", "\"%{foo:enable}%\""));
	add_operator(out);
	rel_buf_add_cstr(out,
			 ONE_OF("\"linux\"", "\"2\"", "\"true\"", "\"2.1\"",
				"\"x\"", "version", "\"0%{os}%\"", "\"\"",
				"\"disable\"", "\"%{version}}%\""));
}

static void add_filter(struct rel_buf *out, unsigned depth)
{
	uint32_t pick = chance(20);

	if (pick < 9 || depth == 0) {
		add_variable(out);
	} else if (pick < 15) {
		add_comparison(out);
	} else if (pick < 18) {
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
	uint32_t pick = chance(20);

	if (pick < 6 || depth == 0) {
		add_operator(out);
		rel_buf_add_cstr(out, ONE_OF("\"0\"", "\"1\"", "\"2\"", "\"3\"",
					     "\"4\"", "\"2.0\"", "\"02\"",
					     "version", "_:version",
					     "\"%{version}%\"", "\"1.5\""));
	} else if (pick < 11) {
		add_filter(out, 1);
	} else if (pick < 19) {
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

static void add_formula(struct rel_buf *out, unsigned depth)
{
	uint32_t pick = chance(20);

	if (pick < 9 || depth == 0) {
		rel_buf_add_cstr(out, ONE_OF("\"y\"", "\"z\"", "\"y\"", "\"z\"",
					     "\"nope\""));
		if (chance(10) < 3)
			return;
		rel_buf_add_cstr(out, " {");
		add_constraint(out, 2);
		rel_buf_add_char(out, '}');
	} else {
		rel_buf_add_char(out, '(');
		add_formula(out, depth - 1);
		rel_buf_add_cstr(out, ONE_OF(" & ", " | ", " | ", " "));
		add_formula(out, depth - 1);
		rel_buf_add_char(out, ')');
	}
}

static void add_manifest(struct rel_buf *out)
{
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\ndepends: [");
	for (uint32_t n = chance(4); n > 0; n--)
		add_formula(out, 2);
	rel_buf_add_cstr(out, "]\nconflicts: [");
	if (chance(2))
		add_formula(out, 1);
	rel_buf_add_cstr(out, "]\n");
}

struct judged {
	struct rel_buf *manifests;
	uint32_t count;
	char *dir;
};

static void write_package(const char *dir, const char *name,
			  const char *version, const char *text)
{
	char *path =
	    rel_test_text("packages/%s/%s.%s/opam", name, name, version);

	rel_test_write_text(dir, path, text);
	free(path);
}

static void write_repository(const struct judged *j)
{
	static const char *const empty = "opam-version: \"2.0\"\n";
	char name[16];

	rel_test_write_text(j->dir, "repo", empty);
	write_package(j->dir, "y", "1", empty);
	write_package(j->dir, "y", "2", empty);
	write_package(j->dir, "y", "3", empty);
	write_package(j->dir, "z", "1", empty);
	write_package(j->dir, "z", "2", empty);
	for (uint32_t i = 0; i < j->count; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		write_package(j->dir, name, "2", j->manifests[i].ptr);
	}
}

/* The names of what opam cannot install, one a line. */
static void ask_opam(struct rel_buf *out, const struct judged *j,
		     const char *flag)
{
	const char *const argv[] = {
	    "opam", "admin", "check", "--installability", "-s", flag, NULL};
	char *root = rel_test_text("OPAMROOT=%s/root", j->dir);
	const char *const env[] = {root, NULL};
	struct rel_error err = {0};
	int status;

	rel_buf_clear(out);
	rel_buf_add_char(out, '\n');
	if (rel_process_run(argv, j->dir, env, REL_STR(""), out, NULL, &status,
			    NULL, &err) != 0)
		fail_msg("%s", err.text);
	free(root);
	if (status > 1)
		fail_msg("opam admin check: %d", status);
}

static void compare(const struct judged *j, const char *flag,
		    const char *environment)
{
	uint32_t agreed_good = 0, agreed_bad = 0;
	struct rel_buf bad;
	struct bench b;
	char line[24];

	rel_buf_init(&bad, REL_MIB);
	ask_opam(&bad, j, flag);
	bench_init(&b);
	for (uint32_t i = 0; i < j->count; i++) {
		bool good;

		if (bench_read(&b, rel_buf_str(&j->manifests[i])) != 0)
			fail_msg("%s%s", j->manifests[i].ptr, b.err.text);
		snprintf(line, sizeof(line), "\np%u.2\n", i);
		good = !strstr(bad.ptr, line);
		if (is_installable(&b, environment) != good)
			fail_msg("opam can%s install this:\n%s",
				 good ? "" : "not", j->manifests[i].ptr);
		agreed_good += good;
		agreed_bad += !good;
	}
	/* else nothing was compared */
	assert_true(agreed_good > j->count / 10);
	assert_true(agreed_bad > j->count / 10);
	bench_free(&b);
	rel_buf_free(&bad);
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void test_agreement(void **state)
{
	struct judged j = {.count =
			       (uint32_t)number_from("RELCTL_TEST_COUNT", 400)};

	(void)state;
	state_of_chance = number_from("RELCTL_TEST_SEED", 1) * 2 + 1;
	j.dir = rel_test_dir_new();
	j.manifests = calloc(j.count, sizeof(*j.manifests));
	assert_non_null(j.manifests);
	for (uint32_t i = 0; i < j.count; i++) {
		rel_buf_init(&j.manifests[i], REL_MIB);
		add_manifest(&j.manifests[i]);
	}
	write_repository(&j);
	compare(&j, NULL, WITH_TEST);
	compare(&j, "-i", WITHOUT_TEST);
	for (uint32_t i = 0; i < j.count; i++)
		rel_buf_free(&j.manifests[i]);
	free(j.manifests);
	rel_test_dir_free(j.dir);
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

	if (!have_judge()) {
		fprintf(stderr, "skipped: no opam 2.1\n");
		return REL_TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
