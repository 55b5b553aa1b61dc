#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_file(void *context, const void *ptr, size_t len,
		      struct rel_error *err)
{
	struct rel_output *output = context;

	if (rel_cancelled(output->cancel))
		return rel_fail_cancelled(err);
	if (rel_atomic_write(&output->file, ptr, len) == 0)
		return 0;
	return rel_fail_errno(err, output->file.saved_errno, output->path,
			      "cannot write");
}

static int write_stream(void *context, const void *ptr, size_t len,
			struct rel_error *err)
{
	struct rel_output *output = context;
	const char *at = ptr;

	while (len > 0 && !output->deaf) {
		ssize_t n;

		if (rel_cancelled(output->cancel))
			return rel_fail_cancelled(err);
		n = write(output->fd, at, len);

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
		} else if (errno == EPIPE) {
			output->deaf = true;
		} else if (errno != EINTR) {
			return rel_fail_errno(err, errno, output->path,
					      "cannot write");
		}
	}
	return 0;
}

static int open_stream(struct rel_output *output, const char *path,
		       struct rel_error *err)
{
	output->sink.write = write_stream;
	output->path = path;
	output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	output->owned = true;
	if (output->fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	return 0;
}

/* /dev/stdout and its like: an open file, and a link to it. */
static bool is_descriptor(const char *path)
{
	struct rel_str s = rel_str_of(path);

	return rel_str_starts(s, REL_STR("/dev/")) ||
	       rel_str_starts(s, REL_STR("/proc/"));
}

int rel_output_open(struct rel_output *output, const char *path,
		    struct rel_error *err)
{
	struct stat st;

	*output = (struct rel_output){.file = {.fd = -1}, .fd = -1};
	output->sink.context = output;
	if (!path || strcmp(path, "-") == 0) {
		output->sink.write = write_stream;
		output->path = "standard output";
		output->fd = STDOUT_FILENO;
		return 0;
	}
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode) &&
	    (!S_ISREG(st.st_mode) || is_descriptor(path)))
		return open_stream(output, path, err);
	output->sink.write = write_file;
	output->path = path;
	return rel_atomic_open(&output->file, path, err);
}

int rel_output_commit(struct rel_output *output, struct rel_error *err)
{
	int rc = 0;

	if (output->fd < 0)
		return rel_atomic_commit(&output->file, err);
	if (output->owned && close(output->fd) != 0)
		rc = rel_fail_errno(err, errno, output->path, "cannot write");
	output->fd = -1;
	return rc;
}

void rel_output_abort(struct rel_output *output)
{
	if (output->owned && output->fd >= 0)
		close(output->fd);
	output->fd = -1;
	rel_atomic_abort(&output->file);
}

bool rel_output_is_stdout(const struct rel_output *output)
{
	return output->fd == STDOUT_FILENO;
}
