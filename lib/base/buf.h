/*
 * rel_buf: a growable byte buffer with a cap.  After a failed append the
 * buffer keeps what it held and remembers the failure, so a run of appends
 * is checked once, by rel_buf_status().  Always NUL-terminated once it holds
 * anything; the NUL is not counted.
 */
#ifndef REL_BASE_BUF_H
#define REL_BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

struct rel_buf {
	char *ptr;
	size_t len, cap; /* bytes */
	size_t max;	 /* bytes; appends beyond it fail with REL_ELIMIT */
	int status;	 /* 0 or the first failure */
};

/* `max` in bytes, from base/limits.h. */
void rel_buf_init(struct rel_buf *buf, size_t max);
void rel_buf_free(struct rel_buf *buf);
/* Forget content and failure, keep the memory. */
void rel_buf_clear(struct rel_buf *buf);

/* Each returns buf->status. */
int rel_buf_add(struct rel_buf *buf, const void *ptr, size_t len);
int rel_buf_add_str(struct rel_buf *buf, struct rel_str s);
int rel_buf_add_cstr(struct rel_buf *buf, const char *s);
int rel_buf_add_char(struct rel_buf *buf, char c);
int rel_buf_printf(struct rel_buf *buf, const char *fmt, ...) REL_PRINTF(2, 3);
/* Make room for `extra` more bytes and a NUL; the caller writes them, the NUL
 * too, and adds to len. */
int rel_buf_reserve(struct rel_buf *buf, size_t extra);

/* 0, or the remembered failure as an error about `what`. */
int rel_buf_status(const struct rel_buf *buf, const char *what,
		   struct rel_error *err);

static inline struct rel_str rel_buf_str(const struct rel_buf *buf)
{
	return (struct rel_str){buf->ptr ? buf->ptr : "", buf->len};
}

/*
 * Hand the bytes over: the caller frees them with free(); buf is empty and
 * keeps its status.  Never NULL for a lack of content ("" then), NULL only
 * when out of memory.  `len` may be NULL.
 */
char *rel_buf_detach(struct rel_buf *buf, size_t *len);

#endif
