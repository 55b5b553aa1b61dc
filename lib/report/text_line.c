/* Lines of the text report. */
#include "base/escape.h"
#include "report/fold.h"
#include "report/text.h"

void rel_text_put(struct rel_text *t, const char *ours)
{
	rel_buf_add_cstr(&t->line, ours);
}

void rel_text_outside(struct rel_text *t, const char *theirs)
{
	rel_escape(&t->line, REL_ESCAPE_TEXT, theirs);
}

void rel_text_composed(struct rel_text *t, struct rel_buf *theirs)
{
	rel_text_outside(t, theirs->ptr ? theirs->ptr : "");
	if (theirs->status)
		t->line.status = theirs->status;
	rel_buf_free(theirs);
}

void rel_text_colour(struct rel_text *t, const char *colour)
{
	if (t->style->colour)
		rel_buf_printf(&t->line, "\x1b[%sm", colour);
}

/* End the line. */
void rel_text_place(struct rel_text *t, const char *remote, const char *file,
		    uint32_t line)
{
	rel_text_put(t, t->line.len > 0 ? " " : "");
	rel_text_colour(t, REL_TEXT_DIM);
	rel_text_put(t, "(");
	if (remote[0]) {
		rel_text_outside(t, remote);
		rel_text_put(t, ": ");
	}
	rel_text_outside(t, file);
	if (line > 0)
		rel_buf_printf(&t->line, ":%u", (unsigned)line);
	rel_text_put(t, ")");
	rel_text_colour(t, REL_TEXT_PLAIN);
}

void rel_text_end(struct rel_text *t, unsigned indent, unsigned hang)
{
	size_t from = t->out->buf.len;

	rel_fold(&t->out->buf, rel_buf_str(&t->line), t->style->width, indent,
		 hang);
	for (; from < t->out->buf.len; from++)
		t->lines += t->out->buf.ptr[from] == '\n';
	if (t->line.status)
		t->out->buf.status = t->line.status;
	rel_buf_clear(&t->line);
	rel_writer_turn(t->out);
}

void rel_text_blank(struct rel_text *t)
{
	rel_buf_add_char(&t->out->buf, '\n');
	t->lines++;
}

void rel_text_heading(struct rel_text *t, const char *ours)
{
	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_put(t, ours);
	rel_text_colour(t, REL_TEXT_PLAIN);
}
