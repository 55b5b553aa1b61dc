#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "solve/environment.h"
#include "solve/universe.h"

/*
 * What a variable says: "" undefined, else its text.  The expectations are
 * read off opam: opamAdminCheck.ml (env), opamSwitchState.ml (package_env_t),
 * opamPackageVar.ml (resolve_switch_raw).
 */
static const char *say(const struct rel_value *value)
{
	static char text[64];

	if (value->kind == REL_VALUE_UNDEFINED)
		return "";
	if (value->kind == REL_VALUE_BOOL)
		return value->boolean ? "true" : "false";
	snprintf(text, sizeof(text), "\"%.*s\"", REL_STR_ARG(value->string));
	return text;
}

static const struct rel_variable_value machine_values[] = {
    {"os", "linux"}, {"arch", "x86_64"}, {"cataladevmode", "true"}};
static const struct rel_environment machine = {
    .name = "machine", .values = machine_values, .n_values = 3};

static struct rel_environment_scope scope_of(
    const struct rel_environment *environment)
{
	return (struct rel_environment_scope){.environment = environment,
					      .name = REL_STR("foo"),
					      .version = REL_STR("1.2"),
					      .dev = true};
}

static const char *ask(const struct rel_environment_scope *scope,
		       const char *package, const char *name)
{
	struct rel_value value;

	rel_environment_lookup(scope, rel_str_of(package), rel_str_of(name),
			       &value);
	return say(&value);
}

static void test_machine(void **state)
{
	static const char *const expected[][3] = {
	    {"", "os", "\"linux\""},
	    {"", "arch", "\"x86_64\""},
	    {"", "os-version", ""},
	    {"", "cataladevmode", "true"},
	    {"", "opam-version", "\"" REL_OPAM_VERSION "\""},
	    {"", "name", "\"foo\""},
	    {"_", "name", "\"foo\""},
	    {"foo", "version", "\"1.2\""},
	    {"bar", "version", ""},
	    {"foo", "installed", ""},
	    {"foo", "os", ""},
	    {"", "build", "true"},
	    {"", "post", "true"},
	    {"", "with-test", "false"},
	    {"", "with-doc", "false"},
	    {"", "with-dev-setup", "false"},
	    {"", "dev", "true"},
	    {"_", "dev", ""},
	    {"", "jobs", ""},
	    {"", "sys-ocaml-version", ""},
	};
	struct rel_environment_scope scope = scope_of(&machine);

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(ask(&scope, expected[i][0], expected[i][1]),
				    expected[i][2]);
	scope.dev = false;
	assert_string_equal(ask(&scope, "", "dev"), "false");
}

static void test_available(void **state)
{
	static const char *const expected[][2] = {
	    {"os", "\"linux\""},    {"name", "\"foo\""}, {"build", ""},
	    {"post", ""},	    {"with-test", ""},	 {"with-doc", ""},
	    {"with-dev-setup", ""}, {"dev", ""}};
	struct rel_environment_scope scope = scope_of(&machine);
	struct rel_variables conflicts;
	struct rel_value value;

	(void)state;
	rel_environment_conflict_variables(&conflicts, &scope);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct rel_str name = rel_str_of(expected[i][0]);

		rel_environment_lookup_available(&scope, REL_STR(""), name,
						 &value);
		assert_string_equal(say(&value), expected[i][1]);
		conflicts.lookup(conflicts.context, REL_STR(""), name, &value);
		assert_string_equal(say(&value), expected[i][1]);
	}
}

/* Columns: opam-2.1, opam-2.1 --ignore-test-doc, opam-2.4. */
static void test_admin_check(void **state)
{
	static const char *const expected[][5] = {
	    {"", "os", "", "", ""},
	    {"", "cataladevmode", "", "", ""},
	    {"", "opam-version", "\"2.1.2\"", "\"2.1.2\"", "\"2.4.1\""},
	    {"", "name", "\"foo\"", "\"foo\"", "\"foo\""},
	    {"_", "version", "\"1.2\"", "\"1.2\"", "\"1.2\""},
	    {"foo", "version", "", "", ""},
	    {"", "with-test", "true", "false", "false"},
	    {"", "with-doc", "true", "false", "false"},
	    {"", "with-dev-setup", "", "", "false"},
	    {"", "dev", "false", "false", "false"},
	    {"", "build", "true", "true", "true"},
	    {"", "post", "true", "true", "true"},
	};
	struct rel_environment environments[3] = {machine, machine, machine};

	(void)state;
	environments[0].profile = REL_PROFILE_OPAM_2_1;
	environments[1].profile = REL_PROFILE_OPAM_2_1;
	environments[1].ignore_test_doc = true;
	environments[2].profile = REL_PROFILE_OPAM_2_4;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		for (size_t j = 0; j < 3; j++) {
			struct rel_environment_scope scope =
			    scope_of(&environments[j]);

			assert_string_equal(
			    ask(&scope, expected[i][0], expected[i][1]),
			    expected[i][2 + j]);
		}
	}
}

/* Both steps of the rules: what each knows of build, post and the rest. */
static void test_rules(void **state)
{
	struct rel_environment_scope scope = scope_of(&machine);
	struct rel_formula_rules rules;
	struct rel_value value;

	(void)state;
	scope.edges = REL_EDGE_NO_POST | REL_EDGE_WITH_TEST;
	rel_environment_formula_rules(&rules, &scope);
	assert_int_equal(rules.pipeline, REL_FORMULA_PARTIAL);
#define EARLY(name)                                                   \
	(rules.variables.lookup(rules.variables.context, REL_STR(""), \
				REL_STR(name), &value),               \
	 say(&value))
#define LATE(name)                                                         \
	(rules.late.lookup(rules.late.context, REL_STR(""), REL_STR(name), \
			   &value),                                        \
	 say(&value))
	assert_string_equal(EARLY("build"), "");
	assert_string_equal(EARLY("post"), "");
	assert_string_equal(EARLY("with-test"), "true");
	assert_string_equal(EARLY("with-doc"), "false");
	assert_string_equal(EARLY("os"), "\"linux\"");
	assert_string_equal(LATE("build"), "true");
	assert_string_equal(LATE("post"), "false");
	assert_string_equal(LATE("with-test"), "");
	assert_string_equal(LATE("os"), "");
	scope.edges = REL_EDGE_WITH_DOC;
	assert_string_equal(EARLY("with-test"), "false");
	assert_string_equal(EARLY("with-doc"), "true");
	assert_string_equal(LATE("post"), "true");
}

static void test_admin_conflicts(void **state)
{
	struct rel_environment check = {.profile = REL_PROFILE_OPAM_2_1};
	struct rel_environment_scope scope = scope_of(&check);
	struct rel_variables variables;
	struct rel_value value;

	(void)state;
	rel_environment_conflict_variables(&variables, &scope);
	variables.lookup(variables.context, REL_STR(""), REL_STR("with-test"),
			 &value);
	assert_string_equal(say(&value), "true");
	variables.lookup(variables.context, REL_STR(""), REL_STR("build"),
			 &value);
	assert_string_equal(say(&value), "");
}

static void test_profiles(void **state)
{
	enum rel_profile profile;
	struct rel_error err;

	(void)state;
	for (unsigned i = REL_PROFILE_ENV; i <= REL_PROFILE_OPAM_2_4; i++) {
		const char *name = rel_profile_name((enum rel_profile)i);

		assert_int_equal(rel_profile_of(&profile, name, &err), 0);
		assert_int_equal(profile, i);
	}
	assert_string_equal(rel_profile_name(REL_PROFILE_OPAM_2_1), "opam-2.1");
	assert_int_equal(rel_profile_of(&profile, "opam-2.0", &err),
			 REL_EUSAGE);
	assert_non_null(strstr(err.text, "opam-2.4"));
}

static const char *value_of(const struct rel_environment *environment,
			    const char *name)
{
	for (size_t i = 0; i < environment->n_values; i++)
		if (strcmp(environment->values[i].name, name) == 0)
			return environment->values[i].value;
	return NULL;
}

static void test_parse(void **state)
{
	struct rel_environment out, over;
	struct rel_arena arena;
	struct rel_error err;

	(void)state;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	assert_int_equal(
	    rel_environment_parse(&out,
				  REL_STR(" os=macos, os-version =14.1,"
					  "ocaml=4.14,with-test=true "),
				  &machine, &arena, &err),
	    0);
	assert_int_equal(out.n_values, 5);
	assert_string_equal(value_of(&out, "os"), "macos");
	assert_string_equal(value_of(&out, "os-version"), "14.1");
	assert_string_equal(value_of(&out, "arch"), "x86_64");
	assert_string_equal(value_of(&out, "with-test"), "true");
	assert_string_equal(out.ocaml, "4.14");
	assert_string_equal(out.name, "os=macos, os-version =14.1,ocaml=4.14,"
				      "with-test=true");

	assert_int_equal(rel_environment_parse(&over,
					       REL_STR("name=mac,arch=,ocaml="),
					       &out, &arena, &err),
			 0);
	assert_string_equal(over.name, "mac");
	assert_null(value_of(&over, "arch"));
	assert_null(value_of(&over, "name"));
	assert_null(over.ocaml);
	assert_string_equal(value_of(&over, "os"), "macos");

	struct rel_environment_scope scope = scope_of(&out);

	assert_string_equal(ask(&scope, "", "with-test"), "true");
	rel_arena_free(&arena);
}

static void test_parse_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "such as os=linux"},
	    {"os", "such as os=linux"},
	    {"os=linux,", "such as os=linux"},
	    {"=linux", "such as os=linux"},
	    {"os=linux,os=macos", "os is given twice"},
	    {"ocaml=4.14,ocaml=5.4", "ocaml is given twice"},
	    {"ocaml:version=4.14", "variable of a package"},
	    {"o s=linux", "no name of a variable"},
	    {"version=1", "os-version"},
	    {"os=li\x01nux", "value of os"},
	    {"os=\xff", "value of os"},
	};
	struct rel_environment out;
	struct rel_arena arena;
	struct rel_error err;

	(void)state;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    rel_environment_parse(&out, rel_str_of(cases[i].text), NULL,
					  &arena, &err),
		    REL_EUSAGE);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	rel_arena_free(&arena);
}

static void test_parse_many(void **state)
{
	struct rel_environment out;
	struct rel_arena arena;
	struct rel_error err;
	struct rel_buf text;

	(void)state;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(&text, REL_MIB);
	for (unsigned i = 0; i < REL_LIMIT_ENVIRONMENT_VALUES; i++)
		rel_buf_printf(&text, "%sv%u=x", i ? "," : "", i);
	assert_int_equal(
	    rel_environment_parse(&out, rel_buf_str(&text), NULL, &arena, &err),
	    0);
	assert_int_equal(out.n_values, REL_LIMIT_ENVIRONMENT_VALUES);
	rel_buf_add_cstr(&text, ",more=x");
	assert_int_equal(
	    rel_environment_parse(&out, rel_buf_str(&text), NULL, &arena, &err),
	    REL_EUSAGE);
	rel_buf_free(&text);
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_machine),
	    cmocka_unit_test(test_available),
	    cmocka_unit_test(test_admin_check),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_admin_conflicts),
	    cmocka_unit_test(test_profiles),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_mistakes),
	    cmocka_unit_test(test_parse_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
