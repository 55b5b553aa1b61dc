/* Files that a CI system reads.  Internal to lib/ci. */
#ifndef REL_CI_PLACES_H
#define REL_CI_PLACES_H

#include "ci/write.h"

/* An item of a Code Quality report; finding->file is set.
 * Errors  of the digest */
REL_MUST_CHECK int rel_ci_add_quality(struct rel_json *json,
				      const struct rel_ci_finding *finding,
				      struct rel_error *err);

/* Append to a file of the system's, which others append to as well. */
REL_MUST_CHECK int rel_ci_append_file(const char *path, struct rel_str text,
				      struct rel_error *err);
/* Make a file in the checkout, or replace it.
 * Errors  REL_EEXISTS it is a symbolic link; REL_EIO */
REL_MUST_CHECK int rel_ci_make_file(const char *path, struct rel_str text,
				    struct rel_error *err);

#endif
