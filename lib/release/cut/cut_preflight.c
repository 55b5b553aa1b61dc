/* What later steps would be refused, asked before anything is written. */
#include "base/limits.h"
#include "release/cut/cut_work.h"

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

/* The commit that is there stands for those that will be made of it. */
static int check_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_push_ref refs[2] = {
	    {.name = cut->plan.upstream, .id = cut->base},
	    {.name = rel_cut_text(cut, "refs/tags/%s", cut->plan.tag),
	     .id = cut->base}};
	bool has_tag = *cut->plan.tag_found;
	int rc;

	if (!*cut->plan.push_remote)
		return 0;
	if (!refs[1].name)
		return rel_fail_nomem(err);
	refs[0].has_old =
	    rel_git_id_parse(&refs[0].old, rel_str_of(cut->plan.upstream_was));
	rc = rel_git_push_try(rel_git_checkout_store(cut->checkout),
			      cut->head.url, cut->head.remote, refs,
			      has_tag ? 1 : 2, &options, err);
	if (rc)
		rel_error_prefix(err,
				 "%s, the source's own remote (--no-push "
				 "leaves it alone)",
				 cut->plan.push_remote);
	return rc;
}

int rel_cut_preflight(struct rel_cut *cut, bool online, struct rel_error *err)
{
	int rc = 0;

	if (online)
		rc = rel_cut_trial_ready(cut, err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = check_manifest(cut, &cut->manifests[i], online, err);
	if (rc == 0)
		rc = rel_cut_check_sides(cut, err);
	if (rc == 0 && online)
		rc = check_archive(cut, err);
	if (rc == 0 && online)
		rc = check_push(cut, err);
	return rc;
}
