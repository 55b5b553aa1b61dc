/* What making and checking signatures share. */
#ifndef REL_GIT_SIGNING_H
#define REL_GIT_SIGNING_H

#include "base/cancel.h"
#include "git/sign.h"

/* A private directory for the files of one run. */
struct rel_git_desk {
	char *dir;
};

REL_MUST_CHECK int rel_git_desk_open(struct rel_git_desk *desk,
				     struct rel_error *err);
/* Remove it with its files.  Fine on a zeroed one. */
void rel_git_desk_close(struct rel_git_desk *desk);
/* "<dir>/<name>"; the caller frees it.  NULL = out of memory. */
char *rel_git_desk_path(const struct rel_git_desk *desk, const char *name);
/* The same, and write the file. */
REL_MUST_CHECK int rel_git_desk_put(char **path,
				    const struct rel_git_desk *desk,
				    const char *name, struct rel_str text,
				    struct rel_error *err);

/* Run of gpg or ssh-keygen. */
struct rel_git_tool {
	struct rel_buf out, complaint;
	int status;
};

void rel_git_tool_init(struct rel_git_tool *tool);
void rel_git_tool_free(struct rel_git_tool *tool);
enum rel_git_tool_mode {
	REL_GIT_TOOL_QUIET,    /* asks nobody on a terminal */
	REL_GIT_TOOL_ASKS,     /* gpg's agent may ask on ours */
	REL_GIT_TOOL_TERMINAL, /* has /dev/tty instead of `input` on stdin */
};

/* In English.  A program that is not installed is REL_ENOTFOUND. */
REL_MUST_CHECK int rel_git_tool_run(struct rel_git_tool *tool,
				    const char *const argv[],
				    struct rel_str input,
				    enum rel_git_tool_mode mode,
				    const struct rel_cancel *cancel,
				    struct rel_error *err);
bool rel_git_tool_says(const struct rel_git_tool *tool, const char *phrase);

/* The program for a kind of signature, as configured; appended. */
REL_MUST_CHECK int rel_git_tool_find(struct rel_buf *out, const char *git_dir,
				     enum rel_git_signature_kind kind,
				     struct rel_error *err);

#endif
