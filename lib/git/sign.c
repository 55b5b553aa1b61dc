/* Making signatures with gpg and ssh-keygen; see git/sign.h. */
#include "git/sign.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "git/git_private.h"
#include "git/run.h"

#define ARGS_MAX 24

/* Source: git's gpg-interface.c, parse_signed_buffer(): the last line that
 * begins so, whatever follows. */
size_t rel_git_signature_at(struct rel_str text)
{
	static const char *const starts[] = {
	    "-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
	    "-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----"};
	size_t at = 0, match = text.len;

	while (at < text.len) {
		struct rel_str rest = rel_str_sub(text, at, text.len);

		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			if (rel_str_starts(rest, rel_str_of(starts[i])))
				match = at;
		at += rel_str_find(rest, '\n') + 1;
	}
	return match;
}

/* A run of gpg or ssh-keygen. */
struct tool {
	struct rel_buf out, err_out;
	int status;
};

enum tool_mode {
	TOOL_QUIET,    /* asks nobody on a terminal */
	TOOL_ASKS,     /* gpg's agent may ask on ours */
	TOOL_TERMINAL, /* has /dev/tty instead of `input` on stdin */
};

/* GPG_TTY tells gpg's agent where it may ask: our terminal, or nowhere. */
static void tell_terminal(char *out, size_t size, enum tool_mode mode)
{
	char name[256] = "";
	const char *known = getenv("GPG_TTY");

	if (mode == TOOL_ASKS && known != NULL && *known != '\0')
		snprintf(out, size, "GPG_TTY=%s", known);
	else if (mode == TOOL_ASKS &&
		 ttyname_r(STDIN_FILENO, name, sizeof(name)) == 0)
		snprintf(out, size, "GPG_TTY=%s", name);
	else
		snprintf(out, size, "GPG_TTY");
}

static int tool_run(struct tool *tool, const char *const argv[],
		    struct rel_str input, enum tool_mode mode,
		    const struct rel_cancel *cancel, struct rel_error *err)
{
	char tty[300];
	const char *const env[] = {"LC_ALL=C", "LANGUAGE", tty, NULL};
	const char *wrapped[ARGS_MAX] = {"sh", "-c", "exec \"$@\" </dev/tty",
					 "sh"};
	size_t n = 0;

	rel_buf_clear(&tool->out);
	rel_buf_clear(&tool->err_out);
	tell_terminal(tty, sizeof(tty), mode);
	while (argv[n] != NULL && n + 5 < ARGS_MAX) {
		wrapped[4 + n] = argv[n];
		n++;
	}
	return rel_process_run(mode == TOOL_TERMINAL ? wrapped : argv, NULL,
			       env, input, &tool->out, &tool->err_out,
			       &tool->status, cancel, err);
}

static bool tool_says(const struct tool *tool, const char *phrase)
{
	return (tool->err_out.len > 0 &&
		strstr(tool->err_out.ptr, phrase) != NULL) ||
	       (tool->out.len > 0 && strstr(tool->out.ptr, phrase) != NULL);
}

int rel_git_sign_program(struct rel_buf *out, const char *git_dir,
			 enum rel_git_signature_kind kind,
			 struct rel_error *err)
{
	int rc;

	if (kind == REL_GIT_SIGN_SSH) {
		rc = rel_git_config_get(out, git_dir, "path", "gpg.ssh.program",
					err);
		if (rc == 0)
			rc = rel_buf_add_cstr(out, "ssh-keygen");
	} else {
		rc = rel_git_config_get(out, git_dir, "path",
					"gpg.openpgp.program", err);
		if (rc == 0)
			rc = rel_git_config_get(out, git_dir, "path",
						"gpg.program", err);
		if (rc == 0)
			rc = rel_buf_add_cstr(out, "gpg");
	}
	return rc < 0 ? rc : rel_buf_status(out, "program", err);
}

struct signer {
	const struct rel_git_sign_options *options;
	const char *git_dir;
	struct rel_buf program, key;
	struct tool tool;
	struct rel_git_scratch scratch; /* for files */
};

/* What the program said last, without its status lines and its name. */
static int fail_words(struct signer *s, struct rel_error *err)
{
	struct rel_str rest = rel_buf_str(&s->tool.err_out), line;
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
		if (tool_says(&s->tool, phrases[i]))
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
	int rc = rel_git_config_get(&s->key, s->git_dir, NULL,
				    "user.signingKey", err);

	if (rc >= 0 && s->key.len == 0 && s->options->who != NULL)
		rel_buf_add_cstr(&s->key, s->options->who);
	if (rc < 0)
		return rc;
	if (s->key.len == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: no key is configured; set git "
				"config user.signingKey");
	argv[3] = s->key.ptr;
	rc = tool_run(&s->tool, argv, text,
		      s->options->interactive ? TOOL_ASKS : TOOL_QUIET,
		      s->options->cancel, err);
	if (rc < 0)
		return rc;
	if (s->tool.status != 0 ||
	    !tool_says(&s->tool, "[GNUPG:] SIG_CREATED "))
		return fail_gpg(s, err);
	rel_buf_add_str(out, rel_buf_str(&s->tool.out));
	return 0;
}

/* "<name>" among the files of this run; the caller frees it. */
static int put_file(char **path, const struct signer *s, const char *name,
		    struct rel_str text, struct rel_error *err)
{
	if (asprintf(path, "%s/%s", s->scratch.dir, name) < 0) {
		*path = NULL;
		return rel_fail_nomem(err);
	}
	return rel_file_put_cache(*path, text, err);
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
	int rc;

	rel_buf_init(&command, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_config_get(&command, s->git_dir, NULL,
				"gpg.ssh.defaultKeyCommand", err);
	argv[2] = command.ptr;
	if (rc > 0) {
		rc = tool_run(&s->tool, argv, REL_STR(""), TOOL_QUIET,
			      s->options->cancel, err);
		rest = rel_buf_str(&s->tool.out);
		if (rc == 0 && s->tool.status == 0)
			rel_buf_add_str(&s->key,
					rel_str_trim(rel_str_cut(&rest, '\n')));
	}
	rel_buf_free(&command);
	return rc < 0 ? rc : 0;
}

/* The configured key as a file; *by_agent when only the agent has it. */
static int find_ssh_key(char **path, bool *by_agent, struct signer *s,
			struct rel_error *err)
{
	struct rel_str key;
	int rc = rel_git_config_get(&s->key, s->git_dir, "path",
				    "user.signingKey", err);

	if (rc >= 0 && s->key.len == 0)
		rc = ask_command(s, err);
	if (rc < 0)
		return rc;
	if (s->key.len == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"cannot sign: no key is configured; set git "
				"config user.signingKey to an ssh key");
	key = rel_buf_str(&s->key);
	*by_agent = is_literal(&key);
	if (*by_agent)
		return put_file(path, s, "key.pub", key, err);
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
	int rc = find_ssh_key(&key, &by_agent, s, err);

	if (rc == 0)
		rc = put_file(&file, s, "text", text, err);
	if (rc < 0)
		goto out;
	argv[6] = key;
	if (by_agent)
		argv[n++] = "-U";
	argv[n++] = file;
	argv[n] = NULL;
	rc = tool_run(&s->tool, argv, REL_STR(""),
		      s->options->interactive && has_terminal() ? TOOL_TERMINAL
								: TOOL_QUIET,
		      s->options->cancel, err);
	if (rc == 0 && s->tool.status != 0)
		rc = fail_ssh(s, err);
	if (rc < 0)
		goto out;
	if (asprintf(&made, "%s.sig", file) < 0) {
		made = NULL;
		rc = rel_fail_nomem(err);
	} else {
		rc = rel_file_read(out, made, err);
	}
out:
	free(made);
	free(file);
	free(key);
	return rc;
}

int rel_git_sign(struct rel_buf *out, const char *git_dir, struct rel_str text,
		 const struct rel_git_sign_options *options,
		 struct rel_error *err)
{
	struct signer s = {.options = options, .git_dir = git_dir};
	int rc;

	if (options->kind == REL_GIT_SIGN_NONE)
		return 0;
	rel_buf_init(&s.program, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&s.key, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&s.tool.out, REL_LIMIT_GIT_MESSAGE_BYTES);
	rel_buf_init(&s.tool.err_out, REL_LIMIT_CHILD_TEXT);
	rc = rel_git_sign_program(&s.program, git_dir, options->kind, err);
	if (rc == 0 && options->kind == REL_GIT_SIGN_GPG) {
		rc = sign_gpg(out, &s, text, err);
	} else if (rc == 0) {
		rc = rel_git_scratch_open(&s.scratch, NULL, err);
		if (rc == 0)
			rc = sign_ssh(out, &s, text, err);
	}
	if (rc == 0)
		rc = rel_buf_status(out, "signature", err);
	rel_git_scratch_close(&s.scratch);
	rel_buf_free(&s.tool.err_out);
	rel_buf_free(&s.tool.out);
	rel_buf_free(&s.key);
	rel_buf_free(&s.program);
	return rc;
}
