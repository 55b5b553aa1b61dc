/* Survey → report model. */
#ifndef REL_REPORT_BUILD_H
#define REL_REPORT_BUILD_H

#include "base/arena.h"
#include "check/survey.h"
#include "report/model.h"

struct rel_report_build_options {
	const char *command;
	/* also installable and unavailable versions */
	bool verbose;
	/* per layer of the stack: the revision compared with, or NULL */
	const char *const *since;
	const char *what_if; /* as in the report; may be NULL */
	double seconds;	     /* wall time so far */
};

/* Fill `out`; everything it points to lives in `arena` or the survey. */
REL_MUST_CHECK int rel_report_build(struct rel_report *out,
				    const struct rel_survey *survey,
				    const struct rel_report_build_options *opt,
				    struct rel_arena *arena,
				    struct rel_error *err);

#endif
