#include "base/sink.h"

#include "base/limits.h"

/* Bytes gathered before the sink is bothered. */
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
