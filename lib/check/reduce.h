/*
 * A version that cannot be installed, and the smallest world that shows it:
 * what is left when packages, versions, clauses of manifests and variables are
 * dropped as long as the verdict stays the same and has the same reason.
 *
 * Source  A. Zeller, R. Hildebrandt, "Simplifying and isolating
 *         failure-inducing input", IEEE TSE 28 (2002); only complements are
 *         tried, with ever smaller parts.
 */
#ifndef REL_CHECK_REDUCE_H
#define REL_CHECK_REDUCE_H

#include "base/progress.h"
#include "check/survey.h"

/* A world by itself. */
struct rel_reduced {
	struct rel_stack *stack; /* owned */
	/* its upstream layers; NULL unless there are both roles; owned */
	struct rel_stack *alone;
	struct rel_environment environment; /* of the variables that matter */
	const char *package;		    /* NAME.VERSION */
	/* it is unavailable, which a report lists with --verbose alone */
	bool verbose;
	/* as a file of tests/cases has it, up to the line `expect`: the
	 * request and the remotes */
	struct rel_buf text;
	/* the rest is private */
	struct rel_remote *remotes;
	struct rel_snapshot **snapshots;
	uint32_t n_layers;
	struct rel_arena arena;
};

/*
 * Reduce the world of `result` to what `pkg` needs to be as it is.
 * out     zero-initialised; freed with rel_reduced_free(), also after a
 *         failure; borrows nothing
 * result  of a survey; its reasons are not needed
 * Errors  REL_EUSAGE: installable, undecided or unreadable, or a variable
 *         whose value no case can hold; REL_ELIMIT, REL_ENOMEM, REL_ECANCELLED
 */
REL_MUST_CHECK int rel_reduce(struct rel_reduced *out,
			      const struct rel_survey_result *result,
			      rel_pkg_id pkg, const struct rel_cancel *cancel,
			      const struct rel_progress *progress,
			      struct rel_error *err);
/* Fine on a zeroed struct. */
void rel_reduced_free(struct rel_reduced *reduced);

#endif
