/* relctl: finds the command, parses its options, turns its result into an
 * exit status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/nearest.h"
#include "command.h"
#include "completion.h"
#include "signals.h"
#include "usage.h"

/* Options of relctl itself, before a command. */
struct top {
	bool version;
	const char *completion;
};

static const struct rel_option top_options[] = {
    {"version", 0, REL_OPTION_FLAG, REL_VALUES_NONE,
     offsetof(struct top, version), NULL, "Show the version", NULL},
    {"completion", 0, REL_OPTION_TEXT, REL_VALUES_NONE,
     offsetof(struct top, completion), "SHELL",
     "Write the completion script for SHELL", REL_COMPLETION_SHELLS},
};

struct program {
	int argc;
	char **argv;
	struct rel_common common;
	struct rel_screen screen;
	struct rel_cancel *cancel;
	uint64_t begun;
};

/* Texts printed through stdio: did they arrive?  A reader that went away is
 * no trouble. */
static int close_stdout(struct rel_screen *screen)
{
	struct rel_error err = {0};
	bool failed = fflush(stdout) != 0 || ferror(stdout);
	int number = errno;

	if (fclose(stdout) != 0 && !failed) {
		failed = true;
		number = errno;
	}
	if (!failed || number == EPIPE)
		return REL_EXIT_OK;
	rel_fail_errno(&err, number, "standard output", "cannot write");
	rel_screen_error(screen, &err, NULL);
	return REL_EXIT_WORLD;
}

/* A descriptor below 3 that is closed would be given to the next file that is
 * opened, and be written to. */
static void occupy_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			return;
	}
}

/* --jobs and the like: which command to ask about it. */
static void remedy_of(char *out, size_t size, const struct rel_command *command)
{
	snprintf(out, size, "Try: relctl %s%s--help",
		 command ? command->name : "", command ? " " : "");
}

static int fail(struct program *p, const struct rel_error *err, int code,
		const struct rel_command *command)
{
	char remedy[80];

	switch ((enum rel_code)code) {
	case REL_EUSAGE:
		remedy_of(remedy, sizeof(remedy), command);
		rel_screen_error(&p->screen, err, remedy);
		return REL_EXIT_USAGE;
	case REL_ECANCELLED:
		rel_screen_error(&p->screen, err, NULL);
		return REL_EXIT_INTERRUPTED;
	default:
		rel_screen_error(&p->screen, err, NULL);
		return REL_EXIT_WORLD;
	}
}

static int check_arguments(const struct rel_command *command,
			   const struct rel_list *arguments,
			   struct rel_error *err)
{
	if (arguments->count < command->min_arguments)
		return rel_fail(err, REL_EUSAGE, "%s needs %s", command->name,
				command->arguments);
	if (arguments->count > command->max_arguments)
		return rel_fail(err, REL_EUSAGE, "%s takes %s%s, not \"%.80s\"",
				command->name,
				command->max_arguments ? "only "
						       : "no arguments",
				command->arguments,
				arguments->items[command->max_arguments]);
	return 0;
}

static int enter(const char *directory, struct rel_error *err)
{
	if (!directory || chdir(directory) == 0)
		return 0;
	return rel_fail_errno(err, errno, directory, "cannot enter");
}

static int run_command(struct program *p, const struct rel_command *command,
		       const struct rel_list *arguments, const void *values,
		       struct rel_error *err)
{
	struct rel_call call = {.command = command,
				.common = &p->common,
				.values = values,
				.arguments = arguments->items,
				.n_arguments = arguments->count,
				.screen = &p->screen,
				.cancel = p->cancel,
				.begun = p->begun};
	bool found = false;
	int rc = check_arguments(command, arguments, err);

	p->screen.quiet = p->common.quiet;
	p->screen.verbose = p->common.verbose && !p->common.quiet;
	if (rc == 0)
		rc = enter(p->common.directory, err);
	if (rc == 0)
		rc = command->run(&call, &found, err);
	if (rc)
		return fail(p, err, rc, command);
	return found ? REL_EXIT_FINDINGS : REL_EXIT_OK;
}

/* argv[at] names the command. */
static int dispatch(struct program *p, const struct rel_command *command,
		    int at)
{
	struct rel_command_options options;
	struct rel_list arguments = {NULL, 0, 0};
	struct rel_error err = {0};
	/* a byte more: there is none without options of its own */
	void *values = calloc(1, command->values_size + 1);
	int status, rc, next = 0;

	if (!values)
		return fail(p, &err, rel_fail_nomem(&err), command);
	rel_command_options(&options, command, &p->common, values);
	rc = rel_options_parse(options.sets, REL_N_SETS, &arguments, false,
			       &next, at + 1, p->argc, p->argv, &err);
	if (rc) {
		status = fail(p, &err, rc, command);
	} else if (p->common.help) {
		rel_usage_write_command(stdout, command);
		status = REL_EXIT_OK;
	} else {
		status = run_command(p, command, &arguments, values, &err);
	}
	/* the common lists are freed with the program's */
	rel_options_free(&options.sets[0], 1);
	rel_list_free(&arguments);
	free(values);
	return status;
}

/* What those who know other programs type. */
static const struct {
	const char *word, *meant;
} other_words[] = {
    {"release", "cut"},
    {"publish", "cut"},
    {"tag", "cut"},
    {"check", "list-broken"},
    {"broken", "list-broken"},
    {"status", "list-broken"},
    {"depends", "rdeps"},
    {"revdeps", "rdeps"},
    {"remove", "withdraw"},
    {"unpublish", "withdraw"},
    {"edit", "revise"},
    {"audit", "verify"},
    {"install", "coinstall"},
    {"version", "--version"},
};

static const char *meant_by(const char *word)
{
	size_t n = sizeof(other_words) / sizeof(other_words[0]);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(other_words[i].word, word) == 0)
			return other_words[i].meant;
	}
	return NULL;
}

static int fail_command(struct program *p, const char *name)
{
	size_t n = rel_n_commands + 1;
	const char **names = calloc(n, sizeof(*names));
	const char *near = meant_by(name);
	struct rel_error err = {0};
	int rc;

	for (size_t i = 0; names && i < rel_n_commands; i++)
		names[i] = rel_commands[i]->name;
	if (names)
		names[rel_n_commands] = "help";
	if (names && !near)
		near = rel_nearest(rel_str_of(name), names, n);
	rc = rel_fail(&err, REL_EUSAGE, "no command \"%.80s\"%s%s%s", name,
		      near ? "; did you mean " : "", near ? near : "",
		      near ? "?" : "");
	free(names);
	return fail(p, &err, rc, NULL);
}

static int help(struct program *p, const char *name)
{
	const struct rel_command *command;

	/* `help help` asks about the commands that help is about */
	if (!name || strcmp(name, "help") == 0) {
		rel_usage_write(stdout);
		return REL_EXIT_OK;
	}
	command = rel_command_find(name);
	if (!command)
		return fail_command(p, name);
	rel_usage_write_command(stdout, command);
	return REL_EXIT_OK;
}

static int run(struct program *p)
{
	struct top top = {false, NULL};
	struct rel_option_set sets[] = {
	    {NULL, top_options, sizeof(top_options) / sizeof(top_options[0]),
	     &top},
	    {NULL, rel_source_options, REL_N_SOURCE_OPTIONS, &p->common},
	    {NULL, rel_output_options, REL_N_OUTPUT_OPTIONS, &p->common}};
	const struct rel_command *command;
	struct rel_error err = {0};
	int at = 0;
	int rc = rel_options_parse(sets, 3, NULL, true, &at, 1, p->argc,
				   p->argv, &err);

	if (rc)
		return fail(p, &err, rc, NULL);
	if (top.version) {
		puts("relctl " RELCTL_VERSION);
		return REL_EXIT_OK;
	}
	if (top.completion) {
		rel_completion_write(stdout, top.completion);
		return REL_EXIT_OK;
	}
	if (p->common.help)
		return help(p, p->argv[at]);
	if (!p->argv[at]) {
		rel_usage_write(stderr);
		return REL_EXIT_USAGE;
	}
	if (strcmp(p->argv[at], "help") == 0)
		return help(p, p->argv[at + 1]);
	command = rel_command_find(p->argv[at]);
	return command ? dispatch(p, command, at)
		       : fail_command(p, p->argv[at]);
}

int main(int argc, char **argv)
{
	/* signal handlers keep a pointer to it */
	static struct rel_cancel cancel;
	struct program p = {.argc = argc,
			    .argv = argv,
			    .cancel = &cancel,
			    .begun = rel_screen_now()};
	int status, written;

	occupy_descriptors();
	rel_signals_install(&cancel);
	rel_screen_init(&p.screen, false, false);
	status = argc > 0 ? run(&p) : REL_EXIT_USAGE;
	written = close_stdout(&p.screen);
	rel_list_free(&p.common.remotes);
	rel_list_free(&p.common.environments);
	rel_screen_free(&p.screen);
	return written ? written : status;
}
