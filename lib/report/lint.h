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
