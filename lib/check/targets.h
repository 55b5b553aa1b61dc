/*
 * Targets: packages that must be installable together, those of relctl.yml or
 * of a command line, and what an environment says of them.
 */
#ifndef REL_CHECK_TARGETS_H
#define REL_CHECK_TARGETS_H

#include "check/facts.h"
#include "solve/question.h"

struct rel_target {
	/* each as rel_packages_mark() takes it; at least 1 */
	const char *const *packages;
	size_t n_packages;
	/* where it stands: NULL and 0 = on the command line */
	const char *file;
	uint32_t line, column;
};

/* Everything it points to is borrowed or in the arena it was made in. */
struct rel_target_result {
	const struct rel_target *target;
	const struct rel_environment *environment;
	enum rel_sat_status status; /* UNKNOWN: the budget ended first */
	/* name.version of all that is installed: of the target, or of its
	 * largest part */
	const char *const *versions;
	size_t n_versions;
	/* unless it is installable: what of the target excludes each other,
	 * and the facts that do it, in reading order */
	const char *const *clash;
	size_t n_clash;
	const struct rel_fact_text *reason;
	/* [n_reason]: the first fact of the same name that says the same */
	const uint32_t *like;
	size_t n_reason;
	/* a largest part of the target that is installable, and the rest */
	const char *const *part;
	size_t n_part;
	const char *const *rest;
	size_t n_rest;
	bool part_is_largest; /* false: the budget ended first */
};

/*
 * Ask whether the target is installable in the universe.
 * Errors  REL_ENOTFOUND and REL_EUSAGE as of rel_packages_mark(), with the
 *         target's place; REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_target_check(struct rel_target_result *out,
				    const struct rel_target *target,
				    struct rel_universe *universe,
				    struct rel_arena *arena,
				    const struct rel_cancel *cancel,
				    struct rel_error *err);

/*
 * All targets in all environments: *out has, in the arena, for each target its
 * results in the order of the environments.
 */
REL_MUST_CHECK int rel_targets_check(
    const struct rel_target_result **out, size_t *n_out,
    const struct rel_target *targets, size_t n_targets,
    const struct rel_stack *stack, const struct rel_environment *environments,
    size_t n_environments, struct rel_arena *arena,
    const struct rel_cancel *cancel, struct rel_error *err);

#endif
