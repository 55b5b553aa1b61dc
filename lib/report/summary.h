/*
 * What a run has to say, in short, for the page of a job: Markdown as GitHub
 * reads it, and so do GitLab, Forgejo and Gitea.
 */
#ifndef REL_REPORT_SUMMARY_H
#define REL_REPORT_SUMMARY_H

#include "report/request.h"

/* What a request breaks and repairs.  Returns out->status. */
int rel_request_summary(struct rel_buf *out,
			const struct rel_report_request *request,
			const struct rel_request_notes *notes);

/* What changed, with report->since; else what is broken.  Returns
 * out->status. */
int rel_report_summary(struct rel_buf *out, const struct rel_report *report);

#endif
