#include "completion.h"

#include <string.h>

/* Calls `each` for every option of a command, in order. */
typedef void (*each_fn)(FILE *out, const struct rel_option *option,
			const char *context);

static void for_options(FILE *out, const struct rel_command *command,
			each_fn each, const char *context)
{
	struct rel_command_options options;

	rel_command_options(&options, command, NULL, NULL);
	for (size_t s = 0; s < REL_N_SETS; s++) {
		for (size_t i = 0; i < options.sets[s].n_options; i++)
			each(out, &options.sets[s].options[i], context);
	}
}

/* Text inside single quotes; `specials` get a backslash. */
static void quote(FILE *out, const char *text, const char *specials)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(specials, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void bash_name(FILE *out, const struct rel_option *o,
		      const char *context)
{
	(void)context;
	fprintf(out, " --%s", o->name);
}

/* What may follow an option that takes a value. */
static void bash_value(FILE *out, const struct rel_option *o,
		       const char *context)
{
	(void)context;
	if (o->kind == REL_OPTION_FLAG)
		return;
	fprintf(out, "\t%s:--%s", context, o->name);
	if (o->letter)
		fprintf(out, " | %s:-%c", context, o->letter);
	fputs(")\n\t\t", out);
	if (o->choices)
		fprintf(out,
			"mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
			o->choices);
	else if (o->values == REL_VALUES_NONE)
		fputs("COMPREPLY=()", out);
	else
		fprintf(out,
			"mapfile -t COMPREPLY < <(compgen -%c -- \"$cur\")",
			o->values == REL_VALUES_FILES ? 'f' : 'd');
	fputs("\n\t\treturn\n\t\t;;\n", out);
}

static void write_bash(FILE *out)
{
	fputs("# bash completion for relctl\n"
	      "_relctl() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev='' cmd='' i\n"
	      "\t((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tif [[ $cur == '=' ]]; then\n"
	      "\t\tcur=''\n"
	      "\telif [[ $prev == '=' ]]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\tfi\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n\t\t",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++)
		fprintf(out, "%s | ", rel_commands[i]->name);
	fputs("help)\n"
	      "\t\t\tcmd=${COMP_WORDS[i]}\n"
	      "\t\t\tbreak\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $cmd:$prev in\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++)
		for_options(out, rel_commands[i], bash_value,
			    rel_commands[i]->name);
	fputs("\t:-C)\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "\tlocal words\n"
	      "\tcase $cmd in\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++) {
		fprintf(out, "\t%s) words='", rel_commands[i]->name);
		for_options(out, rel_commands[i], bash_name, NULL);
		if (rel_commands[i]->words)
			fprintf(out, " %s", rel_commands[i]->words);
		fputs("' ;;\n", out);
	}
	fputs("\thelp) words='", out);
	for (size_t i = 0; i < rel_n_commands; i++)
		fprintf(out, " %s", rel_commands[i]->name);
	fputs("' ;;\n\t*) words='", out);
	for (size_t i = 0; i < rel_n_commands; i++)
		fprintf(out, " %s", rel_commands[i]->name);
	fputs(" help --help --version -C' ;;\n"
	      "\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "}\n"
	      "complete -o default -F _relctl relctl\n",
	      out);
}

/* A specification for zsh's _arguments. */
static void zsh_option(FILE *out, const struct rel_option *o,
		       const char *context)
{
	bool many =
	    o->kind == REL_OPTION_LIST || o->kind == REL_OPTION_MANIFESTS;

	(void)context;
	fprintf(out, "\t\t\t\t'%s--%s%s[", many ? "*" : "", o->name,
		o->argument ? "=" : "");
	quote(out, o->help, "[]\\");
	fputc(']', out);
	if (o->argument) {
		fputc(':', out);
		quote(out, o->argument, ":[]\\");
		if (o->choices)
			fprintf(out, ":(%s)", o->choices);
		else if (o->values == REL_VALUES_FILES)
			fputs(":_files", out);
		else if (o->values == REL_VALUES_DIRECTORIES)
			fputs(":_files -/", out);
		else
			fputs(": ", out);
	}
	fputs("' \\\n", out);
	if (o->letter) {
		fprintf(out, "\t\t\t\t'-%c%s[", o->letter,
			o->argument ? "+" : "");
		quote(out, o->help, "[]\\");
		fputc(']', out);
		if (o->argument)
			fprintf(out, ":%s:%s", o->argument,
				o->values == REL_VALUES_NONE	? " "
				: o->values == REL_VALUES_FILES ? "_files"
								: "_files -/");
		fputs("' \\\n", out);
	}
}

static void write_zsh(FILE *out)
{
	fputs("#compdef relctl\n"
	      "_relctl() {\n"
	      "\tlocal context curcontext=$curcontext state line\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++) {
		fprintf(out, "\t\t'%s:", rel_commands[i]->name);
		quote(out, rel_commands[i]->summary, ":\\");
		fputs("'\n", out);
	}
	fputs("\t\t'help:explain a command'\n"
	      "\t)\n"
	      "\t_arguments -C '--version[show the version]' "
	      "'--help[show the commands]' \\\n"
	      "\t\t'-C+[work as if started there]:DIR:_files -/' \\\n"
	      "\t\t'1:command:->command' '*::argument:->arguments'\n"
	      "\tcase $state in\n"
	      "\tcommand)\n"
	      "\t\t_describe -t commands command commands\n"
	      "\t\t;;\n"
	      "\targuments)\n"
	      "\t\tcase $words[1] in\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++) {
		fprintf(out, "\t\t%s)\n\t\t\t_arguments -s \\\n",
			rel_commands[i]->name);
		for_options(out, rel_commands[i], zsh_option, NULL);
		fputs("\t\t\t\t'*:PKG:", out);
		if (rel_commands[i]->words)
			fprintf(out, "(%s)", rel_commands[i]->words);
		fputs(rel_commands[i]->words ? "'" : " '", out);
		fputs("\n\t\t\t;;\n", out);
	}
	fputs("\t\thelp)\n"
	      "\t\t\t_describe -t commands command commands\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\n"
	      "if [[ $funcstack[1] == _relctl ]]; then\n"
	      "\t_relctl \"$@\"\n"
	      "else\n"
	      "\tcompdef _relctl relctl\n"
	      "fi\n",
	      out);
}

static void fish_option(FILE *out, const struct rel_option *o,
			const char *context)
{
	fprintf(out,
		"complete -c relctl -n '__fish_seen_subcommand_from %s' -l %s",
		context, o->name);
	if (o->letter)
		fprintf(out, " -s %c", o->letter);
	if (o->choices)
		fprintf(out, " -x -a '%s'", o->choices);
	else if (o->values == REL_VALUES_FILES)
		fputs(" -r -F", out);
	else if (o->values == REL_VALUES_DIRECTORIES)
		fputs(" -x -a '(__fish_complete_directories)'", out);
	else if (o->argument)
		fputs(" -x", out);
	fputs(" -d '", out);
	quote(out, o->help, "\\");
	fputs("'\n", out);
}

static void write_fish(FILE *out)
{
	fputs("# fish completion for relctl\n"
	      "complete -c relctl -f\n"
	      "complete -c relctl -n __fish_use_subcommand -l version "
	      "-d 'Show the version'\n"
	      "complete -c relctl -n __fish_use_subcommand -l help "
	      "-d 'Show the commands'\n"
	      "complete -c relctl -n __fish_use_subcommand -a help "
	      "-d 'Explain a command'\n",
	      out);
	for (size_t i = 0; i < rel_n_commands; i++) {
		const struct rel_command *c = rel_commands[i];

		fprintf(out,
			"complete -c relctl -n __fish_use_subcommand -a %s "
			"-d '",
			c->name);
		quote(out, c->summary, "\\");
		fprintf(out,
			"'\n"
			"complete -c relctl -n '__fish_seen_subcommand_from "
			"help' -a %s\n",
			c->name);
		for_options(out, c, fish_option, c->name);
		if (c->words)
			fprintf(out,
				"complete -c relctl -n "
				"'__fish_seen_subcommand_from %s' -a '%s'\n",
				c->name, c->words);
	}
}

void rel_completion_write(FILE *out, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		write_bash(out);
	else if (strcmp(shell, "zsh") == 0)
		write_zsh(out);
	else
		write_fish(out);
}
