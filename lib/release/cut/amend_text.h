/* The text of an amended manifest.  Internal to lib/release. */
#ifndef REL_RELEASE_AMEND_TEXT_H
#define REL_RELEASE_AMEND_TEXT_H

#include "release/cut/amend.h"

/*
 * Append what the manifest `old` becomes; all that is not changed stays byte
 * for byte.
 * path    of the manifest, for messages
 * Errors  REL_EPARSE with path, line and column; REL_EEXISTS a field that
 *         must stay as it was published would change; REL_EUSAGE
 */
REL_MUST_CHECK int rel_amend_text(struct rel_buf *out, struct rel_str old,
				  const char *path,
				  const struct rel_amend_options *options,
				  struct rel_error *err);

#endif
