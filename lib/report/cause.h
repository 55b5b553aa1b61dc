/* Which changed line is to blame; private to the report of a request. */
#ifndef REL_REPORT_CAUSE_H
#define REL_REPORT_CAUSE_H

#include "report/request.h"

struct rel_cause {
	const char *path; /* "" = not known */
	uint32_t line;	  /* 0: of a removed file, or not known */
	uint32_t column;
};

/* The place of a verdict's reason that the request changed. */
struct rel_cause rel_cause_find(const struct rel_report_request *request,
				const struct rel_report_verdict *verdict);

/* The first changed line; 0 of a removed file and of NULL. */
uint32_t rel_cause_first_line(const struct rel_git_file_diff *file);

/* The first changed line at or behind `line`, else `line`. */
uint32_t rel_cause_line_from(const struct rel_git_file_diff *file,
			     uint32_t line);

#endif
