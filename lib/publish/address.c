#include "publish/address.h"

#include "base/escape.h"
#include "git/remote.h"

enum form { RAW_GITHUB, RAW_GITLAB, RAW_FORGEJO, RAW_BITBUCKET, RAW_SOURCEHUT };

/* A host is known by its whole name or by how it starts. */
static const struct forge {
	const char *host;
	bool prefix;
	enum form form;
} forges[] = {
    {"github.com", false, RAW_GITHUB},
    {"gitlab.com", false, RAW_GITLAB},
    {"gitlab.", true, RAW_GITLAB},
    {"codeberg.org", false, RAW_FORGEJO},
    {"codeberg.", true, RAW_FORGEJO},
    {"forgejo.", true, RAW_FORGEJO},
    {"gitea.", true, RAW_FORGEJO},
    {"bitbucket.org", false, RAW_BITBUCKET},
    {"git.sr.ht", false, RAW_SOURCEHUT},
};

static const struct forge *find_forge(struct rel_str host)
{
	for (size_t i = 0; i < sizeof(forges) / sizeof(forges[0]); i++) {
		const struct forge *f = &forges[i];

		if (f->prefix ? rel_str_starts(host, rel_str_of(f->host))
			      : rel_str_is(host, f->host))
			return f;
	}
	return NULL;
}

const char *rel_publish_forge(struct rel_str host)
{
	static const char *const names[] = {[RAW_GITHUB] = "github",
					    [RAW_GITLAB] = "gitlab",
					    [RAW_FORGEJO] = "forgejo",
					    [RAW_BITBUCKET] = NULL,
					    [RAW_SOURCEHUT] = NULL};
	const struct forge *forge = find_forge(host);

	return forge ? names[forge->form] : NULL;
}

void rel_publish_add_encoded(struct rel_buf *out, struct rel_str text)
{
	rel_escape_uri(out, text, '/');
}

void rel_publish_add_segment(struct rel_buf *out, struct rel_str text)
{
	rel_escape_uri(out, text, '\0');
}

struct rel_str rel_publish_repository(struct rel_str path)
{
	while (path.len > 0 && path.ptr[0] == '/')
		path = rel_str_sub(path, 1, path.len);
	while (path.len > 0 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (rel_str_ends(path, REL_STR(".git")))
		path.len -= strlen(".git");
	return path;
}

void rel_publish_add_origin(struct rel_buf *out, const struct rel_git_url *url)
{
	rel_buf_printf(out, "%s://%.*s",
		       url->transport == REL_GIT_HTTP && !url->tls ? "http"
								   : "https",
		       REL_STR_ARG(url->host));
	if (url->transport == REL_GIT_HTTP && url->port.len > 0)
		rel_buf_printf(out, ":%.*s", REL_STR_ARG(url->port));
}

int rel_publish_raw_address(struct rel_buf *out, const char *location,
			    const char *branch, struct rel_error *err)
{
	static const char *const between[] = {[RAW_GITHUB] = "/",
					      [RAW_GITLAB] = "/-/raw/",
					      [RAW_FORGEJO] = "/raw/branch/",
					      [RAW_BITBUCKET] = "/raw/",
					      [RAW_SOURCEHUT] = "/blob/"};
	const struct forge *forge;
	struct rel_git_url url;
	struct rel_str path;
	int rc = rel_git_url_parse(&url, location, err);

	if (rc)
		return rc;
	path = rel_publish_repository(url.path);
	forge = url.transport == REL_GIT_LOCAL ? NULL : find_forge(url.host);
	if (!forge || rel_str_find(path, '/') == path.len)
		return rel_fail(err, REL_ENOTFOUND,
				"no forge whose addresses are known");
	if (forge->form == RAW_GITHUB)
		rel_buf_add_cstr(out, "https://raw.githubusercontent.com");
	else
		rel_publish_add_origin(out, &url);
	rel_buf_add_char(out, '/');
	rel_buf_add_str(out, path);
	rel_buf_add_cstr(out, between[forge->form]);
	rel_publish_add_encoded(out, rel_str_of(branch));
	return rel_buf_status(out, "address", err);
}
