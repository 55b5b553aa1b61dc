/* Where a mirror has an archive; see publish.h.  Internal to lib/publish. */
#ifndef REL_PUBLISH_LAYOUT_H
#define REL_PUBLISH_LAYOUT_H

#include "publish/publish.h"

/* The paths of an archive's digests, and behind them that of its name. */
struct rel_publish_paths {
	char *items[REL_DIGEST_ALGOS + 1];
	size_t count;
	unsigned digests; /* the bits of the digests */
};

/* Errors  REL_EUSAGE two digests of a kind; REL_ENOMEM.  Free it in any case.
 */
REL_MUST_CHECK int rel_publish_paths_make(
    struct rel_publish_paths *out, const struct rel_publish_archive *archive,
    struct rel_error *err);
void rel_publish_paths_free(struct rel_publish_paths *paths);

/* Append the address of the archive by name, below that of the mirror. */
REL_MUST_CHECK int rel_publish_source(struct rel_buf *out, const char *base,
				      const struct rel_publish_archive *archive,
				      struct rel_error *err);

#endif
