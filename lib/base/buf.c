#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CAP_MIN 64

void rel_buf_init(struct rel_buf *buf, size_t max)
{
	*buf = (struct rel_buf){.max = max};
}

void rel_buf_free(struct rel_buf *buf)
{
	if (!buf)
		return;
	free(buf->ptr);
	buf->ptr = NULL;
	buf->len = buf->cap = 0;
}

void rel_buf_clear(struct rel_buf *buf)
{
	buf->len = 0;
	buf->status = 0;
	if (buf->ptr)
		buf->ptr[0] = '\0';
}

int rel_buf_reserve(struct rel_buf *buf, size_t extra)
{
	size_t need, cap;
	char *ptr;

	if (buf->status)
		return buf->status;
	if (buf->len > buf->max || extra > buf->max - buf->len)
		return buf->status = REL_ELIMIT;
	if (extra >= SIZE_MAX - buf->len)
		return buf->status = REL_ENOMEM;
	need = buf->len + extra + 1; /* the NUL */
	if (need <= buf->cap)
		return 0;
	cap = buf->cap > SIZE_MAX / 2 ? need : buf->cap * 2;
	if (cap < CAP_MIN)
		cap = CAP_MIN;
	if (cap < need)
		cap = need;
	ptr = realloc(buf->ptr, cap);
	if (!ptr)
		return buf->status = REL_ENOMEM;
	ptr[buf->len] = '\0';
	buf->ptr = ptr;
	buf->cap = cap;
	return 0;
}

int rel_buf_add(struct rel_buf *buf, const void *ptr, size_t len)
{
	if (rel_buf_reserve(buf, len) != 0)
		return buf->status;
	if (len > 0)
		memcpy(buf->ptr + buf->len, ptr, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
	return 0;
}

int rel_buf_add_str(struct rel_buf *buf, struct rel_str s)
{
	return rel_buf_add(buf, s.ptr, s.len);
}

int rel_buf_add_cstr(struct rel_buf *buf, const char *s)
{
	return rel_buf_add(buf, s, strlen(s));
}

int rel_buf_add_char(struct rel_buf *buf, char c)
{
	return rel_buf_add(buf, &c, 1);
}

static REL_PRINTF(2, 0) int add_va(struct rel_buf *buf, const char *fmt,
				   va_list args, va_list again)
{
	size_t room = buf->cap - buf->len; /* > 0: reserved by the caller */
	int n = vsnprintf(buf->ptr + buf->len, room, fmt, args);

	if (n < 0) {
		buf->ptr[buf->len] = '\0';
		return buf->status = REL_ELIMIT;
	}
	if ((size_t)n >= room || (size_t)n > buf->max - buf->len) {
		buf->ptr[buf->len] = '\0';
		if (rel_buf_reserve(buf, (size_t)n) != 0)
			return buf->status;
		vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, again);
	}
	buf->len += (size_t)n;
	return 0;
}

int rel_buf_printf(struct rel_buf *buf, const char *fmt, ...)
{
	va_list args, again;

	if (rel_buf_reserve(buf, 0) != 0)
		return buf->status;
	va_start(args, fmt);
	va_copy(again, args);
	add_va(buf, fmt, args, again);
	va_end(again);
	va_end(args);
	return buf->status;
}

int rel_buf_status(const struct rel_buf *buf, const char *what,
		   struct rel_error *err)
{
	switch (buf->status) {
	case 0:
		return 0;
	case REL_ELIMIT:
		return rel_fail(err, REL_ELIMIT, "%s: more than %zu bytes",
				what, buf->max);
	default:
		return rel_fail_nomem(err);
	}
}

char *rel_buf_detach(struct rel_buf *buf, size_t *len)
{
	char *ptr = buf->ptr ? buf->ptr : calloc(1, 1);

	if (len)
		*len = buf->len;
	buf->ptr = NULL;
	buf->len = buf->cap = 0;
	return ptr;
}
