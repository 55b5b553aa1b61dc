/* The development remote of a cut, and the pull request for the branch that is
 * written where nobody may push to the remote's own. */
#include "base/limits.h"
#include "publish/request.h"
#include "release/cut/cut_private.h"
#include "release/source/tagname.h"

int rel_cut_find_remote(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	size_t n = 0;

	for (size_t i = 0; i < opt->n_remotes; i++) {
		const struct rel_remote *r = &opt->remotes[i];

		if (r->role != REL_ROLE_DEVELOPMENT && opt->n_remotes > 1)
			continue;
		if (cut->plan.remote && strcmp(cut->plan.remote, r->name) != 0)
			continue;
		cut->development = r;
		n++;
	}
	if (n != 1 && cut->plan.remote)
		return rel_fail(err, REL_EUSAGE,
				"the cut writes to the remote %s, which is "
				"none of the development remotes now; give "
				"--remote %s=%s,development",
				cut->plan.remote, cut->plan.remote,
				cut->plan.location);
	if (n != 1)
		return rel_fail(err, REL_EUSAGE,
				"there are %zu development remotes; a cut "
				"writes to exactly one: --remote NAME="
				"LOCATION,development",
				n);
	if (cut->plan.location &&
	    strcmp(cut->plan.location, cut->development->location.text) != 0)
		return rel_fail(err, REL_EUSAGE,
				"the cut writes to %s, but remote %s is at %s "
				"now; give --remote %s=%s,development",
				cut->plan.location, cut->plan.remote,
				cut->development->location.text,
				cut->plan.remote, cut->plan.location);
	cut->plan.remote = cut->development->name;
	cut->plan.location = cut->development->location.text;
	return 0;
}

int rel_cut_open_remote(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	struct rel_writable_options writable = {
	    .branch = *cut->plan.review ? cut->plan.review : NULL,
	    .remote = opt->reading};
	struct rel_publish_options publish = {
	    .conf = opt->conf ? &opt->conf->publish : NULL,
	    .base_dir = opt->conf ? opt->conf->directory : NULL,
	    .development = cut->development,
	    .source = cut->head.url,
	    .remotes = opt->remotes,
	    .n_remotes = opt->n_remotes,
	    .remote = opt->reading,
	    .author = &cut->plan.author,
	    .progress = opt->progress,
	    .cancel = opt->cancel};
	int rc = 0;

	if (!cut->remote)
		rc = rel_writable_open(
		    &cut->remote, &cut->development->location, &writable, err);
	if (rc == 0 && !cut->publisher)
		rc = rel_publisher_open(&cut->publisher, &publish, err);
	return rc;
}

/* A branch is named as a tag may be. */
#define BRANCH "release/{name}.{version}"

static struct rel_publish_request request_of(const struct rel_cut *cut)
{
	const struct rel_cut_options *opt = cut->options;

	return (struct rel_publish_request){
	    .conf = opt->conf ? &opt->conf->request : NULL,
	    .base_dir = opt->conf ? opt->conf->directory : NULL,
	    .remote = cut->development,
	    .branch = cut->plan.review,
	    .progress = opt->progress,
	    .cancel = opt->cancel};
}

int rel_cut_take_request(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	struct rel_publish_request request = request_of(cut);
	struct rel_buf name;
	int rc;

	if (!opt->request)
		return 0;
	rc = rel_publish_request_check(&request, err);
	if (rc)
		return rc;
	cut->plan.request = true;
	if (*cut->plan.review)
		return 0;
	rel_buf_init(&name, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_tagname_make(&name, BRANCH, rel_str_of(cut->plan.name),
			      rel_str_of(cut->plan.version), err);
	if (rc == 0) {
		cut->plan.review =
		    rel_arena_copy(&cut->arena, rel_buf_str(&name));
		rc = cut->plan.review ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&name);
	return rc;
}

int rel_cut_ready(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_publish_request request = request_of(cut);
	int rc = rel_publisher_ready(cut->publisher, err);

	if (rc == 0 && cut->plan.request)
		rc = rel_publish_request_ready(&request, err);
	return rc;
}

/* What its readers want to know. */
static int describe(struct rel_publish_request *request, struct rel_cut *cut,
		    struct rel_error *err)
{
	const char *url = rel_journal_get(&cut->journal, "publish", "url");
	size_t limit = rel_publish_request_limit(request), used;
	char id[REL_GIT_ID_TEXT], *head;
	struct rel_str notes;
	int rc;

	head = rel_cut_text(
	    cut, "Packages: %s\n\nSource: tag %s, commit %s\n\nArchive: %s\n",
	    cut->plan.packages.text, cut->plan.tag,
	    rel_git_id_format(id, &cut->commit), url ? url : "");
	if (!head)
		return rel_fail_nomem(err);
	/* and the line end between */
	used = rel_notes_length(rel_str_of(head)) + 1;
	rc = rel_cut_short_notes(&notes, cut,
				 limit > used ? limit - used : limit, err);
	if (rc)
		return rc;
	request->title = rel_cut_text(cut, "Release %s %s", cut->plan.name,
				      cut->plan.version);
	request->text = rel_cut_text(cut, "%s%s%.*s", head,
				     notes.len ? "\n" : "", REL_STR_ARG(notes));
	return request->title && request->text ? 0 : rel_fail_nomem(err);
}

int rel_cut_request(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_publish_request request = request_of(cut);
	struct rel_buf page;
	bool fresh = false;
	char *base = NULL;
	int rc = rel_publish_request_base(
	    &base, cut->development, cut->options->reading, &cut->arena, err);

	request.base = base;
	if (rc == 0)
		rc = describe(&request, cut, err);
	if (rc)
		return rc;
	rel_buf_init(&page, REL_LIMIT_CONFIG_BYTES);
	rc = rel_publish_request_open(&page, &fresh, &request, err);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "request", "page", err,
				     "%s", page.ptr);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_REQUEST, "%s%s", page.ptr,
			     fresh ? "" : " (was open)");
	rel_buf_free(&page);
	return rc;
}

/* Beside a manifest that is not there, nothing may be. */
static int check_directory(struct rel_cut *cut, const char *path,
			   struct rel_error *err)
{
	size_t len = rel_str_rfind(rel_str_of(path), '/');
	char *dir = rel_cut_text(cut, "%.*s", (int)len, path);
	bool there = false;
	int rc = dir ? rel_writable_exists(&there, cut->remote, dir, err)
		     : rel_fail_nomem(err);

	if (rc || !there)
		return rc;
	rel_fail(err, REL_EEXISTS,
		 "%s has this already, without a manifest, and it would "
		 "become part of the release; move it away there, or release "
		 "under another version",
		 cut->plan.remote);
	rel_error_at(err, dir, 0, 0);
	return REL_EEXISTS;
}

static int fail_published(struct rel_cut *cut, const char *path,
			  struct rel_error *err)
{
	rel_fail(err, REL_EEXISTS,
		 "%s has this manifest already with other bytes, and what is "
		 "published is never changed; release under another version",
		 cut->plan.remote);
	rel_error_at(err, path, 0, 0);
	return REL_EEXISTS;
}

static int check_manifest(struct rel_cut *cut,
			  const struct rel_cut_manifest *manifest, bool online,
			  struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_writable_read(&text, cut->remote, manifest->path, err);
	if (rc == REL_ENOTFOUND)
		rc = check_directory(cut, manifest->path, err);
	else if (rc == 0 && !rel_str_eq(rel_buf_str(&text), manifest->text))
		rc = fail_published(cut, manifest->path, err);
	rel_buf_free(&text);
	if (rc == 0 && online) {
		rc = rel_writable_ready(cut->remote, manifest->path, err);
		if (rc)
			rel_error_prefix(err, "%s", cut->plan.remote);
	}
	return rc;
}

static int check_archive(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_publish_archive archive;
	int rc = rel_cut_published(&archive, cut, err);

	return rc ? rc : rel_publisher_check(cut->publisher, &archive, err);
}

int rel_cut_check_writes(struct rel_cut *cut, bool online,
			 struct rel_error *err)
{
	int rc = 0;

	if (online)
		rc = rel_cut_trial_ready(cut, err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = check_manifest(cut, &cut->manifests[i], online, err);
	if (rc == 0)
		rc = rel_cut_check_companions(cut, err);
	if (rc == 0 && online)
		rc = check_archive(cut, err);
	if (rc == 0 && online)
		rc = rel_cut_check_push(cut, err);
	return rc;
}
