/* Where the API of a forge is.  Internal to lib/publish. */
#ifndef REL_PUBLISH_FORGE_PLACE_H
#define REL_PUBLISH_FORGE_PLACE_H

#include "base/arena.h"
#include "publish/publish.h"

/* What is known of a kind of forges. */
struct rel_forge_kind {
	const char *name;	/* "gitlab", of `kind:` */
	const char *title;	/* "GitLab" */
	const char *home;	/* "https://gitlab.com" */
	const char *home_api;	/* "https://gitlab.com/api/v4" */
	const char *api_suffix; /* "/api/v4", behind another one's address */
	bool groups;		/* a repository may be in groups of groups */
};

extern const struct rel_forge_kind rel_forge_github, rel_forge_gitlab,
    rel_forge_forgejo;

/* A repository on a forge; no address ends with a slash. */
struct rel_forge_place {
	const char *web;	/* "https://gitlab.com" */
	const char *api;	/* "https://gitlab.com/api/v4" */
	const char *repository; /* "owner/name" */
};

/*
 * Find the place.
 * repository  as in struct rel_conf_publish, or NULL: the first of `from`
 *             that is on such a forge
 * api         address of the API, or NULL: that of the repository's host
 * from        locations of git repositories, members may be NULL
 * Errors      REL_EUSAGE it is not known, the text says what to write
 * Owner       texts live in `arena`
 */
REL_MUST_CHECK int rel_forge_locate(struct rel_forge_place *out,
				    const struct rel_forge_kind *kind,
				    const char *repository, const char *api,
				    const char *const from[], size_t n_from,
				    struct rel_arena *arena,
				    struct rel_error *err);

#endif
