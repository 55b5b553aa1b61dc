/* How a forge is reached: shared by `publish` and `request`. */
#include "base/arena.h"
#include "conf/conf_private.h"

/* "https://HOST…", of which only the shape is looked at */
static bool is_address(struct rel_str url)
{
	size_t host = rel_str_starts(url, REL_STR("https://"))
			  ? strlen("https://")
			  : strlen("http://");

	if (!rel_str_starts(url, REL_STR("http://")) &&
	    !rel_str_starts(url, REL_STR("https://")))
		return false;
	if (host >= url.len || url.ptr[host] == '/')
		return false;
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.ptr[i] <= ' ' ||
		    strchr("?#@", url.ptr[i]))
			return false;
	return true;
}

int rel_conf_read_address(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *what,
			  const char **out)
{
	struct rel_str url;
	int rc = rel_conf_expect_text(r, value, what);

	if (rc)
		return rc;
	url = rel_str_of(value->text);
	if (!is_address(url))
		return rel_conf_fail(r, value,
				     "%s must be an http:// or https:// "
				     "address, without user, \"?\" and \"#\"",
				     what);
	while (url.ptr[url.len - 1] == '/')
		url.len--;
	*out = rel_arena_copy(r->arena, url);
	return *out ? 0 : rel_fail_nomem(r->err);
}

/* "owner/name", "group/subgroup/name" */
static bool is_repository(struct rel_str text)
{
	size_t parts = 0;

	while (text.ptr) {
		struct rel_str part = rel_str_cut(&text, '/');

		if (part.len == 0 || rel_str_is(part, ".") ||
		    rel_str_is(part, ".."))
			return false;
		for (size_t i = 0; i < part.len; i++)
			if (!rel_conf_is_name_char(part.ptr[i]))
				return false;
		parts++;
	}
	return parts >= 2;
}

int rel_conf_read_repository(struct rel_conf_reader *r,
			     const struct rel_yaml *value, const char **out)
{
	struct rel_str text;
	int rc = rel_conf_expect_text(r, value, "repository");

	if (rc)
		return rc;
	text = rel_str_of(value->text);
	if (rel_str_starts(text, REL_STR("http://")) ||
	    rel_str_starts(text, REL_STR("https://")))
		return rel_conf_read_address(r, value, "repository", out);
	*out = value->text;
	return is_repository(text)
		   ? 0
		   : rel_conf_fail(r, value,
				   "repository must be OWNER/NAME, or the "
				   "https:// address of the repository");
}

static int read_kind(struct rel_conf_reader *r, const struct rel_yaml *value,
		     void *target)
{
	static const char *const kinds[] = {"github", "gitlab", "forgejo"};
	struct rel_conf_request *request = target;

	return rel_conf_read_choice(r, value, "kind", kinds,
				    REL_CONF_COUNT(kinds), &request->kind);
}

static int read_repository(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_request *request = target;

	return rel_conf_read_repository(r, value, &request->repository);
}

static int read_api(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_request *request = target;

	return rel_conf_read_address(r, value, "api", &request->api);
}

static int read_secret_file(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	struct rel_conf_request *request = target;
	int rc = rel_conf_expect_text(r, value, "secret-file");

	if (rc == 0)
		request->secret_file = value->text;
	return rc;
}

int rel_conf_read_request(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_field fields[] = {
	    {"kind", read_kind},
	    {"repository", read_repository},
	    {"api", read_api},
	    {"secret-file", read_secret_file},
	};
	struct rel_conf *conf = target;
	int rc =
	    rel_conf_read_mapping(r, value, "request", "key in request", fields,
				  REL_CONF_COUNT(fields), &conf->request);

	if (!rc && !conf->request.kind)
		rc = rel_conf_fail_missing(r, value, "request", "kind");
	return rc;
}
