/*
 * What lint found, and its formats.
 */
#ifndef REL_REPORT_LINT_H
#define REL_REPORT_LINT_H

#include "check/lint_run.h"
#include "report/report.h"

struct rel_report_lint {
	const char *command; /* "lint" */
	enum rel_lint_series series;
	bool submission;
	const struct rel_lint_run *run;
};

/* A finding of either kind of rules. */
struct rel_lint_item {
	const char *rule; /* "41" or "WeakChecksum" */
	bool is_error;
	uint32_t line, column; /* from 1; 0 = about the whole */
	struct rel_str text;
	char number[8]; /* what `rule` points to: do not copy the struct */
};

/* How many a row has, and the one at `i`. */
uint32_t rel_lint_item_count(const struct rel_lint_row *row);
void rel_lint_item_get(struct rel_lint_item *out,
		       const struct rel_lint_row *row, uint32_t i);

/*
 * Write it; `format` is REL_REPORT_TEXT, _SHORT, _JSON or _GITHUB.
 * SHORT is what `opam admin lint --short` writes: NAME.VERSION and the codes;
 * rules of submissions follow them by name.
 * Errors  the sink's, REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_write_lint(const struct rel_report_lint *lint,
					 enum rel_report_format format,
					 const struct rel_report_style *style,
					 struct rel_sink *sink,
					 struct rel_error *err);

#endif
