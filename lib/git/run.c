/* The installed git, run with an environment that suits us. */
#include "git/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/network.h"
#include "base/process.h"
#include "git/git_private.h"

#define POLL_MS 100

/* Answers git's question with what stands in the environment, so that no
 * secret is on a command line or in a file. */
#define HELPER                                                               \
	"!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' " \
	"\"$RELCTL_GIT_USER\" \"$RELCTL_GIT_PASSWORD\"; }; f"

const char *rel_git_ca_variable(void)
{
	return rel_network_env("GIT_SSL_CAINFO") ? "GIT_SSL_CAINFO"
						 : rel_network_ca_file();
}

static const char *ca_file(const struct rel_git_fetch_options *options)
{
	const char *variable = rel_git_ca_variable();

	if (options->ca_file)
		return options->ca_file;
	return variable ? rel_network_env(variable) : NULL;
}

/* "KEY=VALUE" texts, one behind the other, and the list of them. */
struct environment {
	char *items[64];
	size_t n;
	unsigned long n_config; /* GIT_CONFIG_KEY_<n> used so far */
	int status;
};

static void env_add(struct environment *env, const char *fmt, ...)
    REL_PRINTF(2, 3);

static void env_add(struct environment *env, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (env->n + 1 == sizeof(env->items) / sizeof(env->items[0]) ||
	    vasprintf(&text, fmt, args) < 0)
		env->status = REL_ENOMEM;
	else
		env->items[env->n++] = text;
	va_end(args);
}

/* A setting as with -c, but not on the command line. */
static void env_config(struct environment *env, const char *key,
		       const char *value)
{
	env_add(env, "GIT_CONFIG_KEY_%lu=%s", env->n_config, key);
	env_add(env, "GIT_CONFIG_VALUE_%lu=%s", env->n_config, value);
	env->n_config++;
}

static void env_free(struct environment *env)
{
	for (size_t i = 0; i < env->n; i++) {
		explicit_bzero(env->items[i], strlen(env->items[i]));
		free(env->items[i]);
	}
}

/* What a caller that is itself run by git (a hook, an alias) hands down would
 * lead git to another repository. */
static void env_unset_repository(struct environment *env)
{
	static const char *const names[] = {"GIT_DIR",
					    "GIT_WORK_TREE",
					    "GIT_INDEX_FILE",
					    "GIT_OBJECT_DIRECTORY",
					    "GIT_COMMON_DIR",
					    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
					    "GIT_NAMESPACE",
					    "GIT_QUARANTINE_PATH",
					    "GIT_SHALLOW_FILE",
					    "GIT_GRAFT_FILE",
					    "GIT_CONFIG",
					    "GIT_PREFIX",
					    "GIT_TRACE_CURL_NO_DATA"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		env_add(env, "%s", names[i]);
}

/*
 * Credentials of our own finding replace git's helpers: git would have the
 * helpers store what it was given.  Without, git asks its helpers as always.
 */
static int env_credentials(struct environment *env,
			   const struct rel_git_url *url, struct rel_error *err)
{
	struct rel_git_credential found;
	struct rel_buf key;
	int rc;

	if (url->transport != REL_GIT_HTTP)
		return 0;
	rel_git_credential_init(&found);
	rel_buf_init(&key, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_credential_find(&found, url, err);
	rel_buf_add_cstr(&key, "credential.");
	rel_git_url_origin(&key, url);
	if (rc > 0) {
		rel_buf_add_cstr(&key, ".helper");
		env_add(env, "RELCTL_GIT_USER=%.*s",
			REL_STR_ARG(rel_buf_str(&found.user)));
		env_add(env, "RELCTL_GIT_PASSWORD=%.*s",
			REL_STR_ARG(rel_buf_str(&found.password)));
		env_config(env, "credential.helper", "");
		env_config(env, key.ptr, HELPER);
	} else if (rc == 0 && url->user.len > 0) {
		rel_buf_add_cstr(&key, ".username");
		rel_git_url_decode(&found.user, url->user);
		if (found.user.len > 0)
			env_config(env, key.ptr, found.user.ptr);
	}
	if (key.status < 0)
		env->status = key.status;
	rel_buf_free(&key);
	rel_git_credential_free(&found);
	return rc < 0 ? rc : 0;
}

/* Does the configuration of git that holds there name an ssh command? */
static bool has_ssh_command(const struct rel_git_run *run)
{
	static const char *const args[] = {"config", "--get", "core.sshCommand",
					   NULL};
	struct rel_git_run ask;
	bool found;

	if (getenv("GIT_SSH_COMMAND") || getenv("GIT_SSH"))
		return true;
	rel_git_run_init(&ask, NULL, REL_LIMIT_CONFIG_BYTES);
	ask.git_dir = run->git_dir;
	ask.cwd = run->cwd;
	ask.made = run->made;
	found = rel_git_run(&ask, args, NULL) == 0 && ask.status == 0;
	rel_git_run_free(&ask);
	return found;
}

/* For repositories of ours that borrow objects: they are read as they are,
 * nothing is fetched for them, and git is not run where they lie. */
static void env_borrowed(struct environment *env)
{
	env_add(env, "GIT_NO_LAZY_FETCH=1");
	env_add(env, "GIT_NO_REPLACE_OBJECTS=1");
	env_config(env, "core.alternateRefsCommand", ":");
	env_config(env, "core.commitGraph", "false");
	env_config(env, "core.multiPackIndex", "false");
	env_config(env, "core.fsmonitor", "false");
	env_config(env, "core.hooksPath", "/dev/null");
}

/* What git finds around `cwd`, or is told, is to be the user's own. */
static int check_place(const struct rel_git_run *run, struct rel_error *err)
{
	struct rel_git_place place;
	int rc;

	if (run->made ||
	    (run->git_dir && strcmp(run->git_dir, REL_GIT_NOWHERE) == 0))
		return 0;
	rc = run->git_dir
		 ? rel_git_place_of(&place, run->git_dir, NULL)
		 : rel_git_place_find(&place, run->cwd ? run->cwd : ".", NULL);
	/* None, or one that git will complain about. */
	if (rc < 0)
		return 0;
	rc = place.foreign ? rel_git_place_fail(&place, err) : 0;
	rel_git_place_free(&place);
	return rc;
}

static int env_fill(struct environment *env, const struct rel_git_run *run,
		    struct rel_error *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	const char *ca = ca_file(run->options);
	int rc;

	if (count != NULL)
		rel_str_to_uint(rel_str_of(count), 1000, &env->n_config);
	env_unset_repository(env);
	/* The texts are read by stderr.c. */
	env_add(env, "LC_ALL=C");
	env_add(env, "LANGUAGE");
	/* Who only looks writes nothing. */
	env_add(env, "GIT_OPTIONAL_LOCKS=0");
	if (!run->options->interactive) {
		env_add(env, "GIT_TERMINAL_PROMPT=0");
		if (run->url != NULL && run->url->transport == REL_GIT_SSH &&
		    !has_ssh_command(run))
			env_add(env, "GIT_SSH_COMMAND=ssh -o BatchMode=yes");
	}
	/* git's libcurl reads neither CURL_CA_BUNDLE nor SSL_CERT_*. */
	if (ca != NULL)
		env_add(env, "GIT_SSL_CAINFO=%s", ca);
	if (!rel_network_env("GIT_SSL_CAPATH") &&
	    rel_network_env("SSL_CERT_DIR"))
		env_add(env, "GIT_SSL_CAPATH=%s",
			rel_network_env("SSL_CERT_DIR"));
	rc = run->url ? env_credentials(env, run->url, err) : 0;
	if (rc < 0)
		return rc;
	/* One pack per fetch, whose blobs are read at once; git packs them
	 * together now and then, in its own time but under our lock. */
	env_config(env, "fetch.unpackLimit", "1");
	env_config(env, "gc.autoDetach", "false");
	env_config(env, "maintenance.autoDetach", "false");
	env_config(env, "fetch.fsckObjects", "false");
	/* A bare repository that lies as files in a work tree is data. */
	env_config(env, "safe.bareRepository", "explicit");
	/* Remote helpers that run what an address names. */
	env_config(env, "protocol.ext.allow", "never");
	env_config(env, "protocol.fd.allow", "never");
	if (run->made)
		env_borrowed(env);
	env_add(env, "GIT_CONFIG_COUNT=%lu", env->n_config);
	return env->status < 0 ? rel_fail_nomem(err) : 0;
}

/* What git writes while it runs. */
struct listener {
	struct rel_git_run *run;
	struct rel_buf line;	/* of stderr, not yet ended */
	int64_t started, heard; /* when */
};

static int64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static unsigned limit_of(unsigned chosen, unsigned limit)
{
	return chosen ? chosen : limit;
}

/* Whoever waits at a terminal decides himself. */
static int check_time(const struct listener *listener, struct rel_error *err)
{
	const struct rel_git_run *run = listener->run;
	unsigned silence = limit_of(run->options->silence_seconds,
				    REL_LIMIT_GIT_SILENCE_SECONDS);
	unsigned total =
	    limit_of(run->options->total_seconds, REL_LIMIT_GIT_SECONDS);
	int64_t now = now_seconds();

	if (run->options->interactive)
		return 0;
	if (now - listener->heard > silence)
		rel_fail(err, REL_EIO, "%s: no word for %u seconds", run->what,
			 silence);
	else if (now - listener->started > total)
		rel_fail(err, REL_ELIMIT, "%s: not done after %u seconds",
			 run->what, total);
	else
		return 0;
	rel_error_at(err, run->clean, 0, 0);
	return err ? err->code : REL_EIO;
}

static int take_out(struct listener *listener, struct rel_process *process,
		    struct rel_error *err)
{
	struct rel_buf *out = &listener->run->out;
	char chunk[4096];
	ssize_t n = read(process->out, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		close(process->out);
		process->out = -1;
	} else if (out->max > 0 && rel_buf_add(out, chunk, (size_t)n) < 0) {
		return rel_buf_status(out, "what git says", err);
	}
	return 0;
}

static void take_err(struct listener *listener, struct rel_process *process)
{
	char chunk[4096];
	ssize_t n = read(process->err, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(process->err);
		process->err = -1;
	} else {
		rel_git_stderr_take(listener->run, &listener->line,
				    rel_str_n(chunk, (size_t)n));
	}
}

/* Until git closes both its streams. */
static int listen(struct listener *listener, struct rel_process *process,
		  struct rel_error *err)
{
	const struct rel_git_run *run = listener->run;
	int rc = 0;

	listener->started = listener->heard = now_seconds();
	while (rc == 0 && (process->err >= 0 || process->out >= 0)) {
		struct pollfd fds[2] = {{.fd = process->err, .events = POLLIN},
					{.fd = process->out, .events = POLLIN}};
		int n = poll(fds, 2, POLL_MS);

		if (rel_cancelled(run->options->cancel))
			return rel_fail_cancelled(err);
		if (run->url != NULL)
			rc = check_time(listener, err);
		if (rc < 0 || n <= 0)
			continue;
		listener->heard = now_seconds();
		if (fds[1].revents != 0)
			rc = take_out(listener, process, err);
		if (fds[0].revents != 0)
			take_err(listener, process);
	}
	return rc;
}

/* git reads its input before it says much.  Closed in any case: git would wait
 * for the rest for ever, and we for git. */
static int feed(struct rel_process *process, struct rel_str input,
		struct rel_error *err)
{
	int rc = 0;

	if (input.len > 0)
		rc = rel_process_write(process, input.ptr, input.len, err);
	close(process->in);
	process->in = -1;
	return rc;
}

static uint64_t max_pack(const struct rel_git_run *run)
{
	return run->options->max_pack ? run->options->max_pack
				      : REL_LIMIT_GIT_PACK_BYTES;
}

/* What it starts for the transfer, when the server has answered, inherits
 * that. */
static void bound_files(const struct rel_git_run *run,
			const struct rel_process *process)
{
	uint64_t max = max_pack(run);
	struct rlimit limit;

	if (run->url == NULL || sizeof(rlim_t) < sizeof(max) ||
	    prlimit(process->pid, RLIMIT_FSIZE, NULL, &limit) != 0 ||
	    limit.rlim_cur <= max)
		return;
	limit.rlim_cur = max;
	prlimit(process->pid, RLIMIT_FSIZE, &limit, NULL);
}

static int start(struct rel_git_run *run, struct rel_process *process,
		 const char *const args[], char *const env[],
		 struct rel_error *err)
{
	const char **argv;
	size_t n_args = 0, n = 0;
	int rc;

	while (args[n_args] != NULL)
		n_args++;
	argv = calloc(n_args + 6, sizeof(*argv));
	if (argv == NULL)
		return rel_fail_nomem(err);
	argv[n++] = "git";
	if (run->git_dir != NULL) {
		argv[n++] = "--git-dir";
		argv[n++] = run->git_dir;
	}
	if (run->work_tree != NULL) {
		argv[n++] = "--work-tree";
		argv[n++] = run->work_tree;
	}
	memcpy(argv + n, args, n_args * sizeof(*argv));
	if (run->cache != NULL)
		rel_git_cache_lend(run->cache);
	rc = rel_process_start(
	    process, argv, run->cwd, (const char *const *)env,
	    REL_PROCESS_STDERR_PIPE | REL_PROCESS_FILE_ERRORS, err);
	if (rc == 0)
		bound_files(run, process);
	if (run->cache != NULL)
		rel_git_cache_reclaim(run->cache);
	free(argv);
	return rc;
}

void rel_git_run_init(struct rel_git_run *run,
		      const struct rel_git_fetch_options *options,
		      size_t out_max)
{
	static const struct rel_git_fetch_options none = {0};

	memset(run, 0, sizeof(*run));
	run->options = options ? options : &none;
	run->what = "git fails";
	run->title = "";
	rel_buf_init(&run->out, out_max);
	rel_buf_init(&run->err_out, REL_LIMIT_CHILD_TEXT);
}

void rel_git_run_init_nowhere(struct rel_git_run *run, const char *what,
			      size_t out_max)
{
	rel_git_run_init(run, NULL, out_max);
	run->git_dir = REL_GIT_NOWHERE;
	run->cwd = "/";
	run->what = what;
}

void rel_git_run_free(struct rel_git_run *run)
{
	rel_buf_free(&run->err_out);
	rel_buf_free(&run->out);
}

int rel_git_run(struct rel_git_run *run, const char *const args[],
		struct rel_error *err)
{
	struct rel_process process = {
	    .pid = -1, .in = -1, .out = -1, .err = -1};
	struct listener listener = {.run = run};
	struct environment env = {0};
	struct rel_error unfed = {0};
	int rc, fed;

	rel_buf_clear(&run->out);
	rel_buf_clear(&run->err_out);
	rel_buf_init(&listener.line, REL_LIMIT_CHILD_TEXT);
	rc = rel_process_exists("git")
		 ? check_place(run, err)
		 : rel_fail(err, REL_EIO,
			    "%s: git is not installed, or not in PATH; install "
			    "it",
			    run->what);
	if (rc == 0)
		rc = env_fill(&env, run, err);
	if (rc == 0)
		rc = start(run, &process, args, env.items, err);
	if (rc < 0)
		goto out;
	fed = feed(&process, run->input, &unfed);
	rc = listen(&listener, &process, err);
	if (rc < 0) {
		rel_process_kill(&process);
		goto out;
	}
	if (listener.line.len > 0)
		rel_git_stderr_take(run, &listener.line, REL_STR("\n"));
	rc = rel_process_wait(&process, &run->status, err);
	/* What git leaves unread, its status explains; but it cannot be content
	 * with half of what it was to do. */
	if (rc == 0 && fed < 0 && run->status == 0) {
		rc = fed;
		if (err)
			*err = unfed;
	}
out:
	rel_buf_free(&listener.line);
	env_free(&env);
	return rc;
}

int rel_git_run_fail(const struct rel_git_run *run, struct rel_error *err)
{
	static const char too_big[] = "write error: File too large";
	struct rel_str text = rel_buf_str(&run->err_out);
	int rc;

	if (run->url && text.len > 0 &&
	    memmem(text.ptr, text.len, too_big, sizeof(too_big) - 1))
		rc = rel_fail(err, REL_ELIMIT,
			      "%s: the server sends more than %ju bytes",
			      run->what, (uintmax_t)max_pack(run));
	else if (rel_str_trim(text).len == 0)
		rc = rel_fail(err, REL_EIO, "%s: git ended with %d", run->what,
			      run->status);
	else
		rc = rel_git_stderr_fail(err, run->what, run->url, text);
	rel_error_at(err, run->clean, 0, 0);
	return rc;
}

int rel_git_run_ok(struct rel_git_run *run, const char *const args[],
		   struct rel_error *err)
{
	int rc = rel_git_run(run, args, err);

	return rc == 0 && run->status != 0 ? rel_git_run_fail(run, err) : rc;
}

bool rel_git_run_may(const char *git_dir)
{
	struct rel_git_place place;
	bool own = rel_git_place_of(&place, git_dir, NULL) == 0 &&
		   place.foreign == NULL;

	rel_git_place_free(&place);
	return own;
}

int rel_git_config_get(struct rel_buf *out, const char *git_dir,
		       const char *type, const char *key, struct rel_error *err)
{
	const char *plain[] = {"config", "--get", key, NULL};
	const char *typed[] = {"config", "--type", type, "--get", key, NULL};
	struct rel_git_run run;
	int rc;

	rel_git_run_init(&run, NULL, REL_LIMIT_CONFIG_BYTES);
	run.git_dir =
	    git_dir && rel_git_run_may(git_dir) ? git_dir : REL_GIT_NOWHERE;
	run.cwd = "/";
	run.what = "cannot read git's configuration";
	rc = rel_git_run(&run, type ? typed : plain, err);
	/* 1: no such key. */
	if (rc == 0 && run.status > 1)
		rc = rel_git_run_fail(&run, err);
	if (rc == 0 && run.status == 0) {
		struct rel_str value = rel_buf_str(&run.out);

		if (rel_str_ends(value, REL_STR("\n")))
			value.len--;
		rel_buf_add_str(out, value);
		rc = rel_buf_status(out, key, err);
		rc = rc < 0 ? rc : 1;
	}
	rel_git_run_free(&run);
	return rc;
}

/* "+0130" in minutes */
static int zone_minutes(struct rel_str zone)
{
	int sign = zone.len > 0 && zone.ptr[0] == '-' ? -1 : 1;
	unsigned long number = 0;

	if (zone.len != 5 ||
	    !rel_str_to_uint(rel_str_sub(zone, 1, 5), 9999, &number))
		return 0;
	return sign * (int)(number / 100 * 60 + number % 100);
}

/* "Name <e@mail> 1234567890 +0100" (git's Documentation of git-var) */
static bool read_ident(struct rel_buf *name, struct rel_buf *email,
		       int64_t *seconds, int *offset, struct rel_str text)
{
	size_t open = rel_str_rfind(text, '<'), shut = rel_str_rfind(text, '>');
	struct rel_str rest;
	unsigned long number;

	if (open >= shut || shut == text.len)
		return false;
	rest = rel_str_trim(rel_str_sub(text, shut + 1, text.len));
	if (!rel_str_to_uint(rel_str_cut(&rest, ' '), INT64_MAX, &number))
		return false;
	if (seconds != NULL)
		*seconds = (int64_t)number;
	if (offset != NULL)
		*offset = zone_minutes(rest);
	rel_buf_add_str(name, rel_str_trim(rel_str_sub(text, 0, open)));
	rel_buf_add_str(email, rel_str_sub(text, open + 1, shut));
	return true;
}

int rel_git_user_at(struct rel_buf *name, struct rel_buf *email,
		    int64_t *seconds, int *offset, const char *dir,
		    const char *role, struct rel_error *err)
{
	char variable[32];
	const char *args[] = {"-c", "user.useConfigOnly=true", "var", variable,
			      NULL};
	struct rel_git_place place = {0};
	struct rel_git_run run;
	int rc;

	snprintf(variable, sizeof(variable), "GIT_%s_IDENT", role);
	rel_git_run_init(&run, NULL, REL_LIMIT_CHILD_TEXT);
	run.cwd = dir;
	run.what = "cannot find out who you are";
	/* Another user's repository does not say it. */
	if (rel_git_place_find(&place, dir ? dir : ".", NULL) < 0 ||
	    place.foreign)
		run.git_dir = REL_GIT_NOWHERE;
	rel_git_place_free(&place);
	rc = rel_git_run(&run, args, err);
	if (rc == 0 && (run.status != 0 ||
			!read_ident(name, email, seconds, offset,
				    rel_str_trim(rel_buf_str(&run.out)))))
		rc = rel_fail(err, REL_ENOTFOUND,
			      "git does not know who you are; tell it: git "
			      "config --global user.name \"…\" and user.email");
	rel_git_run_free(&run);
	if (rc == 0)
		rc = rel_buf_status(name, "name", err);
	return rc ? rc : rel_buf_status(email, "address", err);
}

int rel_git_user(struct rel_buf *name, struct rel_buf *email, int64_t *seconds,
		 int *offset, struct rel_error *err)
{
	return rel_git_user_at(name, email, seconds, offset, NULL, "AUTHOR",
			       err);
}
