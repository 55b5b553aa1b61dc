/* list-broken --dump-case: a failing version as a file of tests/cases. */
#ifndef REL_CMD_DUMP_CASE_H
#define REL_CMD_DUMP_CASE_H

#include "check/survey.h"
#include "session.h"

/*
 * Write to `path` the case of the version that the arguments of the call name,
 * else of the first root of the report.  Where nothing is broken there is a
 * warning and no file.
 * Errors  those of rel_reduce() and rel_file_put()
 */
REL_MUST_CHECK int rel_dump_case(const struct rel_session *session,
				 const struct rel_survey *survey,
				 const struct rel_report *report,
				 const char *path, struct rel_error *err);

#endif
