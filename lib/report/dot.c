/* A graph for graphviz: broken versions point to their roots.  With --cycles,
 * the cycles. */
#include "base/escape.h"
#include "report/formats.h"
#include "report/view.h"

static void put(struct rel_buf *out, const char *text)
{
	rel_escape(out, REL_ESCAPE_DOT, text);
}

static void write_root(struct rel_buf *out, const struct rel_report_root *root)
{
	rel_buf_printf(out, "  \"r%u\" [shape=box, style=filled, label=\"",
		       (unsigned)root->id);
	put(out, root->title);
	rel_buf_printf(out, "\\nblocks %u\"];\n", (unsigned)root->versions);
}

/* Ids of versions begin with "p:", those of roots with "r": no clash. */
static void put_id(struct rel_buf *out, const char *package)
{
	rel_buf_add_cstr(out, "\"p:");
	put(out, package);
	rel_buf_add_char(out, '"');
}

static void write_node(struct rel_buf *out, const char *package, bool overlay)
{
	rel_buf_add_cstr(out, "  ");
	put_id(out, package);
	rel_buf_add_cstr(out, " [label=\"");
	put(out, package);
	rel_buf_printf(out, "\"%s];\n", overlay ? ", color=red" : "");
}

static void write_section(const struct rel_report *report,
			  enum rel_section section, struct rel_writer *out)
{
	struct rel_buf *buf = &out->buf;
	struct rel_entry e = {0};
	uint32_t last = REL_REPORT_NONE;

	while (rel_entry_next(report, section, &e)) {
		const struct rel_report_verdict *v = &report->verdicts[e.first];
		const struct rel_report_root *root =
		    rel_root_find(report, v->root);

		if (root && root->id != last)
			write_root(buf, root);
		last = root ? root->id : REL_REPORT_NONE;
		write_node(buf, v->package, v->origin == REL_ORIGIN_OVERLAY);
		if (root) {
			rel_buf_add_cstr(buf, "  ");
			put_id(buf, v->package);
			rel_buf_printf(buf, " -> \"r%u\";\n",
				       (unsigned)root->id);
		}
		rel_writer_turn(out);
	}
}

static void write_cycles(const struct rel_report *report,
			 struct rel_writer *out)
{
	for (size_t i = 0; i < report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &report->cycles[i];

		for (size_t k = 0; k < cycle->n_path; k++) {
			write_node(&out->buf, cycle->path[k], false);
			rel_buf_add_cstr(&out->buf, "  ");
			put_id(&out->buf, cycle->path[k]);
			rel_buf_add_cstr(&out->buf, " -> ");
			put_id(&out->buf, cycle->path[(k + 1) % cycle->n_path]);
			rel_buf_add_cstr(&out->buf, ";\n");
		}
		rel_writer_turn(out);
	}
}

void rel_report_dot(const struct rel_report *report,
		    const struct rel_report_style *style,
		    struct rel_writer *out)
{
	/* strict: a version broken in two environments has one edge. */
	rel_buf_add_cstr(&out->buf, "strict digraph \"relctl\" {\n"
				    "  rankdir=LR;\n");
	if (style->cycles_only) {
		write_cycles(report, out);
	} else {
		for (int s = 0; s < REL_N_BROKEN_SECTIONS; s++)
			write_section(report, (enum rel_section)s, out);
		if (style->verbose)
			write_section(report, REL_SECTION_STILL, out);
	}
	rel_buf_add_cstr(&out->buf, "}\n");
}
