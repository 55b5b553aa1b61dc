/* What the parts of relctl ci share. */
#ifndef REL_CMD_CI_H
#define REL_CMD_CI_H

#include "ci/write.h"
#include "command.h"
#include "output.h"

struct rel_ci_options {
	const char *kind; /* --system, or NULL */
	const char *tag;  /* --tag, or NULL */
};

struct rel_ci_run {
	const struct rel_call *call;
	const struct rel_ci_options *options;
	struct rel_ci ci;
	struct rel_output output; /* stdout, or the file of -o */
	struct rel_ci_writer writer;
};

#endif
