/*
 * What a command works on: the remotes and environments of relctl.yml and of
 * the command line, and how remotes are to be read.
 */
#ifndef REL_CMD_SETUP_H
#define REL_CMD_SETUP_H

#include "check/survey.h"
#include "command.h"
#include "conf/conf.h"
#include "repo/remote.h"
#include "solve/environment.h"

struct rel_setup {
	struct rel_remote *remotes; /* in stack order */
	uint32_t n_remotes;	    /* at least 1 */
	struct rel_environment *environments;
	size_t n_environments;		   /* at least 1 */
	struct rel_remote_options reading; /* jobs, cache, … */
	/* the rest is private */
	struct rel_arena arena;
	struct rel_conf conf;
	struct rel_buf cache_dir;
	struct rel_environment_scope scope; /* of filters in `repo` files */
	struct rel_variables variables;
};

/*
 * Read the configuration and take the common options into account.
 * Remotes: those of --remote, else of relctl.yml, else this directory when
 * it is a package repository.  One without a role is upstream, but the first
 * of several is development unless another one says that it is.
 * Environments: those of --env, else of relctl.yml, else this machine.
 * Errors  REL_EUSAGE and those of rel_conf_read().
 * Owner   rel_setup_free(), also after a failure; do not move the struct
 */
REL_MUST_CHECK int rel_setup_open(struct rel_setup *setup,
				  const struct rel_call *call,
				  struct rel_error *err);
void rel_setup_free(struct rel_setup *setup);

/* What a survey needs to know of it; the scope and what to look for are the
 * command's to add. */
struct rel_survey_options rel_setup_survey(const struct rel_setup *setup);

/* setup_environments.c: fill in environments. */
REL_MUST_CHECK int rel_setup_environments(struct rel_setup *setup,
					  const struct rel_common *common,
					  struct rel_error *err);
/* setup_remotes.c: fill in remotes. */
REL_MUST_CHECK int rel_setup_remotes(struct rel_setup *setup,
				     const struct rel_common *common,
				     struct rel_error *err);

#endif
