/* Packages that must be installable together: targets, and `coinstall`. */
#ifndef REL_REPORT_TARGETS_H
#define REL_REPORT_TARGETS_H

#include "check/targets.h"
#include "report/report.h"
#include "report/text.h"
#include "json/json.h"

/* The environments of one run, for each target in their order. */
struct rel_report_targets {
	const struct rel_target_result *results;
	size_t n_results, n_environments;
};

/*
 * `coinstall`: write it; `format` is REL_REPORT_TEXT or REL_REPORT_JSON.
 * Errors  the sink's, REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_write_targets(
    const struct rel_report_targets *targets, enum rel_report_format format,
    const struct rel_report_style *style, struct rel_sink *sink,
    struct rel_error *err);

/*
 * Write the targets as text: of each what it comes to, environments that agree
 * once; unless `all`, only those that are not installable.
 */
void rel_text_targets(struct rel_text *t,
		      const struct rel_report_targets *targets, bool all);

/* Write them as an array `key` of a JSON document. */
void rel_json_targets(struct rel_json *json, const char *key,
		      const struct rel_report_targets *targets);

/* Results that are not REL_SAT_YES. */
size_t rel_targets_unmet(const struct rel_report_targets *targets);

#endif
