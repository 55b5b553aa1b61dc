#include "release/patch.h"

#define CONTEXT 3

/* Where the line at `at` ends, its line feed included. */
static size_t line_end(struct rel_str text, size_t at)
{
	while (at < text.len && text.ptr[at] != '\n')
		at++;
	return at < text.len ? at + 1 : at;
}

static size_t line_start(struct rel_str text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n')
		at--;
	return at;
}

static size_t count_lines(struct rel_str text)
{
	size_t n = 0;

	for (size_t at = 0; at < text.len; at = line_end(text, at))
		n++;
	return n;
}

/* The lines that both begin with, in bytes. */
static size_t common_head(struct rel_str a, struct rel_str b)
{
	size_t at = 0;

	for (;;) {
		size_t i = line_end(a, at), j = line_end(b, at);

		if (at >= a.len || i != j ||
		    memcmp(a.ptr + at, b.ptr + at, i - at) != 0)
			return at;
		at = i;
	}
}

/* The lines that both end with, but those of the head, in bytes. */
static size_t common_tail(struct rel_str a, struct rel_str b, size_t head)
{
	size_t n = 0;

	for (;;) {
		size_t end = a.len - n, other = b.len - n, start;

		if (end <= head || other <= head)
			return n;
		start = line_start(a, end - 1);
		if (start < head || other < head + (end - start) ||
		    line_start(b, other - 1) != other - (end - start) ||
		    memcmp(a.ptr + start, b.ptr + other - (end - start),
			   end - start) != 0)
			return n;
		n += end - start;
	}
}

static void add_lines(struct rel_buf *out, char sign, struct rel_str lines)
{
	for (size_t at = 0, end; at < lines.len; at = end) {
		end = line_end(lines, at);
		rel_buf_add_char(out, sign);
		rel_buf_add_str(out, rel_str_sub(lines, at, end));
		if (lines.ptr[end - 1] != '\n')
			rel_buf_add_cstr(out,
					 "\n\\ No newline at end of file\n");
	}
}

static void add_range(struct rel_buf *out, char sign, size_t before, size_t n)
{
	rel_buf_printf(out, "%c%zu,%zu", sign, n ? before + 1 : before, n);
}

int rel_patch_add(struct rel_buf *out, const char *path, struct rel_str old,
		  struct rel_str fresh)
{
	size_t head = common_head(old, fresh), before, start = head;
	size_t tail = common_tail(old, fresh, head), end = old.len - tail;
	size_t fresh_end = fresh.len - tail, stop = end;

	if (rel_str_eq(old, fresh))
		return out->status;
	for (int i = 0; i < CONTEXT && start > 0; i++)
		start = line_start(old, start - 1);
	for (int i = 0; i < CONTEXT; i++)
		stop = line_end(old, stop);
	before = count_lines(rel_str_sub(old, 0, start));
	rel_buf_printf(out, "diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n@@ ",
		       path, path, path, path);
	add_range(out, '-', before, count_lines(rel_str_sub(old, start, stop)));
	rel_buf_add_char(out, ' ');
	add_range(out, '+', before,
		  count_lines(rel_str_sub(old, start, head)) +
		      count_lines(rel_str_sub(fresh, head, fresh_end)) +
		      count_lines(rel_str_sub(old, end, stop)));
	rel_buf_add_cstr(out, " @@\n");
	add_lines(out, ' ', rel_str_sub(old, start, head));
	add_lines(out, '-', rel_str_sub(old, head, end));
	add_lines(out, '+', rel_str_sub(fresh, head, fresh_end));
	add_lines(out, ' ', rel_str_sub(old, end, stop));
	return out->status;
}
