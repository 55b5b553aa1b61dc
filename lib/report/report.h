/*
 * Report model → bytes.  One file per format; all write to a sink, piece by
 * piece, and build no copy of the whole.
 */
#ifndef REL_REPORT_REPORT_H
#define REL_REPORT_REPORT_H

#include "base/error.h"
#include "base/sink.h"
#include "report/model.h"

enum rel_report_format {
	REL_REPORT_TEXT,
	REL_REPORT_SHORT, /* broken versions, one a line */
	REL_REPORT_JSON,
	REL_REPORT_CSV,
	REL_REPORT_DOT,
	REL_REPORT_GITHUB,
	REL_REPORT_JUNIT,
	REL_REPORT_HTML,
	REL_REPORT_MARKDOWN,
	REL_REPORT_SARIF,
};

struct rel_report_style {
	bool colour;
	bool verbose;	  /* every reason in full, notices one by one */
	bool cycles_only; /* --cycles */
	bool all;	  /* --all: what is broken upstream too, in full */
	bool mine;	  /* REL_REPORT_SHORT: --mine */
	unsigned width;	  /* columns of the terminal; 0 = do not fold */
};

/* REL_EUSAGE with the list of formats when `name` is none. */
REL_MUST_CHECK int rel_report_format_of(enum rel_report_format *out,
					const char *name,
					struct rel_error *err);

/* Write the whole report.  Errors: the sink's, REL_ENOMEM. */
REL_MUST_CHECK int rel_report_write(const struct rel_report *report,
				    enum rel_report_format format,
				    const struct rel_report_style *style,
				    struct rel_sink *sink,
				    struct rel_error *err);

#endif
