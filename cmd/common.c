#include "common.h"

const struct rel_option rel_source_options[REL_N_SOURCE_OPTIONS] = {
    {"directory", 'C', REL_OPTION_TEXT, REL_VALUES_DIRECTORIES,
     offsetof(struct rel_common, directory), "DIR", "Work as if started in DIR",
     NULL},
    {"config", 0, REL_OPTION_TEXT, REL_VALUES_FILES,
     offsetof(struct rel_common, config), "FILE",
     "Read FILE instead of the relctl.yml here or above", NULL},
    {"remote", 0, REL_OPTION_LIST, REL_VALUES_DIRECTORIES,
     offsetof(struct rel_common, remotes), "[NAME=]LOCATION[,ROLE]",
     "Read this repository instead of the configured ones; repeated, in stack "
     "order; LOCATION is a path or URL, //DIR after it a repository below it, "
     "#REVISION one of git's; ROLE is development or upstream",
     NULL},
    REL_FLAG(rel_common, "offline", 0, offline,
	     "Take remotes from the cache as they are"),
    REL_FLAG(rel_common, "no-cache", 0, no_cache, "Parse every manifest anew"),
    REL_TEXT(rel_common, "jobs", 'j', jobs, "N",
	     "Use N threads; by default one for each processor"),
    REL_LIST(
	rel_common, "env", 0, environments, "NAME|KEY=VALUE,...",
	"Decide in this environment, configured or made of opam variables; "
	"repeated: in each"),
    {"profile", 0, REL_OPTION_TEXT, REL_VALUES_NONE,
     offsetof(struct rel_common, profile), "PROFILE",
     "Decide as a switch does (env), or as opam admin check of that series",
     "env opam-2.1 opam-2.4"},
    REL_FLAG(rel_common, "ignore-test-doc", 0, ignore_test_doc,
	     "With opam-2.1, leave out test and documentation dependencies"),
};

const struct rel_option rel_output_options[REL_N_OUTPUT_OPTIONS] = {
    {"output", 'o', REL_OPTION_TEXT, REL_VALUES_FILES,
     offsetof(struct rel_common, output), "FILE",
     "Write to FILE, which is replaced as a whole or not at all", NULL},
    {"color", 0, REL_OPTION_TEXT, REL_VALUES_NONE,
     offsetof(struct rel_common, color), "WHEN",
     "Use colours; by default (auto) on a terminal, unless NO_COLOR is set",
     "auto always never"},
    REL_FLAG(rel_common, "quiet", 'q', quiet, "No progress, no warnings"),
    REL_FLAG(rel_common, "verbose", 'v', verbose, "Tell more"),
    REL_FLAG(rel_common, "help", 'h', help, "Show this text"),
};
