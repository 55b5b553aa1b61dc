/*
 * What a request does, in short, for the page of a job: Markdown as GitHub
 * reads it, and so do GitLab, Forgejo and Gitea.  The report of a survey in
 * Markdown is one of the formats.
 */
#ifndef REL_REPORT_MARKDOWN_H
#define REL_REPORT_MARKDOWN_H

#include "report/request.h"

/* What a request breaks and repairs.  Returns out->status. */
int rel_request_summary(struct rel_buf *out,
			const struct rel_report_request *request,
			const struct rel_request_notes *notes);

#endif
