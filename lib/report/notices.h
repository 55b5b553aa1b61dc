/* Notices of the report model; private. */
#ifndef REL_REPORT_NOTICES_H
#define REL_REPORT_NOTICES_H

#include "check/facts.h"
#include "report/model.h"

/* What the remotes hold that a keeper wants to know, and which versions of
 * one remote hide those of another.  Errors  REL_ENOMEM. */
REL_MUST_CHECK int rel_report_notices(struct rel_report *out,
				      struct rel_texts *texts,
				      const struct rel_stack *stack);

#endif
