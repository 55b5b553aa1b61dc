#include "base/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CANCEL_POLL_MS 100
#define KILL_WAIT_MS   2000
#define KILL_WAIT_STEP 10 /* milliseconds */
#define PIPE_NONE      \
	{              \
		-1, -1 \
	}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipe(int ends[2])
{
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

/* A pipe of which no end is 0, 1 or 2 (closed in our parent), because those
 * are overwritten one after the other in the child. */
static int open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0) {
		ends[0] = ends[1] = -1;
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		int low = ends[i];

		if (low > 2)
			continue;
		ends[i] = fcntl(low, F_DUPFD_CLOEXEC, 3);
		close(low);
		if (ends[i] < 0) {
			close_pipe(ends);
			return -1;
		}
	}
	return 0;
}

/* Does `entry` set the variable that `change` sets or unsets? */
static bool same_variable(const char *entry, const char *change)
{
	size_t len = strcspn(change, "=");

	return strncmp(entry, change, len) == 0 && entry[len] == '=';
}

/* environ with the changes applied; the entries are borrowed.  NULL when out
 * of memory. */
static char **make_env(const char *const changes[])
{
	size_t n_old = 0, n_new = 0, n = 0;
	char **env;

	while (environ && environ[n_old])
		n_old++;
	while (changes && changes[n_new])
		n_new++;
	env = calloc(n_old + n_new + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < n_old; i++) {
		bool changed = false;

		for (size_t j = 0; j < n_new && !changed; j++)
			changed = same_variable(environ[i], changes[j]);
		if (!changed)
			env[n++] = environ[i];
	}
	for (size_t j = 0; j < n_new; j++) {
		if (strchr(changes[j], '='))
			env[n++] = (char *)(uintptr_t)changes[j];
	}
	return env;
}

struct pipes {
	int in[2], out[2], err[2];
};

static int open_pipes(struct pipes *pipes, unsigned flags)
{
	*pipes = (struct pipes){PIPE_NONE, PIPE_NONE, PIPE_NONE};
	if (open_pipe(pipes->in) != 0 || open_pipe(pipes->out) != 0)
		return -1;
	if (flags & REL_PROCESS_STDERR_PIPE)
		return open_pipe(pipes->err);
	return 0;
}

static void close_pipes(struct pipes *pipes)
{
	close_pipe(pipes->in);
	close_pipe(pipes->out);
	close_pipe(pipes->err);
}

/* What the child needs; it shares our memory until it runs its program. */
struct launch {
	const char *program; /* its path */
	const char *const *argv;
	const char *cwd;
	char **env;
	const struct pipes *pipes;
	int log; /* instead of pipes, in a group of its own; -1 = none */
	unsigned flags;
	pid_t parent;
	volatile int failure; /* errno value of what failed in the child */
};

static bool plan_log(int log)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return setpgid(0, 0) == 0 && null >= 0 &&
	       (null == 0 ? fcntl(0, F_SETFD, 0) == 0 : dup2(null, 0) == 0) &&
	       dup2(log, 1) == 1 && dup2(log, 2) == 2;
}

static bool plan_streams(const struct launch *launch)
{
	int null;

	if (launch->log >= 0)
		return plan_log(launch->log);

	if (dup2(launch->pipes->in[0], 0) < 0 ||
	    dup2(launch->pipes->out[1], 1) < 0)
		return false;
	if (launch->flags & REL_PROCESS_STDERR_PIPE)
		return dup2(launch->pipes->err[1], 2) >= 0;
	if (!(launch->flags & REL_PROCESS_STDERR_NULL))
		return true;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* 2 itself, when our own was closed: then it must stay open. */
	return null == 2 ? fcntl(2, F_SETFD, 0) == 0
			 : null >= 0 && dup2(null, 2) >= 0;
}

/* The child starts with no signal blocked (our worker threads block all) and
 * none of those ignored that we may ignore ourselves. */
static bool plan_signals(unsigned flags)
{
	sigset_t none;

	sigemptyset(&none);
	return signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
	       signal(SIGXFSZ,
		      flags & REL_PROCESS_FILE_ERRORS ? SIG_IGN : SIG_DFL) !=
		   SIG_ERR &&
	       sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* Between fork and exec: system calls only, nothing that allocates. */
static _Noreturn void run_child(struct launch *launch)
{
	/* A git that outlives us would hold its locks; on SIGTERM it removes
	 * them. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 &&
	    getppid() == launch->parent && plan_streams(launch) &&
	    (launch->cwd == NULL || chdir(launch->cwd) == 0) &&
	    plan_signals(launch->flags))
		execve(launch->program, (char *const *)(uintptr_t)launch->argv,
		       launch->env);
	launch->failure = errno ? errno : ESRCH;
	_exit(127);
}

/*
 * vfork and not fork, which would copy the page tables of a whole universe.
 * Returns 0 or an errno value; that of a failed exec as well.
 */
static int spawn(pid_t *pid, struct launch *launch)
{
	sigset_t all, old;
	int failure;

	launch->parent = getpid();
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	*pid = vfork();
	if (*pid == 0)
		run_child(launch);
	failure = *pid < 0 ? errno : launch->failure;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	while (*pid > 0 && failure != 0 && waitpid(*pid, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	return failure;
}

/*
 * The path of `name`, looked up in PATH unless it has a slash.  execvp() would
 * do it, and give what is not a program to a shell.
 * Returns  a text for free(), NULL with errno set
 */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	struct rel_str rest = rel_str_of(path ? path : "/usr/bin:/bin");
	int failure = ENOENT;

	if (strchr(name, '/'))
		return strdup(name);
	while (rest.ptr != NULL) {
		struct rel_str dir = rel_str_cut(&rest, ':');
		struct stat st;
		char *file = NULL;

		if (asprintf(&file, "%.*s%s%s", REL_STR_ARG(dir),
			     dir.len ? "/" : "", name) < 0)
			return NULL;
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
			if (access(file, X_OK) == 0)
				return file;
			failure = EACCES;
		}
		free(file);
	}
	errno = failure;
	return NULL;
}

bool rel_process_exists(const char *program)
{
	char *path = find_program(program);
	struct stat st;
	bool found = path != NULL && stat(path, &st) == 0 &&
		     S_ISREG(st.st_mode) && access(path, X_OK) == 0;

	free(path);
	return found;
}

static int check_cwd(const char *cwd, struct rel_error *err)
{
	struct stat st;

	if (!cwd)
		return 0;
	if (stat(cwd, &st) != 0)
		return rel_fail_errno(err, errno, cwd,
				      "cannot use as working directory");
	if (!S_ISDIR(st.st_mode))
		return rel_fail_errno(err, ENOTDIR, cwd,
				      "cannot use as working directory");
	return 0;
}

static int start(struct rel_process *out, const char *const argv[],
		 const char *cwd, const char *const extra_env[], unsigned flags,
		 int log, struct rel_error *err)
{
	struct pipes pipes;
	struct launch launch = {.argv = argv,
				.cwd = cwd,
				.pipes = &pipes,
				.log = log,
				.flags = flags};
	char **env = NULL, *program = NULL;
	int rc, failure;

	assert(argv[0]);
	*out = (struct rel_process){.pid = -1, .in = -1, .out = -1, .err = -1};
	/* Told apart here: exec and chdir fail with the same ENOENT. */
	rc = check_cwd(cwd, err);
	if (rc)
		return rc;
	if (open_pipes(&pipes, flags) != 0) {
		rc = rel_fail_errno(err, errno, NULL, "cannot create a pipe");
		goto out;
	}
	env = make_env(extra_env);
	if (!env) {
		rc = rel_fail_nomem(err);
		goto out;
	}
	program = find_program(argv[0]);
	launch.program = program;
	launch.env = env;
	failure = program ? spawn(&out->pid, &launch) : errno;
	if (failure != 0) {
		out->pid = -1;
		rc = rel_fail_errno(err, failure, NULL, argv[0]);
		rel_error_prefix(err, "cannot run");
		goto out;
	}
	out->in = pipes.in[1];
	out->out = pipes.out[0];
	out->err = pipes.err[0];
	pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
out:
	free(program);
	free(env);
	close_pipes(&pipes);
	return rc;
}

int rel_process_start(struct rel_process *out, const char *const argv[],
		      const char *cwd, const char *const extra_env[],
		      unsigned flags, struct rel_error *err)
{
	return start(out, argv, cwd, extra_env, flags, -1, err);
}

static void close_ends(struct rel_process *process)
{
	close_fd(&process->in);
	close_fd(&process->out);
	close_fd(&process->err);
}

int rel_process_wait(struct rel_process *process, int *status,
		     struct rel_error *err)
{
	pid_t pid = process->pid;
	int raw;

	assert(pid > 0);
	close_ends(process);
	process->pid = -1;
	while (waitpid(pid, &raw, 0) < 0) {
		if (errno != EINTR)
			return rel_fail_errno(err, errno, NULL,
					      "cannot wait for a child");
	}
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return 0;
}

void rel_process_kill(struct rel_process *process)
{
	const struct timespec step = {0, KILL_WAIT_STEP * 1000000L};
	pid_t pid = process->pid;

	close_ends(process);
	process->pid = -1;
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	for (int ms = 0; ms < KILL_WAIT_MS; ms += KILL_WAIT_STEP) {
		pid_t got = waitpid(pid, NULL, WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return;
		nanosleep(&step, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* write(2) that gives EPIPE without the signal, whatever the caller does
 * with SIGPIPE: blocked in this thread, and taken back if we caused it. */
static ssize_t write_quietly(int fd, const void *ptr, size_t len)
{
	const struct timespec now = {0, 0};
	sigset_t pipe_only, old, pending;
	ssize_t n;
	int saved;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
	n = write(fd, ptr, len);
	saved = errno;
	/* It comes with a short write, too, when the reader goes meanwhile. */
	if (n < (ssize_t)len && !sigismember(&pending, SIGPIPE)) {
		while (sigtimedwait(&pipe_only, NULL, &now) < 0 &&
		       errno == EINTR)
			;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return n;
}

static bool is_transient(int errnum)
{
	return errnum == EINTR || errnum == EAGAIN;
}

int rel_process_write(struct rel_process *process, const void *ptr, size_t len,
		      struct rel_error *err)
{
	const char *p = ptr;

	while (len > 0) {
		ssize_t n = write_quietly(process->in, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rel_fail_errno(err, errno, NULL,
					      "cannot write to a child");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int feed(struct rel_process *process, struct rel_str *input,
		struct rel_error *err)
{
	ssize_t n = write_quietly(process->in, input->ptr, input->len);

	if (n < 0 && is_transient(errno))
		return 0;
	if (n < 0 && errno == EPIPE) {
		/* It does not read the rest; its status says why. */
		close_fd(&process->in);
		return 0;
	}
	if (n < 0)
		return rel_fail_errno(err, errno, NULL,
				      "cannot write to a child");
	*input = rel_str_sub(*input, (size_t)n, input->len);
	if (input->len == 0)
		close_fd(&process->in);
	return 0;
}

/* Move what is there from *fd to `out` (NULL: nowhere). */
static int collect(int *fd, struct rel_buf *out, const char *program,
		   struct rel_error *err)
{
	char chunk[8 * 1024];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && is_transient(errno))
		return 0;
	if (n < 0)
		return rel_fail_errno(err, errno, NULL,
				      "cannot read from a child");
	if (n == 0) {
		close_fd(fd);
		return 0;
	}
	if (!out)
		return 0;
	rel_buf_add(out, chunk, (size_t)n);
	if (rel_buf_status(out, program, err) != 0) {
		rel_error_prefix(err, "output of");
		return out->status;
	}
	return 0;
}

/* Feed and drain until the child writes and reads no more. */
static int exchange(struct rel_process *process, const char *program,
		    struct rel_str input, struct rel_buf *out,
		    struct rel_buf *diagnostics,
		    const struct rel_cancel *cancel, struct rel_error *err)
{
	int rc = 0;

	while (rc == 0 &&
	       (process->in >= 0 || process->out >= 0 || process->err >= 0)) {
		struct pollfd fds[3] = {
		    {.fd = process->in, .events = POLLOUT},
		    {.fd = process->out, .events = POLLIN},
		    {.fd = process->err, .events = POLLIN},
		};
		int n = poll(fds, 3, cancel ? CANCEL_POLL_MS : -1);

		if (rel_cancelled(cancel))
			return rel_fail_cancelled(err);
		if (n < 0 && !is_transient(errno))
			return rel_fail_errno(err, errno, NULL, "poll");
		if (n <= 0)
			continue;
		if (fds[0].revents)
			rc = feed(process, &input, err);
		if (rc == 0 && fds[1].revents)
			rc = collect(&process->out, out, program, err);
		if (rc == 0 && fds[2].revents)
			rc = collect(&process->err, diagnostics, program, err);
	}
	return rc;
}

int rel_process_run(const char *const argv[], const char *cwd,
		    const char *const extra_env[], struct rel_str input,
		    struct rel_buf *out, struct rel_buf *diagnostics,
		    int *status, const struct rel_cancel *cancel,
		    struct rel_error *err)
{
	struct rel_process process;
	int rc;

	rc = rel_process_start(&process, argv, cwd, extra_env,
			       diagnostics ? REL_PROCESS_STDERR_PIPE : 0, err);
	if (rc)
		return rc;
	if (input.len == 0)
		close_fd(&process.in);
	else if (fcntl(process.in, F_SETFL, O_NONBLOCK) != 0)
		rc = rel_fail_errno(err, errno, NULL, "cannot feed a child");
	if (rc == 0)
		rc = exchange(&process, argv[0], input, out, diagnostics,
			      cancel, err);
	if (rc) {
		rel_process_kill(&process);
		return rc;
	}
	return rel_process_wait(&process, status, err);
}

/* The group of a child that was not waited for yet, and so is still its. */
static void end_group(pid_t pid, int *raw)
{
	const struct timespec step = {0, KILL_WAIT_STEP * 1000000L};

	kill(-pid, SIGTERM);
	for (int ms = 0; ms < KILL_WAIT_MS; ms += KILL_WAIT_STEP) {
		siginfo_t info = {.si_pid = 0};

		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == pid)
			break;
		nanosleep(&step, NULL);
	}
	kill(-pid, SIGKILL);
	while (waitpid(pid, raw, 0) < 0 && errno == EINTR)
		;
}

int rel_process_run_logged(const char *const argv[], const char *cwd,
			   const char *const extra_env[], int log, uint64_t max,
			   int *status, const struct rel_cancel *cancel,
			   struct rel_error *err)
{
	const struct timespec step = {0, KILL_WAIT_STEP * 1000000L};
	struct rel_process process;
	struct stat st = {.st_size = 0};
	siginfo_t info = {.si_pid = 0};
	int raw = 0;
	int rc = start(&process, argv, cwd, extra_env, 0, log, err);

	if (rc)
		return rc;
	close_ends(&process);
	while (rc == 0 && info.si_pid != process.pid) {
		if (waitid(P_PID, (id_t)process.pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) != 0)
			break;
		if (rel_cancelled(cancel))
			rc = rel_fail_cancelled(err);
		else if (fstat(log, &st) == 0 && (uint64_t)st.st_size > max)
			rc = rel_fail(err, REL_ELIMIT,
				      "%s writes more than %llu bytes", argv[0],
				      (unsigned long long)max);
		else if (info.si_pid != process.pid)
			nanosleep(&step, NULL);
	}
	end_group(process.pid, &raw);
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return rc;
}
