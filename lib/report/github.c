/*
 * Workflow commands of GitHub Actions: annotations on file and line.  Told
 * are the files of development remotes (all files when there is no such
 * remote), and with --since whatever is newly broken; the rest is a number in
 * the closing notice.
 * Source  docs.github.com, "Workflow commands for GitHub Actions"
 */
#include "base/escape.h"
#include "report/formats.h"
#include "report/view.h"

struct github {
	const struct rel_report *report;
	struct rel_writer *out;
	struct rel_buf text; /* being composed, not escaped */
	bool any_development;
	size_t untold; /* entries */
};

static void put_property(struct github *g, const char *name, const char *value)
{
	rel_buf_printf(&g->out->buf, "%s=", name);
	rel_escape(&g->out->buf, REL_ESCAPE_GITHUB_PROPERTY, value);
}

static void clear(struct github *g)
{
	if (g->text.status)
		g->out->buf.status = g->text.status;
	rel_buf_clear(&g->text);
}

/* The composed text ends the command. */
static void end(struct github *g)
{
	rel_buf_add_cstr(&g->out->buf, "::");
	rel_escape(&g->out->buf, REL_ESCAPE_GITHUB_DATA,
		   g->text.ptr ? g->text.ptr : "");
	rel_buf_add_char(&g->out->buf, '\n');
	clear(g);
	rel_writer_turn(g->out);
}

static bool is_told(const struct github *g, const struct rel_report_verdict *v)
{
	const struct rel_report_layer *layer =
	    rel_layer_find(g->report, v->remote);

	if (g->report->since || !g->any_development)
		return true;
	return layer && strcmp(layer->role, "development") == 0;
}

static void write_annotation(struct github *g, const char *level,
			     enum rel_section section,
			     const struct rel_entry *e)
{
	const struct rel_report_verdict *v = &g->report->verdicts[e->first];
	const struct rel_fact_text *place = rel_verdict_place(v);
	struct rel_buf *buf = &g->out->buf;

	rel_buf_printf(buf, "::%s ", level);
	if (v->file && v->file[0]) {
		put_property(g, "file", v->file);
		rel_buf_add_char(buf, ',');
		if (place && place->line > 0)
			rel_buf_printf(buf, "line=%u,", (unsigned)place->line);
		if (place && place->line > 0 && place->column > 0)
			rel_buf_printf(buf, "col=%u,", (unsigned)place->column);
	}
	rel_buf_add_cstr(&g->text, v->package);
	rel_buf_printf(&g->text, " is %s", rel_verdict_text(v->verdict));
	put_property(g, "title", g->text.ptr ? g->text.ptr : "");
	clear(g);
	rel_entry_reason_add(&g->text, g->report, section, e);
	end(g);
}

static void write_section(struct github *g, const char *level,
			  enum rel_section section)
{
	struct rel_entry e = {0};

	while (rel_entry_next(g->report, section, &e)) {
		if (is_told(g, &g->report->verdicts[e.first]))
			write_annotation(g, level, section, &e);
		else
			g->untold++;
	}
}

static void write_targets(struct github *g)
{
	for (size_t i = 0; i < g->report->n_targets; i++) {
		const struct rel_target_result *r = &g->report->targets[i];

		if (!rel_target_is_finding(r))
			continue;
		rel_buf_add_cstr(&g->out->buf, "::error ");
		put_property(g, "file", rel_target_file(r->target));
		rel_buf_printf(&g->out->buf, ",line=%u,",
			       (unsigned)r->target->line);
		rel_target_name_add(&g->text, r->target);
		put_property(g, "title", g->text.ptr);
		clear(g);
		rel_target_reason_add(&g->text, r);
		rel_buf_printf(&g->text, " (%s)", r->environment->name);
		end(g);
	}
}

static void write_cycles(struct github *g)
{
	for (size_t i = 0; i < g->report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &g->report->cycles[i];

		for (size_t k = 0; k < cycle->n_path; k++) {
			rel_buf_add_cstr(&g->text, cycle->path[k]);
			rel_buf_add_cstr(&g->text, " \xe2\x86\x92 ");
		}
		if (cycle->n_path > 0)
			rel_buf_add_cstr(&g->text, cycle->path[0]);
		rel_buf_add_cstr(&g->out->buf,
				 "::warning title=cycle in the build order");
		end(g);
	}
}

void rel_report_github(const struct rel_report *report,
		       const struct rel_report_style *style,
		       struct rel_writer *out)
{
	struct github g = {.report = report, .out = out};

	rel_buf_init(&g.text, out->buf.max);
	for (size_t i = 0; i < report->n_layers; i++)
		g.any_development |=
		    strcmp(report->layers[i].role, "development") == 0;
	if (style->cycles_only) {
		write_cycles(&g);
	} else {
		for (int s = 0; s < REL_N_BROKEN_SECTIONS; s++)
			write_section(&g, "error", (enum rel_section)s);
		write_section(&g, "error", REL_SECTION_UNDECIDED);
		write_section(&g, "error", REL_SECTION_UNREADABLE);
		if (report->since)
			write_section(&g, "warning", REL_SECTION_UNAVAILABLE);
		write_targets(&g);
	}
	rel_counts_add(&g.text, report);
	if (g.untold > 0)
		rel_buf_printf(&g.text,
			       "; %zu of them in other remotes, not annotated",
			       g.untold);
	rel_buf_add_cstr(&out->buf, "::notice title=relctl");
	end(&g);
	rel_buf_free(&g.text);
}
