/*
 * kind: github.  An archive is an asset of the release of its tag.
 * Source  https://docs.github.com/rest/releases, and the OpenAPI description
 *         of api.github.com
 */
#include "publish/publish_private.h"

#include "base/limits.h"
#include "publish/address.h"

/* "https://HOST…" up to the path */
static struct rel_str origin_of(struct rel_str url)
{
	size_t start = rel_str_find(url, ':') + 3;

	if (start > url.len)
		return url;
	return rel_str_sub(
	    url, 0,
	    start + rel_str_find(rel_str_sub(url, start, url.len), '/'));
}

/* May the token go there?  The API's own site, or "uploads." where that is
 * "api.". */
static bool is_trusted(struct rel_str upload, struct rel_str api)
{
	static const struct rel_str from = REL_STR("https://api."),
				    to = REL_STR("https://uploads.");

	upload = origin_of(upload);
	api = origin_of(api);
	if (rel_str_eq(upload, api))
		return true;
	return rel_str_starts(api, from) && rel_str_starts(upload, to) &&
	       rel_str_eq(rel_str_sub(upload, to.len, upload.len),
			  rel_str_sub(api, from.len, api.len));
}

/* "https://uploads.github.com/repos/o/r/releases/1/assets{?name,label}" */
static int upload(const char **out, struct rel_forge *forge,
		  const struct rel_forge_release *release, const char *name,
		  struct rel_error *err)
{
	struct rel_str at = rel_str_of(release->upload);
	struct rel_buf url;

	at.len = rel_str_find(at, '{');
	if (!is_trusted(at, rel_str_of(forge->place.api)))
		return rel_fail(
		    err, REL_EPARSE,
		    "%s requires uploads to \"%.*s\", which is another "
		    "site; nothing was sent there",
		    forge->place.api,
		    REL_STR_ARG(rel_str_sub(origin_of(at), 0, 200)));
	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_str(&url, at);
	rel_buf_add_cstr(&url, "?name=");
	rel_publish_add_segment(&url, rel_str_of(name));
	*out = url.status ? NULL
			  : rel_arena_copy(&forge->arena, rel_buf_str(&url));
	rel_buf_free(&url);
	return *out ? 0 : rel_fail_nomem(err);
}

static const struct rel_forge_dialect dialect = {
    .kind = &rel_forge_github,
    .drafts = "",
    .pages = "per_page=100&page=",
    .page = 100,
    .asset_page = 100,
    .tag = "git/ref/tags%2F",
    .tag_object = "object.sha",
    .file_page = "/blob/",
    .tree_page = "/tree/",
    .latest = "make_latest",
    .upload = upload,
    .add_name = rel_forge_add_name,
};

static int open_github(void **self, const struct rel_publish_options *options,
		       struct rel_error *err)
{
	return rel_forge_assets_open(self, &dialect, options, err);
}

const struct rel_publish_kind rel_publish_github = {
    .name = "github",
    .needs_tag = true,
    .notes = REL_LIMIT_GITHUB_NOTES,
    .open = open_github,
    .ready = rel_forge_assets_ready,
    .source = rel_forge_assets_source,
    .page = rel_forge_assets_page,
    .missing = rel_forge_assets_missing,
    .check = rel_forge_assets_check,
    .put = rel_forge_assets_put,
    .held = rel_forge_assets_held,
    .withdraw = rel_forge_assets_withdraw,
    .release = rel_forge_assets_release,
};
