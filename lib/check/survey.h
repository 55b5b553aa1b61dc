/*
 * Survey: a whole `list-broken` run on snapshots already read: universes,
 * verdicts, reasons, what the overlay changes and what changed since an
 * earlier revision, for each environment.
 */
#ifndef REL_CHECK_SURVEY_H
#define REL_CHECK_SURVEY_H

#include "base/arena.h"
#include "check/cycles.h"
#include "check/scope.h"
#include "solve/reason.h"

struct rel_target;
struct rel_target_result;

enum rel_survey_reasons {
	REL_REASONS_NONE,
	/* of everything broken if anything in scope is newly so, else of
	 * nothing; without `before`, all */
	REL_REASONS_NEWS,
	REL_REASONS_ALL,
};

struct rel_survey_options {
	struct rel_scope_options scope;
	const struct rel_environment *environments;
	size_t n_environments;
	bool cycles; /* look for cycles too */
	enum rel_survey_reasons reasons;
	const struct rel_target *targets; /* to check too */
	size_t n_targets;
	/* where verdicts of earlier runs are kept; NULL = nowhere */
	const char *cache_dir;
	unsigned jobs;
	const struct rel_cancel *cancel;     /* may be NULL */
	const struct rel_progress *progress; /* may be NULL */
	/* told when verdicts cannot be kept; may be NULL */
	void (*warn)(void *context, const char *text);
	void *warn_context;
};

/* How a package fares in the stack it is compared with. */
enum rel_compared {
	REL_COMPARED_ABSENT, /* not there, or with another manifest */
	REL_COMPARED_INSTALLABLE,
	REL_COMPARED_BROKEN,
	REL_COMPARED_OTHER, /* unavailable, unreadable */
	REL_COMPARED_UNDECIDED,
};

/* One environment's results. */
struct rel_survey_result {
	const struct rel_environment *environment; /* borrowed */
	struct rel_universe *universe;
	uint8_t *verdicts; /* [rel_universe_size()], enum rel_verdict */
	uint8_t *selected; /* [rel_universe_size()], the scope */
	struct rel_reasons *reasons; /* NULL unless asked for and needed */
	struct rel_cycles *cycles;   /* NULL unless asked for */
	/* [rel_universe_size()], enum rel_compared; NULL without the
	 * comparison: against the upstream remotes alone, and against the
	 * stack as it was (--since) */
	uint8_t *alone, *before;
};

struct rel_survey {
	struct rel_survey_result *results;
	size_t n_results;
	/* for each target of the options its results in the order of the
	 * environments: check/targets.h */
	struct rel_target_result *targets;
	size_t n_targets;
	struct rel_arena arena; /* of the targets' texts */
};

/*
 * stack   the stack to report on
 * alone   the upstream remotes only, or NULL
 * before  the stack as it was, or NULL
 * *out    freed with rel_survey_free(); borrows the stacks and environments
 */
REL_MUST_CHECK int rel_survey_run(struct rel_survey **out,
				  const struct rel_stack *stack,
				  const struct rel_stack *alone,
				  const struct rel_stack *before,
				  const struct rel_survey_options *options,
				  struct rel_error *err);
void rel_survey_free(struct rel_survey *survey);

#endif
