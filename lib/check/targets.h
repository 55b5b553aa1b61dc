/*
 * Targets: packages that must be installable together, those of relctl.yml or
 * of a command line, and what an environment says of them.
 */
#ifndef REL_CHECK_TARGETS_H
#define REL_CHECK_TARGETS_H

#include "check/facts.h"
#include "conf/conf.h"
#include "solve/question.h"

struct rel_target {
	/* each as rel_packages_mark() takes it; at least 1 */
	const char *const *packages;
	size_t n_packages;
	/* where it and its packages stand: NULL and 0 = on the command line */
	const char *file;
	uint32_t line;
	const struct rel_conf_place *places; /* [n_packages] */
};

/* Everything it points to is borrowed or in the arena it was made in. */
struct rel_target_result {
	const struct rel_target *target;
	const struct rel_environment *environment;
	enum rel_sat_status status; /* UNKNOWN: the budget ended first */
	/* of the stack before, or of the record; UNKNOWN: not asked, as without
	 * --since and of what is installable now; not in the record */
	enum rel_sat_status before;
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
 * Errors  REL_ENOTFOUND and REL_EUSAGE as of rel_packages_mark(), of a target
 *         in a file REL_EPARSE with its place; REL_ENOMEM, REL_ECANCELLED
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

/*
 * The same in the universes of a survey, for its options->targets, into
 * survey->targets.
 * before  the stack as it was, or NULL
 */
REL_MUST_CHECK int rel_targets_survey(struct rel_survey *survey,
				      const struct rel_stack *before,
				      const struct rel_survey_options *options,
				      struct rel_error *err);

/* Is it a finding: not installable now, and not known to have been so before?
 */
static inline bool rel_target_is_finding(const struct rel_target_result *r)
{
	return r->status != REL_SAT_YES && r->before != REL_SAT_NO;
}

/*
 * The targets of a configuration, in the arena; they borrow from `conf`.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_targets_of(const struct rel_target **out,
				  const struct rel_conf *conf,
				  struct rel_arena *arena,
				  struct rel_error *err);

/* The file's name, without its directory: the same wherever it is shown. */
const char *rel_target_file(const struct rel_target *target);

/* Append "a and b cannot be installed together", and why, in one line. */
void rel_target_name_add(struct rel_buf *out, const struct rel_target *target);
void rel_target_reason_add(struct rel_buf *out,
			   const struct rel_target_result *r);

#endif
