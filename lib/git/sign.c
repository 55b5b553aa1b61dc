/* Making signatures; see git/sign.h. */
#include "git/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "git/run.h"
#include "git/signing.h"

struct signer {
	const struct rel_git_sign_options *options;
	const char *git_dir;
	struct rel_buf program, key;
	struct rel_git_tool tool;
	struct rel_git_desk desk;
};

/* What the program said last, without its status lines and its name. */
static int fail_words(struct signer *s, struct rel_error *err)
{
	struct rel_str rest = rel_buf_str(&s->tool.complaint), line;
	struct rel_str last = {"", 0};

	while (rest.ptr != NULL) {
		line = rel_str_trim(rel_str_cut(&rest, '\n'));
		if (line.len > 0 && !rel_str_starts(line, REL_STR("[GNUPG:]")))
			last = line;
	}
	if (last.len == 0)
		return rel_fail(err, REL_EIO,
				"cannot sign: %s ended with status %d",
				s->program.ptr, s->tool.status);
	return rel_fail(err, REL_EIO, "cannot sign: %.*s",
			REL_STR_ARG(rel_str_sub(last, 0, 300)));
}

static bool says_one(struct signer *s, const char *const phrases[])
{
	for (size_t i = 0; phrases[i] != NULL; i++)
		if (rel_git_tool_says(&s->tool, phrases[i]))
			return true;
	return false;
}

static int fail_gpg(struct signer *s, struct rel_error *err)
{
	static const char *const keyless[] = {"No secret key", "INV_SGNR",
					      "NO_SECKEY", NULL};
	static const char *const locked[] = {
	    "Bad passphrase",	   "BAD_PASSPHRASE", "MISSING_PASSPHRASE",
	    "No pinentry",	   "No passphrase",  "Inappropriate ioctl",
	    "Operation cancelled", "Timeout",	     NULL};

	if (says_one(s, keyless))
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: gpg has no secret key of "
				"'%.100s'; name one with git config "
				"user.signingKey",
				s->key.ptr);
	if (says_one(s, locked))
		return rel_fail(err, REL_EAUTH,
				"cannot sign: the passphrase of key '%.100s' "
				"is wrong, or nobody was asked for it; unlock "
				"it (echo | gpg --clearsign) or run on a "
				"terminal",
				s->key.ptr);
	return fail_words(s, err);
}

static int fail_ssh(struct signer *s, struct rel_error *err)
{
	static const char *const locked[] = {"incorrect passphrase",
					     "agent refused", NULL};
	static const char *const keyless[] = {
	    "No such file",	  "No private key",
	    "not found in agent", "Couldn't get agent socket",
	    "Couldn't find key",  NULL};

	if (says_one(s, locked))
		return rel_fail(err, REL_EAUTH,
				"cannot sign: the passphrase of key '%.100s' "
				"is wrong, or nobody was asked for it; ssh-add "
				"it or run on a terminal",
				s->key.ptr);
	if (says_one(s, keyless))
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: there is no key '%.100s', or no "
				"agent that has it; see git config "
				"user.signingKey",
				s->key.ptr);
	return fail_words(s, err);
}

static int sign_gpg(struct rel_buf *out, struct signer *s, struct rel_str text,
		    struct rel_error *err)
{
	const char *argv[] = {s->program.ptr, "--status-fd=2", "-bsau", NULL,
			      NULL};
	int r = rel_git_config_get(&s->key, s->git_dir, NULL, "user.signingKey",
				   err);

	if (r >= 0 && s->key.len == 0 && s->options->who != NULL)
		rel_buf_add_cstr(&s->key, s->options->who);
	if (r < 0)
		return r;
	if (s->key.len == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: no key is configured; set git "
				"config user.signingKey");
	argv[3] = s->key.ptr;
	r = rel_git_tool_run(&s->tool, argv, text,
			     s->options->interactive ? REL_GIT_TOOL_ASKS
						     : REL_GIT_TOOL_QUIET,
			     s->options->cancel, err);
	if (r < 0)
		return r;
	if (s->tool.status != 0 ||
	    !rel_git_tool_says(&s->tool, "[GNUPG:] SIG_CREATED "))
		return fail_gpg(s, err);
	rel_buf_add_str(out, rel_buf_str(&s->tool.out));
	return 0;
}

/* "key::TYPE BLOB" or "ssh-… BLOB": the key itself. */
static bool is_literal(struct rel_str *key)
{
	if (rel_str_starts(*key, REL_STR("key::"))) {
		*key = rel_str_sub(*key, 5, key->len);
		return true;
	}
	return rel_str_starts(*key, REL_STR("ssh-"));
}

/* The first line that the user's command prints is the key. */
static int ask_command(struct signer *s, struct rel_error *err)
{
	const char *argv[] = {"sh", "-c", NULL, NULL};
	struct rel_str rest;
	struct rel_buf command;
	int r;

	rel_buf_init(&command, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_config_get(&command, s->git_dir, NULL,
			       "gpg.ssh.defaultKeyCommand", err);
	argv[2] = command.ptr;
	if (r > 0) {
		r = rel_git_tool_run(&s->tool, argv, REL_STR(""),
				     REL_GIT_TOOL_QUIET, s->options->cancel,
				     err);
		rest = rel_buf_str(&s->tool.out);
		if (r == 0 && s->tool.status == 0)
			rel_buf_add_str(&s->key,
					rel_str_trim(rel_str_cut(&rest, '\n')));
	}
	rel_buf_free(&command);
	return r < 0 ? r : 0;
}

/* The configured key as a file; *by_agent when only the agent has it. */
static int find_ssh_key(char **path, bool *by_agent, struct signer *s,
			struct rel_error *err)
{
	struct rel_str key;
	int r = rel_git_config_get(&s->key, s->git_dir, "path",
				   "user.signingKey", err);

	if (r >= 0 && s->key.len == 0)
		r = ask_command(s, err);
	if (r < 0)
		return r;
	if (s->key.len == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: no key is configured; set git "
				"config user.signingKey to an ssh key");
	key = rel_buf_str(&s->key);
	*by_agent = is_literal(&key);
	if (*by_agent)
		return rel_git_desk_put(path, &s->desk, "key.pub", key, err);
	*path = strdup(s->key.ptr);
	return *path ? 0 : rel_fail_nomem(err);
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int sign_ssh(struct rel_buf *out, struct signer *s, struct rel_str text,
		    struct rel_error *err)
{
	const char *argv[10] = {s->program.ptr, "-Y",  "sign",
				"-n",		"git", "-f"};
	char *key = NULL, *file = NULL, *made = NULL;
	bool by_agent = false;
	size_t n = 7;
	int r = find_ssh_key(&key, &by_agent, s, err);

	if (r == 0)
		r = rel_git_desk_put(&file, &s->desk, "text", text, err);
	if (r < 0)
		goto out;
	argv[6] = key;
	if (by_agent)
		argv[n++] = "-U";
	argv[n++] = file;
	argv[n] = NULL;
	r = rel_git_tool_run(&s->tool, argv, REL_STR(""),
			     s->options->interactive && has_terminal()
				 ? REL_GIT_TOOL_TERMINAL
				 : REL_GIT_TOOL_QUIET,
			     s->options->cancel, err);
	if (r == 0 && s->tool.status != 0)
		r = fail_ssh(s, err);
	if (r < 0)
		goto out;
	made = rel_git_desk_path(&s->desk, "text.sig");
	r = made ? rel_file_read(out, made, err) : rel_fail_nomem(err);
out:
	free(made);
	free(file);
	free(key);
	return r;
}

int rel_git_sign(struct rel_buf *out, const char *git_dir, struct rel_str text,
		 const struct rel_git_sign_options *options,
		 struct rel_error *err)
{
	struct signer s = {.options = options, .git_dir = git_dir};
	int r;

	if (options->kind == REL_GIT_SIGN_NONE)
		return 0;
	rel_buf_init(&s.program, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&s.key, REL_LIMIT_CONFIG_BYTES);
	rel_git_tool_init(&s.tool);
	r = rel_git_tool_find(&s.program, git_dir, options->kind, err);
	if (r == 0)
		r = rel_git_desk_open(&s.desk, err);
	if (r == 0 && options->kind == REL_GIT_SIGN_GPG)
		r = sign_gpg(out, &s, text, err);
	else if (r == 0)
		r = sign_ssh(out, &s, text, err);
	if (r == 0)
		r = rel_buf_status(out, "signature", err);
	rel_git_desk_close(&s.desk);
	rel_git_tool_free(&s.tool);
	rel_buf_free(&s.key);
	rel_buf_free(&s.program);
	return r;
}
