/*
 * The options that every command has.
 * Source  DESIGN, "The command line".
 */
#ifndef REL_CMD_COMMON_H
#define REL_CMD_COMMON_H

#include "options.h"

struct rel_common {
	/* which repositories, and how they are read */
	const char *directory;	      /* -C */
	const char *config;	      /* --config */
	struct rel_list remotes;      /* --remote, as given */
	struct rel_list environments; /* --env, as given */
	const char *profile;	      /* --profile */
	bool ignore_test_doc, offline, no_cache;
	const char *jobs; /* --jobs */
	/* what is shown */
	const char *format, *output; /* --format, -o */
	const char *color;
	bool quiet, verbose, help;
};

/* Tables over struct rel_common. */
#define REL_N_SOURCE_OPTIONS 9
/* The first of them, for commands to which the others mean nothing: -C; what
 * says which remotes and how; the environment, which the file `repo` of a
 * remote may choose by, without how to decide. */
#define REL_N_DIRECTORY_OPTIONS	  1
#define REL_N_REMOTE_OPTIONS	  6
#define REL_N_ENVIRONMENT_OPTIONS 7
extern const struct rel_option rel_source_options[REL_N_SOURCE_OPTIONS];
#define REL_N_OUTPUT_OPTIONS 5
extern const struct rel_option rel_output_options[REL_N_OUTPUT_OPTIONS];

#endif
