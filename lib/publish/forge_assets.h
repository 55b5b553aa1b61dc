/*
 * Archives as assets of a release that is a draft until it is complete: what
 * GitHub and Forgejo, whose APIs are of one family, share.  Internal to
 * lib/publish.
 */
#ifndef REL_PUBLISH_FORGE_ASSETS_H
#define REL_PUBLISH_FORGE_ASSETS_H

#include "publish/forge.h"
#include "publish/kind.h"

struct rel_forge_dialect {
	const struct rel_forge_kind *kind;
	/* Queries of lists: of drafts, and of so many members. */
	const char *drafts, *pages;
	size_t page, asset_page; /* how many: of releases, of assets */
	/* Where to ask for the tag, "%s" is its name; where the answer has
	 * the id of the object that it is. */
	const char *tag, *tag_object;
	/* Below the repository's page: of a file, and of all files, at a tag
	 * that is put behind. */
	const char *file_page, *tree_page;
	/* The member that says whether the release is shown as the newest one;
	 * NULL = there is none. */
	const char *latest;
	/* The URL to which an asset is posted; lives in the forge's arena. */
	int (*upload)(const char **url, struct rel_forge *forge,
		      const struct rel_forge_release *release, const char *name,
		      struct rel_error *err);
	/* Append the name of the asset for an archive of this name. */
	void (*add_name)(struct rel_buf *out, const char *name);
};

/* The functions of struct rel_publish_kind; `self` is a struct
 * rel_forge_assets. */
struct rel_forge_assets {
	struct rel_forge forge;
	const struct rel_forge_dialect *dialect;
};

int rel_forge_assets_open(void **self, const struct rel_forge_dialect *dialect,
			  const struct rel_publish_options *options,
			  struct rel_error *err);
int rel_forge_assets_ready(void *self, struct rel_error *err);
int rel_forge_assets_source(struct rel_buf *out, const void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err);
int rel_forge_assets_page(struct rel_buf *out, const void *self,
			  const char *tag, const char *path,
			  struct rel_error *err);
int rel_forge_assets_missing(unsigned *missing, void *self,
			     const struct rel_publish_archive *archive,
			     struct rel_error *err);
int rel_forge_assets_check(void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err);
int rel_forge_assets_put(struct rel_publish_receipt *out, void *self,
			 const struct rel_publish_archive *archive,
			 unsigned ours, struct rel_error *err);
int rel_forge_assets_held(uint64_t *size, void *self,
			  const struct rel_publish_archive *archive,
			  struct rel_error *err);
int rel_forge_assets_withdraw(void *self,
			      const struct rel_publish_archive *archive,
			      unsigned made, struct rel_error *err);
void rel_forge_assets_release(void *self);

#endif
