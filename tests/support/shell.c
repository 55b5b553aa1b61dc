#include "support/shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/process.h"

#define STATUS_BROKEN 99

void rel_test_clean_environment(void)
{
	static const char *const settings[][2] = {
	    {"LC_ALL", "C"},
	    {"TZ", "UTC"},
	    {"GIT_CONFIG_NOSYSTEM", "1"},
	    {"GIT_CONFIG_GLOBAL", "/dev/null"},
	    {"GIT_TERMINAL_PROMPT", "0"},
	    {"GIT_AUTHOR_NAME", "Tester"},
	    {"GIT_AUTHOR_EMAIL", "tester@example.org"},
	    {"GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"},
	    {"GIT_COMMITTER_NAME", "Tester"},
	    {"GIT_COMMITTER_EMAIL", "tester@example.org"},
	    {"GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"},
	};
	static const char *const unset[] = {
	    "HOME",
	    "XDG_CACHE_HOME",
	    "XDG_CONFIG_HOME",
	    "GIT_DIR",
	    "GIT_SSH",
	    "GIT_SSH_COMMAND",
	    "RELCTL_TOKEN",
	    "GITHUB_TOKEN",
	    "GH_TOKEN",
	    "GITLAB_TOKEN",
	    "CI_JOB_TOKEN",
	    "NETRC",
	    "SSH_AUTH_SOCK",
	    "http_proxy",
	    "https_proxy",
	    "GITHUB_SERVER_URL",
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		setenv(settings[i][0], settings[i][1], 1);
	for (size_t i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		unsetenv(unset[i]);
}

static int run(struct rel_buf *out, const char *script)
{
	const char *argv[] = {"sh", "-ec", script, NULL};
	struct rel_error err = {0};
	int status = STATUS_BROKEN;

	if (rel_process_run(argv, NULL, NULL, REL_STR(""), out, NULL, &status,
			    NULL, &err) < 0) {
		fprintf(stderr, "test support: sh: %s\n", err.text);
		exit(STATUS_BROKEN);
	}
	return status;
}

static char *format(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		exit(STATUS_BROKEN);
	return text;
}

char *rel_test_sh(const char *fmt, ...)
{
	struct rel_buf out;
	char *script;
	va_list args;

	va_start(args, fmt);
	script = format(fmt, args);
	va_end(args);
	rel_buf_init(&out, 1 * REL_GIB);
	if (run(&out, script) != 0) {
		fprintf(stderr, "test support: failed: %s\n", script);
		exit(STATUS_BROKEN);
	}
	free(script);
	while (out.len > 0 && out.ptr[out.len - 1] == '\n')
		out.len--;
	rel_buf_add_char(&out, '\0');
	return rel_buf_detach(&out, NULL);
}

int rel_test_sh_status(const char *fmt, ...)
{
	struct rel_buf out;
	char *script;
	va_list args;
	int status;

	va_start(args, fmt);
	script = format(fmt, args);
	va_end(args);
	rel_buf_init(&out, 1 * REL_MIB);
	status = run(&out, script);
	fprintf(stderr, "%.*s", REL_STR_ARG(rel_buf_str(&out)));
	rel_buf_free(&out);
	free(script);
	return status;
}
