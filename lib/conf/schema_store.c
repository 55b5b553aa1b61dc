/* Keys of `publish` for the kinds put and s3. */
#include "base/path.h"
#include "conf/conf_private.h"

int rel_conf_read_upload(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;

	return rel_conf_read_address(r, value, "upload", &publish->upload);
}

int rel_conf_read_endpoint(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;

	return rel_conf_read_address(r, value, "endpoint", &publish->endpoint);
}

static bool all_of(const char *text, const char *extra)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') &&
		    !(*text >= '0' && *text <= '9') && !strchr(extra, *text))
			return false;
	return true;
}

/* The service's own rules, "Bucket naming rules": 3 to 63 of these. */
int rel_conf_read_bucket(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;
	int rc = rel_conf_expect_text(r, value, "bucket");

	if (rc)
		return rc;
	if (!all_of(value->text, ".-") || strlen(value->text) < 3 ||
	    strlen(value->text) > 63)
		return rel_conf_fail(r, value,
				     "bucket must have 3 to 63 lower case "
				     "letters, digits, dots and hyphens");
	publish->bucket = value->text;
	return 0;
}

int rel_conf_read_region(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;
	int rc = rel_conf_expect_text(r, value, "region");

	if (rc)
		return rc;
	if (!all_of(value->text, "-"))
		return rel_conf_fail(r, value,
				     "region must have lower case letters, "
				     "digits and hyphens, as \"eu-west-1\"");
	publish->region = value->text;
	return 0;
}

int rel_conf_read_prefix(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;
	int rc = rel_conf_expect_text(r, value, "prefix");

	if (rc)
		return rc;
	if (!rel_path_is_safe(rel_str_of(value->text)))
		return rel_conf_fail(r, value,
				     "prefix must be a path below the bucket, "
				     "as \"opam/files\"");
	publish->prefix = value->text;
	return 0;
}

int rel_conf_read_path_style(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;

	if (!rel_conf_is_boolean(value))
		return rel_conf_fail(r, value,
				     "path-style must be true or false");
	publish->path_style = value->text;
	return 0;
}

int rel_conf_read_secret_file(struct rel_conf_reader *r,
			      const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;
	int rc = rel_conf_expect_text(r, value, "secret-file");

	if (rc == 0)
		publish->secret_file = value->text;
	return rc;
}
