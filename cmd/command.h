/*
 * Commands: what main.c dispatches to.  A command is a table of options, a
 * few texts and one function.
 */
#ifndef REL_CMD_COMMAND_H
#define REL_CMD_COMMAND_H

#include "base/cancel.h"
#include "common.h"
#include "exit.h"
#include "screen.h"

struct rel_example {
	const char *does, *arguments; /* after "relctl " */
};

/* One run of a command. */
struct rel_call {
	const struct rel_command *command;
	const struct rel_common *common;
	const void *values; /* of command->options */
	const char *const *arguments;
	uint32_t n_arguments;
	struct rel_screen *screen;
	struct rel_cancel *cancel;
	uint64_t begun; /* monotonic milliseconds */
};

struct rel_command {
	const char *name;
	const char *group;	 /* heading in the list of commands */
	const char *summary;	 /* "list what cannot be installed" */
	const char *arguments;	 /* "[PKG[.VER]...]" */
	const char *description; /* a paragraph */
	/* What arguments may be beside names, blank-separated, for shells to
	 * offer; or NULL. */
	const char *words;
	uint32_t min_arguments, max_arguments;
	const char *formats; /* of --format, blank-separated, default first */
	/* How many of the source options mean something; 0 = all */
	uint32_t n_source_options;
	/* Runs where a CI system has put it: the relctl.yml there may be
	 * anybody's. */
	bool foreign_directory;
	const struct rel_option *options;
	size_t n_options;
	size_t values_size; /* bytes of the struct behind the options */
	const struct rel_example *examples;
	size_t n_examples;
	/*
	 * Do it.  *found: there are findings (exit status 1).
	 * Returns 0 or a negative code with `err` set.
	 */
	int (*run)(const struct rel_call *call, bool *found,
		   struct rel_error *err);
};

extern const struct rel_command rel_command_list_broken;
extern const struct rel_command rel_command_why;
extern const struct rel_command rel_command_rdeps;
extern const struct rel_command rel_command_coinstall;
extern const struct rel_command rel_command_lint;
extern const struct rel_command rel_command_verify;
extern const struct rel_command rel_command_index;
extern const struct rel_command rel_command_freeze;
extern const struct rel_command rel_command_cut;
extern const struct rel_command rel_command_withdraw;
extern const struct rel_command rel_command_revise;
extern const struct rel_command rel_command_init;
extern const struct rel_command rel_command_ci;

/* In the order in which they are told, those of a group together. */
extern const struct rel_command *const rel_commands[];
extern const size_t rel_n_commands;

/* The command `name`, or NULL. */
const struct rel_command *rel_command_find(const char *name);

#define REL_N_SETS 4
/* The option tables of a command, its own first. */
struct rel_command_options {
	struct rel_option format; /* --format, with the command's choices */
	struct rel_option_set sets[REL_N_SETS];
};

/* common, values  where the values go; NULL when only texts are made */
void rel_command_options(struct rel_command_options *out,
			 const struct rel_command *command,
			 struct rel_common *common, void *values);

#endif
