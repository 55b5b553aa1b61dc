/* A report in the form of tests/cases, to be put behind `expect`. */
#ifndef REL_REPORT_CASE_H
#define REL_REPORT_CASE_H

#include "base/buf.h"
#include "report/model.h"

/*
 * Append what tests/cases/run compares: verdicts with their facts, roots and
 * cycles.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_case(struct rel_buf *out,
				   const struct rel_report *report,
				   struct rel_error *err);

#endif
