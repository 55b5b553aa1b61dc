#include "conf/conf_private.h"

static int read_remote_name(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	struct rel_conf_remote *remote = target;

	remote->name = value->text;
	return rel_conf_expect_name(r, value, "the remote's name");
}

static int read_remote_role(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	static const char *const roles[] = {"development", "upstream"};
	struct rel_conf_remote *remote = target;

	return rel_conf_read_choice(r, value, "role", roles,
				    REL_CONF_COUNT(roles), &remote->role);
}

static int read_remote_url(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_remote *remote = target;

	remote->url = value->text;
	return rel_conf_expect_text(r, value, "url");
}

static int read_remote(struct rel_conf_reader *r, const struct rel_yaml *node,
		       void *items, size_t n)
{
	static const struct rel_conf_field fields[] = {
	    {"name", read_remote_name},
	    {"role", read_remote_role},
	    {"url", read_remote_url},
	};
	struct rel_conf_remote *remotes = items;
	struct rel_conf_remote *remote = &remotes[n];
	int rc = rel_conf_read_mapping(r, node, "a remote", "key in a remote",
				       fields, REL_CONF_COUNT(fields), remote);

	if (rc)
		return rc;
	remote->line = node->line;
	remote->column = node->column;
	if (!remote->name)
		return rel_conf_fail_missing(r, node, "this remote", "name");
	if (!remote->url)
		return rel_conf_fail_missing(r, node, "this remote", "url");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(remotes[i].name, remote->name) == 0)
			return rel_conf_fail_repeated(
			    r, node, "remote", remote->name, remotes[i].line);
	}
	return 0;
}

int rel_conf_read_remotes(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_list list = {
	    "remotes", sizeof(struct rel_conf_remote), read_remote};
	struct rel_conf *conf = target;
	void *items = NULL;
	int rc = rel_conf_read_list(r, value, &list, &items, &conf->n_remotes);

	conf->remotes = items;
	return rc;
}
