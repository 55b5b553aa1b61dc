#include "base/secrets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const rel_secret_variables[] = {
    "GITHUB_TOKEN",	   "GH_TOKEN",
    "GITLAB_TOKEN",	   "CI_JOB_TOKEN",
    "FORGEJO_TOKEN",	   "GITEA_TOKEN",
    "RELCTL_TOKEN",	   "RELCTL_PUBLISH_TOKEN",
    "RELCTL_PUBLISH_USER", "RELCTL_PUBLISH_PASSWORD",
    "AWS_ACCESS_KEY_ID",   "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",   NULL};

const char *rel_secret_env(const char *name)
{
	const char *const *known = rel_secret_variables;
	const char *value;

	if (!name)
		return NULL;
	while (*known && strcmp(*known, name) != 0)
		known++;
	/* what is read here is kept from others */
	assert(*known);
	value = getenv(name);
	return value && *value ? value : NULL;
}
