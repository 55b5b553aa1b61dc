/* The commit of a cut, which sets the version strings, and the push of commit
 * and tag to the source's own remote. */
#include "git/objects.h"
#include "git/remote.h"
#include "release/cut/cut_private.h"

int rel_cut_edits(struct rel_git_edit_request *out, struct rel_cut *cut,
		  struct rel_error *err)
{
	struct rel_git_edit *edits =
	    rel_arena_array(&cut->arena, cut->bump.count + 1, sizeof(*edits));

	if (!edits)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < cut->bump.count; i++)
		edits[i] = (struct rel_git_edit){
		    .path = cut->bump.edits[i].path,
		    .content = cut->bump.edits[i].content};
	*out = (struct rel_git_edit_request){
	    .branch = cut->plan.branch,
	    .parent = cut->plan.base,
	    .edits = edits,
	    .n_edits = cut->bump.count,
	    .author = rel_cut_identity(cut),
	    .committer = rel_cut_identity(cut),
	    .message = rel_cut_text(cut, "Release %s %s", cut->plan.name,
				    cut->plan.version)};
	out->signature = cut->plan.signature;
	return out->message ? 0 : rel_fail_nomem(err);
}

/* "dune-project, a.opam" */
static const char *edited(struct rel_cut *cut)
{
	const char *text = cut->bump.edits[0].path;

	for (size_t i = 1; text && i < cut->bump.count; i++)
		text = i < 4 ? rel_cut_text(cut, "%s, %s", text,
					    cut->bump.edits[i].path)
			     : text;
	if (text && cut->bump.count > 4)
		text = rel_cut_text(cut, "%s and %zu more", text,
				    cut->bump.count - 4);
	return text;
}

int rel_cut_bump(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_edit_request request;
	char id[REL_GIT_ID_TEXT];
	int rc = 0;

	cut->commit = cut->plan.base;
	if (cut->bump.count) {
		rc = rel_cut_edits(&request, cut, err);
		if (rc == 0)
			rc = rel_git_worktree_commit(
			    &cut->commit, cut->checkout, &request, err);
		if (rc == 0)
			rc = rel_git_store_refresh(rel_cut_store(cut), err);
	}
	if (rc)
		return rc;
	rel_git_id_format(id, &cut->commit);
	if (cut->bump.count) {
		const char *files = edited(cut);

		rel_cut_tell(cut, REL_CUT_BUMP, "commit %.12s (%s)%s", id,
			     files ? files : "",
			     cut->plan.signature.len ? ", signed" : "");
	} else {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "no version to change, commit %.12s", id);
	}
	return rel_journal_set(&cut->journal, "bump", "commit", err, "%s", id);
}

/* Does the branch stand on something else by now, so that there is nothing to
 * take back, or no longer? */
static bool has_moved_on(struct rel_cut *cut)
{
	struct rel_git_id there;

	if (cut->head.branch && strcmp(cut->head.branch, cut->plan.branch) == 0)
		return true;
	return rel_journal_get(&cut->journal, "bump", "commit") &&
	       rel_git_ref_read(&there, rel_cut_store(cut), cut->plan.branch,
				NULL) == 1 &&
	       !rel_git_id_eq(&there, &cut->plan.base) &&
	       !rel_git_id_eq(&there, &cut->commit);
}

int rel_cut_revert_bump(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_edit_request request;
	int rc;

	if (cut->bump.count == 0)
		return 0;
	rc = rel_cut_edits(&request, cut, err);
	if (rc == 0)
		rc = rel_git_worktree_undo(cut->checkout, &request, err);
	if (rc == REL_ESTALE && has_moved_on(cut)) {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "%s has moved on and is left as it is",
			     cut->plan.branch);
		return 0;
	}
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_BUMP, "commit taken back");
	return rc;
}

/* The commit that the bump would make. */
static int make_commit(struct rel_git_target **scratch, struct rel_cut *cut,
		       struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_edit_request request;
	struct rel_git_commit commit = {.parents = &cut->plan.base,
					.n_parents = 1};
	struct rel_git_change *changes =
	    rel_arena_array(&cut->arena, cut->bump.count + 1, sizeof(*changes));
	struct rel_git_store *store;
	int rc =
	    changes ? rel_cut_edits(&request, cut, err) : rel_fail_nomem(err);

	if (rc == 0)
		rc = rel_git_target_open(
		    scratch, rel_git_worktree_common_dir(cut->checkout),
		    cut->plan.branch, &options, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < request.n_edits; i++)
		changes[i] = (struct rel_git_change){
		    .path = request.edits[i].path,
		    .keep_kind = true,
		    .content = request.edits[i].content};
	store = rel_git_target_store(*scratch);
	rc = rel_git_commit_tree(&commit.tree, store, &cut->plan.base, NULL,
				 err);
	if (rc == 0)
		rc = rel_git_write_tree(&commit.tree, store, &commit.tree,
					changes, request.n_edits, err);
	commit.author = request.author;
	commit.committer = request.committer;
	commit.message = request.message;
	if (rc == 0)
		rc = rel_cut_sign_commit(cut, store, &commit, err);
	commit.signature = cut->plan.signature;
	return rc ? rc
		  : rel_git_write_commit(&cut->commit, store, &commit, err);
}

int rel_cut_predict_commit(struct rel_git_target **scratch, struct rel_cut *cut,
			   struct rel_error *err)
{
	*scratch = NULL;
	cut->commit = cut->plan.base;
	return cut->bump.count ? make_commit(scratch, cut, err) : 0;
}

static int check_remote_tag(struct rel_cut *cut,
			    const struct rel_git_fetch_options *opt,
			    struct rel_error *err)
{
	struct rel_git_id id;
	char text[REL_GIT_ID_TEXT], ours[REL_GIT_ID_TEXT];
	char *ref = rel_cut_tag_ref(cut);
	int found;

	if (!ref)
		return rel_fail_nomem(err);
	found = rel_git_remote_ref(&id, cut->head.url, ref, opt, err);
	if (found <= 0)
		return found;
	rel_git_id_format(text, &id);
	if (cut->plan.tag_found.known &&
	    rel_git_id_eq(&id, &cut->plan.tag_found.id))
		return 0;
	if (!cut->plan.tag_found.known)
		return rel_fail(err, REL_EEXISTS,
				"%s has a tag %s (%.12s) that is not here; "
				"fetch it (git fetch %s tag %s), or release "
				"under another version",
				cut->head.remote, cut->plan.tag, text,
				cut->head.remote, cut->plan.tag);
	return rel_fail(err, REL_EEXISTS,
			"%s has another tag %s (%.12s) than this clone "
			"(%.12s); release under another version",
			cut->head.remote, cut->plan.tag, text,
			rel_git_id_format(ours, &cut->plan.tag_found.id));
}

int rel_cut_take_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options opt = rel_cut_fetch_options(cut);
	struct rel_git_head *head = &cut->head;
	struct rel_git_id id;
	int rc;

	cut->plan.push_remote = cut->plan.upstream = "";
	if (cut->options->no_push || cut->options->tag || !head->remote ||
	    !head->upstream)
		return 0;
	cut->plan.push_remote = head->remote;
	cut->plan.upstream = head->upstream;
	rc = check_remote_tag(cut, &opt, err);
	if (rc == 0)
		rc = rel_git_remote_ref(&id, head->url, head->upstream, &opt,
					err);
	if (rc == 1) {
		cut->plan.upstream_was = (struct rel_cut_id){true, id};
		rc = rel_git_is_ancestor(rel_cut_store(cut), &id,
					 &cut->plan.base, err);
		if (rc == 0)
			return rel_fail(err, REL_ESTALE,
					"%s of %s has commits that are not "
					"here; pull first",
					head->upstream, head->remote);
		rc = rc < 0 ? rc : 0;
	}
	if (rc < 0)
		rel_error_prefix(err,
				 "asking %s, the source's own remote "
				 "(--no-push leaves it alone)",
				 head->remote);
	return rc;
}

/* The commit that is there stands for those that will be made of it. */
int rel_cut_check_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_push_ref refs[2] = {
	    {.name = cut->plan.upstream, .id = cut->plan.base},
	    {.name = rel_cut_tag_ref(cut), .id = cut->plan.base}};
	bool has_tag = cut->plan.tag_found.known;
	int rc;

	if (!*cut->plan.push_remote)
		return 0;
	if (!refs[1].name)
		return rel_fail_nomem(err);
	refs[0].has_old = cut->plan.upstream_was.known;
	refs[0].old = cut->plan.upstream_was.id;
	rc = rel_git_push_try(rel_cut_store(cut), cut->head.url,
			      cut->head.remote, refs, has_tag ? 1 : 2, &options,
			      err);
	if (rc)
		rel_error_prefix(err,
				 "%s, the source's own remote (--no-push "
				 "leaves it alone)",
				 cut->plan.push_remote);
	return rc;
}

/* What is pushed: tag and branch, from what they were. */
static size_t push_refs(struct rel_git_push_ref refs[2], struct rel_cut *cut)
{
	refs[0] = (struct rel_git_push_ref){.name = rel_cut_tag_ref(cut),
					    .id = cut->tag};
	if (cut->plan.tag_found.known) {
		refs[0].has_old = false;
		refs[0].old = cut->tag;
	}
	refs[1] = (struct rel_git_push_ref){.name = cut->plan.upstream,
					    .id = cut->commit};
	refs[1].has_old = cut->plan.upstream_was.known;
	refs[1].old = cut->plan.upstream_was.id;
	return 2;
}

static int refused(struct rel_cut *cut,
		   const struct rel_git_push_result *result,
		   struct rel_error *err)
{
	if (result->outcome == REL_GIT_RACED) {
		rel_cut_give_up(cut, "pull and cut again");
		return rel_fail(err, REL_ESTALE,
				"%s of %s has moved in the meantime",
				result->ref.len ? result->ref.ptr : "a branch",
				cut->plan.push_remote);
	}
	return rel_fail(
	    err, REL_EIO, "%s refused the push: %s", cut->plan.push_remote,
	    result->text.len ? result->text.ptr : "no reason given");
}

static int try_push(struct rel_git_push_result *result, struct rel_cut *cut,
		    const struct rel_git_push_ref *refs, size_t n,
		    struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);

	if (!cut->head.remote ||
	    strcmp(cut->head.remote, cut->plan.push_remote) != 0)
		return rel_fail(err, REL_EUSAGE,
				"the branch is not pushed to %s any more, as "
				"it was when the cut began",
				cut->plan.push_remote);
	return rel_git_push(result, rel_cut_store(cut), cut->head.url,
			    cut->head.remote, refs, n, &options, err);
}

static int push(struct rel_cut *cut, const struct rel_git_push_ref *refs,
		size_t n, struct rel_error *err)
{
	struct rel_git_push_result result = {0};
	int rc = try_push(&result, cut, refs, n, err);

	if (rc == 0 && result.outcome != REL_GIT_DONE)
		rc = refused(cut, &result, err);
	rel_git_push_result_free(&result);
	return rc;
}

int rel_cut_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_push_ref refs[2];
	size_t n;
	int rc;

	if (!*cut->plan.push_remote) {
		rel_cut_tell(cut, REL_CUT_PUSH,
			     cut->options->tag
				 ? "nothing: the tag was there before"
				 : "no remote to push to");
		return 0;
	}
	n = push_refs(refs, cut);
	if (!refs[0].name)
		return rel_fail_nomem(err);
	rc = push(cut, refs, n, err);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PUSH, "%s and %s to %s",
			     cut->plan.tag, cut->plan.upstream,
			     cut->plan.push_remote);
	return rc;
}

/* Someone may have built on it, or the remote lets nothing be taken back (as
 * protected branches do): it is public, and stays. */
static void tell_kept(struct rel_cut *cut, const char *name,
		      const struct rel_git_push_result *result)
{
	if (result && result->outcome == REL_GIT_REJECTED)
		rel_cut_tell(cut, REL_CUT_PUSH,
			     "%s stays on %s, which does not let it be taken "
			     "back: %s",
			     name, cut->plan.push_remote,
			     result->text.len ? result->text.ptr
					      : "no reason given");
	else
		rel_cut_tell(cut, REL_CUT_PUSH,
			     "%s has moved on and is left as it is", name);
}

/* Take one reference back if it still is what we made it. */
static int revert_ref(bool *kept, struct rel_cut *cut,
		      const struct rel_git_push_ref *made,
		      struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_push_result result = {0};
	struct rel_git_push_ref back = {
	    .name = made->name, .has_old = true, .old = made->id, .back = true};
	struct rel_git_id there;
	int rc;

	if (made->has_old)
		back.id = made->old;
	rc = rel_git_remote_ref(&there, cut->head.url, made->name, &options,
				err);
	if (rc <= 0)
		return rc;
	/* it never was pushed */
	if (made->has_old && rel_git_id_eq(&there, &made->old))
		return 0;
	*kept = !rel_git_id_eq(&there, &made->id);
	if (*kept) {
		tell_kept(cut, made->name, NULL);
		return 0;
	}
	rc = try_push(&result, cut, &back, 1, err);
	*kept = rc == 0 && result.outcome != REL_GIT_DONE;
	if (*kept)
		tell_kept(cut, made->name, &result);
	rel_git_push_result_free(&result);
	return rc;
}

int rel_cut_revert_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_push_ref refs[2];
	size_t n, n_kept = 0;
	int rc = 0;

	if (!*cut->plan.push_remote)
		return 0;
	n = push_refs(refs, cut);
	if (!refs[0].name)
		return rel_fail_nomem(err);
	for (size_t i = cut->plan.tag_found.known ? 1 : 0; rc == 0 && i < n;
	     i++) {
		bool kept = false;

		rc = revert_ref(&kept, cut, &refs[i], err);
		n_kept += kept;
	}
	if (rc == 0 && n_kept == 0)
		rel_cut_tell(cut, REL_CUT_PUSH, "taken back");
	return rc;
}
