/*
 * Environments and profiles: the values of the opam variables under which
 * formulas and `available:` are evaluated.
 *
 * Profile `env` is a concrete machine: what a fresh switch on it would say.
 * Profiles `opam-2.1` and `opam-2.4` reproduce `opam admin check` of those
 * series, where most variables have no value at all.
 *
 * Source  opam src/state/opamPackageVar.ml, opamSysPoll.ml (host values);
 *         src/client/opamAdminCheck.ml, env (profiles).
 */
#ifndef REL_SOLVE_ENVIRONMENT_H
#define REL_SOLVE_ENVIRONMENT_H

#include "base/arena.h"
#include "opam/formula.h"

enum rel_profile {
	REL_PROFILE_ENV,
	REL_PROFILE_OPAM_2_1, /* opam admin check of 2.1.x */
	REL_PROFILE_OPAM_2_4, /* of 2.4.x and later */
};

struct rel_variable_value {
	const char *name, *value; /* booleans are "true" and "false" */
};

struct rel_environment {
	const char *name; /* "debian-12", "debian-12/ocaml-4.14" */
	enum rel_profile profile;
	bool ignore_test_doc; /* opam-2.1: with-test and with-doc are false */
	const struct rel_variable_value *values;
	size_t n_values;
	/* pinned compiler: "4.14" is every 4.14.x; NULL = all free */
	const char *ocaml;
};

/* The opam-version whose manifests and variables relctl follows. */
#define REL_OPAM_VERSION "2.5.2"

/* REL_EUSAGE naming the profiles when `name` is none. */
REL_MUST_CHECK int rel_profile_of(enum rel_profile *out, const char *name,
				  struct rel_error *err);
const char *rel_profile_name(enum rel_profile profile);

/*
 * The environment of this machine: os, os-family, os-distribution,
 * os-version, arch, sys-ocaml-*, jobs and make as opam finds them with a new
 * root, opam-version REL_OPAM_VERSION.  What cannot be found out has no value.
 * Not there, because they belong to a root or a switch: root, switch and the
 * switch's directories, and what a root's configuration sets.
 */
REL_MUST_CHECK int rel_environment_host(struct rel_environment *out,
					struct rel_arena *arena,
					struct rel_error *err);

/*
 * "KEY=VALUE,…" on top of `base` (whose values stay unless named again;
 * NULL = nothing below).  Key `ocaml` pins the compiler, key `name` names the
 * environment (else it is called by the text itself), an empty value takes
 * the variable (or the pin) away.
 * *out    borrows from `base`; the rest lives in the arena
 * Errors  REL_EUSAGE: what is wrong, with an example; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_environment_parse(struct rel_environment *out,
					 struct rel_str text,
					 const struct rel_environment *base,
					 struct rel_arena *arena,
					 struct rel_error *err);

/* What a filter in a manifest is asked about. */
struct rel_environment_scope {
	const struct rel_environment *environment;
	struct rel_str name, version; /* the package of the manifest */
	bool dev;		      /* its value of `dev` */
	unsigned edges; /* enum rel_edge_flags of a walk; 0 = to decide */
	bool *post;	/* set where `post` is asked for; NULL = not noted */
};

/*
 * How `depends` and `depopts` are resolved in the scope, which *out borrows.
 * In every profile known variables are filled in first and `build` and
 * `post` are known only after the normal form, because a switch does it that
 * way too: opam src/state/opamSwitchState.ml, package_env_t, universe.
 */
void rel_environment_formula_rules(struct rel_formula_rules *out,
				   const struct rel_environment_scope *scope);

/*
 * The variables of `conflicts`: those of `available:` in a switch
 * (opamSwitchState.ml, get_conflicts), those of `depends` in opam admin
 * check.  *out borrows the scope.
 */
void rel_environment_conflict_variables(
    struct rel_variables *out, const struct rel_environment_scope *scope);

/*
 * Lookups for rel_filter_*, context a struct rel_environment_scope: for
 * dependency formulas (build and post are values here), and for `available:`,
 * where build, post, dev and with-* do not exist.  A package's variables
 * ("ocaml:version") have no value, but for the manifest's own name and
 * version.
 */
void rel_environment_lookup(const void *scope, struct rel_str package,
			    struct rel_str name, struct rel_value *out);
void rel_environment_lookup_available(const void *scope, struct rel_str package,
				      struct rel_str name,
				      struct rel_value *out);

#endif
