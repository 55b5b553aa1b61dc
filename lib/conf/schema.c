#include "conf/conf_private.h"

static int read_target(struct rel_conf_reader *r, const struct rel_yaml *node,
		       void *items, size_t n)
{
	struct rel_conf_target *target = (struct rel_conf_target *)items + n;
	struct rel_conf_place *places;
	size_t i = 0;
	int rc = rel_conf_expect(r, node, REL_YAML_LIST, "a target");

	target->line = node->line;
	target->column = node->column;
	if (!rc)
		rc = rel_conf_read_texts(
		    r, node, "the target", rel_conf_expect_name,
		    &target->packages, &target->n_packages);
	if (rc)
		return rc;
	places = rel_arena_array(r->arena, target->n_packages, sizeof(*places));
	if (!places)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = node->first; m; m = m->next)
		places[i++] = (struct rel_conf_place){m->line, m->column};
	target->places = places;
	return 0;
}

static int read_targets(struct rel_conf_reader *r, const struct rel_yaml *value,
			void *target)
{
	static const struct rel_conf_list list = {
	    "targets", sizeof(struct rel_conf_target), read_target};
	struct rel_conf *conf = target;
	void *items = NULL;
	int rc = rel_conf_read_list(r, value, &list, &items, &conf->n_targets);

	conf->targets = items;
	return rc;
}

int rel_conf_fill(struct rel_conf *conf, const struct rel_yaml *root,
		  struct rel_error *err)
{
	static const struct rel_conf_field fields[] = {
	    {"remotes", rel_conf_read_remotes},
	    {"environments", rel_conf_read_environments},
	    {"release", rel_conf_read_release},
	    {"publish", rel_conf_read_publish},
	    {"request", rel_conf_read_request},
	    {"targets", read_targets},
	};
	struct rel_conf_reader r = {&conf->arena, err};

	if (!root || (root->kind == REL_YAML_TEXT && rel_conf_is_null(root)))
		return 0;
	return rel_conf_read_mapping(&r, root, "the file", "key", fields,
				     REL_CONF_COUNT(fields), conf);
}
