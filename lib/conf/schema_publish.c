#include <stddef.h>

#include "base/arena.h"
#include "base/path.h"
#include "conf/conf_private.h"

static int read_publish_kind(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target)
{
	static const char *const kinds[] = {"mirror", "put",	"s3",
					    "github", "gitlab", "forgejo"};
	struct rel_conf_publish *publish = target;

	return rel_conf_read_choice(r, value, "kind", kinds,
				    REL_CONF_COUNT(kinds), &publish->kind);
}

static int read_text(struct rel_conf_reader *r, const struct rel_yaml *value,
		     const char *what, const char **out)
{
	int rc = rel_conf_expect_text(r, value, what);

	if (rc == 0)
		*out = value->text;
	return rc;
}

static int read_dir(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_publish *publish = target;

	return read_text(r, value, "dir", &publish->dir);
}

static int read_remote(struct rel_conf_reader *r, const struct rel_yaml *value,
		       void *target)
{
	struct rel_conf_publish *publish = target;

	return read_text(r, value, "remote", &publish->remote);
}

static int read_branch(struct rel_conf_reader *r, const struct rel_yaml *value,
		       void *target)
{
	struct rel_conf_publish *publish = target;

	return read_text(r, value, "branch", &publish->branch);
}

static int read_url(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	static const char *const schemes[] = {"http://", "https://",
					      "file:///"};
	struct rel_conf_publish *publish = target;
	struct rel_str url;
	bool known = false;
	int rc = rel_conf_expect_text(r, value, "url");

	if (rc)
		return rc;
	url = rel_str_of(value->text);
	for (size_t i = 0; i < REL_CONF_COUNT(schemes); i++)
		known |= rel_str_starts(url, rel_str_of(schemes[i]));
	if (!known || rel_str_find(url, '?') < url.len ||
	    rel_str_find(url, '#') < url.len)
		return rel_conf_fail(r, value,
				     "url must be the http://, https:// or "
				     "file:/// address below which opam finds "
				     "cache/, without \"?\" and \"#\"");
	while (url.ptr[url.len - 1] == '/')
		url.len--;
	publish->url = rel_arena_copy(r->arena, url);
	return publish->url ? 0 : rel_fail_nomem(r->err);
}

static int read_repository(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_publish *publish = target;

	return rel_conf_read_repository(r, value, &publish->repository);
}

static int read_api(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_publish *publish = target;

	return rel_conf_read_address(r, value, "api", &publish->api);
}

/* Which kinds have which keys. */
static const struct key {
	const char *name;
	size_t at;	       /* of a text in struct rel_conf_publish */
	const char *kinds;     /* with a space between */
	const char *needed_by; /* the one that cannot do without, or NULL */
} keys[] = {
    {"dir", offsetof(struct rel_conf_publish, dir), "mirror", NULL},
    {"remote", offsetof(struct rel_conf_publish, remote), "mirror", NULL},
    {"branch", offsetof(struct rel_conf_publish, branch), "mirror", NULL},
    {"url", offsetof(struct rel_conf_publish, url), "mirror put s3", "put"},
    {"upload", offsetof(struct rel_conf_publish, upload), "put", NULL},
    {"bucket", offsetof(struct rel_conf_publish, bucket), "s3", "s3"},
    {"region", offsetof(struct rel_conf_publish, region), "s3", NULL},
    {"endpoint", offsetof(struct rel_conf_publish, endpoint), "s3", NULL},
    {"prefix", offsetof(struct rel_conf_publish, prefix), "s3", NULL},
    {"path-style", offsetof(struct rel_conf_publish, path_style), "s3", NULL},
    {"repository", offsetof(struct rel_conf_publish, repository),
     "github gitlab forgejo", NULL},
    {"api", offsetof(struct rel_conf_publish, api), "github gitlab forgejo",
     NULL},
    {"secret-file", offsetof(struct rel_conf_publish, secret_file),
     "put s3 github gitlab forgejo", NULL},
};

static const char *value_of(const struct rel_conf_publish *publish,
			    const struct key *key)
{
	return *(const char *const *)((const char *)publish + key->at);
}

static bool has_kind(const struct key *key, const char *kind)
{
	struct rel_str kinds = rel_str_of(key->kinds);

	while (kinds.ptr)
		if (rel_str_is(rel_str_cut(&kinds, ' '), kind))
			return true;
	return false;
}

/* Of a place that is written over HTTP. */
static bool is_web_address(const char *url)
{
	return !rel_str_starts(rel_str_of(url), REL_STR("file:")) &&
	       !strchr(url, '@');
}

/* Keys belong to kinds, and exclude each other. */
static int check_publish(struct rel_conf_reader *r,
			 const struct rel_yaml *value,
			 const struct rel_conf_publish *publish)
{
	for (size_t i = 0; i < REL_CONF_COUNT(keys); i++) {
		const struct key *key = &keys[i];
		bool set = value_of(publish, key) != NULL;

		if (!set && key->needed_by &&
		    strcmp(key->needed_by, publish->kind) == 0)
			return rel_conf_fail(
			    r, value,
			    "publish has no \"%s\", which kind "
			    "\"%s\" needs; add it",
			    key->name, publish->kind);
		if (set && !has_kind(key, publish->kind))
			return rel_conf_fail(r, value,
					     "%s is not a key of kind \"%s\"",
					     key->name, publish->kind);
	}
	if (publish->url && strcmp(publish->kind, "mirror") != 0 &&
	    !is_web_address(publish->url))
		return rel_conf_fail(r, value,
				     "url must be an http:// or https:// "
				     "address without user for kind \"%s\"",
				     publish->kind);
	if (publish->dir && (publish->remote || publish->branch))
		return rel_conf_fail(r, value,
				     "publish has dir and %s; a mirror is in "
				     "one place only",
				     publish->remote ? "remote" : "branch");
	return 0;
}

int rel_conf_read_publish(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_field fields[] = {
	    {"kind", read_publish_kind},
	    {"dir", read_dir},
	    {"remote", read_remote},
	    {"branch", read_branch},
	    {"url", read_url},
	    {"upload", rel_conf_read_upload},
	    {"bucket", rel_conf_read_bucket},
	    {"region", rel_conf_read_region},
	    {"endpoint", rel_conf_read_endpoint},
	    {"prefix", rel_conf_read_prefix},
	    {"path-style", rel_conf_read_path_style},
	    {"secret-file", rel_conf_read_secret_file},
	    {"repository", read_repository},
	    {"api", read_api},
	};
	struct rel_conf *conf = target;
	int rc =
	    rel_conf_read_mapping(r, value, "publish", "key in publish", fields,
				  REL_CONF_COUNT(fields), &conf->publish);

	if (!rc && !conf->publish.kind)
		rc = rel_conf_fail_missing(r, value, "publish", "kind");
	return rc ? rc : check_publish(r, value, &conf->publish);
}

/* Keys of `publish` for the kinds put and s3. */

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

/* How a forge is reached: shared by `publish` and `request`. */

/* "https://HOST…", of which only the shape is checked */
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

static int read_request_kind(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target)
{
	static const char *const kinds[] = {"github", "gitlab", "forgejo"};
	struct rel_conf_request *request = target;

	return rel_conf_read_choice(r, value, "kind", kinds,
				    REL_CONF_COUNT(kinds), &request->kind);
}

static int read_request_repository(struct rel_conf_reader *r,
				   const struct rel_yaml *value, void *target)
{
	struct rel_conf_request *request = target;

	return rel_conf_read_repository(r, value, &request->repository);
}

static int read_request_api(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	struct rel_conf_request *request = target;

	return rel_conf_read_address(r, value, "api", &request->api);
}

static int read_request_secret_file(struct rel_conf_reader *r,
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
	    {"kind", read_request_kind},
	    {"repository", read_request_repository},
	    {"api", read_request_api},
	    {"secret-file", read_request_secret_file},
	};
	struct rel_conf *conf = target;
	int rc =
	    rel_conf_read_mapping(r, value, "request", "key in request", fields,
				  REL_CONF_COUNT(fields), &conf->request);

	if (!rc && !conf->request.kind)
		rc = rel_conf_fail_missing(r, value, "request", "kind");
	return rc;
}
