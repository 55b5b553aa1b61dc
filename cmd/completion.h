/* Completion scripts for shells, made from the tables. */
#ifndef REL_CMD_COMPLETION_H
#define REL_CMD_COMPLETION_H

#include <stdio.h>

#include "command.h"

/* Blank-separated, for the option's choices. */
#define REL_COMPLETION_SHELLS "bash zsh fish"

/* Write the script for `shell`, one of the above, to `out`. */
void rel_completion_write(FILE *out, const char *shell);

#endif
