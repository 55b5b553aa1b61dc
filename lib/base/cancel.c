#include "base/cancel.h"

int rel_fail_cancelled(struct rel_error *err)
{
	return rel_fail(err, REL_ECANCELLED, "interrupted");
}
