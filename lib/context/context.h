/*
 * What a run works on: the configuration, the remotes and environments that
 * it or the command line names, how remotes are read, and the stacks made of
 * them.
 */
#ifndef REL_CONTEXT_CONTEXT_H
#define REL_CONTEXT_CONTEXT_H

#include "check/survey.h"
#include "check/targets.h"
#include "conf/conf.h"
#include "repo/stacks.h"
#include "solve/environment.h"

/* Where it is looked for; all may be empty. */
struct rel_context_options {
	const char *config; /* path; NULL = the relctl.yml here or above */
	/* The configuration may lie in somebody else's directory: where this
	 * run stands was not the user's choice but the CI system's. */
	bool foreign_directory;
	const char *const *remotes; /* --remote, as given */
	uint32_t n_remotes;
	const char *const *environments; /* --env, as given */
	uint32_t n_environments;
	const char *profile; /* --profile */
	const char *jobs;    /* --jobs */
	bool ignore_test_doc, offline, no_cache;
	bool interactive;		     /* a terminal may be asked */
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
	/* What does not stop the run, and what matters less; may be NULL. */
	void (*warn)(void *context, const char *text);
	void (*note)(void *context, const char *text);
	void *warn_context;
};

struct rel_context {
	struct rel_conf conf;
	struct rel_remote *remotes; /* in stack order */
	uint32_t n_remotes;	    /* at least 1 */
	struct rel_environment *environments;
	size_t n_environments;		   /* at least 1 */
	struct rel_remote_options reading; /* jobs, cache, … */
	struct rel_variables variables;	   /* of filters in `repo` files */
	struct rel_stacks stacks;	   /* after rel_context_read() */
	const struct rel_target *targets;  /* [conf.n_targets] */
	struct rel_arena arena; /* for what lives as long as the context */
	/* the rest is private */
	struct rel_buf cache_dir;
	struct rel_environment_scope scope;
};

/*
 * Read the configuration and take the options into account.
 * Remotes: those of the options, else of relctl.yml, else this directory when
 * it is a package repository.  One without a role is upstream, but the first
 * of several is development unless another one says that it is.
 * Environments: those of the options, else of relctl.yml, else this machine.
 * Errors  REL_EUSAGE and those of rel_conf_read().
 * Owner   rel_context_close(), also after a failure; do not move the struct;
 *         borrows what the options point to
 */
REL_MUST_CHECK int rel_context_open(struct rel_context *context,
				    const struct rel_context_options *options,
				    struct rel_error *err);
/* Fine also for one that is zeroes. */
void rel_context_close(struct rel_context *context);

/*
 * Read the remotes into context->stacks, once.
 * Errors  those of rel_stacks_read()
 */
REL_MUST_CHECK int rel_context_read(struct rel_context *context,
				    const struct rel_stacks_request *request,
				    struct rel_error *err);

/* What a survey needs to know of it; the scope and what to look for are the
 * caller's to add. */
struct rel_survey_options rel_context_survey(const struct rel_context *context);

#endif
