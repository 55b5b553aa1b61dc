/*
 * The repositories of shared/data, and the environments in which other
 * programs looked at them.
 */
#ifndef REL_TESTS_SOLVE_REAL_H
#define REL_TESTS_SOLVE_REAL_H

#include "support/corpus.h"
#include "support/shell.h"
#include "support/world.h"

static const struct rel_variable_value debian_12[] = {
    {"os", "linux"},
    {"os-family", "debian"},
    {"os-distribution", "debian"},
    {"os-version", "12"},
    {"arch", "x86_64"},
};

/* The machine on which opam made its own list. */
static const struct rel_variable_value debian_12_opam_2_1[] = {
    {"os", "linux"},
    {"os-family", "debian"},
    {"os-distribution", "debian"},
    {"os-version", "12"},
    {"arch", "x86_64"},
    {"opam-version", "2.1.2"},
    {"sys-ocaml-version", "4.13.1"},
    {"sys-ocaml-arch", "x86_64"},
    {"sys-ocaml-cc", "cc"},
    {"sys-ocaml-libc", "libc"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct rel_environment env = {
    .name = "env", .values = debian_12, .n_values = COUNT(debian_12)};
static const struct rel_environment env_opam_2_1 = {
    .name = "env",
    .values = debian_12_opam_2_1,
    .n_values = COUNT(debian_12_opam_2_1)};
static const struct rel_environment opam_2_1 = {
    .name = "opam", .profile = REL_PROFILE_OPAM_2_1};
static const struct rel_environment opam_2_1_i = {
    .name = "opam", .profile = REL_PROFILE_OPAM_2_1, .ignore_test_doc = true};

/* Clones of the bundles, by the order of the names. */
enum bundle {
	BUNDLE_OPAM,
	BUNDLE_MIRAGE,
	BUNDLE_XS,
	N_BUNDLES,
};
static const char *const bundle_names[] = {"opam-repository", "mirage-dev",
					   "xs-opam"};
static char *clones[N_BUNDLES];
static char *dir;

static inline const char *clone_of(enum bundle bundle)
{
	if (!clones[bundle])
		clones[bundle] = rel_test_clone(dir, bundle_names[bundle]);
	return clones[bundle];
}

static inline void read_world(struct world *w, enum bundle bundle,
			      const char *revision)
{
	char *location = rel_test_text("%s#%s", clone_of(bundle), revision);

	world_add(w, location);
	free(location);
}

/* Run the tests, or say that there is no data: what main() returns. */
#define real_run(tests)                                                     \
	(real_begin() ? real_end(cmocka_run_group_tests(tests, NULL, NULL)) \
		      : REL_TEST_SKIPPED)

static inline bool real_begin(void)
{
	rel_test_clean_environment();
	if (!rel_test_data_dir())
		return false;
	dir = rel_test_dir_new();
	return true;
}

static inline int real_end(int status)
{
	for (unsigned i = 0; i < N_BUNDLES; i++)
		free(clones[i]);
	rel_test_dir_free(dir);
	return status;
}

#endif
