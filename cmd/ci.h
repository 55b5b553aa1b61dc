/* What the parts of relctl ci share. */
#ifndef REL_CMD_CI_H
#define REL_CMD_CI_H

#include "ci/write.h"
#include "command.h"
#include "output.h"

struct rel_ci_options {
	const char *kind; /* --system, or NULL */
	const char *tag;  /* --tag, or NULL */
	bool request;	  /* --request */
	bool older;	  /* --older */
	bool schedule;	  /* --schedule */
};

struct rel_ci_run {
	const struct rel_call *call;
	const struct rel_ci_options *options;
	struct rel_ci ci;
	struct rel_output output; /* stdout, or the file of -o */
	struct rel_ci_writer writer;
};

/* ci_tag.c: release what the tag says. */
REL_MUST_CHECK int rel_ci_tag(struct rel_ci_run *run, bool *found,
			      struct rel_error *err);

/* ci_request.c: check what a pull or merge request changes.  *found: it should
 * not be merged like this. */
REL_MUST_CHECK int rel_ci_request(struct rel_ci_run *run, bool *found,
				  struct rel_error *err);

/* ci_schedule.c: check the whole stack, and keep what changed.  *found:
 * something is newly broken. */
REL_MUST_CHECK int rel_ci_schedule(struct rel_ci_run *run, bool *found,
				   struct rel_error *err);

#endif
