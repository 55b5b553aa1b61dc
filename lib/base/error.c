#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6" /* U+2026 */

/*
 * Put "…" at the end of the cut text in out[size], which fills it, without
 * leaving half a UTF-8 sequence in front of it.
 */
static void mark_cut(char *out, size_t size)
{
	size_t at = size - sizeof(ELLIPSIS);

	while (at > 0 && ((unsigned char)out[at] & 0xc0) == 0x80)
		at--;
	memcpy(out + at, ELLIPSIS, sizeof(ELLIPSIS));
}

/* Outside bytes end up in error texts: keep them to one line and away from
 * the terminal's escape sequences. */
static void flatten(char *text)
{
	for (char *c = text; *c; c++) {
		if (*c == '\n' || *c == '\t' || *c == '\r')
			*c = ' ';
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

static REL_PRINTF(3, 0) void format(char *out, size_t size, const char *fmt,
				    va_list args)
{
	int n = vsnprintf(out, size, fmt, args);

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= size)
		mark_cut(out, size);
}

static void set_path(struct rel_error *err, const char *path)
{
	size_t len = strlen(path);

	if (len < sizeof(err->path)) {
		memmove(err->path, path, len + 1);
	} else {
		memmove(err->path, path, sizeof(err->path) - 1);
		mark_cut(err->path, sizeof(err->path));
	}
}

int rel_fail(struct rel_error *err, enum rel_code code, const char *fmt, ...)
{
	/* Not written in place: the arguments may be the old text. */
	char text[REL_ERROR_TEXT_MAX];
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	flatten(text);
	err->code = code;
	err->line = err->column = 0;
	err->path[0] = '\0';
	memcpy(err->text, text, strlen(text) + 1);
	return code;
}

int rel_fail_nomem(struct rel_error *err)
{
	return rel_fail(err, REL_ENOMEM, "out of memory");
}

static enum rel_code code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return REL_ENOTFOUND;
	case EEXIST:
		return REL_EEXISTS;
	case ENOMEM:
		return REL_ENOMEM;
	default:
		return REL_EIO;
	}
}

int rel_fail_errno(struct rel_error *err, int errnum, const char *path,
		   const char *what)
{
	enum rel_code code = code_of_errno(errnum);
	char kept[REL_ERROR_PATH_MAX] = "", space[128];

	if (!err)
		return code;
	/* `path` may be err->path itself, which rel_fail() clears. */
	if (path == err->path) {
		memcpy(kept, path, strlen(path) + 1);
		path = kept;
	}
	rel_fail(err, code, "%s: %s", what,
		 strerror_r(errnum, space, sizeof(space)));
	if (path)
		set_path(err, path);
	return code;
}

void rel_error_at(struct rel_error *err, const char *path, uint32_t line,
		  uint32_t column)
{
	if (!err)
		return;
	if (path)
		set_path(err, path);
	err->line = line;
	err->column = column;
}

void rel_error_prefix(struct rel_error *err, const char *fmt, ...)
{
	char text[REL_ERROR_TEXT_MAX];
	size_t used, rest;
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	used = strlen(text);
	rest = sizeof(text) - used;
	if ((size_t)snprintf(text + used, rest, ": %s", err->text) >= rest)
		mark_cut(text, sizeof(text));
	flatten(text);
	memcpy(err->text, text, strlen(text) + 1);
}

size_t rel_error_format(const struct rel_error *err, char *out, size_t size)
{
	char line[16] = "", column[16] = "";
	int n;

	if (size == 0)
		return 0;
	if (err->line)
		snprintf(line, sizeof(line), "%u:", (unsigned)err->line);
	if (err->line && err->column)
		snprintf(column, sizeof(column), "%u:", (unsigned)err->column);
	n = snprintf(out, size, "%s%s%s%s%s%s", err->path,
		     err->path[0] ? ":" : "", line, column,
		     err->path[0] || err->line ? " " : "", err->text);
	if (n < 0) {
		out[0] = '\0';
		return 0;
	}
	return (size_t)n < size ? (size_t)n : size - 1;
}
