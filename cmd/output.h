/*
 * Where a result goes: stdout, or the file of -o.  A regular file is
 * replaced as a whole or not at all; a device or pipe is written as it
 * comes.
 */
#ifndef REL_CMD_OUTPUT_H
#define REL_CMD_OUTPUT_H

#include "base/file.h"
#include "base/sink.h"

struct rel_output {
	struct rel_sink sink; /* to write to; its context is the output */
	struct rel_atomic_file file;
	int fd;	    /* of the stream; -1 = an atomic file */
	bool owned; /* close fd at the end */
	bool deaf;  /* the reader went away: EPIPE */
	const char *path;
	/* Ends the writing; NULL, or set after rel_output_open() where nothing
	 * but the report has been done. */
	const struct rel_cancel *cancel;
};

/*
 * path  NULL or "-" = stdout; borrowed
 * A regular file is created beside its target at once, so that a place that
 * cannot be written is known before any work.
 * Errors  REL_EIO, REL_ENOTFOUND
 */
REL_MUST_CHECK int rel_output_open(struct rel_output *output, const char *path,
				   struct rel_error *err);
/* Make it last.  A reader of a pipe that went away is no error. */
REL_MUST_CHECK int rel_output_commit(struct rel_output *output,
				     struct rel_error *err);
/* Drop what has been written to a file; fine after commit. */
void rel_output_abort(struct rel_output *output);

/* The stream is the program's stdout. */
bool rel_output_is_stdout(const struct rel_output *output);

#endif
