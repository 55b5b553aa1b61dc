/* What forges want to see of their users.  Internal to lib/publish. */
#ifndef REL_PUBLISH_FORGE_TOKEN_H
#define REL_PUBLISH_FORGE_TOKEN_H

#include "publish/forge_place.h"

/* A token on its way into a header field. */
struct rel_forge_token {
	const char *header;   /* static; NULL = none yet */
	struct rel_buf value; /* "Bearer …" */
	char source[100];     /* "$GITHUB_TOKEN", for messages */
};

/* A file that may hold it, as in struct rel_secret_wish; zero = none. */
struct rel_forge_file {
	const char *path, *base_dir;
};

/*
 * Find the token: publish/secret.h, with the variables that the kind's own
 * tools read, each for the hosts that it is for only: the forge's own home, and
 * the server that the CI system (GITHUB_SERVER_URL, CI_SERVER_URL, …) or the
 * user (GH_HOST, GITLAB_HOST) names.  RELCTL_TOKEN is for the host in
 * RELCTL_TOKEN_HOST.
 * out     zeroed, with `value` ready to append to
 * Errors  REL_EAUTH there is none, the text says where it may be; those of
 *         rel_secret_find()
 * Owner   rel_forge_token_free(), also after a failure
 */
REL_MUST_CHECK int rel_forge_token_find(struct rel_forge_token *out,
					const struct rel_forge_place *place,
					const struct rel_forge_kind *kind,
					const struct rel_forge_file *file,
					struct rel_error *err);
/* Overwrites it first. */
void rel_forge_token_free(struct rel_forge_token *token);

/* Add to an error what to do about the status; `limited`: the forge says that
 * it was asked too often. */
void rel_forge_token_remedy(struct rel_error *err,
			    const struct rel_forge_token *token, int status,
			    bool limited);

#endif
