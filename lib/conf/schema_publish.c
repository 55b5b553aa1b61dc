#include "base/arena.h"
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

/* Keys that exclude each other. */
static int check_publish(struct rel_conf_reader *r,
			 const struct rel_yaml *value,
			 const struct rel_conf_publish *publish)
{
	bool places =
	    publish->dir || publish->remote || publish->branch || publish->url;

	if (places && strcmp(publish->kind, "mirror") != 0)
		return rel_conf_fail(r, value,
				     "dir, remote, branch and url are keys of "
				     "kind \"mirror\"");
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
	    {"kind", read_publish_kind}, {"dir", read_dir},
	    {"remote", read_remote},	 {"branch", read_branch},
	    {"url", read_url},
	};
	struct rel_conf *conf = target;
	int rc =
	    rel_conf_read_mapping(r, value, "publish", "key in publish", fields,
				  REL_CONF_COUNT(fields), &conf->publish);

	if (!rc && !conf->publish.kind)
		rc = rel_conf_fail_missing(r, value, "publish", "kind");
	return rc ? rc : check_publish(r, value, &conf->publish);
}
