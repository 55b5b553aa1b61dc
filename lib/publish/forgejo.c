/*
 * kind: forgejo, and Gitea: from Forgejo 7 and Gitea 1.22 on, which take an
 * attachment as the body of a request.
 * Source  the forges' own descriptions of their API, /swagger.v1.json
 */
#include "publish/publish_private.h"

#include <inttypes.h>

static void add_name(struct rel_buf *out, const char *name)
{
	rel_buf_add_cstr(out, name);
}

static int upload(const char **url, struct rel_forge *forge,
		  const struct rel_forge_release *release, const char *name,
		  struct rel_error *err)
{
	const char *value = rel_forge_encode(forge, name);

	*url =
	    value ? rel_forge_url(forge, "/releases/%" PRIu64 "/assets?name=%s",
				  release->id, value)
		  : NULL;
	return *url ? 0 : rel_fail_nomem(err);
}

static const struct rel_forge_dialect dialect = {
    .kind = &rel_forge_forgejo,
    .drafts = "?draft=true",
    .pages = "limit=50&page=",
    .page = 50,
    .asset_page = SIZE_MAX, /* all at once */
    .tag = "tags/",
    .tag_object = "id",
    .file_page = "/src/tag/",
    .tree_page = "/src/tag/",
    .upload = upload,
    .add_name = add_name,
};

static int open_forgejo(void **self, const struct rel_publish_options *options,
			struct rel_error *err)
{
	return rel_forge_assets_open(self, &dialect, options, err);
}

const struct rel_publish_kind rel_publish_forgejo = {
    .name = "forgejo",
    .needs_tag = true,
    .open = open_forgejo,
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
