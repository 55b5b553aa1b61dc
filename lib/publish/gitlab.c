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
#include "publish/gitlab_find.h"

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
	struct rel_gitlab_finding f;
	int rc = rel_gitlab_find(&f, self, archive, err);

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
	struct rel_gitlab_finding f;
	int rc = rel_gitlab_find(&f, self, archive, err);

	if (rc == 0 && f.has_file &&
	    rel_forge_compare(&f.file, archive) == REL_FORGE_OTHER)
		rc = rel_forge_fail_other(f.forge, archive, err);
	return rc;
}

/* With its package, when nothing else is in that. */
static int remove_file(struct rel_gitlab_finding *f, struct rel_error *err)
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
static int judge_file(struct rel_gitlab_finding *f, unsigned ours,
		      struct rel_error *err)
{
	enum rel_forge_match match = rel_forge_compare(&f->file, f->archive);

	if (match != REL_FORGE_OTHER)
		return 0;
	if ((ours & REL_FORGE_ASSET) && !f->has_link)
		return remove_file(f, err);
	return rel_forge_fail_other(f->forge, f->archive, err);
}

static int upload(struct rel_gitlab_finding *f, struct rel_error *err)
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

static int post(struct rel_json_value **answer, struct rel_gitlab_finding *f,
		const char *doing, const char *url,
		const struct rel_forge_member *members, size_t n,
		struct rel_error *err)
{
	struct rel_forge_call call = {
	    .method = REL_HTTP_POST, .doing = doing, .url = url};
	int rc = rel_forge_object(&call.body, f->forge, members, n, err);

	return rc ? rc : rel_forge_call(answer, f->forge, &call, err);
}

static int create(struct rel_gitlab_finding *f, struct rel_error *err)
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
		rc = rel_gitlab_take_release(f, answer, err);
	rel_json_free(answer);
	return rc;
}

static int link_file(struct rel_gitlab_finding *f, struct rel_error *err)
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
			  rel_gitlab_release_url(f, "/assets/links"), members,
			  3, err);
	}
	rel_buf_free(&url);
	return rc;
}

static int put(struct rel_publish_receipt *out, void *self,
	       const struct rel_publish_archive *archive, unsigned ours,
	       struct rel_error *err)
{
	struct rel_gitlab_finding f;
	int rc = rel_gitlab_find(&f, self, archive, err);

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
	struct rel_gitlab_finding f;
	int rc = rel_gitlab_find(&f, self, archive, err);

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
static int withdraw_release(struct rel_gitlab_finding *f, unsigned made,
			    struct rel_error *err)
{
	const char *title = rel_forge_title(f->forge, f->archive);
	char below[64];

	if (!title)
		return rel_fail_nomem(err);
	if ((made & REL_FORGE_RELEASE) && f->n_links == 0 &&
	    strcmp(f->release.name, title) == 0)
		return rel_forge_delete(f->forge, "remove the release",
					rel_gitlab_release_url(f, ""), err);
	if (!(made & REL_FORGE_LINK) || !f->has_link)
		return 0;
	snprintf(below, sizeof(below), "/assets/links/%" PRIu64, f->link);
	return rel_forge_delete(f->forge, "remove the link",
				rel_gitlab_release_url(f, below), err);
}

static int withdraw(void *self, const struct rel_publish_archive *archive,
		    unsigned made, struct rel_error *err)
{
	struct rel_gitlab_finding f;
	int rc = rel_gitlab_find(&f, self, archive, err);

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
