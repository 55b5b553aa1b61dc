/* The first step of a cut: everything that can be known to be wrong before
 * anything is written. Which packages are released, and may they be released
 * from here? */
#include <time.h>

#include "base/glob.h"
#include "base/limits.h"
#include "release/cut/cut_private.h"

/* 1 January 1980, UTC: no commit of a source with opam files is older, but
 * clocks that lost their battery are. */
#define EARLIEST INT64_C(315532800)

static int check_head(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_head *head = &cut->head;

	if (head->unborn)
		return rel_fail(err, REL_ENOTFOUND,
				"the source has no commit yet");
	if (head->busy)
		return rel_fail(err, REL_EREFUSED,
				"git is in the middle of a %s here; finish or "
				"abort it first",
				head->busy);
	if (!head->branch && !cut->options->tag)
		return rel_fail(err, REL_EREFUSED,
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
	rc = rel_git_worktree_dirty(&paths, &n, cut->checkout,
				    cut->options->cancel, err);
	if (rc == 0 && n) {
		first = rel_str_sub(rel_buf_str(&paths), 0,
				    rel_str_find(rel_buf_str(&paths), '\n'));
		if (n == 1)
			rc = rel_fail(err, REL_EREFUSED,
				      "%.*s has changes that are not "
				      "committed; commit or stash them",
				      REL_STR_ARG(first));
		else
			rc = rel_fail(err, REL_EREFUSED,
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
	rc = rel_git_worktree_identity(&name, &email, &seconds, &offset,
				       cut->checkout, REL_GIT_COMMITTER, err);
	if (rc == REL_ENOTFOUND && cut->options->tag) {
		rel_buf_clear(&name);
		rel_buf_clear(&email);
		seconds = time(NULL);
		rc = rel_git_commit_author(&name, &email, rel_cut_store(cut),
					   &cut->plan.base, err);
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
		cut->plan.author = (struct rel_change_author){
		    .name = rel_cut_text(cut, "%s", name.ptr),
		    .email = rel_cut_text(cut, "%s", email.ptr),
		    .time = seconds,
		    .offset_minutes = offset};
		if (!cut->plan.author.name || !cut->plan.author.email)
			rc = rel_fail_nomem(err);
	}
	rel_buf_free(&name);
	rel_buf_free(&email);
	return rc;
}

#define HEADS "refs/heads/"

/* "main, 4.*" */
static const char *list(struct rel_cut *cut, const struct rel_conf_globs *globs)
{
	const char *text = globs->items[0];

	for (size_t i = 1; text && i < globs->count; i++)
		text = rel_cut_text(cut, "%s, %s", text, globs->items[i]);
	return text ? text : "";
}

static bool is_allowed(const struct rel_conf_globs *globs, struct rel_str ref)
{
	ref = rel_str_sub(ref, strlen(HEADS), ref.len);
	for (size_t i = 0; i < globs->count; i++)
		if (rel_glob(rel_str_of(globs->items[i]), ref, false))
			return true;
	return false;
}

/* A branch that may be released from. */
struct tip {
	const char *ref;
	struct rel_git_id id;
	struct tip *next;
};

struct tips {
	struct rel_cut *cut;
	const struct rel_conf_globs *globs;
	struct tip *first;
	unsigned count;
};

static int keep(void *context, struct rel_str ref, const struct rel_git_id *id,
		struct rel_error *err)
{
	struct tips *tips = context;
	struct tip *tip;

	if (!rel_str_starts(ref, REL_STR(HEADS)) ||
	    !is_allowed(tips->globs, ref))
		return 0;
	if (tips->count++ == REL_LIMIT_RELEASE_BRANCHES)
		return rel_fail(err, REL_ELIMIT,
				"release: branches: matches more than %u "
				"branches of %s; name those to release from",
				REL_LIMIT_RELEASE_BRANCHES,
				tips->cut->head.remote ? tips->cut->head.remote
						       : "the source");
	tip = rel_arena_array(&tips->cut->arena, 1, sizeof(*tip));
	if (!tip)
		return rel_fail_nomem(err);
	*tip = (struct tip){rel_arena_copy(&tips->cut->arena, ref), *id,
			    tips->first};
	tips->first = tip;
	return tip->ref ? 0 : rel_fail_nomem(err);
}

static int keep_own(void *context, const char *ref, struct rel_error *err)
{
	struct tips *tips = context;
	struct rel_git_id id;
	int found = rel_git_ref_read(
	    &id, rel_git_worktree_store(tips->cut->checkout), ref, err);

	return found == 1 ? keep(context, rel_str_of(ref), &id, err) : found;
}

/*
 * Is the tagged commit in the history of that branch?  A clone of a CI system
 * may not have it; then it is fetched into the cache.
 */
static int contains(struct rel_cut *cut, const struct tip *tip,
		    struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_store *store = rel_cut_store(cut);
	struct rel_git_id fetched;
	struct rel_error why = {0};
	int rc;

	if (rel_git_id_eq(&tip->id, &cut->commit))
		return 1;
	rc = rel_git_is_ancestor(store, &cut->commit, &tip->id, &why);
	if (rc >= 0 || !cut->head.remote) {
		if (rc < 0 && err)
			*err = why;
		return rc;
	}
	options.revision = tip->ref;
	options.whole_history = true;
	rc = rel_git_fetch(&store, &fetched, cut->head.url, &options, err);
	if (rc)
		return rc;
	rc = rel_git_is_ancestor(store, &cut->commit, &fetched, err);
	rel_git_store_free(store);
	return rc;
}

/* The tag must be in the history of a branch of the source's remote. */
static int check_tagged(struct rel_cut *cut, const struct rel_conf_globs *globs,
			struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct tips tips = {.cut = cut, .globs = globs};
	int rc;

	if (cut->head.remote)
		rc = rel_git_remote_ref_each(cut->head.url, HEADS "*", keep,
					     &tips, &options, err);
	else
		rc = rel_git_ref_each(rel_cut_store(cut), HEADS "*", keep_own,
				      &tips, err);
	for (const struct tip *tip = tips.first; rc == 0 && tip;
	     tip = tip->next)
		rc = contains(cut, tip, err);
	if (rc)
		return rc < 0 ? rc : 0;
	return rel_fail(
	    err, REL_EREFUSED,
	    "the tag %s is on no branch to release from%s%s: %s (release: "
	    "branches: in line %u of relctl.yml); merge its commit into one "
	    "of them and run this again, or add its branch there",
	    cut->plan.tag, cut->head.remote ? " of " : "",
	    cut->head.remote ? cut->head.remote : "", list(cut, globs),
	    (unsigned)globs->line);
}

static int check_branch(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const struct rel_conf_globs *globs = conf ? &conf->branches : NULL;

	if (!globs || globs->count == 0)
		return 0;
	if (cut->options->tag)
		return check_tagged(cut, globs, err);
	if (is_allowed(globs, rel_str_of(cut->plan.branch)))
		return 0;
	return rel_fail(err, REL_EEXISTS,
			"releases are cut from %s (release: branches: in line "
			"%u of relctl.yml), not from %s; switch to such a "
			"branch, or add this one there",
			list(cut, globs), (unsigned)globs->line,
			cut->plan.branch + strlen(HEADS));
}

/* Names of packages that an error lists. */
#define SHOWN 8

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
static int check_patterns(struct rel_cut *cut, const char *key,
			  const struct rel_conf_globs *globs,
			  struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < globs->count; i++) {
		const struct rel_conf_globs one = {&globs->items[i], 1, 0};
		size_t n = 0;

		for (size_t k = 0; k < cut->project->n_packages; k++) {
			const struct rel_project_package *p =
			    &cut->project->packages[k];

			n += rel_project_match(&one, p->name, p->path) != NULL;
		}
		if (n == 0)
			rc = rel_cut_find(
			    cut, REL_CUT_WARNING, cut->options->conf->path,
			    globs->line, err,
			    "release: %s: \"%s\" matches no package of "
			    "the source",
			    key, globs->items[i]);
	}
	return rc;
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
			rel_cut_tell(cut, REL_CUT_PREFLIGHT,
				     "%s is left out: %s", p->name.ptr,
				     p->internal);
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

/* The chosen packages, or those that are internal. */
static int take_names(struct rel_cut_names *out, struct rel_cut *cut,
		      bool chosen, struct rel_error *err)
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
	return copy ? rel_cut_names_of(out, cut, copy, err)
		    : rel_fail_nomem(err);
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
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
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
	bool alone = false;
	int rc;

	cut->plan.base = cut->head.commit;
	rc = rel_project_scan(&cut->project, rel_cut_store(cut),
			      &cut->plan.base, conf, err);
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
	if (rc == 0 && conf)
		rc = check_patterns(cut, "packages", &conf->packages, err);
	if (rc == 0 && conf)
		rc = check_patterns(cut, "exclude", &conf->exclude, err);
	if (rc == 0)
		rc = rel_project_select(&cut->chosen, &cut->n_chosen,
					cut->project, names, n, err);
	for (size_t i = 0; rc == 0 && i < n && i < cut->n_chosen; i++)
		rc = check_for_release(&cut->project->packages[cut->chosen[i]],
				       err);
	if (rc == 0)
		rc = take_names(&cut->plan.packages, cut, true, err);
	if (rc == 0)
		rc = take_names(&cut->plan.left_out, cut, false, err);
	if (rc)
		return rc;
	name = cut->n_chosen == 1 ? cut->project->packages[cut->chosen[0]].name
				  : cut->project->name;
	cut->plan.name = rel_arena_copy(&cut->arena, name);
	return cut->plan.name ? rel_cut_take_version(cut, err)
			      : rel_fail_nomem(err);
}

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

/* What is to be released, and where to. */
static rel_cut_step_fn *const plan[] = {
    check_head,		 take_packages,	       take_rest,
    rel_cut_take_sign,	 take_identity,	       rel_cut_take_tag,
    rel_cut_find_remote, rel_cut_take_request, rel_cut_open_remote,
    rel_cut_need_gate,	 rel_cut_check_version};

/* What may speak against it. */
static rel_cut_step_fn *const judge[] = {
    check_clean,	  check_branch,		  rel_cut_take_notes,
    rel_cut_derive,	  rel_cut_check_tag,	  rel_cut_judge_tag,
    rel_cut_judge_places, rel_cut_read_files,	  rel_cut_check_export,
    rel_cut_take_push,	  rel_cut_check_manifests};

static int run_all(struct rel_cut *cut, rel_cut_step_fn *const *steps, size_t n,
		   struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = steps[i](cut, err);
	return rc;
}

int rel_cut_preflight(struct rel_cut *cut, bool *already, struct rel_error *err)
{
	int rc = run_all(cut, plan, sizeof(plan) / sizeof(plan[0]), err);

	*already = false;
	if (rc)
		return rc;
	cut->plan.push_first = rel_publisher_needs_tag(cut->publisher);
	if (!cut->no_release)
		rc = rel_cut_check_released(cut, already, err);
	*already = *already || cut->no_release;
	if (rc || *already)
		return rc;
	rc = rel_cut_judge_version(cut, err);
	/* all that follows is about the version */
	if (rc || rel_cut_is_stopped(cut))
		return rc;
	rc = run_all(cut, judge, sizeof(judge) / sizeof(judge[0]), err);
	return rc || rel_cut_is_stopped(cut) ? rc : rel_cut_gate(cut, err);
}
