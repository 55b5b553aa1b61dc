#include "base/sink.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"

/* Bytes that the sink is bothered with at once. */
#define CHUNK (64 * REL_KIB)

void rel_writer_begin(struct rel_writer *writer, struct rel_sink *sink)
{
	*writer = (struct rel_writer){.sink = sink};
	rel_buf_init(&writer->buf, REL_LIMIT_ARENA);
}

static void flush(struct rel_writer *writer)
{
	const struct rel_sink *sink = writer->sink;

	if (!writer->status)
		writer->status =
		    rel_buf_status(&writer->buf, "output", &writer->error);
	if (!writer->status && writer->buf.len > 0)
		writer->status = sink->write(sink->context, writer->buf.ptr,
					     writer->buf.len, &writer->error);
	rel_buf_clear(&writer->buf);
}

void rel_writer_turn(struct rel_writer *writer)
{
	if (writer->buf.len >= CHUNK || writer->buf.status)
		flush(writer);
}

int rel_writer_end(struct rel_writer *writer, struct rel_error *err)
{
	flush(writer);
	if (writer->status && err)
		*err = writer->error;
	rel_buf_free(&writer->buf);
	return writer->status;
}

static int add_to_buf(void *context, const void *ptr, size_t len,
		      struct rel_error *err)
{
	rel_buf_add(context, ptr, len);
	return rel_buf_status(context, "what is read", err);
}

struct rel_sink rel_sink_of_buf(struct rel_buf *buf)
{
	return (struct rel_sink){add_to_buf, buf};
}

static int add_to_file(void *context, const void *ptr, size_t len,
		       struct rel_error *err)
{
	struct rel_atomic_file *file = context;

	if (rel_atomic_write(file, ptr, len) == 0)
		return 0;
	return rel_fail_errno(err, file->saved_errno, file->target,
			      "cannot write");
}

struct rel_sink rel_sink_of_file(struct rel_atomic_file *file)
{
	return (struct rel_sink){add_to_file, file};
}

int rel_sink_pour(uint64_t *size, const struct rel_sink *sink, int fd,
		  const char *path, const struct rel_cancel *cancel,
		  struct rel_error *err)
{
	char bytes[CHUNK];
	int rc = 0;

	while (rc == 0) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (rel_cancelled(cancel))
			rc = rel_fail_cancelled(err);
		else if (n < 0)
			rc = rel_fail_errno(err, errno, path, "cannot read");
		else
			rc = sink->write(sink->context, bytes, (size_t)n, err);
		if (rc == 0)
			*size += (uint64_t)n;
	}
	return rc;
}
