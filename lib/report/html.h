/* The pieces of the HTML report; private. */
#ifndef REL_REPORT_HTML_H
#define REL_REPORT_HTML_H

#include "base/sink.h"
#include "report/model.h"

struct rel_html {
	const struct rel_report *report;
	struct rel_writer *out;
	struct rel_buf text; /* being composed, not escaped */
};

/* html_style.c: the style sheet, whole lines. */
extern const char rel_html_style[];

#endif
