/*
 * The gate of a release: what it would break.  The new manifests are laid on
 * top of the remotes, in memory, and everything they can touch is decided
 * with and without them.
 * Source  DESIGN, "Cutting a release", step 1
 */
#ifndef REL_RELEASE_GATE_H
#define REL_RELEASE_GATE_H

#include "check/survey.h"
#include "repo/stacks.h"

/* Texts live in the gate's arena. */
struct rel_gate_finding {
	const char *package;	 /* "name.version" */
	const char *environment; /* its name */
	const char *reason;	 /* one line */
	bool fresh;		 /* one of the new manifests itself */
};

/* Zero-initialise; rel_gate_close() is fine then. */
struct rel_gate {
	struct rel_stacks stacks;
	const struct rel_stack *stack; /* stacks.now: the remotes as they are */
	/* of the last check */
	struct rel_gate_finding *findings;
	size_t n_findings;
	size_t n_checked;	/* verdicts in scope, all environments */
	uint32_t n_installable; /* environments with all new ones installable */
	struct rel_arena arena;
};

/*
 * Read the remotes.
 * Errors  those of rel_remote_read()
 * Owner   rel_gate_close(), also after a failure; borrows `remotes`
 */
REL_MUST_CHECK int rel_gate_open(struct rel_gate *gate,
				 const struct rel_remote *remotes,
				 size_t n_remotes,
				 const struct rel_remote_options *reading,
				 struct rel_error *err);
void rel_gate_close(struct rel_gate *gate);

/*
 * Check the manifests against what was read.  Findings are no error.
 * A new version that no environment has available is a finding too.
 * options  environments, jobs, …; scope and reasons are the gate's own
 * Errors   those of rel_survey_run()
 */
REL_MUST_CHECK int rel_gate_check(struct rel_gate *gate,
				  const struct rel_loose_manifest *manifests,
				  size_t n_manifests,
				  const struct rel_survey_options *options,
				  struct rel_error *err);

#endif
