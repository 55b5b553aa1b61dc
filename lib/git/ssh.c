#include "git/ssh.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/process.h"
#include "git/internal.h"

#define POLL_MS 100

/* One connection: the subtransport and its only stream. */
struct link {
	git_smart_subtransport base;
	git_smart_subtransport_stream stream;
	struct rel_git_ssh *ssh;
	struct rel_process process;
	struct rel_buf complaint;
};

static struct link *link_of(git_smart_subtransport_stream *stream)
{
	return (struct link *)(void *)stream->subtransport;
}

/* libgit2 has its own text for what it sees; ours goes past it in `err`. */
static int report(int code)
{
	git_error_set_str(GIT_ERROR_SSH, "ssh failed");
	return code == REL_ECANCELLED ? GIT_EUSER : -1;
}

static void add_arg(char *args[], size_t *n, char *text, int *status)
{
	if (text == NULL || *n + 1 >= REL_GIT_SSH_ARGS) {
		free(text);
		*status = REL_ENOMEM;
		return;
	}
	args[(*n)++] = text;
	args[*n] = NULL;
}

/* "git-upload-pack '<path>'" */
static char *remote_command(const struct rel_git_url *url)
{
	struct rel_buf path, out;
	struct rel_str p;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&out, REL_LIMIT_CONFIG_BYTES);
	if (url->scp)
		rel_buf_add_str(&path, url->path);
	else
		rel_git_url_decode(&path, url->path);
	p = rel_buf_str(&path);
	/* ssh://host/~user/x is below the home directory of user. */
	if (!url->scp && rel_str_starts(p, REL_STR("/~")))
		p = rel_str_sub(p, 1, p.len);
	rel_buf_add_cstr(&out, "git-upload-pack ");
	rel_escape_quote(&out, p);
	if (path.status < 0)
		out.status = path.status;
	rel_buf_free(&path);
	if (out.status == 0)
		return rel_buf_detach(&out, NULL);
	rel_buf_free(&out);
	return NULL;
}

static char *destination(const struct rel_git_url *url)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_LIMIT_CONFIG_BYTES);
	if (url->user.len > 0) {
		if (url->scp)
			rel_buf_add_str(&out, url->user);
		else
			rel_git_url_decode(&out, url->user);
		rel_buf_add_char(&out, '@');
	}
	rel_git_url_decode(&out, url->host);
	if (out.status == 0)
		return rel_buf_detach(&out, NULL);
	rel_buf_free(&out);
	return NULL;
}

static char *format_shell(const char *command)
{
	char *text = NULL;

	return asprintf(&text, "%s \"$@\"", command) < 0 ? NULL : text;
}

int rel_git_ssh_args(char *args[REL_GIT_SSH_ARGS],
		     const struct rel_git_url *url, const char *command,
		     const char *program, bool interactive,
		     struct rel_error *err)
{
	int status = 0;
	size_t n = 0;

	args[0] = NULL;
	if (command != NULL) {
		add_arg(args, &n, strdup("sh"), &status);
		add_arg(args, &n, strdup("-c"), &status);
		add_arg(args, &n, format_shell(command), &status);
		add_arg(args, &n, strdup(command), &status);
	} else if (program != NULL) {
		add_arg(args, &n, strdup(program), &status);
	} else {
		add_arg(args, &n, strdup("ssh"), &status);
		if (!interactive) {
			add_arg(args, &n, strdup("-o"), &status);
			add_arg(args, &n, strdup("BatchMode=yes"), &status);
		}
	}
	if (url->port.len > 0) {
		add_arg(args, &n, strdup("-p"), &status);
		add_arg(args, &n, strndup(url->port.ptr, url->port.len),
			&status);
	}
	add_arg(args, &n, destination(url), &status);
	add_arg(args, &n, remote_command(url), &status);
	if (status == 0)
		return 0;
	rel_git_ssh_args_free(args);
	return rel_fail_nomem(err);
}

void rel_git_ssh_args_free(char *args[REL_GIT_SSH_ARGS])
{
	for (size_t i = 0; i < REL_GIT_SSH_ARGS && args[i] != NULL; i++)
		free(args[i]);
	args[0] = NULL;
}

/* core.sshCommand of the user's configuration, "" when there is none. */
static int configured_command(git_buf *out)
{
	git_config *config = NULL;
	int status = git_config_open_default(&config);

	if (status == 0)
		status =
		    git_config_get_string_buf(out, config, "core.sshcommand");
	git_config_free(config);
	return status;
}

static const char *nonempty(const char *text)
{
	return text != NULL && *text != '\0' ? text : NULL;
}

static int start(struct link *link, const char *location)
{
	struct rel_error *err = link->ssh->err;
	const char *command = nonempty(getenv("GIT_SSH_COMMAND"));
	git_buf configured = GIT_BUF_INIT;
	char *args[REL_GIT_SSH_ARGS];
	struct rel_git_url url;
	int r = rel_git_url_parse(&url, location, err);

	if (r < 0)
		return r;
	if (command == NULL && configured_command(&configured) == 0)
		command = nonempty(configured.ptr);
	r = rel_git_ssh_args(args, &url, command, nonempty(getenv("GIT_SSH")),
			     link->ssh->job->options->interactive, err);
	git_buf_dispose(&configured);
	if (r < 0)
		return r;
	r = rel_process_start(
	    &link->process, (const char *const *)args, NULL,
	    (const char *const[]){"LC_ALL=C", "GIT_PROTOCOL", NULL},
	    REL_PROCESS_STDERR_PIPE, err);
	rel_git_ssh_args_free(args);
	return r;
}

/* The stream ended where the other side should have gone on. */
static int fail_ended(struct link *link)
{
	struct rel_error *err = link->ssh->err;
	struct rel_str text = rel_buf_str(&link->complaint);
	int status = 0;

	if (link->process.pid > 0 &&
	    rel_process_wait(&link->process, &status, err) < 0)
		return report(REL_EIO);
	if (rel_str_trim(text).len > 0)
		rel_git_complaint_fail(err, "cannot fetch by ssh", NULL, text);
	else
		rel_fail(err, REL_EIO, "cannot fetch: ssh ended with %d",
			 status);
	rel_error_at(err, link->ssh->job->clean, 0, 0);
	return report(REL_EIO);
}

static void hear(struct link *link)
{
	char chunk[4096];
	ssize_t n = read(link->process.err, chunk, sizeof(chunk));

	if (n > 0) {
		rel_buf_add(&link->complaint, chunk, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		close(link->process.err);
		link->process.err = -1;
	}
}

/* Wait for stdout, hearing stderr meanwhile: ssh must never block on it. */
static int await(struct link *link)
{
	int64_t heard = rel_git_job_clock();

	for (;;) {
		struct pollfd fds[2] = {
		    {.fd = link->process.out, .events = POLLIN},
		    {.fd = link->process.err, .events = POLLIN}};
		int n = poll(fds, 2, POLL_MS);

		if (rel_cancelled(link->ssh->job->options->cancel)) {
			rel_fail_cancelled(link->ssh->err);
			return REL_ECANCELLED;
		}
		if (n == 0 && rel_git_job_check_silence(link->ssh->job, heard,
							link->ssh->err) < 0)
			return REL_EIO;
		if (n > 0)
			heard = rel_git_job_clock();
		if (n > 0 && fds[1].revents != 0)
			hear(link);
		if (n > 0 && fds[0].revents != 0)
			return 0;
	}
}

static int stream_read(git_smart_subtransport_stream *stream, char *buffer,
		       size_t size, size_t *got)
{
	struct link *link = link_of(stream);
	ssize_t n;

	*got = 0;
	do {
		int r = await(link);

		if (r < 0)
			return report(r);
		n = read(link->process.out, buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		*got = (size_t)n;
		return 0;
	}
	while (link->process.err >= 0)
		hear(link);
	return fail_ended(link);
}

static int stream_write(git_smart_subtransport_stream *stream,
			const char *buffer, size_t len)
{
	struct link *link = link_of(stream);

	if (rel_process_write(&link->process, buffer, len, NULL) == 0)
		return 0;
	while (link->process.err >= 0)
		hear(link);
	return fail_ended(link);
}

/* The stream is part of the link, which ssh_free() frees. */
static void stream_free(git_smart_subtransport_stream *stream)
{
	(void)stream;
}

static int ssh_close(git_smart_subtransport *transport)
{
	struct link *link = (struct link *)(void *)transport;

	rel_process_kill(&link->process);
	return 0;
}

static void ssh_free(git_smart_subtransport *transport)
{
	struct link *link = (struct link *)(void *)transport;

	rel_process_kill(&link->process);
	rel_buf_free(&link->complaint);
	free(link);
}

static int ssh_action(git_smart_subtransport_stream **out,
		      git_smart_subtransport *transport, const char *url,
		      git_smart_service_t service)
{
	struct link *link = (struct link *)(void *)transport;
	int r;

	if (service == GIT_SERVICE_UPLOADPACK_LS) {
		rel_process_kill(&link->process);
		r = start(link, url);
		if (r < 0)
			return report(r);
	} else if (service != GIT_SERVICE_UPLOADPACK) {
		git_error_set_str(GIT_ERROR_SSH, "only fetching is known");
		return -1;
	}
	*out = &link->stream;
	return 0;
}

static int make_link(git_smart_subtransport **out, git_transport *owner,
		     void *param)
{
	struct link *link = calloc(1, sizeof(*link));

	(void)owner;
	if (link == NULL) {
		git_error_set_oom();
		return -1;
	}
	link->base.action = ssh_action;
	link->base.close = ssh_close;
	link->base.free = ssh_free;
	link->stream.subtransport = &link->base;
	link->stream.read = stream_read;
	link->stream.write = stream_write;
	link->stream.free = stream_free;
	link->process =
	    (struct rel_process){.pid = -1, .in = -1, .out = -1, .err = -1};
	link->ssh = param;
	rel_buf_init(&link->complaint, REL_LIMIT_CHILD_TEXT);
	*out = &link->base;
	return 0;
}

int rel_git_ssh_transport(git_transport **out, git_remote *owner, void *param)
{
	git_smart_subtransport_definition definition = {
	    .callback = make_link, .rpc = 0, .param = param};

	return git_transport_smart(out, owner, &definition);
}
