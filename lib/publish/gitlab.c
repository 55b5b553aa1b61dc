/*
 * kind: gitlab.  An archive is a file in the project's registry of generic
 * packages, and the release of its tag has a link to it.  There are no drafts:
 * the release is made when the file is whole.
 * Source  https://docs.gitlab.com/api/packages, /api/releases, and
 *         /user/packages/generic_packages
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"

/* What is there of an archive. */
struct finding {
	struct rel_forge *forge;
	const struct rel_publish_archive *archive;
	const char *version, *name; /* of package and file, as GitLab has it */
	bool has_package, has_file, has_release, has_link;
	uint64_t package, link;
	struct rel_forge_asset file;
	struct rel_forge_release release;
	size_t n_files, n_links; /* of other names */
};

#define PAGES "per_page=100&page="
#define PAGE  100

static int take_package(void *context, const struct rel_json_value *item,
			struct rel_error *err)
{
	struct finding *f = context;
	const char *name = rel_json_text_at(item, "name");
	const char *version = rel_json_text_at(item, "version");
	int rc;

	/* the forge looks for names that are alike, too */
	if (!name || !version || strcmp(name, f->archive->release->name) != 0 ||
	    strcmp(version, f->version) != 0)
		return 0;
	f->has_package = true;
	rc = rel_forge_read_id(&f->package, item, err);
	return rc ? rc : 1;
}

/* Of several files of one name the newest one is served. */
static int take_file(void *context, const struct rel_json_value *item,
		     struct rel_error *err)
{
	struct finding *f = context;
	struct rel_forge_asset file;
	int rc = rel_forge_read_file(&file, item, &f->forge->arena, err);

	if (rc)
		return rc;
	if (strcmp(file.name, f->name) != 0) {
		f->n_files++;
	} else if (!f->has_file || file.id > f->file.id) {
		f->file = file;
		f->has_file = true;
	}
	return 0;
}

static int find_file(struct finding *f, struct rel_error *err)
{
	struct rel_forge *forge = f->forge;
	const char *name = rel_forge_encode(forge, f->archive->release->name);
	const char *version = rel_forge_encode(forge, f->version), *url = NULL;
	int rc;

	if (name && version)
		url = rel_forge_url(forge,
				    "/packages?package_type=generic&"
				    "package_name=%s&package_version=%s",
				    name, version);
	f->has_package = f->has_file = false;
	f->n_files = 0;
	rc = rel_forge_search(forge, "look for the package", url, PAGES, PAGE,
			      take_package, f, err);
	if (rc <= 0)
		return rc;
	url = rel_forge_url(forge, "/packages/%" PRIu64 "/package_files",
			    f->package);
	return rel_forge_search(forge, "list the files of the package", url,
				PAGES, PAGE, take_file, f, err);
}

static int take_link(void *context, const struct rel_json_value *item,
		     struct rel_error *err)
{
	struct finding *f = context;
	const char *name = rel_json_text_at(item, "name");

	if (!name || strcmp(name, f->name) != 0) {
		f->n_links++;
		return 0;
	}
	f->has_link = true;
	return rel_forge_read_id(&f->link, item, err);
}

/* The URL of the release, and `below` it; NULL when out of memory. */
static const char *release_url(struct finding *f, const char *below)
{
	const char *tag = rel_forge_encode(f->forge, f->archive->release->tag);

	return tag ? rel_forge_url(f->forge, "/releases/%s%s", tag, below)
		   : NULL;
}

/* Take the release that the forge answered with.
 * Errors  REL_EEXISTS its tag is on another commit; REL_EPARSE */
static int take_release(struct finding *f, const struct rel_json_value *answer,
			struct rel_error *err)
{
	const struct rel_publish_release *is = f->archive->release;
	int rc = rel_forge_read_gitlab_release(&f->release, answer,
					       &f->forge->arena, err);

	if (rc)
		return rc;
	f->has_release = true;
	if (*f->release.commit && strcmp(f->release.commit, is->commit) != 0)
		return rel_fail(err, REL_EEXISTS,
				"%s on GitLab has the tag %s on another commit "
				"(%.12s, and here it is %.12s)",
				f->forge->place.repository, is->tag,
				f->release.commit, is->commit);
	return 0;
}

static int find_release(struct finding *f, struct rel_error *err)
{
	struct rel_json_value *answer = NULL;
	int rc = rel_forge_get(&answer, f->forge, "look for the release",
			       release_url(f, ""), err);

	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = take_release(f, answer, err);
	rel_json_free(answer);
	if (rc)
		return rc;
	return rel_forge_search(f->forge, "list the links of the release",
				release_url(f, "/assets/links"), PAGES, PAGE,
				take_link, f, err);
}

/* "1.0~beta" as GitLab has it. */
static int take_name(const char **out, struct rel_forge *forge,
		     const char *name, struct rel_error *err)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_forge_add_name(&text, name);
	*out = text.status ? NULL
			   : rel_arena_copy(&forge->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return *out ? 0 : rel_fail_nomem(err);
}

/* Look for release, link and file. */
static int find_archive(struct finding *f, struct rel_forge *forge,
			const struct rel_publish_archive *archive,
			struct rel_error *err)
{
	int rc;

	*f = (struct finding){.forge = forge, .archive = archive};
	if (!archive->release)
		return rel_forge_fail_unknown(forge, archive, err);
	rc = take_name(&f->version, forge, archive->release->version, err);
	if (rc == 0)
		rc = take_name(&f->name, forge, archive->name, err);
	if (rc == 0)
		rc = find_release(f, err);
	return rc ? rc : find_file(f, err);
}

static int open_gitlab(void **self, const struct rel_publish_options *options,
		       struct rel_error *err)
{
	struct rel_forge *forge = calloc(1, sizeof(*forge));
	int rc =
	    forge ? rel_forge_open_for(forge, &rel_forge_gitlab, options, err)
		  : rel_fail_nomem(err);

	if (rc == 0) {
		*self = forge;
		return 0;
	}
	if (forge)
		rel_forge_close(forge);
	free(forge);
	return rc;
}

static void release(void *self)
{
	rel_forge_close(self);
	free(self);
}

static int ready(void *self, struct rel_error *err)
{
	return rel_forge_ready(self, err);
}

/* "…/packages/generic/a/1.0/a-1.0.tbz" */
static int source(struct rel_buf *out, const void *self,
		  const struct rel_publish_archive *archive,
		  struct rel_error *err)
{
	const struct rel_forge *forge = self;

	if (!archive->release)
		return rel_forge_fail_unknown(forge, archive, err);
	rel_buf_printf(out, "%s/packages/generic/", forge->base);
	rel_forge_add_name(out, archive->release->name);
	rel_buf_add_char(out, '/');
	rel_forge_add_name(out, archive->release->version);
	rel_buf_add_char(out, '/');
	rel_forge_add_name(out, archive->name);
	return rel_buf_status(out, "address", err);
}

static int page(struct rel_buf *out, const void *self, const char *tag,
		const char *path, struct rel_error *err)
{
	return rel_forge_page(out, self, "/-/blob/", "/-/tree/", tag, path,
			      err);
}

static int missing(unsigned *out, void *self,
		   const struct rel_publish_archive *archive,
		   struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	*out = 0;
	if (rc)
		return rc;
	*out |= f.has_file ? 0 : REL_FORGE_ASSET;
	*out |= f.has_release ? 0 : REL_FORGE_RELEASE;
	*out |= f.has_link ? 0 : REL_FORGE_LINK;
	return 0;
}

static int check(void *self, const struct rel_publish_archive *archive,
		 struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && f.has_file &&
	    rel_forge_compare(&f.file, archive) == REL_FORGE_OTHER)
		rc = rel_forge_fail_other(f.forge, archive, err);
	return rc;
}

/* With its package, when nothing else is in that. */
static int remove_file(struct finding *f, struct rel_error *err)
{
	const char *url =
	    f->n_files
		? rel_forge_url(f->forge,
				"/packages/%" PRIu64 "/package_files/%" PRIu64,
				f->package, f->file.id)
		: rel_forge_url(f->forge, "/packages/%" PRIu64, f->package);
	int rc = rel_forge_delete(f->forge, "remove the file", url, err);

	if (rc == 0)
		f->has_file = false;
	return rc;
}

/* What an unfinished cut of ours left, and nobody was shown, is removed. */
static int judge_file(struct finding *f, unsigned ours, struct rel_error *err)
{
	enum rel_forge_match match = rel_forge_compare(&f->file, f->archive);

	if (match != REL_FORGE_OTHER)
		return 0;
	if ((ours & REL_FORGE_ASSET) && !f->has_link)
		return remove_file(f, err);
	return rel_forge_fail_other(f->forge, f->archive, err);
}

static int upload(struct finding *f, struct rel_error *err)
{
	struct rel_http_payload file = {.path = f->archive->path,
					.size = f->archive->size};
	struct rel_forge_call call = {.method = REL_HTTP_PUT,
				      .doing = "upload the archive",
				      .file = &file};
	struct rel_json_value *answer = NULL;
	struct rel_buf url;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rc = source(&url, f->forge, f->archive, err);
	rel_buf_add_cstr(&url, "?select=package_file");
	if (rc == 0)
		rc = rel_buf_status(&url, "address", err);
	call.url = url.ptr;
	if (rc == 0)
		rc = rel_forge_call(&answer, f->forge, &call, err);
	if (rc == 0)
		rc = rel_forge_read_file(&f->file, answer, &f->forge->arena,
					 err);
	if (rc == 0 &&
	    rel_forge_compare(&f->file, f->archive) == REL_FORGE_OTHER)
		rc = rel_fail(err, REL_EIO,
			      "GitLab has other bytes than were sent as %s",
			      f->name);
	rel_json_free(answer);
	rel_buf_free(&url);
	return rc;
}

static int post(struct rel_json_value **answer, struct finding *f,
		const char *doing, const char *url,
		const struct rel_forge_member *members, size_t n,
		struct rel_error *err)
{
	struct rel_forge_call call = {
	    .method = REL_HTTP_POST, .doing = doing, .url = url};
	int rc = rel_forge_object(&call.body, f->forge, members, n, err);

	return rc ? rc : rel_forge_call(answer, f->forge, &call, err);
}

static int create(struct finding *f, struct rel_error *err)
{
	const struct rel_forge_member members[] = {
	    {"tag_name", f->archive->release->tag, false},
	    {"name", rel_forge_title(f->forge, f->archive), false},
	    {"description", f->archive->release->notes, false},
	};
	struct rel_json_value *answer = NULL;
	int rc = members[1].text ? post(&answer, f, "create the release",
					rel_forge_url(f->forge, "/releases"),
					members, 3, err)
				 : rel_fail_nomem(err);

	if (rc == 0)
		rc = take_release(f, answer, err);
	rel_json_free(answer);
	return rc;
}

static int link_file(struct finding *f, struct rel_error *err)
{
	struct rel_buf url;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rc = source(&url, f->forge, f->archive, err);
	if (rc == 0) {
		const struct rel_forge_member members[] = {
		    {"name", f->name, false},
		    {"url", url.ptr, false},
		    {"link_type", "package", false},
		};

		rc = post(NULL, f, "link the archive to the release",
			  release_url(f, "/assets/links"), members, 3, err);
	}
	rel_buf_free(&url);
	return rc;
}

static int put(struct rel_publish_receipt *out, void *self,
	       const struct rel_publish_archive *archive, unsigned ours,
	       struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && f.has_file)
		rc = judge_file(&f, ours, err);
	if (rc == 0 && !f.has_file) {
		rc = upload(&f, err);
		out->made |= REL_FORGE_ASSET;
	}
	if (rc == 0 && !f.has_release) {
		rc = create(&f, err);
		out->made |= REL_FORGE_RELEASE;
	}
	if (rc == 0 && !f.has_link) {
		rc = link_file(&f, err);
		out->made |= REL_FORGE_LINK;
	}
	if (out->made)
		out->outcome = REL_PUBLISH_DONE;
	return rc;
}

static int held(uint64_t *size, void *self,
		const struct rel_publish_archive *archive,
		struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && !f.has_file)
		rc = rel_fail(err, REL_ENOTFOUND, "%s lacks %s",
			      f.forge->place.repository, archive->name);
	if (rc == 0)
		*size = f.file.size;
	if (rc == 0 && rel_forge_compare(&f.file, archive) == REL_FORGE_OTHER)
		rc = rel_forge_fail_other(f.forge, archive, err);
	return rc;
}

/* The release goes as a whole if it is still what we made of it. */
static int withdraw_release(struct finding *f, unsigned made,
			    struct rel_error *err)
{
	const char *title = rel_forge_title(f->forge, f->archive);
	char below[64];

	if (!title)
		return rel_fail_nomem(err);
	if ((made & REL_FORGE_RELEASE) && f->n_links == 0 &&
	    strcmp(f->release.name, title) == 0)
		return rel_forge_delete(f->forge, "remove the release",
					release_url(f, ""), err);
	if (!(made & REL_FORGE_LINK) || !f->has_link)
		return 0;
	snprintf(below, sizeof(below), "/assets/links/%" PRIu64, f->link);
	return rel_forge_delete(f->forge, "remove the link",
				release_url(f, below), err);
}

static int withdraw(void *self, const struct rel_publish_archive *archive,
		    unsigned made, struct rel_error *err)
{
	struct finding f;
	int rc = find_archive(&f, self, archive, err);

	if (rc == 0 && f.has_release)
		rc = withdraw_release(&f, made, err);
	if (rc == 0 && f.has_file && (made & REL_FORGE_ASSET) &&
	    rel_forge_compare(&f.file, archive) != REL_FORGE_OTHER)
		rc = remove_file(&f, err);
	return rc;
}

const struct rel_publish_kind rel_publish_gitlab = {
    .name = "gitlab",
    .needs_tag = true,
    .notes = REL_LIMIT_GITLAB_NOTES,
    .open = open_gitlab,
    .ready = ready,
    .source = source,
    .page = page,
    .missing = missing,
    .check = check,
    .put = put,
    .held = held,
    .withdraw = withdraw,
    .release = release,
};
