#include "usage.h"

#include <string.h>

/* Columns of a text, and where the help of an option begins. */
#define WIDTH  78
#define COLUMN 24

/* Write `text` folded at blanks; the cursor stands in column `at`, further
 * lines begin in column `indent`. */
static void fold(FILE *out, const char *text, size_t at, size_t indent)
{
	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > indent && at + 1 + word > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)word, text);
		at += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* "(text, json)", folded as fold() does */
static void write_choices(FILE *out, const char *choices)
{
	char text[4 * WIDTH];
	size_t n = 0;

	for (text[n++] = '('; *choices && n < sizeof(text) - 3; choices++) {
		if (*choices == ' ')
			text[n++] = ',';
		text[n++] = *choices;
	}
	text[n++] = ')';
	text[n] = '\0';
	fprintf(out, "%*s", COLUMN, "");
	fold(out, text, COLUMN, COLUMN);
}

static void write_option(FILE *out, const struct rel_option *o)
{
	int n = o->letter ? fprintf(out, "  -%c, --%s", o->letter, o->name)
			  : fprintf(out, "  --%s", o->name);

	if (o->argument)
		n += fprintf(out, " %s", o->argument);
	if (n > COLUMN - 2) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", COLUMN - n, "");
	fold(out, o->help, COLUMN, COLUMN);
	if (o->choices)
		write_choices(out, o->choices);
}

void rel_usage_write_command(FILE *out, const struct rel_command *command)
{
	struct rel_command_options options;

	rel_command_options(&options, command, NULL, NULL);
	fprintf(out, "usage: relctl %s [OPTIONS] %s\n\n", command->name,
		command->arguments);
	fold(out, command->description, 0, 0);
	for (size_t s = 0; s < REL_N_SETS; s++) {
		const struct rel_option_set *set = &options.sets[s];

		if (set->title)
			fprintf(out, "\n%s:\n", set->title);
		for (size_t i = 0; i < set->n_options; i++)
			write_option(out, &set->options[i]);
	}
	fputs("\nExamples:\n", out);
	for (size_t i = 0; i < command->n_examples; i++)
		fprintf(out, "  %s:\n    relctl %s\n",
			command->examples[i].does,
			command->examples[i].arguments);
	fprintf(out, "\nMore in relctl-%s(1).\n", command->name);
}

void rel_usage_write(FILE *out)
{
	fputs("usage: relctl [-C DIR] COMMAND [OPTIONS] [ARGUMENTS]\n"
	      "       relctl help [COMMAND]\n"
	      "       relctl --version\n"
	      "\n"
	      "Keeps opam package repositories releasable.\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++) {
		const struct rel_command *c = rel_commands[i];

		if (i == 0 || strcmp(rel_commands[i - 1]->group, c->group) != 0)
			fprintf(out, "\n%s:\n", c->group);
		fprintf(out, "  %-14s%s\n", c->name, c->summary);
	}
	fputs("\n"
	      "Exit status: 0 nothing found, 1 findings, 2 usage, 3 network, "
	      "disk or input\n"
	      "failed, 4 a bug in relctl, 130 interrupted.\n"
	      "\n"
	      "More in relctl(1) and relctl.yml(5).\n",
	      out);
}
