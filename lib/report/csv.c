/* One record per verdict, RFC 4180: CRLF, a header line.  No record spans
 * lines: line ends in outside text are shown as \n. */
#include "base/escape.h"
#include "report/formats.h"
#include "report/view.h"

/* A field, in quotes when it must be (RFC 4180, section 2.6). */
static void put(struct rel_buf *out, const char *text)
{
	/* A cell that begins so is a formula to spreadsheets (OWASP, "CSV
	 * injection"). */
	const char *guard = text[0] && strchr("=+-@", text[0]) ? "'" : "";

	if (!strpbrk(text, ",\"")) {
		rel_buf_add_cstr(out, guard);
		rel_escape(out, REL_ESCAPE_CSV, text);
		return;
	}
	rel_buf_printf(out, "\"%s", guard);
	rel_escape(out, REL_ESCAPE_CSV, text);
	rel_buf_add_char(out, '"');
}

static void put_next(struct rel_buf *out, const char *text)
{
	rel_buf_add_char(out, ',');
	put(out, text ? text : "");
}

static void put_number(struct rel_buf *out, uint32_t number, bool known)
{
	rel_buf_add_char(out, ',');
	if (known)
		rel_buf_printf(out, "%u", (unsigned)number);
}

/* What has been composed in `work`. */
static void put_composed(struct rel_buf *out, struct rel_buf *work)
{
	put_next(out, work->ptr);
	if (work->status)
		out->status = work->status;
	rel_buf_clear(work);
}

static void write_verdict(struct rel_buf *out, struct rel_buf *work,
			  const struct rel_report *report,
			  const struct rel_report_verdict *v)
{
	const struct rel_fact_text *place = rel_verdict_place(v);
	const struct rel_report_root *root = rel_root_find(report, v->root);
	uint32_t line = place ? place->line : 0;

	put(out, v->package);
	put_next(out, v->remote);
	put_next(out, rel_environment_name(report, v->environment));
	put_next(out, rel_verdict_text(v->verdict));
	put_next(out, rel_kind_text(v));
	put_next(out, rel_origin_text(v->origin));
	put_next(out, rel_change_text(v->change));
	put_number(out, v->root, v->root != REL_REPORT_NONE);
	put_next(out, v->file);
	put_number(out, line, line > 0);
	rel_facts_add(work, v->reason, v->n_reason, NULL);
	put_composed(out, work);
	put_next(out, v->own ? "true" : "false");
	put_next(out, root ? root->title : "");
	rel_maintainers_add(work, v->maintainers, "; ");
	put_composed(out, work);
	rel_buf_add_cstr(out, "\r\n");
}

static void write_cycles(struct rel_writer *out,
			 const struct rel_report *report)
{
	rel_buf_add_cstr(&out->buf, "cycle,environment,member\r\n");
	for (size_t i = 0; i < report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &report->cycles[i];

		for (size_t k = 0; k < cycle->n_members; k++) {
			rel_buf_printf(&out->buf, "%zu", i + 1);
			put_next(&out->buf, rel_environment_name(
						report, cycle->environment));
			put_next(&out->buf, cycle->members[k]);
			rel_buf_add_cstr(&out->buf, "\r\n");
		}
		rel_writer_turn(out);
	}
}

void rel_report_csv(const struct rel_report *report,
		    const struct rel_report_style *style,
		    struct rel_writer *out)
{
	struct rel_buf reason;

	if (style->cycles_only) {
		write_cycles(out, report);
		return;
	}
	rel_buf_init(&reason, out->buf.max);
	rel_buf_add_cstr(
	    &out->buf,
	    "package,remote,environment,verdict,kind,"
	    "origin,change,root,file,line,reason,own,title,maintainers\r\n");
	for (size_t i = 0; i < report->n_verdicts; i++) {
		write_verdict(&out->buf, &reason, report, &report->verdicts[i]);
		rel_writer_turn(out);
	}
	rel_buf_free(&reason);
}
