/* Is the checkout fit to be released from: its state, who releases, and
 * release: branches: of relctl.yml. */
#include <time.h>

#include "base/glob.h"
#include "base/limits.h"
#include "release/cut/cut_private.h"

/* 1 January 1980, UTC: no commit of a source with opam files is older, but
 * clocks that lost their battery are. */
#define EARLIEST INT64_C(315532800)

int rel_cut_check_head(struct rel_cut *cut, struct rel_error *err)
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

int rel_cut_check_clean(struct rel_cut *cut, struct rel_error *err)
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

int rel_cut_take_identity(struct rel_cut *cut, struct rel_error *err)
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

int rel_cut_check_branch(struct rel_cut *cut, struct rel_error *err)
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
