/* Usage texts, made from the tables of options and commands. */
#ifndef REL_CMD_USAGE_H
#define REL_CMD_USAGE_H

#include <stdio.h>

#include "command.h"

/* What `relctl --help` says. */
void rel_usage_write(FILE *out);
/* What `relctl COMMAND --help` says. */
void rel_usage_write_command(FILE *out, const struct rel_command *command);

#endif
