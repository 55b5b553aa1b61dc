#include "git/signing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "git/run.h"

#define ARGS_MAX 24

int rel_git_desk_open(struct rel_git_desk *desk, struct rel_error *err)
{
	const char *parent = getenv("TMPDIR");

	if (parent == NULL || *parent != '/')
		parent = "/tmp";
	if (asprintf(&desk->dir, "%s/relctl-sign-XXXXXX", parent) < 0) {
		desk->dir = NULL;
		return rel_fail_nomem(err);
	}
	if (mkdtemp(desk->dir) == NULL) {
		free(desk->dir);
		desk->dir = NULL;
		return rel_fail_errno(err, errno, parent,
				      "cannot create in it");
	}
	return 0;
}

void rel_git_desk_close(struct rel_git_desk *desk)
{
	struct dirent *entry;
	DIR *handle;

	if (desk->dir == NULL)
		return;
	handle = opendir(desk->dir);
	while (handle != NULL && (entry = readdir(handle)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(handle), entry->d_name, 0);
	if (handle != NULL)
		closedir(handle);
	rmdir(desk->dir);
	free(desk->dir);
	desk->dir = NULL;
}

char *rel_git_desk_path(const struct rel_git_desk *desk, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", desk->dir, name) < 0 ? NULL : path;
}

int rel_git_desk_put(char **path, const struct rel_git_desk *desk,
		     const char *name, struct rel_str text,
		     struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};
	int r;

	*path = rel_git_desk_path(desk, name);
	if (*path == NULL)
		return rel_fail_nomem(err);
	r = rel_atomic_open_cache(&file, *path, err);
	if (r < 0)
		return r;
	rel_atomic_write(&file, text.ptr, text.len);
	return rel_atomic_commit(&file, err);
}

void rel_git_tool_init(struct rel_git_tool *tool)
{
	rel_buf_init(&tool->out, REL_LIMIT_GIT_MESSAGE_BYTES);
	rel_buf_init(&tool->complaint, REL_LIMIT_CHILD_TEXT);
	tool->status = -1;
}

void rel_git_tool_free(struct rel_git_tool *tool)
{
	rel_buf_free(&tool->complaint);
	rel_buf_free(&tool->out);
}

/* GPG_TTY tells gpg's agent where it may ask: our terminal, or nowhere. */
static void tell_terminal(char *out, size_t size, enum rel_git_tool_mode mode)
{
	char name[256] = "";
	const char *known = getenv("GPG_TTY");

	if (mode == REL_GIT_TOOL_ASKS && known != NULL && *known != '\0')
		snprintf(out, size, "GPG_TTY=%s", known);
	else if (mode == REL_GIT_TOOL_ASKS &&
		 ttyname_r(STDIN_FILENO, name, sizeof(name)) == 0)
		snprintf(out, size, "GPG_TTY=%s", name);
	else
		snprintf(out, size, "GPG_TTY");
}

int rel_git_tool_run(struct rel_git_tool *tool, const char *const argv[],
		     struct rel_str input, enum rel_git_tool_mode mode,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	char tty[300];
	const char *const env[] = {"LC_ALL=C", "LANGUAGE", tty, NULL};
	const char *wrapped[ARGS_MAX] = {"sh", "-c", "exec \"$@\" </dev/tty",
					 "sh"};
	size_t n = 0;

	rel_buf_clear(&tool->out);
	rel_buf_clear(&tool->complaint);
	tell_terminal(tty, sizeof(tty), mode);
	while (argv[n] != NULL && n + 5 < ARGS_MAX) {
		wrapped[4 + n] = argv[n];
		n++;
	}
	return rel_process_run(mode == REL_GIT_TOOL_TERMINAL ? wrapped : argv,
			       NULL, env, input, &tool->out, &tool->complaint,
			       &tool->status, cancel, err);
}

bool rel_git_tool_says(const struct rel_git_tool *tool, const char *phrase)
{
	return (tool->complaint.len > 0 &&
		strstr(tool->complaint.ptr, phrase) != NULL) ||
	       (tool->out.len > 0 && strstr(tool->out.ptr, phrase) != NULL);
}

int rel_git_tool_find(struct rel_buf *out, const char *git_dir,
		      enum rel_git_signature_kind kind, struct rel_error *err)
{
	int r;

	if (kind == REL_GIT_SIGN_SSH) {
		r = rel_git_config_get(out, git_dir, "path", "gpg.ssh.program",
				       err);
		if (r == 0)
			r = rel_buf_add_cstr(out, "ssh-keygen");
	} else {
		r = rel_git_config_get(out, git_dir, "path",
				       "gpg.openpgp.program", err);
		if (r == 0)
			r = rel_git_config_get(out, git_dir, "path",
					       "gpg.program", err);
		if (r == 0)
			r = rel_buf_add_cstr(out, "gpg");
	}
	return r < 0 ? r : rel_buf_status(out, "program", err);
}
