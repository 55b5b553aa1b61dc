#include "conf/schema_parts.h"

static int read_archive(struct rel_conf_reader *r, const struct rel_yaml *value,
			void *target)
{
	static const char *const kinds[] = {"tbz", "tar.gz", "tar.xz",
					    "tar.zst"};
	struct rel_conf_release *release = target;

	return rel_conf_read_choice(r, value, "archive", kinds,
				    REL_CONF_COUNT(kinds), &release->archive);
}

static int read_tag(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_release *release = target;
	int rc = rel_conf_expect_text(r, value, "tag");

	if (rc)
		return rc;
	release->tag = value->text;
	if (strstr(value->text, "{version}"))
		return 0;
	return rel_conf_fail(r, value,
			     "tag must hold \"{version}\", or every release "
			     "would have the same tag; quote it: "
			     "\"v{version}\"");
}

static int read_sign(struct rel_conf_reader *r, const struct rel_yaml *value,
		     void *target)
{
	static const char *const ways[] = {"none", "ssh", "gpg"};
	struct rel_conf_release *release = target;

	return rel_conf_read_choice(r, value, "sign", ways,
				    REL_CONF_COUNT(ways), &release->sign);
}

int rel_conf_read_release(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_field fields[] = {
	    {"archive", read_archive},
	    {"tag", read_tag},
	    {"sign", read_sign},
	};
	struct rel_conf *conf = target;

	return rel_conf_read_mapping(r, value, "release", "key in release",
				     fields, REL_CONF_COUNT(fields),
				     &conf->release);
}
