/* Looking for an archive in a GitLab.  Internal to gitlab*.c. */
#ifndef REL_PUBLISH_GITLAB_FIND_H
#define REL_PUBLISH_GITLAB_FIND_H

#include "publish/forge.h"
#include "publish/kind.h"

/* What is there of an archive. */
struct rel_gitlab_finding {
	struct rel_forge *forge;
	const struct rel_publish_archive *archive;
	const char *version, *name; /* of package and file, as GitLab has it */
	bool has_package, has_file, has_release, has_link;
	uint64_t package, link;
	struct rel_forge_asset file;
	struct rel_forge_release release;
	size_t n_files, n_links; /* of other names */
};

/* Look for release, link and file.  Errors as rel_forge_find() */
REL_MUST_CHECK int rel_gitlab_find(struct rel_gitlab_finding *f,
				   struct rel_forge *forge,
				   const struct rel_publish_archive *archive,
				   struct rel_error *err);

/* Take the release that the forge answered with.
 * Errors  REL_EEXISTS its tag is on another commit; REL_EPARSE */
REL_MUST_CHECK int rel_gitlab_take_release(struct rel_gitlab_finding *f,
					   const struct rel_json_value *answer,
					   struct rel_error *err);

/* The URL of the release, and `below` it; NULL when out of memory. */
const char *rel_gitlab_release_url(struct rel_gitlab_finding *f,
				   const char *below);

#endif
