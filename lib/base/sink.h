/* Where produced bytes go: a file, a pipe, a buffer. */
#ifndef REL_BASE_SINK_H
#define REL_BASE_SINK_H

#include "base/buf.h"
#include "base/error.h"

struct rel_sink {
	/* Take all of `len` bytes; 0 or a negative code, with `err` set. */
	int (*write)(void *context, const void *ptr, size_t len,
		     struct rel_error *err);
	void *context;
};

/*
 * Gathers small pieces for a sink.  Append to `buf` and call
 * rel_writer_turn() now and then; failures are remembered until
 * rel_writer_end().
 */
struct rel_writer {
	struct rel_sink *sink;
	struct rel_buf buf; /* not yet given to the sink */
	int status;	    /* 0 or the first failure */
	struct rel_error error;
};

/* `sink` is borrowed until rel_writer_end(). */
void rel_writer_begin(struct rel_writer *writer, struct rel_sink *sink);

/* Give the sink what has been gathered, if it is much. */
void rel_writer_turn(struct rel_writer *writer);

/*
 * Give the sink the rest and release the buffer.  After a failure the sink
 * is not called again.
 * Errors  the sink's; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_writer_end(struct rel_writer *writer,
				  struct rel_error *err);

#endif
