/*
 * The OpenSSH client behind libgit2's smart protocol, because libgit2's own
 * ssh knows neither ~/.ssh/config nor jump hosts nor all key kinds.
 */
#ifndef REL_GIT_SSH_H
#define REL_GIT_SSH_H

#include "git/job.h"
#include "git/libgit2.h"

/* Set `transport` and `payload` of libgit2's remote callbacks to this: it
 * runs ssh for `job`, whose `err` gets what ssh had to say. */
struct rel_git_ssh {
	const struct rel_git_job *job;
	struct rel_error *err; /* code 0 = nothing went wrong so far */
};

/* A git_transport_cb; `param` is a struct rel_git_ssh. */
int rel_git_ssh_transport(git_transport **out, git_remote *owner, void *param);

/*
 * The command that runs git-upload-pack on the other side, as git's connect.c
 * (fill_ssh_args) puts it together.
 * command  $GIT_SSH_COMMAND or core.sshCommand, for a shell; NULL = none
 * program  $GIT_SSH; NULL = none
 * args     texts that the caller frees with rel_git_ssh_args_free(); ends
 *          with NULL
 */
#define REL_GIT_SSH_ARGS 16
REL_MUST_CHECK int rel_git_ssh_args(char *args[REL_GIT_SSH_ARGS],
				    const struct rel_git_url *url,
				    const char *command, const char *program,
				    bool interactive, struct rel_error *err);
void rel_git_ssh_args_free(char *args[REL_GIT_SSH_ARGS]);

#endif
