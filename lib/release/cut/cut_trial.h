/* The trial of a release at work.  Internal to lib/release. */
#ifndef REL_RELEASE_CUT_TRIAL_H
#define REL_RELEASE_CUT_TRIAL_H

#include "release/cut/cut_work.h"

/* Variables of the environment beside those of every trial. */
#define REL_TRIAL_ENV 16

struct rel_trial {
	struct rel_cut *cut;
	const char *root;    /* of all that is temporary */
	const char *archive; /* the packed release, in it */
	const char *source;  /* where it is unpacked … */
	const char *home;    /* … its top directory: where commands run */
	int log;	     /* of the check at hand */
	const char *log_path;
	const char *env[REL_TRIAL_ENV]; /* "KEY=VALUE" or "KEY" to unset */
};

/* Run a command in t->home, its output into the log. */
REL_MUST_CHECK int rel_trial_run(int *status, struct rel_trial *t,
				 const char *const argv[],
				 struct rel_error *err);
/*
 * The same, told as `title`; a failure is a finding with the last lines of the
 * output.
 * Errors  REL_ENOTFOUND no such program; REL_ELIMIT endless output
 */
REL_MUST_CHECK int rel_trial_command(bool *good, struct rel_trial *t,
				     const char *title,
				     const char *const argv[],
				     struct rel_error *err);
/* cut_trial_opam.c: install the release with opam, in a root of its own. */
REL_MUST_CHECK int rel_trial_opam(struct rel_trial *t, struct rel_error *err);

#endif
