#include "git/content.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/run.h"

void rel_git_content_init(struct rel_git_content *content,
			  struct rel_git_store *store, bool no_git_program,
			  const struct rel_cancel *cancel)
{
	memset(content, 0, sizeof(*content));
	content->store = store;
	content->cancel = cancel;
	content->no_git_program = no_git_program;
	content->git = (struct rel_process){-1, -1, -1, -1};
	content->scratch.lock.fd = -1;
}

void rel_git_content_free(struct rel_git_content *content)
{
	git_odb_object_free(content->object);
	rel_process_kill(&content->git);
	rel_git_scratch_close(&content->scratch);
}

/* The git directory that git may run in. */
static int find_git_dir(const char **out, struct rel_git_content *content,
			struct rel_error *err)
{
	int r;

	*out = content->store->path;
	if (content->store->made || rel_git_run_may(*out))
		return 0;
	r = rel_git_scratch_open(&content->scratch, NULL, err);
	if (r == 0)
		r = rel_git_scratch_borrow(&content->scratch, content->store,
					   err);
	if (r == 0)
		*out = content->scratch.store->path;
	return r;
}

/* Repository and objects are those of the store, whatever the caller's git
 * has set; replaced objects and other clones play no part. */
static int start_git(struct rel_git_content *content, struct rel_error *err)
{
	const char *argv[] = {"git",
			      "--git-dir",
			      NULL,
			      "-c",
			      "core.bigFileThreshold=1m",
			      "-c",
			      "core.packedGitWindowSize=1m",
			      "-c",
			      "core.packedGitLimit=16m",
			      "-c",
			      "core.deltaBaseCacheLimit=8m",
			      "cat-file",
			      "--batch",
			      NULL};
	const char *env[] = {"GIT_NO_REPLACE_OBJECTS=1",
			     "GIT_NO_LAZY_FETCH=1",
			     "LC_ALL=C",
			     "LANGUAGE",
			     "GIT_DIR",
			     "GIT_WORK_TREE",
			     "GIT_OBJECT_DIRECTORY",
			     "GIT_ALTERNATE_OBJECT_DIRECTORIES",
			     "GIT_COMMON_DIR",
			     "GIT_NAMESPACE",
			     NULL};

	int r = find_git_dir(&argv[2], content, err);

	return r < 0 ? r
		     : rel_process_start(&content->git, argv, NULL, env,
					 REL_PROCESS_STDERR_PIPE, err);
}

/* git ended or says what it should not: make it the failure of all. */
static int fail_git(struct rel_git_content *content, const char *what)
{
	char text[1024];
	ssize_t n = 0;

	/* Nothing more is wanted from it, so that it ends and the read too. */
	if (content->git.in >= 0)
		close(content->git.in);
	content->git.in = -1;
	if (content->git.err >= 0 && content->git.out >= 0) {
		close(content->git.out);
		content->git.out = -1;
		n = read(content->git.err, text, sizeof(text));
	}
	if (n > 0)
		rel_git_stderr_fail(&content->failure, what, NULL,
				    rel_str_n(text, (size_t)n));
	else
		rel_fail(&content->failure, REL_EIO, "%s: git cat-file ended",
			 what);
	rel_error_at(&content->failure, content->store->path, 0, 0);
	return content->failure.code;
}

/* Get more of what git says; 0 or the failure. */
static int fill(struct rel_git_content *content)
{
	ssize_t n;

	do {
		if (rel_cancelled(content->cancel))
			return rel_fail_cancelled(&content->failure);
		n = read(content->git.out, content->piece,
			 sizeof(content->piece));
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return fail_git(content, "cannot read a file");
	content->from = 0;
	content->to = (size_t)n;
	return 0;
}

/* One line, without its end. */
static int read_line(char *line, size_t size, struct rel_git_content *content)
{
	size_t len = 0;

	for (;;) {
		char c;

		if (content->from == content->to && fill(content) != 0)
			return content->failure.code;
		c = content->piece[content->from++];
		if (c == '\n')
			break;
		if (len + 1 >= size)
			return fail_git(content, "unexpected answer");
		line[len++] = c;
	}
	line[len] = '\0';
	return 0;
}

/* At most what is left of the blob and in the piece. */
static int take(struct rel_str *out, struct rel_git_content *content)
{
	size_t n;

	if (content->from == content->to && fill(content) != 0)
		return content->failure.code;
	n = content->to - content->from;
	if (n > content->left)
		n = (size_t)content->left;
	*out = rel_str_n(content->piece + content->from, n);
	content->from += n;
	content->left -= n;
	return 1;
}

/* What is left of the blob before, and the newline that ends it. */
static int pass_over(struct rel_git_content *content)
{
	struct rel_str part;
	char end[2];
	int r = 1;

	while (r > 0 && content->left > 0)
		r = take(&part, content);
	return r < 0 ? r : read_line(end, sizeof(end), content);
}

/* "<id> blob <size>" or "<id> missing" */
static int parse_answer(struct rel_git_content *content, const char *line,
			const char *hex, struct rel_error *err)
{
	uintmax_t size = 0;

	if (sscanf(line, "%*40[0-9a-f] blob %" SCNuMAX, &size) == 1) {
		content->size = content->left = size;
		return 0;
	}
	content->size = content->left = 0;
	rel_fail(&content->failure, REL_EIO, "cannot read %s: git says '%s'",
		 hex, line);
	rel_error_at(&content->failure, content->store->path, 0, 0);
	if (err)
		*err = content->failure;
	return content->failure.code;
}

static int begin_git(struct rel_git_content *content,
		     const struct rel_git_id *blob, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT], line[128];
	int r = 0;

	if (content->git.pid < 0)
		r = start_git(content, err);
	else if (content->failure.code == 0)
		pass_over(content);
	if (r < 0)
		return r;
	rel_git_id_format(hex, blob);
	snprintf(line, sizeof(line), "%s\n", hex);
	if (content->failure.code == 0 &&
	    rel_process_write(&content->git, line, strlen(line), NULL) < 0)
		fail_git(content, "cannot read a file");
	if (content->failure.code == 0)
		read_line(line, sizeof(line), content);
	if (content->failure.code == 0)
		return parse_answer(content, line, hex, err);
	if (err)
		*err = content->failure;
	return content->failure.code;
}

static int begin_library(struct rel_git_content *content,
			 const struct rel_git_id *blob, size_t max,
			 struct rel_error *err)
{
	int r = rel_git_object_read(&content->object, content->store, blob,
				    GIT_OBJECT_BLOB, max, err);

	if (r < 0)
		return r;
	content->size = content->left =
	    (uint64_t)git_odb_object_size(content->object);
	content->inlined += content->size;
	return 0;
}

int rel_git_content_begin(uint64_t *size, struct rel_git_content *content,
			  const struct rel_git_id *blob, struct rel_error *err)
{
	int r = REL_ELIMIT;

	git_odb_object_free(content->object);
	content->object = NULL;
	if (content->git.pid < 0 && !content->no_git_program &&
	    !rel_git_program_exists())
		content->no_git_program = true;
	if (content->no_git_program)
		r = begin_library(content, blob, REL_LIMIT_GIT_BLOB_WHOLE, err);
	else if (content->inlined < REL_LIMIT_GIT_BLOBS_INLINE)
		r = begin_library(content, blob, REL_LIMIT_GIT_BLOB_INLINE,
				  err);
	if (r == REL_ELIMIT && !content->no_git_program)
		r = begin_git(content, blob, err);
	else if (r == REL_ELIMIT)
		rel_error_prefix(err, "install git to read big files");
	*size = content->size;
	return r;
}

int rel_git_content_next(struct rel_str *out, struct rel_git_content *content,
			 struct rel_error *err)
{
	const char *bytes;
	size_t n;
	int r;

	if (content->left == 0)
		return 0;
	if (content->object) {
		bytes = git_odb_object_data(content->object);
		n = content->left < REL_GIT_CONTENT_PIECE
			? (size_t)content->left
			: REL_GIT_CONTENT_PIECE;
		*out = rel_str_n(bytes + (content->size - content->left), n);
		content->left -= n;
		return 1;
	}
	r = take(out, content);
	if (r < 0 && err)
		*err = content->failure;
	return r;
}
