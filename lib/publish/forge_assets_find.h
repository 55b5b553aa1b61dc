/* Looking for an archive among the assets of a release.  Internal to
 * forge_assets*.c. */
#ifndef REL_PUBLISH_FORGE_ASSETS_FIND_H
#define REL_PUBLISH_FORGE_ASSETS_FIND_H

#include "publish/forge_assets.h"

/* What is there of an archive. */
struct rel_forge_finding {
	struct rel_forge_assets *a;
	const struct rel_publish_archive *archive;
	const char *name; /* of the asset */
	bool has_release, has_asset;
	size_t n_others; /* assets of other names */
	struct rel_forge_release release;
	struct rel_forge_asset asset;
};

/* Look for the release, public or a draft, and the asset.
 * Errors  REL_ENOTFOUND the archive's release is not known here; those of
 *         rel_forge_call() */
REL_MUST_CHECK int rel_forge_find(struct rel_forge_finding *f,
				  struct rel_forge_assets *a,
				  const struct rel_publish_archive *archive,
				  struct rel_error *err);

/* Look for the asset again, in the release that was found. */
REL_MUST_CHECK int rel_forge_find_asset(struct rel_forge_finding *f,
					struct rel_error *err);

#endif
