/* The first step of a cut: everything that can be known to be wrong before
 * anything is written. */
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "release/cut/cut_work.h"
#include "release/cut/released.h"

/* 1 January 1980, UTC: no commit of a source with opam files is older, but
 * clocks that lost their battery are. */
#define EARLIEST INT64_C(315532800)

/* Names of packages that an error lists. */
#define SHOWN 8

static int check_head(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_head *head = &cut->head;

	if (head->unborn)
		return rel_fail(err, REL_ENOTFOUND,
				"the source has no commit yet");
	if (head->busy)
		return rel_fail(err, REL_EEXISTS,
				"git is in the middle of a %s here; finish or "
				"abort it first",
				head->busy);
	if (!head->branch && !cut->options->tag)
		return rel_fail(err, REL_EEXISTS,
				"the source is on no branch (detached HEAD); "
				"check out the branch to release from: git "
				"switch BRANCH");
	return 0;
}

static int check_clean(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf paths;
	struct rel_str first;
	size_t n = 0;
	int rc;

	rel_buf_init(&paths, REL_LIMIT_GIT_REFS_BYTES);
	rc = rel_git_checkout_dirty(&paths, &n, cut->checkout,
				    cut->options->cancel, err);
	if (rc == 0 && n) {
		first = rel_str_sub(rel_buf_str(&paths), 0,
				    rel_str_find(rel_buf_str(&paths), '\n'));
		if (n == 1)
			rc = rel_fail(err, REL_EEXISTS,
				      "%.*s has changes that are not "
				      "committed; commit or stash them",
				      REL_STR_ARG(first));
		else
			rc = rel_fail(err, REL_EEXISTS,
				      "%.*s and %zu more files have changes "
				      "that are not committed; commit or "
				      "stash them",
				      REL_STR_ARG(first), n - 1);
	}
	rel_buf_free(&paths);
	return rc;
}

static int take_identity(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf name, email;
	int64_t seconds = 0;
	int offset = 0, rc;

	rel_buf_init(&name, REL_KIB);
	rel_buf_init(&email, REL_KIB);
	rc = rel_git_checkout_identity(&name, &email, &seconds, &offset,
				       cut->checkout, REL_GIT_COMMITTER, err);
	if (rc == REL_ENOTFOUND && cut->options->tag) {
		rel_buf_clear(&name);
		rel_buf_clear(&email);
		seconds = time(NULL);
		rc = rel_git_commit_author(
		    &name, &email, rel_git_checkout_store(cut->checkout),
		    &cut->base, err);
	}
	if (cut->options->has_time) {
		seconds = cut->options->time;
		offset = 0;
	}
	if (rc == 0 && seconds < EARLIEST)
		rc = rel_fail(err, REL_EIO,
			      "the clock of this machine says that it is "
			      "before 1980; set it");
	if (rc == 0) {
		cut->plan.author = rel_cut_text(cut, "%s", name.ptr);
		cut->plan.email = rel_cut_text(cut, "%s", email.ptr);
		cut->plan.time = rel_cut_text(cut, "%lld", (long long)seconds);
		cut->plan.offset = rel_cut_text(cut, "%d", offset);
		if (!cut->plan.author || !cut->plan.email || !cut->plan.time ||
		    !cut->plan.offset)
			rc = rel_fail_nomem(err);
	}
	rel_buf_free(&name);
	rel_buf_free(&email);
	return rc;
}

/* One that was named. */
static int check_for_release(const struct rel_project_package *package,
			     struct rel_error *err)
{
	if (!package->internal || package->presumed)
		return 0;
	return rel_fail(err, REL_EUSAGE, "%s is not for release: %s",
			package->name.ptr, package->internal);
}

/* A pattern that matches nothing is a slip. */
static void check_patterns(struct rel_cut *cut, const char *key,
			   const struct rel_conf_globs *globs)
{
	for (size_t i = 0; i < globs->count; i++) {
		const struct rel_conf_globs one = {&globs->items[i], 1, 0};
		size_t n = 0;

		for (size_t k = 0; k < cut->project->n_packages; k++) {
			const struct rel_project_package *p =
			    &cut->project->packages[k];

			n += rel_project_match(&one, p->name, p->path) != NULL;
		}
		if (n == 0)
			rel_cut_warn(
			    cut, cut->options->conf->path, globs->line,
			    "release: %s: \"%s\" matches no package of "
			    "the source",
			    key, globs->items[i]);
	}
}

/* What was released before is for release, whatever it is called. */
static int settle_presumed(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->project->n_packages; i++) {
		struct rel_project_package *p = &cut->project->packages[i];

		if (!p->presumed)
			continue;
		rc = rel_cut_need_gate(cut, err);
		if (rc == 0 &&
		    rel_stack_find(cut->gate.stack, p->name) != UINT32_MAX)
			p->internal = NULL;
		else if (rc == 0 && cut->options->n_packages == 0)
			rel_cut_tell(cut, REL_CUT_LOOK, "%s is left out: %s",
				     p->name.ptr, p->internal);
	}
	return rc;
}

/* Nothing but a version was said; or nothing but a package. */
static int check_one(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_project *project = cut->project;
	const char *version = cut->options->version;
	struct rel_buf names;
	size_t n = 0;
	int rc = 0;

	rel_buf_init(&names, REL_MIB);
	for (size_t i = 0; rc == 0 && i < project->n_packages; i++) {
		const struct rel_project_package *p = &project->packages[i];

		if (rel_str_is(p->name, version))
			rc = rel_fail(err, REL_EUSAGE,
				      "say which VERSION of %s to release, or "
				      "minor, patch, major or prerelease: the "
				      "one after the newest",
				      version);
		if (p->internal)
			continue;
		if (n < SHOWN)
			rel_buf_printf(&names, "%s%s", n ? ", " : "",
				       p->name.ptr);
		n++;
	}
	if (rc == 0)
		rc = rel_buf_status(&names, "names", err);
	if (rc == 0 && n > 1)
		rc = rel_fail(err, REL_EUSAGE,
			      "which of %s%s, or --all? The source has %zu "
			      "packages",
			      names.ptr, n > SHOWN ? ", ..." : "", n);
	rel_buf_free(&names);
	return rc;
}

/* "a,b": the chosen packages, or those that are internal. */
static const char *list_names(struct rel_cut *cut, bool chosen)
{
	const struct rel_project *project = cut->project;
	struct rel_buf list;
	const char *copy;
	size_t at = 0;

	rel_buf_init(&list, REL_MIB);
	for (size_t i = 0; i < project->n_packages; i++) {
		bool is_chosen = at < cut->n_chosen && cut->chosen[at] == i;

		at += is_chosen;
		if (chosen ? is_chosen : project->packages[i].internal != NULL)
			rel_buf_printf(&list, "%s%s", list.len ? "," : "",
				       project->packages[i].name.ptr);
	}
	copy = list.status ? NULL
			   : rel_arena_copy(&cut->arena, rel_buf_str(&list));
	rel_buf_free(&list);
	return copy;
}

/*
 * The tag is called as the project and as a package of it.  It is of that one
 * when the packages are released apart: its version is out and that of others
 * is not, or the newest versions differ.
 */
static int find_alone(bool *alone, struct rel_cut *cut, struct rel_error *err)
{
	struct rel_str name = rel_str_of(cut->options->namesake);
	struct rel_str version = rel_str_of(cut->options->version);
	struct rel_released own, other;
	int rc = rel_cut_need_gate(cut, err);

	*alone = false;
	if (rc)
		return rc;
	rel_released_find(&own, cut->gate.stack, name, version);
	for (size_t i = 0; i < cut->project->n_packages && !*alone; i++) {
		const struct rel_project_package *p =
		    &cut->project->packages[i];

		if (p->internal || rel_str_eq(p->name, name))
			continue;
		rel_released_find(&other, cut->gate.stack, p->name, version);
		*alone = own.taken ? !other.taken
				   : other.n_versions > 0 &&
					 !rel_str_eq(own.newest, other.newest);
	}
	if (*alone)
		rel_cut_tell(cut, REL_CUT_LOOK,
			     "%s is of %s alone: the packages of %s have been "
			     "released apart",
			     cut->options->tag, name.ptr, name.ptr);
	return 0;
}

/* What the release is called: the package, or the project when several are
 * released together. */
static int take_packages(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_str name;
	const char *const *names = opt->packages;
	size_t n = opt->n_packages;
	char id[REL_GIT_ID_TEXT];
	bool alone = false;
	int rc;

	cut->base = cut->head.commit;
	cut->plan.base =
	    rel_cut_text(cut, "%s", rel_git_id_format(id, &cut->base));
	rc = rel_project_scan(&cut->project,
			      rel_git_checkout_store(cut->checkout), &cut->base,
			      conf, err);
	if (rc == 0)
		rc = settle_presumed(cut, err);
	if (rc == 0 && opt->one && opt->n_packages == 0)
		rc = check_one(cut, err);
	if (rc == 0 && opt->namesake)
		rc = find_alone(&alone, cut, err);
	if (alone) {
		names = &opt->namesake;
		n = 1;
	}
	if (rc == 0 && conf) {
		check_patterns(cut, "packages", &conf->packages);
		check_patterns(cut, "exclude", &conf->exclude);
	}
	if (rc == 0)
		rc = rel_project_select(&cut->chosen, &cut->n_chosen,
					cut->project, names, n, err);
	for (size_t i = 0; rc == 0 && i < n && i < cut->n_chosen; i++)
		rc = check_for_release(&cut->project->packages[cut->chosen[i]],
				       err);
	if (rc)
		return rc;
	cut->plan.packages = list_names(cut, true);
	cut->plan.left_out = list_names(cut, false);
	name = cut->n_chosen == 1 ? cut->project->packages[cut->chosen[0]].name
				  : cut->project->name;
	cut->plan.name = rel_arena_copy(&cut->arena, name);
	return cut->plan.packages && cut->plan.left_out && cut->plan.name &&
		       cut->plan.base
		   ? rel_cut_take_version(cut, err)
		   : rel_fail_nomem(err);
}

static void take_rest(struct rel_cut *cut)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const struct rel_cut_options *opt = cut->options;

	cut->plan.branch = cut->head.branch ? cut->head.branch : "";
	cut->plan.archive = conf && conf->archive ? conf->archive : "tbz";
	cut->plan.signature = "";
	cut->plan.allow_broken = opt->allow_broken ? "yes" : "no";
	cut->plan.review = opt->branch ? opt->branch : "";
	cut->plan.trial = rel_cut_trial_wanted(cut);
	cut->plan.broken = cut->plan.tip = "";
	cut->plan.push_first = cut->plan.request = cut->plan.older = "no";
	cut->plan.watermarks =
	    conf && conf->watermarks == REL_CONF_WATERMARKS_REPLACE ? "yes"
								    : "no";
	cut->plan.avoid =
	    rel_cut_is_prerelease(cut) && !(conf && conf->never_avoid) ? "yes"
								       : "no";
}

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
	    .author = &cut->author,
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

char *rel_cut_manifest_path(struct rel_cut *cut, size_t i)
{
	struct rel_str name = cut->project->packages[cut->chosen[i]].name;

	return rel_cut_text(cut, "packages/%.*s/%.*s.%s/opam",
			    REL_STR_ARG(name), REL_STR_ARG(name),
			    cut->plan.version);
}

int rel_cut_look(struct rel_cut *cut, bool *already, struct rel_error *err)
{
	int rc = check_head(cut, err);

	*already = false;
	if (rc == 0)
		rc = take_packages(cut, err);
	if (rc)
		return rc;
	take_rest(cut);
	rc = rel_cut_take_sign(cut, err);
	if (rc == 0)
		rc = take_identity(cut, err);
	if (rc == 0)
		rc = rel_cut_take_tag(cut, err);
	if (rc == 0)
		rc = rel_cut_find_remote(cut, err);
	if (rc == 0)
		rc = rel_cut_take_request(cut, err);
	if (rc == 0)
		rc = rel_cut_open_remote(cut, err);
	if (rc == 0 && rel_publisher_needs_tag(cut->publisher))
		cut->plan.push_first = "yes";
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
	if (rc || cut->stopped)
		return rc;
	rc = check_clean(cut, err);
	if (rc == 0)
		rc = rel_cut_check_branch(cut, err);
	if (rc == 0)
		rc = rel_cut_take_notes(cut, err);
	if (rc == 0)
		rc = rel_cut_settle(cut, err);
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
	if (rc == 0 && !cut->stopped)
		rc = rel_cut_gate(cut, err);
	return rc;
}
