/* Formats of what lint found.  Schema relctl.lint/1: docs/formats/lint.md. */
#include "report/lint.h"

#include <stdlib.h>

#include "base/escape.h"
#include "report/text.h"
#include "json/json.h"

uint32_t rel_lint_item_count(const struct rel_lint_row *row)
{
	return row->lint.count + row->submission.count;
}

void rel_lint_item_get(struct rel_lint_item *out,
		       const struct rel_lint_row *row, uint32_t i)
{
	const struct rel_submission_finding *s;

	if (i < row->lint.count) {
		const struct rel_lint_finding *f = &row->lint.items[i];

		*out = (struct rel_lint_item){.is_error =
						  f->severity == REL_LINT_ERROR,
					      .line = f->line,
					      .column = f->column,
					      .text = f->text};
		snprintf(out->number, sizeof(out->number), "%u", f->code);
		out->rule = out->number;
		return;
	}
	s = &row->submission.items[i - row->lint.count];
	*out = (struct rel_lint_item){.rule = s->rule,
				      .is_error = s->severity == REL_LINT_ERROR,
				      .line = s->line,
				      .column = s->column,
				      .text = s->text};
}

struct totals {
	uint64_t errors, warnings;
};

static struct totals count(const struct rel_lint_run *run)
{
	struct totals t = {0, 0};
	struct rel_lint_item f;

	for (uint32_t i = 0; i < run->n_rows; i++) {
		for (uint32_t k = 0; k < rel_lint_item_count(&run->rows[i]);
		     k++) {
			rel_lint_item_get(&f, &run->rows[i], k);
			if (f.is_error)
				t.errors++;
			else
				t.warnings++;
		}
	}
	return t;
}

static void text_finding(struct rel_text *t, const struct rel_lint_row *row,
			 const struct rel_lint_item *f)
{
	rel_text_outside(t, row->path);
	if (f->line)
		rel_buf_printf(&t->line, ":%u:%u", f->line, f->column);
	rel_text_put(t, ": ");
	if (f->is_error)
		rel_text_colour(t, REL_TEXT_RED);
	rel_text_put(t, f->is_error ? "error " : "warning ");
	rel_text_put(t, f->rule);
	if (f->is_error)
		rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, ": ");
	rel_text_outside(t, f->text.ptr);
	rel_text_end(t, 0, 2);
}

static void write_text(struct rel_writer *out, const struct rel_report_lint *l,
		       const struct rel_report_style *style)
{
	struct rel_text t = {.style = style, .out = out};
	struct totals totals = count(l->run);
	struct rel_lint_item f;

	rel_buf_init(&t.line, SIZE_MAX);
	for (uint32_t i = 0; i < l->run->n_rows; i++) {
		for (uint32_t k = 0; k < rel_lint_item_count(&l->run->rows[i]);
		     k++) {
			rel_lint_item_get(&f, &l->run->rows[i], k);
			text_finding(&t, &l->run->rows[i], &f);
		}
	}
	rel_buf_printf(&t.line,
		       "%u manifest%s, %u with findings: ", l->run->n_manifests,
		       l->run->n_manifests == 1 ? "" : "s", l->run->n_rows);
	rel_buf_printf(
	    &t.line, "%lu error%s, %lu warning%s", (unsigned long)totals.errors,
	    totals.errors == 1 ? "" : "s", (unsigned long)totals.warnings,
	    totals.warnings == 1 ? "" : "s");
	rel_text_end(&t, 0, 0);
	rel_buf_free(&t.line);
}

static void write_short(struct rel_writer *out, const struct rel_lint_run *run)
{
	struct rel_lint_item f;

	for (uint32_t i = 0; i < run->n_rows; i++) {
		const struct rel_lint_row *row = &run->rows[i];

		rel_escape(&out->buf, REL_ESCAPE_TEXT,
			   row->package[0] ? row->package : row->path);
		for (uint32_t k = 0; k < rel_lint_item_count(row); k++) {
			rel_lint_item_get(&f, row, k);
			rel_buf_printf(&out->buf, " %s", f.rule);
		}
		rel_buf_add_char(&out->buf, '\n');
		rel_writer_turn(out);
	}
}

static void github_property(struct rel_writer *out, const char *name,
			    const char *value)
{
	rel_buf_printf(&out->buf, "%s=", name);
	rel_escape(&out->buf, REL_ESCAPE_GITHUB_PROPERTY, value);
}

/* docs.github.com, "Workflow commands for GitHub Actions" */
static void write_github(struct rel_writer *out, const struct rel_lint_run *run)
{
	struct rel_lint_item f;

	for (uint32_t i = 0; i < run->n_rows; i++) {
		const struct rel_lint_row *row = &run->rows[i];

		for (uint32_t k = 0; k < rel_lint_item_count(row); k++) {
			rel_lint_item_get(&f, row, k);
			rel_buf_add_cstr(&out->buf, f.is_error ? "::error "
							       : "::warning ");
			github_property(out, "file", row->path);
			if (f.line)
				rel_buf_printf(&out->buf, ",line=%u,col=%u",
					       f.line, f.column);
			github_property(out, ",title", f.rule);
			rel_buf_add_cstr(&out->buf, "::");
			rel_escape(&out->buf, REL_ESCAPE_GITHUB_DATA,
				   f.text.ptr);
			rel_buf_add_char(&out->buf, '\n');
			rel_writer_turn(out);
		}
	}
}

static void json_row(struct rel_json *json, const struct rel_lint_row *row)
{
	struct rel_lint_item f;

	rel_json_object(json, NULL);
	rel_json_text(json, "package", row->package[0] ? row->package : NULL);
	rel_json_text(json, "path", row->path);
	rel_json_array(json, "findings");
	for (uint32_t k = 0; k < rel_lint_item_count(row); k++) {
		rel_lint_item_get(&f, row, k);
		rel_json_object(json, NULL);
		rel_json_text(json, "rule", f.rule);
		rel_json_text(json, "severity",
			      f.is_error ? "error" : "warning");
		rel_json_text(json, "text", f.text.ptr);
		rel_json_uint(json, "line", f.line);
		rel_json_uint(json, "column", f.column);
		rel_json_close(json);
	}
	rel_json_close(json);
	rel_json_close(json);
}

static int write_json(struct rel_sink *sink, const struct rel_report_lint *l,
		      struct rel_error *err)
{
	struct totals totals = count(l->run);
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "relctl.lint/1");
	rel_json_text(&json, "opam", rel_lint_series_text(l->series));
	rel_json_bool(&json, "submission", l->submission);
	rel_json_object(&json, "counts");
	rel_json_uint(&json, "manifests", l->run->n_manifests);
	rel_json_uint(&json, "with_findings", l->run->n_rows);
	rel_json_uint(&json, "errors", totals.errors);
	rel_json_uint(&json, "warnings", totals.warnings);
	rel_json_close(&json);
	rel_json_array(&json, "manifests");
	for (uint32_t i = 0; i < l->run->n_rows; i++)
		json_row(&json, &l->run->rows[i]);
	rel_json_close(&json);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_lint(const struct rel_report_lint *lint,
			  enum rel_report_format format,
			  const struct rel_report_style *style,
			  struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;

	if (format == REL_REPORT_JSON)
		return write_json(sink, lint, err);
	rel_writer_begin(&out, sink);
	if (format == REL_REPORT_SHORT)
		write_short(&out, lint->run);
	else if (format == REL_REPORT_GITHUB)
		write_github(&out, lint->run);
	else
		write_text(&out, lint, style);
	return rel_writer_end(&out, err);
}
