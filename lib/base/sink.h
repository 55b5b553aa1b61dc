/* Where produced bytes go: a file, a pipe, a buffer. */
#ifndef REL_BASE_SINK_H
#define REL_BASE_SINK_H

#include <stddef.h>

#include "base/error.h"

struct rel_sink {
	/* Take all of `len` bytes; 0 or a negative code, with `err` set. */
	int (*write)(void *context, const void *ptr, size_t len,
		     struct rel_error *err);
	void *context;
};

#endif
