#include "command.h"

#include <string.h>

const struct rel_command *const rel_commands[] = {
    &rel_command_list_broken, &rel_command_why,	   &rel_command_rdeps,
    &rel_command_coinstall,   &rel_command_cut,	   &rel_command_withdraw,
    &rel_command_revise,      &rel_command_verify, &rel_command_freeze,
    &rel_command_lint,	      &rel_command_index,  &rel_command_ci,
    &rel_command_init,
};
const size_t rel_n_commands = sizeof(rel_commands) / sizeof(rel_commands[0]);

const struct rel_command *rel_command_find(const char *name)
{
	for (size_t i = 0; i < rel_n_commands; i++) {
		if (strcmp(rel_commands[i]->name, name) == 0)
			return rel_commands[i];
	}
	return NULL;
}

static const char *source_title(uint32_t n)
{
	if (n == REL_N_DIRECTORY_OPTIONS)
		return NULL;
	return n == REL_N_REMOTE_OPTIONS ? "Remotes"
					 : "Remotes and environments";
}

void rel_command_options(struct rel_command_options *out,
			 const struct rel_command *command,
			 struct rel_common *common, void *values)
{
	uint32_t n = command->n_source_options ? command->n_source_options
					       : REL_N_SOURCE_OPTIONS;

	out->format =
	    (struct rel_option){.name = "format",
				.kind = REL_OPTION_TEXT,
				.offset = offsetof(struct rel_common, format),
				.argument = "FORMAT",
				.help = "Write the report in this format",
				.choices = command->formats};
	out->sets[0] = (struct rel_option_set){"Options", command->options,
					       command->n_options, values};
	out->sets[1] = (struct rel_option_set){source_title(n),
					       rel_source_options, n, common};
	out->sets[2] =
	    (struct rel_option_set){"Output", &out->format, 1, common};
	out->sets[3] = (struct rel_option_set){NULL, rel_output_options,
					       REL_N_OUTPUT_OPTIONS, common};
}
