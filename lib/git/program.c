/* The installed git as a transfer program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/process.h"
#include "git/credential.h"
#include "git/hints.h"
#include "git/internal.h"
#include "git/job.h"

#define POLL_MS	 100
#define ARGS_MAX 32

/* Answers git's question with what stands in the environment, so that no
 * secret is on a command line or in a file. */
#define HELPER                                                               \
	"!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' " \
	"\"$RELCTL_GIT_USER\" \"$RELCTL_GIT_PASSWORD\"; }; f"

bool rel_git_program_exists(void)
{
	const char *path = getenv("PATH");
	struct rel_str rest = rel_str_of(path ? path : "/usr/bin:/bin");
	struct stat st;
	bool found = false;

	while (!found && rest.ptr != NULL) {
		struct rel_str dir = rel_str_cut(&rest, ':');
		char *name = NULL;

		if (asprintf(&name, "%.*s%sgit", REL_STR_ARG(dir),
			     dir.len ? "/" : "") < 0)
			return false;
		found = access(name, X_OK) == 0 && stat(name, &st) == 0 &&
			S_ISREG(st.st_mode);
		free(name);
	}
	return found;
}

/* "KEY=VALUE" texts, one behind the other, and the list of them. */
struct environment {
	char *items[48];
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
	int r;

	if (url->transport != REL_GIT_HTTP)
		return 0;
	rel_git_credential_init(&found);
	rel_buf_init(&key, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_credential_find(&found, url, 0, err);
	rel_buf_add_cstr(&key, "credential.");
	rel_git_url_origin(&key, url);
	if (r > 0) {
		rel_buf_add_cstr(&key, ".helper");
		env_add(env, "RELCTL_GIT_USER=%.*s",
			REL_STR_ARG(rel_buf_str(&found.user)));
		env_add(env, "RELCTL_GIT_PASSWORD=%.*s",
			REL_STR_ARG(rel_buf_str(&found.password)));
		env_config(env, "credential.helper", "");
		env_config(env, key.ptr, HELPER);
	} else if (r == 0 && url->user.len > 0) {
		rel_buf_add_cstr(&key, ".username");
		rel_git_url_decode(&found.user, url->user);
		if (found.user.len > 0)
			env_config(env, key.ptr, found.user.ptr);
	}
	if (key.status < 0)
		env->status = key.status;
	rel_buf_free(&key);
	rel_git_credential_free(&found);
	return r < 0 ? r : 0;
}

/* Does the user's configuration of git name an ssh command? */
static bool has_ssh_command(const char *git_dir)
{
	const char *argv[] = {"git",   "--git-dir",	  git_dir, "config",
			      "--get", "core.sshCommand", NULL};
	struct rel_buf out, diagnostics;
	int status = 1, r;

	if (getenv("GIT_SSH_COMMAND") || getenv("GIT_SSH"))
		return true;
	rel_buf_init(&out, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&diagnostics, REL_LIMIT_CHILD_TEXT);
	r = rel_process_run(argv, NULL, NULL, REL_STR(""), &out, &diagnostics,
			    &status, NULL, NULL);
	rel_buf_free(&out);
	rel_buf_free(&diagnostics);
	return r == 0 && status == 0;
}

static int env_fill(struct environment *env, const struct rel_git_job *job,
		    struct rel_error *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	int r;

	if (count != NULL)
		rel_str_to_uint(rel_str_of(count), 1000, &env->n_config);
	env_unset_repository(env);
	/* The texts are read by complaint.c. */
	env_add(env, "LC_ALL=C");
	env_add(env, "LANGUAGE");
	if (!job->options->interactive) {
		env_add(env, "GIT_TERMINAL_PROMPT=0");
		if (job->url->transport == REL_GIT_SSH &&
		    !has_ssh_command(rel_git_cache_path(job->cache)))
			env_add(env, "GIT_SSH_COMMAND=ssh -o BatchMode=yes");
	}
	if (job->options->ca_file != NULL)
		env_add(env, "GIT_SSL_CAINFO=%s", job->options->ca_file);
	r = env_credentials(env, job->url, err);
	if (r < 0)
		return r;
	/* One pack per fetch, whose blobs are read at once; git packs them
	 * together now and then, in its own time but under our lock. */
	env_config(env, "fetch.unpackLimit", "1");
	env_config(env, "gc.autoDetach", "false");
	env_config(env, "maintenance.autoDetach", "false");
	env_config(env, "fetch.fsckObjects", "false");
	env_add(env, "GIT_CONFIG_COUNT=%lu", env->n_config);
	return env->status < 0 ? rel_fail_nomem(err) : 0;
}

/* What comes in on stderr: progress to one side, the rest to the other. */
struct listener {
	const struct rel_git_job *job;
	char what[REL_ERROR_TEXT_MAX];
	struct rel_buf line, complaint;
};

/* "Receiving objects:  42% (123/456), 1.2 MiB | …" */
static bool is_progress(struct listener *listener, struct rel_str line)
{
	struct rel_str counts = line;
	unsigned long done, total;
	size_t slash, end;

	if (rel_str_starts(line, REL_STR("remote: ")))
		line = rel_str_sub(line, 8, line.len);
	if (rel_str_find(line, '%') == line.len)
		return false;
	counts = rel_str_sub(counts, rel_str_find(counts, '(') + 1, counts.len);
	slash = rel_str_find(counts, '/');
	end = rel_str_find(counts, ')');
	if (slash > end ||
	    !rel_str_to_uint(rel_str_sub(counts, 0, slash), UINT32_MAX,
			     &done) ||
	    !rel_str_to_uint(rel_str_sub(counts, slash + 1, end), UINT32_MAX,
			     &total))
		return false;
	if (rel_str_starts(line, REL_STR("Receiving objects")))
		rel_progress(listener->job->options->progress, listener->what,
			     done, total);
	return true;
}

static void listen_bytes(struct listener *listener, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\n' && p[i] != '\r') {
			rel_buf_add_char(&listener->line, p[i]);
			continue;
		}
		if (!is_progress(listener, rel_buf_str(&listener->line))) {
			rel_buf_add_str(&listener->complaint,
					rel_buf_str(&listener->line));
			rel_buf_add_char(&listener->complaint, '\n');
		}
		rel_buf_clear(&listener->line);
	}
}

/* Until git closes stderr; stdout has nothing for us. */
static int listen(struct listener *listener, struct rel_process *process,
		  struct rel_error *err)
{
	const struct rel_git_fetch_options *options = listener->job->options;
	int64_t heard = rel_git_job_clock();
	char chunk[4096];

	for (;;) {
		struct pollfd fds[2] = {{.fd = process->err, .events = POLLIN},
					{.fd = process->out, .events = POLLIN}};
		int n = poll(fds, 2, POLL_MS);
		ssize_t got;

		if (rel_cancelled(options->cancel))
			return rel_fail_cancelled(err);
		if (n == 0 &&
		    rel_git_job_check_silence(listener->job, heard, err) < 0)
			return REL_EIO;
		if (n <= 0)
			continue;
		heard = rel_git_job_clock();
		if (fds[1].revents != 0 &&
		    read(process->out, chunk, sizeof(chunk)) <= 0) {
			close(process->out);
			process->out = -1;
		}
		if (fds[0].revents == 0)
			continue;
		got = read(process->err, chunk, sizeof(chunk));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		listen_bytes(listener, chunk, (size_t)got);
	}
}

static int run_git(struct listener *listener, const char *const argv[],
		   const char *const env[], int *status, struct rel_error *err)
{
	struct rel_process process = {
	    .pid = -1, .in = -1, .out = -1, .err = -1};
	struct rel_git_cache *cache = listener->job->cache;
	int r;

	rel_git_cache_lend(cache);
	r = rel_process_start(&process, argv, NULL, env,
			      REL_PROCESS_STDERR_PIPE, err);
	rel_git_cache_reclaim(cache);
	if (r < 0)
		return r;
	r = listen(listener, &process, err);
	if (r < 0) {
		rel_process_kill(&process);
		return r;
	}
	listen_bytes(listener, "\n", 1);
	return rel_process_wait(&process, status, err);
}

/* The branches and tags the remote has, to say which are near. */
static int fail_revision(const struct rel_git_job *job, char *const env[],
			 struct rel_error *err)
{
	const char *argv[] = {
	    "git",	 "--git-dir", rel_git_cache_path(job->cache),
	    "ls-remote", "-q",	      "--heads",
	    "--tags",	 "--",	      job->clean,
	    NULL};
	struct rel_git_hints hints = {.wanted = job->revision};
	struct rel_buf out, diagnostics;
	struct rel_str rest, line;
	int status = 1, r;

	rel_buf_init(&out, REL_LIMIT_GIT_REFS_BYTES);
	rel_buf_init(&diagnostics, REL_LIMIT_CHILD_TEXT);
	r = rel_process_run(argv, NULL, (const char *const *)env, REL_STR(""),
			    &out, &diagnostics, &status, job->options->cancel,
			    err);
	rest = rel_buf_str(&out);
	while (r == 0 && rest.ptr != NULL) {
		char name[REL_GIT_HINT_LENGTH + 32];
		size_t tab;

		line = rel_str_cut(&rest, '\n');
		tab = rel_str_find(line, '\t');
		line = rel_str_sub(line, tab + 1, line.len);
		if (line.len == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", REL_STR_ARG(line));
		rel_git_hints_add(&hints, name);
	}
	if (r == 0 && status != 0)
		r = rel_fail(err, REL_ENOTFOUND, "no revision '%s'",
			     job->revision);
	else if (r == 0)
		r = rel_git_hints_fail(&hints, err);
	rel_error_at(err, job->clean, 0, 0);
	rel_buf_free(&out);
	rel_buf_free(&diagnostics);
	return r;
}

static bool no_such_ref(struct rel_str text)
{
	static const char phrase[] = "couldn't find remote ref";

	return text.len > 0 &&
	       memmem(text.ptr, text.len, phrase, sizeof(phrase) - 1) != NULL;
}

static int conclude(struct listener *listener, int status, char *const env[],
		    struct rel_error *err)
{
	const struct rel_git_job *job = listener->job;
	struct rel_str text = rel_buf_str(&listener->complaint);
	int r;

	if (status == 0)
		return 0;
	if (job->revision != NULL && no_such_ref(text))
		return fail_revision(job, env, err);
	if (text.len == 0 || rel_str_trim(text).len == 0)
		r = rel_fail(err, REL_EIO, "cannot fetch: git ended with %d",
			     status);
	else
		r = rel_git_complaint_fail(err, "cannot fetch", text);
	rel_error_at(err, job->clean, 0, 0);
	return r;
}

static int add_refspecs(struct rel_buf *spec, const char **argv, size_t n,
			const struct rel_git_job *job)
{
	if (job->revision == NULL) {
		argv[n++] = "+refs/heads/*:refs/remotes/origin/*";
		argv[n++] = "+refs/tags/*:refs/tags/*";
	} else {
		rel_buf_printf(spec, "+%s:", job->revision);
		rel_git_cache_ref(spec, job->revision);
		argv[n++] = spec->ptr;
	}
	argv[n] = NULL;
	return spec->status;
}

static bool store_is_shallow(const struct rel_git_job *job)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/shallow",
		 rel_git_cache_path(job->cache));
	return stat(path, &st) == 0 && st.st_size > 0;
}

int rel_git_program_fetch(const struct rel_git_job *job, struct rel_error *err)
{
	const char *argv[ARGS_MAX] = {
	    "git",	 "--git-dir",  rel_git_cache_path(job->cache), "fetch",
	    "--no-tags", "--progress", "--no-recurse-submodules"};
	struct listener listener = {.job = job};
	struct environment env = {0};
	struct rel_buf spec;
	char depth[32];
	size_t n = 7;
	int status = 0, r;

	rel_buf_init(&spec, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&listener.line, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&listener.complaint, REL_LIMIT_CHILD_TEXT);
	snprintf(listener.what, sizeof(listener.what), "fetching %s",
		 job->title);
	snprintf(depth, sizeof(depth), "--depth=%d", job->depth);
	if (job->depth > 0)
		argv[n++] = depth;
	else if (job->depth == REL_GIT_DEPTH_ALL && store_is_shallow(job))
		argv[n++] = "--unshallow";
	argv[n++] = "--";
	argv[n++] = job->clean;
	r = add_refspecs(&spec, argv, n, job) < 0 ? rel_fail_nomem(err) : 0;
	if (r == 0)
		r = env_fill(&env, job, err);
	if (r == 0)
		r = run_git(&listener, argv, (const char *const *)env.items,
			    &status, err);
	if (r == 0)
		r = conclude(&listener, status, env.items, err);
	env_free(&env);
	rel_buf_free(&listener.complaint);
	rel_buf_free(&listener.line);
	rel_buf_free(&spec);
	return r;
}
