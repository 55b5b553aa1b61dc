/* The first step of a cut: everything that can be known to be wrong before
 * anything is written. */
#include "base/limits.h"
#include "release/cut/cut_private.h"

static int take_rest(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const struct rel_cut_options *opt = cut->options;

	cut->plan.branch = cut->head.branch ? cut->head.branch : "";
	if (conf && conf->archive &&
	    !rel_archive_format_of(&cut->plan.archive,
				   rel_str_of(conf->archive)))
		return rel_fail(err, REL_EUSAGE, "no format of archives: %s",
				conf->archive);
	cut->plan.allow_broken = opt->allow_broken;
	cut->plan.review = opt->branch ? opt->branch : "";
	cut->plan.trial = rel_cut_has_trial(cut);
	cut->plan.broken = cut->plan.tip = "";
	cut->plan.watermarks =
	    conf && conf->watermarks == REL_CONF_WATERMARKS_REPLACE;
	cut->plan.avoid =
	    rel_cut_is_prerelease(cut) && !(conf && conf->never_avoid);
	return 0;
}

int rel_cut_preflight(struct rel_cut *cut, bool *already, struct rel_error *err)
{
	int rc = rel_cut_check_head(cut, err);

	*already = false;
	if (rc == 0)
		rc = rel_cut_take_packages(cut, err);
	if (rc == 0)
		rc = take_rest(cut, err);
	if (rc == 0)
		rc = rel_cut_take_sign(cut, err);
	if (rc == 0)
		rc = rel_cut_take_identity(cut, err);
	if (rc == 0)
		rc = rel_cut_take_tag(cut, err);
	if (rc == 0)
		rc = rel_cut_find_remote(cut, err);
	if (rc == 0)
		rc = rel_cut_take_request(cut, err);
	if (rc == 0)
		rc = rel_cut_open_remote(cut, err);
	if (rc == 0)
		cut->plan.push_first = rel_publisher_needs_tag(cut->publisher);
	if (rc == 0)
		rc = rel_cut_need_gate(cut, err);
	if (rc == 0)
		rc = rel_cut_check_version(cut, err);
	if (rc == 0 && !cut->no_release)
		rc = rel_cut_check_released(cut, already, err);
	*already = *already || cut->no_release;
	if (rc || *already)
		return rc;
	rc = rel_cut_judge_version(cut, err);
	/* all that follows is about the version */
	if (rc || rel_cut_is_stopped(cut))
		return rc;
	rc = rel_cut_check_clean(cut, err);
	if (rc == 0)
		rc = rel_cut_check_branch(cut, err);
	if (rc == 0)
		rc = rel_cut_take_notes(cut, err);
	if (rc == 0)
		rc = rel_cut_derive(cut, err);
	if (rc == 0)
		rc = rel_cut_check_tag(cut, err);
	if (rc == 0)
		rc = rel_cut_judge_tag(cut, err);
	if (rc == 0)
		rc = rel_cut_judge_places(cut, err);
	if (rc == 0)
		rc = rel_cut_read_files(cut, err);
	if (rc == 0)
		rc = rel_cut_check_export(cut, err);
	if (rc == 0)
		rc = rel_cut_take_push(cut, err);
	if (rc == 0)
		rc = rel_cut_check_manifests(cut, err);
	if (rc == 0 && !rel_cut_is_stopped(cut))
		rc = rel_cut_gate(cut, err);
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
