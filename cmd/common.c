#include "common.h"

#define AT(member) offsetof(struct rel_common, member)

const struct rel_option rel_source_options[REL_N_SOURCE_OPTIONS] = {
    {"directory", 'C', REL_OPTION_TEXT, REL_VALUES_DIRECTORIES, AT(directory),
     "DIR", "Work as if started in DIR", NULL},
    {"config", 0, REL_OPTION_TEXT, REL_VALUES_FILES, AT(config), "FILE",
     "Read FILE instead of the relctl.yml here or above", NULL},
    {"remote", 0, REL_OPTION_LIST, REL_VALUES_DIRECTORIES, AT(remotes),
     "[NAME=]LOCATION[,ROLE]",
     "Read this repository instead of the configured ones; repeated, in stack "
     "order; ROLE is development or upstream",
     NULL},
    {"env", 0, REL_OPTION_LIST, REL_VALUES_NONE, AT(environments),
     "NAME|KEY=VALUE,...",
     "Decide in this environment, configured or made of opam variables; "
     "repeated: in each",
     NULL},
    {"profile", 0, REL_OPTION_TEXT, REL_VALUES_NONE, AT(profile), "PROFILE",
     "Decide as a switch does (env), or as opam admin check of that series",
     "env opam-2.1 opam-2.4"},
    {"ignore-test-doc", 0, REL_OPTION_FLAG, REL_VALUES_NONE,
     AT(ignore_test_doc), NULL,
     "With opam-2.1, leave out test and documentation dependencies", NULL},
    {"offline", 0, REL_OPTION_FLAG, REL_VALUES_NONE, AT(offline), NULL,
     "Take remotes from the cache as they are", NULL},
    {"no-cache", 0, REL_OPTION_FLAG, REL_VALUES_NONE, AT(no_cache), NULL,
     "Parse every manifest anew", NULL},
    {"jobs", 'j', REL_OPTION_TEXT, REL_VALUES_NONE, AT(jobs), "N",
     "Use N threads; by default one for each processor", NULL},
};

const struct rel_option rel_output_options[REL_N_OUTPUT_OPTIONS] = {
    {"output", 'o', REL_OPTION_TEXT, REL_VALUES_FILES, AT(output), "FILE",
     "Write to FILE, which is replaced as a whole or not at all", NULL},
    {"color", 0, REL_OPTION_TEXT, REL_VALUES_NONE, AT(color), "WHEN",
     "Use colours; by default (auto) on a terminal, unless NO_COLOR is set",
     "auto always never"},
    {"quiet", 'q', REL_OPTION_FLAG, REL_VALUES_NONE, AT(quiet), NULL,
     "No progress, no warnings", NULL},
    {"verbose", 'v', REL_OPTION_FLAG, REL_VALUES_NONE, AT(verbose), NULL,
     "Tell more", NULL},
    {"help", 'h', REL_OPTION_FLAG, REL_VALUES_NONE, AT(help), NULL,
     "Show this text", NULL},
};
