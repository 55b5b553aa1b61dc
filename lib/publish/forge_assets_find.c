#include "publish/forge_assets_find.h"

#include <inttypes.h>

#include "base/limits.h"

/* The release of the tag that is public. */
static int find_public(struct rel_forge_finding *f, struct rel_error *err)
{
	struct rel_forge *forge = &f->a->forge;
	struct rel_json_value *answer = NULL;
	const char *tag = rel_forge_encode(forge, f->archive->release->tag);
	const char *url =
	    tag ? rel_forge_url(forge, "/releases/tags/%s", tag) : NULL;
	int rc =
	    rel_forge_get(&answer, forge, "look for the release", url, err);

	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = rel_forge_read_release(&f->release, answer, &forge->arena,
					    err);
	f->has_release = rc == 0;
	rel_json_free(answer);
	return rc;
}

static int is_draft(void *context, const struct rel_json_value *item,
		    struct rel_error *err)
{
	struct rel_forge_finding *f = context;
	int rc =
	    rel_forge_read_release(&f->release, item, &f->a->forge.arena, err);

	return rc ? rc
		  : f->release.draft &&
			strcmp(f->release.tag, f->archive->release->tag) == 0;
}

static int find_draft(struct rel_forge_finding *f, struct rel_error *err)
{
	const struct rel_forge_dialect *d = f->a->dialect;
	struct rel_forge *forge = &f->a->forge;
	const char *url = rel_forge_url(forge, "/releases%s", d->drafts);
	int rc = rel_forge_search(forge, "look for a draft of the release", url,
				  d->pages, d->page, is_draft, f, err);

	f->has_release = rc == 1;
	return rc < 0 ? rc : 0;
}

static int take_asset(void *context, const struct rel_json_value *item,
		      struct rel_error *err)
{
	struct rel_forge_finding *f = context;
	struct rel_forge_asset asset;
	int rc = rel_forge_read_asset(&asset, item, &f->a->forge.arena, err);

	if (rc)
		return rc;
	if (strcmp(asset.name, f->name) != 0) {
		f->n_others++;
		return 0;
	}
	f->asset = asset;
	f->has_asset = true;
	return 0;
}

int rel_forge_find_asset(struct rel_forge_finding *f, struct rel_error *err)
{
	const struct rel_forge_dialect *d = f->a->dialect;
	struct rel_forge *forge = &f->a->forge;
	const char *url =
	    rel_forge_url(forge, "/releases/%" PRIu64 "/assets", f->release.id);

	f->has_asset = false;
	f->n_others = 0;
	return rel_forge_search(forge, "list the assets of the release", url,
				d->pages, d->asset_page, take_asset, f, err);
}

int rel_forge_find(struct rel_forge_finding *f, struct rel_forge_assets *a,
		   const struct rel_publish_archive *archive,
		   struct rel_error *err)
{
	struct rel_buf name;
	int rc;

	*f = (struct rel_forge_finding){.a = a, .archive = archive};
	if (!archive->release)
		return rel_forge_fail_unknown(&a->forge, archive, err);
	rel_buf_init(&name, REL_KIB);
	a->dialect->add_name(&name, archive->name);
	rc = rel_buf_status(&name, "name", err);
	f->name = rel_arena_copy(&a->forge.arena, rel_buf_str(&name));
	rel_buf_free(&name);
	if (rc == 0 && !f->name)
		rc = rel_fail_nomem(err);
	if (rc == 0)
		rc = find_public(f, err);
	if (rc == 0 && !f->has_release)
		rc = find_draft(f, err);
	if (rc == 0 && f->has_release)
		rc = rel_forge_find_asset(f, err);
	return rc;
}
