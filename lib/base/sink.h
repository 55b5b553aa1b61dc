/* Where produced bytes go: a file, a pipe, a buffer. */
#ifndef REL_BASE_SINK_H
#define REL_BASE_SINK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/file.h"

struct rel_sink {
	/* Take all of `len` bytes; 0 or a negative code, with `err` set. */
	int (*write)(void *context, const void *ptr, size_t len,
		     struct rel_error *err);
	void *context;
};

/* Appends to a buffer.  Errors  REL_ELIMIT, REL_ENOMEM */
struct rel_sink rel_sink_of_buf(struct rel_buf *buf);
/* Appends to a file.  Errors  REL_EIO and others, with its path */
struct rel_sink rel_sink_of_file(struct rel_atomic_file *file);

/*
 * Give the sink what is left of an open file, piece by piece.
 * size    what was given is added
 * path    for the error
 * cancel  may be NULL
 * Errors  the sink's; REL_EIO; REL_ECANCELLED
 */
REL_MUST_CHECK int rel_sink_pour(uint64_t *size, const struct rel_sink *sink,
				 int fd, const char *path,
				 const struct rel_cancel *cancel,
				 struct rel_error *err);

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
