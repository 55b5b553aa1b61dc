#include "solve/environment.h"

#include "base/limits.h"
#include "solve/universe.h"

static const char *const profile_names[] = {
    [REL_PROFILE_ENV] = "env",
    [REL_PROFILE_OPAM_2_1] = "opam-2.1",
    [REL_PROFILE_OPAM_2_4] = "opam-2.4",
};
#define N_PROFILES (sizeof(profile_names) / sizeof(profile_names[0]))

int rel_profile_of(enum rel_profile *out, const char *name,
		   struct rel_error *err)
{
	for (unsigned i = 0; i < N_PROFILES; i++) {
		if (strcmp(name, profile_names[i]) == 0) {
			*out = (enum rel_profile)i;
			return 0;
		}
	}
	return rel_fail(err, REL_EUSAGE,
			"no profile is called %s: there are env, opam-2.1 and "
			"opam-2.4",
			name);
}

const char *rel_profile_name(enum rel_profile profile)
{
	return profile_names[profile];
}

/* The version that opam admin check of the profile's series says it is. */
static const char *opam_version(enum rel_profile profile)
{
	switch (profile) {
	case REL_PROFILE_OPAM_2_1:
		return "2.1.2";
	case REL_PROFILE_OPAM_2_4:
		return "2.4.1";
	case REL_PROFILE_ENV:
		break;
	}
	return REL_OPAM_VERSION;
}

static void set_bool(struct rel_value *out, bool value)
{
	*out = (struct rel_value){.kind = REL_VALUE_BOOL, .boolean = value};
}

static void set_string(struct rel_value *out, struct rel_str value)
{
	*out = (struct rel_value){.kind = REL_VALUE_STRING, .string = value};
}

static const struct rel_variable_value *find_value(
    const struct rel_variable_value *values, size_t n_values,
    struct rel_str name)
{
	for (size_t i = 0; i < n_values; i++)
		if (rel_str_is(name, values[i].name))
			return &values[i];
	return NULL;
}

static bool set_from_values(struct rel_value *out,
			    const struct rel_environment *environment,
			    struct rel_str name)
{
	const struct rel_variable_value *found =
	    find_value(environment->values, environment->n_values, name);

	if (!found)
		return false;
	if (strcmp(found->value, "true") == 0)
		set_bool(out, true);
	else if (strcmp(found->value, "false") == 0)
		set_bool(out, false);
	else
		set_string(out, rel_str_of(found->value));
	return true;
}

/*
 * The manifest's own name and version.  A switch knows them under the
 * package's name too, opam admin check does not.
 */
static bool set_own(struct rel_value *out,
		    const struct rel_environment_scope *scope,
		    struct rel_str package, struct rel_str name)
{
	if (package.len != 0 && !rel_str_is(package, "_") &&
	    (scope->environment->profile != REL_PROFILE_ENV ||
	     !rel_str_eq(package, scope->name)))
		return false;
	if (rel_str_is(name, "name"))
		set_string(out, scope->name);
	else if (rel_str_is(name, "version"))
		set_string(out, scope->version);
	else
		return false;
	return true;
}

enum flag {
	FLAG_NONE,
	FLAG_BUILD,
	FLAG_POST,
	FLAG_TEST,
	FLAG_DOC,
	FLAG_DEV_SETUP,
	FLAG_DEV,
};

/* opam src/state/opamPackageVar.ml, predefined_depends_variables */
static enum flag flag_of(struct rel_str name)
{
	static const char *const names[] = {
	    [FLAG_BUILD] = "build",
	    [FLAG_POST] = "post",
	    [FLAG_TEST] = "with-test",
	    [FLAG_DOC] = "with-doc",
	    [FLAG_DEV_SETUP] = "with-dev-setup",
	    [FLAG_DEV] = "dev",
	};

	for (unsigned i = FLAG_BUILD; i < sizeof(names) / sizeof(names[0]); i++)
		if (rel_str_is(name, names[i]))
			return (enum flag)i;
	return FLAG_NONE;
}

/* Does the walk that the scope is for settle the flag, whatever is said? */
static bool set_by_walk(struct rel_value *out, unsigned edges, enum flag flag)
{
	if (flag == FLAG_POST && (edges & REL_EDGE_NO_POST))
		set_bool(out, false);
	else if (flag == FLAG_TEST && (edges & REL_EDGE_WITH_TEST))
		set_bool(out, true);
	else if (flag == FLAG_DOC && (edges & REL_EDGE_WITH_DOC))
		set_bool(out, true);
	else
		return false;
	return true;
}

static void set_flag(struct rel_value *out,
		     const struct rel_environment_scope *scope, enum flag flag)
{
	const struct rel_environment *environment = scope->environment;
	bool series_2_1 = environment->profile == REL_PROFILE_OPAM_2_1;

	switch (flag) {
	case FLAG_BUILD:
	case FLAG_POST:
		set_bool(out, true);
		break;
	case FLAG_TEST:
	case FLAG_DOC:
		set_bool(out, series_2_1 && !environment->ignore_test_doc);
		break;
	case FLAG_DEV_SETUP: /* unknown before 2.2 */
		if (!series_2_1)
			set_bool(out, false);
		break;
	case FLAG_DEV:
		set_bool(out,
			 environment->profile == REL_PROFILE_ENV && scope->dev);
		break;
	case FLAG_NONE:
		break;
	}
}

static void lookup(const struct rel_environment_scope *scope,
		   struct rel_str package, struct rel_str name, bool with_flags,
		   struct rel_value *out)
{
	const struct rel_environment *environment = scope->environment;
	bool machine = environment->profile == REL_PROFILE_ENV;
	enum flag flag = flag_of(name);

	*out = (struct rel_value){.kind = REL_VALUE_UNDEFINED};
	if (set_own(out, scope, package, name) || package.len != 0)
		return;
	if (flag != FLAG_NONE) {
		if (flag == FLAG_POST && scope->post)
			*scope->post = true;
		if (with_flags && !set_by_walk(out, scope->edges, flag) &&
		    !(machine && set_from_values(out, environment, name)))
			set_flag(out, scope, flag);
		return;
	}
	if (machine && set_from_values(out, environment, name))
		return;
	if (rel_str_is(name, "opam-version"))
		set_string(out, rel_str_of(opam_version(environment->profile)));
}

void rel_environment_lookup(const void *scope, struct rel_str package,
			    struct rel_str name, struct rel_value *out)
{
	lookup(scope, package, name, true, out);
}

void rel_environment_lookup_available(const void *scope, struct rel_str package,
				      struct rel_str name,
				      struct rel_value *out)
{
	lookup(scope, package, name, false, out);
}

static bool is_late(struct rel_str package, struct rel_str name)
{
	enum flag flag = flag_of(name);

	return package.len == 0 && (flag == FLAG_BUILD || flag == FLAG_POST);
}

static void lookup_early(const void *scope, struct rel_str package,
			 struct rel_str name, struct rel_value *out)
{
	if (is_late(package, name))
		*out = (struct rel_value){.kind = REL_VALUE_UNDEFINED};
	else
		lookup(scope, package, name, true, out);
}

static void lookup_late(const void *scope, struct rel_str package,
			struct rel_str name, struct rel_value *out)
{
	if (is_late(package, name))
		lookup(scope, package, name, true, out);
	else
		*out = (struct rel_value){.kind = REL_VALUE_UNDEFINED};
}

void rel_environment_formula_rules(struct rel_formula_rules *out,
				   const struct rel_environment_scope *scope)
{
	*out = (struct rel_formula_rules){
	    .pipeline = REL_FORMULA_PARTIAL,
	    .variables = {lookup_early, scope},
	    .late = {lookup_late, scope},
	};
}

void rel_environment_conflict_variables(
    struct rel_variables *out, const struct rel_environment_scope *scope)
{
	bool machine = scope->environment->profile == REL_PROFILE_ENV;

	*out = (struct rel_variables){
	    machine ? rel_environment_lookup_available : lookup_early, scope};
}
