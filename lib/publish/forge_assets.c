#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"

/* What is there of an archive. */
struct finding {
	struct rel_forge_assets *a;
	const struct rel_publish_archive *archive;
	const char *name; /* of the asset */
	bool has_release, has_asset;
	size_t n_others; /* assets of other names */
	struct rel_forge_release release;
	struct rel_forge_asset asset;
};

/* The release of the tag that is public. */
static int find_public(struct finding *f, struct rel_error *err)
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
	struct finding *f = context;
	int rc =
	    rel_forge_read_release(&f->release, item, &f->a->forge.arena, err);

	return rc ? rc
		  : f->release.draft &&
			strcmp(f->release.tag, f->archive->release->tag) == 0;
}

static int find_draft(struct finding *f, struct rel_error *err)
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
	struct finding *f = context;
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

/* Look for the asset, in the release that was found. */
static int find_asset(struct finding *f, struct rel_error *err)
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

/*
 * Look for the release, public or a draft, and the asset.
 * Errors  REL_ENOTFOUND the archive's release is not known here; those of
 *         rel_forge_call()
 */
static int find_archive(struct finding *f, struct rel_forge_assets *a,
			const struct rel_publish_archive *archive,
			struct rel_error *err)
{
	struct rel_buf name;
	int rc;

	*f = (struct finding){.a = a, .archive = archive};
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
		rc = find_asset(f, err);
	return rc;
}

/* Attempts to upload, each after a look at what the one before left. */
#define UPLOAD_TRIES 3

int rel_forge_assets_open(void **self, const struct rel_forge_dialect *dialect,
			  const struct rel_publish_options *options,
			  struct rel_error *err)
{
	struct rel_forge_assets *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return rel_fail_nomem(err);
	a->dialect = dialect;
	rc = rel_forge_open_for(&a->forge, dialect->kind, options, err);
	if (rc) {
		rel_forge_assets_release(a);
		return rc;
	}
	*self = a;
	return 0;
}

void rel_forge_assets_release(void *self)
{
	struct rel_forge_assets *a = self;

	rel_forge_close(&a->forge);
	free(a);
}

int rel_forge_assets_ready(void *self, struct rel_error *err)
{
	struct rel_forge_assets *a = self;

	return rel_forge_ready(&a->forge, err);
}

int rel_forge_assets_source(struct rel_buf *out, const void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err)
{
	const struct rel_forge_assets *a = self;
	const struct rel_forge_place *place = &a->forge.place;

	if (!archive->release)
		return rel_forge_fail_unknown(&a->forge, archive, err);
	rel_buf_printf(out, "%s/%s/releases/download/", place->web,
		       place->repository);
	rel_publish_add_encoded(out, rel_str_of(archive->release->tag));
	rel_buf_add_char(out, '/');
	a->dialect->add_name(out, archive->name);
	return rel_buf_status(out, "address", err);
}

int rel_forge_assets_page(struct rel_buf *out, const void *self,
			  const char *tag, const char *path,
			  struct rel_error *err)
{
	const struct rel_forge_assets *a = self;

	return rel_forge_page(out, &a->forge, a->dialect->file_page,
			      a->dialect->tree_page, tag, path, err);
}

int rel_forge_assets_missing(unsigned *missing, void *self,
			     const struct rel_publish_archive *archive,
			     struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	*missing = 0;
	if (rc)
		return rc;
	if (!f.has_release)
		*missing |= REL_FORGE_RELEASE;
	else if (f.release.draft)
		*missing |= REL_FORGE_PUBLIC;
	if (!f.has_asset || !f.asset.whole)
		*missing |= REL_FORGE_ASSET;
	return 0;
}

int rel_forge_assets_check(void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && f.has_asset && f.asset.whole &&
	    rel_forge_compare(&f.asset, archive) == REL_FORGE_OTHER)
		rc = rel_forge_fail_other(&f.a->forge, archive, err);
	return rc;
}

/* A release without its tag would make one, where the forge likes it. */
static int check_tag(struct finding *f, struct rel_error *err)
{
	const struct rel_publish_release *release = f->archive->release;
	const struct rel_forge_dialect *d = f->a->dialect;
	struct rel_forge *forge = &f->a->forge;
	struct rel_json_value *answer = NULL;
	const char *tag = rel_forge_encode(forge, release->tag), *object;
	const char *url =
	    tag ? rel_forge_url(forge, "/%s%s", d->tag, tag) : NULL;
	int rc = rel_forge_get(&answer, forge, "look for the tag", url, err);

	if (rc == REL_ENOTFOUND)
		return rel_fail(err, REL_ENOTFOUND,
				"%s on %s has no tag %s; push it there, or "
				"write another repository: in relctl.yml",
				forge->place.repository, forge->kind->title,
				release->tag);
	object = rel_json_text_at(answer, d->tag_object);
	if (rc == 0 && !object)
		rc = rel_fail(err, REL_EPARSE,
			      "%s does not say what the tag %s is",
			      forge->place.api, release->tag);
	if (rc == 0 && strcmp(object, release->tag_object) != 0)
		rc = rel_fail(err, REL_EEXISTS,
			      "%s on %s has another tag %s (%.12s, and here it "
			      "is %.12s)",
			      forge->place.repository, forge->kind->title,
			      release->tag, object, release->tag_object);
	rel_json_free(answer);
	return rc;
}

/* Append that a release is not to be shown as the newest one.  A pre-release
 * never is, and GitHub refuses that it is said of one. */
static size_t add_latest(struct rel_forge_member *members, size_t n,
			 const struct finding *f)
{
	const struct rel_publish_release *release = f->archive->release;
	const char *latest = f->a->dialect->latest;

	if (latest && release->older && !release->prerelease)
		members[n++] =
		    (struct rel_forge_member){latest, "false", false};
	return n;
}

static int create(struct finding *f, struct rel_error *err)
{
	struct rel_forge *forge = &f->a->forge;
	struct rel_forge_member members[6] = {
	    {"tag_name", f->archive->release->tag, false},
	    {"name", rel_forge_title(forge, f->archive), false},
	    {"body", f->archive->release->notes, false},
	    {"draft", NULL, true},
	    {"prerelease", NULL, f->archive->release->prerelease},
	};
	size_t n = add_latest(members, 5, f);
	struct rel_forge_call call = {.method = REL_HTTP_POST,
				      .doing = "create the release",
				      .url = rel_forge_url(forge, "/releases")};
	struct rel_json_value *answer = NULL;
	int rc = members[1].text
		     ? rel_forge_object(&call.body, forge, members, n, err)
		     : rel_fail_nomem(err);

	if (rc == 0)
		rc = rel_forge_call(&answer, forge, &call, err);
	if (rc == 0)
		rc = rel_forge_read_release(&f->release, answer, &forge->arena,
					    err);
	f->has_release = rc == 0;
	rel_json_free(answer);
	return rc;
}

static int remove_asset(struct finding *f, struct rel_error *err)
{
	struct rel_forge *forge = &f->a->forge;
	const char *url =
	    f->a->dialect->kind == &rel_forge_github
		? rel_forge_url(forge, "/releases/assets/%" PRIu64, f->asset.id)
		: rel_forge_url(forge, "/releases/%" PRIu64 "/assets/%" PRIu64,
				f->release.id, f->asset.id);
	int rc = rel_forge_delete(forge, "remove the asset", url, err);

	if (rc == 0)
		f->has_asset = false;
	return rc;
}

/* Is the asset what was to be published?  What an unfinished cut of ours left
 * in its draft is removed; a starter is nobody's. */
static int judge_asset(struct finding *f, unsigned ours, struct rel_error *err)
{
	bool draft = f->release.draft && (ours & REL_FORGE_RELEASE);

	switch (rel_forge_compare(&f->asset, f->archive)) {
	case REL_FORGE_SAME:
		return 0;
	case REL_FORGE_UNKNOWN:
		/* what is public is fetched and compared as a whole later */
		if (!draft)
			return 0;
		return remove_asset(f, err);
	case REL_FORGE_OTHER:
		break;
	}
	if (draft || !f->asset.whole)
		return remove_asset(f, err);
	return rel_forge_fail_other(&f->a->forge, f->archive, err);
}

static int upload(struct finding *f, struct rel_error *err)
{
	struct rel_forge *forge = &f->a->forge;
	struct rel_http_payload file = {.path = f->archive->path,
					.size = f->archive->size};
	struct rel_forge_call call = {.method = REL_HTTP_POST,
				      .doing = "upload the archive",
				      .file = &file};
	struct rel_json_value *answer = NULL;
	int rc =
	    f->a->dialect->upload(&call.url, forge, &f->release, f->name, err);

	if (rc == 0)
		rc = rel_forge_call(&answer, forge, &call, err);
	if (rc == 0)
		rc =
		    rel_forge_read_asset(&f->asset, answer, &forge->arena, err);
	rel_json_free(answer);
	if (rc)
		return rc;
	f->has_asset = true;
	if (strcmp(f->asset.name, f->name) != 0)
		return rel_fail(err, REL_EIO,
				"%s calls the asset %s and not %s",
				forge->kind->title, f->asset.name, f->name);
	if (rel_forge_compare(&f->asset, f->archive) == REL_FORGE_OTHER)
		return rel_fail(err, REL_EIO,
				"%s has other bytes than were sent as %s",
				forge->kind->title, f->name);
	return 0;
}

/* With another look, and another try, after a connection broke. */
static int upload_asset(struct finding *f, unsigned ours, struct rel_error *err)
{
	int rc = 0;

	for (int i = 0; i < UPLOAD_TRIES && !f->has_asset; i++) {
		rc = upload(f, err);
		if (rc != REL_EIO || i + 1 == UPLOAD_TRIES)
			break;
		rc = find_asset(f, err);
		if (rc == 0 && f->has_asset)
			rc = judge_asset(f, ours | REL_FORGE_ASSET, err);
		if (rc)
			break;
	}
	return rc;
}

static int set_draft(struct finding *f, bool draft, struct rel_error *err)
{
	/* GitHub decides anew, when a draft becomes public, which is newest */
	struct rel_forge_member members[2] = {{"draft", NULL, draft}};
	size_t n = draft ? 1 : add_latest(members, 1, f);
	struct rel_forge *forge = &f->a->forge;
	struct rel_forge_call call = {
	    .method = REL_HTTP_PATCH,
	    .doing = draft ? "make the release a draft again"
			   : "publish the release",
	    .url = rel_forge_url(forge, "/releases/%" PRIu64, f->release.id),
	    .idempotent = true};
	int rc = rel_forge_object(&call.body, forge, members, n, err);

	return rc ? rc : rel_forge_call(NULL, forge, &call, err);
}

int rel_forge_assets_put(struct rel_publish_receipt *out, void *self,
			 const struct rel_publish_archive *archive,
			 unsigned ours, struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0)
		rc = check_tag(&f, err);
	if (rc == 0 && !f.has_release) {
		rc = create(&f, err);
		out->made |= REL_FORGE_RELEASE;
	}
	if (rc == 0 && f.has_asset)
		rc = judge_asset(&f, ours, err);
	if (rc == 0 && !f.has_asset) {
		rc = upload_asset(&f, ours, err);
		out->made |= REL_FORGE_ASSET;
	}
	if (rc == 0 && f.release.draft) {
		rc = set_draft(&f, false, err);
		if (!(out->made & REL_FORGE_RELEASE))
			out->made |= REL_FORGE_PUBLIC;
	}
	if (out->made)
		out->outcome = REL_PUBLISH_DONE;
	return rc;
}

int rel_forge_assets_held(uint64_t *size, void *self,
			  const struct rel_publish_archive *archive,
			  struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && (!f.has_asset || !f.asset.whole))
		rc = rel_fail(err, REL_ENOTFOUND, "%s lacks %s",
			      f.a->forge.place.repository, archive->name);
	if (rc == 0)
		*size = f.asset.size;
	if (rc == 0 && rel_forge_compare(&f.asset, archive) == REL_FORGE_OTHER)
		rc = rel_forge_fail_other(&f.a->forge, archive, err);
	return rc;
}

/* The release goes as a whole if it is still what we made of it. */
static bool is_own(const struct finding *f, unsigned made)
{
	const char *title = rel_forge_title(&f->a->forge, f->archive);

	return (made & REL_FORGE_RELEASE) && f->n_others == 0 && title &&
	       strcmp(f->release.name, title) == 0;
}

int rel_forge_assets_withdraw(void *self,
			      const struct rel_publish_archive *archive,
			      unsigned made, struct rel_error *err)
{
	struct finding f;
	struct rel_forge *forge;
	bool same;
	int rc = find_archive(&f, self, archive, err);

	if (rc || !f.has_release)
		return rc;
	forge = &f.a->forge;
	if (is_own(&f, made))
		return rel_forge_delete(
		    forge, "remove the release",
		    rel_forge_url(forge, "/releases/%" PRIu64, f.release.id),
		    err);
	same = f.has_asset &&
	       (!f.asset.whole ||
		rel_forge_compare(&f.asset, archive) != REL_FORGE_OTHER);
	if (same && (made & REL_FORGE_ASSET))
		rc = remove_asset(&f, err);
	if (rc == 0 && (made & REL_FORGE_PUBLIC) && !f.release.draft)
		rc = set_draft(&f, true, err);
	return rc;
}
