#include "report/report.h"

#include "report/formats.h"

static const struct {
	const char *name;
	enum rel_report_format format;
	rel_format_fn write;
	rel_format_json_fn write_json; /* instead */
} formats[] = {
    {"text", REL_REPORT_TEXT, rel_report_text, NULL},
    {"short", REL_REPORT_SHORT, rel_report_short, NULL},
    {"json", REL_REPORT_JSON, NULL, rel_report_json},
    {"csv", REL_REPORT_CSV, rel_report_csv, NULL},
    {"dot", REL_REPORT_DOT, rel_report_dot, NULL},
    {"github", REL_REPORT_GITHUB, rel_report_github, NULL},
    {"junit", REL_REPORT_JUNIT, rel_report_junit, NULL},
    {"html", REL_REPORT_HTML, rel_report_html, NULL},
    {"markdown", REL_REPORT_MARKDOWN, rel_report_markdown, NULL},
    {"sarif", REL_REPORT_SARIF, NULL, rel_report_sarif},
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

int rel_report_format_of(enum rel_report_format *out, const char *name,
			 struct rel_error *err)
{
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0) {
			*out = formats[i].format;
			return 0;
		}
	}
	return rel_fail(err, REL_EUSAGE,
			"no format \"%.80s\"; there are text, short, json, "
			"csv, dot, github, junit, html, markdown and sarif",
			name);
}

int rel_report_write(const struct rel_report *report,
		     enum rel_report_format format,
		     const struct rel_report_style *style,
		     struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_json json;
	size_t i = 0;

	while (i < N_FORMATS - 1 && formats[i].format != format)
		i++;
	if (formats[i].write_json) {
		rel_json_begin(&json, sink);
		rel_json_object(&json, NULL);
		formats[i].write_json(report, style, &json);
		rel_json_close(&json);
		return rel_json_end(&json, err);
	}
	rel_writer_begin(&out, sink);
	formats[i].write(report, style, &out);
	return rel_writer_end(&out, err);
}
