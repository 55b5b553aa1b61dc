#include "report/report.h"

#include "report/formats.h"

static const struct {
	const char *name;
	enum rel_report_format format;
	rel_format_fn write; /* NULL: JSON */
} formats[] = {
    {"text", REL_REPORT_TEXT, rel_report_text},
    {"short", REL_REPORT_SHORT, rel_report_short},
    {"json", REL_REPORT_JSON, NULL},
    {"csv", REL_REPORT_CSV, rel_report_csv},
    {"dot", REL_REPORT_DOT, rel_report_dot},
    {"github", REL_REPORT_GITHUB, rel_report_github},
    {"junit", REL_REPORT_JUNIT, rel_report_junit},
    {"html", REL_REPORT_HTML, rel_report_html},
    {"markdown", REL_REPORT_MARKDOWN, rel_report_markdown},
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
			"csv, dot, github, junit, html and markdown",
			name);
}

int rel_report_write(const struct rel_report *report,
		     enum rel_report_format format,
		     const struct rel_report_style *style,
		     struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	size_t i = 0;

	while (i < N_FORMATS - 1 && formats[i].format != format)
		i++;
	if (!formats[i].write)
		return rel_report_json(report, style, sink, err);
	rel_writer_begin(&out, sink);
	formats[i].write(report, style, &out);
	return rel_writer_end(&out, err);
}
