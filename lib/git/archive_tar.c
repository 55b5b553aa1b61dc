/* The tar that git archive writes, read as it comes. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/git_private.h"

#define BLOCK	512
#define POLL_MS 100

static void close_end(int *fd)
{
	close(*fd);
	*fd = -1;
}

/* More of what git writes: 1, 0 at the end, or an error. */
static int fill(struct rel_git_tar *tar, struct rel_error *err)
{
	struct rel_process *git = &tar->process;
	char said[1024];

	for (;;) {
		struct pollfd fds[2] = {{.fd = git->out, .events = POLLIN},
					{.fd = git->err, .events = POLLIN}};
		ssize_t n;

		if (rel_cancelled(tar->cancel))
			return rel_fail_cancelled(err);
		if (git->out < 0 && git->err < 0)
			return 0;
		if (poll(fds, 2, POLL_MS) <= 0)
			continue;
		if (fds[1].revents != 0) {
			n = read(git->err, said, sizeof(said));
			if (n > 0)
				rel_buf_add(&tar->diagnostics, said, (size_t)n);
			else if (n == 0 || errno != EINTR)
				close_end(&git->err);
		}
		if (fds[0].revents == 0)
			continue;
		n = read(git->out, tar->piece, sizeof(tar->piece));
		tar->from = 0;
		tar->to = n > 0 ? (size_t)n : 0;
		if (n > 0)
			return 1;
		if (n == 0 || errno != EINTR)
			close_end(&git->out);
	}
}

/* At most `max` bytes, at least one: 1, or an error. */
static int take(struct rel_str *out, struct rel_git_tar *tar, uint64_t max,
		struct rel_error *err)
{
	size_t n;
	int rc = 1;

	if (tar->from == tar->to)
		rc = fill(tar, err);
	if (rc == 0) {
		tar->cut_short = true;
		return rel_fail(err, REL_EIO, "the tar ends too early");
	}
	if (rc < 0)
		return rc;
	n = tar->to - tar->from;
	if (n > max)
		n = (size_t)max;
	*out = rel_str_n(tar->piece + tar->from, n);
	tar->from += n;
	return 1;
}

/* So many bytes, appended to `out` unless that is NULL. */
static int take_all(struct rel_buf *out, struct rel_git_tar *tar, uint64_t size,
		    struct rel_error *err)
{
	struct rel_str part;
	int rc;

	while (size > 0) {
		rc = take(&part, tar, size, err);
		if (rc < 0)
			return rc;
		size -= part.len;
		if (out && rel_buf_add_str(out, part) < 0)
			return rel_buf_status(out, "archive", err);
	}
	return 0;
}

/* The fields of a header that git writes: POSIX.1-2001, ustar. */
static struct rel_str field(const char *header, size_t at, size_t size)
{
	return rel_str_n(header + at, strnlen(header + at, size));
}

static uint64_t octal(struct rel_str text)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= '0' && text.ptr[i] <= '7')
			value = value << 3 | (uint64_t)(text.ptr[i] - '0');
	return value;
}

/* "LENGTH key=value\n", again and again. */
static void read_records(struct rel_git_tar *tar, uint64_t *size, bool *sized)
{
	struct rel_str rest = rel_buf_str(&tar->records);
	unsigned long length;

	while (rest.len > 0) {
		size_t blank = rel_str_find(rest, ' ');
		struct rel_str value, key;

		if (!rel_str_to_uint(rel_str_sub(rest, 0, blank), rest.len,
				     &length) ||
		    length < blank + 2)
			return;
		value = rel_str_sub(rest, blank + 1, length - 1);
		rest = rel_str_sub(rest, length, rest.len);
		key = rel_str_cut(&value, '=');
		if (!value.ptr)
			return;
		if (rel_str_is(key, "path"))
			rel_buf_add_str(&tar->path, value);
		else if (rel_str_is(key, "linkpath"))
			rel_buf_add_str(&tar->target, value);
		else if (rel_str_is(key, "size"))
			*sized = rel_str_to_uint(value, UINT64_MAX, size);
	}
}

/* What stands before the next member's content; pax records go to where they
 * count, the global ones nowhere. */
static int next_header(char header[BLOCK], struct rel_git_tar *tar,
		       struct rel_error *err)
{
	uint64_t size = 0;
	bool sized = false;
	int rc;

	for (;;) {
		char type;

		rel_buf_clear(&tar->records);
		rc = take_all(NULL, tar, tar->left + tar->padding, err);
		tar->left = tar->padding = 0;
		if (rc == 0)
			rc = take_all(&tar->records, tar, BLOCK, err);
		if (rc < 0)
			return rc;
		memcpy(header, tar->records.ptr, BLOCK);
		if (header[0] == '\0')
			return 0;
		if (memcmp(header + 257, "ustar", 5) != 0)
			return rel_fail(err, REL_EIO, "git writes no tar");
		type = header[156];
		tar->left = octal(field(header, 124, 12));
		if (type != 'g' && type != 'x' && sized)
			tar->left = size;
		if (type == '5' || type == '2')
			tar->left = 0;
		tar->padding = (size_t)(-tar->left & (BLOCK - 1));
		if (type != 'g' && type != 'x')
			return 1;
		if (type == 'g')
			continue;
		rel_buf_clear(&tar->records);
		rc = take_all(&tar->records, tar, tar->left, err);
		tar->left = 0;
		if (rc < 0)
			return rc;
		read_records(tar, &size, &sized);
	}
}

int rel_git_tar_next(struct rel_git_tar *tar, struct rel_error *err)
{
	char header[BLOCK];
	struct rel_str prefix;
	int rc;

	rel_buf_clear(&tar->path);
	rel_buf_clear(&tar->target);
	rc = next_header(header, tar, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		do
			rc = fill(tar, err);
		while (rc > 0);
		return rc;
	}
	if (tar->path.len == 0) {
		prefix = field(header, 345, 155);
		rel_buf_add_str(&tar->path, prefix);
		if (prefix.len > 0)
			rel_buf_add_char(&tar->path, '/');
		rel_buf_add_str(&tar->path, field(header, 0, 100));
	}
	if (tar->target.len == 0)
		rel_buf_add_str(&tar->target, field(header, 157, 100));
	tar->kind = REL_GIT_BLOB;
	if (header[156] == '5')
		tar->kind = REL_GIT_TREE;
	else if (header[156] == '2')
		tar->kind = REL_GIT_SYMLINK;
	else if (octal(field(header, 100, 8)) & 0100)
		tar->kind = REL_GIT_EXECUTABLE;
	rc = rel_buf_status(&tar->path, "path", err);
	if (rc == 0)
		rc = rel_buf_status(&tar->target, "link", err);
	return rc ? rc : 1;
}

int rel_git_tar_chunk(struct rel_str *out, struct rel_git_tar *tar,
		      struct rel_error *err)
{
	int rc;

	if (tar->left == 0)
		return 0;
	rc = take(out, tar, tar->left, err);
	if (rc > 0)
		tar->left -= out->len;
	return rc;
}

void rel_git_tar_init(struct rel_git_tar *tar, const struct rel_cancel *cancel)
{
	memset(tar, 0, sizeof(*tar));
	tar->process = (struct rel_process){-1, -1, -1, -1};
	tar->cancel = cancel;
	rel_buf_init(&tar->diagnostics, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&tar->path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&tar->target, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&tar->records, REL_LIMIT_TAR_HEADER_BYTES);
}

void rel_git_tar_free(struct rel_git_tar *tar)
{
	rel_process_kill(&tar->process);
	rel_buf_free(&tar->records);
	rel_buf_free(&tar->target);
	rel_buf_free(&tar->path);
	rel_buf_free(&tar->diagnostics);
}
