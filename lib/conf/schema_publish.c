#include "conf/schema_parts.h"

static int read_publish_kind(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target)
{
	static const char *const kinds[] = {"mirror", "put",	"s3",
					    "github", "gitlab", "forgejo"};
	struct rel_conf_publish *publish = target;

	return rel_conf_read_choice(r, value, "kind", kinds,
				    REL_CONF_COUNT(kinds), &publish->kind);
}

int rel_conf_read_publish(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_field fields[] = {
	    {"kind", read_publish_kind},
	};
	struct rel_conf *conf = target;
	int rc =
	    rel_conf_read_mapping(r, value, "publish", "key in publish", fields,
				  REL_CONF_COUNT(fields), &conf->publish);

	if (!rc && !conf->publish.kind)
		rc = rel_conf_fail_missing(r, value, "publish", "kind");
	return rc;
}
