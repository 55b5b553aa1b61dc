/* The formats, each in a file of its own; report.c picks one.  All append to
 * `out` and leave failures there. */
#ifndef REL_REPORT_FORMATS_H
#define REL_REPORT_FORMATS_H

#include "base/sink.h"
#include "report/report.h"
#include "json/json.h"

typedef void (*rel_format_fn)(const struct rel_report *report,
			      const struct rel_report_style *style,
			      struct rel_writer *out);

void rel_report_text(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_writer *out);
void rel_report_short(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_writer *out);
void rel_report_csv(const struct rel_report *report,
		    const struct rel_report_style *style,
		    struct rel_writer *out);
void rel_report_dot(const struct rel_report *report,
		    const struct rel_report_style *style,
		    struct rel_writer *out);
void rel_report_github(const struct rel_report *report,
		       const struct rel_report_style *style,
		       struct rel_writer *out);
void rel_report_junit(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_writer *out);
void rel_report_html(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_writer *out);

void rel_report_markdown(const struct rel_report *report,
			 const struct rel_report_style *style,
			 struct rel_writer *out);

/* Those of JSON get a writer with an object open. */
typedef void (*rel_format_json_fn)(const struct rel_report *report,
				   const struct rel_report_style *style,
				   struct rel_json *json);

void rel_report_json(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_json *json);
void rel_report_sarif(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_json *json);

#endif
